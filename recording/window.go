package recording

import (
	"encoding/binary"
	"math"
)

// window holds the samples of one channel that may still change: the ones
// behind what is written to the file. Its first sample is the recording's base.
type window struct {
	law law
	buf []byte
}

// The window's length in samples: 768 ms, of which a flush leaves 320 behind and 300
// come until the next one. It grows once when a worker was held up for the rest.
const (
	windowUsual = 6144
	windowMost  = 16384
)

// begin makes the window ready for samples of a law.
func (w *window) begin(l law, from *windows) {
	w.law = l
	w.buf = from.take(windowUsual * l.width())
	l.silence(w.buf)
}

// windows keeps the buffers of recordings that have ended for the next ones. It
// is a worker's own.
type windows struct{ free [][]byte }

// windowsKept is how many buffers are kept at most, half a megabyte.
const windowsKept = 64

// take gives a buffer of a size, with whatever is in it.
func (w *windows) take(size int) []byte {
	n := len(w.free)
	if n == 0 || len(w.free[n-1]) != size {
		return make([]byte, size)
	}
	b := w.free[n-1]
	w.free = w.free[:n-1]
	return b
}

// give takes back what a window has, if others can use it.
func (w *windows) give(from *window) {
	if len(from.buf) == windowUsual && len(w.free) < windowsKept {
		w.free = append(w.free, from.buf)
	}
	from.buf = nil
}

// samples is how many the window has room for.
func (w *window) samples() int {
	if w.law == lawNone {
		return 0
	}
	return len(w.buf) / w.law.width()
}

// put copies a packet's samples to a place in the window, which must hold them.
func (w *window) put(at int, payload []byte, l law) {
	if w.law == l {
		copy(w.buf[at:], payload)
		return
	}
	l.decode(w.buf[2*at:2*(at+len(payload))], payload)
}

// add adds a packet's samples to what is there, in a window of 16-bit samples.
func (w *window) add(at int, payload []byte, l law) {
	for i, b := range payload {
		s := w.buf[2*(at+i):]
		sum := int32(int16(binary.LittleEndian.Uint16(s))) + int32(l.linear(b))
		sum = max(min(sum, math.MaxInt16), math.MinInt16)
		binary.LittleEndian.PutUint16(s, uint16(int16(sum)))
	}
}

// move lays the samples from..to so many places earlier, as far as the window
// reaches and none below the floor, and leaves silence behind.
func (w *window) move(from, to, by, floor int) {
	k := w.law.width()
	if first := max(from, by+max(floor, 0)); first < to {
		copy(w.buf[(first-by)*k:], w.buf[first*k:to*k])
	}
	if from = max(from, to-by, 0); from < to {
		w.law.silence(w.buf[from*k : to*k])
	}
}

// widen turns the window's samples into 16-bit ones.
func (w *window) widen() {
	wide := make([]byte, 2*len(w.buf))
	w.law.decode(wide, w.buf)
	w.law, w.buf = lawPCM, wide
}

// grow makes room for more samples.
func (w *window) grow(samples int) {
	old := w.buf
	w.buf = make([]byte, samples*w.law.width())
	n := copy(w.buf, old)
	w.law.silence(w.buf[n:])
}

// slide forgets the first n samples.
func (w *window) slide(n int) {
	kept := copy(w.buf, w.buf[n*w.law.width():])
	w.law.silence(w.buf[kept:])
}

// shrink gives back the room that grow took; what lies beyond must be silence.
func (w *window) shrink() {
	w.buf = append([]byte(nil), w.buf[:windowUsual*w.law.width()]...)
}

// interleave writes the first n samples of both windows as left, right, left, right.
func interleave(dst []byte, left, right *window, n int) []byte {
	dst = dst[:n*left.law.frame()]
	if left.law == lawPCM {
		l, r := left.buf[:2*n], right.buf[:2*n]
		for i := 0; i < len(l); i += 2 {
			d := dst[2*i : 2*i+4 : 2*i+4]
			d[0], d[1], d[2], d[3] = l[i], l[i+1], r[i], r[i+1]
		}
		return dst
	}
	l, r := left.buf[:n], right.buf[:n]
	for i := range l {
		d := dst[2*i : 2*i+2 : 2*i+2]
		d[0], d[1] = l[i], r[i]
	}
	return dst
}
