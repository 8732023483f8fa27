// Package tone makes pure tones and finds them again, so that a test proves by
// frequency who heard whom: each party of a call plays a tone of its own.
package tone

import (
	"math"
	"time"

	"hotline/call"
)

// Rate is the sample rate of G.711, in Hz.
const Rate = 8000

// amplitude of generated tones: -12 dB of full scale, far from clipping.
const amplitude = 8192

// Sine gives a tone as samples.
func Sine(freq, seconds float64, rate int) []int16 {
	out := make([]int16, int(seconds*float64(rate)+0.5))
	for i := range out {
		out[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))))
	}
	return out
}

// Generate gives a tone as a raw G.711 file or payload, 8,000 bytes a second.
func Generate(freq, seconds float64, codec call.Codec) []byte {
	return Encode(Sine(freq, seconds, Rate), codec)
}

// block is the stretch in which a tone is looked for, so that a jump of phase
// (a lost packet, a new talk spurt) costs one block only. Its inverse, 10 Hz,
// is how near two frequencies may be.
const block = 100 * time.Millisecond

// Detect gives each frequency's share of the power of the whole, 0 to 1; all
// are 0 in silence. Multiples of 10 Hz don't disturb one another.
func Detect(samples []int16, rate int, freqs ...float64) map[float64]float64 {
	total := 0.0
	at := make(map[float64]float64, len(freqs))
	for b := range blocks(samples, rate) {
		total += energy(b)
		for _, f := range freqs {
			at[f] += goertzel(b, rate, f)
		}
	}
	for _, f := range freqs {
		if total > 0 {
			at[f] = min(1, at[f]/total)
		} else {
			at[f] = 0
		}
	}
	return at
}

// Dominant gives the frequency with the most power between 100 and 3,400 Hz,
// to the nearest 10 Hz; 0 in silence or where none has a third of the power.
func Dominant(samples []int16, rate int) float64 {
	if Loudness(samples) < silence {
		return 0
	}
	var freqs []float64
	for f := 100.0; f <= 3400; f += 10 {
		freqs = append(freqs, f)
	}
	best, most := 0.0, 1.0/3
	for f, share := range Detect(samples, rate, freqs...) {
		if share > most {
			best, most = f, share
		}
	}
	return best
}

// Timeline gives the Dominant of each 100 ms, as a test reads who spoke when.
func Timeline(samples []int16, rate int) []float64 {
	var out []float64
	for b := range blocks(samples, rate) {
		out = append(out, Dominant(b, rate))
	}
	return out
}

// Heard gives how long a frequency dominated in all.
func Heard(samples []int16, rate int, freq float64) time.Duration {
	n := 0
	for b := range blocks(samples, rate) {
		if dominates(b, rate, freq) {
			n++
		}
	}
	return time.Duration(n) * block
}

// dominates is whether Dominant is within 10 Hz of a frequency. Where that has
// more than half of the power, or less than a third, nothing else need be looked at.
func dominates(b []int16, rate int, freq float64) bool {
	if Loudness(b) < silence {
		return false
	}
	total, near := energy(b), 0.0
	for f := 10 * math.Ceil((freq-10)/10); f <= freq+10; f += 10 {
		near = max(near, goertzel(b, rate, f)/total)
	}
	if near <= 1.0/3 || near > 0.5 {
		return near > 0.5
	}
	return math.Abs(Dominant(b, rate)-freq) <= 10
}

// silence is the loudness below which nothing is heard; G.711's idle noise lies below it.
const silence = 50

// Loudness is the root mean square of the samples, 0 to 32,768.
func Loudness(samples []int16) float64 {
	if len(samples) == 0 {
		return 0
	}
	return math.Sqrt(energy(samples) / float64(len(samples)))
}

// blocks cuts samples into stretches; a remainder shorter than one is left
// out, unless it is all there is.
func blocks(samples []int16, rate int) func(yield func([]int16) bool) {
	n := max(1, int(block.Seconds()*float64(rate)))
	return func(yield func([]int16) bool) {
		if len(samples) > 0 && len(samples) < n {
			yield(samples)
			return
		}
		for at := 0; at+n <= len(samples); at += n {
			if !yield(samples[at : at+n]) {
				return
			}
		}
	}
}

func energy(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return sum
}

// goertzel gives the energy of the samples at one frequency, so scaled that a
// pure tone of that frequency has all of it (G. Goertzel, 1958).
func goertzel(samples []int16, rate int, freq float64) float64 {
	w := 2 * math.Pi * freq / float64(rate)
	c := 2 * math.Cos(w)
	var s1, s2 float64
	for _, x := range samples {
		s1, s2 = float64(x)+c*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - c*s1*s2
	return 2 * power / float64(len(samples))
}
