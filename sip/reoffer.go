package sip

import (
	"bytes"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/sdp"
)

// reoffers is a leg's own re-INVITE: one at a time, with the newest wish kept
// until its turn comes.
type reoffers struct {
	tx    *clientTx // on its way
	wish  *wish     // to be sent next
	retry alarm     // after 491
}

// wish is what a Reoffer asked for.
type wish struct {
	local   call.LocalMedia
	dir     call.Direction
	refresh bool // nothing is to change: it renews the session
}

// pending tells that an offer of ours is unanswered, so that theirs gets 491.
func (o *reoffers) pending() bool { return o.tx != nil }

// stop forgets everything, at the leg's end.
func (o *reoffers) stop(l *Leg) {
	l.w.clock.stop(&o.retry)
	o.wish = nil
	if o.tx != nil {
		o.tx.drop()
		o.tx = nil
	}
}

// next sends the wish when nothing stands in its way.
func (o *reoffers) next(l *Leg) {
	if o.wish == nil || o.tx != nil || o.retry.pos != 0 || l.phase != legTalking || l.answer != nil {
		return
	}
	l.sendReoffer(o.wish)
}

// reoffer is Reoffer on the worker.
func (l *Leg) reoffer(local call.LocalMedia, dir call.Direction) {
	if l.asked || l.phase == legEnding || l.phase == legEnded {
		return
	}
	l.reoffers.wish = &wish{local: local, dir: dir}
	l.reoffers.next(l)
}

func (l *Leg) sendReoffer(w *wish) {
	body, err := l.offers(w.local, w.dir)
	if err != nil {
		l.log("our own new offer can't be made", err)
		l.reoffers.wish = nil
		return
	}
	out, t, err := l.request("INVITE")
	if err != nil {
		l.log("re-INVITE has nowhere to go", err)
		l.reoffers.wish = nil
		return
	}
	out.ctype, out.body = sdpType, body
	out.extra = append(l.asks(), able()...)
	if l.recording != nil {
		l.asRecording(out, body)
	}
	l.save()
	tx := &clientTx{out: out, contact: l.contact}
	tx.onResponse = func(r *response) { l.reoffered(tx, w, body, r) }
	tx.onFail = func(err error) {
		l.reoffers.tx = nil
		l.gone(err)
	}
	l.reoffers.tx = tx
	l.w.begin(tx, t)
}

// reoffered takes the answer to our re-INVITE.
func (l *Leg) reoffered(tx *clientTx, w *wish, body []byte, r *response) {
	if r.StatusCode < 200 || l.reoffers.tx != tx {
		return
	}
	l.reoffers.tx = nil
	switch {
	case r.StatusCode < 300:
		l.learn(&r.raw)
		l.timerAgreed(&r.raw)
		l.acknowledge(tx.out.cseq)
		l.agreed(w, body, r)
	case r.StatusCode == 491: // glare (14.1)
		l.reoffers.retry.ring = func() { l.reoffers.next(l) }
		l.w.clock.set(&l.reoffers.retry, l.glarePause())
		return
	case r.StatusCode == statusTooBrief && l.longer(&r.raw):
		l.reoffers.next(l)
		return
	case dialogLost(r.StatusCode): // the dialog is gone (12.2.1.2)
		l.gone(call.Errorf(call.CodeUnavailable, "the far end answered %d to re-INVITE", r.StatusCode))
		return
	default:
		l.srv.log.Info("re-INVITE refused; the session stays as it was",
			zap.String("leg", string(l.id)), zap.Int("status", r.StatusCode))
		if l.recording != nil && l.recording.stuck() {
			l.gone(call.Errorf(call.CodeUnavailable, "the recorder answered %d and takes no sound", r.StatusCode))
			return
		}
	}
	if l.reoffers.wish == w { // no newer one has come meanwhile
		l.reoffers.wish = nil
	}
	l.reoffers.next(l)
}

// dialogLost tells the statuses by which the far end says that it has no such dialog (12.2.1.2).
func dialogLost(status int) bool {
	switch status {
	case 408, 481:
		return true
	}
	return false
}

// agreed takes the session over that a 200 to our re-INVITE settles.
func (l *Leg) agreed(w *wish, offered []byte, r *response) {
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	var spec call.MediaSpec
	if err == nil {
		spec, err = l.accepts(offered, body)
	}
	if err != nil {
		l.log("the answer to our re-INVITE can't be served", err)
		l.asked, l.cause = true, call.CauseNoCodec
		l.bye(l.cause)
		return
	}
	same := w.refresh && bytes.Equal(offered, l.st.SDPLocal) && bytes.Equal(body, l.st.SDPRemote)
	l.local, l.want = w.local, w.dir
	if same {
		l.save()
		return
	}
	l.st.SDPLocal, l.st.SDPRemote = offered, body
	spec = l.settle(spec)
	l.save()
	l.emit(call.LegChanged{Media: spec})
}

// glarePause is how long to wait after 491: the Call-ID's owner 2.1 to 4 s, the
// other side 0 to 2 s, in steps of 10 ms (RFC 3261 14.1).
func (l *Leg) glarePause() time.Duration {
	steps, least := 201, time.Duration(0)
	if l.st.Role != RoleCaller {
		steps, least = 191, 2100*time.Millisecond
	}
	return least + time.Duration(rand.IntN(steps))*10*time.Millisecond //nolint:gosec // spreads retries only
}

// gone ends a leg whose far end has lost the dialog or can't be reached. BYE is
// still sent: the far end may hear us though we do not hear it.
func (l *Leg) gone(err error) {
	if l.asked || l.phase == legEnded {
		return
	}
	l.log("the far end is gone", err)
	l.asked, l.cause = true, call.CausePeerGone
	l.bye(l.cause)
}
