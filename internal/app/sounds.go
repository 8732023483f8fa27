package app

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"hotline/call"
	"hotline/config"
	"hotline/ivr"
	"hotline/ivr/prompts"
	"hotline/media"
)

// defaultLanguage is what callers hear where a flow does not choose.
const defaultLanguage = "zh"

// promptsFolder is where a site keeps its own prompts.
const promptsFolder = "prompts"

// soundsMost bounds how long a site's own sounds may be together: they are held in memory, 16 kB a second.
const soundsMost = 4 * time.Hour

// sounds is a revision's prompts, each read and encoded once and shared by all who listen,
// by language and name.
type sounds struct {
	all     map[string]map[string]*media.Sound
	entries []soundEntry              // every file that counts, by language and name
	texts   map[string]*media.Sound   // rendered, by the name they are played by
	bySum   map[soundKey]*media.Sound // what the next revision need not read again
}

// soundEntry is one sound of the library.
type soundEntry struct {
	name    string
	place   prompts.Place
	sound   *media.Sound
	version int // of the site's own: the one it is; 0: it was put there by hand
}

// soundKey is what a sound was made of: a file's content, and the level it was brought to.
type soundKey struct {
	sum   [sha256.Size]byte
	level float64
}

// soundLoad is the reading of a revision's sounds.
type soundLoad struct {
	lib      *prompts.Library
	site     fs.FS
	shown    string // the folder as problems name it
	old      map[soundKey]*media.Sound
	out      *sounds
	read     map[prompts.Place]*media.Sound
	length   time.Duration // of the site's own
	problems config.Problems
}

// loadSounds reads every prompt the shipped library and the site have, taking from an older
// revision what has not changed. What can't be read is in config.Problems, each with its file: better now than in a call.
// The tones are those of a country.
func loadSounds(fsys fs.FS, dir, shown, country string, old *sounds) (*sounds, error) {
	site, err := fs.Sub(fsys, path.Join(dir, promptsFolder))
	if err != nil {
		return nil, err
	}
	l := &soundLoad{
		lib: prompts.New(site).In(country), site: site, shown: path.Join(shown, promptsFolder), read: map[prompts.Place]*media.Sound{},
		out: &sounds{all: map[string]map[string]*media.Sound{}, bySum: map[soundKey]*media.Sound{}},
	}
	if old != nil {
		l.old = old.bySum
	}
	for _, language := range append(ivr.Languages(), prompts.Any) {
		for _, name := range l.lib.Names() {
			if err := l.own(language, name); err != nil {
				return nil, err
			}
		}
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	for _, language := range ivr.Languages() {
		if err := l.language(language); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

// own reads the sound a language itself has of a name, if any.
func (l *soundLoad) own(language, name string) error {
	f, at, err := l.lib.Own(language, name)
	if f == nil || err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	sound, sum, err := l.sound(f, at)
	if call.CodeOf(err) == call.CodeInvalid {
		l.problems = append(l.problems, config.Problem{File: path.Join(l.shown, at.File), Wrong: err.Error()})
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path.Join(l.shown, at.File), err)
	}
	l.read[at] = sound
	entry := soundEntry{name: name, place: at, sound: sound}
	if at.Site {
		if l.length += sound.Duration(); l.length > soundsMost {
			return config.Problems{{File: l.shown, Wrong: fmt.Sprintf("the site's sounds are longer than %v together", soundsMost), Right: "fewer or shorter ones"}}
		}
		if entry.version, err = prompts.VersionOf(l.site, language, name, hex.EncodeToString(sum[:])); err != nil {
			return err
		}
	}
	l.out.entries = append(l.out.entries, entry)
	return nil
}

// sound reads one file, or takes what an older revision made of the same.
func (l *soundLoad) sound(f io.Reader, at prompts.Place) (*media.Sound, [sha256.Size]byte, error) {
	content, err := io.ReadAll(io.LimitReader(f, media.MaxSoundFile+1))
	if err != nil {
		return nil, [sha256.Size]byte{}, err
	}
	key := soundKey{sha256.Sum256(content), levelOf(at)}
	sound := l.old[key]
	if sound == nil {
		sound, err = media.ReadSound(bytes.NewReader(content), key.level)
	}
	if err == nil {
		l.out.bySum[key] = sound
	}
	return sound, key.sum, err
}

// levelOf is how loud a file is to be: what is shipped is so already.
func levelOf(at prompts.Place) float64 {
	switch {
	case !at.Site:
		return media.AsItIs
	case at.Language == prompts.Any:
		return media.MusicLevel
	default:
		return media.SpeechLevel
	}
}

// language finds for each name what is heard in a language: its own sound, else another's.
func (l *soundLoad) language(language string) error {
	names := map[string]*media.Sound{}
	l.out.all[language] = names
	for _, name := range l.lib.Names() {
		f, at, err := l.lib.Find(language, name)
		if err != nil {
			return fmt.Errorf("prompt %s: %w", name, err)
		}
		_ = f.Close() // read only
		if names[name] = l.read[at]; names[name] == nil {
			return fmt.Errorf("prompt %s: %s came while the site was read", name, at.File)
		}
	}
	return nil
}

// prepare encodes every prompt for legs that speak G.722, if any may: better now than on a media thread.
func (s *sounds) prepare(site *config.Site) {
	wide := func(codecs []call.Codec) bool { return slices.Contains(codecs, call.CodecG722) }
	if !slices.ContainsFunc(site.Trunks, func(t config.Trunk) bool { return wide(t.Codecs) }) &&
		!slices.ContainsFunc(site.Agents, func(a config.Agent) bool { return wide(a.Codecs) }) {
		return
	}
	for _, names := range s.all {
		for _, sound := range names {
			sound.Wideband() // made once
		}
	}
}

// get finds sounds by name in a language, the house's if it is none. The site was checked when it was loaded, so a
// name without a sound can only come from an older revision's flow; it is left out. What a call has of its own comes first.
func (s *sounds) get(language string, names []string, own ...said) []*media.Sound {
	all := s.all[spoken(language)]
	if all == nil {
		all = s.all[defaultLanguage]
	}
	out := make([]*media.Sound, 0, len(names))
	for _, n := range names {
		sound := all[n]
		for _, o := range own {
			sound = cmp.Or(o[n], sound)
		}
		if sound != nil {
			out = append(out, sound)
		}
	}
	return out
}
