package media

import (
	"github.com/pion/opus"

	"hotline/call"
	"hotline/media/libopus"
)

// Opus (RFC 6716, RFC 7587). Between two legs that speak it packets go through untouched. Where its sound is
// needed here — recorded, mixed, listened to for keys, or sent on to a leg without Opus — it is decoded to 8 kHz
// (docs/decisions/0340). Sound of ours goes out in the codec agreed on beside it (0341);
// it is coded only for a leg that agreed on nothing else, by a build that can (makeopus.go).

// MakesOpus tells whether this build codes Opus, for legs that agreed on nothing else.
const MakesOpus = libopus.Built

// The durations of packets, in ticks of 48 kHz (RFC 6716 section 3.1).
const (
	opusMost      = 5760 // 120 ms, section 3.2.5
	opusFrame     = 480  // 10 ms
	opusCELTFrame = 120  // 2.5 ms
)

// opusSpan is how long a packet's sound is, in ticks of 48 kHz: by the first byte (TOC) and, where that says so, the
// count in the second; 0 for what can't be a packet of Opus. It never reads beyond b.
func opusSpan(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	config := b[0] >> 3
	var frame uint32
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = [4]uint32{opusFrame, 2 * opusFrame, 4 * opusFrame, 6 * opusFrame}[config&3]
	case config < 16: // both: 10, 20 ms
		frame = opusFrame << (config & 1)
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = opusCELTFrame << (config & 3)
	}
	frames := uint32(1)
	switch b[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(b) < 2 {
			return 0
		}
		frames = uint32(b[1] & 0x3f)
	}
	if frames*frame > opusMost {
		return 0
	}
	return frames * frame
}

// narrow is a packet's sound as everything here works on it: 8 kHz, with the packet's
// time by that clock.
type narrow struct {
	sound []int16 // empty where there is nothing to be heard of it
	seq   uint16
	ts    uint32
	ssrc  uint32
}

// opusEar decodes what a leg's far end sends in Opus, from the first packet that has to be decoded: by libopus where it is
// built in, which takes 18 KB and knows how to mend losses, else by pion, which takes some 170 KB.
type opusEar struct {
	lib   *libopus.Decoder
	pion  *opus.Decoder
	begun bool
	ssrc  uint32
	seq   uint16
	ts    uint32
	span  uint32
	at    int64 // ts without wrapping
}

func newOpusEar() *opusEar {
	e := new(opusEar)
	e.reset()
	return e
}

// reset makes the decoder anew.
func (e *opusEar) reset() {
	if MakesOpus {
		e.close()
		if d, err := libopus.NewDecoder(SampleRate); err == nil { // else there is no memory for it
			e.lib = d
		}
		return
	}
	d, err := opus.NewDecoderWithOutput(SampleRate, 1)
	if err != nil {
		panic(err) // 8000 Hz and one channel are what it documents
	}
	e.pion = &d
}

// close gives back what is not Go's.
func (e *opusEar) close() {
	if e != nil && e.lib != nil {
		e.lib.Close()
		e.lib = nil
	}
}

// take decodes a packet of so many ticks into out. One that was overtaken is left out: the decoder can't go back.
func (e *opusEar) take(p *packet, span uint32, out []int16) narrow {
	known := e.begun && p.ssrc == e.ssrc
	if ahead := int16(p.seq - e.seq); known && ahead <= 0 && ahead > -seqBehind {
		return narrow{}
	}
	if known {
		e.at += int64(int32(p.ts - e.ts))
	} else {
		e.at = 1<<40 | int64(p.ts)
	}
	e.begun, e.ssrc, e.seq, e.ts, e.span = true, p.ssrc, p.seq, p.ts, span
	n := narrow{sound: out[:span/wideUnits], seq: p.seq, ts: uint32(e.at / wideUnits), ssrc: p.ssrc}
	if len(p.payload) <= 2 { // nothing but the kind of packet: silence, RFC 7587 section 3.1.3
		clear(n.sound)
	} else if !e.decode(p.payload, n.sound) {
		n.sound = nil
	}
	return n
}

// decode fills out with a packet's sound; false if that can't be decoded. Whatever the far end sends, the thread goes on: a
// packet that the decoder trips over costs its own sound, and the decoder what it remembered.
func (e *opusEar) decode(payload []byte, out []int16) (ok bool) {
	defer func() {
		if recover() != nil {
			e.reset()
			ok = false
		}
	}()
	var n int
	var err error
	switch {
	case e.lib != nil:
		n, err = e.lib.Decode(payload, out)
	case e.pion != nil:
		n, err = e.pion.DecodeToInt16(payload, out)
	}
	return err == nil && n == len(out)
}

// ear is what decodes a leg's Opus.
func (s *stream) ear() *opusEar {
	if s.opus == nil {
		s.opus = newOpusEar()
	}
	return s.opus
}

// narrow decodes a packet of any codec, span ticks long, into the thread's linear sound.
func (t *thread) narrow(s *stream, p *packet, codec call.Codec, span uint32) narrow {
	if codec == call.CodecOpus {
		return s.ear().take(p, span, t.linear[:])
	}
	n := narrow{sound: t.linear[:len(p.payload)], seq: p.seq, ts: p.ts, ssrc: p.ssrc}
	if codec == call.CodecG722 {
		s.lower(n.sound, p.payload)
	} else {
		expand(n.sound, p.payload, codec)
	}
	return n
}
