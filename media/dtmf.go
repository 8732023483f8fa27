package media

import (
	"encoding/binary"
	"time"
)

// A telephone-event's payload, RFC 4733 section 2.3: event, end bit and volume,
// duration in samples.
const (
	eventSize = 4
	eventEnd  = 0x80
	eventKeys = "0123456789*#ABCD" // RFC 4733 section 3.2, table 3: events 0 to 15
	// segmentMost is where senders start a new segment of a long event, RFC 4733 section 2.5.1.3.
	segmentMost = 0xf000
	// eventQuiet is how long an event that has lost its end goes unheard before it counts as over:
	// four of the usual 50 ms updates.
	eventQuiet = 200 * time.Millisecond
)

// digit is a key that was pressed, once however many packets told of it.
type digit struct {
	key     byte
	samples uint32
}

func (d digit) duration() time.Duration { return time.Duration(d.samples) * nsPerSample }

// digits puts the keys of one leg together from telephone-event packets, any of
// which may be lost, doubled or late.
//
// What makes packets one press is that their events overlap in RTP time: that
// covers the repeated packets (same timestamp), the segments of a long press
// (each starts where the one before ends), and senders that wrongly move the
// timestamp on within a press.
type digits struct {
	known   bool // an event has been heard; the fields below are of the newest one
	active  bool // and its end has not
	wide    bool // its clock is that of Opus
	code    byte
	ssrc    uint32
	start   uint32 // timestamp of its first segment
	segment uint32 // timestamp of its present segment
	samples uint32 // its length so far
	last    uint16 // duration in its newest packet
	heard   int64
}

// take reads one telephone-event packet. It returns up to two finished presses:
// one that this packet shows to be over, and one that it ends.
func (d *digits) take(p *packet, wide bool, now int64) (done [2]digit, n int) {
	if len(p.payload) < eventSize || int(p.payload[0]) >= len(eventKeys) {
		return done, 0
	}
	code, end := p.payload[0], p.payload[1]&eventEnd != 0
	length := binary.BigEndian.Uint16(p.payload[2:])
	switch {
	case d.stale(p):
		return done, 0
	case d.continues(p, code):
		d.grow(p.ts, length)
	default:
		if was, ok := d.finish(); ok {
			done[n] = was
			n++
		}
		*d = digits{
			known: true, active: true, wide: wide, code: code, ssrc: p.ssrc,
			start: p.ts, segment: p.ts, samples: uint32(length), last: length,
		}
	}
	d.heard = now
	if end {
		if was, ok := d.finish(); ok {
			done[n] = was
			n++
		}
	}
	return done, n
}

// stale tells a packet of an earlier event that was overtaken.
func (d *digits) stale(p *packet) bool {
	back := int32(d.start - p.ts)
	return d.known && p.ssrc == d.ssrc && back > 0 && back < int32(10*SampleRate*unitsOf(d.wide))
}

// continues tells whether a packet belongs to the newest press.
func (d *digits) continues(p *packet, code byte) bool {
	if !d.known || p.ssrc != d.ssrc || code != d.code {
		return false
	}
	into := p.ts - d.start
	if into == 0 {
		return true
	}
	return into <= d.samples && (!p.marker || d.last >= segmentMost)
}

// grow lengthens the press by what a packet says.
func (d *digits) grow(ts uint32, length uint16) {
	if ts != d.segment {
		if d.last < segmentMost { // not a segment: a sender that moves its timestamp on
			d.samples = max(d.samples, uint32(length))
			d.last = length
			return
		}
		d.segment, d.last = ts, 0
	}
	d.last = max(d.last, length)
	d.samples = max(d.samples, d.segment-d.start+uint32(length))
}

// finish ends the press, if it is not already.
func (d *digits) finish() (digit, bool) {
	if !d.active {
		return digit{}, false
	}
	d.active = false
	return digit{key: eventKeys[d.code], samples: d.samples / unitsOf(d.wide)}, true
}

// expire ends a press whose end was lost.
func (d *digits) expire(now int64) (digit, bool) {
	if !d.active || now-d.heard < int64(eventQuiet) {
		return digit{}, false
	}
	return d.finish()
}
