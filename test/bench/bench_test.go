package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestShort takes each figure once, on little traffic: it proves that they can
// be taken and are not absurd, not how good they are.
func TestShort(t *testing.T) {
	c := caseA(t, numberDigit, 20, 2, true)
	require.Zero(t, c.lost())
	require.Positive(t, c.perCall)
	require.Less(t, c.perCall, 10*time.Millisecond)
}
