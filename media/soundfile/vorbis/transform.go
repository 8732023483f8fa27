package vorbis

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// transform is the inverse modified discrete cosine transform of one block size: by a cosine transform of type IV of
// half the size, which is a complex Fourier transform of a quarter.
type transform struct {
	n     int          // block size, in samples
	twist []complex128 // exp(-iπ(4k+1)/2n), before
	turn  []complex128 // exp(-iπ4k/2n), after
	roots []complex128 // exp(-2πik/(n/4))
	work  []complex128
	half  []float64
	slope []float32 // the window's rise, n/2 long (section 4.3.1)
}

func newTransform(n int) *transform {
	t := &transform{n: n, work: make([]complex128, n/4), half: make([]float64, n/2)}
	for k := range n / 4 {
		t.twist = append(t.twist, cmplx.Exp(complex(0, -math.Pi*float64(4*k+1)/float64(2*n))))
		t.turn = append(t.turn, cmplx.Exp(complex(0, -math.Pi*float64(4*k)/float64(2*n))))
		t.roots = append(t.roots, cmplx.Exp(complex(0, -2*math.Pi*float64(k)/float64(n/4))))
	}
	for i := range n / 2 {
		s := math.Sin((float64(i) + 0.5) / float64(n/2) * math.Pi / 2)
		t.slope = append(t.slope, float32(math.Sin(math.Pi/2*s*s)))
	}
	return t
}

// inverse makes n samples of n/2 values of a spectrum.
func (t *transform) inverse(spectrum, out []float32) {
	m := t.n / 2
	for k := range t.work {
		t.work[k] = complex(float64(spectrum[2*k]), float64(spectrum[m-1-2*k])) * t.twist[k]
	}
	t.fourier()
	for k, v := range t.work {
		v *= t.turn[k]
		t.half[2*k], t.half[m-1-2*k] = real(v), -imag(v)
	}
	for i := range m / 2 { // the symmetries of the cosines
		out[i] = float32(t.half[i+m/2])
		out[i+m/2] = float32(-t.half[m-1-i])
		out[i+m] = float32(-t.half[m/2-1-i])
		out[i+m+m/2] = float32(-t.half[i])
	}
}

// fourier transforms work in place, by powers of two.
func (t *transform) fourier() {
	a := t.work
	shift := bits.LeadingZeros64(uint64(len(a))) + 1
	for i := range a {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			a[i], a[j] = a[j], a[i]
		}
	}
	for size := 2; size <= len(a); size *= 2 {
		stride := len(a) / size
		for start := 0; start < len(a); start += size {
			for k := range size / 2 {
				x, y := a[start+k], a[start+k+size/2]*t.roots[k*stride]
				a[start+k], a[start+k+size/2] = x+y, x-y
			}
		}
	}
}
