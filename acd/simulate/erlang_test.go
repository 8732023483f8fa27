package simulate

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/acd/erlang"
	"hotline/call"
	"hotline/report"
)

// morning is when runs begin in tests.
func morning() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// plain is a site as Erlang thinks of one: a queue, a group, nothing else.
func plain(seats int) acd.Rules {
	r := acd.Rules{Revision: 1, Queues: []acd.Queue{{
		Name: "general", Groups: []string{"general"}, Target: 20 * time.Second, OfferTimeout: 15 * time.Second,
	}}}
	for i := range seats {
		r.Agents = append(r.Agents, acd.Agent{ID: call.SeatID(idOf(i)), Group: "general"})
	}
	return r
}

// sample is figures of independent days.
type sample []float64

// bounds are the limits within which the true mean lies 999 times of 1,000 (normal, as there are many days).
func (s sample) bounds() (low, high float64) {
	n, mean, squares := float64(len(s)), 0.0, 0.0
	for _, v := range s {
		mean += v / n
	}
	for _, v := range s {
		squares += (v - mean) * (v - mean)
	}
	half := 3.3 * math.Sqrt(squares/(n-1)/n)
	return mean - half, mean + half
}

func (s sample) holds(t *testing.T, what string, want float64) {
	t.Helper()
	low, high := s.bounds()
	t.Logf("%s: %.5g lies in %.5g … %.5g", what, want, low, high)
	require.GreaterOrEqual(t, want, low, what)
	require.LessOrEqual(t, want, high, what)
}

// days runs a load through the engine on so many days, each with its own seed,
// and measures all but the first two hours, in which the floor is still empty.
func days(t *testing.T, n int, l erlang.Load, seats int, measure func(c *Counts, seats SeatTime)) {
	t.Helper()
	patience := Dist{Kind: DistNever}
	if l.Patience > 0 {
		patience = Dist{Kind: DistExponential, Mean: l.Patience}
	}
	for seed := range uint64(n) {
		calls, err := Arrivals([]Load{{
			Queue: "general", From: morning(), To: morning().Add(26 * time.Hour),
			Calls: l.Calls * float64(26*time.Hour) / float64(l.Per), Talk: Unset, Patience: Unset,
		}}, seed+1)
		require.NoError(t, err)
		Draw(calls, Dist{Kind: DistExponential, Mean: l.Handle}, patience, seed+1)
		r, err := Run(Scenario{Rules: plain(seats), Calls: calls, Interval: 2 * time.Hour, Seed: seed, ShortAbandon: time.Nanosecond})
		require.NoError(t, err)
		var c Counts
		var s SeatTime
		for i := 1; i < len(r.All.Intervals)-1; i++ {
			c.Add(&r.All.Intervals[i])
			s.Add(r.All.SeatSpans[i])
		}
		measure(&c, s)
	}
}

// TestErlangC: with patience without end, waits are those of M/M/c.
func TestErlangC(t *testing.T) {
	for name, c := range map[string]struct {
		load  erlang.Load
		seats int
	}{
		"13 seats at 0.81": {erlang.Load{Calls: 3.5, Per: time.Minute, Handle: 3 * time.Minute}, 13},
		"14 seats at 0.71": {erlang.Load{Calls: 100, Per: 30 * time.Minute, Handle: 3 * time.Minute}, 14},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.load.With(c.seats)
			var wait, level, occupancy, waited sample
			days(t, 40, c.load, c.seats, func(n *Counts, s SeatTime) {
				asa, _ := n.SpeedOfAnswer()
				wait = append(wait, asa.Seconds())
				sl, _ := n.ServiceLevel(report.SL4)
				level = append(level, sl)
				o, _ := s.Occupancy()
				occupancy = append(occupancy, o)
				waited = append(waited, float64(n.Longest))
			})
			wait.holds(t, "mean wait", want.MeanWait().Seconds())
			level.holds(t, "answered within 20 s", want.ServiceLevel(20*time.Second))
			occupancy.holds(t, "occupancy", want.Occupancy())
			low, _ := waited.bounds()
			require.Positive(t, low, "somebody waits on every day")
		})
	}
}

// TestErlangA: with exponential patience, waits and abandons are those of M/M/c+M.
func TestErlangA(t *testing.T) {
	load := erlang.Load{Calls: 3.5, Per: time.Minute, Handle: 3 * time.Minute, Patience: 5 * time.Minute}
	want := load.With(13)
	var waits, abandon, sl3, sl4, occupancy sample
	days(t, 40, load, 13, func(n *Counts, s SeatTime) {
		rate, _ := n.AbandonRate()
		abandon = append(abandon, rate)
		waits = append(waits, rate*load.Patience.Seconds()) // Little's law; the wait of those who left is not in ASA
		v, _ := n.ServiceLevel(report.SL3)
		sl3 = append(sl3, v)
		v, _ = n.ServiceLevel(report.SL4)
		sl4 = append(sl4, v)
		o, _ := s.Occupancy()
		occupancy = append(occupancy, o)
	})
	require.InDelta(t, 9.91, want.MeanWait().Seconds(), 0.005)
	waits.holds(t, "mean wait", want.MeanWait().Seconds())
	abandon.holds(t, "abandoned", want.Abandon())
	sl3.holds(t, "answered within 20 s", want.Answered(20*time.Second))
	sl4.holds(t, "SL-4", want.ServiceLevel(20*time.Second))
	occupancy.holds(t, "occupancy", want.Occupancy())
}

// BenchmarkDay is 100,000 calls in a day: 24 queues, 600 seats in 12 groups.
func BenchmarkDay(b *testing.B) {
	rules, calls := bigDay(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Run(Scenario{Rules: rules, Calls: calls, Ring: Dist{Mean: 3 * time.Second}, Seed: 1})
		require.NoError(b, err)
		require.Greater(b, r.All.Total.Answered, 50_000)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/day")
}

func bigDay(tb testing.TB, n float64) (acd.Rules, []Call) {
	r := acd.Rules{Revision: 1}
	var loads []Load
	for i := range 24 {
		name := "q" + string(rune('a'+i))
		r.Queues = append(r.Queues, acd.Queue{
			Name: name, Groups: []string{"g" + string(rune('a'+i%12))}, Target: 30 * time.Second, Priority: 1 + i%9,
			OfferTimeout: 15 * time.Second, WrapUp: 15 * time.Second,
			Widen: []acd.Widen{{After: 20 * time.Second, Groups: []string{"g" + string(rune('a'+(i+1)%12))}}},
		})
		loads = append(loads, Load{Queue: name, From: morning(), To: morning().Add(24 * time.Hour), Calls: n / 24, Talk: Unset, Patience: Unset})
	}
	for i := range 600 {
		r.Agents = append(r.Agents, acd.Agent{ID: call.SeatID(idOf(i)), Group: "g" + string(rune('a'+i%12))})
	}
	calls, err := Arrivals(loads, 1)
	require.NoError(tb, err)
	Draw(calls, Dist{Kind: DistLogNormal, Mean: 8 * time.Minute, Spread: 1}, Dist{Kind: DistExponential, Mean: 3 * time.Minute}, 1)
	return r, calls
}
