package soundfile

import (
	"errors"
	"io"
	"math"
	"time"
)

// Rate is that of every Clip, in samples a second.
const Rate = 8000

// Clip is a whole sound as a telephone takes it: mono, Rate samples a second, from −1 to 1.
type Clip []float32

// Read reads a file whole: its channels become one by their mean, its rate Rate. A sound without samples, or
// longer than longest, is call.CodeInvalid.
func Read(r io.Reader, longest time.Duration) (Clip, error) {
	s, err := Open(r)
	if err != nil {
		return nil, err
	}
	most := int64(longest.Seconds() * float64(s.Rate()))
	var step *resampler
	if s.Rate() != Rate {
		step = newResampler(s.Rate(), Rate)
	}
	var clip Clip
	var total int64
	piece := make([]float32, 4096*s.Channels())
	for {
		n, err := s.Read(piece)
		mono := mixed(piece[:n], s.Channels())
		if total += int64(len(mono)); total > most {
			return nil, bad("it is longer than %v", longest)
		}
		if step != nil {
			clip = step.feed(clip, mono)
		} else {
			clip = append(clip, mono...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if total == 0 {
		return nil, bad("it is empty")
	}
	if step != nil {
		clip = step.end(clip, total)
	}
	return clip, nil
}

// mixed makes one channel of two, in place. What is no number is silence.
func mixed(p []float32, channels int) []float32 {
	n := len(p) / channels
	for i := range n {
		v := p[i]
		if channels == 2 {
			v = (p[2*i] + p[2*i+1]) / 2
		}
		if v != v || math.IsInf(float64(v), 0) {
			v = 0
		}
		p[i] = min(max(v, -4), 4) // a float file may go beyond 1; the level is set later
	}
	return p[:n]
}

// Duration is how long the clip is.
func (c Clip) Duration() time.Duration {
	return time.Duration(len(c)) * time.Second / Rate
}

// The even level of everything callers hear, in dB relative to full scale.
const (
	// SpeechLevel is that of speech, pauses left out.
	SpeechLevel = -16.0
	// MusicLevel is that of music and tones.
	MusicLevel = -20.0
	// Peak is what no sample is louder than.
	Peak = -1.0
	// Near is how far from its level a sound may be and is left as it was.
	Near = 3.0
	// most is how much a sound is made louder at most: beyond, its noise would be heard.
	most      = 30.0
	quietest  = -60.0 // frames below are silence, whatever the rest is
	pauseDrop = 25.0  // frames so far below the loudest are pauses
	frame     = Rate / 50
)

// Level is the mean power in dB relative to full scale of the 20 ms frames that are no pause: within 25 dB of the
// loudest one and above −60 dB. ok is false for silence.
func (c Clip) Level() (db float64, ok bool) {
	var powers []float64
	loudest := 0.0
	for at := 0; at < len(c); at += frame {
		part := c[at:min(at+frame, len(c))]
		sum := 0.0
		for _, v := range part {
			sum += float64(v) * float64(v)
		}
		powers = append(powers, sum/float64(len(part)))
		loudest = max(loudest, powers[len(powers)-1])
	}
	floor := max(loudest*math.Pow(10, -pauseDrop/10), math.Pow(10, quietest/10))
	sum, n := 0.0, 0
	for _, p := range powers {
		if p >= floor {
			sum, n = sum+p, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	return 10 * math.Log10(sum/float64(n)), true
}

// Peak is the loudest sample in dB relative to full scale.
func (c Clip) Peak() float64 {
	loudest := 0.0
	for _, v := range c {
		loudest = max(loudest, math.Abs(float64(v)))
	}
	return 20 * math.Log10(max(loudest, 1e-9))
}

// Gain is by how many dB the clip has to be made louder to have a level, without a sample above Peak and by 30 dB at
// most; 0 for silence, and for what is within Near of it already and not above Peak.
func (c Clip) Gain(level float64) float64 {
	has, ok := c.Level()
	if !ok {
		return 0
	}
	peak := c.Peak()
	if math.Abs(level-has) <= Near && peak <= 0 {
		return 0
	}
	return min(level-has, Peak-peak, most)
}

// Amplify makes the clip louder by so many dB, in place.
func (c Clip) Amplify(db float64) {
	if db == 0 {
		return
	}
	by := float32(math.Pow(10, db/20))
	for i := range c {
		c[i] *= by
	}
}

// PCM gives the samples as 16 bit numbers.
func (c Clip) PCM() []int16 {
	out := make([]int16, len(c))
	for i, v := range c {
		out[i] = int16(min(max(math.Round(float64(v)*(1<<15)), math.MinInt16), math.MaxInt16))
	}
	return out
}
