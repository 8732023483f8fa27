package test

import (
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// floor is a node with agents for every kind of call, and what it holds at rest.
type floor struct {
	t      tb
	n      *harness.Node
	atRest load
	calls  int // made so far
}

// load is what a node takes from its machine.
type load struct{ goroutines, descriptors, bytes float64 }

func (f *floor) load() load {
	return load{f.n.Metric("go_goroutines"), f.n.Metric("process_open_fds"), f.n.Metric("process_resident_memory_bytes")}
}

// brisk is a site on which calls are short: no announcement, no wrap-up, brief offers.
func brisk(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "offer_timeout: 4s, wrap_up: 1s", "offer_timeout: 1s, wrap_up: 0s, say_agent_number: false", 1)
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], `, overflow: [{when: no_seats, to: "queue:general"}]`, "", 1)
	s["flows.yaml"] += `  - name: nobody
    start: q
    nodes:
      q: {queue: vip, next: hangup}
  - name: slow
    start: q
    nodes:
      q: {queue: complaint, next: hangup}
`
	s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:", `  - {number: "10003", trunk: gateway, flow: nobody}
  - {number: "10004", trunk: gateway, flow: slow}
callers:`, 1)
}

// openFloor starts a node with three agents who pick up and one who does not,
// and warms it up, so that what it holds at rest has been seen once.
func openFloor(t tb) *floor {
	t.Helper()
	f := &floor{t: t, n: harness.StartNode(t, harness.Config{Site: site(brisk), Log: "info", RTPPorts: 200, SIPExtra: "  trace: {max: 1MiB}\n"})} // traces are kept on purpose
	for i, id := range []string{"1001", "1002", "1900"} {
		agent(t, f.n, id, float64(1000+100*i), true)
	}
	agent(t, f.n, "4001", 1500, false)
	f.traffic(2)
	nothingLeft(t, f.n)
	f.atRest = f.load()
	return f
}

// traffic makes ten calls of all kinds, so many times, several at once: six are
// answered, and there are one each who gives up, is refused, leaves a message and is not answered.
func (f *floor) traffic(times int) {
	f.t.Helper()
	plans := []harness.Plan{
		{To: "10001", Calls: 6 * times, AtOnce: 3, Steps: []string{harness.Pause(300)}, Bye: true},
		{To: "10003", Calls: times, AtOnce: 2, Steps: []string{harness.Pause(300)}, Bye: true},
		{To: "99999", Calls: times, Expect: 404},
		{To: "10002", Calls: times, AtOnce: 3, Steps: []string{harness.Pause(1500)}, Bye: true},
	}
	var wait sync.WaitGroup
	for _, p := range plans {
		c := harness.StartCaller(f.t, f.n, p)
		wait.Go(func() { c.Done() })
	}
	wait.Go(func() {
		for range times {
			c := harness.StartCaller(f.t, f.n, harness.Plan{To: "10004", Steps: []string{harness.Pause(1500)}, Bye: true})
			f.n.WaitSeat("4001", "break")
			f.n.SetSeat("4001", "ready")
			c.Done()
			f.n.WaitSeat("4001", "ready")
		}
	})
	wait.Wait()
	f.calls += 10 * times
}

// quiet waits until nothing of any call is left.
func (f *floor) quiet() {
	f.t.Helper()
	nothingLeft(f.t, f.n)
	require.Eventually(f.t, func() bool { return f.n.Metric("hotline_sip_transactions") <= 8 }, settling, 100*time.Millisecond,
		"transactions end; there are those of a few registrations and OPTIONS")
}

// same demands that the node holds no more than at rest.
func (f *floor) same() {
	f.t.Helper()
	f.quiet()
	f.n.Eventually(func() bool {
		now := f.load()
		return now.goroutines <= f.atRest.goroutines+4 && now.descriptors <= f.atRest.descriptors+4
	}, "goroutines and descriptors are given back: %+v at rest, %+v now", f.atRest, f.load())
	require.Less(f.t, f.load().bytes, f.atRest.bytes+(32<<20), "memory")
	require.Zero(f.t, f.n.Metric("hotline_journal_failures_total"))
	records := f.n.WaitAllOver()
	require.Len(f.t, records, f.calls, "a record for each call")
	for _, r := range records {
		require.NotEqual(f.t, call.OutcomeInterrupted, r.Outcome)
	}
}

// nothingStored kills the node and starts it again: the journal has no live call, no dialog and every record.
func (f *floor) nothingStored() {
	f.t.Helper()
	f.n.Kill()
	f.n.Start()
	require.NotContains(f.t, f.n.Output(), "closing a call")
	require.Zero(f.t, f.n.Metric("hotline_sip_legs"), "no dialog to end")
	require.Equal(f.t, 4.0, f.n.Metric("hotline_registrations"))
	require.Len(f.t, f.n.WaitAllOver(), f.calls)
}

// TestTwoHundredCallsLeaveNothing is the short form of TestSoak.
func TestTwoHundredCallsLeaveNothing(t *testing.T) {
	t.Parallel()
	f := openFloor(t)
	f.traffic(10)
	f.n.Signal(syscall.SIGHUP)
	f.traffic(10)
	f.same()
	f.nothingStored()
}
