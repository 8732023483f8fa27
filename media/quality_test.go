package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScore holds the scale against what G.107 annex B and G.113 give away: R 93.2 is
// 4.41, R 80 is 4.03, R 50 is 2.58; 5 % of loss costs G.711 about 16 points.
func TestScore(t *testing.T) {
	for r, want := range map[float64]float64{-5: 1, 0: 1, 3: 1, 50: 2.58, 60: 3.10, 70: 3.60, 80: 4.03, 90: 4.34, 93.2: 4.41, 101: 4.5} {
		require.InDelta(t, want, mos(r), 0.01, r)
	}
	require.InDelta(t, 91.8, rating(0, 0), 0.1)
	require.InDelta(t, 15.8, rating(0, 0)-rating(0.05, 0), 0.1)
	require.InDelta(t, 47.4, rating(0, 0)-rating(0.25, 0), 0.2)
	require.Greater(t, rating(0, 20*time.Millisecond), rating(0, 100*time.Millisecond))

	require.Zero(t, (&Stats{}).MOS())
	require.InDelta(t, 4.38, (&Stats{PacketsIn: 1000}).MOS(), 0.01)
	require.InDelta(t, 1, (&Stats{Lost: 10}).MOS(), 0.2)
	last := 5.0
	for lost := uint64(0); lost < 1000; lost += 50 {
		s := Stats{PacketsIn: 1000 - lost, Lost: lost, PacketsOut: 1000, RemoteLost: lost}
		require.Less(t, s.MOS(), last)
		require.Equal(t, s.MOS(), s.RemoteMOS(), "both directions by the same scale")
		last = s.MOS()
	}
}
