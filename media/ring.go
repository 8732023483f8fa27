package media

import (
	"encoding/binary"
	"sync/atomic"

	"hotline/call"
)

// Frame is one audio packet as the far end sent it, before any conversion; but
// what came in G.722 is told in A-law.
type Frame struct {
	// Arrival is when the packet was read, in nanoseconds of the node's monotonic
	// clock. That clock showed Unix time when the engine started and never jumps
	// since; Engine.Now reads it.
	Arrival int64
	// Seq, Timestamp and SSRC are the packet's own (RFC 3550 section 5.1).
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
	// Codec is what Payload is encoded in.
	Codec call.Codec
	// Payload is valid only until the function it was given to returns.
	Payload []byte
}

// Layout of a frame inside the ring: a fixed head, the payload, padding to a
// multiple of ringAlign. As ringAlign is more than a head, a head always fits
// before the ring's end; one whose length is ringWrap only says that the next
// frame starts at the beginning, since payloads are never split.
const (
	ringHead  = 24
	ringAlign = 32
	ringWrap  = 0xffff
	ringLeast = 1 << 10
	ringMost  = 1 << 26
)

// Ring carries frames from a media thread to one reader without a lock: one
// producer at a time, one consumer, and never a wait. When the reader is too
// slow the newest frames are dropped and counted; the recorder shows them as a gap.
//
// It begins with a quarter of its room. A reader who comes in time never needs
// more; when one is late the producer goes on in a stretch of the full size, until
// the reader has come in time for a while.
//
// Several legs of one call may be tapped into the same ring one after the other:
// they live on one thread, so there is still one producer.
type Ring struct {
	most  int
	to    *stretch // the producer's, as are the next two, of a stretch of the full size
	high  uint64   // the most that was in it since it was empty last
	calm  int      // how often in a row it was emptied before a small one would have been full
	drops atomic.Uint64
	_     [64]byte // keeps the two sides on cache lines of their own
	from  *stretch // the reader's
}

// stretch is a ring of a fixed size. Once it has a next, nothing more comes into it.
type stretch struct {
	buf  []byte
	mask uint64
	next atomic.Pointer[stretch]

	head atomic.Uint64
	_    [64]byte
	tail atomic.Uint64
}

func newStretch(size int) *stretch {
	return &stretch{buf: make([]byte, size), mask: uint64(size - 1)}
}

// NewRing makes a ring of at least this many bytes, rounded up to a power of
// two between 1 KiB and 64 MiB. A 20 ms G.711 frame takes 192 bytes: 16 KiB hold 1.7 s.
func NewRing(bytes int) *Ring {
	size := ringLeast
	for size < bytes && size < ringMost {
		size <<= 1
	}
	r := &Ring{most: size}
	r.to = newStretch(r.least())
	r.from = r.to
	return r
}

// least is the size it begins with.
func (r *Ring) least() int { return max(r.most/4, ringLeast) }

// calmDown is after how many reads in time a ring is small again: five seconds of a recorder's.
const calmDown = 16

// Overruns is how many frames were dropped because the reader was too slow.
func (r *Ring) Overruns() uint64 { return r.drops.Load() }

// Read hands every frame now in the ring to fn, oldest first, and returns how
// many there were. It is for one goroutine only; fn must not keep the payload.
func (r *Ring) Read(fn func(Frame)) (n int) {
	for {
		next := r.from.next.Load() // before reading: then there is all that ever comes
		n += r.from.read(fn)
		if next == nil {
			return n
		}
		r.from = next
	}
}

// write copies a frame in, or counts it as an overrun. Producer side only.
func (r *Ring) write(f *Frame) {
	if len(r.to.buf) > r.least() {
		r.settle(ringSpan(len(f.Payload)))
	}
	if r.to.write(f) {
		return
	}
	if len(r.to.buf) == r.most || ringSpan(len(f.Payload)) > uint64(r.most) {
		r.drops.Add(1)
		return
	}
	r.turn(r.most)
	r.to.write(f)
}

// turn has what comes from now on go into a new stretch.
func (r *Ring) turn(size int) {
	next := newStretch(size)
	r.to.next.Store(next)
	r.to, r.high, r.calm = next, 0, 0
}

// settle notes how full a large stretch gets, and turns to a small one when that would do.
func (r *Ring) settle(span uint64) {
	fill := r.to.head.Load() - r.to.tail.Load()
	if fill > 0 {
		r.high = max(r.high, fill+span)
		return
	}
	r.calm++
	if r.high > uint64(r.least()*3/4) {
		r.calm = 0
	}
	r.high = span
	if r.calm >= calmDown {
		r.turn(r.least())
	}
}

func (r *stretch) read(fn func(Frame)) (n int) {
	tail, head := r.tail.Load(), r.head.Load()
	for tail != head {
		at := tail & r.mask
		size := binary.LittleEndian.Uint16(r.buf[at+18:])
		if size == ringWrap {
			tail += uint64(len(r.buf)) - at
			continue
		}
		fn(r.frame(r.buf[at:], int(size)))
		tail += ringSpan(int(size))
		r.tail.Store(tail) // frame by frame, so that a slow fn gives room back at once
		n++
	}
	r.tail.Store(tail)
	return n
}

// write copies a frame in; false if there is no room.
func (r *stretch) write(f *Frame) bool {
	span := ringSpan(len(f.Payload))
	head := r.head.Load()
	at := head & r.mask
	skip := uint64(0)
	if rest := uint64(len(r.buf)) - at; rest < span {
		skip = rest
	}
	free := uint64(len(r.buf)) - (head - r.tail.Load())
	if len(f.Payload) >= ringWrap || skip+span > free {
		return false
	}
	if skip > 0 {
		binary.LittleEndian.PutUint16(r.buf[at+18:], ringWrap)
		at = 0
	}
	b := r.buf[at:]
	binary.LittleEndian.PutUint64(b, uint64(f.Arrival))
	binary.LittleEndian.PutUint32(b[8:], f.Timestamp)
	binary.LittleEndian.PutUint32(b[12:], f.SSRC)
	binary.LittleEndian.PutUint16(b[16:], f.Seq)
	binary.LittleEndian.PutUint16(b[18:], uint16(len(f.Payload)))
	b[20] = byte(f.Codec)
	copy(b[ringHead:], f.Payload)
	r.head.Store(head + skip + span)
	return true
}

func (r *stretch) frame(b []byte, size int) Frame {
	return Frame{
		Arrival:   int64(binary.LittleEndian.Uint64(b)),
		Timestamp: binary.LittleEndian.Uint32(b[8:]),
		SSRC:      binary.LittleEndian.Uint32(b[12:]),
		Seq:       binary.LittleEndian.Uint16(b[16:]),
		Codec:     call.Codec(b[20]),
		Payload:   b[ringHead : ringHead+size : ringHead+size],
	}
}

// ringSpan is how many bytes of the ring a payload of this size takes.
func ringSpan(payload int) uint64 {
	return uint64(ringHead+payload+ringAlign-1) &^ (ringAlign - 1)
}
