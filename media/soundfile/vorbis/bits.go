package vorbis

import (
	"math"
	"math/bits"
)

// bitReader reads a packet's bits, the lowest of a byte first (Vorbis I, section 2).
type bitReader struct {
	b    []byte
	at   int  // the next bit
	over bool // read past the end: what was read since is 0
}

// read gives the next n bits, at most 32.
func (r *bitReader) read(n int) uint32 {
	if r.at+n > 8*len(r.b) {
		r.over, r.at = true, 8*len(r.b)
		return 0
	}
	v, got := uint32(0), 0
	for got < n {
		take := min(8-r.at%8, n-got)
		part := uint32(r.b[r.at/8]) >> (r.at % 8) & (1<<take - 1)
		v |= part << got
		got += take
		r.at += take
	}
	return v
}

func (r *bitReader) flag() bool { return r.read(1) != 0 }

// ilog is the number of bits a number needs (section 9.2.1).
func ilog(v int) int { return bits.Len(uint(max(v, 0))) }

// float is a number as codebooks have it (section 9.2.2).
func float(v uint32) float32 {
	mantissa := float64(v & 0x1fffff)
	if v&0x80000000 != 0 {
		mantissa = -mantissa
	}
	return float32(math.Ldexp(mantissa, int(v&0x7fe00000>>21)-788))
}
