package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/sip/sdp"
)

// reliable is the sending side of reliable provisional responses (RFC 3262 section 3): each is repeated
// until its PRACK comes. One is out at a time; the newest word, or the answer, waits for it.
type reliable struct {
	wanted   bool   // he requires it, or both sides can and the site does not mind
	cseq     uint32 // of his INVITE
	rseq     uint32 // of the last one; 0: none yet
	waits    bool   // it has no PRACK yet
	bytes    []byte
	offer    []byte // ours in it, which the PRACK has to answer
	answers  bool   // it brings our answer to the INVITE's offer
	interval time.Duration
	giveUp   time.Duration
	alarm    alarm
	again    bool             // something newer is to be said
	accept   *call.LocalMedia // the answer waits
}

// wantsSurely tells whether a caller's provisional responses are to be reliable; may is the site's word.
func wantsSurely(r *request, may bool) bool {
	return hasToken(r.raw.list("require"), "100rel") || may && hasToken(r.raw.list("supported"), "100rel")
}

// describes tells that the one that is out has a description: then no 2xx may overtake it.
func (s *reliable) describes() bool { return s.waits && (s.answers || s.offer != nil) }

// tellSurely sends what is to be said so that it must be acknowledged, as soon as the one before is.
func (l *Leg) tellSurely() {
	p := &l.progress
	s := &p.sure
	if s.waits {
		s.again = true
		return
	}
	r := l.provisional()
	switch {
	case l.offer == nil && s.rseq == 0: // the first that is sure to arrive has to bring our offer (RFC 3261 13.2.1)
		s.offer = sdp.Offer(l.local, l.origin, call.SendRecv)
		r.ctype, r.body = sdpType, s.offer
	case l.offer != nil && p.status == underway && !p.told:
		if body := l.earlyAnswer(); body != nil {
			r.ctype, r.body, s.answers = sdpType, body, true
		}
	}
	s.next()
	r.extra = append(r.extra, "Require: 100rel", "RSeq: "+strconv.FormatUint(uint64(s.rseq), 10))
	t := l.srv.opt.Timers
	s.bytes, s.waits, s.again = l.invite.replied(r), true, false
	s.interval, s.giveUp = t.T1, l.w.clock.now()+t.scan64()
	s.alarm.ring = l.repeatSurely
	l.w.clock.set(&s.alarm, s.interval)
	l.w.clock.stop(&p.alarm)
}

// next counts RSeq on, from a number by lot within the lower half of what there is.
func (s *reliable) next() {
	if s.rseq == 0 {
		s.rseq = rand.Uint32N(1 << 31) //nolint:gosec // tells responses apart; nothing secret hangs on it
	}
	s.rseq++
}

// repeatSurely is the timer: again after T1, doubling; after 64*T1 without PRACK the call is refused.
func (l *Leg) repeatSurely() {
	s := &l.progress.sure
	left := s.giveUp - l.w.clock.now()
	if left <= 0 {
		l.refuse(statusNoPrack, call.CauseNoAck, 0)
		l.finish(call.LegEnded{Cause: call.CauseNoAck})
		return
	}
	l.invite.transmit(s.bytes)
	s.interval *= 2
	l.w.clock.set(&s.alarm, min(s.interval, left))
}

// statusNoPrack is how a caller is refused who acknowledges nothing; the RFC asks for any 5xx.
const statusNoPrack = 504

// pracked takes a PRACK. What it acknowledges is looked at first: 481 when nothing that waits for one.
func (l *Leg) pracked(tx *serverTx, r *request) {
	s := &l.progress.sure
	rseq, cseq, ok := readRAck(r.raw.get("rack"))
	switch {
	case !ok:
		tx.reply(bad400("RAck"))
		return
	case !s.waits || rseq != s.rseq || cseq != s.cseq:
		tx.reply(reply{status: 481})
		return
	}
	s.waits, s.bytes = false, nil
	l.w.clock.stop(&s.alarm)
	l.progress.told = l.progress.told || s.answers
	ok = l.prackBody(tx, r)
	s.offer, s.answers = nil, false
	if !ok {
		return
	}
	switch {
	case s.accept != nil:
		l.accept(*s.accept)
	case s.again:
		l.tellProgress()
	case l.phase == legInvited:
		l.w.clock.set(&l.progress.alarm, progressSure)
	}
}

// prackBody answers the PRACK by what it says of the session (RFC 3262 section 5). false: the leg is over.
func (l *Leg) prackBody(tx *serverTx, r *request) bool {
	offered := l.progress.sure.offer
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	switch {
	case offered != nil:
		if err == nil && len(body) == 0 {
			err = call.Errorf(call.CodeInvalid, "the PRACK brings no answer to our offer")
		}
		return l.offerAnswered(tx, offered, body, err)
	case err != nil:
		fault, _ := sdpFault(err)
		tx.reply(fault)
	case len(body) == 0:
		tx.reply(reply{status: 200})
	case l.phase != legInvited || !l.progress.told: // an offer while one is open
		tx.reply(reply{status: 500, extra: []string{retrySoon()}})
	default:
		l.offeredEarly(tx, body)
	}
	return true
}

// offerAnswered takes the answer to the offer in our provisional response. Without one there is no call.
func (l *Leg) offerAnswered(tx *serverTx, offered, body []byte, err error) bool {
	var spec call.MediaSpec
	if err == nil {
		spec, err = sdp.Accept(offered, body)
	}
	if err != nil {
		l.log("the PRACK's description can't be served", err)
		fault, cause := sdpFault(err)
		tx.reply(fault)
		if l.phase == legInvited {
			l.refuse(488, cause, 0)
			l.finish(call.LegEnded{Cause: cause})
		}
		return false
	}
	tx.reply(reply{status: 200})
	l.progress.told = true
	l.st.SDPLocal, l.st.SDPRemote = offered, body
	l.emit(call.LegChanged{Media: l.settle(spec)})
	return true
}

// offeredEarly answers an offer that comes before the call is answered, by PRACK or UPDATE. What can't be
// served leaves the session as it is.
func (l *Leg) offeredEarly(tx *serverTx, body []byte) {
	mine, spec, err := l.answerTo(body)
	if err != nil {
		fault, _ := sdpFault(err)
		tx.reply(fault)
		return
	}
	l.st.SDPLocal = mine
	tx.reply(reply{status: 200, ctype: sdpType, body: mine, extra: []string{l.srv.contactFor(tx.via, tx.secure())}})
	if spec != nil {
		l.emit(call.LegChanged{Media: *spec})
	}
}

// readRAck reads RAck: RSeq and CSeq number, and INVITE (RFC 3262 7.2).
func readRAck(v string) (rseq, cseq uint32, ok bool) {
	f := strings.Fields(v)
	if len(f) != 3 || f[2] != "INVITE" {
		return 0, 0, false
	}
	a, err := strconv.ParseUint(f[0], 10, 32)
	b, err2 := strconv.ParseUint(f[1], 10, 32)
	if err != nil || err2 != nil || a == 0 {
		return 0, 0, false
	}
	return uint32(a), uint32(b), true
}
