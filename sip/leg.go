package sip

import (
	"net/netip"
	"slices"
	"time"

	"hotline/call"
	"hotline/sip/sdp"
)

// legPhase is a leg's state. It changes in the files named.
type legPhase uint8

const (
	legInvited  legPhase = iota // their INVITE waits for Accept or End      invite.go
	legAccepted                 // our 200 waits for its ACK                 accept.go
	legRinging                  // our INVITEs ring                          ring.go, dial.go
	legTalking                  // the dialog is confirmed                   reinvite.go, reoffer.go, info.go
	legEnding                   // CANCEL or BYE is out                      cancel.go, bye.go
	legEnded                    // nothing more will come
)

// Leg is one party's dialog, as its owner sees it: a handle whose methods put a
// command into the mailbox of the worker that owns the dialog, and return.
type Leg struct {
	id  call.LegID
	srv *Server
	w   *worker

	// All below belongs to the worker.
	owner  Owner
	phase  legPhase
	st     DialogState
	flow   hop
	source netip.Addr // for BehindNAT
	peer   netip.Addr // held in the guard

	local  call.LocalMedia
	want   call.Direction // the most we want, by Reoffer
	origin sdp.Origin

	invite *serverTx // unanswered INVITE or re-INVITE of theirs
	offer  []byte    // its SDP; nil for a late offer

	answer    *answer // a 2xx of ours that waits for its ACK
	asked     bool    // End was called
	cause     call.Cause
	byeSent   bool
	saved     bool
	forks     []*fork
	alert     []string   // header lines that say how a phone is to ring
	dials     *dialling  // of a leg that dials through a trunk
	recording *recording // of a leg to a recording server
	rang      bool
	ack       []byte // of the last 2xx to an INVITE of ours
	ackHop    hop
	progress  progress
	reoffers  reoffers
	session   session
	referrals referrals
}

// ID is the leg's id, as given to Ring or made for the Incoming.
func (l *Leg) ID() call.LegID { return l.id }

// Source is where an incoming call's INVITE came from; to be asked within Incoming.
func (l *Leg) Source() netip.Addr { return l.source }

// Accept answers a caller's leg: 200 with the answer to the offer, or with our
// offer when there was none, retransmitted until the ACK comes. LegAnswered
// follows, or LegEnded. It does nothing in any other state.
func (l *Leg) Accept(local call.LocalMedia) { l.w.box.put(func(*worker) { l.accept(local) }) }

// End ends the leg however its state needs: final response, CANCEL or BYE.
// It may be called more than once; LegEnded follows once, unless the leg has failed or ended before.
func (l *Leg) End(c call.Cause) { l.w.box.put(func(*worker) { l.end(c) }) }

// Reoffer sends our side of the session anew (re-INVITE): another address, other codecs, hold or
// resume. LegChanged follows when the far end agrees; when it doesn't, the
// session stays as it is (RFC 3261 14.1). A later Reoffer replaces one that still waits.
func (l *Leg) Reoffer(local call.LocalMedia, dir call.Direction) {
	l.w.box.put(func(*worker) { l.reoffer(local, dir) })
}

// end is End on the worker: one function a state.
func (l *Leg) end(c call.Cause) {
	if l.asked {
		return
	}
	switch l.phase {
	case legInvited:
		l.refuse(refusalStatus(c), c, 0)
		l.finish(call.LegEnded{Cause: c})
	case legAccepted: // BYE has to wait for the ACK (RFC 3261 section 15)
		l.asked, l.cause = true, c
	case legRinging:
		l.asked, l.cause = true, c
		l.phase = legEnding
		l.cancelForks(c)
		l.forksDone()
	case legTalking:
		l.asked, l.cause = true, c
		l.bye(c)
	case legEnding, legEnded:
	}
}

// refuse sends the final response to the INVITE that waits.
func (l *Leg) refuse(status int, c call.Cause, retryAfter time.Duration) {
	r := reply{status: status}
	if h := reasonHeader(c); h != "" {
		r.extra = append(r.extra, h)
	}
	r.extra = append(r.extra, retryAfterLines(status, retryAfter)...)
	l.invite.reply(r)
	l.invite = nil
}

// emit tells the owner.
func (l *Leg) emit(ev call.LegEvent) {
	if l.recording != nil {
		ev = l.recording.told(ev)
	}
	if l.owner != nil {
		l.owner.LegEvent(l.id, ev)
	}
}

// open makes the leg known to its worker and counts it.
func (l *Leg) open() {
	l.w.dialogs[dialogKey{l.st.CallID, l.st.LocalTag}] = l
	l.srv.legOpened(l)
}

// hold keeps the far end's address among the peers as long as the leg lives.
func (l *Leg) hold(a netip.Addr) {
	if a == l.peer {
		return
	}
	l.srv.guard.hold(a)
	l.srv.guard.release(l.peer)
	l.peer = a
}

// finish forgets the leg; last is told to the owner, nil for nothing.
func (l *Leg) finish(last call.LegEvent) {
	if l.phase == legEnded {
		return
	}
	l.phase = legEnded
	l.stopAnswer()
	l.w.clock.stop(&l.progress.alarm)
	l.w.clock.stop(&l.progress.sure.alarm)
	l.reoffers.stop(l)
	l.session.stop(l)
	delete(l.w.dialogs, dialogKey{l.st.CallID, l.st.LocalTag})
	l.hold(netip.Addr{})
	if l.invite != nil { // a re-INVITE that came in while we hung up
		l.invite.reply(reply{status: 487})
		l.invite = nil
	}
	if l.saved {
		l.srv.vault.DropDialog(l.id)
	}
	l.srv.legClosed(l)
	if last != nil {
		l.emit(last)
	}
	// Transactions hold the leg for half a minute yet, in case the far end sends again: the call it was of is not to wait with it.
	l.owner, l.local, l.offer = nil, call.LocalMedia{}, nil
	l.st.SDPLocal, l.st.SDPRemote = nil, nil
}

// save writes the dialog to the journal, but for the keys in its descriptions:
// after a crash a dialog is only ended, which needs none (docs/decisions/0412).
func (l *Leg) save() {
	l.saved = true
	st := l.st
	st.SDPLocal, st.SDPRemote = sdp.Redact(st.SDPLocal), sdp.Redact(st.SDPRemote)
	l.srv.vault.SaveDialog(st)
}

// settle takes a negotiation's outcome over, counted.
func (l *Leg) settle(spec call.MediaSpec) call.MediaSpec {
	spec.Version = l.st.Media.Version + 1
	spec.NAT = sdp.BehindNAT(spec, l.source)
	l.st.Media = spec
	l.lackSound(&spec)
	if l.recording != nil {
		l.recording.settle(spec, l.source)
	}
	return spec
}

// lackSound asks a far end that took nothing but Opus out of an offer of ours to take another codec, where this node can't make
// Opus: RFC 3264 6.1 lets it answer with one codec, and prompts would have to go out in it.
func (l *Leg) lackSound(spec *call.MediaSpec) {
	if spec.Codec != call.CodecOpus || spec.Beside != call.CodecNone || l.local.MakesOpus || l.reoffers.wish != nil {
		return
	}
	local := l.local
	local.Codecs = slices.DeleteFunc(slices.Clone(local.Codecs), func(c call.Codec) bool { return c == call.CodecOpus })
	l.reoffers.wish = &wish{local: local, dir: l.want}
}
