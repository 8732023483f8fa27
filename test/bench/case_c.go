package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// offerCost is what cases c and e found.
type offerCost struct {
	waiting, seats int
	offers         int
	p50, p99       time.Duration
	perCall        time.Duration // CPU
	idle           time.Duration // of it, what the node takes in that time without a call: OPTIONS to its phones, mostly
}

// idleStretch is how long a node without calls is watched for what it takes idle.
const idleStretch = 5 * time.Second

// caseC keeps callers waiting for one seat and takes the time from the seat's
// BYE to the next INVITE at the same phone, on the wire.
func caseC(t testing.TB, waiting, offers int) offerCost {
	t.Helper()
	f := openFloor(t, floorPlan{seats: 1, calls: waiting + offers + 10})
	w := listenSIP(t, f.SIP, f.phone)
	phone := f.answer("agent_talks", 60*time.Millisecond, 0)
	f.SetSeat(seatName(0), "break")
	f.call(traffic{scenario: "caller_waits", number: numberDirect, calls: waiting + offers, rate: min(float64(waiting+offers), 100), atOnce: waiting + offers})
	f.WaitMetric(float64(waiting+offers), "hotline_queue_waiting")
	f.SetSeat(seatName(0), "ready")
	var gaps []time.Duration
	require.Eventually(t, func() bool {
		gaps = w.gaps("BYE", f.SIP, f.phone)
		return len(gaps) >= offers
	}, limit, 200*time.Millisecond)
	f.Kill()
	phone.Kill()
	gaps = gaps[:offers] // behind these fewer are waiting
	c := offerCost{waiting: waiting, seats: 1, offers: offers}
	c.p50, c.p99 = spread(gaps)
	t.Logf("c, %d waiting: %d offers, %.2f / %.2f ms", waiting, len(gaps), ms(c.p50), ms(c.p99))
	return c
}

func spread(d []time.Duration) (p50, p99 time.Duration) {
	slices.Sort(d)
	return quantile(d, 0.5), quantile(d, 0.99)
}

// caseE has one call at a time come to a floor where one seat of many is free,
// and takes the time from the caller's INVITE to the seat's, on the wire.
func caseE(t testing.TB, seats, calls int) offerCost {
	t.Helper()
	f := openFloor(t, floorPlan{seats: seats, calls: calls + 10})
	w := listenSIP(t, f.SIP, f.phone)
	phone := f.answer("agent_talks", 20*time.Millisecond, 0) // first: setting the seats takes longer than phones may be silent
	for i := 1; i < seats; i++ {
		f.SetSeat(seatName(i), "break")
	}
	f.WaitSeat(seatName(0), "ready")
	quiet := usageOf(t, f.PID())
	<-time.After(idleStretch)
	before, begun := usageOf(t, f.PID()), time.Now()
	callers := f.call(traffic{scenario: "caller_waits", number: numberDirect, calls: calls, rate: 10, atOnce: 1})
	sum := callers.done(time.Duration(calls) * 100 * time.Millisecond)
	require.Zero(t, sum.failed)
	f.settle()
	after, lasted := usageOf(t, f.PID()), time.Since(begun)
	gaps := w.gaps("INVITE", f.SIP, f.phone)
	require.Len(t, gaps, calls)
	phone.Kill()
	f.Kill()
	c := offerCost{seats: seats, offers: len(gaps), perCall: (after.cpu - before.cpu) / time.Duration(calls)}
	c.idle = time.Duration(float64(before.cpu-quiet.cpu)*float64(lasted)/float64(idleStretch)) / time.Duration(calls)
	c.p50, c.p99 = spread(gaps)
	t.Logf("e, 1 seat free of %d: %d calls, offered in %.2f / %.2f ms, %.2f ms CPU a call at ten a second, %.2f of it idle",
		seats, len(gaps), ms(c.p50), ms(c.p99), ms(c.perCall), ms(c.idle))
	return c
}
