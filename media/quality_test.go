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
	rating := func(percent uint64, h heard) float64 {
		h.came, h.lost = 10000-100*percent, 100*percent
		return h.rating()
	}
	clean := rating(0, heard{})
	require.InDelta(t, 91.8, clean, 0.1)
	require.InDelta(t, 15.8, clean-rating(5, heard{}), 0.1)
	require.InDelta(t, 47.4, clean-rating(25, heard{}), 0.2)
	require.Greater(t, rating(0, heard{jitter: 20 * time.Millisecond}), rating(0, heard{jitter: 100 * time.Millisecond}))
	require.InDelta(t, 0.024*90, clean-rating(0, heard{way: 90 * time.Millisecond}), 0.01, "150 ms, of which nobody takes notice")
	require.InDelta(t, 0.024*190+0.11*(250-177.3), clean-rating(0, heard{way: 190 * time.Millisecond}), 0.01)
	// 5 % in runs of 4: BurstR 3.8, 95·5/(5/3.8+25.1).
	require.InDelta(t, 18.0, clean-rating(5, heard{gaps: 125}), 0.1)
	require.Equal(t, rating(5, heard{}), rating(5, heard{gaps: 500}), "runs of one are random")

	require.Zero(t, (&Stats{}).MOS())
	require.Zero(t, (&Stats{PacketsOut: 1000}).RemoteMOS(), "nobody has said how it came")
	require.InDelta(t, 4.38, (&Stats{PacketsIn: 1000}).MOS(), 0.01)
	require.InDelta(t, 1, (&Stats{Lost: 10}).MOS(), 0.2)
	last := 5.0
	for lost := uint64(0); lost < 1000; lost += 50 {
		s := Stats{PacketsIn: 1000 - lost, Lost: lost, PacketsOut: 1000, RemoteLost: lost, Reported: true}
		require.Less(t, s.MOS(), last)
		require.Equal(t, s.MOS(), s.RemoteMOS(), "both directions by the same scale")
		last = s.MOS()
	}
}
