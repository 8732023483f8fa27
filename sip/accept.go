package sip

import (
	"slices"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/sdp"
)

// answer is a 2xx to INVITE that waits for its ACK. The far end's transaction
// ends with the 2xx, so we retransmit it ourselves, on any transport (13.3.1.4).
type answer struct {
	bytes    []byte
	via      hop
	seq      uint32
	interval time.Duration
	giveUp   time.Duration
	alarm    alarm
	offer    []byte // ours, when the ACK is to bring the answer
	again    bool   // of a re-INVITE
}

// accept answers the caller.
func (l *Leg) accept(local call.LocalMedia) {
	if l.phase != legInvited {
		return
	}
	p := &l.progress
	if p.sure.describes() { // RFC 3262 section 3: no 2xx before that is acknowledged
		p.sure.accept = &local
		return
	}
	l.w.clock.stop(&p.alarm)
	l.w.clock.stop(&p.sure.alarm)
	l.local = local
	body, err := l.describeOurs()
	if err != nil {
		r, cause := sdpFault(err)
		l.invite.reply(r)
		l.invite = nil
		l.finish(call.LegEnded{Cause: cause})
		return
	}
	if l.st.Phase = PhaseAnswered; body != nil {
		l.st.SDPLocal = body
	}
	l.phase = legAccepted
	l.save()
	l.sendAnswer(body)
}

// describeOurs makes the body of the first 200: the answer, or our offer; nil when a PRACK has settled that before.
func (l *Leg) describeOurs() ([]byte, error) {
	switch {
	case l.progress.told:
		return nil, nil
	case l.offer == nil:
		return sdp.Offer(l.local, l.origin, call.SendRecv), nil
	case l.progress.answered != nil:
		return l.progress.answered, nil
	}
	body, spec, err := sdp.Negotiate(l.offer, l.local, l.origin, sdp.Options{})
	if err == nil {
		l.settle(spec)
	}
	return body, err
}

// sendAnswer sends the 2xx to the INVITE that waits and keeps sending it until it is acknowledged.
func (l *Leg) sendAnswer(body []byte) {
	tx, t := l.invite, l.srv.opt.Timers
	a := &answer{via: tx.via, seq: tx.req.seq(), again: l.phase == legTalking, interval: t.T1}
	if l.offer == nil {
		a.offer = body
	}
	a.alarm.ring = func() { l.repeatAnswer(a) }
	a.giveUp = l.w.clock.now() + t.scan64()
	l.invite, l.offer = nil, nil
	a.bytes = tx.replied(reply{
		status: 200, ctype: sdpType, body: body,
		extra: slices.Concat(l.granted(&tx.req.raw), []string{l.contact(tx.via, tx.secure())}, able()),
	})
	l.answer = a
	l.w.clock.set(&a.alarm, a.interval)
}

// repeatAnswer is the timer of the 2xx: again at T1, doubling to T2, until 64*T1 have passed.
func (l *Leg) repeatAnswer(a *answer) {
	left := a.giveUp - l.w.clock.now()
	if left <= 0 {
		l.answer = nil
		if !l.asked {
			l.cause = call.CauseNoAck
		}
		l.asked = true
		l.bye(l.cause)
		return
	}
	if err := l.srv.send(a.via, l.st.CallID, a.bytes); err != nil {
		l.srv.sendFailed(a.via, err)
	}
	a.interval = min(2*a.interval, l.srv.opt.Timers.T2)
	l.w.clock.set(&a.alarm, min(a.interval, left))
}

func (l *Leg) stopAnswer() {
	if l.answer != nil {
		l.w.clock.stop(&l.answer.alarm)
		l.answer = nil
	}
}

// acked takes an ACK that belongs to a 2xx of ours.
func (w *worker) acked(r *request) {
	l := w.dialogs[dialogKey{r.callID, r.toTag}]
	if l == nil || l.st.RemoteTag != r.fromTag || l.answer == nil || l.answer.seq != r.seq() {
		return // of another transaction, or again
	}
	a := l.answer
	l.stopAnswer()
	spec, err := l.answered(a, r)
	if l.phase == legAccepted {
		l.confirmed(spec, err)
		return
	}
	if err != nil {
		l.log("the ACK's description can't be served; the session stays as it was", err)
	} else if spec != nil {
		l.emit(call.LegChanged{Media: *spec})
	}
	l.save()
	l.reoffers.next(l)
}

// answered reads the answer that an ACK brings to an offer in our 2xx; nil when there was none to bring.
func (l *Leg) answered(a *answer, r *request) (*call.MediaSpec, error) {
	if a.offer == nil {
		return nil, nil
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err == nil && len(body) == 0 {
		err = call.Errorf(call.CodeInvalid, "the ACK brings no answer to our offer")
	}
	if err != nil {
		return nil, err
	}
	spec, err := l.accepts(a.offer, body)
	if err != nil {
		return nil, err
	}
	l.st.SDPRemote = body
	spec = l.settle(spec)
	return &spec, nil
}

// confirmed is the leg's first ACK.
func (l *Leg) confirmed(spec *call.MediaSpec, err error) {
	l.st.Phase, l.st.Unanswered = PhaseConfirmed, nil
	l.phase = legTalking
	switch {
	case l.asked:
		l.bye(l.cause)
	case err != nil:
		l.log("the ACK's description can't be served", err)
		l.asked, l.cause = true, call.CauseNoCodec
		l.bye(l.cause)
	default:
		l.save()
		l.emit(call.LegAnswered{Media: spec})
		l.reoffers.next(l)
	}
}

func (l *Leg) log(words string, err error) {
	l.srv.log.Info(words, zap.String("leg", string(l.id)), zap.String("call_id", l.st.CallID), zap.Error(err))
}
