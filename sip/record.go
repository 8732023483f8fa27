package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hotline/call"
	"hotline/sip/sdp"
)

// Record is an order to have a session recording server take what is said in a call (SIPREC, RFC 7866): we are its
// session recording client.
type Record struct {
	Call    call.ID
	Leg     call.LegID
	Targets []string // the server's SIP URIs, tried one after the other
	Auth    Login    // for 401 and 407
	Locals  [2]call.LocalMedia
	// Metadata is the document that tells who speaks on which stream (RFC 7865).
	Metadata []byte
	// Quiet begins without sound (a=inactive).
	Quiet bool
}

// recording is what a leg to a recording server has beside any other's.
type recording struct {
	sound    sdp.Recording
	metadata []byte
	specs    [2]call.MediaSpec
}

// Record sends INVITE to the recorder's targets, one after another until one takes the session. The leg's events are
// LegRinging, then LegRecorded, once more with each change, or LegFailed, and LegEnded after an answer or an End.
func (s *Server) Record(r Record, o Owner) *Leg {
	callID := s.newToken()
	w := s.workers[s.shard(callID)]
	l := &Leg{
		id: r.Leg, srv: s, w: w, owner: o, phase: legRinging, origin: s.newOrigin(), local: r.Locals[0],
		recording: &recording{sound: sdp.Recording{Locals: r.Locals, Quiet: r.Quiet}, metadata: r.Metadata},
	}
	l.st = DialogState{
		Leg: r.Leg, Call: r.Call, Role: RoleRecorder, Phase: PhaseEarly, CallID: callID,
		LocalTag: s.newTag(), LocalSeq: 1,
	}
	w.box.put(func(*worker) { l.record(r) })
	return l
}

// Describe tells a recorder what has changed, by re-INVITE, and whether sound is sent. A later one replaces one that
// still waits. It does nothing on a leg of another kind.
func (l *Leg) Describe(metadata []byte, quiet bool) {
	l.w.box.put(func(*worker) {
		if l.recording == nil || l.asked || l.phase == legEnding || l.phase == legEnded {
			return
		}
		l.recording.metadata, l.recording.sound.Quiet = metadata, quiet
		l.reoffers.wish = &wish{local: l.local, dir: l.want}
		l.reoffers.next(l)
	})
}

// record begins, on the worker.
func (l *Leg) record(r Record) {
	l.st.Local = "<sip:hotline@" + l.srv.opt.Domain + ">;tag=" + l.st.LocalTag
	l.dials = &dialling{trunk: &Trunk{Name: "recorder", Unreliable: true, Auth: r.Auth}, left: slices.Clone(r.Targets)}
	l.open()
	if len(l.dials.left) == 0 {
		l.finish(dialFailure(0, "the recorder has no address"))
		return
	}
	l.st.SDPLocal = sdp.OfferRecording(l.recording.sound, l.origin, nil)
	l.dialNext()
}

// asRecording makes a request of the dialog one of a recording session: the description and the metadata in one body
// (RFC 7866 section 8), what is required of the far end (6.1.1), and who we are (the feature tag +sip.src).
func (l *Leg) asRecording(out *outgoing, description []byte) {
	const boundary = "hotline-recording-session"
	body := fmt.Appendf(nil, "--%s\r\nContent-Type: %s\r\n\r\n", boundary, sdpType)
	body = append(body, description...)
	body = fmt.Appendf(body, "\r\n--%s\r\nContent-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n", boundary)
	body = append(body, l.recording.metadata...)
	body = fmt.Appendf(body, "\r\n--%s--\r\n", boundary)
	out.ctype, out.body = "multipart/mixed;boundary="+boundary, body
	out.extra = append(out.extra, "Require: siprec", "Accept: application/sdp")
}

// contact makes the leg's Contact line.
func (l *Leg) contact(h hop, secure bool) string {
	line := l.srv.contactFor(h, secure)
	if l.recording != nil {
		line += ";+sip.src"
	}
	return line
}

// at is a number's URI at a target; a recorder's target is called as it is.
func (d *dialling) at(target string) string {
	if d.number == "" {
		return target
	}
	return numberAt(d.number, target)
}

// offers makes a later offer in the dialog.
func (l *Leg) offers(local call.LocalMedia, dir call.Direction) ([]byte, error) {
	if l.recording != nil {
		return sdp.OfferRecording(l.recording.sound, l.origin, l.st.SDPLocal), nil
	}
	return sdp.Reoffer(local, l.origin, dir, l.st.SDPLocal)
}

// accepts reads the answer to an offer of ours.
func (l *Leg) accepts(offered, answer []byte) (call.MediaSpec, error) {
	if l.recording == nil {
		return sdp.Accept(offered, answer)
	}
	specs, err := sdp.AcceptRecording(l.recording.sound, offered, answer)
	if err == nil {
		l.recording.specs = specs
	}
	return specs[0], err
}

// negotiates answers an offer of the far end's inside the dialog.
func (l *Leg) negotiates(offer []byte) ([]byte, call.MediaSpec, error) {
	if l.recording == nil {
		return sdp.Negotiate(offer, l.local, l.origin, sdp.Options{Direction: l.want, Last: l.st.SDPLocal})
	}
	answer, specs, err := sdp.AnswerRecording(offer, l.recording.sound, l.origin, l.st.SDPLocal)
	if err == nil {
		l.recording.specs = specs
	}
	return answer, specs[0], err
}

// stuck tells that a recorder is to be sent sound and has not agreed to any: one that refused to go on after a pause.
func (r *recording) stuck() bool {
	return !r.sound.Quiet && !r.specs[0].Direction.MaySend()
}

// settle counts a negotiation for both streams.
func (r *recording) settle(first call.MediaSpec, source netip.Addr) {
	r.specs[0] = first
	r.specs[1].Version, r.specs[1].NAT = first.Version, sdp.BehindNAT(r.specs[1], source)
}

// told is an event in the words of a recording: both streams are told of together.
func (r *recording) told(ev call.LegEvent) call.LegEvent {
	switch ev := ev.(type) {
	case call.LegAnswered, call.LegChanged:
		return call.LegRecorded{Media: r.specs}
	case call.LegFailed:
		ev.Words = strings.Replace(ev.Words, "the trunk", "the recorder", 1)
		return ev
	}
	return ev
}
