// Package digest proves who a phone is: the server's side of digest access
// authentication (RFC 2617, RFC 7616) as SIP uses it (RFC 3261 section 22,
// RFC 8760), and the client's side for carriers that ask it of us.
//
// A nonce is a time and a serial number under an HMAC, so nothing is kept for
// a phone that has only been challenged; what is kept, for replay protection,
// is bounded and belongs to phones that knew their password.
package digest

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Result is what a request's credentials came to.
type Result uint8

// The results, each with what it is answered with.
const (
	OK            Result = iota
	NoCredentials        // none for our realm and algorithms: 401 with Challenge(now, false)
	Stale                // the password is right, the nonce is old: 401 with Challenge(now, true)
	Replayed             // the password is right, this nonce count was used before: 401 with Challenge(now, true)
	Denied               // wrong password or unknown user, which look alike on purpose: 403
	Malformed            // the header can't be read, or is not for this request: 400
)

var results = []string{"ok", "no_credentials", "stale", "replayed", "denied", "malformed"}

func (r Result) String() string {
	if int(r) < len(results) {
		return results[r]
	}
	return fmt.Sprintf("invalid(%d)", uint8(r))
}

// Options set a Server up.
type Options struct {
	// Realm is the domain of the accounts.
	Realm string
	// Algorithms offered, preferred first; none means MD5.
	Algorithms []Algorithm
	// Lifetime of a nonce; 0 means 5 minutes.
	Lifetime time.Duration
	// MaxNonces bounds the replay table; 0 means 65,536.
	MaxNonces int
	// Key signs the nonces; nil means 32 random bytes. Nodes must not share one:
	// their serial numbers would meet.
	Key []byte
}

// Server challenges and verifies. It is safe for concurrent use: only the
// replay table is shared, under a mutex held for a map access.
type Server struct {
	realm      string
	algorithms []Algorithm
	life       time.Duration
	key        []byte
	serial     atomic.Uint64
	ledger     ledger
}

// New makes a server. It fails on options that make no sense.
func New(opts Options) (*Server, error) {
	s := &Server{
		realm: opts.Realm, algorithms: slices.Clone(opts.Algorithms),
		life: cmp.Or(opts.Lifetime, 5*time.Minute), key: slices.Clone(opts.Key),
	}
	if s.realm == "" || s.life < 0 || opts.MaxNonces < 0 {
		return nil, errors.New("digest: a realm, a positive lifetime and a positive table size are needed")
	}
	if len(s.algorithms) == 0 {
		s.algorithms = []Algorithm{MD5}
	}
	for _, a := range s.algorithms {
		if int(a) >= len(algorithms) {
			return nil, fmt.Errorf("digest: %s is no algorithm", a)
		}
	}
	if s.key == nil {
		s.key = make([]byte, 32)
		if _, err := rand.Read(s.key); err != nil {
			return nil, fmt.Errorf("digest: no randomness for the key: %w", err)
		}
	}
	s.ledger = ledger{life: s.life, most: max(1, cmp.Or(opts.MaxNonces, 65536)/2), now: map[uint64]*window{}}
	return s, nil
}

// Challenge gives the values of the WWW-Authenticate headers, one for each
// algorithm, preferred first (RFC 8760 2.4). They share a nonce, as a client
// answers one of them.
func (s *Server) Challenge(now time.Time, stale bool) []string {
	nonce := s.seal(stamp{made: now, serial: s.serial.Add(1)})
	out := make([]string, 0, len(s.algorithms))
	for _, a := range s.algorithms {
		v := fmt.Sprintf(`Digest realm=%s, nonce=%q, opaque=%q, algorithm=%s, qop="auth"`,
			quote(s.realm), nonce, s.opaque(), a)
		if stale {
			v += ", stale=true"
		}
		out = append(out, v)
	}
	return out
}

// opaque is the same for all challenges of this server's life.
func (s *Server) opaque() string { return hex.EncodeToString(s.mac("opaque", []byte(s.realm))[:8]) }

// Request is what is to be proved.
type Request struct {
	Method string
	URI    string // Request-URI as on the wire
	// Authorization headers, each whole: `Digest username="…", …`.
	Authorization []string
}

