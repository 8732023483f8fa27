package call

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBreaker(t *testing.T) {
	now := time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)
	const pause = 30 * time.Second
	var b Breaker
	fails := func() {
		require.True(t, b.Admits(now))
		b.Begin()
		b.Over(now, false, false, 2, pause)
	}
	fails()
	require.Equal(t, 1, b.Failures())
	b.Over(now, false, true, 2, pause)
	require.Equal(t, 1, b.Failures(), "nobody waited for the end")
	fails()
	require.True(t, b.Open())
	require.False(t, b.Admits(now.Add(pause-1)))
	now = now.Add(pause)
	require.True(t, b.Admits(now))
	b.Begin()
	require.False(t, b.Admits(now), "one tries")
	handed := b.Handed()
	require.True(t, handed.Admits(now), "under new terms another one does")
	b.Over(now, false, false, 2, pause)
	require.False(t, b.Admits(now), "still away")
	now = now.Add(pause)
	b.Begin()
	b.Over(now, true, false, 2, pause)
	require.False(t, b.Open())
	require.Zero(t, b.Failures())
}
