package sip

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// relay is one request on its way through us: a server transaction on one side, client transactions
// on the other (RFC 3261 16.2). It belongs to its Call-ID's worker.
type relay struct {
	w         *worker
	tx        *serverTx
	method    string
	callID    string
	branches  []*relayBranch
	pending   int // branches without a final response
	best      *answerBack
	asks      []field    // challenges of every branch that asked for a password (16.7 step 7)
	answered  bool       // a final response has gone back
	cancelled bool       // nobody waits for an answer any more
	reason    string     // of the CANCEL
	end       alarm      // after which late answers are not passed on any more
	owed      call.LegID // what is kept of it while it rings; none when empty
}

// answerBack is a final response that may be the one to pass on; without r it is one of our own.
type answerBack struct {
	r      *response
	status int
	words  string
}

// way is one place to send a relayed request to.
type way struct {
	uri    string
	routes []string
	target target
	err    error
	side   side // how it is reached later in the dialog
}

// relayed begins a relay to one or several places. p is copied for each.
func (w *worker) relayed(tx *serverTx, r *request, p *passed, mark string, ways []way, record func(way) func(hop) []string) {
	rl := &relay{w: w, tx: tx, method: r.method(), callID: r.callID, pending: len(ways)}
	tx.relay = rl
	w.srv.open.relays.Add(1)
	rl.end.ring = rl.forget
	if rl.method == "INVITE" {
		tx.tryLater()
	}
	for _, to := range ways {
		one := *p
		one.record = record(to)
		rl.branches = append(rl.branches, newRelayBranch(rl, r, &one, mark, to))
	}
	for _, b := range rl.branches {
		b.start()
	}
}

// provisional passes a provisional response on (16.7 steps 5, 6): those to INVITE only, and never a 100, which is of one hop.
func (rl *relay) provisional(r *response) {
	if rl.method == "INVITE" && r.StatusCode > trying && !rl.answered {
		if rl.owed == "" {
			rl.owe()
		}
		rl.tx.pass(r.StatusCode, passBack(r, ""))
	}
}

// final takes a branch's final response, or ours in its place (r is nil).
func (rl *relay) final(a answerBack) {
	switch {
	case a.status < 300:
		rl.success(a.r)
	case a.status >= 600: // nobody else is to be asked (16.7 step 5)
		rl.note(a)
		rl.cancelAll(`SIP;cause=` + itoa(a.status))
	default:
		rl.note(a)
	}
	if rl.pending == 0 {
		rl.done()
	}
}

// success passes a 2xx on at once, every one of them to INVITE, the first to others.
func (rl *relay) success(r *response) {
	if rl.answered && rl.method != "INVITE" {
		return
	}
	first := !rl.answered
	rl.answered = true
	rl.tx.pass(r.StatusCode, passBack(r, ""))
	if first {
		rl.settled()
		rl.w.srv.met.passed(rl.method, r.StatusCode)
		rl.cancelAll("SIP;cause=200;text=\"Call completed elsewhere\"")
	}
}

// note keeps a failure if it says more than those before (16.7 step 6).
func (rl *relay) note(a answerBack) {
	if a.r != nil && (a.status == 401 || a.status == 407) {
		for _, f := range a.r.raw.fields {
			if f.name == "www-authenticate" || f.name == "proxy-authenticate" {
				rl.asks = append(rl.asks, f)
			}
		}
	}
	if rl.best == nil || weight(a.status) < weight(rl.best.status) {
		rl.best = &a
	}
}

// weight orders failures: 6xx first, then the lowest class; within one what tells the sender how to ask better, and last
// what only says that nobody was there.
func weight(status int) int {
	class := status / 100
	if class == 6 {
		return 0
	}
	w := class * 10
	switch status {
	case 401, 407, 415, 420, 484:
		return w
	case 486, 488:
		return w + 1
	case 480:
		return w + 3
	case 408, 487, 503:
		return w + 4
	}
	return w + 2
}

// done passes the best response on, once every branch has ended (16.7 steps 6 to 10).
func (rl *relay) done() {
	if !rl.answered {
		rl.answered = true
		rl.answer()
	}
	rl.settled()
	rl.w.srv.open.relays.Add(-1)
	if rl.method != "INVITE" {
		rl.tx.relay = nil
		return
	}
	rl.w.clock.set(&rl.end, rl.w.srv.opt.Timers.scan64())
}

func (rl *relay) answer() {
	best := rl.best
	if best.r == nil && rl.cancelled {
		best = &answerBack{status: 487}
	}
	if best.status == 408 && rl.method != "INVITE" { // it would come too late (RFC 4320 4.2)
		rl.w.srv.met.passed(rl.method, best.status)
		rl.tx.abandon()
		return
	}
	rl.w.srv.met.passed(rl.method, best.status)
	if best.r == nil {
		rl.tx.reply(reply{status: best.status, reason: best.words})
		return
	}
	start, status := "", best.status
	if status == 503 { // it would tell the sender that we are overloaded
		status, start = 500, "SIP/2.0 500 "+reasonOf(500)
	}
	b := passBack(best.r, start)
	if status == 401 || status == 407 {
		b = withFields(b, others(rl.asks, best.r))
	}
	rl.tx.pass(status, b)
}

// others are the challenges that do not stand in a response yet.
func others(asks []field, r *response) (more []field) {
	have := map[field]bool{}
	for _, f := range r.raw.fields {
		have[f] = true
	}
	for _, f := range asks {
		if !have[f] {
			have[f] = true
			more = append(more, f)
		}
	}
	return more
}

// cancel takes the sender's CANCEL (16.10); the INVITE's own answer comes from the branches.
func (rl *relay) cancel(reason string) {
	if rl.cancelled || rl.answered {
		return
	}
	rl.cancelled, rl.reason = true, reason
	rl.cancelAll(reason)
}

// cancelAll takes the request back where it has no final answer.
func (rl *relay) cancelAll(reason string) {
	if rl.method != "INVITE" {
		return
	}
	for _, b := range rl.branches {
		b.cancel(reason)
	}
}

// forget ends the relay of an INVITE: no 2xx that comes later belongs to it.
func (rl *relay) forget() {
	for _, b := range rl.branches {
		delete(rl.w.relays, b.was)
	}
	rl.tx.relay = nil
}

// late passes a 2xx on that came again, or after another branch's (RFC 6026 7.3); false when it is no relay's.
func (w *worker) late(branch string, r *response) bool {
	rl := w.relays[branch]
	if rl == nil {
		return false
	}
	rl.tx.pass(r.StatusCode, passBack(r, ""))
	return true
}

// pass sends somebody else's response.
func (tx *serverTx) pass(status int, b []byte) {
	if tx.state == serverAccepted && status/100 == 2 {
		tx.transmit(b)
		return
	}
	if tx.state != serverProceeding {
		return
	}
	tx.last = b
	if status >= 200 {
		tx.w.srv.met.answered(tx.method, status)
		tx.final(status)
	}
	tx.transmit(b)
}

// abandon ends a transaction without a response.
func (tx *serverTx) abandon() {
	if tx.state == serverProceeding {
		tx.w.srv.met.answered(tx.method, 408)
		tx.terminate()
	}
}

func (rl *relay) log(words string, err error) {
	rl.w.srv.log.Debug(words, zap.String("method", rl.method), zap.String("sip_call_id", rl.callID), zap.Error(err))
}

// timerC bounds how long an INVITE that is passed on may ring (16.6 step 11).
const timerC = 3*time.Minute + time.Second