// Verdict is a Result with what it rests upon.
type Verdict struct {
	Result Result
	User   string // as claimed; proved only if Result is OK
	Words  string // why, for the log; without secrets
}

// Lookup finds an account's password; false when there is no such account.
type Lookup func(user string) (password string, ok bool)

// credentials are an Authorization header for our realm, read.
type credentials struct {
	algorithm                          Algorithm
	user, uri, nonce, cnonce, response string
	opaque, qop, nc                    string
	count                              uint32
}

// Verify checks a request's credentials. An unknown user costs the same work
// as a known one, and nothing tells them apart.
func (s *Server) Verify(now time.Time, req Request, lookup Lookup) Verdict {
	c, v := s.find(req)
	if c == nil {
		return v
	}
	v.User = c.user
	nobody := hex.EncodeToString(s.mac("nobody", []byte(c.user)))[:nobodyLength] // worked out for everybody: same work
	password, known := lookup(c.user)
	if !known {
		password = nobody
	}
	want := c.algorithm.response(proof{
		user: c.user, realm: s.realm, password: password, method: req.Method, uri: c.uri,
		nonce: c.nonce, nc: c.nc, cnonce: c.cnonce, qop: c.qop,
	})
	right := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
	if !right || !known {
		v.Result, v.Words = Denied, "wrong password or unknown user"
		return v
	}
	v.Result, v.Words = s.fresh(now, c)
	return v
}

// nobodyLength is that of most passwords, so that hashing takes as many blocks.
const nobodyLength = 10

// fresh judges the nonce of a proof that is otherwise right.
func (s *Server) fresh(now time.Time, c *credentials) (Result, string) {
	st, ours := s.open(c.nonce)
	switch {
	case !ours:
		return Stale, "nonce of another server or an earlier start"
	case now.Sub(st.made) > s.life || st.made.Sub(now) > s.life:
		return Stale, "nonce run out"
	}
	switch r := s.ledger.use(now, st.serial, c.count); r {
	case Replayed:
		return r, fmt.Sprintf("nonce count %d used before", c.count)
	case Stale:
		return r, "nonce forgotten"
	default:
		return r, ""
	}
}

// find reads the headers and takes the first for our realm with an algorithm
// we offer; without one, the verdict says so.
func (s *Server) find(req Request) (*credentials, Verdict) {
	for _, header := range req.Authorization {
		p, err := parseHeader(header)
		if errors.Is(err, errScheme) {
			continue
		}
		if err != nil {
			return nil, Verdict{Result: Malformed, Words: err.Error()}
		}
		algorithm, ok := of(p["algorithm"])
		if p["realm"] != s.realm || !ok || !slices.Contains(s.algorithms, algorithm) {
			continue
		}
		c := &credentials{
			algorithm: algorithm, user: p["username"], uri: p["uri"], nonce: p["nonce"], cnonce: p["cnonce"],
			response: p["response"], opaque: p["opaque"], qop: p["qop"], nc: p["nc"],
		}
		if words := s.check(c, req.URI); words != "" {
			return nil, Verdict{Result: Malformed, User: c.user, Words: words}
		}
		return c, Verdict{}
	}
	return nil, Verdict{Result: NoCredentials, Words: "no credentials for this realm"}
}

// check tells what is wrong with credentials before any password is looked at.
func (s *Server) check(c *credentials, uri string) string {
	count, err := strconv.ParseUint(c.nc, 16, 32)
	switch {
	case c.user == "" || c.nonce == "" || c.response == "":
		return "username, nonce or response missing"
	case !strings.EqualFold(c.qop, "auth"):
		return "qop is not auth, which the challenge asked for"
	case err != nil || len(c.nc) > 8 || count == 0: // eight digits by the RFC; some phones leave zeros off
		return "nc is not a count of up to eight hexadecimal digits"
	case c.cnonce == "":
		return "cnonce missing"
	case c.opaque != "" && c.opaque != s.opaque() && !s.foreign(c.nonce):
		return "opaque is not that of the challenge"
	case !sameTarget(c.uri, uri):
		return "uri is not that of the request"
	}
	c.count = uint32(count)
	return ""
}

// foreign tells that a nonce isn't ours, as after a restart: then the opaque can't be either.
func (s *Server) foreign(nonce string) bool {
	_, ours := s.open(nonce)
	return !ours
}
