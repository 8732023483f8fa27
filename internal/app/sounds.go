package app

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

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

// sounds is a revision's prompts, each read and encoded once and shared by all who listen,
// by language and name.
type sounds struct {
	all map[string]map[string]*media.Sound
}

// loadSounds reads every prompt the shipped library and the site have. A prompt that
// can't be read is an error that names the file's prompt: better now than in a call.
func loadSounds(fsys fs.FS, dir string) (*sounds, error) {
	site, err := fs.Sub(fsys, path.Join(dir, promptsFolder))
	if err != nil {
		return nil, err
	}
	lib := prompts.New(site)
	s := &sounds{all: map[string]map[string]*media.Sound{}}
	read := map[string]*media.Sound{} // by file: what a language lacks is another's
	for _, language := range ivr.Languages() {
		names := map[string]*media.Sound{}
		s.all[language] = names
		for _, name := range lib.Names() {
			if names[name], err = readSound(lib, language, name, read); err != nil {
				return nil, fmt.Errorf("prompt %s: %w", name, err)
			}
		}
	}
	return s, nil
}

func readSound(lib *prompts.Library, language, name string, read map[string]*media.Sound) (*media.Sound, error) {
	f, from, err := lib.Find(language, name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	if read[from] == nil {
		if read[from], err = media.ReadSound(f); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
	}
	return read[from], nil
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
// name without a sound can only come from an older revision's flow; it is left out.
func (s *sounds) get(language string, names []string) []*media.Sound {
	all := s.all[spoken(language)]
	if all == nil {
		all = s.all[defaultLanguage]
	}
	out := make([]*media.Sound, 0, len(names))
	for _, n := range names {
		if sound := all[n]; sound != nil {
			out = append(out, sound)
		}
	}
	return out
}
