package sip

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// Passage is what goes from phone to phone without being a call of ours.
type Passage struct {
	Methods []string // that may begin outside a dialog
	// Calls tells whether a call from one phone to another passes; nil: none does. It is called on a
	// worker's goroutine and returns at once.
	Calls func(from, to string) bool
}

// mayPass tells, before anything is proved, that a request may be for somebody else: then what it
// requires is that one's to judge (RFC 3261 16.3 leaves Require alone).
func (w *worker) mayPass(r *request) bool {
	site := w.srv.site.Load()
	if r.toTag != "" {
		return w.dialogs[dialogKey{r.callID, r.toTag}] == nil && r.raw.has("route") && w.hasTicket(r)
	}
	switch method := r.method(); {
	case method == "INVITE":
		return site.Passage.Calls != nil && site.account(r.Recipient.User) != nil
	case method == "OPTIONS" && (r.Recipient.User == "" || r.Recipient.User == r.From().Address.User):
		return false // how phones keep their way open, and how scanners look: ours to answer
	default:
		return slices.Contains(site.Passage.Methods, method) && w.claimsPhone(r, site, site.trunkOf(r.hop))
	}
}

func (w *worker) hasTicket(r *request) bool {
	at, err := w.srv.ourRoute(r)
	return err == nil && at.known
}

// passPhone takes a request that a phone begins outside of a dialog and that is for another phone.
func (w *worker) passPhone(tx *serverTx, r *request) {
	if !w.authorise(tx, r, r.From().Address.User, time.Now(), doorAsks()) {
		return
	}
	site := w.srv.site.Load()
	to := site.account(r.Recipient.User)
	at, err := w.srv.ourRoute(r)
	switch {
	case err != nil:
		tx.reply(bad400("Route"))
	case len(at.others) > 0 || r.Recipient.Scheme == "tel" || !w.srv.isOurs(&r.Recipient, r.hop):
		w.srv.refused("relay")
		tx.reply(reply{status: 403, reason: "This Node Serves Its Own Phones Only"})
	case to == nil:
		tx.reply(reply{status: 404})
	default:
		w.passTo(tx, r, to.User)
	}
}

// passesCall passes a phone's INVITE on, if it is for a phone and policy lets it; false: it is ours to take.
func (w *worker) passesCall(tx *serverTx, r *request, from string) bool {
	site := w.srv.site.Load()
	to := site.account(r.Recipient.User)
	if site.Passage.Calls == nil || to == nil || to.User == from || w.srv.draining.Load() ||
		r.raw.has("replaces") || !site.Passage.Calls(from, to.User) {
		return false
	}
	if at, err := w.srv.ourRoute(r); err != nil || len(at.others) > 0 {
		return false
	}
	w.passTo(tx, r, to.User)
	return true
}

// passTo forwards a request to every contact of a phone.
func (w *worker) passTo(tx *serverTx, r *request, user string) {
	live := w.srv.phones.live(user)
	if len(live) == 0 {
		tx.reply(reply{status: 480})
		return
	}
	at := route{uri: "sip:" + user + "@" + w.srv.opt.Domain}
	mark := w.srv.loopMark(r, at)
	p := passedOn(r, w.srv.opt.Domain)
	if !w.roomToPass(tx, r, mark) {
		return
	}
	broad := breadthOf(r)
	if broad == 0 { // RFC 5393 5.3.3
		tx.reply(reply{status: 440, reason: "Max-Breadth Exceeded"})
		return
	}
	live = live[:min(len(live), broad)]
	p.breadth = max(broad/len(live), 1)
	theirs := w.srv.sideOf(r)
	ways := make([]way, 0, len(live))
	for i := range live {
		b := &live[i]
		to := way{side: w.srv.sideOfBinding(b)}
		to.uri, to.routes, to.target, to.err = w.srv.bindingRoute(*b)
		ways = append(ways, to)
	}
	w.relayed(tx, r, p, mark, ways, func(to way) func(hop) []string {
		return w.recording(r, ticket{caller: tagMark(r.fromTag), sides: [2]side{theirs, to.side}})
	})
}

// passWithin forwards a request of a dialog that passed by us (16.12); false when it is of none.
func (w *worker) passWithin(tx *serverTx, r *request) bool {
	at, err := w.srv.ourRoute(r)
	if err != nil || !at.known {
		return false
	}
	mark := w.srv.loopMark(r, at)
	if !w.roomToPass(tx, r, mark) {
		return true
	}
	p := passedOn(r, w.srv.opt.Domain)
	w.relayed(tx, r, p, mark, []way{w.wayWithin(r, at)}, func(way) func(hop) []string {
		return w.recording(r, at.ticket)
	})
	return true
}

