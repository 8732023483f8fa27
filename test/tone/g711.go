package tone

import "hotline/call"

// These conversions are computed from ITU-T G.711's definition, on purpose not
// by the engine's tables, so that a test which hears through them checks those.

// Encode turns samples into a G.711 payload.
func Encode(samples []int16, codec call.Codec) []byte {
	out := make([]byte, len(samples))
	for i, s := range samples {
		if codec == call.CodecPCMA {
			out[i] = alaw(s)
		} else {
			out[i] = mulaw(s)
		}
	}
	return out
}

// Decode turns a G.711 payload into samples.
func Decode(payload []byte, codec call.Codec) []int16 {
	out := make([]int16, len(payload))
	for i, b := range payload {
		if codec == call.CodecPCMA {
			out[i] = fromALaw(b)
		} else {
			out[i] = fromMuLaw(b)
		}
	}
	return out
}

// mulaw: sign, a logarithm to base 2 of the biased magnitude, four bits below it, all inverted.
func mulaw(s int16) byte {
	const bias, most = 0x84, 32635
	sign, m := byte(0), int(s)
	if m < 0 {
		sign, m = 0x80, -m
	}
	m = min(m, most) + bias
	exp := 7
	for exp > 0 && m>>(exp+7) == 0 {
		exp--
	}
	return ^(sign | byte(exp)<<4 | byte(m>>(exp+3))&0x0f)
}

func fromMuLaw(b byte) int16 {
	b = ^b
	m := (int(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		m = -m
	}
	return int16(m)
}

// alaw: the same without bias, linear in the lowest two steps, every second bit inverted.
func alaw(s int16) byte {
	sign, m := byte(0x80), int(s)>>4
	if m < 0 {
		sign, m = 0, ^m
	}
	code := m
	if m >= 32 {
		exp := 2
		for m>>(exp+4) != 0 {
			exp++
		}
		code = exp<<4 | m>>(exp-1)&0x0f
	}
	return (sign | byte(code)) ^ 0x55
}

func fromALaw(b byte) int16 {
	b ^= 0x55
	m, exp := int(b&0x0f)<<4+8, b>>4&7
	if exp > 0 {
		m = (m + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		m = -m
	}
	return int16(m)
}
