package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys wraps data keys: a file of keys, or a service that keeps them where they
// can't be copied (a KMS). What it is given about a key must be the same when it is
// unwrapped. Its errors never hold key material.
type Keys interface {
	// Current names the key that new data keys are wrapped by.
	Current() string
	// Wrap encrypts a data key by the current key, which it names.
	Wrap(data, about []byte) (keyID string, wrapped []byte, err error)
	// Unwrap gives the data key; ErrNoKey if there is no key of that name.
	Unwrap(keyID string, wrapped, about []byte) ([]byte, error)
}

// ErrNoKey tells that the key a file is wrapped by is not among the keys.
var ErrNoKey = errors.New("no such key")

// ErrWrongKey tells that a key of the right name does not fit, or the wrapped data key was changed.
var ErrWrongKey = errors.New("the wrapped key does not open: another key of the same name, or a changed header")

const (
	keyBytes = 32
	mostKeys = 64
	mostName = 64
)

// KeyFile is keys held in memory: of a file, or of the environment. The first is the current one.
type KeyFile struct {
	current string
	keys    map[string]cipher.AEAD
}

// ParseKeys reads keys, one a line: a name and 32 bytes in base64. Empty lines and
// lines that begin with # are passed over. Errors name the line, never the key.
func ParseKeys(text string) (*KeyFile, error) {
	k := &KeyFile{keys: map[string]cipher.AEAD{}}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, aead, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the keys: %w", i+1, err)
		}
		if k.keys[name] != nil {
			return nil, fmt.Errorf("line %d of the keys: %q is there twice", i+1, name)
		}
		if len(k.keys) == mostKeys {
			return nil, fmt.Errorf("more than %d keys", mostKeys)
		}
		if k.current == "" {
			k.current = name
		}
		k.keys[name] = aead
	}
	if k.current == "" {
		return nil, errors.New("there is no key; one a line: a name and 32 bytes in base64, as `hotline recordings newkey` makes")
	}
	return k, nil
}

func parseKey(line string) (string, cipher.AEAD, error) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return "", nil, errors.New("it is no name and a key")
	}
	name := fields[0]
	if len(name) > mostName || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return "", nil, errors.New("its name is none: letters, digits, - _ and ., at most 64")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(raw) != keyBytes {
		return "", nil, fmt.Errorf("key %s is not 32 bytes in base64", name)
	}
	aead, err := newAEAD(raw)
	clear(raw)
	return name, aead, err
}

// NewKey makes a line of a key file.
func NewKey(name string) string {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // never fails (Go 1.24)
	return name + " " + base64.StdEncoding.EncodeToString(raw)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Current names the first key.
func (k *KeyFile) Current() string { return k.current }

// Wrap encrypts a data key: a random nonce, then AES-256-GCM.
func (k *KeyFile) Wrap(data, about []byte) (string, []byte, error) {
	aead := k.keys[k.current]
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return k.current, aead.Seal(nonce, nonce, data, about), nil
}

// Unwrap decrypts a data key.
func (k *KeyFile) Unwrap(keyID string, wrapped, about []byte) ([]byte, error) {
	aead := k.keys[keyID]
	if aead == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoKey, keyID)
	}
	if len(wrapped) < aead.NonceSize() {
		return nil, ErrWrongKey
	}
	data, err := aead.Open(nil, wrapped[:aead.NonceSize()], wrapped[aead.NonceSize():], about)
	if err != nil {
		return nil, ErrWrongKey
	}
	return data, nil
}
