package app

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"hotline/call"
	"hotline/config"
	"hotline/ivr/prompts"
	"hotline/media"
)

// defaultLanguage is what callers hear where a flow does not choose.
const defaultLanguage = "zh"

// promptsFolder is where a site keeps its own prompts.
const promptsFolder = "prompts"

// sounds is a revision's prompts, each read and encoded once and shared by all who listen.
type sounds struct {
	lang string
	all  map[string]*media.Sound
}

// loadSounds reads every prompt the shipped library and the site have. A prompt that
// can't be read is an error that names the file's prompt: better now than in a call.
func loadSounds(fsys fs.FS, dir string) (*sounds, error) {
	site, err := fs.Sub(fsys, path.Join(dir, promptsFolder))
	if err != nil {
		return nil, err
	}
	lib := prompts.New(site)
	s := &sounds{lang: defaultLanguage, all: map[string]*media.Sound{}}
	for _, name := range lib.Names() {
		sound, err := readSound(lib, s.lang, name)
		if err != nil {
			return nil, fmt.Errorf("prompt %s: %w", name, err)
		}
		s.all[name] = sound
	}
	return s, nil
}

func readSound(lib *prompts.Library, lang, name string) (*media.Sound, error) {
	f, err := lib.Open(lang, name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return media.ReadSound(f)
}

// prepare encodes every prompt for legs that speak G.722, if any may: better now than on a media thread.
func (s *sounds) prepare(site *config.Site) {
	wide := func(codecs []call.Codec) bool { return slices.Contains(codecs, call.CodecG722) }
	if !slices.ContainsFunc(site.Trunks, func(t config.Trunk) bool { return wide(t.Codecs) }) &&
		!slices.ContainsFunc(site.Agents, func(a config.Agent) bool { return wide(a.Codecs) }) {
		return
	}
	for _, sound := range s.all {
		sound.Wideband()
	}
}

// get finds sounds by name. The site was checked when it was loaded, so a name
// without a sound can only come from an older revision's flow; it is left out.
func (s *sounds) get(names []string) []*media.Sound {
	out := make([]*media.Sound, 0, len(names))
	for _, n := range names {
		if sound := s.all[n]; sound != nil {
			out = append(out, sound)
		}
	}
	return out
}
