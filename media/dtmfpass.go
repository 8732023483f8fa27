package media

import (
	"encoding/binary"

	"hotline/call"
)

// key hears a telephone-event, and passes it on to a peer that takes them.
func (t *thread) key(s *stream, p *packet, now int64) {
	s.copySkip(p)
	wide := p.pt == s.spec.WideDTMF || p.pt == s.spec.WideDTMFIn // which are not 0, as p.pt is not
	done, n := s.keys.take(p, wide, now)
	for _, d := range done[:n] {
		s.event(call.SoundDigit{Digit: d.key, Duration: d.duration()})
	}
	to := s.peer
	if to == nil || !s.spec.Direction.MayReceive() {
		return
	}
	from := source{leg: s, ssrc: p.ssrc}
	pt, toWide := to.events()
	if pt == 0 {
		to.out.skip(from, p.seq)
		return
	}
	if !to.forwards() {
		return
	}
	if wide != toWide {
		rescale(p.payload, toWide)
	}
	ts := p.ts
	if s.in.wide != to.out.wide { // its sound is translated, by a clock that has nothing to do with this one
		ts = to.out.stamp(from, p, now)
	}
	verdict, seq, ts := to.out.forward(from, p.seq, ts, 0, now)
	to.out.event.ours = ts
	if verdict != numberStale {
		t.send(to, p.rewrite(pt, p.marker, seq, ts, to.out.ssrc))
	}
}

// events is the payload type of telephone-events to the far end, by the clock of what it is sent just now where it has agreed
// on one for that; 0 without any. One stream has one clock for its timestamps: an event whose payload
// type is of the other one is stamped by the stream's, and only its duration counts by its own.
func (s *stream) events() (pt uint8, wide bool) {
	if s.out.wide && s.spec.WideDTMF != 0 || s.spec.DTMF == 0 {
		return s.spec.WideDTMF, true
	}
	return s.spec.DTMF, false
}

// rescale turns an event's duration into the other clock; one too long for its field stays at the longest.
func rescale(payload []byte, wide bool) {
	if len(payload) < eventSize {
		return
	}
	d := uint32(binary.BigEndian.Uint16(payload[2:]))
	if wide {
		d = min(d*wideUnits, 0xffff)
	} else {
		d /= wideUnits
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(d))
}

// stamped is the newest event of a source whose timestamps mean nothing in a stream.
type stamped struct {
	known  bool
	from   source
	theirs uint32 // its timestamp
	ours   uint32
}

// stamp gives the timestamp, in its source's numbers, that has an event begin when its first packet came.
func (o *outbound) stamp(from source, p *packet, now int64) uint32 {
	if e := &o.event; !e.known || e.from != from || e.theirs != p.ts {
		*e = stamped{known: true, from: from, theirs: p.ts, ours: o.ts + o.elapsed(now)}
	}
	return o.event.ours - o.tsShift
}
