package tone_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/test/tone"
)

var laws = []call.Codec{call.CodecPCMU, call.CodecPCMA}

// TestPublishedValues: a few values of G.711's tables.
func TestPublishedValues(t *testing.T) {
	for _, c := range []struct {
		codec  call.Codec
		code   byte
		sample int16
	}{
		{call.CodecPCMU, 0xff, 0},
		{call.CodecPCMU, 0x80, 32124},
		{call.CodecPCMU, 0x00, -32124},
		{call.CodecPCMU, 0xfe, 8},
		{call.CodecPCMA, 0xd5, 8},
		{call.CodecPCMA, 0x55, -8},
		{call.CodecPCMA, 0xaa, 32256},
		{call.CodecPCMA, 0x2a, -32256},
	} {
		require.Equal(t, []int16{c.sample}, tone.Decode([]byte{c.code}, c.codec))
		require.Equal(t, []byte{c.code}, tone.Encode([]int16{c.sample}, c.codec))
	}
}

// TestCodesComeBack: every code decodes to a value that encodes to it.
func TestCodesComeBack(t *testing.T) {
	for _, codec := range laws {
		for b := range 256 {
			code := []byte{byte(b)}
			if codec == call.CodecPCMU && b == 0x7f {
				continue // the second zero
			}
			require.Equal(t, code, tone.Encode(tone.Decode(code, codec), codec))
		}
	}
}

// TestQuantisation: no sample is off by more than its step (1/32 of its size in G.711).
func TestQuantisation(t *testing.T) {
	for _, codec := range laws {
		for s := -32768; s <= 32767; s += 7 {
			back := int(tone.Decode(tone.Encode([]int16{int16(s)}, codec), codec)[0])
			require.LessOrEqual(t, math.Abs(float64(back-s)), 16+math.Abs(float64(s))/32, "%v %d", codec, s)
		}
	}
}

func TestTonesAreFound(t *testing.T) {
	for _, codec := range laws {
		for _, f := range []float64{300, 440, 1000, 1500, 3000} {
			heard := tone.Decode(tone.Generate(f, 1, codec), codec)
			require.Len(t, heard, tone.Rate)
			shares := tone.Detect(heard, tone.Rate, f, f+100)
			require.Greater(t, shares[f], 0.99)
			require.Less(t, shares[f+100], 0.01)
			require.Equal(t, f, tone.Dominant(heard, tone.Rate))
			require.Equal(t, time.Second, tone.Heard(heard, tone.Rate, f))
		}
	}
}

func TestMixedAndSilent(t *testing.T) {
	a, b := tone.Sine(400, 1, tone.Rate), tone.Sine(900, 1, tone.Rate)
	mixed := make([]int16, len(a))
	for i := range a {
		mixed[i] = a[i] + b[i]/4
	}
	shares := tone.Detect(mixed, tone.Rate, 400, 900, 1300)
	require.InDelta(t, 16.0/17, shares[400], 0.01)
	require.InDelta(t, 1.0/17, shares[900], 0.01)
	require.InDelta(t, 0, shares[1300], 0.01)

	idle := tone.Decode(make([]byte, 8000), call.CodecNone) // loud: 0x00 is full scale
	require.Greater(t, tone.Loudness(idle), 30000.0)
	for _, quiet := range [][]int16{nil, make([]int16, 8000), tone.Decode(tone.Encode(make([]int16, 8000), call.CodecPCMA), call.CodecPCMA)} {
		require.Zero(t, tone.Dominant(quiet, tone.Rate))
	}
	require.Equal(t, map[float64]float64{440: 0}, tone.Detect(nil, tone.Rate, 440))
	require.Zero(t, tone.Loudness(nil))
}

// TestNoiseIsNoTone: white noise has no dominant frequency.
func TestNoiseIsNoTone(t *testing.T) {
	seed, noise := uint32(1), make([]int16, 8000)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = int16(seed >> 16)
	}
	require.Zero(t, tone.Dominant(noise, tone.Rate))
}

func TestTimeline(t *testing.T) {
	var heard []int16
	heard = append(heard, tone.Sine(400, 0.3, tone.Rate)...)
	heard = append(heard, make([]int16, 1600)...)
	heard = append(heard, tone.Sine(900, 0.25, tone.Rate)...)
	require.Equal(t, []float64{400, 400, 400, 0, 0, 900, 900}, tone.Timeline(heard, tone.Rate))
	require.Equal(t, 200*time.Millisecond, tone.Heard(heard, tone.Rate, 900))
	require.Len(t, tone.Timeline(heard[:100], tone.Rate), 1)
}

// TestPhaseJumps: a stream with a gap is still its tone.
func TestPhaseJumps(t *testing.T) {
	s := tone.Sine(440, 2, tone.Rate)
	s = append(s[:5000:5000], s[5123:]...)
	require.Greater(t, tone.Detect(s, tone.Rate, 440)[440], 0.9)
}

func TestWAV(t *testing.T) {
	left, right := tone.Sine(400, 0.5, 16000), tone.Sine(900, 0.5, 16000)
	file := tone.WAV(16000, left, right)
	s, err := tone.ReadWAV(file)
	require.NoError(t, err)
	require.Equal(t, tone.Sound{Rate: 16000, Channels: [][]int16{left, right}}, s)

	cut, err := tone.ReadWAV(file[:len(file)-3]) // a crash in the middle of a frame
	require.NoError(t, err)
	require.Len(t, cut.Channels[1], len(right)-1)

	for _, codec := range laws {
		payload := tone.Generate(440, 0.5, codec)
		s, err := tone.ReadWAV(tone.WAVG711(payload, codec))
		require.NoError(t, err)
		require.Equal(t, tone.Decode(payload, codec), s.Channels[0])
	}
	empty, err := tone.ReadWAV(tone.WAV(8000))
	require.Error(t, err, "no channels: %v", empty)
}

func TestReadWAVRefuses(t *testing.T) {
	good := tone.WAV(8000, make([]int16, 10))
	with := func(at int, b byte) []byte {
		out := append([]byte(nil), good...)
		out[at] = b
		return out
	}
	for name, file := range map[string][]byte{
		"nothing": nil, "no RIFF": with(0, 'X'), "no WAVE": with(8, 'X'), "no data": good[:36], "unknown format": with(20, 3),
		"no channels": with(22, 0), "too many channels": with(22, 9), "24 bits": with(34, 24), "no format": with(12, 'X'),
	} {
		_, err := tone.ReadWAV(file)
		require.Error(t, err, name)
	}
}

// FuzzReadWAV: no file brings the reader down.
func FuzzReadWAV(f *testing.F) {
	f.Add(tone.WAV(8000, tone.Sine(400, 0.01, 8000)))
	f.Add(tone.WAVG711([]byte{1, 2, 3}, call.CodecPCMA))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := tone.ReadWAV(file)
		if err == nil {
			require.NotEmpty(t, s.Channels)
		}
	})
}

// TestWAVProperty: any samples come back.
func TestWAVProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Int16(), 1, 50).Draw(t, "samples")
		s, err := tone.ReadWAV(tone.WAV(8000, in, in))
		require.NoError(t, err)
		require.Equal(t, [][]int16{in, in}, s.Channels)
	})
}
