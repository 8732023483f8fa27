package prompts

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// versionsFolder is where the versions of a site's prompts are kept, beside its languages.
const versionsFolder = ".versions"

// versionsKept is how many versions of a prompt are kept; one more removes the oldest.
const versionsKept = 20

// MaxName bounds a prompt's name, in bytes.
const MaxName = 64

// Ways a version comes into a library.
const (
	ViaUpload = "upload"
	ViaPhone  = "phone"
	ViaFolder = "folder" // it lay in the site's folder, put there by hand
)

// Version is one recording of a prompt that is, or was, in force.
type Version struct {
	Number  int       `json:"number"` // from 1
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Via     string    `json:"via"`
	Format  string    `json:"format"` // of the original: wav, mp3 or ogg
	Seconds float64   `json:"seconds"`
	Sum     string    `json:"sum"` // SHA-256 of the file that is played, in hex
}

func (v Version) file() string { return fmt.Sprintf("%04d.%s", v.Number, v.Format) }

// CheckName says what is wrong with a prompt's name and language; nil: nothing.
func CheckName(lang, name string) error {
	if lang != Chinese && lang != English && lang != Any {
		return call.Errorf(call.CodeInvalid, "language %q is none; %s, %s or %s are", lang, Chinese, English, Any)
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
	}
	if name == "" || len(name) > MaxName || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return call.Errorf(call.CodeInvalid, "prompt name %q is none; 1 to %d letters, digits, _ and - are right", name, MaxName)
	}
	return nil
}

// Versions lists the versions of a prompt, the newest first, from a site's folder of prompts.
func Versions(site fs.FS, lang, name string) ([]Version, error) {
	dir := path.Join(versionsFolder, lang, name)
	entries, err := fs.ReadDir(site, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Version
	for _, e := range entries {
		if path.Ext(e.Name()) != ".json" {
			continue
		}
		text, err := fs.ReadFile(site, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		var v Version
		if err := json.Unmarshal(text, &v); err != nil || v.Number < 1 {
			continue // not ours, or cut off: the prompt itself is not in it
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Version) int { return cmp.Compare(b.Number, a.Number) })
	return out, nil
}

// VersionOf is the newest version whose file has a sum; 0: none has.
func VersionOf(site fs.FS, lang, name, sum string) (int, error) {
	all, err := Versions(site, lang, name)
	if i := slices.IndexFunc(all, func(v Version) bool { return v.Sum == sum }); i >= 0 {
		return all[i].Number, err
	}
	return 0, err
}

// Original is the file a version was made of.
func Original(site fs.FS, lang, name string, number int) ([]byte, Version, error) {
	all, err := Versions(site, lang, name)
	if err != nil {
		return nil, Version{}, err
	}
	i := slices.IndexFunc(all, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return nil, Version{}, call.Errorf(call.CodeNotFound, "prompt %s/%s has no version %d", lang, name, number)
	}
	b, err := fs.ReadFile(site, path.Join(versionsFolder, lang, name, all[i].file()))
	return b, all[i], err
}

// Shelf is a site's folder of prompts on the disk, where it can be changed. Who changes it does so one at a time.
type Shelf struct {
	Dir string
	Now func() time.Time
}

// Put makes a sound the prompt in force: original is kept as a version, placed, a WAV, becomes the file that is
// played, by one rename. What lay there by hand is kept as a version before. The version's At, Number and Sum are set here.
func (s Shelf) Put(lang, name string, original, placed []byte, v Version) (Version, error) {
	dir := filepath.Join(s.Dir, lang)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return v, err
	}
	if err := s.keepFound(lang, name); err != nil {
		return v, err
	}
	v, err := s.keep(lang, name, original, placed, v)
	if err != nil {
		return v, err
	}
	if err := write(filepath.Join(dir, name+extensions[0]), placed); err != nil {
		return v, err
	}
	for _, ext := range extensions[1:] { // they would not count any more
		if err := os.Remove(filepath.Join(dir, name+ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return v, err
		}
	}
	return v, syncDir(dir)
}

// Remove takes the site's own file away; its versions stay. It reports whether there was one.
func (s Shelf) Remove(lang, name string) (bool, error) {
	if err := s.keepFound(lang, name); err != nil {
		return false, err
	}
	dir, there := filepath.Join(s.Dir, lang), false
	for _, ext := range slices.Backward(extensions) { // the one that counts last
		err := os.Remove(filepath.Join(dir, name+ext))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return there, err
		}
		there = there || err == nil
	}
	if !there {
		return false, nil
	}
	return true, syncDir(dir)
}

// keepFound keeps what lies in the folder as a version, unless it is one.
func (s Shelf) keepFound(lang, name string) error {
	for _, ext := range extensions {
		b, err := os.ReadFile(filepath.Join(s.Dir, lang, name+ext))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		n, err := VersionOf(os.DirFS(s.Dir), lang, name, sumOf(b))
		if err != nil || n > 0 {
			return err
		}
		_, err = s.keep(lang, name, b, b, Version{By: "", Via: ViaFolder, Format: strings.TrimPrefix(ext, ".")})
		return err
	}
	return nil
}

// keep writes a version: the sound first, then what is known of it, without which it is none.
func (s Shelf) keep(lang, name string, original, placed []byte, v Version) (Version, error) {
	dir := filepath.Join(s.Dir, versionsFolder, lang, name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return v, err
	}
	all, err := Versions(os.DirFS(s.Dir), lang, name)
	if err != nil {
		return v, err
	}
	v.Number, v.At, v.Sum = 1, s.Now().UTC(), sumOf(placed)
	if len(all) > 0 {
		v.Number = all[0].Number + 1
	}
	if err := write(filepath.Join(dir, v.file()), original); err != nil {
		return v, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return v, err
	}
	if err := write(filepath.Join(dir, fmt.Sprintf("%04d.json", v.Number)), text); err != nil {
		return v, err
	}
	if len(all) >= versionsKept {
		for _, old := range all[versionsKept-1:] {
			err = errors.Join(os.Remove(filepath.Join(dir, fmt.Sprintf("%04d.json", old.Number))), os.Remove(filepath.Join(dir, old.file())))
			if err != nil {
				return v, err
			}
		}
	}
	return v, syncDir(dir)
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// write puts a file in its place as a whole.
func write(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(content).WriteTo(f)
	err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
