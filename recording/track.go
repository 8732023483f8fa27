package recording

import (
	"time"

	"hotline/call"
	"hotline/media"
)

// Limits that decide when a packet's timestamp no longer tells its place and
// its arrival does, in samples. See docs/recording.md, "Where a packet goes".
const (
	gapLimit   = 200 * rate / 1000 // a hole in RTP time this long is a gap, not loss
	earlyLimit = 200 * rate / 1000 // a place this far ahead of the arrival is a jump
	lateLimit  = 300 * rate / 1000 // and this far behind it: the timestamps stood still
)

// mostCorrections bounds a recording's facts; further ones are added to the last.
const mostCorrections = 1024

// anchor maps RTP time to places in the recording.
type anchor struct {
	ts    int64 // extended RTP timestamp …
	at    int64 // … and its place, in samples from the recording's start
	floor int64 // places below belong to the anchor before
	until int64 // timestamps from here on belong to the next anchor; set when it is replaced
	ceil  int64 // places from here on belong to the next anchor; set when it is replaced
}

func (a anchor) place(ts int64) int64 { return a.at + ts - a.ts }

// stream is one SSRC's numbers and the anchors of its time.
type stream struct {
	sequence
	now    anchor
	before anchor
	turned bool // before is set
}

// anchorFor is the anchor that an overtaken packet belongs to: the one before
// when its time is nearer to the end of that one's than to the newest packet's, or is newer than that, which nothing overtaken
// can be.
func (s *stream) anchorFor(ts int64) (a anchor, closed bool) {
	behind := s.before.until - ts
	if s.turned && behind > 0 && (ts > s.ts || behind <= s.ts-ts) {
		return s.before, true
	}
	return s.now, false
}

// judge says what a packet of this stream is.
func (s *stream) judge(f *media.Frame) verdict {
	v := s.sequence.judge(f.Seq, f.Timestamp)
	if v == restarted && s.turned && s.aged(f.Timestamp, s.before.until) {
		return s.older(f.Seq) // overtaken by a jump of the timestamps
	}
	return v
}

// replace makes a new anchor the one in force; the old one keeps what is laid.
func (t *track) replace(a anchor) {
	s := &t.cur
	s.before, s.turned = s.now, true
	s.before.until, s.before.ceil = s.tsEnd, t.end
	s.now = a
}

// hunch is an anchor made because a packet came far behind its place. Either
// the sender's timestamps had stood still, and the arrival is the truth; or the
// net had held the packets up, and they now come all at once: then the next one
// comes too soon after it, and the hunch is taken back.
type hunch struct {
	live    bool
	since   int64 // arrival of its first packet, which is its place
	late    int64 // how far behind its place by the anchor before that was
	from    int64 // the lowest place laid by it
	end     int64 // the track's end before it
	packets int64
}

// move is samples to be laid elsewhere: places from..to go back by so many, none below the floor.
type move struct{ from, to, by, floor int64 }

// A hunch stands after hunchTime; and for as long after it was taken back, late
// packets are late and nothing else. It is taken back when sound has come this
// much sooner than it can have been said.
const (
	hunchTime  = 100 * rate / 1000
	hunchProof = 40 * rate / 1000
)

// track lays the packets of one side. It is pure: it knows neither file nor clock.
type track struct {
	cur   stream
	old   stream // the SSRC before; stragglers of it may still come
	end   int64  // one past the last sample laid
	skew  skew
	hunch hunch
	burst int64  // until this arrival, packets held up by the net are expected
	back  move   // what a hunch laid and must be moved; the caller carries it out
	lost  uint64 // by streams that are over
	holes losses
	facts call.TrackFacts
}

// spot is where a packet's samples from..to go.
type spot struct {
	at       int64 // place of sample `from`
	from, to int
}

// lay finds the place of a packet of n samples that arrived at the given
// place on the node's clock. base is the first place not yet written. It
// reports false when nothing of the packet is to be written.
func (t *track) lay(f *media.Frame, arrival int64, n int, base int64) (spot, bool) {
	t.holes.settle(base)
	if !t.cur.started {
		return t.first(f, arrival, n, base)
	}
	if f.SSRC != t.cur.ssrc {
		if t.old.started && f.SSRC == t.old.ssrc && t.straggler(f) {
			return t.fill(&t.old, f, n, base)
		}
		return t.first(f, arrival, n, base)
	}
	switch t.cur.judge(f) {
	case duplicate:
		return spot{}, false
	case ancient:
		t.facts.Packets++
		t.facts.Late++
		return spot{}, false
	case reordered:
		return t.fill(&t.cur, f, n, base)
	case restarted:
		return t.first(f, arrival, n, base)
	default:
		return t.next(f, arrival, n, base)
	}
}

// straggler tells whether a packet of the SSRC before was overtaken by the
// change; one with a new number is a change back.
func (t *track) straggler(f *media.Frame) bool {
	return t.old.judge(f) == reordered
}

// first takes the first packet of a stream: its arrival is its place.
func (t *track) first(f *media.Frame, arrival int64, n int, base int64) (spot, bool) {
	if t.cur.started {
		t.lost += t.cur.lost()
		t.old = t.cur
		t.old.now.ceil = t.end
		t.old.now.until = t.cur.tsEnd
	}
	t.hunch.live = false
	t.cur = stream{}
	t.cur.begin(f.SSRC, f.Seq, f.Timestamp, n)
	t.cur.now = t.anchored(t.cur.ts, arrival)
	t.facts.Packets++
	t.skew.observe(arrival, arrival-t.cur.now.at)
	return t.cut(t.cur.now, false, t.cur.ts, n, base)
}

