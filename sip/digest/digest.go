// Package digest proves who a phone is: the server's side of digest access
// authentication (RFC 2617, RFC 7616) as SIP uses it (RFC 3261 section 22,
// RFC 8760), and the client's side for carriers that ask it of us.
//
// A nonce is a time and a serial number under an HMAC, so nothing is kept for
// a phone that has only been challenged; what is kept, for replay protection,
// is bounded and belongs to phones that knew their password.
package digest

import "time"

// Algorithm is a hash by which a password is proved.
type Algorithm uint8

// The algorithms, as RFC 8760 names them.
const (
	MD5 Algorithm = iota
	SHA256
	SHA512t256 // SHA-512-256
)

// Result is what a request's credentials came to.
type Result uint8

// The results.
const (
	OK            Result = iota
	NoCredentials        // none for our realm and algorithms: challenge (401)
	Stale                // the password is right, the nonce is old: challenge with stale=true (401)
	Replayed             // this nonce count was used before: challenge (401)
	Denied               // wrong password or unknown user, which look alike on purpose: 403, or challenge again
	Malformed            // the header can't be read, or is not for this request: 400
)

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
	// Key signs the nonces; nil means 32 random bytes.
	Key []byte
}

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

// Server challenges and verifies. It is safe for concurrent use: only the
// replay table is shared, under a mutex held for a map access.
type Server struct{}

// New makes a server. It fails only when no randomness is to be had for the key.
func New(opts Options) (*Server, error) { return &Server{}, nil }

// Challenge gives the values of the WWW-Authenticate headers, one for each
// algorithm, preferred first (RFC 8760 2.4).
func (s *Server) Challenge(now time.Time, stale bool) []string { return nil }

// Verify checks a request's credentials.
func (s *Server) Verify(now time.Time, req Request, lookup Lookup) Verdict {
	return Verdict{Result: NoCredentials}
}

// Login is what a client proves itself with.
type Login struct {
	Method, URI    string
	User, Password string
	Count          uint32 // of requests with this nonce, from 1; 0 means 1
	CNonce         string // empty means a random one
}

// Answer makes the Authorization value for the strongest of the challenges
// offered (values of WWW-Authenticate or Proxy-Authenticate headers).
func Answer(challenges []string, l Login) (string, error) { return "", nil }
