package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThriftCollectsWhenQuiet(t *testing.T) {
	var th thrift
	const mb = 1 << 20
	require.False(t, th.worth(heapFacts{cycles: 3, live: 40 * mb, held: 70 * mb}), "the runtime has just collected")
	require.False(t, th.worth(heapFacts{cycles: 3, live: 40 * mb, held: 43 * mb}), "next to nothing came")
	require.True(t, th.worth(heapFacts{cycles: 3, live: 40 * mb, held: 45 * mb, free: 4 * mb}))
	require.False(t, th.worth(heapFacts{cycles: 4, live: 40 * mb, held: 70 * mb}), "its own counts as well")

	h := readHeap()
	require.Positive(t, h.held)
	require.LessOrEqual(t, h.cycles, readHeap().cycles)
}
