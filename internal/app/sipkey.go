package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sipKeyFile is where a node keeps the key of its nonces and routes: calls that passed by us, and
// phones in the middle of a challenge, outlive a restart by it.
const sipKeyFile = "sip.key"

const sipKeyBytes = 32

// sipKey reads the node's key, or makes it.
func sipKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, sipKeyFile)
	text, err := os.ReadFile(path)
	if err == nil {
		key, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err == nil && len(key) == sipKeyBytes {
			return key, nil
		}
		return nil, fmt.Errorf("%s does not hold %d bytes in hexadecimal; remove it and another is made: %w", path, sipKeyBytes, ErrInput)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the key of SIP routes: %w", err)
	}
	key := make([]byte, sipKeyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("no random key for SIP routes: %w", err)
	}
	staged := path + ".new"
	if err := os.WriteFile(staged, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("the key of SIP routes: %w", err)
	}
	return key, os.Rename(staged, path)
}
