package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// soundCost is what case b found.
type soundCost struct {
	calls      int
	perSecond  time.Duration // CPU a second of a call
	perCallRSS int           // bytes of memory a call, over those of the idle node
	busy       float64       // of one core
	facts      soundFacts
	tally      tally
}

// caseB bridges calls, lets G.711 pass both ways, and shares the CPU of a
// stretch in which nothing begins or ends among the calls.
func caseB(t testing.TB, calls int, stretch time.Duration, record bool) soundCost {
	t.Helper()
	f := openFloor(t, floorPlan{seats: calls, calls: calls + 10, record: record})
	s := startSound(t)
	phones := f.answer("agent_stays", 0, portOf(s.agents))
	rate := float64(max(calls/8, 5))
	rise := time.Duration(float64(calls) / rate * float64(time.Second))
	hold := rise + stretch + 8*time.Second
	idle := usageOf(t, f.PID())
	callers := f.call(traffic{
		scenario: "caller_sound", number: numberPrompt, calls: calls, rate: rate,
		hold: hold, sound: portOf(s.callers),
	})
	f.WaitMetric(float64(calls), "hotline_calls_active", `stage="talking"`)
	<-time.After(time.Second)
	s.begin()
	before, start := usageOf(t, f.PID()), time.Now()
	<-time.After(stretch)
	after, took := usageOf(t, f.PID()), time.Since(start)
	require.Equal(t, float64(calls), f.Metric("hotline_calls_active", `stage="talking"`), "the stretch was too long, or calls were lost")
	c := soundCost{calls: calls, facts: s.finish(), busy: (after.cpu - before.cpu).Seconds() / took.Seconds()}
	c.perSecond = time.Duration(float64(after.cpu-before.cpu) / took.Seconds() / float64(calls))
	c.perCallRSS = (after.rss - idle.rss) / calls
	c.tally = callers.done(hold + rise)
	f.settle()
	phones.Kill()
	f.Kill()
	t.Logf("b, record %v, %d calls: %.3f ms a call-second, %.0f %% of a core, %d KB a call; sound: %d streams, %d sent, %d lost, there and back %.1f / %.1f ms; %s",
		record, calls, ms(c.perSecond), 100*c.busy, c.perCallRSS>>10, c.facts.streams, c.facts.sent, c.facts.lost, ms(c.facts.p50), ms(c.facts.p99), c.tally)
	return c
}
