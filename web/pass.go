package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// Bounds of visitors' passes.
const (
	visitLife     = time.Minute // from the page's wish to the INVITE
	visitsMost    = 256         // that stand at a time
	visitsOfPlace = 10          // a minute from one source
	visitsOfAll   = 120         // a minute from everywhere
)

// Pass is what the bearer of a token may do at the SIP door: speak for an account
// of ours, or call one number once.
type Pass struct {
	Account string // whom it speaks for; empty for a visitor
	Visitor string // as whom a visitor is shown; empty for an account
	Number  string // the one number a visitor may call
}

// Visitors knows whether people may call from the page /try.
type Visitors interface {
	// VisitorNumber is the number they may call; ok is false when they may not.
	VisitorNumber() (number string, ok bool)
	// SIPDomain is the domain that softphones use.
	SIPDomain() string
}

// visits are the passes that visitors have been given and have not used yet.
type visits struct {
	now   func() time.Time
	rate  *attempts
	mu    sync.Mutex
	stand map[tokenHash]visitPass
}

type visitPass struct {
	Pass
	until time.Time
}

func newVisits(now func() time.Time) *visits {
	return &visits{now: now, rate: newAttempts(now), stand: map[tokenHash]visitPass{}}
}

// admit makes a pass for one call to a number. A wait above 0 means: not now.
func (v *visits) admit(number, source string) (token string, p visitPass, wait time.Duration, err error) {
	limits := []limit{{"visit\x00" + neighbourhood(source), visitsOfPlace}, {"visits", visitsOfAll}}
	if wait := v.rate.begin(limits); wait > 0 {
		return "", visitPass{}, wait, nil
	}
	token, hash := newToken()
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	for h, old := range v.stand {
		if !now.Before(old.until) {
			delete(v.stand, h)
		}
	}
	if len(v.stand) >= visitsMost {
		return "", visitPass{}, 0, call.Errorf(call.CodeCapacity, "%d visitors are about to call", visitsMost)
	}
	shown := fmt.Sprintf("web-%06d", rand.IntN(1_000_000)) //nolint:gosec // a name, not a secret
	p = visitPass{Pass{Visitor: shown, Number: number}, now.Add(visitLife)}
	v.stand[hash] = p
	return token, p, 0, nil
}

// redeem takes a pass: it opens one call.
func (v *visits) redeem(token string) (Pass, bool) {
	hash := tokenHash(sha256.Sum256([]byte(token)))
	v.mu.Lock()
	defer v.mu.Unlock()
	p, ok := v.stand[hash]
	delete(v.stand, hash)
	return p.Pass, ok && v.now().Before(p.until)
}

// PhonePass finds what a token of ours lets its bearer do. A page's phone shows its
// token with every REGISTER and INVITE: an agent's stands as long as the session it
// was made for, a visitor's is spent by the first call.
func (s *Server) PhonePass(token string, calls bool) (Pass, bool) {
	if in, ok := s.sessions.phone(token); ok {
		id, known := s.identity(in)
		return Pass{Account: string(id.Agent)}, known && id.Agent != ""
	}
	if !calls {
		return Pass{}, false
	}
	return s.visits.redeem(token)
}

type passOut struct {
	Body struct {
		User   string     `json:"user" doc:"of the SIP address"`
		Domain string     `json:"domain" doc:"of the SIP address"`
		Number string     `json:"number,omitempty" doc:"the only number this token may call"`
		Token  string     `json:"token" doc:"for Authorization: Bearer in REGISTER and INVITE, over the WebSocket /sip only"`
		Until  call.Stamp `json:"until" doc:"when the token ends; a session's moves on with every request"`
	} `nameHint:"PhonePass"`
}

// phonePass makes what an agent's page registers its softphone with: the agent's
// password is not kept in the page for it.
func (s *Server) phonePass(ctx context.Context, _ *struct{}) (*passOut, error) {
	v := visitOf(ctx)
	if v.id.Agent == "" {
		return nil, problem(call.Errorf(call.CodeConflict, "%s is no agent and has no phone; log in with an agent number", v.id.User))
	}
	token, until, ok := s.sessions.phoneToken(v.session)
	if !ok {
		return nil, problem(call.Errorf(call.CodeUnauthorized, "this session has ended; log in again"))
	}
	out := &passOut{}
	out.Body.User, out.Body.Domain = string(v.id.Agent), s.b.Visitors.SIPDomain()
	out.Body.Token, out.Body.Until = token, call.StampOf(until)
	return out, nil
}

// visitorPass makes what the page /try calls with.
func (s *Server) visitorPass(ctx context.Context, _ *struct{}) (*passOut, error) {
	number, ok := s.b.Visitors.VisitorNumber()
	if !ok {
		return nil, problem(call.Errorf(call.CodeNotFound, `nobody may call from a page here; try: {number: "…"} in the site allows it`))
	}
	source := visitOf(ctx).source
	token, p, wait, err := s.visits.admit(number, source)
	switch {
	case wait > 0:
		return nil, later(wait, "too many calls from pages")
	case err != nil:
		return nil, s.fail(err)
	}
	s.log.Info("a visitor may call", zap.String("as", p.Visitor), zap.String("number", number), zap.String("source", source))
	out := &passOut{}
	out.Body.User, out.Body.Domain, out.Body.Number = p.Visitor, s.b.Visitors.SIPDomain(), number
	out.Body.Token, out.Body.Until = token, call.StampOf(p.until)
	return out, nil
}
