package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestShort takes each figure once, on little traffic: it proves that they can
// be taken and are not absurd, not how good they are.
func TestShort(t *testing.T) {
	a := caseA(t, numberDigit, 20, 2, true)
	require.Zero(t, a.lost())
	require.Positive(t, a.perCall)
	require.Less(t, a.perCall, 20*time.Millisecond)

	b := caseB(t, 10, 2*time.Second, true)
	require.Equal(t, 10, b.facts.streams)
	require.InDelta(t, 10*2*50, b.facts.sent, 200)
	require.Less(t, b.facts.lost, b.facts.sent/20)
	require.Positive(t, b.facts.p50)
	require.Less(t, b.perSecond, 20*time.Millisecond)

	c := caseC(t, 3, 5)
	require.Positive(t, c.p50)
	require.Less(t, c.p50, 500*time.Millisecond)
	e := caseE(t, 2, 5)
	require.Positive(t, e.p50)
	require.Less(t, e.p50, 500*time.Millisecond)

	require.Greater(t, calibrate(t), 100*time.Nanosecond)
	require.Less(t, calibrate(t), time.Millisecond)

	page := (&figures{a: []callCost{a}, aRecorded: []callCost{a}, aPrompt: a, b1: b, b2: b, floor: [2]time.Duration{calibrate(t), calibrate(t)}, c: []offerCost{c}, e: []offerCost{e}}).page()
	require.Contains(t, page, "| 20 | yes |")
	require.NotContains(t, page, "%!")
}

// TestRecordedCallsLoseNothing is the short form of TestSoakRecorded.
func TestRecordedCallsLoseNothing(t *testing.T) { soakRecorded(t, 20, 4*time.Second, 0.01) }
