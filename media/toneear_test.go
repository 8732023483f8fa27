package media

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// press is a key as tones: levels in dBm0, and how far each is off its frequency (0.01 is 1 %).
type press struct {
	key             byte
	low, high       float64
	offLow, offHigh float64
	on, off         time.Duration
	noise           float64 // dBm0 over the band, 0: none
	broken          time.Duration
}

func usualPress(key byte) press {
	return press{key: key, low: -10, high: -10, on: 40 * time.Millisecond, off: 40 * time.Millisecond}
}

// amplitude of a sine of so many dBm0, of which a full-scale one has 3.14.
func amplitude(dbm float64) float64 { return 32767 * math.Pow(10, (dbm-3.14)/20) }

func samplesOf(d time.Duration) int { return int(d * SampleRate / time.Second) }

// tones renders presses, with 50 ms of silence before and 100 ms behind.
func tones(all ...press) (sound []int16) {
	random := rand.New(rand.NewPCG(3, 4))
	silence := func(d time.Duration) {
		for range samplesOf(d) {
			sound = append(sound, 0)
		}
	}
	silence(50 * time.Millisecond)
	for _, p := range all {
		var low, high float64
		for i, keys := range toneKeys {
			if j := strings.IndexByte(keys, p.key); j >= 0 {
				low, high = toneFrequencies[i]*(1+p.offLow), toneFrequencies[4+j]*(1+p.offHigh)
			}
		}
		first := samplesOf(p.on) / 2
		for n := range samplesOf(p.on) {
			at := float64(n) / SampleRate * 2 * math.Pi
			v := amplitude(p.low)*math.Sin(low*at+1) + amplitude(p.high)*math.Sin(high*at)
			if n >= first && n < first+samplesOf(p.broken) {
				v = 0
			}
			if p.noise != 0 {
				v += amplitude(p.noise) / math.Sqrt2 * random.NormFloat64()
			}
			sound = append(sound, int16(max(-32768, min(32767, v))))
		}
		silence(p.off)
	}
	silence(100 * time.Millisecond)
	return sound
}

// keysIn has an ear hear sound, as its codec leaves it, in packets.
func keysIn(sound []int16, codec call.Codec, packet int) (keys string, lengths []time.Duration) {
	ear := new(toneEar)
	through := make([]int16, packet)
	for ts := 0; ts+packet <= len(sound); ts += packet {
		for i, s := range sound[ts : ts+packet] {
			if codec == call.CodecPCMA {
				through[i] = ExpandALaw(CompressALaw(s))
			} else {
				through[i] = ExpandMuLaw(CompressMuLaw(s))
			}
		}
		done, n := ear.take(through, 7, uint32(ts)+(1<<32-500), 0)
		for _, d := range done[:n] {
			keys += string(d.key)
			lengths = append(lengths, d.duration())
		}
	}
	return keys, lengths
}

// Each key in each shape that Q.24 wants taken is heard, once.
func TestTonesAreHeard(t *testing.T) {
	shapes := map[string]func(*press){
		"usual":             func(*press) {},
		"loudest":           func(p *press) { p.low, p.high = -3.5, -3.5 },
		"faintest":          func(p *press) { p.low, p.high = -29, -29 },
		"high 6 dB louder":  func(p *press) { p.low = -16 },
		"low 8 dB louder":   func(p *press) { p.high = -18 },
		"1.5 % high":        func(p *press) { p.offLow, p.offHigh = 0.015, 0.015 },
		"1.5 % low":         func(p *press) { p.offLow, p.offHigh = -0.015, -0.015 },
		"1.5 % apart":       func(p *press) { p.offLow, p.offHigh = 0.015, -0.015 },
		"noise 15 dB below": func(p *press) { p.noise = -22 },
		"broken for 10 ms":  func(p *press) { p.on, p.broken = 100*time.Millisecond, 10*time.Millisecond },
	}
	for name, shape := range shapes {
		for _, codec := range []call.Codec{call.CodecPCMA, call.CodecPCMU} {
			for shift := range 40 { // against the hops
				var all []press
				for _, key := range []byte("1234567890*#ABCD") {
					p := usualPress(key)
					shape(&p)
					p.off += time.Duration(shift) * 125 * time.Microsecond
					all = append(all, p)
				}
				keys, _ := keysIn(tones(all...), codec, []int{80, 160, 240}[shift%3])
				require.Equal(t, "1234567890*#ABCD", keys, "%s %s %d", name, codec, shift)
			}
		}
	}
}

// What is no key is none, and a key held is one, as long as it was.
func TestTonesThatAreNone(t *testing.T) {
	for name, shape := range map[string]func(*press){
		"too short":        func(p *press) { p.on = 23 * time.Millisecond },
		"too faint":        func(p *press) { p.low, p.high = -42, -42 },
		"low far off":      func(p *press) { p.offLow = 0.035 },
		"high far off":     func(p *press) { p.offHigh = -0.035 },
		"high much louder": func(p *press) { p.low = -22 },
		"low much louder":  func(p *press) { p.high = -24 },
		"one tone alone":   func(p *press) { p.low = -90 },
		"drowned":          func(p *press) { p.noise = -6 },
	} {
		for _, key := range []byte("1234567890*#ABCD") {
			p := usualPress(key)
			shape(&p)
			keys, _ := keysIn(tones(p, p, p), call.CodecPCMA, 160)
			require.Empty(t, keys, "%s %c", name, key)
		}
	}
	for _, want := range []time.Duration{50 * time.Millisecond, 120 * time.Millisecond, 2 * time.Second} {
		p := usualPress('5')
		p.on = want
		keys, lengths := keysIn(tones(p, p), call.CodecPCMU, 160)
		require.Equal(t, "55", keys)
		require.InDelta(t, want.Seconds(), lengths[0].Seconds(), 0.016)
	}
}

