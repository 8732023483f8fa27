package sip

import (
	"github.com/emiago/sipgo/sip"

	"hotline/call"
)

// cancel takes a CANCEL (RFC 3261 9.2): 200 if its INVITE's transaction is
// known, whatever its state, with the To tag of that INVITE's responses; the
// INVITE itself gets 487 unless it is answered already, which is the losing
// side of the CANCEL/200 race: the caller then acknowledges and sends BYE.
func (w *worker) cancel(tx *serverTx, r *request) {
	key := r.key
	key.method = string(sip.INVITE)
	invite := w.servers[key]
	if invite == nil {
		tx.reply(reply{status: 481})
		return
	}
	if rl := invite.relay; rl != nil {
		tx.reply(reply{status: 200})
		rl.cancel(r.raw.get("reason"))
		return
	}
	l := invite.leg
	if l != nil {
		tx.echo.toTag = l.st.LocalTag
	}
	tx.reply(reply{status: 200})
	if l == nil || l.invite != invite {
		return // answered or refused before
	}
	l.invite = nil
	invite.reply(reply{status: 487})
	if l.phase == legInvited {
		l.finish(call.LegEnded{Cause: call.CauseNormal, ByPeer: true})
	}
}

// cancelForks takes back every INVITE of ours that has no final answer.
func (l *Leg) cancelForks(c call.Cause) {
	for _, f := range l.forks {
		f.cancel(c)
	}
}

// cancel sends CANCEL once a provisional response has come; before that it
// must not (9.1), so it is only noted.
func (f *fork) cancel(c call.Cause) {
	if f.over || f.cancelSent {
		return
	}
	f.unwanted, f.cause, f.tx.rest = true, c, nil
	if !f.heard {
		return
	}
	f.cancelSent = true
	out := f.tx.out.derive("CANCEL", f.tx.out.to)
	if h := reasonHeader(c); h != "" {
		out.extra = []string{h}
	}
	w := f.leg.w
	w.begin(&clientTx{out: out, onResponse: func(*response) {}, onFail: func(error) {}}, target{flow: f.tx.via})
	w.clock.set(&f.patience, w.srv.opt.Timers.scan64()) // 9.1: then it counts as cancelled
}
