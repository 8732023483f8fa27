package simulate

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestDistributions(t *testing.T) {
	for text, want := range map[string]struct{ mean, deviation float64 }{
		"20s":                     {20, 0},
		"20":                      {20, 0},
		"fixed:1m30s":             {90, 0},
		"exp:3m":                  {180, 180},
		"lognormal:3m":            {180, 180},
		"lognormal:100,0.5":       {100, 50},
		"empirical:60s, 90s,2m30": {}, // wrong: see below
		"empirical:60s,90s,150":   {100, 37.42},
	} {
		d, err := ParseDist(text)
		if want.mean == 0 {
			require.ErrorContains(t, err, "is no distribution; write")
			continue
		}
		require.NoError(t, err, text)
		const n = 100_000
		sum, squares := 0.0, 0.0
		for i := range uint64(n) {
			dice := newDice(5, 1, i)
			v := d.draw(&dice).Seconds()
			sum, squares = sum+v, squares+v*v
		}
		mean := sum / n
		require.InEpsilon(t, want.mean, mean, 0.01, text)
		require.InDelta(t, want.deviation, math.Sqrt(max(0, squares/n-mean*mean)), want.deviation*0.04+1e-3, text)
		again, err := ParseDist(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again, "a distribution is written as it is read")
	}
	for _, text := range []string{"", "soon", "exp", "exp:", "exp:-3s", "poisson:3m", "lognormal:3m,0", "lognormal:3m,x", "exp:99999h", "nan", "inf"} {
		_, err := ParseDist(text)
		require.Error(t, err, text)
	}
	for _, text := range []string{"never", "data"} {
		d, err := ParseDist(text)
		require.NoError(t, err)
		require.Equal(t, text, d.String())
	}
}

func TestDataIsWhatTheCallsBring(t *testing.T) {
	calls := []Call{
		{Talk: time.Minute, Patience: Never}, {Talk: Unset, Patience: Unset}, {Talk: 2 * time.Minute, Patience: 7 * time.Second},
	}
	Draw(calls, Dist{Kind: DistData}, Dist{Kind: DistData}, 1)
	require.Contains(t, []time.Duration{time.Minute, 2 * time.Minute}, calls[1].Talk)
	require.Equal(t, 7*time.Second, calls[1].Patience)
	require.Equal(t, Never, calls[0].Patience)
}

func TestRecords(t *testing.T) {
	stamp := func(clock string) call.Stamp { return call.StampOf(at(clock)) }
	queued := func(clock string) []call.Segment {
		return []call.Segment{{Kind: call.SegmentIVR, Start: stamp("08:59:00")}, {Kind: call.SegmentQueue, Queue: "general", Start: stamp(clock)}}
	}
	records := []call.Record{
		{Outcome: call.OutcomeServedInIVR},
		{Outcome: call.OutcomeAnswered, AnsweredAt: stamp("09:00:10"), WaitSeconds: 10, TalkSeconds: 60, HoldSeconds: 5, Segments: queued("09:00:00"), CallerClass: call.CallerVIP},
		{Outcome: call.OutcomeAbandoned, WaitSeconds: 20, Segments: queued("09:01:00")},
		{Outcome: call.OutcomeOverflowed, WaitSeconds: 30, Segments: queued("09:02:00")},
	}
	require.Equal(t, []Call{
		{At: at("09:00:00"), Queue: "general", Class: call.CallerVIP, Talk: 65 * time.Second, Patience: Unset},
		{At: at("09:01:00"), Queue: "general", Talk: Unset, Patience: 20 * time.Second},
		{At: at("09:02:00"), Queue: "general", Talk: Unset, Patience: Unset},
	}, FromRecords(records))
	require.Equal(t, Dist{Kind: DistExponential, Mean: time.Minute}, PatienceOf(records), "60 s waited, one gave up")
	require.Equal(t, Dist{Kind: DistNever}, PatienceOf(records[:2]))
}
