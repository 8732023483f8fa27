package sip

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// session is a leg's session timer (RFC 4028): one side refreshes the session
// in time, and when it does not the other ends the call, so that no call outlives
// a far end that has died and no gateway takes ours for dead after half an hour.
type session struct {
	expires time.Duration // agreed; 0: no side refreshes
	end     time.Duration // by the worker's clock, when the session is over unless it is refreshed
	ours    bool          // we refresh
	least   time.Duration // the far end takes no shorter interval; 0: it has not said
	update  bool          // it takes UPDATE, which costs less than a re-INVITE
	alarm   alarm
}

// What RFC 4028 fixes: no interval is shorter than 90 s (section 4); who does not
// refresh hangs up 32 s before the end, or a third of a short interval (section 10).
const (
	minSE       = 90 * time.Second
	expiryAhead = 32 * time.Second
	mostSE      = 24 * time.Hour // what is asked for beyond is taken for this
)

// Statuses that mean something to a session timer.
const (
	statusTooBrief  = 422 // Session Interval Too Small
	statusNoMethod  = 405
	statusNoService = 501
)

// refresher is who refreshes, in the terms of one request: its sender or its receiver.
type refresher string

const (
	bySender   refresher = "uac"
	byReceiver refresher = "uas"
)

// interval is what a message says of its session timer; expires is 0 where it says nothing.
type interval struct {
	expires, least time.Duration
	by             refresher // "" where it leaves that open
	timer          bool      // its sender takes part in session timers
}

// readInterval reads Session-Expires, Min-SE and Supported; false: a number in them is none.
func readInterval(m *rawMessage) (i interval, ok bool) {
	i.timer = hasToken(m.list("supported"), "timer")
	if i.expires, ok = deltaSeconds(m.get("session-expires")); !ok {
		return i, false
	}
	if by, ok := paramOf(m.get("session-expires"), "refresher"); ok {
		switch by = strings.ToLower(by); refresher(by) {
		case bySender, byReceiver:
			i.by = refresher(by)
		}
	}
	i.least, ok = deltaSeconds(m.get("min-se"))
	return i, ok
}

// deltaSeconds reads whole seconds before any parameters (RFC 3261 25.1); "" is 0.
func deltaSeconds(value string) (time.Duration, bool) {
	text := strings.TrimSpace(value[:endOfValue(value, ';')])
	if text == "" {
		return 0, value == ""
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return min(time.Duration(n)*time.Second, mostSE), err == nil
}

func hasToken(list []string, token string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, token) })
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// sessionFault is the answer to a request whose session timer can't be served:
// 422 for an interval that is too short (section 9); nil when it can.
func (s *Server) sessionFault(m *rawMessage) *reply {
	i, ok := readInterval(m)
	switch {
	case !ok:
		return bad("Session-Expires or Min-SE")
	case s.opt.Timers.Session > 0 && i.timer && i.expires > 0 && i.expires < s.opt.Timers.MinSession:
		return &reply{status: statusTooBrief, extra: []string{"Min-SE: " + wholeSeconds(s.opt.Timers.MinSession)}}
	}
	return nil
}

// sessionAsked is sessionFault for a request inside a dialog: those that may renew the session (section 3).
func (l *Leg) sessionAsked(r *request) *reply {
	switch r.method() {
	case "INVITE", "UPDATE":
		return l.srv.sessionFault(&r.raw)
	}
	return nil
}

// granted settles the session timer that a request of the far end's asks for, and
// gives the header lines of our 2xx (section 9 and its table 2).
func (l *Leg) granted(m *rawMessage) []string {
	i, ok := readInterval(m)
	if !ok || l.srv.opt.Timers.Session <= 0 || !i.timer && i.expires == 0 {
		l.session.set(l, 0, false)
		return nil
	}
	expires := l.srv.opt.Timers.Session
	if i.expires > 0 {
		expires = min(expires, i.expires)
	}
	l.session.least = max(l.session.least, i.least)
	expires = max(expires, l.session.least, l.srv.opt.Timers.MinSession)
	switch {
	case !i.timer: // a proxy on the way has asked for it
		i.by = byReceiver
	case i.by == "":
		i.by = bySender
	}
	l.session.set(l, expires, i.by == byReceiver)
	lines := []string{"Supported: timer", "Session-Expires: " + wholeSeconds(expires) + ";refresher=" + string(i.by)}
	if i.by == bySender {
		lines = append(lines, "Require: timer")
	}
	return lines
}