// anchored makes an anchor at the arrival. Sound already laid is never laid
// over: the anchor moves behind it, or, when that would be a jump into the
// future, the new sound is cut and the cut is marked.
func (t *track) anchored(ts, arrival int64) anchor {
	t.facts.Anchors++
	t.skew.reset()
	at := arrival
	if ahead := t.end - arrival; ahead > earlyLimit {
		t.correct(-ahead)
	} else if ahead > 0 {
		at = t.end
	}
	return anchor{ts: ts, at: at, floor: t.end}
}

// next takes a packet newer than all before it.
func (t *track) next(f *media.Frame, arrival int64, n int, base int64) (spot, bool) {
	s := &t.cur
	ts := s.extend(f.Timestamp)
	t.check(ts, arrival, n, base)
	at, end := s.now.place(ts), s.now.place(s.tsEnd)
	late := arrival - at
	back := ts < s.tsEnd // its time overlaps the packet before
	gap := ts-s.tsEnd > gapLimit
	behind := late > lateLimit && arrival > t.burst
	if back || gap || behind || late < -earlyLimit {
		t.hunch = hunch{}
		if behind && !back && !gap && t.end <= arrival {
			t.hunch = hunch{live: true, since: arrival, late: late, from: arrival, end: t.end}
		}
		t.replace(t.anchored(ts, arrival))
		t.skew.observe(arrival, arrival-s.now.at)
	} else if shift := t.skew.observe(arrival, late); shift != 0 {
		t.hunch = hunch{}
		t.correct(shift)
		t.replace(anchor{ts: ts, at: at + shift, floor: t.end})
	}
	t.holes.miss(end, s.now.place(ts), int64(int16(f.Seq-uint16(s.high)))-1)
	s.advance(f.Seq, f.Timestamp, n)
	t.facts.Packets++
	return t.cut(s.now, false, ts, n, base)
}

// check looks whether a packet speaks against the hunch that is being followed.
func (t *track) check(ts, arrival int64, n int, base int64) {
	h, s := &t.hunch, &t.cur
	if !h.live {
		return
	}
	h.packets++
	h.live = arrival-h.since < hunchTime
	early := s.now.place(ts) - arrival
	if !h.live || early < hunchProof || early > h.late { // more than was held up is no burst
		return
	}
	h.live = false
	t.back = move{from: h.from, to: t.end, by: h.late, floor: s.before.floor}
	t.holes.moved(t.back)
	if gone := base - (h.from - h.late); gone > 0 {
		t.facts.Late += uint64(min(h.packets, (gone+int64(n)-1)/int64(n)))
	}
	if t.end -= h.late; t.end <= base {
		t.end = h.end // all of it comes too late
	}
	t.burst = arrival + hunchTime
	t.facts.Anchors--
	t.skew.reset()
	s.now, s.turned = s.before, false
}

// fill takes a packet that others have overtaken: it falls into the place they left.
func (t *track) fill(s *stream, f *media.Frame, n int, base int64) (spot, bool) {
	before := s.lost()
	s.fillIn(f.Seq)
	if s != &t.cur {
		t.lost -= before - s.lost() // it was added when the stream ended
	}
	t.facts.Packets++
	ts := s.extend(f.Timestamp)
	a, closed := s.anchorFor(ts)
	if t.hunch.live && !closed && s == &t.cur {
		t.hunch.packets++
		t.hunch.from = min(t.hunch.from, max(a.floor, a.place(ts)))
	}
	laid, some := t.cut(a, closed || s != &t.cur, ts, n, base)
	if some {
		t.holes.fill(laid.at, laid.at+int64(laid.to-laid.from))
	}
	return laid, some
}

// cut limits a packet to what its anchor may lay and to what is not yet written.
func (t *track) cut(a anchor, closed bool, ts int64, n int, base int64) (spot, bool) {
	at := a.place(ts)
	from, to := max(0, a.floor-at), int64(n)
	if closed {
		to = min(to, a.ceil-at)
	}
	if from < to && at+from < base {
		t.facts.Late++
		from = base - at
	}
	if from >= to {
		return spot{}, false
	}
	t.end = max(t.end, at+to)
	return spot{at: at + from, from: int(from), to: int(to)}, true
}

// correct marks samples inserted or dropped.
func (t *track) correct(samples int64) {
	c := call.TrackCorrection{At: duration(t.end), Samples: int(samples)}
	if n := len(t.facts.Corrections); n == mostCorrections {
		t.facts.Corrections[n-1].Samples += c.Samples
		return
	}
	t.facts.Corrections = append(t.facts.Corrections, c)
}

// result is the track's facts so far.
func (t *track) result(overrun uint64) call.TrackFacts {
	facts := t.facts
	facts.Lost = t.lost + t.cur.lost()
	facts.Overrun = overrun
	facts.Corrections = append([]call.TrackCorrection(nil), facts.Corrections...)
	facts.Losses = t.holes.all()
	return facts
}

// duration is the time that samples take.
func duration(samples int64) time.Duration {
	return time.Duration(samples) * (time.Second / rate)
}

// samplesIn is how many samples a time takes, rounded down.
func samplesIn(ns int64) int64 { return ns / int64(time.Second/rate) }
