package sip

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

// The times of a registration with a carrier.
const (
	registerExpires  = 5 * time.Minute  // asked for where the site says nothing
	registerRetry    = 5 * time.Second  // after the first failure, doubling
	registerMostWait = 5 * time.Minute  // up to this
	registerLeast    = 10 * time.Second // a shorter grant is refreshed no sooner
	registerMost     = 24 * time.Hour   // a longer one counts as this
)

// registrant keeps one trunk registered with its carrier (RFC 3261 10.2): REGISTER,
// refreshed when four fifths of the granted time have passed, tried again with growing
// pauses when it fails, by the trunk's next target. Worker 0 owns it. A carrier that
// answers anything but 2xx, a challenge or 423 is asked again after the pause like one that is silent.
type registrant struct {
	srv     *Server
	w       *worker
	trunk   *Trunk
	callID  string
	tag     string
	seq     uint32
	expires time.Duration
	alarm   alarm
	tx      *clientTx
	proven  bool // this try has answered a challenge
	raised  bool // and this one a 423
	fails   int
	held    netip.Addr
	uri     string // where the last REGISTER went
	bound   bool   // a binding is in force there
}

func newRegistrant(s *Server, trunk *Trunk) *registrant {
	r := &registrant{srv: s, w: s.workers[0], trunk: trunk, tag: s.newTag(), expires: trunk.Register.Expires}
	def(&r.expires, registerExpires)
	r.callID = s.tokenFor(r.w.index)
	r.alarm.ring = r.begin
	return r
}

// begin starts a try.
func (r *registrant) begin() {
	r.proven, r.raised, r.uri = false, false, r.registrar()
	r.send("", r.expires)
}

// registrar is where this try goes: the site's, else the trunk's targets in turn.
func (r *registrant) registrar() string {
	if uri := r.trunk.Register.Registrar; uri != "" {
		return uri
	}
	if all := r.srv.trunks.order(r.trunk); len(all) > 0 {
		return all[r.fails%len(all)]
	}
	return ""
}

// send asks for so long; 0 takes the binding back.
func (r *registrant) send(authorization string, expires time.Duration) {
	uri := r.uri
	t, err := targetOfText(uri)
	if err != nil {
		if expires > 0 {
			r.failed("the registrar can't be used: " + err.Error())
		}
		return
	}
	r.hold(t.host)
	domain := r.trunk.Register.Domain
	if domain == "" {
		domain = t.host
		if strings.Contains(domain, ":") {
			domain = "[" + domain + "]"
		}
	}
	aor := "<sip:" + escapeUser(r.trunk.Register.User) + "@" + domain + ">"
	r.seq++
	extra := []string{"Expires: " + strconv.Itoa(int(expires/time.Second)), "Allow: " + allowed}
	if authorization != "" {
		extra = append(extra, authorization)
	}
	r.tx = &clientTx{
		out: &outgoing{
			method: "REGISTER", uri: uri, from: aor + ";tag=" + r.tag, to: aor, callID: r.callID, cseq: r.seq, extra: extra,
		},
		contact:    r.contact,
		onResponse: func(m *response) { r.answered(m, uri, expires) },
		onFail: func(err error) {
			r.tx = nil
			if expires > 0 {
				r.failed(err.Error())
			}
		},
	}
	if expires == 0 {
		r.tx.within = r.srv.opt.Timers.NoResponse // nobody waits longer for it
	}
	r.w.begin(r.tx, t)
}

// contact is where the carrier sends calls for us: the account's user at the socket that faces it.
func (r *registrant) contact(h hop, secure bool) string {
	return strings.Replace(r.srv.contactFor(h, secure), "hotline@", escapeUser(r.trunk.Register.User)+"@", 1)
}

// hold lets the registrar's answers through the guard, as a peer's.
func (r *registrant) hold(host string) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return
	}
	r.srv.guard.hold(a.Unmap())
	r.srv.guard.release(r.held)
	r.held = a.Unmap()
}

