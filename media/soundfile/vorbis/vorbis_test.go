package vorbis

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The transform is what the formula says (section 4.3.3).
func TestInverseIsTheFormula(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{64, 256, 2048} {
		spectrum, out := make([]float32, n/2), make([]float32, n)
		for i := range spectrum {
			spectrum[i] = dice.Float32() - 0.5
		}
		newTransform(n).inverse(spectrum, out)
		for _, i := range []int{0, 1, n/4 - 1, n / 4, n / 2, n*3/4 - 1, n * 3 / 4, n - 1} {
			sum := 0.0
			for k, v := range spectrum {
				sum += float64(v) * math.Cos(math.Pi/float64(2*n)*float64(2*i+1+n/2)*float64(2*k+1))
			}
			require.InDelta(t, sum, out[i], 1e-4, "%d of %d", i, n)
		}
	}
}

func TestAmplitudesAreTheTable(t *testing.T) {
	require.InEpsilon(t, 1.0649863e-07, amplitudes[0], 1e-5)
	require.InEpsilon(t, 1.1341951e-07, amplitudes[1], 1e-5)
	require.InEpsilon(t, 1.0, amplitudes[255], 1e-6)
}

// The codewords of the specification's example (section 3.2.1): lengths 2 4 4 4 4 2 3 3.
func TestCodewords(t *testing.T) {
	c := &codebook{}
	require.NoError(t, c.grow([]uint8{2, 4, 4, 4, 4, 2, 3, 3}))
	for entry, word := range []string{"00", "0100", "0101", "0110", "0111", "10", "110", "111"} {
		r := &bitReader{b: []byte{0}}
		for i, bit := range word {
			r.b[0] |= byte(bit-'0') << i
		}
		require.Equal(t, entry, c.entry(r), word)
		require.Equal(t, len(word), r.at)
	}
	require.ErrorIs(t, c.grow([]uint8{1, 1, 1}), ErrFormat)
	require.NoError(t, c.grow([]uint8{0, 1, 0}), "a single code")
	require.Equal(t, 1, c.entry(&bitReader{b: []byte{1}}))
	require.NoError(t, c.grow([]uint8{2}))
	require.Equal(t, -1, c.entry(&bitReader{}))
}

func decode(b []byte) (samples []float32, d *Decoder, err error) {
	if d, err = New(bytes.NewReader(b)); err != nil {
		return nil, nil, err
	}
	p := make([]float32, 1000)
	for {
		n, err := d.Read(p)
		samples = append(samples, p[:n]...)
		if errors.Is(err, io.EOF) {
			return samples, d, nil
		}
		if err != nil {
			return samples, d, err
		}
	}
}

func TestAFileOfSox(t *testing.T) {
	b, err := os.ReadFile("../testdata/speech.ogg")
	require.NoError(t, err)
	samples, d, err := decode(b)
	require.NoError(t, err)
	require.Equal(t, 44100, d.Rate())
	require.Equal(t, 2, d.Channels())
	require.Len(t, samples, 2*66150, "1.5 s, cut where the last page says")
	var left, right float64
	for i := 0; i < len(samples); i += 2 {
		left, right = left+float64(samples[i]*samples[i]), right+float64(samples[i+1]*samples[i+1])
	}
	require.InDelta(t, 4, left/right, 0.2, "the right channel is half as loud")

	cut, _, err := decode(b[:len(b)*2/3])
	require.NoError(t, err)
	require.Equal(t, samples[:len(cut)], cut, "what there is of a file cut short")
	_, _, err = decode(b[:3000])
	require.ErrorIs(t, err, ErrFormat)
	b[0] = 'o'
	_, _, err = decode(b)
	require.ErrorContains(t, err, "OggS")
}
