package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/config"
)

const speaking = `  - name: speaks
    start: p
    nodes: {p: {play: [welcome, {text: 您好}, {text: good day, language: en}, {text: 您好}], next: hangup}}
`

// engine is a program that says every text as a file of sox's, and notes what it was asked for.
func engine(t *testing.T, dir string) string {
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sound.ogg"), ogg(t, "speech.ogg"), 0o600))
	program := filepath.Join(dir, "engine")
	text := "#!/bin/sh\ntext=$(cat)\necho \"$1 $text\" >>" + dir + "/asked\n[ \"$text\" != bad ] || { echo no such word >&2; exit 1; }\ncat " + dir + "/sound.ogg\n"
	require.NoError(t, os.WriteFile(program, []byte(text), 0o700))
	return program
}

func TestTextsAreRenderedWhenTheSiteLoads(t *testing.T) {
	dir, _ := nodeFile(t, smallSite+speaking)
	file := filepath.Join(dir, "hotline.yaml")
	_, site, err := config.Load(file, checkedAgainst())
	require.NoError(t, err)
	require.Len(t, site.Texts, 3)
	require.ErrorContains(t, Check(CheckOptions{ConfigPath: file, Stdout: &shout{}}), "3 mistakes", "nothing renders them")

	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("speech: {command: [" + engine(t, dir) + `, "{language}:{voice}"], voices: {zh: cmn}}` + "\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	node, site, err := config.Load(file, checkedAgainst())
	require.NoError(t, err)
	start := func() *App {
		a, err := New(node, site, "t", zap.NewNop())
		require.NoError(t, err)
		return a
	}
	asked := func() string {
		b, err := os.ReadFile(filepath.Join(dir, "asked"))
		require.NoError(t, err)
		return string(b)
	}
	a := start()
	for _, text := range site.Texts {
		for _, language := range []string{"zh", "en"} {
			sounds := a.rev.Load().sounds.get(language, []string{text.Prompt})
			require.Len(t, sounds, 1)
			require.InDelta(t, 1.5, sounds[0].Duration().Seconds(), 0.02)
		}
	}
	require.Contains(t, asked(), "zh:cmn 您好\n")
	require.Contains(t, asked(), "en:en good day\n")
	before := len(asked())

	// Another text alone is rendered; one that can't be is told at its place, and the site in force stays.
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "site", "site.yaml"), []byte(smallSite+speaking+text), 0o600))
	}
	write("  - {name: other, start: p, nodes: {p: {play: [{text: more}], next: hangup}}}\n")
	require.NoError(t, a.Reload())
	require.Equal(t, "zh:cmn more\n", asked()[before:])
	write("  - {name: other, start: p, nodes: {p: {play: [{text: bad}], next: hangup}}}\n")
	err = a.Reload()
	require.ErrorContains(t, err, "site.yaml:19:")
	require.ErrorContains(t, err, "no such word")
	require.Equal(t, 2, a.rev.Load().number)
	write("  - {name: other, start: p, nodes: {p: {play: [{text: more, voice: -x}, {text: a, language: fr}, {}], next: hangup}}}\n")
	err = a.Reload()
	require.ErrorContains(t, err, `voice "-x" is no name of one`)
	require.ErrorContains(t, err, `language "fr" is none`)
	require.NoError(t, a.down())

	// After a restart everything is on the disk.
	write("")
	before = len(asked())
	a = start()
	require.Len(t, asked(), before)
	require.NoError(t, a.down())
}
