package media

import "hotline/call"

import "math/bits"

// G.711 as ITU-T Rec. G.711 defines it, on 16-bit linear samples: µ-law's
// 14-bit scale is shifted left by two, A-law's 13-bit scale by three.

const (
	muBias = 33 << 2            // G.711 table 2: every segment starts at a power of two once 33 is added
	muClip = 8158<<2 + 3        // the highest magnitude that is not clipped
	aFlip  = 0x55               // G.711 section 3.3: even bits are inverted on the wire
	aSign  = 0x80               // set for positive samples
	codes  = 256                // of either law
	muHush = byte(0xff)         // µ-law's zero
	aHush  = byte(0x80 ^ aFlip) // A-law's smallest positive value
)

// ExpandMuLaw gives the 16-bit linear sample of a µ-law code.
func ExpandMuLaw(code byte) int16 {
	code = ^code
	exp := code >> 4 & 7
	mag := (int(code&0xf)<<3+muBias)<<exp - muBias
	if code&0x80 != 0 {
		return int16(-mag)
	}
	return int16(mag)
}

// CompressMuLaw gives the µ-law code of a 16-bit linear sample; samples beyond
// the law's range become its outermost codes.
func CompressMuLaw(sample int16) byte {
	mag, sign := int(sample), byte(0)
	if mag < 0 {
		mag, sign = -mag, 0x80
	}
	mag = min(mag, muClip) + muBias
	exp := bits.Len(uint(mag)) - 8
	return ^(sign | byte(exp)<<4 | byte(mag>>(exp+3))&0xf)
}

// ExpandALaw gives the 16-bit linear sample of an A-law code.
func ExpandALaw(code byte) int16 {
	code ^= aFlip
	mag := int(code&0xf)<<4 + 8
	if exp := code >> 4 & 7; exp > 0 {
		mag = (mag + 0x100) << (exp - 1)
	}
	if code&aSign == 0 {
		return int16(-mag)
	}
	return int16(mag)
}

// CompressALaw gives the A-law code of a 16-bit linear sample.
func CompressALaw(sample int16) byte {
	mag, sign := int(sample), byte(aSign)
	if mag < 0 {
		mag, sign = ^mag, 0 // one's complement: the decision values are symmetric around -½
	}
	code := byte(mag >> 4)
	if exp := bits.Len(uint(mag)) - 8; exp > 0 {
		code = byte(exp)<<4 | byte(mag>>(exp+3))&0xf
	}
	return (sign | code) ^ aFlip
}

// lawTable turns each code of one law into the nearest of the other.
type lawTable [codes]byte

// convert rewrites a payload in place.
func (t *lawTable) convert(payload []byte) {
	for i, code := range payload {
		payload[i] = t[code]
	}
}

func muToA() *lawTable {
	t := new(lawTable)
	for i := range t {
		t[i] = CompressALaw(ExpandMuLaw(byte(i)))
	}
	return t
}

func aToMu() *lawTable {
	t := new(lawTable)
	for i := range t {
		t[i] = CompressMuLaw(ExpandALaw(byte(i)))
	}
	return t
}

// expand decodes G.711 into linear samples, as many as there are octets.
func expand(sound []int16, payload []byte, codec call.Codec) {
	if codec == call.CodecPCMA {
		for i, code := range payload {
			sound[i] = ExpandALaw(code)
		}
		return
	}
	for i, code := range payload {
		sound[i] = ExpandMuLaw(code)
	}
}
