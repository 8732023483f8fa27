package sdp

import (
	"strings"

	"hotline/call"
)

// Recording is our side of a recording session (RFC 7866 section 7.1): two streams that only send, labelled for the
// metadata, first the caller, then whom he talks to.
type Recording struct {
	Locals [2]call.LocalMedia
	Quiet  bool // nothing is sent just now
}

// Labels are the streams' a=label (RFC 4574), in order.
func Labels() [2]string { return [2]string{"1", "2"} }

// direction is what we say: we never take sound from a recorder.
func (r Recording) direction() call.Direction {
	if r.Quiet {
		return call.Inactive
	}
	return call.SendOnly
}

// OfferRecording describes both streams; last is what was offered before in this dialog, nil for the first offer. Keys are
// offered by SDES where Locals want encryption (RFC 7866 section 12), and stay the same for the dialog.
func OfferRecording(r Recording, o Origin, last []byte) []byte {
	var before *description
	if last != nil {
		var err error
		if before, err = parse(last); err != nil { // not ours: it is a first one again
			before, o.Version = nil, 1
		}
	}
	write := func(version uint64) []byte {
		var w writer
		w.head(Origin{SessionID: o.SessionID, Version: version, Addr: o.Addr}, r.Locals[0].Addr.Addr(), &secured{})
		for i := range r.Locals {
			proto, keys := offerKeys(r.Locals[i])
			if before != nil && i < len(before.streams) {
				proto, keys = before.streams[i].proto, before.again(&before.streams[i], r.Locals[i].Secrets)
			}
			w.labelled(r, i, ours{
				proto: proto, choices: numbered(r.Locals[i].Codecs, nil), ptime: usualPtime, dir: r.direction(), secured: keys,
			})
		}
		return w.text
	}
	if before == nil {
		return write(o.Version)
	}
	return before.renew(last, write)
}

// labelled writes one stream.
func (w *writer) labelled(r Recording, i int, stream ours) {
	stream.media = r.Locals[i]
	w.audio(stream)
	w.put("a=label:%s\r\n", Labels()[i])
}

// AcceptRecording reads a recorder's answer to both streams, which it has to take both. The error wraps ErrNoCodec or ErrBad.
func AcceptRecording(r Recording, offered, answer []byte) (specs [2]call.MediaSpec, err error) {
	mine, err := parse(offered)
	if err != nil {
		return specs, call.Errorf(call.CodeInternal, "our own offer: %w", err)
	}
	d, err := parse(answer)
	if err != nil {
		return specs, err
	}
	if len(d.streams) < len(specs) {
		return specs, bad("the answer has %d m= lines, the offer %d", len(d.streams), len(specs))
	}
	for i := range specs {
		protection, err := d.accepted(&d.streams[i], mine, &mine.streams[i])
		if err != nil {
			return specs, err
		}
		if specs[i], _, err = d.recorded(i, r, protection); err != nil {
			return specs, err
		}
	}
	return specs, nil
}

// recorded is what a recorder's description settles for one of the streams, which is usable and protected like this.
func (d *description) recorded(i int, r Recording, p *call.Protection) (call.MediaSpec, choice, error) {
	s := &d.streams[i]
	if s.kind != "audio" {
		return call.MediaSpec{}, choice{}, bad("stream %d of a recorder is %s, not audio", i+1, clip(s.kind))
	}
	c := s.pick(r.Locals[i].Codecs)
	if !c.picked() {
		return call.MediaSpec{}, choice{}, unfit("codecs of a recorder: %s; allowed: %v", clip(strings.Join(s.names(), ", ")), r.Locals[i].Codecs)
	}
	spec := d.spec(s, c)
	spec.DTMF, spec.Comfort, spec.Mux, spec.Protection = 0, 0, false, p
	spec.Direction = meet(flip(d.stated(s)), r.direction())
	return spec, c.first, nil
}

// AnswerRecording answers an offer of the recorder's within the dialog (it holds, goes on, or has moved). last is our
// newest description. The error wraps ErrNoCodec or ErrBad; the session stays as it was then.
func AnswerRecording(offer []byte, r Recording, o Origin, last []byte) (answer []byte, specs [2]call.MediaSpec, err error) {
	d, err := parse(offer)
	if err != nil {
		return nil, specs, err
	}
	if len(d.streams) < len(specs) {
		return nil, specs, unfit("%d streams offered by a recorder that has to take %d", len(d.streams), len(specs))
	}
	var mine [2]ours
	for i := range specs {
		stream := &d.streams[i]
		if _, err = d.usable(stream, r.Locals[i].SRTP); err != nil {
			return nil, specs, err
		}
		protection, tag, _ := d.protect(stream, r.Locals[i].SRTP) // it is usable
		var picked choice
		if specs[i], picked, err = d.recorded(i, r, protection); err != nil {
			return nil, specs, err
		}
		mine[i] = ours{
			proto: stream.proto, choices: []choice{picked}, ptime: stream.packet(), dir: specs[i].Direction,
			secured: answerKeys(stream, protection, tag, false, r.Locals[i].Secrets),
		}
	}
	return renew(last, func(version uint64) []byte {
		var w writer
		w.head(Origin{SessionID: o.SessionID, Version: version, Addr: o.Addr}, r.Locals[0].Addr.Addr(), &secured{})
		for i := range d.streams {
			if i < len(specs) {
				w.labelled(r, i, mine[i])
			} else {
				w.refused(&d.streams[i])
			}
		}
		return w.text
	}), specs, nil
}
