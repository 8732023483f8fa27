package ivr_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// BenchmarkStep is one step of a call: the mean over a whole journey through the example.
func BenchmarkStep(b *testing.B) {
	g := exampleGraph(b)
	now := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	steps := 0
	for b.Loop() {
		s := ivr.NewSession(g, ivr.Vars{Flow: "main"})
		s.Step(now, call.FlowStarted{})
		s.Step(now, call.FlowPlayed{Token: s.Awaited})
		s.Step(now, call.FlowDigit{Digit: '1'})
		s.Step(now, call.FlowServed{})
		s.Step(now, call.FlowPlayed{Token: s.Awaited})
		s.Step(now, call.FlowDigit{Digit: '2'})
		s.Step(now, call.FlowPlayed{Token: s.Awaited})
		steps += 7
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
}

// BenchmarkBranch is the dearest step: a condition and what comes after it.
func BenchmarkBranch(b *testing.B) {
	g := exampleGraph(b)
	now := time.Date(2026, 11, 7, 2, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s := ivr.NewSession(g, ivr.Vars{Flow: "night", Caller: call.Caller{Level: "1"}})
		s.Step(now, call.FlowStarted{})
		b.StartTimer()
		s.Step(now, call.FlowPlayed{Token: s.Awaited})
	}
}

// bigSite is as much as a site may hold: flows of 200 nodes of every kind, a
// tenth of them branches, each with a condition of its own.
func bigSite(flows int) []ivr.Flow {
	all := make([]ivr.Flow, flows)
	for i := range all {
		var nodes []ivr.Node
		for j := 0; j < 200; j += 10 {
			n := func(k int) string { return fmt.Sprintf("n%d", (j+k)%200) }
			nodes = append(nodes,
				play(n(0), n(1), "welcome", "recording_notice"),
				branch(n(1), n(2), fmt.Sprintf(`caller.class == "vip" and called == "%d%d"`, i, j), n(3)),
				menu(n(2), 3, keys("1", n(3), "2", n(4), "3", n(5), "*", n(0))),
				queue(n(3), "general", n(6)), queue(n(4), "complaint", n(6)), queue(n(5), "vip", n(6)),
				ivr.Node{Name: w(n(6)), Survey: &ivr.Survey{Prompt: says("rate_us"), Keys: keys("1", "satisfied")}, Next: w(n(7))},
				play(n(7), n(8), "thank_you"),
				menu(n(8), 3, keys("1", n(9), "2", n(10))),
				voicemail(n(9), "hangup"))
		}
		all[i] = flow(fmt.Sprintf("f%d", i), "n0", nodes...)
	}
	return all
}

// TestBigSiteCompiles checks that the largest site is taken, with no mistake found, and how long it takes is
// a benchmark's business.
func TestBigSiteCompiles(t *testing.T) {
	g, problems := ivr.Compile(bigSite(100), known(t))
	require.Empty(t, problems)
	require.Len(t, g.Flows(), 100)
}

func BenchmarkCompile1000FlowsOf200Nodes(b *testing.B) {
	flows, k := bigSite(1000), known(b)
	b.ReportAllocs()
	for b.Loop() {
		_, problems := ivr.Compile(flows, k)
		require.Empty(b, problems)
	}
}