// passAck forwards the ACK of a 2xx that passed by us: it is a request of its own and has no transaction (13.2.2.4, 16.11).
func (w *worker) passAck(r *request) bool {
	if !r.raw.has("route") || r.fault != nil {
		return false
	}
	at, err := w.srv.ourRoute(r)
	if err != nil || !at.known {
		return false
	}
	if r.raw.get("max-forwards") == "0" {
		return true // dropped
	}
	mark := w.srv.loopMark(r, at)
	to := w.wayWithin(r, at)
	out := &outgoing{method: "ACK", uri: to.uri, routes: to.routes, branch: w.srv.newBranch() + mark, passed: passedOn(r, w.srv.opt.Domain)}
	if to.err != nil || w.looped(r, mark) {
		return true
	}
	w.locate(to.target, func(h hop, err error) {
		if err == nil {
			err = h.send(out.write(w.srv, h))
		}
		if err != nil {
			w.srv.sendFailed(h, err)
		}
	})
	return true
}

// wayWithin is where a request of a dialog goes: along the routes left, by the flow of the side it is for, or to the Request-URI.
func (w *worker) wayWithin(r *request, at route) (to way) {
	if len(at.others) > 0 {
		to.uri, to.routes, to.target, to.err = viaRoutes(at.uri, at.others)
		return to
	}
	to.uri = at.uri
	x := at.ticket.toward(r.fromTag)
	if t, ok := x.target(w.srv); ok {
		to.target = t
		return to
	}
	to.target, to.err = targetOfText(at.uri)
	if to.err == nil && x.far.IsValid() && x.proto.Stream() && strings.HasSuffix(strings.ToLower(to.target.host), ".invalid") {
		to.err = call.Errorf(call.CodeUnavailable, "the flow has ended") // RFC 5626 5.3.1 would say 430
	}
	return to
}

// recording gives the Record-Route of a request that makes a dialog; nil for others. Where
// transports differ each side is given what it can reach (RFC 5658).
func (w *worker) recording(r *request, t ticket) func(hop) []string {
	switch r.method() {
	case "INVITE", "SUBSCRIBE", "NOTIFY", "REFER":
	default:
		return nil
	}
	user, in := w.srv.seal(t, r.callID), r.hop
	return func(out hop) []string {
		toward, back := w.srv.routeTo(user, out), w.srv.routeTo(user, in)
		if toward == back {
			return []string{toward}
		}
		return []string{toward, back}
	}
}

// roomToPass answers a request that can't be passed on: it has been here, or too much is on its way.
func (w *worker) roomToPass(tx *serverTx, r *request, mark string) bool {
	switch {
	case w.looped(r, mark):
		w.srv.refused("loop")
		tx.reply(reply{status: 482})
	case int(w.srv.open.relays.Load()) >= w.srv.opt.Limits.Relays:
		w.srv.refused("relays")
		tx.reply(reply{status: 503, extra: retryAfterLines(503, 0)})
	default:
		return true
	}
	return false
}

// breadthDefault is how many branches a request may be forked into in all, when it does not say (RFC 5393 5.3.2).
const breadthDefault = 60

func breadthOf(r *request) int {
	v := r.raw.get("max-breadth")
	if v == "" {
		return breadthDefault
	}
	n, ok := smallNumber(v)
	if !ok {
		return breadthDefault
	}
	return min(n, breadthDefault)
}

// smallNumber reads a number of at most four digits.
func smallNumber(s string) (n int, ok bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// loopMark is the second part of our branch: what a request must differ in to come by again
// rightly, a spiral and no loop (RFC 3261 16.6 step 8, RFC 5393 4.2).
func (s *Server) loopMark(r *request, at route) string {
	m := hmac.New(sha256.New, s.routeKey)
	_, rest, _ := strings.Cut(r.raw.start, " ")
	for _, part := range append([]string{
		rest, r.fromTag, r.toTag, r.callID, r.raw.get("cseq"), r.raw.get("proxy-require"),
	}, at.others...) {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	return "." + hex.EncodeToString(m.Sum(nil)[:8])
}

// looped tells that a request has passed here with the same mark (16.3 step 4).
func (w *worker) looped(r *request, mark string) bool {
	return slices.ContainsFunc(r.raw.list("via"), func(via string) bool {
		branch, _ := paramOf(via, "branch")
		return strings.HasSuffix(branch, mark)
	})
}
