package sip

import (
	"bytes"
	"math/rand/v2"
	"strconv"

	"hotline/call"
	"hotline/sip/sdp"
)

// reinvited takes a re-INVITE (RFC 3261 14.2): an offer is answered at once, an
// empty one gets our offer and its ACK brings the answer. What can't be served
// leaves the session as it is.
func (l *Leg) reinvited(tx *serverTx, r *request) {
	switch {
	case l.phase == legAccepted: // it overtook the ACK of our first 200, or that was lost
		tx.reply(reply{status: 491})
		return
	case l.phase != legTalking:
		tx.reply(reply{status: 481})
		return
	case l.reoffers.pending():
		tx.reply(reply{status: 491})
		return
	case l.answer != nil: // our 2xx to the one before isn't acknowledged yet
		tx.reply(reply{status: 500, extra: []string{retrySoon()}})
		return
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err != nil {
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	}
	l.invite = tx
	tx.leg = l
	tx.tryLater()
	var spec *call.MediaSpec
	var mine []byte
	if len(body) == 0 {
		mine, err = l.offers(l.local, l.want)
	} else {
		mine, spec, err = l.answerTo(body)
	}
	if err != nil {
		l.invite = nil
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	}
	l.offer = body
	if len(body) == 0 {
		l.offer = nil
	}
	l.st.SDPLocal = mine
	l.learn(&r.raw)
	l.follow(r.hop)
	l.save()
	l.sendAnswer(mine)
	if spec != nil {
		l.emit(call.LegChanged{Media: *spec})
	}
}

// answerTo answers an offer inside the dialog. spec is nil when the offer is the
// one answered before, word for word: nothing has changed (RFC 3264 section 8).
func (l *Leg) answerTo(offer []byte) (mine []byte, spec *call.MediaSpec, err error) {
	mine, s, err := l.negotiates(offer)
	if err != nil {
		return nil, nil, err
	}
	if bytes.Equal(offer, l.st.SDPRemote) && bytes.Equal(mine, l.st.SDPLocal) {
		return mine, nil, nil
	}
	l.st.SDPRemote = bytes.Clone(offer)
	s = l.settle(s)
	return mine, &s, nil
}

// updated takes an UPDATE (RFC 3311 5.2): as a re-INVITE, but done with its 200.
func (l *Leg) updated(tx *serverTx, r *request) {
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	switch {
	case err != nil:
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	case l.phase == legEnding:
		tx.reply(reply{status: 481})
		return
	case len(body) == 0: // a target refresh only
		l.learn(&r.raw)
		l.follow(r.hop)
		if l.phase != legInvited { // an INVITE that waits for our answer is not kept
			l.save()
		}
		tx.reply(reply{status: 200, extra: append(l.granted(&r.raw), l.contact(tx.via, tx.secure()))})
		return
	case l.reoffers.pending():
		tx.reply(reply{status: 491})
		return
	case l.phase == legInvited && l.progress.told && !l.progress.sure.describes(): // what the INVITE offered is settled
		l.learn(&r.raw)
		l.follow(r.hop)
		l.offeredEarly(tx, body)
		return
	case l.phase != legTalking, l.answer != nil:
		tx.reply(reply{status: 500, extra: []string{retrySoon()}})
		return
	}
	mine, spec, err := l.answerTo(body)
	if err != nil {
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	}
	l.st.SDPLocal = mine
	l.learn(&r.raw)
	l.follow(r.hop)
	l.save()
	tx.reply(reply{status: 200, ctype: sdpType, body: mine, extra: append(l.granted(&r.raw), l.contact(tx.via, tx.secure()))})
	if spec != nil {
		l.emit(call.LegChanged{Media: *spec})
	}
}

// retrySoon is the Retry-After of a 500 for two offers at once: 0 to 10 s at random (RFC 3261 14.2).
func retrySoon() string {
	return "Retry-After: " + strconv.Itoa(rand.IntN(11)) //nolint:gosec // spreads retries; nothing secret hangs on it
}
