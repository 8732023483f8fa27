package media

import (
	"math"
	"time"

	"hotline/call"
)

// Keys as tones within the sound (ITU-T Q.23), for far ends that send no
// telephone-events. What counts as one follows Q.24: levels, twist, frequencies and times
// of a receiver in an exchange; what speech does is kept out by asking, of both tones at once,
// for their exact frequency, for hardly anything beside them, and for both over 30 ms.
//
// The sound is worked off in hops of 5 ms. Of each hop the spectrum at the eight frequencies is
// taken once (Goertzel's sums by table); the newest hops added in phase make the window that is looked at,
// and how far the phase moves from window to window is how far the tone is off its frequency.
const (
	hopSamples = SampleRate / 200 // 5 ms
	lowHops    = 4                // the window of the low tones, 20 ms: 73 Hz apart
	highHops   = 3                // of the high tones, 15 ms: 1.5 % of 1633 Hz is 24 Hz
	hitsLeast  = 4                // windows in a row: certain from 32 ms on, never below 27 (Q.24: 40; 23)
	missesMost = 7                // a break of 10 ms is none, one of 40 ms parts two presses
	offMost    = 0.023            // of a frequency: Q.24 wants 1.5 % + 2 Hz taken and 3.5 % refused
	pureLeast  = 0.8              // of the power: both tones
	otherMost  = 0.16             // of a tone: the next of its group, −8 dB
	toneGap    = 100 * time.Millisecond
	toneQuiet  = 200 * time.Millisecond
	// toneLeast is each tone's level, −36 dBm0, as a mean square of samples: a full-scale sine is +3.14 dBm0
	// in A-law (ITU-T G.711). Q.24 wants −25 dBm taken, and gateways hand lines on 6 dB down.
	toneLeast = 32768 * 32768 / 2 * 1.22e-4
)

// Twist is how much louder one tone may be than the other (Q.24 table A-1, its widest): the low one by 8 dB, the
// high one, which a line weakens more, by 6; and 1.5 dB for what each tone leaks into the window of the other.
var lowTwist, highTwist = decibels(9.5), decibels(7.5)

func decibels(db float64) float64 { return math.Pow(10, db/10) }

var (
	toneFrequencies = [8]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633}
	toneKeys        = [4]string{"123A", "456B", "789C", "*0#D"}
)

// toneWaves are e^(−jωn) of the frequencies over a hop, and turns e^(−jωk·hop) over the hops of a window.
var toneWaves, toneTurns = makeWaves()

func makeWaves() (waves [hopSamples][8][2]float32, turns [lowHops + 1][8]complex128) {
	for f, hz := range toneFrequencies {
		w := 2 * math.Pi * hz / SampleRate
		for n := range waves {
			sin, cos := math.Sincos(w * float64(n))
			waves[n][f] = [2]float32{float32(cos), float32(-sin)}
		}
		for k := range turns {
			sin, cos := math.Sincos(w * hopSamples * float64(k))
			turns[k][f] = complex(cos, -sin)
		}
	}
	return waves, turns
}

// hop is the spectrum of 5 ms, and its power.
type hop struct {
	bins  [8]complex128
	power float64
}

// toneEar hears the keys of one leg.
type toneEar struct {
	hop   [hopSamples]int16
	n     int // samples in it
	hops  [lowHops]hop
	last  [8]complex128 // the window before
	known bool          // there was one

	begun bool
	ssrc  uint32
	ts    uint32 // where the next packet goes on
	heard int64

	key     byte // that is pressed, or was last
	pressed bool
	length  int  // hops since its beginning
	misses  int  // windows without it in a row
	next    byte // that may be coming
	hits    int  // windows in a row with it
}

// take hears a packet's sound and gives the presses that ended in it, at most two.
func (e *toneEar) take(sound []int16, ssrc, ts uint32, now int64) (done [2]digit, n int) {
	e.heard = now
	gap := int32(ts - e.ts)
	switch {
	case e.begun && ssrc == e.ssrc && gap < 0 && gap > -tsStray:
		return done, 0 // late: what it tells has been passed over
	case !e.begun || ssrc != e.ssrc || gap < 0 || gap > int32(toneGap/nsPerSample):
		if d, ok := e.release(); ok {
			done[n], n = d, n+1
		}
		*e = toneEar{begun: true, ssrc: ssrc, heard: now}
	default: // what was lost, or left out as silence
		for range gap {
			e.sample(0, &done, &n)
		}
	}
	e.ts = ts + uint32(len(sound))
	for _, s := range sound {
		e.sample(s, &done, &n)
	}
	return done, n
}

func (e *toneEar) sample(s int16, done *[2]digit, n *int) {
	e.hop[e.n] = s
	if e.n++; e.n < hopSamples {
		return
	}
	e.n = 0
	if d, ok := e.look(); ok && *n < len(done) {
		done[*n] = d
		*n++
	}
}

