package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"hotline/call"
)

// Bounds of sessions.
const (
	sessionIdle    = 12 * time.Hour      // without a request
	sessionLife    = 30 * 24 * time.Hour // at all: a wallboard logs in again once a month
	sessionsMost   = 50_000
	sessionsOfUser = 16 // one more ends the user's oldest
	ticketLife     = 30 * time.Second
)

// tokenHash is what is kept of a token or a ticket: who reads the memory, or a
// dump of it, can't log in with it.
type tokenHash [sha256.Size]byte

// sessions are who is logged in. The mutex guards plain maps; nothing is done
// while it is held.
type sessions struct {
	now     func() time.Time
	mu      sync.Mutex
	byHash  map[tokenHash]*session
	byUser  map[string][]*session // oldest first
	tickets map[tokenHash]*session
	phones  map[tokenHash]*session
}

type session struct {
	hash     tokenHash
	user     string
	password Password // as it was: another one ends the session
	began    time.Time
	until    time.Time
	ticket   tokenHash // the one ticket that stands, zero if none
	expires  time.Time // of the ticket
	phone    tokenHash // the one token of its softphone that stands, zero if none
}

// login is a session as a request finds it.
type login struct {
	hash     tokenHash
	user     string
	password Password
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byHash: map[tokenHash]*session{}, byUser: map[string][]*session{}, tickets: map[tokenHash]*session{}, phones: map[tokenHash]*session{}}
}

// newToken makes a secret of 256 bits and its hash.
func newToken() (string, tokenHash) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: the process ends when there is no randomness (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	return token, sha256.Sum256([]byte(token))
}

// open makes a token for a user. CodeCapacity if there are too many sessions.
func (s *sessions) open(user string, password Password) (token string, until time.Time, err error) {
	token, hash := newToken()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.byHash) >= sessionsMost {
		s.sweep(now)
	}
	if own := s.byUser[user]; len(own) >= sessionsOfUser {
		s.drop(own[0])
	}
	if len(s.byHash) >= sessionsMost {
		return "", time.Time{}, call.Errorf(call.CodeCapacity, "too many sessions are open; try again later")
	}
	one := &session{hash: hash, user: user, password: password, began: now}
	one.touch(now)
	s.byHash[hash] = one
	s.byUser[user] = append(s.byUser[user], one)
	return token, one.until, nil
}

// touch moves the end on, never beyond the life of a session.
func (one *session) touch(now time.Time) {
	one.until = now.Add(sessionIdle)
	if last := one.began.Add(sessionLife); one.until.After(last) {
		one.until = last
	}
}

func (s *sessions) sweep(now time.Time) {
	for _, one := range s.byHash {
		if !now.Before(one.until) {
			s.drop(one)
		}
	}
}

func (s *sessions) drop(one *session) {
	delete(s.byHash, one.hash)
	delete(s.tickets, one.ticket)
	delete(s.phones, one.phone)
	rest := slices.DeleteFunc(s.byUser[one.user], func(other *session) bool { return other == one })
	if len(rest) == 0 {
		delete(s.byUser, one.user)
		return
	}
	s.byUser[one.user] = rest
}

// find gives a token's session and keeps it alive.
func (s *sessions) find(token string) (login, bool) { return s.use(sha256.Sum256([]byte(token))) }

// use keeps a session alive that is known by its hash.
func (s *sessions) use(hash tokenHash) (login, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.live(hash)
	if one == nil {
		return login{}, false
	}
	one.touch(s.now())
	return login{hash: one.hash, user: one.user, password: one.password}, true
}

// live is a session that is not over.
func (s *sessions) live(hash tokenHash) *session {
	one := s.byHash[hash]
	if one != nil && !s.now().Before(one.until) {
		s.drop(one)
		return nil
	}
	return one
}

// close ends a session.
func (s *sessions) close(hash tokenHash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.byHash[hash]; one != nil {
		s.drop(one)
	}
}

// ticket makes a secret that opens one live stream, once, within ticketLife: a
// browser's EventSource can send no header, and a token must not stand in a URL.
// A session has one ticket; a new one replaces it.
func (s *sessions) ticket(hash tokenHash) (ticket string, expires time.Time, ok bool) {
	ticket, th := newToken()
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.live(hash)
	if one == nil {
		return "", time.Time{}, false
	}
	delete(s.tickets, one.ticket)
	one.ticket, one.expires = th, s.now().Add(ticketLife)
	s.tickets[th] = one
	return ticket, one.expires, true
}

// redeem takes a ticket and gives the session it was made for.
func (s *sessions) redeem(ticket string) (login, bool) {
	th := tokenHash(sha256.Sum256([]byte(ticket)))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.tickets[th]
	if one == nil {
		return login{}, false
	}
	delete(s.tickets, th)
	one.ticket = tokenHash{}
	if !s.now().Before(one.expires) || s.live(one.hash) == nil {
		return login{}, false
	}
	one.touch(s.now())
	return login{hash: one.hash, user: one.user, password: one.password}, true
}

// phoneToken makes the token by which a page's softphone is known at the SIP door,
// as long as the session lasts. A session has one; a new one replaces it.
func (s *sessions) phoneToken(hash tokenHash) (token string, until time.Time, ok bool) {
	token, th := newToken()
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.live(hash)
	if one == nil {
		return "", time.Time{}, false
	}
	delete(s.phones, one.phone)
	one.phone = th
	s.phones[th] = one
	return token, one.until, true
}

// phone finds the session of a softphone's token. A phone that is registered keeps its session alive.
func (s *sessions) phone(token string) (login, bool) {
	th := tokenHash(sha256.Sum256([]byte(token)))
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.phones[th]
	if one == nil || s.live(one.hash) == nil {
		return login{}, false
	}
	one.touch(s.now())
	return login{hash: one.hash, user: one.user, password: one.password}, true
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
