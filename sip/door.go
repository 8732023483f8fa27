package sip

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
	"hotline/sip/guard"
)

// request is the front door: one decision for every request, in this order.
// ACK and retransmissions find their transaction, CANCEL its INVITE, faults and
// full tables their final response; then the dialog, then the method decides.
func (w *worker) request(r *request) {
	if tx := w.servers[r.key]; tx != nil {
		if r.Method == sip.ACK {
			tx.ack()
			if tx.state == serverAccepted && !w.passAck(r) {
				w.acked(r)
			}
		} else {
			tx.receive()
		}
		return
	}
	if r.Method == sip.ACK {
		if !w.passAck(r) {
			w.acked(r)
		}
		return
	}
	if w.srv.crowded(r.hop.addr.Addr()) {
		w.overload(r)
		return
	}
	tx := w.newServerTx(r)
	switch {
	case r.fault != nil:
		w.srv.refused("malformed")
		w.srv.guard.offend(r.hop, guard.Malformed)
		tx.reply(*r.fault)
	case w.guessing(r):
		tx.reply(reply{status: 503, extra: retryAfterLines(503, overloadRetry)})
	case r.unserved != nil && r.Method != sip.CANCEL && !w.mayPass(r):
		w.srv.refused("malformed")
		tx.reply(*r.unserved)
	case r.Method == sip.CANCEL:
		w.cancel(tx, r)
	case r.toTag != "" && r.Method != sip.REGISTER:
		w.withinDialog(tx, r)
	default:
		w.outsideDialog(tx, r)
	}
}

// crowded tells that there is no room for one more transaction with this source.
// All strangers together have a quarter of the room: sources are invented for
// nothing, and a flood from many must not shut trunks and phones out.
func (s *Server) crowded(from netip.Addr) bool {
	most := int64(s.opt.Limits.Transactions)
	return s.open.transactions.Load() >= most ||
		s.open.strangers.Load() >= (most+3)/4 && !s.guard.known(from)
}

// outsideDialog serves what may stand on its own.
func (w *worker) outsideDialog(tx *serverTx, r *request) {
	switch r.Method {
	case sip.INVITE:
		w.incoming(tx, r)
	case sip.REGISTER:
		w.register(tx, r)
	case sip.OPTIONS:
		if w.mayPass(r) {
			w.passPhone(tx, r)
			return
		}
		w.options(tx, r)
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK:
		tx.reply(reply{status: 481})
	case sip.REFER: // whoever could, would have us call anybody
		w.srv.refused("method")
		tx.reply(reply{status: 403, reason: "REFER is taken inside a call"})
	default:
		if w.mayPass(r) {
			w.passPhone(tx, r)
			return
		}
		w.srv.refused("method")
		w.srv.guard.offend(r.hop, guard.Method)
		tx.reply(notAllowed())
	}
}

// overload answers without a transaction, for there is no room for one.
func (w *worker) overload(r *request) {
	w.srv.refused("overload")
	e := echoOf(&r.raw, r.hop)
	e.toTag, e.plain = w.srv.newTag(), !w.srv.guard.known(r.hop.addr.Addr())
	w.srv.met.answered(r.method(), 503)
	b := e.write(w.srv, reply{status: 503, extra: retryAfterLines(503, overloadRetry)})
	if err := replyHop(r.raw.get("via"), r.hop).send(b); err != nil {
		w.srv.sendFailed(r.hop, err)
	}
}

// overloadRetry is when to come back after a 503 whose cause names no time of its own.
const overloadRetry = 10 * time.Second

// retryAfterLines is the Retry-After header of a 503, in whole seconds, at least one.
func retryAfterLines(status int, after time.Duration) []string {
	if status != 503 {
		return nil
	}
	if after <= 0 {
		after = overloadRetry
	}
	return []string{"Retry-After: " + strconv.Itoa(int((after+time.Second-1)/time.Second))}
}

// merged tells an INVITE that another branch brought already (RFC 3261 8.2.2.2).
func (w *worker) isMerged(tx *serverTx, r *request) bool {
	first := w.merged[r.mergeKey()]
	return first != nil && first != tx
}

// incoming takes an INVITE that starts a call.
func (w *worker) incoming(tx *serverTx, r *request) {
	from, known := w.sender(tx, r)
	if !known {
		return
	}
	if from.phone != nil && w.passesCall(tx, r, from.phone.User) {
		return
	}
	tx.tryLater()
	if r.unserved != nil {
		w.srv.refused("malformed")
		tx.reply(*r.unserved)
		return
	}
	if fault := w.srv.sessionFault(&r.raw); fault != nil {
		w.srv.refused("session_interval")
		tx.reply(*fault)
		return
	}
	inc := w.describe(r, from)
	w.traceInvite(tx, r, inc.ID)
	takes := r.raw.has("replaces")
	if w.srv.draining.Load() && (!takes || from.phone == nil) { // who takes a leg over begins no call
		w.turnAway(tx, inc, call.Refusal{Cause: call.CauseDraining, Words: "the node takes no new calls"})
		return
	}
	if int(w.srv.open.legs.Load()) >= w.srv.opt.Limits.Legs {
		w.turnAway(tx, inc, call.Refusal{Cause: call.CauseCapacity, Words: "the node holds as many legs as it may"})
		return
	}
	if trunk := from.trunk; trunk != nil && !w.srv.trunks.mayTake(trunk) {
		w.turnAway(tx, inc, call.Refusal{Cause: call.CauseCapacity, Words: "trunk " + trunk.Name + " has as many new calls a second as it may"})
		return
	}
	if takes {
		w.takeOver(tx, r, from, inc)
		return
	}
	w.invite(tx, r, from, inc)
}

// turnAway refuses a known sender's call and tells the handler.
func (w *worker) turnAway(tx *serverTx, inc call.Incoming, why call.Refusal) {
	w.srv.refused(why.Cause.String())
	status := refusalStatus(why.Cause)
	r := reply{status: status, extra: retryAfterLines(status, why.RetryAfter)}
	if h := reasonHeader(why.Cause); h != "" {
		r.extra = append(r.extra, h)
	}
	tx.reply(r)
	w.srv.handler.Refused(inc, why)
}
