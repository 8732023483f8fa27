package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/web"
)

// library is an app with a site on the disk and what loads sites, and nothing else of a node.
func library(t *testing.T) (backends, string) {
	t.Helper()
	dir, _ := nodeFile(t, smallSite)
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case c := <-a.changes:
				rev, err := c.do()
				c.answer <- siteAnswer{rev, err}
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		require.NoError(t, a.down())
	})
	return backends{a}, filepath.Join(dir, "site")
}

// ogg is a file of sox's.
func ogg(t *testing.T, name string) []byte {
	b, err := os.ReadFile(filepath.Join("..", "..", "media", "soundfile", "testdata", name))
	require.NoError(t, err)
	return b
}

func TestAPromptIsPutRestoredAndDropped(t *testing.T) {
	b, site := library(t)
	ctx := context.Background()
	shipped, _, err := b.Prompt(ctx, "zh", "welcome")
	require.NoError(t, err)
	require.Equal(t, "shipped", shipped.Source)
	before, err := b.PromptSound(ctx, "zh", "welcome", 0)
	require.NoError(t, err)
	playing := b.rev.Load().sounds.get("zh", []string{"welcome"})[0]

	put, err := b.PutPrompt(ctx, "zh", "welcome", ogg(t, "speech.ogg"), "editor")
	require.NoError(t, err)
	require.Equal(t, web.Prompt{Name: "welcome", Language: "zh", Source: "site", File: "prompts/zh/welcome.wav", Version: 1, Seconds: 1.5, UsedBy: []string{}}, put)
	require.Equal(t, 2, b.rev.Load().number, "another sound is another revision")
	require.Equal(t, []string{"prompts/zh/welcome.wav"}, (*b.history.Load())[0].Changed)
	require.Equal(t, "editor", (*b.history.Load())[0].By)
	require.NotSame(t, playing, b.rev.Load().sounds.get("zh", []string{"welcome"})[0])
	same := b.rev.Load().sounds.get("zh", []string{"goodbye"})[0]

	put, err = b.PutPrompt(ctx, "zh", "welcome", ogg(t, "tone.mp3"), "editor")
	require.NoError(t, err)
	require.Equal(t, 2, put.Version)
	require.Same(t, same, b.rev.Load().sounds.get("zh", []string{"goodbye"})[0], "what has not changed is not read again")
	first, err := b.PromptSound(ctx, "zh", "welcome", 1)
	require.NoError(t, err)
	require.InDelta(t, 12058, len(first), 200)

	_, err = b.PutPrompt(ctx, "zh", "welcome", []byte("this is no sound at all"), "editor")
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	_, err = b.PutPrompt(ctx, "zh", "../x", ogg(t, "tone.mp3"), "editor")
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))

	put, err = b.RestorePrompt(ctx, "zh", "welcome", 1, "editor")
	require.NoError(t, err)
	require.InDelta(t, 1.5, put.Seconds, 0.02)
	_, versions, err := b.Prompt(ctx, "zh", "welcome")
	require.NoError(t, err)
	require.Len(t, versions, 3)
	require.Equal(t, "ogg", versions[0].Format)

	require.NoError(t, b.DropPrompt(ctx, "zh", "welcome", "editor"))
	after, err := b.PromptSound(ctx, "zh", "welcome", 0)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after), "what ships counts again")
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.DropPrompt(ctx, "zh", "welcome", "editor")))
	_, err = os.Stat(filepath.Join(site, "prompts", "zh", "welcome.wav"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWhatLiesInTheFolderIsKept(t *testing.T) {
	b, site := library(t)
	ctx := context.Background()
	zh := filepath.Join(site, "prompts", "zh")
	require.NoError(t, os.MkdirAll(zh, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(zh, "ours.ogg"), ogg(t, "speech.ogg"), 0o600))
	require.NoError(t, b.Reload())
	require.Equal(t, 2, b.rev.Load().number, "a sound that was put into the folder is loaded")
	p, _, err := b.Prompt(ctx, "zh", "ours")
	require.NoError(t, err)
	require.Zero(t, p.Version)

	p, err = b.PutPrompt(ctx, "zh", "ours", ogg(t, "tone.ogg"), "editor")
	require.NoError(t, err)
	require.Equal(t, 2, p.Version)
	_, err = os.Stat(filepath.Join(zh, "ours.ogg"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, versions, err := b.Prompt(ctx, "zh", "ours")
	require.NoError(t, err)
	require.Equal(t, "folder", versions[1].Via)

	// A prompt that the site names and nobody else has can't go.
	require.NoError(t, os.WriteFile(filepath.Join(site, "site.yaml"), []byte(smallSite+"  - name: other\n    start: p\n    nodes: {p: {play: [ours], next: hangup}}\n"), 0o600))
	_, err = b.PutPrompt(ctx, "zh", "ours", ogg(t, "tone.ogg"), "editor")
	require.Equal(t, call.CodeConflict, call.CodeOf(err), "the documents are others than those in force")
	require.NoError(t, b.Reload())
	p, _, err = b.Prompt(ctx, "zh", "ours")
	require.NoError(t, err)
	require.Equal(t, []string{"site.yaml:18"}, p.UsedBy)
	err = b.DropPrompt(ctx, "zh", "ours", "editor")
	require.Equal(t, call.CodeConflict, call.CodeOf(err))
	require.ErrorContains(t, err, `site.yaml:18:24: prompt "ours" is`)

	// A file that can't be read is told by name, and the site in force stays.
	require.NoError(t, os.WriteFile(filepath.Join(zh, "broken.mp3"), []byte("ID3 but nothing more"), 0o600))
	require.ErrorContains(t, b.Reload(), "prompts/zh/broken.mp3: sound can't be read")
	var out bytes.Buffer
	err = Check(CheckOptions{ConfigPath: filepath.Join(filepath.Dir(site), "hotline.yaml"), Stdout: &out})
	require.ErrorIs(t, err, ErrInput)
	require.Contains(t, out.String(), "prompts/zh/broken.mp3: sound can't be read")
}

func TestAReadOnlyFolderIsAConflict(t *testing.T) {
	node, site, err := config.Load("", checkedAgainst())
	require.NoError(t, err)
	a := &App{node: node, log: zap.NewNop()}
	s, err := loadSounds(config.Example(), "site", "site", "", nil)
	require.NoError(t, err)
	a.rev.Store(newRevision(1, site, s))
	_, err = a.changePrompts("editor", nil)
	require.Equal(t, call.CodeConflict, call.CodeOf(err), "the example within the binary")
}