// asks gives the header lines by which a request of ours asks for a session
// timer: in the dialog whoever refreshes goes on doing so (section 7.4).
func (l *Leg) asks() []string {
	if l.srv.opt.Timers.Session <= 0 {
		return nil
	}
	line := "Session-Expires: " + wholeSeconds(l.interval())
	switch {
	case l.session.expires == 0:
	case l.session.ours:
		line += ";refresher=" + string(bySender)
	default:
		line += ";refresher=" + string(byReceiver)
	}
	lines := []string{"Supported: timer", line}
	if l.session.least > minSE {
		lines = append(lines, "Min-SE: "+wholeSeconds(l.session.least))
	}
	return lines
}

// interval is what we ask for.
func (l *Leg) interval() time.Duration {
	return max(cmp.Or(l.session.expires, l.srv.opt.Timers.Session), l.session.least)
}

// timerAgreed settles the session timer by the 2xx to a request of ours (section 7.2).
func (l *Leg) timerAgreed(m *rawMessage) {
	i, ok := readInterval(m)
	if !ok || l.srv.opt.Timers.Session <= 0 || i.expires == 0 {
		l.session.set(l, 0, false)
		return
	}
	l.session.set(l, max(i.expires, minSE), i.by != byReceiver)
}

// set starts the timer anew; 0 ends it.
func (s *session) set(l *Leg, expires time.Duration, ours bool) {
	s.expires, s.ours = expires, ours
	if expires == 0 {
		l.w.clock.stop(&s.alarm)
		return
	}
	s.end = l.w.clock.now() + expires
	s.alarm.ring = l.expiring
	if ours {
		l.w.clock.set(&s.alarm, expires/2)
		return
	}
	l.w.clock.set(&s.alarm, expires-min(expiryAhead, expires/3))
}

func (s *session) stop(l *Leg) { l.w.clock.stop(&s.alarm) }

// expiring is the session's alarm: it is for us to refresh, or the far end has not.
func (l *Leg) expiring() {
	left := l.session.end - l.w.clock.now()
	if l.session.ours && left > time.Second {
		l.w.clock.set(&l.session.alarm, max(left/2, time.Second)) // unless this one is answered
		l.refresh()
		return
	}
	l.gone(call.Errorf(call.CodeUnavailable, "the session was not refreshed within %s", l.session.expires))
}

// refresh renews the session: by UPDATE, else by offering once more what is spoken.
func (l *Leg) refresh() {
	if l.phase != legTalking {
		return
	}
	if !l.session.update {
		if l.reoffers.wish == nil {
			l.reoffers.wish = &wish{local: l.local, dir: l.want, refresh: true}
		}
		l.reoffers.next(l) // any re-INVITE refreshes
		return
	}
	out, t, err := l.request("UPDATE")
	if err != nil {
		l.log("UPDATE has nowhere to go", err)
		return
	}
	out.extra = append(l.asks(), able()...)
	l.save()
	l.w.begin(&clientTx{
		out: out, contact: l.contact, onResponse: l.refreshed,
		onFail: l.gone,
	}, t)
}

// refreshed takes the answer to our UPDATE.
func (l *Leg) refreshed(r *response) {
	if r.StatusCode < 200 || l.phase != legTalking {
		return
	}
	switch {
	case r.StatusCode < 300:
		l.learn(&r.raw)
		l.timerAgreed(&r.raw)
		l.save()
	case r.StatusCode == statusTooBrief && l.longer(&r.raw):
		l.refresh()
	case r.StatusCode == statusNoMethod || r.StatusCode == statusNoService:
		l.session.update = false
		l.refresh()
	case dialogLost(r.StatusCode):
		l.gone(call.Errorf(call.CodeUnavailable, "the far end answered %d to UPDATE", r.StatusCode))
	default:
		l.srv.log.Info("the far end does not refresh the session; it is asked again", zap.String("leg", string(l.id)), zap.Int("status", r.StatusCode))
	}
}

// longer takes the interval a 422 asks for; false when it asks for nothing new.
func (l *Leg) longer(m *rawMessage) bool {
	i, ok := readInterval(m)
	if !ok || i.least <= l.interval() {
		return false
	}
	l.session.least = i.least
	return true
}

// tooBrief answers 422 to an INVITE of ours with the longer interval it asks for (section 7.3).
func (l *Leg) tooBrief(f *fork, r *response) bool {
	if r.StatusCode != statusTooBrief || l.phase != legRinging || f.unwanted || !l.longer(&r.raw) {
		return false
	}
	f.end(r.StatusCode)
	l.st.LocalSeq++
	if l.dials != nil {
		l.dials.proven = false
		l.invites(f.host, "")
		return true
	}
	l.st.Branches = slices.DeleteFunc(l.st.Branches, func(b Branch) bool { return b.Branch == f.kept })
	again := l.newFork(f.binding)
	l.forks = append(l.forks, again)
	l.save()
	again.start()
	return true
}
