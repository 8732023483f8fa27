package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"hotline/call"
)

// Bounds of sessions and log-in attempts.
const (
	sessionLife  = 12 * time.Hour // without a request
	sessionsMost = 20_000
	attemptsMost = 10_000 // users and sources tracked
	failuresMost = 8      // a user's or a source's, within attemptSpan, before it must wait
	attemptSpan  = time.Minute
)

// sessions are who is logged in. Only hashes of tokens are kept. The mutex
// guards plain maps; nothing is done while it is held.
type sessions struct {
	now      func() time.Time
	mu       sync.Mutex
	byHash   map[[sha256.Size]byte]*session
	attempts map[string]*attempt
}

type session struct {
	user  string
	until time.Time
}

type attempt struct {
	failures int
	until    time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byHash: map[[sha256.Size]byte]*session{}, attempts: map[string]*attempt{}}
}

// open makes a token for a user.
func (s *sessions) open(user string) (token string, until time.Time, err error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", time.Time{}, err
	}
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.byHash) >= sessionsMost {
		s.sweep(now)
	}
	if len(s.byHash) >= sessionsMost {
		return "", time.Time{}, call.Errorf(call.CodeCapacity, "too many sessions are open; try again later")
	}
	until = now.Add(sessionLife)
	s.byHash[sha256.Sum256([]byte(token))] = &session{user: user, until: until}
	return token, until, nil
}

func (s *sessions) sweep(now time.Time) {
	for h, one := range s.byHash {
		if now.After(one.until) {
			delete(s.byHash, h)
		}
	}
}

// user finds whose token it is and keeps the session alive.
func (s *sessions) user(token string) (string, bool) {
	h := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byHash[h]
	now := s.now()
	if one == nil || now.After(one.until) {
		delete(s.byHash, h)
		return "", false
	}
	one.until = now.Add(sessionLife)
	return one.user, true
}

// close ends a session.
func (s *sessions) close(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byHash, sha256.Sum256([]byte(token)))
}

// mayTry tells how long a user and a source must wait before they may try to log in; 0 is now.
func (s *sessions) mayTry(keys ...string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, wait := s.now(), time.Duration(0)
	for _, k := range keys {
		if a := s.attempts[k]; a != nil && a.failures >= failuresMost && now.Before(a.until) {
			wait = max(wait, a.until.Sub(now))
		}
	}
	return wait
}

// failed counts a wrong password against a user and a source.
func (s *sessions) failed(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.attempts) >= attemptsMost {
		for k, a := range s.attempts {
			if now.After(a.until) {
				delete(s.attempts, k)
			}
		}
	}
	for _, k := range keys {
		a := s.attempts[k]
		if a == nil || now.After(a.until) {
			if a == nil && len(s.attempts) >= attemptsMost {
				continue
			}
			a = &attempt{}
			s.attempts[k] = a
		}
		a.failures++
		a.until = now.Add(attemptSpan)
	}
}

// Password is the SHA-256 of a password: what is compared, in constant time
// whatever the lengths. It suits passwords that stand in the site as they are,
// and ones made at random; it is not meant to protect a weak one that leaks.
type Password [sha256.Size]byte

// PasswordOf makes it of the password itself.
func PasswordOf(plain string) Password { return sha256.Sum256([]byte(plain)) }

// is reports whether a given password is this one.
func (p Password) is(given string) bool {
	g := PasswordOf(given)
	return subtle.ConstantTimeCompare(g[:], p[:]) == 1
}
