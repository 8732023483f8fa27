package sip

import (
	"time"

	"hotline/call"
	"hotline/sip/sdp"
)

// How often a call that rings is told to ring still: a proxy on the way gives one up of which it hears nothing for three
// minutes (RFC 3261 13.3.1.1, 16.6 Timer C). What is sure to arrive need not be said as often (RFC 3262 section 3).
const (
	progressAgain = time.Minute
	progressSure  = 150 * time.Second
)

const (
	ringing  = 180
	underway = 183 // Session Progress
)

// progress is what a caller has been told of a call that is not answered yet.
type progress struct {
	status int
	alarm  alarm
	// answered is our answer to the INVITE's offer, as a 183 brought it; told: its arrival is proved, the 2xx says nothing of it any more.
	answered []byte
	told     bool
	sure     reliable
}

// Progress tells a phone that calls how it goes: 180, it rings, or 183, there is sound before the answer, which local is for.
// Before Accept only; afterwards it does nothing. LegChanged may follow, if what the
// caller acknowledges it with changes the session.
func (l *Leg) Progress(status int, local call.LocalMedia) {
	l.w.box.put(func(*worker) { l.progressTo(status, local) })
}

func (l *Leg) progressTo(status int, local call.LocalMedia) {
	p := &l.progress
	if l.phase != legInvited || status <= trying || status > 199 || p.status == status {
		return
	}
	p.status, l.local = status, local
	p.alarm.ring = l.tellProgress
	l.tellProgress()
}

func (l *Leg) tellProgress() {
	if l.phase != legInvited {
		return
	}
	l.owe()
	if l.progress.sure.wanted {
		l.tellSurely()
		return
	}
	r := l.provisional()
	if r.status == underway && l.offer != nil { // a late offer has to wait for the 2xx: an offer of ours must arrive (13.2.1)
		r.ctype, r.body = sdpType, l.earlyAnswer()
	}
	l.invite.reply(r)
	l.w.clock.set(&l.progress.alarm, progressAgain)
}

func (l *Leg) provisional() reply {
	tx := l.invite
	return reply{status: l.progress.status, extra: append(able(), l.srv.contactFor(tx.via, tx.secure()))}
}

// earlyAnswer is our answer to the INVITE's offer, made once: every message that brings it brings the same.
func (l *Leg) earlyAnswer() []byte {
	p := &l.progress
	if p.answered != nil {
		return p.answered
	}
	body, spec, err := sdp.Negotiate(l.offer, l.local, l.origin, sdp.Options{})
	if err != nil {
		l.log("sound before the answer can't be offered", err)
		return nil
	}
	l.settle(spec)
	p.answered, l.st.SDPLocal = body, body
	return body
}
