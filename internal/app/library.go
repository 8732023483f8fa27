package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/ivr/prompts"
	"hotline/media"
	"hotline/web"
)

// shortestPrompt keeps out what is no sound: a click, a file cut off at once.
const shortestPrompt = 100 * time.Millisecond

// Prompts lists the library of the revision in force, by name and language.
func (b backends) Prompts(context.Context) []web.Prompt {
	rev := b.rev.Load()
	out := make([]web.Prompt, 0, len(rev.sounds.entries))
	for i := range rev.sounds.entries {
		out = append(out, rev.promptShown(&rev.sounds.entries[i]))
	}
	slices.SortStableFunc(out, func(x, y web.Prompt) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// promptShown is an entry in the API's words.
func (r *revision) promptShown(e *soundEntry) web.Prompt {
	p := web.Prompt{
		Name: e.name, Language: e.place.Language, Source: "shipped", Version: e.version,
		Seconds: e.sound.Duration().Seconds(), UsedBy: append([]string{}, r.site.PromptUses[e.name]...),
	}
	if e.place.Site {
		p.Source, p.File = "site", path.Join(promptsFolder, e.place.File)
	}
	return p
}

// entry finds one sound of the library; nil: the language has none of this name.
func (s *sounds) entry(lang, name string) *soundEntry {
	i := slices.IndexFunc(s.entries, func(e soundEntry) bool { return e.name == name && e.place.Language == lang })
	if i < 0 {
		return nil
	}
	return &s.entries[i]
}

// Prompt is one sound of the library, with its versions.
func (b backends) Prompt(_ context.Context, lang, name string) (web.Prompt, []web.PromptVersion, error) {
	rev := b.rev.Load()
	site, err := b.promptsFS()
	if err != nil {
		return web.Prompt{}, nil, err
	}
	all, err := prompts.Versions(site, lang, name)
	if err != nil {
		return web.Prompt{}, nil, err
	}
	e := rev.sounds.entry(lang, name)
	if e == nil && len(all) == 0 {
		return web.Prompt{}, nil, call.Errorf(call.CodeNotFound, "there is no prompt %s in %s", name, lang)
	}
	shown := web.Prompt{Name: name, Language: lang, Source: "none", UsedBy: append([]string{}, rev.site.PromptUses[name]...)}
	if e != nil {
		shown = rev.promptShown(e)
	}
	versions := make([]web.PromptVersion, 0, len(all))
	for _, v := range all {
		versions = append(versions, web.PromptVersion{
			Number: v.Number, At: call.StampOf(v.At), By: v.By, Via: v.Via, Format: v.Format, Seconds: v.Seconds,
		})
	}
	return shown, versions, nil
}

// promptsFS is the site's folder of prompts, wherever the site lies.
func (a *App) promptsFS() (fs.FS, error) {
	fsys, dir, err := a.node.SiteFS()
	if err != nil {
		return nil, err
	}
	return fs.Sub(fsys, path.Join(dir, promptsFolder))
}

// PromptSound is a sound as callers hear it, a WAV: the one in force, or that of a version.
func (b backends) PromptSound(_ context.Context, lang, name string, version int) ([]byte, error) {
	if version == 0 {
		e := b.rev.Load().sounds.entry(lang, name)
		if e == nil {
			return nil, call.Errorf(call.CodeNotFound, "there is no prompt %s in %s", name, lang)
		}
		return e.sound.WAV(), nil
	}
	site, err := b.promptsFS()
	if err != nil {
		return nil, err
	}
	original, _, err := prompts.Original(site, lang, name, version)
	if err != nil {
		return nil, err
	}
	sound, err := media.ReadSound(bytes.NewReader(original), levelOf(prompts.Place{Language: lang, Site: true}))
	if err != nil {
		return nil, err
	}
	return sound.WAV(), nil
}

// PutPrompt makes a sound file the prompt.
func (b backends) PutPrompt(ctx context.Context, lang, name string, file []byte, by string) (web.Prompt, error) {
	return b.putPrompt(ctx, lang, name, file, by, prompts.ViaUpload)
}

// RestorePrompt makes an older version the prompt again, as a new version.
func (b backends) RestorePrompt(ctx context.Context, lang, name string, version int, by string) (web.Prompt, error) {
	site, err := b.promptsFS()
	if err != nil {
		return web.Prompt{}, err
	}
	original, v, err := prompts.Original(site, lang, name, version)
	if err != nil {
		return web.Prompt{}, err
	}
	return b.putPrompt(ctx, lang, name, original, by, v.Via)
}

// putPrompt checks a sound, writes it and loads the site with it.
func (a *App) putPrompt(ctx context.Context, lang, name string, file []byte, by, via string) (web.Prompt, error) {
	if err := prompts.CheckName(lang, name); err != nil {
		return web.Prompt{}, err
	}
	at := prompts.Place{Language: lang, Site: true}
	sound, err := media.ReadSound(bytes.NewReader(file), levelOf(at)) // here, not on the goroutine that signals wait for
	if err != nil {
		return web.Prompt{}, err
	}
	if sound.Duration() < shortestPrompt {
		return web.Prompt{}, call.Errorf(call.CodeInvalid, "the sound is shorter than %v", shortestPrompt)
	}
	v := prompts.Version{By: by, Via: via, Format: formatOf(file), Seconds: sound.Duration().Seconds()}
	_, err = a.changeSite(ctx, func() (web.SiteRevision, error) {
		return a.changePrompts(by, func(s prompts.Shelf) error {
			_, err := s.Put(lang, name, file, sound.WAV(), v)
			return err
		})
	})
	if err != nil {
		return web.Prompt{}, err
	}
	rev := a.rev.Load()
	if e := rev.sounds.entry(lang, name); e != nil {
		return rev.promptShown(e), nil
	}
	return web.Prompt{}, call.Errorf(call.CodeConflict, "the prompt was removed again meanwhile")
}

// formatOf names a sound file's kind by its first bytes; it can be read, so it is one of these.
func formatOf(file []byte) string {
	switch {
	case bytes.HasPrefix(file, []byte("RIFF")):
		return "wav"
	case bytes.HasPrefix(file, []byte("OggS")):
		return "ogg"
	default:
		return "mp3"
	}
}

// DropPrompt takes the site's own sound away: what it stood before counts again. What callers would miss is refused.
func (b backends) DropPrompt(ctx context.Context, lang, name, by string) error {
	if err := prompts.CheckName(lang, name); err != nil {
		return err
	}
	_, err := b.changeSite(ctx, func() (web.SiteRevision, error) {
		if e := b.rev.Load().sounds.entry(lang, name); e == nil || !e.place.Site {
			return web.SiteRevision{}, call.Errorf(call.CodeNotFound, "the site has no prompt %s in %s of its own", name, lang)
		}
		if err := b.bearsLossOf(lang, name); err != nil {
			return web.SiteRevision{}, err
		}
		return b.changePrompts(by, func(s prompts.Shelf) error {
			_, err := s.Remove(lang, name)
			return err
		})
	})
	return err
}

// bearsLossOf checks the site as it would be without a sound of its own.
func (a *App) bearsLossOf(lang, name string) error {
	fsys, dir, err := a.node.SiteFS()
	if err != nil {
		return err
	}
	o := checkedAgainst()
	o.Shown = a.node.Site
	_, err = config.LoadSite(without{fsys, path.Join(dir, promptsFolder, lang), name}, dir, o)
	var problems config.Problems
	if errors.As(err, &problems) {
		return call.Errorf(call.CodeConflict, "the site needs it: %w", problems)
	}
	return err
}

// changePrompts writes to the site's folder of prompts and loads the site, on the goroutine that loads sites.
func (a *App) changePrompts(by string, change func(prompts.Shelf) error) (web.SiteRevision, error) {
	old := a.rev.Load()
	dir, err := a.node.SiteDir()
	if err != nil {
		return web.SiteRevision{}, err
	}
	if err := a.asLoaded(old); err != nil { // or somebody's half-made edit would be loaded with the sound
		return web.SiteRevision{}, err
	}
	shelf := prompts.Shelf{Dir: filepath.Join(dir, promptsFolder), Now: time.Now}
	if err := config.RefusedWrite(change(shelf)); err != nil {
		return web.SiteRevision{}, err
	}
	if err := a.reloadWith(by); err != nil {
		return web.SiteRevision{}, fmt.Errorf("the sound is written but not loaded, SIGHUP tries again: %w", mistakes(err))
	}
	a.log.Info("a prompt was changed", zap.String("by", by), zap.Int("revision", a.rev.Load().number))
	return (*a.history.Load())[0], nil
}

// reloadWith loads the site from the disk in somebody's name.
func (a *App) reloadWith(by string) error {
	site, err := a.node.LoadSite(checkedAgainst())
	if err != nil {
		return err
	}
	rev, err := a.revisionOf(a.rev.Load().number+1, site)
	if err != nil {
		return err
	}
	return a.take(rev, by)
}

// without is a file system from whose folder the files of one prompt are missing.
type without struct {
	fs.FS
	dir, name string
}

// ReadDir lists a folder, without them.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	if path.Clean(name) != path.Clean(w.dir) {
		return entries, err
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		prompt, ok := prompts.NameOf(e.Name())
		return ok && prompt == w.name
	}), err
}
