//go:build soak

package bench

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSoakRecorded holds two hundred recorded calls up for ten minutes, or for
// SOAK_RECORDED, and loses nothing.
func TestSoakRecorded(t *testing.T) {
	length := 10 * time.Minute
	if text := os.Getenv("SOAK_RECORDED"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err, "SOAK_RECORDED is a duration, as 2m")
	}
	soakRecorded(t, 200, length, 0)
}