func (r *registrant) answered(m *response, uri string, asked time.Duration) {
	if m.StatusCode < 200 {
		return
	}
	r.tx = nil
	switch {
	case m.StatusCode < 300 && asked > 0:
		r.registered(m)
	case tooBrief(m.StatusCode) && asked > 0 && !r.raised: // 10.3, step 7
		if least, err := strconv.Atoi(strings.TrimSpace(m.raw.get("min-expires"))); err == nil && least > 0 {
			r.raised = true
			r.expires = min(max(r.expires, time.Duration(least)*time.Second), registerMost)
			r.send("", r.expires)
			return
		}
		r.failed("the carrier wants a longer registration and does not say how long")
	case m.StatusCode >= 300 && !r.proven:
		line, err := authorize(m, r.trunk.Auth, "REGISTER", uri)
		if err == nil && line != "" {
			r.proven = true
			r.send(line, asked)
			return
		}
		fallthrough
	default:
		if asked > 0 {
			r.failed(registerWords(m.StatusCode))
		}
	}
}

// tooBrief tells the refusal of a registration that asks for too short a time (10.3, step 7).
func tooBrief(status int) bool {
	switch status {
	case 423:
		return true
	}
	return false
}

// registerWords explains a refused REGISTER to a person.
func registerWords(status int) string {
	switch status {
	case 401, 403, 407:
		return "the carrier does not take our user and password (" + strconv.Itoa(status) + ")"
	default:
		return "the carrier answered " + strconv.Itoa(status) + " " + reasonOf(status)
	}
}

// registered plans the refresh.
func (r *registrant) registered(m *response) {
	granted := min(max(r.granted(m), registerLeast), registerMost)
	r.fails, r.bound = 0, true
	next := granted * 4 / 5
	r.w.clock.set(&r.alarm, next)
	r.tell(func(s *RegistrationState, now time.Time) {
		if s.State != Registered {
			s.State, s.Since = Registered, now
			r.srv.log.Info("registered with the carrier", zap.String("trunk", r.trunk.Name), zap.Duration("for", granted))
		}
		s.Expires, s.Next, s.Words = now.Add(granted), now.Add(next), ""
	})
}

// granted is how long the binding lasts: our Contact's expires, else Expires, else what was asked for (10.2.4).
func (r *registrant) granted(m *response) time.Duration {
	mine := "sip:" + escapeUser(r.trunk.Register.User) + "@"
	for _, c := range m.raw.list("contact") {
		if v, ok := paramOf(c, "expires"); ok && strings.Contains(c, mine) {
			if n, err := strconv.Atoi(v); err == nil && n > 0 {
				return time.Duration(n) * time.Second
			}
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(m.raw.get("expires"))); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return r.expires
}

// failed plans the next try: after 5 s, doubling to 5 min, each a fifth shorter or
// longer by lot, so that a carrier that comes back is not met by all at once.
func (r *registrant) failed(words string) {
	pause := registerMostWait
	if r.fails < 10 {
		pause = min(registerRetry<<r.fails, registerMostWait)
	}
	pause += time.Duration(rand.Int64N(int64(pause)*2/5)) - pause/5 //nolint:gosec // spreads retries only
	r.fails++
	r.w.clock.set(&r.alarm, pause)
	r.tell(func(s *RegistrationState, now time.Time) {
		if s.State != RegistrationFailed {
			s.Since = now
			r.srv.log.Warn("registration with the carrier failed", zap.String("trunk", r.trunk.Name), zap.String("why", words))
		}
		s.State, s.Words, s.Next = RegistrationFailed, words, now.Add(pause)
		if s.Expires.Before(now) {
			r.bound = false
		}
	})
}

func (r *registrant) tell(edit func(*RegistrationState, time.Time)) {
	r.srv.trunks.change(r.trunk.Name, func(t *TrunkState) {
		if t.Registration != nil {
			fresh := *t.Registration // those who have a snapshot hold the old one
			edit(&fresh, time.Now())
			t.Registration = &fresh
		}
	})
}

// stop ends it: the binding, if there is one, is taken back.
func (r *registrant) stop() {
	r.w.clock.stop(&r.alarm)
	if r.tx != nil {
		r.tx.drop()
		r.tx = nil
	}
	if r.bound {
		r.bound, r.proven = false, false
		r.send("", 0)
	}
	r.srv.guard.release(r.held)
	r.held = netip.Addr{}
}

// same tells that a trunk of a new site is registered as this one is.
func (r *registrant) same(t *Trunk) bool {
	return *r.trunk.Register == *t.Register && r.trunk.Auth == t.Auth && slices.Equal(r.trunk.Targets, t.Targets)
}
