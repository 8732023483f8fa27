// Package prompts is the library of what callers hear: the prompts and the music
// that ship with the project, and a site's own in their place.
//
// Shipped sounds are 8 kHz mono A-law WAV, rendered from texts/*.tsv by render.sh
// and composed by compose; they are kept as files and embedded in the binary. The tones of an exchange are
// made from a table (tones.go).
package prompts

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"hotline/call"
)

//go:embed zh/*.wav en/*.wav any/*.wav
var shipped embed.FS

// The languages a prompt may be in, in the order in which one stands in for another.
const (
	Chinese = "zh"
	English = "en"
	// Any is the folder of sounds without words: the beep, music.
	Any = "any"
)

// Extensions are those a prompt's file may have, the one that counts first where there are several.
var extensions = []string{".wav", ".mp3", ".ogg"}

// NameOf is the prompt a file of a language's folder holds; ok is false for other files.
func NameOf(file string) (name string, ok bool) {
	for _, ext := range extensions {
		if name, ok = strings.CutSuffix(file, ext); ok {
			return name, name != "" && !strings.HasPrefix(name, ".")
		}
	}
	return "", false
}

// Library finds sounds by name. It is immutable and may be used by many goroutines.
type Library struct {
	site  fs.FS
	names []string
	tones map[string][]burst // of the country
	err   error              // why the site's folder can't be read
}

// New makes a library of the shipped sounds and those of a site, whose folder of
// prompts (zh/NAME.wav, en/NAME.mp3, any/NAME.ogg) may be nil or empty. If the
// folder can't be read, every Open says so.
func New(site fs.FS) *Library {
	l := &Library{site: site, tones: exchanges[DefaultCountry]}
	names := map[string]bool{}
	for _, name := range tones() {
		names[name] = true
	}
	for _, lang := range languages("") {
		l.err = errors.Join(l.err, list(shipped, lang, names))
		if site != nil {
			l.err = errors.Join(l.err, list(site, lang, names))
		}
	}
	for name := range names {
		l.names = append(l.names, name)
	}
	slices.Sort(l.names)
	return l
}

// In gives the library with the tones of a country (Countries); the default's for one that is not known.
func (l *Library) In(country string) *Library {
	in := *l
	if of := exchanges[country]; of != nil {
		in.tones = of
	}
	return &in
}

// list adds the names in a folder; one that does not exist has none.
func list(from fs.FS, lang string, names map[string]bool) error {
	entries, err := fs.ReadDir(from, lang)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return call.Errorf(call.CodeUnavailable, "prompts %s: %w", lang, err)
	}
	for _, e := range entries {
		if name, ok := NameOf(e.Name()); ok && !e.IsDir() {
			names[name] = true
		}
	}
	return nil
}

// languages is the order in which folders are searched for a prompt: its
// language, the sounds without words, then Chinese and English.
func languages(lang string) []string {
	order := []string{Any, Chinese, English}
	if lang == Chinese || lang == English {
		order = slices.Insert(order, 0, lang)
	}
	return order
}

// Names lists every sound there is, music included, in any language; sorted.
func (l *Library) Names() []string { return slices.Clone(l.names) }

// Open opens a sound. In each language the site's own comes before the shipped one. A
// prompt that the language does not have is taken from Chinese, then English: a
// caller understands a known voice better than silence. The error has CodeNotFound
// when there is none.
func (l *Library) Open(lang, name string) (fs.File, error) {
	f, _, err := l.Find(lang, name)
	return f, err
}

// Place is where a sound was found.
type Place struct {
	Language string // the folder
	File     string // within the folder of prompts
	Site     bool   // the site's own; else it is shipped
}

// Find is Open, and tells where the file is.
func (l *Library) Find(lang, name string) (fs.File, Place, error) {
	if l.err != nil {
		return nil, Place{}, l.err
	}
	if name == "" || strings.ContainsAny(name, `/\`) {
		return nil, Place{}, call.Errorf(call.CodeInvalid, "prompt %q is no file name", name)
	}
	for _, dir := range languages(lang) {
		f, at, err := l.in(dir, name)
		if f != nil || err != nil {
			return f, at, err
		}
	}
	if f, at := l.tone(name); f != nil {
		return f, at, nil
	}
	return nil, Place{}, call.Errorf(call.CodeNotFound, "there is no prompt %q: %w", name, fs.ErrNotExist)
}

// Own is Find without another language standing in: the file is nil where the language has none.
func (l *Library) Own(lang, name string) (fs.File, Place, error) {
	if l.err != nil {
		return nil, Place{}, l.err
	}
	f, at, err := l.in(lang, name)
	if f == nil && err == nil && lang == Any {
		f, at = l.tone(name)
	}
	return f, at, err
}

// tone gives the country's tone of a name, as a shipped file without words; nil where the name is none's.
func (l *Library) tone(name string) (fs.File, Place) {
	bursts := l.tones[name]
	if bursts == nil {
		return nil, Place{}
	}
	file := name + extensions[0]
	return toneFile{bytes.NewReader(render(bursts)), file}, Place{Language: Any, File: path.Join(Any, file)}
}

// in looks into one language's folders.
func (l *Library) in(dir, name string) (fs.File, Place, error) {
	for _, from := range []fs.FS{l.site, shipped} {
		if from == nil {
			continue
		}
		for _, ext := range extensions {
			at := Place{Language: dir, File: path.Join(dir, name+ext), Site: from != shipped}
			f, err := from.Open(at.File)
			if err == nil {
				return f, at, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, at, call.Errorf(call.CodeUnavailable, "prompt %s: %w", name, err)
			}
		}
	}
	return nil, Place{}, nil
}
