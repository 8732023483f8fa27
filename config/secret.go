package config

// mask stands for a secret wherever one could be printed.
const mask = "********"

// Secret is a password or another text that must never be shown. It is masked
// wherever it is printed, logged or encoded; Reveal is the only way to its text.
type Secret struct{ text string }

// NewSecret wraps a text that must not be shown.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal gives the text itself, for the one who checks a password or opens a connection.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.text == "" }

// String masks the secret, so that %v, %s and %q can't leak it.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return mask
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret in JSON, YAML and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
