package media

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// segment is a row of ITU-T G.711's tables 1 and 2: equal intervals up to a decision value.
type segment struct{ intervals, size, end int }

// decisions gives the positive decision values x0, x1, … of a law.
func decisions(first []int, segments []segment) []int {
	values := first
	for _, s := range segments {
		for range s.intervals {
			values = append(values, values[len(values)-1]+s.size)
		}
		if values[len(values)-1] != s.end {
			panic("the table does not add up")
		}
	}
	return values
}

// alawDecisions are table 1a's, on the 13-bit scale of 0 to 4096.
func alawDecisions() []int {
	return decisions([]int{0}, []segment{
		{32, 2, 64}, {16, 4, 128}, {16, 8, 256}, {16, 16, 512}, {16, 32, 1024}, {16, 64, 2048}, {16, 128, 4096},
	})
}

// mulawDecisions are table 2a's, on the 14-bit scale of 0 to 8159.
func mulawDecisions() []int {
	return decisions([]int{0, 1}, []segment{
		{15, 2, 31}, {16, 4, 95}, {16, 8, 223}, {16, 16, 479}, {16, 32, 991}, {16, 64, 2015}, {16, 128, 4063}, {16, 256, 8159},
	})
}

func TestALawIsTheTables(t *testing.T) {
	x := alawDecisions()
	require.Len(t, x, 129)
	for n := 1; n < len(x); n++ {
		// Table 1a: character signals have the even bits inverted, positive ones the first bit set.
		positive, negative := byte(0x80|(n-1))^aFlip, byte(n-1)^aFlip
		y := (x[n-1] + x[n]) / 2 * 8 // quantized value, on 16 bits
		require.EqualValues(t, y, ExpandALaw(positive))
		require.EqualValues(t, -y, ExpandALaw(negative))
		for v := x[n-1] * 8; v < x[n]*8 && v <= math.MaxInt16; v++ {
			require.Equal(t, positive, CompressALaw(int16(v)), v)
			require.Equal(t, negative, CompressALaw(int16(-v-1)), v)
		}
	}
}

func TestMuLawIsTheTables(t *testing.T) {
	x := mulawDecisions()
	require.Len(t, x, 129)
	for n := 1; n < len(x); n++ {
		// Table 2a: all bits inverted, positive ones the first bit set.
		positive, negative := ^byte(n-1), ^byte(0x80|(n-1))
		y := 0
		if n > 1 {
			y = (x[n-1] + x[n]) / 2 * 4
		}
		require.EqualValues(t, y, ExpandMuLaw(positive))
		require.EqualValues(t, -y, ExpandMuLaw(negative))
		for v := x[n-1] * 4; v < x[n]*4 && v <= math.MaxInt16; v++ {
			require.Equal(t, positive, CompressMuLaw(int16(v)), v)
			if v > 0 {
				require.Equal(t, negative, CompressMuLaw(int16(-v)), -v)
			}
		}
	}
	require.Equal(t, byte(0x80), CompressMuLaw(math.MaxInt16))
	require.Equal(t, byte(0x00), CompressMuLaw(math.MinInt16))
}

func TestLawsSurviveARoundTrip(t *testing.T) {
	for i := range codes {
		require.Equal(t, byte(i), CompressALaw(ExpandALaw(byte(i))))
		if i != 0x7f { // µ-law's negative zero is the other zero
			require.Equal(t, byte(i), CompressMuLaw(ExpandMuLaw(byte(i))))
		}
	}
}

func TestConversionGoesByTheLinearValue(t *testing.T) {
	toA, toMu := muToA(), aToMu()
	for i := range codes {
		require.Equal(t, CompressALaw(ExpandMuLaw(byte(i))), toA[i])
		require.Equal(t, CompressMuLaw(ExpandALaw(byte(i))), toMu[i])
	}
	hush := []byte{muHush, muHush}
	toA.convert(hush)
	require.Equal(t, []byte{aHush, aHush}, hush)
}
