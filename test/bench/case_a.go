package bench

import (
	"testing"
	"time"
)

// talk is how long an agent talks in case a.
const talk = 1500 * time.Millisecond

// callCost is what case a found at one rate.
type callCost struct {
	rate     float64
	perCall  time.Duration
	busy     float64 // of one core, over the run
	tally    tally
	answered int // calls the node has in its records as answered
	rss      [2]int
}

// lost is the share of calls that were not carried, as SIPp or the records have it.
func (c callCost) lost() float64 {
	n := c.tally.done + c.tally.failed
	return float64(n-min(c.tally.done, c.answered)) / float64(n)
}

// caseA lets calls come at a rate for some seconds and shares the CPU of the
// process, from before the first to after the last has been archived, among them.
func caseA(t testing.TB, number string, rate, seconds float64, record bool) callCost {
	t.Helper()
	calls := int(rate * seconds)
	seats := min(int(rate*3)+20, calls+20)
	f := openFloor(t, floorPlan{seats: seats, calls: min(int(rate*4)+50, calls+10), record: record})
	phones := f.answer("agent_talks", talk, 0)
	scenario := "caller_prompt"
	if number == numberDigit {
		scenario = "caller_digit"
	}
	before, start := usageOf(t, f.PID()), time.Now()
	sum := f.call(traffic{scenario: scenario, number: number, calls: calls, rate: rate}).done(time.Duration(seconds * float64(time.Second)))
	f.settle()
	after := usageOf(t, f.PID())
	c := callCost{
		rate: rate, tally: sum, perCall: (after.cpu - before.cpu) / time.Duration(calls),
		busy:     (after.cpu - before.cpu).Seconds() / time.Since(start).Seconds(),
		answered: int(f.Metric("hotline_calls_total", `outcome="answered"`)), rss: [2]int{before.rss, after.rss},
	}
	phones.Kill()
	f.Kill()
	t.Logf("a, %s, record %v, %.0f calls/s: %.2f ms a call, %.0f %% of a core; %s, %d answered; %d → %d MB",
		number, record, rate, ms(c.perCall), 100*c.busy, sum, c.answered, before.rss>>20, after.rss>>20)
	return c
}

// settle waits until no call is live and the records of those that ended have
// reached the database.
func (f *floor) settle() {
	f.t.Helper()
	f.WaitMetric(0, "hotline_calls_active")
	f.WaitMetric(0, "hotline_store_feed_lag_seconds")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
