package digest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

// Login is what a client proves itself with.
type Login struct {
	Method, URI    string
	User, Password string
	Count          uint32 // of requests with this nonce, from 1; 0 means 1
	CNonce         string // empty means a random one
}

// ErrNoChallenge tells that none of the challenges can be answered.
var ErrNoChallenge = errors.New("digest: no challenge that can be answered")

// maxChallenges bounds the challenges of one response that are looked at.
const maxChallenges = 8

// Answer makes the Authorization (or Proxy-Authorization) value for the
// strongest of the challenges offered, which are the values of the
// WWW-Authenticate (or Proxy-Authenticate) headers of one response. The error
// wraps ErrNoChallenge.
func Answer(challenges []string, l Login) (string, error) {
	best, p, err := strongest(challenges)
	if err != nil {
		return "", err
	}
	proven := proof{
		user: l.User, realm: p["realm"], password: l.Password, method: l.Method, uri: l.URI, nonce: p["nonce"],
	}
	value := fmt.Sprintf("Digest username=%s, realm=%s, nonce=%s, uri=%s",
		quote(l.User), quote(p["realm"]), quote(p["nonce"]), quote(l.URI))
	if p["qop"] != "" {
		proven.qop, proven.nc = "auth", fmt.Sprintf("%08x", cmp.Or(l.Count, 1))
		proven.cnonce = cmp.Or(l.CNonce, rand.Text())
		value += fmt.Sprintf(", qop=auth, nc=%s, cnonce=%s", proven.nc, quote(proven.cnonce))
	}
	if p["algorithm"] != "" {
		value += ", algorithm=" + best.String()
	}
	if p["opaque"] != "" {
		value += ", opaque=" + quote(p["opaque"])
	}
	return value + `, response="` + best.response(proven) + `"`, nil
}

// strongest picks the challenge with the best hash among those we can answer.
func strongest(challenges []string) (Algorithm, params, error) {
	var (
		best  Algorithm
		found params
		why   error
	)
	for _, header := range challenges[:min(len(challenges), maxChallenges)] {
		p, err := parseHeader(header)
		if err != nil {
			why = err
			continue
		}
		algorithm, ok := of(p["algorithm"])
		if !ok || p["nonce"] == "" || !offersAuth(p["qop"]) {
			continue
		}
		if found == nil || algorithm > best {
			best, found = algorithm, p
		}
	}
	if found == nil {
		return 0, nil, errors.Join(ErrNoChallenge, why)
	}
	return best, found, nil
}

// offersAuth tells that a challenge's qop list holds auth, or that there is none (RFC 2069).
func offersAuth(qop string) bool {
	for option := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(option), "auth") {
			return true
		}
	}
	return qop == ""
}
