package recording

import (
	"encoding/binary"
	"math"

	"hotline/media"
)

// feedRoom is how many samples a feed holds at most between two looks at it: 4 s.
const feedRoom = 4 * rate

// Feed lays what two sides of a call say side by side, by the rules of a
// recording, for somebody who listens along. It keeps nothing that was taken. It
// is for one goroutine only.
type Feed struct {
	start  int64 // on the clock of Frame.Arrival
	behind int64 // samples that a place is older than now when it is taken
	base   int64 // first place not yet taken
	sides  [2]feedSide
	marks  marks
}

// feedSide is one channel.
type feedSide struct {
	voices []*voice
	buf    []int16 // from base on
}

// The sides of a Feed.
const (
	FeedCaller = 0
	FeedSeats  = 1
)

// NewFeed begins at a moment of media.Engine's Now. Sound is laid when it is
// behind old, in samples of 1/8000 s: what comes later than that is left out.
func NewFeed(start, behind int64) *Feed {
	return &Feed{start: start, behind: behind}
}

// Hear adds a source to a side, added up with those that are there. It reports
// false when there are too many.
func (f *Feed) Hear(side int, src Source) bool {
	s := &f.sides[side]
	if len(s.voices) >= mostVoices {
		return false
	}
	v := &voice{src: src}
	v.take = func(frame media.Frame) { f.take(s, v, &frame) }
	s.voices = append(s.voices, v)
	return true
}

// Quiet has both sides be silent from a moment on, or no longer.
func (f *Feed) Quiet(on bool, at int64) {
	f.marks.pause(on, max(f.base, samplesIn(at-f.start)))
	f.marks.list = f.marks.list[:0] // nobody asks a feed for them
}

// At is the place of the next sample that Take gives.
func (f *Feed) At() int64 { return f.base }

// Ready is how many samples Take can give at a moment.
func (f *Feed) Ready(now int64) int {
	return int(max(0, samplesIn(now-f.start)-f.behind-f.base))
}

// Drain empties the sources, which hold little.
func (f *Feed) Drain() {
	for i := range f.sides {
		for _, v := range f.sides[i].voices {
			v.src.Read(v.take)
		}
	}
}

// Take appends n samples of each side in turn, 16 bit little-endian, and moves
// on. It reports whether all of them are silent because Quiet wants it.
func (f *Feed) Take(dst []byte, n int) (_ []byte, quiet bool) {
	from := len(dst)
	dst = append(dst, make([]byte, 4*n)...)
	for side := range f.sides {
		buf := f.sides[side].buf
		for i, v := range buf[:min(n, len(buf))] {
			binary.LittleEndian.PutUint16(dst[from+4*i+2*side:], uint16(v))
		}
	}
	silent := int64(0)
	for _, s := range f.marks.silent(f.base, f.base+int64(n)) {
		clear(dst[from+int(s.from-f.base)*4 : from+int(s.to-f.base)*4])
		silent += s.to - s.from
	}
	f.base += int64(n)
	for side := range f.sides {
		s := &f.sides[side]
		s.buf = s.buf[:copy(s.buf, s.buf[min(n, len(s.buf)):])]
	}
	return dst, n > 0 && silent == int64(n)
}

// Late is how many packets came after their place was taken, and how many the rings had no room for.
func (f *Feed) Late() (n uint64) {
	for i := range f.sides {
		for _, v := range f.sides[i].voices {
			n += v.track.facts.Late + v.src.Overruns()
		}
	}
	return n
}

func (f *Feed) take(s *feedSide, v *voice, frame *media.Frame) {
	l, n := lawOf(frame.Codec), len(frame.Payload)
	if l == lawNone || n == 0 || n > mostPacket || frame.Arrival < f.start {
		return
	}
	at, ok := v.track.lay(frame, samplesIn(frame.Arrival-f.start), n, f.base)
	v.track.back = move{}                                                                                 // sound laid by a hunch that was wrong stays where it is
	v.track.facts.Corrections, v.track.holes.list = v.track.facts.Corrections[:0], v.track.holes.list[:0] // nobody asks
	end := at.at + int64(at.to-at.from) - f.base
	if !ok || at.at < f.base || end > feedRoom {
		return
	}
	if more := end - int64(len(s.buf)); more > 0 {
		s.buf = append(s.buf, make([]int16, more)...)
	}
	room := s.buf[at.at-f.base : end]
	for i, b := range frame.Payload[at.from:at.to] {
		p := &room[i]
		*p = int16(max(min(int32(*p)+int32(l.linear(b)), math.MaxInt16), math.MinInt16))
	}
}
