package media

import "hotline/call"

// G.722 (ITU-T Rec. G.722, 64 kbit/s) between 8 kHz sound and the wire. The
// codec splits 16 kHz sound into two bands of 8 kHz each and codes either by ADPCM;
// the lower one is the sound below 4 kHz, which is all that G.711 has. So what joins
// the two needs neither the filters of the split nor a resampler: the lower band alone
// is coded, six bits of each octet, and the upper one says silence
// (docs/decisions/0311). Two legs that both speak G.722 are forwarded untouched.
//
// Names in comments (DETL, NBL, QM4 …) are the Recommendation's, section 6.2.

const (
	g722Upper = 0xc0  // IH = 3: the smallest step of the upper band
	g722Most  = 18432 // of NBL
	g722Least = 32    // DETL at reset
	g722Hush  = 0xfa  // what silence is coded as at first
)

// The tables of section 6.2: decision levels Q6, codes for them by sign (ILN, ILP),
// inverse quantisers QM4 and QM6, and what moves the scale factor (WL by RL42, ILB).
var g722Tables = struct {
	q6       [30]int32
	qm4      [16]int32
	qm6      [64]int32
	wl, rl42 [16]int32
	ilb      [32]int32
}{
	q6: [30]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
		714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	},
	qm4: [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	},
	qm6: [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	},
	wl:   [16]int32{-60, -30, 58, 172, 334, 538, 1198, 3042},
	rl42: [16]int32{0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0},
	ilb: [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	},
}

// lowBand is the state that both ends of the lower band keep: predictor and scale factor.
type lowBand struct {
	s, sz   int32    // the next sample as predicted, and the zeros' part in it
	r, p    [3]int32 // reconstructed and partly reconstructed signal, newest first
	a       [3]int32 // poles, from 1
	b, d    [7]int32 // zeros and differences, from 1
	nb, det int32    // logarithmic scale factor, and the factor
}

func newLowBand() *lowBand { return &lowBand{det: g722Least} }

func clip16(v int32) int32 { return min(max(v, -32768), 32767) }

// code is one sample's six bits; 8 kHz sound is twice the band's scale.
func (l *lowBand) code(sample int16) byte {
	e := clip16(int32(sample)>>1 - l.s) // SUBTRA
	magnitude := e
	if e < 0 {
		magnitude = -(e + 1)
	}
	level := 1 // QUANTL
	for level < len(g722Tables.q6) && magnitude >= g722Tables.q6[level]*l.det>>12 {
		level++
	}
	var six byte
	switch {
	case e >= 0:
		six = byte(62 - level) // ILP
	case level < 3:
		six = byte(64 - level) // ILN
	default:
		six = byte(34 - level)
	}
	l.step(six)
	return six | g722Upper
}

// sample is what an octet says of the lower band.
func (l *lowBand) sample(octet byte) int16 {
	six := octet & 0x3f
	low := l.s + l.det*g722Tables.qm6[six]>>15 // INVQBL, RECONS
	low = min(max(low, -16384), 16383)         // LIMIT
	l.step(six)
	return int16(low << 1)
}

// step adapts both ends alike, from the four upper of the six bits.
func (l *lowBand) step(six byte) {
	four := six >> 2
	d := l.det * g722Tables.qm4[four] >> 15 // INVQAL
	nb := l.nb*127>>7 + g722Tables.wl[g722Tables.rl42[four]]
	l.nb = min(max(nb, 0), g722Most)     // LOGSCL
	factor := g722Tables.ilb[l.nb>>6&31] // SCALEL
	if shift := 8 - l.nb>>11; shift < 0 {
		factor <<= -shift
	} else {
		factor >>= shift
	}
	l.det = factor << 2
	l.predict(d)
}

// agree is +v where two values have the same sign, else -v.
func agree(x, y, v int32) int32 {
	if x>>15 == y>>15 {
		return v
	}
	return -v
}

