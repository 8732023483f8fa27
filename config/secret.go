package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mask stands for a secret wherever one could be printed.
const mask = "********"

// Secret is a password or another text that must never be shown. It is masked
// wherever it is printed, logged or encoded; Reveal is the only way to its text.
// The text is behind a pointer because fmt ignores methods within unexported
// fields: there it then prints an address.
type Secret struct{ held *held }

type held struct{ text string }

// NewSecret wraps a text that must not be shown.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&held{text}}
}

// Reveal gives the text itself, for the one who checks a password or opens a connection.
func (s Secret) Reveal() string {
	if s.held == nil {
		return ""
	}
	return s.held.text
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.held == nil }

// String masks the secret, so that %v, %s and %q can't leak it.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return mask
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret in JSON, YAML and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// secret reads a password: as it stands, ${NAME} of the environment, or
// file:/path whose first line it is. No message repeats what was written.
func (f *fields) secret(key string) Secret {
	v := f.get(key)
	text, ok := f.r.scalar(v, key)
	if !ok {
		return Secret{}
	}
	if !strings.HasPrefix(text, "${") && !strings.HasPrefix(text, "file:") {
		f.r.secrets[v.at] = true
	}
	if strings.HasPrefix(text, mask) {
		f.r.wrong(v.at, key+" is a mask", "the password itself: a masked site is good for PUT /site only")
	}
	text, ok = f.r.expand(v.at, key, text)
	if ok && text == "" {
		f.r.wrong(v.at, key+" is empty", "a password, ${NAME} of the environment, or file:/path")
	}
	return NewSecret(text)
}

// expand follows ${NAME} and file:/path.
func (r *reader) expand(at pos, of, text string) (string, bool) {
	if name, ok := strings.CutPrefix(text, "${"); ok {
		name, closed := strings.CutSuffix(name, "}")
		if !closed || !isName(name) {
			r.wrong(at, of+" begins like a variable of the environment", "${NAME} and nothing else")
			return "", false
		}
		found, ok := r.getenv(name)
		if !ok {
			r.wrong(at, fmt.Sprintf("%s: the environment has no %s", of, name), "set it before the start")
		}
		return found, ok
	}
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		return r.secretFile(at, of, path)
	}
	return text, true
}

// maxSecretBytes bounds a secret's file: a path to a device must not fill the memory.
const maxSecretBytes = 64 << 10

func (r *reader) secretFile(at pos, of, path string) (string, bool) {
	if !filepath.IsAbs(path) {
		r.wrong(at, fmt.Sprintf("%s: file:%s is no whole path", of, clip(path)), "file:/path, from the root")
		return "", false
	}
	info, err := os.Stat(path) //nolint:gosec // whoever writes the file names it
	switch {
	case err != nil:
		r.wrong(at, fmt.Sprintf("%s: %s can't be read", of, clip(path)), "a file this user may read")
		return "", false
	case !info.Mode().IsRegular() || info.Size() > maxSecretBytes:
		r.wrong(at, fmt.Sprintf("%s: %s is no small file", of, clip(path)), fmt.Sprintf("a file of at most %d bytes", maxSecretBytes))
		return "", false
	}
	b, err := os.ReadFile(path) //nolint:gosec // likewise
	if err != nil {
		r.wrong(at, fmt.Sprintf("%s: %s can't be read", of, clip(path)), "a file this user may read")
		return "", false
	}
	return strings.TrimRight(string(b), "\r\n"), true
}
