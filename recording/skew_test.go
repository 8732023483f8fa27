package recording

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media"
)

// hour lays an hour of packets from a sender whose clock is off, over a net
// with jitter, and gives the track and how far a place ever was off the truth.
func hour(t *testing.T, ppm float64, ptime int, jitter float64) (*track, int64) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(ptime)))
	tr := &track{}
	var shifted, worst int64
	for i := range 3600 * 1000 / ptime {
		n := ptime * 8
		said := float64(i*n) * (1 + ppm/1e6) // when it was said, on the node's clock
		delay := 0.0
		if i > 0 {
			delay = random.ExpFloat64() * jitter
		}
		f := &media.Frame{Seq: uint16(i), Timestamp: uint32(i * n), SSRC: 1, Codec: call.CodecPCMA}
		spot, ok := tr.lay(f, int64(said+delay*8), n, 0)
		if !ok {
			continue // dropped whole by a correction
		}
		at := spot.at - int64(spot.from)
		worst = max(worst, at-int64(said), int64(said)-at)
		shifted = at - int64(i*n)
	}
	sum := 0
	for _, c := range tr.facts.Corrections {
		sum += c.Samples
		require.Greater(t, max(c.Samples, -c.Samples), skewLimit)
	}
	require.EqualValues(t, shifted, sum, "every shift is marked")
	return tr, worst
}

func TestAnHourOfAClockThatIsOff(t *testing.T) {
	for _, ptime := range []int{10, 20, 30, 60} {
		for _, ppm := range []float64{-200, 200} {
			for _, jitter := range []float64{0, 8} {
				t.Run(fmt.Sprintf("%d ms %+.0f ppm jitter %.0f ms", ptime, ppm, jitter), func(t *testing.T) {
					tr, worst := hour(t, ppm, ptime, jitter)
					// The limit, what drifts while the delay is watched, and the
					// least delay that the jitter left in that time.
					require.LessOrEqual(t, worst, int64(skewLimit+4+8))
					require.InDelta(t, 87, len(tr.facts.Corrections), 3) // 720 ms in steps of 8.x
					require.EqualValues(t, 1, tr.facts.Anchors)
				})
			}
		}
	}
}

func TestJitterAloneCorrectsNothing(t *testing.T) {
	tr, worst := hour(t, 0, 20, 15)
	require.Empty(t, tr.facts.Corrections)
	require.Zero(t, worst)
}

func TestALateFirstPacketIsSetRightOnce(t *testing.T) {
	tr := &track{}
	for i := range 500 {
		delay := int64(0)
		if i == 0 {
			delay = 50 * 8
		}
		f := &media.Frame{Seq: uint16(i), Timestamp: uint32(i * 160), SSRC: 1, Codec: call.CodecPCMA}
		tr.lay(f, int64(i*160)+delay, 160, 0)
	}
	require.Len(t, tr.facts.Corrections, 1)
	require.Equal(t, -400, tr.facts.Corrections[0].Samples)
	require.Less(t, tr.facts.Corrections[0].At.Seconds(), 2.2)
}

func TestCorrectionsAreBounded(t *testing.T) {
	tr := &track{}
	for range mostCorrections + 10 {
		tr.correct(200)
	}
	require.Len(t, tr.facts.Corrections, mostCorrections)
	require.Equal(t, 11*200, tr.facts.Corrections[mostCorrections-1].Samples)
}
