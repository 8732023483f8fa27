package media

import (
	"encoding/binary"
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// opusPackets are what libopus coded of tones (scripts/opus-vectors).
func opusPackets(t testing.TB, name string) (all [][]byte) {
	b, err := os.ReadFile("testdata/opus-" + name + ".bin")
	require.NoError(t, err)
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint16(b))
		all = append(all, b[2:2+n])
		b = b[2+n:]
	}
	return all
}

const opusType = 107

// opusSpec is a leg that speaks Opus, with A-law beside it.
func opusSpec() call.MediaSpec {
	return call.MediaSpec{
		Codec: call.CodecOpus, PayloadType: opusType, Beside: call.CodecPCMA, BesideType: ptPCMA, DTMF: 101, WideDTMF: 110,
	}
}

// toneLevel is the amplitude of a tone in sound of 8 kHz.
func toneLevel(sound []int16, hz float64) float64 {
	var re, im float64
	for i, s := range sound {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / SampleRate)
		re += float64(s) * cos
		im += float64(s) * sin
	}
	return 2 * math.Hypot(re, im) / float64(len(sound))
}

// TestOpusIsDecoded finds the tones in what libopus has coded in each mode, and none that the step down to 8 kHz would have made.
func TestOpusIsDecoded(t *testing.T) {
	for name, span := range map[string]uint32{"silk": 960, "narrow": 2880, "hybrid": 960, "celt": 480, "stereo": 960, "high": 960} {
		ear, out := newOpusEar(), make([]int16, scratchSize)
		var sound []int16
		p := packet{ssrc: 1, ts: 1<<32 - 2000}
		for _, b := range opusPackets(t, name) {
			require.Equal(t, span, opusSpan(b), name)
			p.payload = b
			n := ear.take(&p, span, out)
			require.Len(t, n.sound, int(span/wideUnits), name)
			sound = append(sound, n.sound...)
			p.seq++
			p.ts += span
		}
		require.GreaterOrEqual(t, len(sound), 3800, name)
		late := sound[1000:3000]
		wanted := []float64{400, 1000, 2500}
		if name == "high" {
			wanted = []float64{1000}
			require.Less(t, toneLevel(late, 2000), 80.0, "6 kHz folded down: 40 dB under what it was")
		}
		for _, hz := range wanted {
			require.InDelta(t, 0, 20*math.Log10(toneLevel(late, hz)/4000), 2, "%s: %v Hz", name, hz)
		}
	}
}

// TestSpanOfAPacket is RFC 6716 section 3.1 and 3.2.
func TestSpanOfAPacket(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want uint32
	}{
		{nil, 0},
		{[]byte{0}, 480},
		{[]byte{3 << 3}, 2880},
		{[]byte{12 << 3}, 480},
		{[]byte{15 << 3}, 960},
		{[]byte{16 << 3}, 120},
		{[]byte{31 << 3}, 960},
		{[]byte{31<<3 | 1}, 1920},
		{[]byte{3<<3 | 2}, 5760},
		{[]byte{31<<3 | 3}, 0},
		{[]byte{31<<3 | 3, 0xc0}, 0},
		{[]byte{31<<3 | 3, 6}, 5760},
		{[]byte{31<<3 | 3, 7}, 0},
		{[]byte{16<<3 | 3, 48}, 5760},
		{[]byte{16<<3 | 3, 49}, 0},
	} {
		require.Equal(t, c.want, opusSpan(c.b), "%x", c.b)
	}
}

// sayOpus sends a packet from the far end.
func (p *party) sayOpus(b []byte) {
	p.arrive(p.addr, encodeRTP(p, rtp.Header{PayloadType: opusType, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: p.ssrc}, b))
	p.seq++
	p.ts += opusSpan(b)
}

// TestOpusGoesThroughUntouched joins two legs that speak it, by numbers of their own.
func TestOpusGoesThroughUntouched(t *testing.T) {
	other := opusSpec()
	other.PayloadType = 96
	r, left, right := bridged(t, opusSpec(), other)
	packets := opusPackets(t, "silk")
	for _, b := range packets[:10] {
		left.sayOpus(b)
		r.run(frameTime)
	}
	got := right.hears()
	require.Len(t, got, 10)
	for i, p := range got {
		require.EqualValues(t, 96, p.PayloadType)
		require.Equal(t, packets[i], p.Payload)
		require.Equal(t, got[0].SSRC, p.SSRC)
		require.Equal(t, got[0].Timestamp+uint32(i)*960, p.Timestamp)
		require.Equal(t, got[0].SequenceNumber+uint16(i), p.SequenceNumber)
	}
	require.Nil(t, left.opus, "nothing was decoded")
	require.Zero(t, left.in.jitter>>4, "its clock is 48 kHz")
	require.EqualValues(t, len(packets[0]), len(got[0].Payload))
}

