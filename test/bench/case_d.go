package bench

import (
	"testing"
	"time"
)

// waitCost is what case d found.
type waitCost struct {
	callers int
	busy    float64 // of one core
	perRSS  int     // bytes a caller, over those of the idle node
}

// caseD has callers wait on music, none of them served.
func caseD(t testing.TB, callers int, stretch time.Duration) waitCost {
	t.Helper()
	f := openFloor(t, floorPlan{calls: callers + 10})
	idle := usageOf(t, f.PID())
	f.call(traffic{scenario: "caller_waits", number: numberDirect, calls: callers, rate: min(float64(callers), 100), atOnce: callers})
	f.WaitMetric(float64(callers), "hotline_queue_waiting")
	<-time.After(2 * time.Second)
	before, start := usageOf(t, f.PID()), time.Now()
	<-time.After(stretch)
	after, took := usageOf(t, f.PID()), time.Since(start)
	f.Kill()
	w := waitCost{callers: callers, busy: (after.cpu - before.cpu).Seconds() / took.Seconds(), perRSS: (after.rss - idle.rss) / callers}
	t.Logf("d, %d waiting: %.1f %% of a core, %d KB each", callers, 100*w.busy, w.perRSS>>10)
	return w
}
