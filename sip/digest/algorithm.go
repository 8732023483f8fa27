package digest

import (
	"crypto/md5" //nolint:gosec // RFC 3261 digest is MD5; SHA-256 is offered where phones know RFC 8760
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"
)

// Algorithm is a hash by which a password is proved.
type Algorithm uint8

// The algorithms, as RFC 8760 names them.
const (
	MD5 Algorithm = iota
	SHA256
	SHA512t256 // SHA-512-256
)

var algorithms = []string{"MD5", "SHA-256", "SHA-512-256"}

func (a Algorithm) String() string {
	if int(a) < len(algorithms) {
		return algorithms[a]
	}
	return fmt.Sprintf("invalid(%d)", uint8(a))
}

// MarshalText gives the algorithm's name as headers and the node file write it.
func (a Algorithm) MarshalText() ([]byte, error) {
	if int(a) >= len(algorithms) {
		return nil, fmt.Errorf("digest algorithm: value %d has no name", uint8(a))
	}
	return []byte(algorithms[a]), nil
}

// UnmarshalText reads an algorithm's name, in upper or lower case.
func (a *Algorithm) UnmarshalText(b []byte) error {
	for i, n := range algorithms {
		if strings.EqualFold(n, string(b)) {
			*a = Algorithm(i)
			return nil
		}
	}
	return fmt.Errorf("digest algorithm %q is unknown; one of %q", b, algorithms)
}

// of reads the algorithm parameter; without one it is MD5 (RFC 7616 3.3).
func of(name string) (Algorithm, bool) {
	var a Algorithm
	if name != "" && a.UnmarshalText([]byte(name)) != nil {
		return 0, false
	}
	return a, true
}

// sum is H() of RFC 7616 3.4 over its parts joined by colons, in hex.
func (a Algorithm) sum(parts ...string) string {
	text := []byte(strings.Join(parts, ":"))
	switch a {
	case SHA256:
		s := sha256.Sum256(text)
		return hex.EncodeToString(s[:])
	case SHA512t256:
		s := sha512.Sum512_256(text)
		return hex.EncodeToString(s[:])
	default:
		s := md5.Sum(text) //nolint:gosec // see the import
		return hex.EncodeToString(s[:])
	}
}

// proof is what goes into a response, by the names of RFC 7616 3.4.1.
type proof struct {
	user, realm, password string
	method, uri           string
	nonce, nc, cnonce     string
	qop                   string // "auth", or empty for the form of RFC 2069
}

// response is request-digest of RFC 7616 3.4.1.
func (a Algorithm) response(p proof) string {
	a1 := a.sum(p.user, p.realm, p.password)
	a2 := a.sum(p.method, p.uri)
	if p.qop == "" {
		return a.sum(a1, p.nonce, a2)
	}
	return a.sum(a1, p.nonce, p.nc, p.cnonce, p.qop, a2)
}
