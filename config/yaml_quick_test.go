package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bothRead reads a text in both ways and compares what they make of it, if the quick one reads it at all.
func bothRead(t *testing.T, text string) bool {
	t.Helper()
	docs, ok := quickly("x.yaml", text)
	if !ok {
		return false
	}
	thorough, problems := (&tree{file: "x.yaml"}).thoroughly(text)
	require.Empty(t, problems, "%q", text)
	require.Equal(t, outlines(thorough), outlines(docs), "%q", text)
	return true
}

// outline is a value and all in it, one a line.
func (v *value) outline(out *strings.Builder, before string) {
	out.WriteString(before + v.at.String() + " " + kinds[v.kind] + " " + v.text)
	if v.quoted {
		out.WriteString(" in quotes")
	}
	out.WriteString("\n")
	for _, item := range v.list {
		item.outline(out, before+"- ")
	}
	for _, p := range v.pairs {
		p.key.outline(out, before+"? ")
		p.value.outline(out, before+": ")
	}
}

func outlines(docs []*value) string {
	var out strings.Builder
	for _, d := range docs {
		out.WriteString("---\n")
		d.outline(&out, "")
	}
	return out.String()
}

// quickSeeds are texts that are read quickly, and ones that are not.
var quickSeeds = map[string]bool{
	"a: 1\nb:\n  c: x y # z\n  d: 'it''s'\n": true, "a:\n- b\n- c: 1\n  d: 2\nb: {x: [1, 2], \"y\": {}}\n": true, "- a\n- \"b \\\" \\\\\"\n-\n": false, "a: |\n  x\n": false,
	"a: {b: 1,\n  c: 2, # d\n  e: [f]}\n": true, "a: x\n  y\n": false, "a: &b c\n": false, "? a\n: b\n": false, "a: b: c\n": false, "a: 1\na: 2\n": false, "a: [08:00-12:00]\n": false, "url: http://x:80/#y\n": true,
	"---\na: 1\n---\nb: 2\n": true, "": true, "# x\n": true, "a:\n  - b:\n      c\n": false, "a: null\nb: ~\nc:\n": true, "a: 中文\n王: {名: 李} # 张\n": true, "a:\n    b: 1\n  c: 2\n": false, "a: -1\nb: .5\n": true,
}

func TestQuickReadingIsThoroughReading(t *testing.T) {
	for text, quick := range quickSeeds {
		require.Equal(t, quick, bothRead(t, text), "%q", text)
	}
	for _, folder := range []string{"example", "testdata"} {
		read := 0
		require.NoError(t, filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".yaml" {
				return err
			}
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			if text, ok := (&tree{}).plain(content); ok && bothRead(t, text) {
				read++
			}
			return nil
		}))
		require.Greater(t, read, 5, "most files of %s are read quickly", folder)
	}
}

// FuzzQuick checks that whatever is read quickly is what is read thoroughly.
func FuzzQuick(f *testing.F) {
	for text := range quickSeeds {
		f.Add(text)
	}
	f.Add(base)
	f.Fuzz(func(t *testing.T, text string) {
		if plain, ok := (&tree{}).plain([]byte(text)); ok {
			bothRead(t, plain)
		}
	})
}
