package soundfile

import "math"

// The low-pass of the resampler: a sinc under a Kaiser window. What lies above Nyquist of the slower rate less a
// little comes out 80 dB weaker; what lies below 85 % of it (3.4 kHz of 8 kHz) is left as it was.
const (
	passShare  = 0.85 // of the slower rate's half: the pass band's end
	attenuate  = 80.0 // dB
	maxPhases  = 512  // of rates without a small common ratio; nearer ones sound the same on a telephone
	kaiserBeta = 0.1102 * (attenuate - 8.7)
)

// resampler makes samples of one rate out of those of another. It is fed in pieces.
type resampler struct {
	in, out int
	phases  int
	taps    [][]float32 // by phase
	reach   int         // taps before and after the middle
	held    []float32   // samples still needed
	first   int64       // the number of held[0], from the file's beginning
	next    int64       // the number of the next sample that comes out
}

// newResampler makes one for two rates in samples a second.
func newResampler(in, out int) *resampler {
	r := &resampler{in: in, out: out, phases: min(out/gcd(in, out), maxPhases)}
	slow := float64(min(in, out))
	cut := (1 + passShare) / 4 * slow / float64(in)                 // of the input rate: the transition's middle
	width := 2 * math.Pi * (1 - passShare) / 2 * slow / float64(in) // the transition, in radians a sample
	r.reach = int(math.Ceil((attenuate-8)/(2.285*width)/2)) + 1     // Kaiser's estimate of the length
	for phase := range r.phases {
		r.taps = append(r.taps, r.kernel(float64(phase)/float64(r.phases), cut))
	}
	r.held, r.first = make([]float32, r.reach), -int64(r.reach) // silence before the beginning
	return r
}

// kernel is the low-pass as seen from a point between two samples.
func (r *resampler) kernel(offset, cut float64) []float32 {
	taps, sum := make([]float32, 2*r.reach), 0.0
	values := make([]float64, 2*r.reach)
	for i := range values {
		x := float64(i-r.reach+1) - offset
		v := 2 * cut
		if x != 0 {
			v = math.Sin(2*math.Pi*cut*x) / (math.Pi * x)
		}
		if at := x / float64(r.reach); math.Abs(at) < 1 {
			values[i] = v * bessel(kaiserBeta*math.Sqrt(1-at*at)) / bessel(kaiserBeta)
		}
		sum += values[i]
	}
	for i, v := range values {
		taps[i] = float32(v / sum) // no gain at 0 Hz, in any phase
	}
	return taps
}

// bessel is the modified Bessel function of the first kind of order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// feed takes samples and appends what comes out.
func (r *resampler) feed(out, in []float32) []float32 {
	r.held = append(r.held, in...)
	for {
		at := r.next * int64(r.in)
		whole, rest := at/int64(r.out), at%int64(r.out)
		start := whole - int64(r.reach) + 1 - r.first
		if start+int64(2*r.reach) > int64(len(r.held)) {
			r.drop(start)
			return out
		}
		phase := rest * int64(r.phases) / int64(r.out)
		sum := float32(0)
		part := r.held[start : start+int64(2*r.reach)]
		for i, t := range r.taps[phase] {
			sum += t * part[i]
		}
		out = append(out, sum)
		r.next++
	}
}

// drop forgets samples that nothing needs any more.
func (r *resampler) drop(before int64) {
	if before > int64(4*r.reach) {
		r.held = append(r.held[:0], r.held[before:]...)
		r.first += before
	}
}

// end appends what the last samples still have to say: as much as total samples in are worth.
func (r *resampler) end(out []float32, total int64) []float32 {
	out = r.feed(out, make([]float32, r.reach+1))
	if most := (total*int64(r.out) + int64(r.in) - 1) / int64(r.in); int64(len(out)) > most {
		out = out[:most]
	}
	return out
}
