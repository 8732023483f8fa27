package sip

import "strconv"

// relayBranch is a relayed request to one place.
type relayBranch struct {
	rl        *relay
	tx        *clientTx
	to        way
	heard     bool // a provisional response has come
	unwanted  bool // to be cancelled as soon as that is allowed
	reason    string
	cancelled bool
	over      bool
	was       string // its branch, as the worker knows it
	alarm     alarm  // Timer C, then the end after a CANCEL
}

func newRelayBranch(rl *relay, r *request, p *passed, mark string, to way) *relayBranch {
	b := &relayBranch{rl: rl, to: to}
	b.alarm.ring = b.timedOut
	b.tx = &clientTx{
		out: &outgoing{
			method: rl.method, uri: to.uri, routes: to.routes, branch: rl.w.srv.newBranch() + mark, mark: mark, from: r.raw.get("from"),
			to: r.raw.get("to"), callID: rl.callID, cseq: r.seq(), passed: p,
		},
		onResponse: b.response, onFail: b.failed, onMove: b.moved,
	}
	return b
}

func (b *relayBranch) start() {
	w := b.rl.w
	if b.to.err != nil {
		err := b.to.err
		w.box.put(func(*worker) { b.failed(err) })
		return
	}
	if b.rl.method == "INVITE" {
		w.relays[b.tx.out.branch] = b.rl
		w.clock.set(&b.alarm, w.srv.opt.Timers.C)
	}
	b.was = b.tx.out.branch
	w.begin(b.tx, b.to.target)
}

// moved follows the request to the next place of its name, which is another branch.
func (b *relayBranch) moved() {
	w := b.rl.w
	if b.rl.method == "INVITE" {
		delete(w.relays, b.was)
		w.relays[b.tx.out.branch] = b.rl
	}
	b.was = b.tx.out.branch
	if b.rl.owed != "" {
		b.rl.owe()
	}
}

// response takes any response to this branch.
func (b *relayBranch) response(r *response) {
	if b.over {
		return
	}
	if r.StatusCode >= 200 {
		b.ended(answerBack{r: r, status: r.StatusCode})
		return
	}
	w := b.rl.w
	if b.rl.method == "INVITE" && !b.cancelled && r.StatusCode > trying {
		w.clock.set(&b.alarm, w.srv.opt.Timers.C) // it rings on (16.7 step 2)
	}
	if !b.heard {
		b.heard = true
		if b.unwanted {
			b.cancel(b.reason)
		}
	}
	b.rl.provisional(r)
}

// failed is no way there, or no final response in time.
func (b *relayBranch) failed(err error) {
	if b.over {
		return
	}
	b.rl.log("a request could not be passed on", err)
	if err == errTimeout { //nolint:errorlint // given by the transaction as it is
		b.ended(answerBack{status: 408})
		return
	}
	b.ended(answerBack{status: 480, words: "Phone Cannot Be Reached"})
}

// timedOut is Timer C (16.8), or no answer to an INVITE that was cancelled (9.1).
func (b *relayBranch) timedOut() {
	if b.over {
		return
	}
	if b.heard && !b.cancelled {
		b.cancel("SIP;cause=408")
		return
	}
	b.tx.drop()
	b.ended(answerBack{status: 408})
}

func (b *relayBranch) ended(a answerBack) {
	b.over = true
	b.rl.w.clock.stop(&b.alarm)
	b.rl.pending--
	b.rl.final(a)
}

// cancel takes the INVITE back: once a provisional response has come, and not before (9.1).
func (b *relayBranch) cancel(reason string) {
	if b.over || b.cancelled {
		return
	}
	b.unwanted, b.reason, b.tx.rest = true, reason, nil
	if !b.heard {
		return
	}
	b.cancelled = true
	out := b.tx.out.derive("CANCEL", b.tx.out.to)
	if reason != "" {
		out.extra = []string{"Reason: " + reason}
	}
	w := b.rl.w
	w.begin(&clientTx{out: out, onResponse: func(*response) {}, onFail: func(error) {}}, target{flow: b.tx.via})
	w.clock.set(&b.alarm, w.srv.opt.Timers.scan64())
}

func itoa(n int) string { return strconv.Itoa(n) }
