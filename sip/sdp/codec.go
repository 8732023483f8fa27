package sdp

import (
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// The clocks of the codecs package call knows, and hence of the telephone-events
// that go with them (RFC 4733 2.1: the clock of the stream): Opus has the second.
const (
	clockRate = 8000
	wideRate  = 48000
)

// opusChannels are in every rtpmap of Opus, however many it has (RFC 7587 section 7).
const opusChannels = "2"

// static is the payload type RFC 3551 gives a codec for good.
func static(c call.Codec) (uint8, bool) {
	switch c {
	case call.CodecPCMU:
		return 0, true
	case call.CodecPCMA:
		return 8, true
	case call.CodecG722:
		return 9, true
	default:
		return 0, false
	}
}

// named finds the codec of an rtpmap; names compare without case (RFC 8866 6.6).
func named(m rtpmap) call.Codec {
	if m.clock == wideRate && m.chans == opusChannels && strings.EqualFold(m.name, "opus") {
		return call.CodecOpus
	}
	if m.clock != clockRate || (m.chans != "" && m.chans != "1") {
		return call.CodecNone
	}
	switch strings.ToUpper(m.name) {
	case "PCMU":
		return call.CodecPCMU
	case "PCMA":
		return call.CodecPCMA
	case "G722":
		return call.CodecG722
	default:
		return call.CodecNone
	}
}

// choice is a codec under the number a description gives it.
type choice struct {
	codec call.Codec
	pt    uint8
}

// mapped gives the stream's rtpmap for a payload type.
func (s *stream) mapped(pt uint8) (rtpmap, bool) {
	for _, m := range s.maps {
		if m.pt == pt {
			return m, true
		}
	}
	return rtpmap{}, false
}

// codecs gives the stream's codecs that we know, in its order.
func (s *stream) codecs() []choice {
	var out []choice
	for _, f := range s.formats {
		n, ok := parseNumber(f, 7)
		if !ok {
			continue
		}
		if c := s.codec(uint8(n)); c != call.CodecNone {
			out = append(out, choice{codec: c, pt: uint8(n)})
		}
	}
	return out
}

// codec is what a payload type stands for: by its rtpmap, else by RFC 3551.
// A static number that an rtpmap gives to something else is nothing to us:
// the two sides might read it differently.
func (s *stream) codec(pt uint8) call.Codec {
	fixed := call.CodecNone
	for _, c := range []call.Codec{call.CodecPCMU, call.CodecPCMA, call.CodecG722} {
		if n, ok := static(c); ok && n == pt {
			fixed = c
		}
	}
	m, ok := s.mapped(pt)
	if !ok {
		return fixed
	}
	c := named(m)
	if fixed != call.CodecNone && c != fixed {
		return call.CodecNone
	}
	return c
}

// dtmf is the payload type of the stream's telephone-event at a clock rate; 0 without one.
func (s *stream) dtmf(clock uint32) uint8 {
	for _, f := range s.formats {
		n, ok := parseNumber(f, 7)
		if !ok {
			continue
		}
		m, ok := s.mapped(uint8(n))
		if ok && m.clock == clock && strings.EqualFold(m.name, "telephone-event") {
			return uint8(n)
		}
	}
	return 0
}

// ourComfort is the payload type of comfort noise for a clock of 8000 (RFC 3551 table 4).
const ourComfort = 13

// comfort is the payload type of the stream's comfort noise (RFC 3389 section 4: 13, or what an rtpmap gives to CN); 0 without one.
func (s *stream) comfort() uint8 {
	for _, f := range s.formats {
		n, ok := parseNumber(f, 7)
		if !ok {
			continue
		}
		m, mapped := s.mapped(uint8(n))
		if mapped && m.clock == clockRate && strings.EqualFold(m.name, "CN") || !mapped && n == ourComfort {
			return uint8(n)
		}
	}
	return 0
}

// comfortWith is comfort for the codecs taken: it goes with G.711, also beside Opus, and with nothing else.
func (s *stream) comfortWith(c choices) uint8 {
	if !c.has(call.CodecPCMA) && !c.has(call.CodecPCMU) {
		return 0
	}
	return s.comfort()
}

// choices are the codecs taken from a stream: the first that is allowed, and the first of
// another clock, which RFC 3264 6.1 lets either side send as well once both descriptions hold it.
type choices struct{ first, beside choice }

func (c choices) picked() bool { return c.first.codec != call.CodecNone }

func (c choices) has(codec call.Codec) bool { return c.first.codec == codec || c.beside.codec == codec }

// opusAlone tells that there is nothing beside Opus.
func (c choices) opusAlone() bool {
	return c.first.codec == call.CodecOpus && c.beside.codec == call.CodecNone
}

// all lists them.
func (c choices) all() []choice {
	if c.beside.codec == call.CodecNone {
		return []choice{c.first}
	}
	return []choice{c.first, c.beside}
}

// pick takes the stream's codecs of those allowed.
func (s *stream) pick(allowed []call.Codec) (c choices) {
	for _, one := range s.codecs() {
		switch {
		case !slices.Contains(allowed, one.codec):
		case !c.picked():
			c.first = one
		case c.beside.codec == call.CodecNone && one.codec.Clock() != c.first.codec.Clock():
			c.beside = one
		}
	}
	return c
}

// Packet lengths we take part in; the sample clock and every phone know tens of milliseconds.
const (
	minPtime, usualPtime, maxPtime = 10, 20, 60
)

// packet is the packet length that suits what the stream asks for, in
// milliseconds: its ptime in tens within 10…60, no more than its maxptime.
func (s *stream) packet() uint16 {
	p := uint16(usualPtime)
	if s.ptime >= minPtime {
		p = min(s.ptime, maxPtime)
	}
	if s.maxp >= minPtime {
		p = min(p, s.maxp)
	}
	return p / 10 * 10
}

// millis turns a packet length into a duration.
func millis(ms uint16) time.Duration { return time.Duration(ms) * time.Millisecond }