// TestOpusIsTranslated joins a leg that speaks it with legs that do not: they get their own codec, and what they say
// goes back as A-law, since that was agreed on beside Opus. The recorder has both in G.711.
func TestOpusIsTranslated(t *testing.T) {
	for _, other := range []call.MediaSpec{pcma(), pcmu(), g722()} {
		r, left, right := bridged(t, opusSpec(), other)
		ring := NewRing(1 << 16)
		r.apply(tapLeg{left.stream, ring})
		for _, b := range opusPackets(t, "celt") {
			left.sayOpus(b)
			r.run(10 * time.Millisecond)
		}
		var heard, recorded []int16
		ear := newLowBand()
		got := right.hears()
		for i, p := range got {
			require.Equal(t, other.PayloadType, p.PayloadType)
			require.Equal(t, got[0].Timestamp+uint32(i)*80, p.Timestamp)
			for _, code := range p.Payload {
				switch other.Codec {
				case call.CodecPCMU:
					heard = append(heard, ExpandMuLaw(code))
				case call.CodecG722:
					heard = append(heard, ear.sample(code))
				default:
					heard = append(heard, ExpandALaw(code))
				}
			}
		}
		var last uint32
		ring.Read(func(f Frame) {
			require.Equal(t, call.CodecPCMA, f.Codec)
			require.True(t, last == 0 || f.Timestamp == last+80, "by the clock of 8 kHz")
			last = f.Timestamp
			for _, code := range f.Payload {
				recorded = append(recorded, ExpandALaw(code))
			}
		})
		for name, sound := range map[string][]int16{"heard": heard, "recorded": recorded} {
			require.Len(t, sound, 4000, name)
			require.InDelta(t, 4000, toneLevel(sound[1000:3000], 1000), 600, name)
		}
		right.say()
		r.run(frameTime)
		require.EqualValues(t, ptPCMA, left.hears()[0].PayloadType)
	}
}

// TestNoOpusHurts has a far end send what is none; the call goes on.
func TestNoOpusHurts(t *testing.T) {
	r, left, right := bridged(t, opusSpec(), pcma())
	good := opusPackets(t, "silk")
	left.sayOpus(good[0])
	r.run(frameTime)
	require.Len(t, right.hears(), 1)
	for _, b := range [][]byte{{0xff}, {0xff, 0xff, 0xff}, {0x03}, {0x4b, 0x01, 9, 9}, make([]byte, 1400)} {
		left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: opusType, SequenceNumber: left.seq, Timestamp: left.ts, SSRC: left.ssrc}, b))
		left.seq++
		left.ts += 960
		r.run(frameTime)
	}
	right.hears()
	for _, b := range good[1:5] {
		left.sayOpus(b)
		r.run(frameTime)
	}
	require.Len(t, right.hears(), 4)
}

// FuzzOpus: no packet brings the decoder down, nor is more or less of it heard than its first bytes say.
func FuzzOpus(f *testing.F) {
	for _, name := range []string{"silk", "narrow", "hybrid", "celt", "stereo"} {
		f.Add(opusPackets(f, name)[3])
	}
	f.Add([]byte{0xff, 0x3f})
	f.Fuzz(func(t *testing.T, b []byte) {
		ear, out := newOpusEar(), make([]int16, scratchSize)
		for i := range 3 {
			span := opusSpan(b)
			if span == 0 {
				return
			}
			n := ear.take(&packet{seq: uint16(i), ts: uint32(i) * span, payload: b}, span, out)
			if len(n.sound) != 0 {
				require.Len(t, n.sound, int(span/wideUnits))
			}
		}
	})
}

// BenchmarkOpusDecode is a packet of 20 ms (celt: 10 ms) brought to 8 kHz.
func BenchmarkOpusDecode(b *testing.B) {
	for _, name := range []string{"silk", "hybrid", "celt", "stereo"} {
		b.Run(name, func(b *testing.B) {
			packets := opusPackets(b, name)
			ear, out := newOpusEar(), make([]int16, scratchSize)
			p, i := packet{ssrc: 1}, 0
			b.ReportAllocs()
			for b.Loop() {
				p.payload = packets[i%len(packets)]
				span := opusSpan(p.payload)
				require.NotEmpty(b, ear.take(&p, span, out).sound)
				p.seq++
				p.ts += span
				i++
			}
		})
	}
}

// TestADecoderIsBounded: whatever modes a far end changes between, what a leg's decoder keeps stays within what the page on media says.
func TestADecoderIsBounded(t *testing.T) {
	var all [100]*opusEar
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, out := live(), make([]int16, scratchSize)
	for i := range all {
		all[i] = newOpusEar()
		p := packet{}
		for _, name := range []string{"silk", "celt", "hybrid", "stereo", "narrow"} {
			for _, b := range opusPackets(t, name)[:2] {
				p.payload = b
				require.NotEmpty(t, all[i].take(&p, opusSpan(b), out).sound)
				p.seq++
				p.ts += opusSpan(b)
			}
		}
	}
	size := (live() - before) / int64(len(all)) // what libopus takes is not Go's
	t.Logf("%d bytes a decoder", size)
	require.Less(t, size, int64(200<<10))
	runtime.KeepAlive(&all)
}