// A packet of a key that is lost parts it no more than a break of its length would; one left out as silence does.
func TestTonesWithLosses(t *testing.T) {
	p := usualPress('7')
	p.on, p.off = 200*time.Millisecond, 100*time.Millisecond
	sound := tones(p, p)
	for lost := range len(sound) / 160 {
		ear, keys := new(toneEar), ""
		for i := range len(sound) / 160 {
			if i == lost {
				continue
			}
			done, n := ear.take(sound[i*160:][:160], 1, uint32(i*160), 0)
			for _, d := range done[:n] {
				keys += string(d.key)
			}
			_, n = ear.take(sound[i*160:][:160], 1, uint32(i*160), 0)
			require.Zero(t, n, "a copy")
		}
		require.Equal(t, "77", keys, lost)
	}
	ear := new(toneEar)
	ear.take(sound[:160*8], 1, 0, 0)
	d, ok := ear.expire(int64(toneQuiet))
	require.True(t, ok, "nothing came any more")
	require.EqualValues(t, '7', d.key)
}

// Hours of speech and music hold no key: each shipped prompt, and the music, at many speeds, which moves every
// formant and every pitch through the tones' frequencies.
func TestSpeechAndMusicAreNoKeys(t *testing.T) {
	files, err := filepath.Glob("../ivr/prompts/*/*.wav")
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	var all []int16
	for _, name := range files {
		f, err := os.Open(name)
		require.NoError(t, err)
		sound, err := ReadSound(f, AsItIs)
		require.NoError(t, err, name)
		require.NoError(t, f.Close())
		for _, code := range sound.alaw {
			all = append(all, ExpandALaw(code))
		}
	}
	steps := 12
	if testing.Short() || poolAllocs > 0 {
		steps = 4
	}
	var heard, minutes float64
	for i := range steps {
		speed := 0.7 + 0.8*float64(i)/float64(steps)
		n := int(float64(len(all)-1) / speed)
		part := make([]int16, n)
		for j := range part {
			at := float64(j) * speed
			k := int(at)
			part[j] = int16(float64(all[k]) + (at-float64(k))*float64(int(all[k+1])-int(all[k])))
		}
		keys, lengths := keysIn(part, call.CodecPCMA, 160)
		minutes += float64(n) / SampleRate / 60
		heard += float64(len(keys))
		if keys != "" {
			t.Logf("speed %.2f: %s %v", speed, keys, lengths)
		}
	}
	t.Logf("%.0f keys in %.0f minutes", heard, minutes)
	require.Zero(t, heard)
}

// Only who has nobody to talk to, and agreed on no telephone-event, is listened to; a telephone-event ends it for
// those whom the site says to listen to all the same, so that no key counts twice.
func TestWhoIsListenedToForTones(t *testing.T) {
	p := usualPress('9')
	p.on = 100 * time.Millisecond
	sound := tones(p)
	say := func(r *rig, far *party) (keys string) {
		payload := make([]byte, 160)
		for i := range len(sound) / 160 {
			for j, s := range sound[i*160:][:160] {
				payload[j] = CompressALaw(s)
			}
			far.say(payload...)
			r.run(frameTime)
		}
		for _, e := range r.told() {
			if d, ok := e.event.(call.SoundDigit); ok {
				keys += string(d.Digit)
			}
		}
		return keys
	}
	plain := pcma()
	plain.DTMF = 0
	r := newRig(t)
	a, b := r.party("a", "10.0.0.1:4000", plain), r.party("b", "10.0.0.2:4000", pcma())
	require.Equal(t, "9", say(r, a))
	require.Empty(t, say(r, b), "telephone-event was agreed on")
	r.apply(keysLeg{a.stream, call.KeysEvents})
	require.Empty(t, say(r, a), "the site says so")
	r.apply(keysLeg{b.stream, call.KeysInband})
	require.Equal(t, "9", say(r, b))
	b.arrive(b.addr, encodeRTP(b, rtp.Header{PayloadType: 101, SequenceNumber: b.seq, Timestamp: b.ts, SSRC: b.ssrc}, []byte{9, 0x8a, 3, 0x20}))
	b.seq++
	r.run(frameTime)
	require.Len(t, r.told(), 1)
	require.Empty(t, say(r, b), "it sends both")
	r.apply(keysLeg{a.stream, call.KeysAuto})
	r.apply(bridgeLeg{a.stream, b.stream})
	require.Empty(t, say(r, a), "the other side hears it")
	require.NotEmpty(t, b.hears())
	r.apply(partLeg{a.stream})
	require.Equal(t, "9", say(r, a), "and again behind it")
	require.Nil(t, b.peer)
}

// BenchmarkToneEar is what listening costs: 20 ms of speech.
func BenchmarkToneEar(b *testing.B) {
	for name, sound := range map[string][]int16{"a key": tones(usualPress('1'))[400:560], "quiet": make([]int16, 160)} {
		b.Run(name, func(b *testing.B) {
			ear, ts := new(toneEar), uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				ear.take(sound, 1, ts, 0)
				ts += 160
			}
		})
	}
}