// predict is block 4: the predictor takes a difference in and says the next sample.
func (l *lowBand) predict(d int32) {
	l.d[0] = d
	l.r[0] = clip16(l.s + d)  // RECONS
	l.p[0] = clip16(l.sz + d) // PARREC

	wd := clip16(l.a[1] << 2) // UPPOL2
	two := min(-agree(l.p[0], l.p[1], wd), 32767)>>7 + agree(l.p[0], l.p[2], 128) + l.a[2]*32512>>15
	two = min(max(two, -12288), 12288)
	one := clip16(agree(l.p[0], l.p[1], 192) + l.a[1]*32640>>15) // UPPOL1
	bound := clip16(15360 - two)
	one = min(max(one, -bound), bound)

	move := int32(128) // UPZERO
	if d == 0 {
		move = 0
	}
	for i := 6; i > 0; i-- {
		l.b[i] = clip16(agree(l.d[i], d, move) + l.b[i]*32640>>15)
	}
	copy(l.d[1:], l.d[:6]) // DELAYA
	l.r[2], l.r[1] = l.r[1], l.r[0]
	l.p[2], l.p[1] = l.p[1], l.p[0]
	l.a[2], l.a[1] = two, one

	poles := clip16(l.a[1]*clip16(2*l.r[1])>>15 + l.a[2]*clip16(2*l.r[2])>>15) // FILTEP
	zeros := int32(0)                                                          // FILTEZ
	for i := 6; i > 0; i-- {
		zeros += l.b[i] * clip16(2*l.d[i]) >> 15
	}
	l.sz = clip16(zeros)
	l.s = clip16(poles + l.sz) // PREDIC
}

// bands are a leg's two coders, made when first needed.
type bands struct{ in, out *lowBand }

func (s *stream) bands() *bands {
	if s.band == nil {
		s.band = &bands{in: newLowBand(), out: newLowBand()}
	}
	return s.band
}

// lower decodes what a leg's far end sent. Packets
// are decoded as they come: one that is late or lost is heard for the few
// milliseconds in which the predictor forgets it, and nothing waits for it.
func (s *stream) lower(out []int16, payload []byte) {
	band := s.bands().in
	for i, octet := range payload {
		out[i] = band.sample(octet)
	}
}

// narrowed is linear sound in A-law, for a recorder.
func (t *thread) narrowed(sound []int16) []byte {
	for i, sample := range sound {
		t.law[i] = CompressALaw(sample)
	}
	return t.law[:len(sound)]
}

// code puts linear sound into what is made for a leg, an octet a sample.
func (s *stream) code(codec call.Codec, out []byte, sound []int16) {
	switch codec {
	case call.CodecG722:
		band := s.bands().out
		for i, sample := range sound {
			out[i] = band.code(sample)
		}
	case call.CodecPCMU:
		for i, sample := range sound {
			out[i] = CompressMuLaw(sample)
		}
	default:
		for i, sample := range sound {
			out[i] = CompressALaw(sample)
		}
	}
}

// convert turns a payload of G.711 into what is made for the leg it goes to. All have
// one octet for an eighth of a millisecond, so it keeps its length.
func (t *thread) convert(to *stream, made call.Codec, payload []byte, from call.Codec) {
	switch {
	case made == call.CodecG722:
		band, expand := to.bands().out, ExpandALaw
		if from == call.CodecPCMU {
			expand = ExpandMuLaw
		}
		for i, code := range payload {
			payload[i] = band.code(expand(code))
		}
	case from == call.CodecPCMU:
		t.laws.toA.convert(payload)
	default:
		t.laws.toMu.convert(payload)
	}
}

// encodeG722 codes a whole sound.
func encodeG722(mulaw []byte) []byte {
	band, out := newLowBand(), make([]byte, len(mulaw))
	for i, code := range mulaw {
		out[i] = band.code(ExpandMuLaw(code))
	}
	return out
}
