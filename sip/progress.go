package sip

import "time"

// progressAgain is how often a call that rings is told to ring still: a proxy on the way gives one up of which it
// hears nothing for three minutes (RFC 3261 13.3.1.1, 16.6 Timer C).
const progressAgain = time.Minute

// progress is what a caller has been told of a call that is not answered yet.
type progress struct {
	status int
	alarm  alarm
}

// Progress tells a phone that calls how it goes: 180, it rings, or 183, it is on its way. Before Accept only;
// afterwards, and to who asks that every such word be acknowledged (Require: 100rel), it does nothing.
func (l *Leg) Progress(status int) { l.w.box.put(func(*worker) { l.progressTo(status) }) }

func (l *Leg) progressTo(status int) {
	if l.phase != legInvited || status <= trying || status > 199 || l.progress.status == status {
		return
	}
	if hasToken(l.invite.req.raw.list("require"), "100rel") {
		return
	}
	l.progress.status = status
	l.progress.alarm.ring = l.tellProgress
	l.tellProgress()
}

func (l *Leg) tellProgress() {
	if l.phase != legInvited {
		return
	}
	tx := l.invite
	tx.reply(reply{status: l.progress.status, extra: append(able(), l.srv.contactFor(tx.via, tx.secure()))})
	l.w.clock.set(&l.progress.alarm, progressAgain)
}
