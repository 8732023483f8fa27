package media

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// vectorSound is the sound of scripts/g722-vectors: noise and ramps of every loudness.
func vectorSound() []int16 {
	state, out := int64(1), []int16(nil)
	for i := range int64(8000) {
		state = (state*1103515245 + 12345) % (1 << 31)
		v := state>>15 - 32768
		if i%400 >= 200 {
			v = (i*(i/100)*37)%65536 - 32768
		}
		out = append(out, int16(v*[]int64{0, 40, 400, 4000, 16000, 32767, 1000, 8}[i/1000]>>15))
	}
	return out
}

// TestG722AgainstAnotherCodec holds ours against spandsp's, bit for bit both ways.
func TestG722AgainstAnotherCodec(t *testing.T) {
	coded, err := os.ReadFile("testdata/g722-coded.bin")
	require.NoError(t, err)
	decoded, err := os.ReadFile("testdata/g722-decoded.bin")
	require.NoError(t, err)
	band := newLowBand()
	for i, sample := range vectorSound() {
		require.Equal(t, coded[i], band.code(sample), "sample %d", i)
	}
	octets := coded
	for i := range 4000 {
		octets = append(octets, byte((i*i*7+i*13)%256))
	}
	band = newLowBand()
	for i, octet := range octets {
		require.Equal(t, int16(binary.LittleEndian.Uint16(decoded[2*i:])), band.sample(octet), "octet %d", i)
	}
}

// ratio is how much louder a sound is than what another one lacks of it, in dB.
func ratio(want, got []int16) float64 {
	var signal, noise float64
	for i := range want {
		d := float64(want[i]) - float64(got[i])
		signal += float64(want[i]) * float64(want[i])
		noise += d * d
	}
	return 10 * math.Log10(signal/noise)
}

func sine(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(i)/SampleRate))
	}
	return out
}

func g722() call.MediaSpec {
	return call.MediaSpec{Codec: call.CodecG722, PayloadType: ptG722, DTMF: 101}
}

// TestG722AndALaw joins a leg that speaks G.722 with one that does not: a tone comes
// through both ways, the recorder has it in A-law, and another G.722 leg gets it untouched.
func TestG722AndALaw(t *testing.T) {
	for _, other := range []call.MediaSpec{pcma(), pcmu()} {
		r, wide, narrow := bridged(t, g722(), other)
		ring := NewRing(1 << 16)
		r.apply(tapLeg{wide.stream, ring})
		sound, coder := sine(50*frameBytes), newLowBand()
		var octets, codes []byte
		for _, sample := range sound {
			octets = append(octets, coder.code(sample))
			if other.Codec == call.CodecPCMA {
				codes = append(codes, CompressALaw(sample))
			} else {
				codes = append(codes, CompressMuLaw(sample))
			}
		}
		for i := 0; i < len(sound); i += frameBytes {
			wide.say(octets[i : i+frameBytes]...)
			narrow.say(codes[i : i+frameBytes]...)
			r.run(frameTime)
		}
		var heard, back, recorded []int16
		decoder := newLowBand()
		expand := ExpandALaw
		if other.Codec == call.CodecPCMU {
			expand = ExpandMuLaw
		}
		for _, p := range narrow.hears() {
			require.Equal(t, other.PayloadType, p.PayloadType)
			for _, code := range p.Payload {
				heard = append(heard, expand(code))
			}
		}
		for _, p := range wide.hears() {
			require.EqualValues(t, ptG722, p.PayloadType)
			for _, octet := range p.Payload {
				back = append(back, decoder.sample(octet))
			}
		}
		ring.Read(func(f Frame) {
			require.Equal(t, call.CodecPCMA, f.Codec)
			for _, code := range f.Payload {
				recorded = append(recorded, ExpandALaw(code))
			}
		})
		for name, got := range map[string][]int16{"narrow hears": heard, "wide hears": back, "recorded": recorded} {
			require.Len(t, got, len(sound), name)
			require.Greater(t, ratio(sound[2000:], got[2000:]), 25.0, name)
		}
	}
	r, left, right := bridged(t, g722(), g722())
	left.say(1, 2, 3)
	r.run(tick)
	require.Equal(t, []byte{1, 2, 3}, right.hears()[0].Payload)
}

// TestPromptInG722 plays a sound encoded once, to a leg that changes its codec meanwhile.
func TestPromptInG722(t *testing.T) {
	tune := sine(100 * frameBytes)
	var mulaw, alaw []byte
	for _, sample := range tune {
		mulaw, alaw = append(mulaw, CompressMuLaw(sample)), append(alaw, CompressALaw(sample))
	}
	sound := newSound(mulaw, alaw)
	r := newRig(t)
	p := r.party("wide", "10.0.0.1:4000", g722())
	r.apply(playLeg{p.stream, 1, []*Sound{sound}, true})
	r.run(50 * frameTime)
	decoder, got := newLowBand(), []int16(nil)
	for _, packet := range p.hears() {
		require.EqualValues(t, ptG722, packet.PayloadType)
		for _, octet := range packet.Payload {
			got = append(got, decoder.sample(octet))
		}
	}
	require.Greater(t, ratio(tune[2000:len(got)], got[2000:]), 25.0)
	spec := pcma()
	spec.Remote, spec.Version = p.addr, 2
	p.negotiate(spec)
	r.run(frameTime)
	require.EqualValues(t, ptPCMA, p.hears()[0].PayloadType)
	require.Equal(t, byte(g722Hush), newLowBand().code(0))
}

func TestG722AllocatesNothing(t *testing.T) { convertsWithoutAllocating(t, g722()) }

// BenchmarkG722 is a 20 ms packet of it.
func BenchmarkG722(b *testing.B) {
	sound, octets := sine(frameBytes), make([]byte, frameBytes)
	band := newLowBand()
	b.Run("code", func(b *testing.B) {
		for b.Loop() {
			for i, sample := range sound {
				octets[i] = band.code(sample)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			for i, octet := range octets {
				sound[i] = band.sample(octet)
			}
		}
	})
}
