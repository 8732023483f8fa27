package test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// liveHeap is what the node's memory held at the end of a collection that began after now: the collector's next goal is
// twice that (GOGC), with a floor of 4 MiB. Reading metrics is what makes it run.
func liveHeap(n *harness.Node) float64 {
	asked := float64(time.Now().UnixMilli()) / 1000
	n.Eventually(func() bool {
		for range 20 {
			n.Metric("go_goroutines")
		}
		return n.Metric("go_memstats_last_gc_time_seconds") > asked
	}, "a collection")
	return n.Metric("go_memstats_next_gc_bytes") / 2
}

// manyCalls makes so many calls, some at a time, and demands that the node holds what it held after the first tenth.
func manyCalls(t tb, count, atOnce int) {
	n := harness.StartNode(t, harness.Config{
		Site: site(brisk), Log: "warn", RTPPorts: 400, SIPExtra: "  trace: {max: 1MiB}\n", // traces are kept on purpose, up to their limit
	})
	calls := func(count int) {
		brief := harness.Sound(harness.Tone(60 * time.Millisecond))
		plans := []harness.Plan{
			{To: "10000", Calls: count * 8 / 10, AtOnce: atOnce, Rate: 2 * atOnce, Sound: brief, Steps: []string{harness.Pause(100)}, Bye: true},
			{To: "10003", Calls: count / 10, AtOnce: max(atOnce/4, 1), Rate: max(atOnce/4, 1), Sound: brief, Steps: []string{harness.Pause(100)}, Bye: true}, // waits, and gives up
			{To: "99999", Calls: count / 10, AtOnce: max(atOnce/4, 1), Rate: max(atOnce/4, 1), Expect: 404},
		}
		var wait sync.WaitGroup
		for _, p := range plans {
			c := harness.StartCaller(t, n, p)
			wait.Go(func() { require.Zero(t, c.Wait(10*time.Minute), "SIPp: %.2000s", c.Output()) })
		}
		wait.Wait()
	}
	rest := func() (load, float64) {
		nothingLeft(t, n)
		if count >= 1000 { // a few weigh nothing, and last 32 s
			require.Eventually(t, func() bool { return n.Metric("hotline_sip_transactions") <= 8 }, settling, 100*time.Millisecond, "transactions end")
		}
		heap := liveHeap(n)
		return load{n.Metric("go_goroutines"), n.Metric("process_open_fds"), n.Metric("process_resident_memory_bytes")}, heap
	}
	calls(count / 10)
	atRest, heap := rest()
	began := time.Now()
	calls(count)
	took := time.Since(began)
	now, grown := rest()
	t.Logf("%d calls in %s (%.0f a second): goroutines %.0f → %.0f, descriptors %.0f → %.0f, live heap %.1f → %.1f MiB (of it traces %.2f MiB), resident %.0f → %.0f MiB",
		count, took.Round(time.Second), float64(count)/took.Seconds(), atRest.goroutines, now.goroutines, atRest.descriptors, now.descriptors,
		heap/(1<<20), grown/(1<<20), n.Metric("hotline_sip_trace_bytes")/(1<<20), atRest.bytes/(1<<20), now.bytes/(1<<20))
	require.LessOrEqual(t, now.goroutines, atRest.goroutines+4)
	require.LessOrEqual(t, now.descriptors, atRest.descriptors+4)
	room := 8 << 20 // of the 10,000: 0.8 KB a call would be seen
	if count < 1000 {
		room = 16 << 20 // caches fill still
	}
	require.Less(t, grown, heap+float64(room), "live memory")
	require.LessOrEqual(t, n.Metric("hotline_sip_trace_bytes"), float64(1<<20))
	require.Equal(t, float64(count*11/10), n.Metric("hotline_calls_total"), "each call is counted once")
	require.Zero(t, n.Metric("hotline_rtp_ports_leased"))
	require.Zero(t, n.Metric("hotline_sip_legs"))
}

// TestManyCallsLeaveNothing is the short form of TestSoakTenThousandCalls.
func TestManyCallsLeaveNothing(t *testing.T) {
	t.Parallel()
	manyCalls(t, 100, 10)
}
