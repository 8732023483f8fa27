package sip

import (
	"hotline/call"
)

// bye ends a confirmed dialog from our side. Any final response, and silence,
// is its end (RFC 3261 15.1.1).
func (l *Leg) bye(c call.Cause) {
	if l.byeSent {
		return
	}
	l.flushReferrals()
	l.byeSent = true
	l.phase = legEnding
	l.stopAnswer()
	l.reoffers.stop(l)
	l.session.stop(l)
	out, t, err := l.request("BYE")
	if err != nil {
		l.log("BYE has nowhere to go", err)
		l.finish(call.LegEnded{Cause: c})
		return
	}
	if h := reasonHeader(c); h != "" {
		out.extra = []string{h}
	}
	l.save()
	done := func() { l.finish(call.LegEnded{Cause: c}) }
	l.w.begin(&clientTx{
		out: out,
		onResponse: func(r *response) {
			if r.StatusCode >= 200 {
				done()
			}
		},
		onFail: func(err error) {
			l.log("BYE was not answered", err)
			done()
		},
	}, t)
}

// byeReceived takes the far end's BYE, also when it crosses ours, or comes before the ACK.
func (l *Leg) byeReceived(tx *serverTx, _ *request) {
	tx.reply(reply{status: 200})
	switch {
	case l.phase == legInvited: // a caller must CANCEL; BYE ends it all the same (15.1.2)
		l.invite.reply(reply{status: 487})
		l.invite = nil
		l.finish(call.LegEnded{Cause: call.CauseNormal, ByPeer: true})
	case l.asked:
		l.finish(call.LegEnded{Cause: l.cause})
	default:
		l.finish(call.LegEnded{Cause: call.CauseNormal, ByPeer: true})
	}
}
