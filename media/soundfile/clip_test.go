package soundfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

const long = time.Minute

// wav writes a WAV file of values from −1 to 1.
func wav(tag, channels, bits int, rate int, values []float64) []byte {
	var data bytes.Buffer
	for _, v := range values {
		switch {
		case tag == tagFloat && bits == 32:
			_ = binary.Write(&data, binary.LittleEndian, float32(v))
		case tag == tagFloat:
			_ = binary.Write(&data, binary.LittleEndian, v)
		case bits == 8:
			data.WriteByte(byte(int(v*127) + 128))
		default:
			n := int32(v * (1<<31 - 1))
			b := binary.LittleEndian.AppendUint32(nil, uint32(n))
			data.Write(b[4-bits/8:])
		}
	}
	head := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00")
	head = binary.LittleEndian.AppendUint16(head, uint16(tag))
	head = binary.LittleEndian.AppendUint16(head, uint16(channels))
	head = binary.LittleEndian.AppendUint32(head, uint32(rate))
	head = binary.LittleEndian.AppendUint32(head, uint32(rate*channels*bits/8))
	head = binary.LittleEndian.AppendUint16(head, uint16(channels*bits/8))
	head = binary.LittleEndian.AppendUint16(head, uint16(bits))
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(data.Len()))
	return append(head, data.Bytes()...)
}

