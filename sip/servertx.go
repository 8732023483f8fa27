package sip

import (
	"time"
)

// serverState is a server transaction's state (RFC 3261 17.2, RFC 6026 section 7.1).
type serverState uint8

const (
	serverProceeding serverState = iota // Trying and Proceeding: no final response yet
	serverCompleted                     // final response sent
	serverAccepted                      // INVITE only: 2xx sent, its retransmission is the leg's
	serverConfirmed                     // INVITE only: the ACK of a non-2xx has come
	serverTerminated
)

// txKey names a server transaction among a worker's (RFC 3261 17.2.3). For
// branches without the magic cookie all parts of RFC 2543's matching are in branch.
type txKey struct{ branch, sentBy, method string }

// serverTx is one request's transaction. After the final response only the
// response's bytes and the key are kept of it.
type serverTx struct {
	w      *worker
	key    txKey
	req    *request // nil once final
	echo   *echo    // nil once final
	via    hop      // where responses go
	state  serverState
	method string
	callID string
	last   []byte // last response, for retransmissions of the request
	resend time.Duration
	giveUp time.Duration
	alarm  alarm
	merge  mergeKey // set if this INVITE stands for all its merged copies
	leg    *Leg     // whose INVITE this is, so that CANCEL finds it
	relay  *relay   // by which it is passed on, likewise
	told   func()   // the final response has arrived, or never will; may be nil
	alien  bool     // counted among the strangers'
}

// newServerTx makes a request's transaction and puts it into the worker's table.
func (w *worker) newServerTx(r *request) *serverTx {
	e := echoOf(&r.raw, r.hop)
	e.toTag = w.srv.newTag()
	tx := w.enter(&serverTx{key: r.key, req: r, echo: &e, via: replyHop(r.raw.get("via"), r.hop), callID: r.callID})
	if !w.srv.guard.known(r.hop.addr.Addr()) {
		tx.alien, e.plain = true, true
		w.srv.open.strangers.Add(1)
	}
	if m := r.mergeKey(); r.method() == "INVITE" && r.toTag == "" && w.merged[m] == nil {
		tx.merge = m
		w.merged[m] = tx
	}
	return tx
}

// enter puts a transaction into the worker's table.
func (w *worker) enter(tx *serverTx) *serverTx {
	tx.w, tx.method = w, tx.key.method
	tx.alarm.ring = tx.timeout
	w.servers[tx.key] = tx
	w.srv.open.transactions.Add(1)
	return tx
}

// reliable tells that nothing is retransmitted on this transport.
func (tx *serverTx) reliable() bool { return tx.via.proto.Stream() }

// secure tells that the request was for a SIPS URI, so that our Contact has to be one (RFC 5630 section 4).
func (tx *serverTx) secure() bool { return tx.req != nil && tx.req.Recipient.Scheme == "sips" }

// receive takes the same request again: the last response is repeated.
func (tx *serverTx) receive() {
	switch tx.state {
	case serverProceeding, serverCompleted:
		if tx.last != nil {
			tx.transmit(tx.last)
		}
	case serverAccepted, serverConfirmed, serverTerminated: // absorbed
	}
}

// ack takes the ACK of a non-2xx final response (17.2.1: Confirmed, Timer I).
func (tx *serverTx) ack() {
	if tx.state != serverCompleted || tx.method != "INVITE" {
		return
	}
	tx.state, tx.last = serverConfirmed, nil
	tx.arrived()
	if tx.reliable() {
		tx.terminate()
		return
	}
	tx.w.clock.set(&tx.alarm, tx.w.srv.opt.Timers.T4)
}

// reply sends a response. After a final one it does nothing.
func (tx *serverTx) reply(r reply) { tx.replied(r) }

// replied is reply, and gives what was sent.
func (tx *serverTx) replied(r reply) []byte {
	if tx.state != serverProceeding {
		return nil
	}
	b := tx.echo.write(tx.w.srv, r)
	tx.last = b
	if r.status >= 200 {
		tx.w.srv.met.answered(tx.method, r.status)
		tx.final(r.status)
	}
	tx.transmit(b)
	return b
}

// tryingAfter is how long an INVITE may go without a response before it gets a 100 (RFC 3261 17.2.1).
const tryingAfter = 200 * time.Millisecond

// tryLater promises the 100 of an INVITE, which goes out only if nothing else has until then. Whoever has none repeats
// the INVITE: if the node dies in between, the next one has the call, while a 100 leaves the caller with nobody.
func (tx *serverTx) tryLater() {
	if tx.state == serverProceeding && tx.last == nil {
		tx.w.clock.set(&tx.alarm, tryingAfter)
	}
}

// final moves on after a final response.
func (tx *serverTx) final(status int) {
	t := tx.w.srv.opt.Timers
	tx.req, tx.echo = nil, nil
	switch {
	case tx.method != "INVITE": // Timer J
		tx.state = serverCompleted
		if tx.reliable() {
			tx.terminate()
			return
		}
		tx.w.clock.set(&tx.alarm, t.scan64())
	case status < 300: // Timer L; the leg retransmits the 2xx itself (13.3.1.4)
		tx.state, tx.last = serverAccepted, nil
		tx.w.clock.set(&tx.alarm, t.scan64())
	default: // Timers G and H
		tx.state = serverCompleted
		tx.giveUp = tx.w.clock.now() + t.scan64()
		tx.resend = t.T1
		if tx.reliable() || tx.alien { // a stranger who wants it again asks again: forged sources get one answer, not eleven
			tx.resend = t.scan64()
		}
		tx.w.clock.set(&tx.alarm, tx.resend)
	}
}

// timeout is whatever time the state waits for.
func (tx *serverTx) timeout() {
	if tx.state == serverProceeding {
		if tx.last == nil {
			tx.owe()
			tx.reply(reply{status: trying})
		}
		return
	}
	if tx.state != serverCompleted || tx.method != "INVITE" {
		tx.terminate()
		return
	}
	left := tx.giveUp - tx.w.clock.now()
	if left <= 0 { // Timer H: never acknowledged
		tx.terminate()
		return
	}
	tx.transmit(tx.last)
	tx.resend = min(2*tx.resend, tx.w.srv.opt.Timers.T2)
	tx.w.clock.set(&tx.alarm, min(tx.resend, left))
}

func (tx *serverTx) transmit(b []byte) {
	if err := tx.w.srv.send(tx.via, tx.callID, b); err != nil {
		tx.w.srv.sendFailed(tx.via, err)
	}
}

// terminate forgets the transaction.
func (tx *serverTx) terminate() {
	if tx.state == serverTerminated {
		return
	}
	tx.state = serverTerminated
	tx.arrived()
	tx.w.clock.stop(&tx.alarm)
	if tx.merge != (mergeKey{}) {
		delete(tx.w.merged, tx.merge)
	}
	delete(tx.w.servers, tx.key)
	tx.w.srv.open.transactions.Add(-1)
	if tx.alien {
		tx.w.srv.open.strangers.Add(-1)
	}
}

// arrived says once that nothing more is to be done about the final response.
func (tx *serverTx) arrived() {
	if told := tx.told; told != nil {
		tx.told = nil
		told()
	}
}

// owe has what stands behind an INVITE note that it is to have a final response.
func (tx *serverTx) owe() {
	switch {
	case tx.leg != nil:
		tx.leg.owe()
	case tx.relay != nil:
		tx.relay.owe()
	}
}