// look works off a hop; it gives a press that has ended.
func (e *toneEar) look() (digit, bool) {
	copy(e.hops[1:], e.hops[:lowHops-1])
	e.hops[0].measure(&e.hop)
	key := e.window()
	if e.pressed {
		e.length++
	}
	if key != 0 && key == e.next {
		e.hits++
	} else {
		e.next, e.hits = key, 1
	}
	switch {
	case e.pressed && key == e.key:
		e.misses = 0
		return digit{}, false
	case key != 0 && e.hits >= hitsLeast:
		d, ok := e.release()
		e.key, e.pressed, e.misses, e.length = key, true, 0, hitsLeast+lowHops-2
		return d, ok
	case !e.pressed:
		return digit{}, false
	}
	if e.misses++; e.misses < missesMost {
		return digit{}, false
	}
	return e.release()
}

// release ends a press.
func (e *toneEar) release() (digit, bool) {
	if !e.pressed {
		return digit{}, false
	}
	e.pressed = false
	return digit{key: e.key, samples: uint32(max(e.length-e.misses, 1) * hopSamples)}, true
}

// expire ends a press after which nothing came at all.
func (e *toneEar) expire(now int64) (digit, bool) {
	if e == nil || !e.pressed || now-e.heard < int64(toneQuiet) {
		return digit{}, false
	}
	return e.release()
}

// measure takes a hop's spectrum. A hop far below a tone's level, which is most of what a listening caller sends, has
// nothing that would count in a window.
func (h *hop) measure(sound *[hopSamples]int16) {
	power := 0
	for _, s := range sound {
		power += int(s) * int(s)
	}
	*h = hop{power: float64(power) / hopSamples}
	if h.power < toneLeast/8 {
		return
	}
	var re, im [8]float32
	for n, s := range sound {
		x := float32(s)
		wave := &toneWaves[n]
		for f := range wave {
			re[f] += x * wave[f][0]
			im[f] += x * wave[f][1]
		}
	}
	for f := range re {
		h.bins[f] = complex(float64(re[f]), float64(im[f]))
	}
}

// window looks at the newest hops: the key whose two tones they are, or 0.
func (e *toneEar) window() byte {
	before, known := e.last, e.known
	total := 0.0
	for i := range e.hops {
		total += e.hops[i].power / lowHops
	}
	if total < 2*toneLeast { // nobody speaks: most of the time
		e.known = false
		return 0
	}
	for f := range e.last {
		e.last[f] = e.sum(f)
	}
	if e.known = true; !known {
		return 0
	}
	low, ok := strongest(&e.last, 0)
	if !ok {
		return 0
	}
	high, ok := strongest(&e.last, 4)
	if !ok {
		return 0
	}
	p, q := tonePower(e.last[low], before[low], low), tonePower(e.last[high], before[high], high)
	if p < toneLeast || q < toneLeast || p > q*lowTwist || q > p*highTwist || p+q < pureLeast*total {
		return 0
	}
	return toneKeys[low][high-4]
}

// sum adds the hops of a frequency's window, in phase with its oldest sample.
func (e *toneEar) sum(f int) (x complex128) {
	hops := hopsOf(f)
	for k := range hops {
		x += e.hops[hops-1-k].bins[f] * toneTurns[k][f]
	}
	return x
}

// hopsOf is the length of a frequency's window.
func hopsOf(f int) int {
	if f < 4 {
		return lowHops
	}
	return highHops
}

// strongest is the frequency of a group (from 0: low, from 4: high) that stands out.
func strongest(bins *[8]complex128, from int) (best int, ok bool) {
	var most, second float64
	for f := from; f < from+4; f++ {
		switch p := square(bins[f]); {
		case p > most:
			most, second, best = p, most, f
		case p > second:
			second = p
		}
	}
	return best, second < otherMost*most
}

func square(x complex128) float64 { return real(x)*real(x) + imag(x)*imag(x) }

// tonePower is a tone's mean square, by its window and the one a hop before: 0 for one that is off
// its frequency. A tone beside the middle of its bin is measured too weak, by sinc², which is made good.
func tonePower(x, before complex128, f int) float64 {
	moved := x * complex(real(before), -imag(before)) * toneTurns[1][f]
	off := math.Atan2(imag(moved), real(moved)) / (2 * math.Pi) * SampleRate / hopSamples // in Hz
	if math.Abs(off) > offMost*toneFrequencies[f] {
		return 0
	}
	size := float64(hopsOf(f) * hopSamples)
	sinc := 1.0
	if a := math.Pi * off * size / SampleRate; math.Abs(a) > 1e-6 {
		sinc = math.Sin(a) / a
	}
	return 2 * square(x) / (size * size * sinc * sinc)
}

// hearTones listens for keys in the sound of a leg that nobody talks to: one in a flow, a queue or an announcement.
func (t *thread) hearTones(s *stream, n narrow, now int64) {
	if s.tones == nil {
		s.tones = new(toneEar)
	}
	done, count := s.tones.take(n.sound, n.ssrc, n.ts, now)
	for _, d := range done[:count] {
		s.event(call.SoundDigit{Digit: d.key, Duration: d.duration()})
	}
}

// wantsTones tells whether keys may come as tones: the flow, or whoever is to hear them, has the leg's ear, and no
// telephone-event was agreed on or, where the site says that tones come all the same, has been heard.
func (s *stream) wantsTones() bool {
	switch {
	case s.peer != nil || s.place != nil:
		return false
	case s.keysBy == call.KeysInband:
		return !s.keys.known
	default:
		return s.keysBy == call.KeysAuto && s.spec.DTMF == 0 && s.spec.WideDTMF == 0
	}
}
