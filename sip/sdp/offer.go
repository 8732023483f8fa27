package sdp

import (
	"slices"

	"hotline/call"
)

// Offer makes the first description of a dialog in which we offer: the codecs
// of local in their order, telephone-event 101 (beside Opus by its clock too), 20 ms packets.
// Where local.SRTP wants encryption, keys are offered by SDES: beside the plain
// profile if the phone may do without, else in the secure one.
func Offer(local call.LocalMedia, o Origin, dir call.Direction) []byte {
	proto, keys := offerKeys(local)
	return offer(local, o, dir, proto, keys)
}

// OfferDTLS is Offer for a browser, which knows DTLS-SRTP and ICE alone
// (RFC 8827). local needs its Secrets.
func OfferDTLS(local call.LocalMedia, o Origin, dir call.Direction) []byte {
	return offer(local, o, dir, dtlsOffer, secured{
		dtls: true, ice: true, setup: "actpass", mid: ourMid, bundled: true, mux: true, secrets: local.Secrets,
	})
}

func offer(local call.LocalMedia, o Origin, dir call.Direction, proto string, keys secured) []byte {
	var w writer
	list := numbered(local.Codecs, nil)
	w.head(o, local.Addr.Addr(), &keys)
	w.audio(ours{
		media: local, proto: proto, choices: list,
		dtmf: ourDTMF, wideDTMF: wideEvents(list, 0), comfort: offeredComfort(local), ptime: usualPtime, dir: dir, secured: keys,
	})
	return w.text
}

// offeredComfort is the payload type of comfort noise where it is to be offered, beside a codec that has any.
func offeredComfort(local call.LocalMedia) uint8 {
	if !local.Comfort || !slices.ContainsFunc(local.Codecs, func(c call.Codec) bool { return c != call.CodecG722 }) {
		return 0
	}
	return ourComfort
}

// Reoffer makes a later offer of ours in a dialog whose last description from
// us was last: the same media lines in the same order, the same payload types
// (RFC 3264 section 8), the codec spoken now first, and last itself if nothing
// changed. The error tells that last is none of ours.
func Reoffer(local call.LocalMedia, o Origin, dir call.Direction, last []byte) ([]byte, error) {
	d, err := parse(last)
	if err != nil {
		return nil, call.Errorf(call.CodeInternal, "our last description: %w", err)
	}
	at := d.ourStream()
	if at < 0 {
		return nil, call.Errorf(call.CodeInternal, "our last description holds no audio stream")
	}
	s := &d.streams[at]
	list := numbered(local.Codecs, s.codecs(), s.dtmf(clockRate), s.dtmf(wideRate))
	mine := ours{
		media: local, proto: s.proto, choices: list,
		dtmf: s.dtmf(clockRate), comfort: s.comfort(), ptime: s.packet(), dir: dir, secured: d.again(s, local.Secrets),
	}
	if mine.comfort == 0 {
		mine.comfort = offeredComfort(local)
	}
	if mine.dtmf == 0 {
		mine.dtmf = freeType(ourDTMF, list, s.dtmf(wideRate))
	}
	mine.wideDTMF = wideEvents(list, s.dtmf(wideRate), mine.dtmf)
	return d.renew(last, func(version uint64) []byte {
		var w writer
		w.head(Origin{SessionID: d.origin.SessionID, Version: version, Addr: o.Addr}, local.Addr.Addr(), &mine.secured)
		for i := range d.streams {
			if i == at {
				w.audio(mine)
			} else {
				w.refused(&d.streams[i])
			}
		}
		return w.text
	}), nil
}

// numbered gives codecs their payload types: those spoken before keep their
// number and come first, the others have the static one, Opus a free one.
func numbered(codecs []call.Codec, before []choice, events ...uint8) []choice {
	var out []choice
	for _, c := range before {
		if slices.Contains(codecs, c.codec) {
			out = append(out, c)
		}
	}
	for _, codec := range codecs {
		pt, ok := static(codec)
		if codec == call.CodecOpus {
			pt, ok = freeType(ourOpus, out, events...), true
		}
		if ok && !slices.ContainsFunc(out, func(c choice) bool { return c.codec == codec || c.pt == pt }) {
			out = append(out, choice{codec: codec, pt: pt})
		}
	}
	return out
}

// freeType is the first payload type from one on that no codec and no event has.
func freeType(from uint8, taken []choice, events ...uint8) uint8 {
	for slices.ContainsFunc(taken, func(c choice) bool { return c.pt == from }) || slices.Contains(events, from) {
		from++ // the few codecs can't fill those up to 127
	}
	return from
}

// wideEvents is the number of telephone-event by the clock of Opus: the one before, else a free one; 0 where
// Opus is not among the codecs.
func wideEvents(codecs []choice, before uint8, events ...uint8) uint8 {
	switch {
	case !slices.ContainsFunc(codecs, func(c choice) bool { return c.codec == call.CodecOpus }):
		return 0
	case before != 0:
		return before
	}
	return freeType(ourWideDTMF, codecs, events...)
}
