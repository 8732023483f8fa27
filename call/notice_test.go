package call

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWaitsAreRoundedAsPeopleExpect(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{
		0: 0, 59 * time.Second: 0, time.Minute: time.Minute, 61 * time.Second: 2 * time.Minute,
		9*time.Minute + time.Second: 10 * time.Minute, 10 * time.Minute: 10 * time.Minute,
		10*time.Minute + time.Second: 15 * time.Minute, 30 * time.Minute: 30 * time.Minute,
	} {
		rounded, over := ExpectedWait(wait)
		require.Equal(t, want, rounded, "%s", wait)
		require.False(t, over)
	}
	rounded, over := ExpectedWait(30*time.Minute + 1)
	require.Equal(t, LongestExpected, rounded)
	require.True(t, over)
}
