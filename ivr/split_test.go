package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// TestASplitIsByLot sends many callers through a split, at moments a millisecond
// apart: the shares are what they were given, and a replay gives the same.
func TestASplitIsByLot(t *testing.T) {
	split := ivr.Node{Name: w("lot"), Split: &ivr.Split{Shares: []ivr.Share{
		{Percent: w(20), Next: w("a")}, {Percent: w(0), Next: w("b")}, {Percent: w(80), Next: w("c")},
	}}}
	g, problems := ivr.Compile([]ivr.Flow{flow("f", "lot", split,
		play("a", "hangup", "welcome"), play("b", "hangup", "closed"), play("c", "hangup", "all_busy"))}, known(t))
	require.Empty(t, problems)
	now, count := shanghai(t, "2026-11-02 10:00"), map[string]int{}
	for i := range 10_000 {
		at := now.Add(time.Duration(i) * time.Millisecond)
		went := func() string {
			s := ivr.NewSession(g, ivr.Vars{Flow: "f", Caller: call.Caller{Number: "13800000001"}})
			return s.Step(at, call.FlowStarted{})[2].(call.FlowPlay).Prompts[0]
		}
		first := went()
		require.Equal(t, first, went())
		count[first]++
	}
	require.InDelta(t, 2000, count["welcome"], 200)
	require.InDelta(t, 8000, count["all_busy"], 200)
	require.Zero(t, count["closed"])
}