func sine(hz float64, rate, channels int, amplitude float64, seconds float64) (out []float64) {
	for i := range int(seconds * float64(rate)) {
		for range channels {
			out = append(out, amplitude*math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		}
	}
	return out
}

// power is how much of a frequency a clip has, in dB of a full-scale sine.
func power(c Clip, hz float64) float64 {
	re, im := 0.0, 0.0
	for i, v := range c {
		re += float64(v) * math.Cos(2*math.Pi*hz*float64(i)/Rate)
		im += float64(v) * math.Sin(2*math.Pi*hz*float64(i)/Rate)
	}
	return 20 * math.Log10(max(2*math.Hypot(re, im)/float64(len(c)), 1e-9))
}

func read(t *testing.T, b []byte) Clip {
	c, err := Read(bytes.NewReader(b), long)
	require.NoError(t, err)
	return c
}

func TestEveryKindOfWAV(t *testing.T) {
	for _, k := range [][2]int{{tagPCM, 8}, {tagPCM, 16}, {tagPCM, 24}, {tagPCM, 32}, {tagFloat, 32}, {tagFloat, 64}} {
		for _, channels := range []int{1, 2} {
			for _, rate := range []int{4000, 8000, 11025, 16000, 22050, 32000, 44100, 44099, 48000, 96000, 192000} {
				if rate > 44099 && k[1] != 16 {
					continue // the width does not matter to the rate
				}
				c := read(t, wav(k[0], channels, k[1], rate, sine(1000, rate, channels, 0.5, 0.4)))
				require.InDelta(t, 3200, len(c), 2, "%v %d", k, rate)
				middle := c[400 : 400+2400]
				require.InDelta(t, -6.02, power(middle, 1000), 0.2, "%v %d Hz", k, rate)
			}
		}
	}
}

func TestG711(t *testing.T) {
	for tag, law := range map[int]func(byte) float32{tagALaw: expandALaw, tagMuLaw: expandMuLaw} {
		all := make([]float64, 256)
		for i := range all {
			all[i] = (float64(i) - 128) / 127
		}
		b := wav(tagPCM, 1, 8, 8000, all)
		for i := range 256 {
			b[44+i] = byte(i)
		}
		binary.LittleEndian.PutUint16(b[20:], uint16(tag))
		c := read(t, b)
		for i := range 256 {
			require.Equal(t, law(byte(i)), c[i])
		}
	}
	require.InDelta(t, 32256.0/32768, float64(expandALaw(0xaa)), 1e-6)
	require.InDelta(t, 32124.0/32768, float64(expandMuLaw(0x80)), 1e-6)
	require.InDelta(t, -32124.0/32768, float64(expandMuLaw(0x00)), 1e-6)
}

// What lies above what a telephone carries must not come back as something else.
func TestNothingFoldsBack(t *testing.T) {
	for _, rate := range []int{11025, 16000, 44100, 48000, 96000} {
		for _, hz := range []float64{4400, 5000, 5400} {
			c := read(t, wav(tagFloat, 1, 32, rate, sine(hz, rate, 1, 0.5, 0.5)))
			level, ok := c[400:3600].Level()
			require.True(t, !ok || level < -70, "%g Hz at %d: %g dB", hz, rate, level)
		}
		for _, hz := range []float64{100, 1000, 3000, 3400} {
			c := read(t, wav(tagFloat, 1, 32, rate, sine(hz, rate, 1, 0.5, 0.5)))
			require.InDelta(t, -6.02, power(c[400:3600], hz), 0.3, "%g Hz at %d", hz, rate)
		}
	}
}

func load(t testing.TB, name string) []byte {
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return b
}

// The files were written by sox: a tone of 1 kHz at 0.3, and a sentence in stereo, the right channel half as loud.
func TestOthersFiles(t *testing.T) {
	for _, name := range []string{"tone.ogg", "tone.mp3"} {
		c := read(t, load(t, name))
		require.InDelta(t, 1.0, c.Duration().Seconds(), 0.15, name)
		require.InDelta(t, -10.46, power(c[2000:6000], 1000), 0.5, name)
	}
	for _, name := range []string{"speech.ogg", "speech.mp3"} {
		c := read(t, load(t, name))
		require.InDelta(t, 1.5, c.Duration().Seconds(), 0.15, name)
		level, ok := c.Level()
		require.True(t, ok)
		require.InDelta(t, -21.6, level, 0.7, name)
	}
}

func TestLevels(t *testing.T) {
	talk := func(amplitude float64) Clip { // a second of tone in two of silence
		return read(t, wav(tagFloat, 1, 32, 8000, append(append(make([]float64, 8000), sine(500, 8000, 1, amplitude, 1)...), make([]float64, 8000)...)))
	}
	c := talk(0.01)
	has, ok := c.Level()
	require.True(t, ok)
	require.InDelta(t, -43, has, 0.1, "pauses left out: 0.01 of full scale as a sine")
	require.InDelta(t, 27, c.Gain(SpeechLevel), 0.1)
	c.Amplify(c.Gain(SpeechLevel))
	has, _ = c.Level()
	require.InDelta(t, SpeechLevel, has, 0.1)

	require.Zero(t, talk(0.25).Gain(SpeechLevel), "−15 dB is near enough")
	require.InDelta(t, -13, talk(1).Gain(SpeechLevel), 0.1)
	require.InDelta(t, 30, talk(0.002).Gain(SpeechLevel), 0.1, "no more than this, or its noise is heard")
	require.Zero(t, read(t, wav(tagPCM, 1, 16, 8000, make([]float64, 800))).Gain(SpeechLevel), "silence stays")

	peaky := read(t, wav(tagFloat, 1, 32, 8000, sine(500, 8000, 1, 0.01, 1)))
	peaky[4000] = 0.5
	require.InDelta(t, 5.02, peaky.Gain(SpeechLevel), 0.1, "no sample above the peak")
}

func TestWhatIsRefusedSaysWhatIsRight(t *testing.T) {
	good := wav(tagPCM, 1, 16, 8000, sine(500, 8000, 1, 0.5, 0.1))
	for words, b := range map[string][]byte{
		"only 0 bytes":                     nil,
		"no sound file that is known here": []byte("<!DOCTYPE html><html><body>no</body></html>"),
		"3 channels":                       wav(tagPCM, 3, 16, 8000, make([]float64, 300)),
		"2000 samples a second":            wav(tagPCM, 1, 16, 2000, make([]float64, 300)),
		"encoding 0x1 with 12 bits":        wav(tagPCM, 1, 12, 8000, nil),
		"it is empty":                      wav(tagPCM, 1, 16, 8000, nil),
		"no data chunk":                    good[:36],
		"Ogg file without Vorbis":          append([]byte("OggS"), make([]byte, 80)...),
		"Ogg file of Opus":                 append([]byte("OggS"+string(make([]byte, 24))+"OpusHead"), make([]byte, 80)...),
		"not decoded well here":            load(t, "22050.mp3"),
		"no MP3":                           append([]byte{0xff, 0xfb}, make([]byte, 100)...),
	} {
		_, err := Read(bytes.NewReader(b), long)
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), words)
	}
	_, err := Read(bytes.NewReader(good), 50*time.Millisecond)
	require.ErrorContains(t, err, "longer than 50ms")
	_, err = Read(io.MultiReader(bytes.NewReader(good), failing{}), long)
	require.NoError(t, err, "what follows the samples is not looked at")
	_, err = Read(io.MultiReader(bytes.NewReader(good[:100]), failing{}), long)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzRead: no file, however broken, panics, hangs or gives more than its length allows.
func FuzzRead(f *testing.F) {
	f.Add(wav(tagPCM, 2, 24, 44100, sine(500, 44100, 2, 0.5, 0.01)))
	for _, name := range []string{"tone.ogg", "tone.mp3", "speech.ogg"} {
		f.Add(load(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(bytes.NewReader(b), time.Second)
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			return
		}
		require.LessOrEqual(t, c.Duration(), time.Second+time.Millisecond)
		for _, v := range c {
			require.False(t, v != v || math.IsInf(float64(v), 0))
		}
		c.Amplify(c.Gain(SpeechLevel))
		c.PCM()
	})
}
