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
	f := rise(t, calls, stretch, record)
	s, idle := f.sound, f.idle
	s.begin()
	before, start := usageOf(t, f.PID()), time.Now()
	<-time.After(stretch)
	after, took := usageOf(t, f.PID()), time.Since(start)
	require.Equal(t, float64(calls), f.Metric("hotline_calls_active", `stage="talking"`), "the stretch was too long, or calls were lost")
	c := soundCost{calls: calls, facts: s.finish(), busy: (after.cpu - before.cpu).Seconds() / took.Seconds()}
	c.perSecond = time.Duration(float64(after.cpu-before.cpu) / took.Seconds() / float64(calls))
	c.perCallRSS = (after.rss - idle.rss) / calls
	c.tally = f.callers.done(f.hold)
	f.settle()
	f.phones.Kill()
	f.Kill()
	t.Logf("b, record %v, %d calls: %.3f ms a call-second, %.0f %% of a core, %d KB a call; sound: %d streams, %d sent, %d lost, there and back %.1f / %.1f ms; %s",
		record, calls, ms(c.perSecond), 100*c.busy, c.perCallRSS>>10, c.facts.streams, c.facts.sent, c.facts.lost, ms(c.facts.p50), ms(c.facts.p99), c.tally)
	return c
}

// raised is a floor whose calls are all up, with sound passing.
type raised struct {
	*floor
	sound           *sound
	phones, callers *sipp
	idle            usage         // before the first call
	hold            time.Duration // how long all of it takes
}

// rise bridges so many calls, some at a time, that stay up for a stretch.
func rise(t testing.TB, calls int, stretch time.Duration, record bool) *raised {
	t.Helper()
	r := &raised{floor: openFloor(t, floorPlan{seats: calls, calls: calls + 10, record: record}), sound: startSound(t)}
	r.phones = r.answer("agent_stays", 0, portOf(r.sound.agents))
	rate := float64(max(calls/8, 5))
	rising := time.Duration(float64(calls) / rate * float64(time.Second))
	stay := rising + stretch + 8*time.Second
	r.hold = stay + rising
	r.idle = usageOf(t, r.PID())
	r.callers = r.call(traffic{
		scenario: "caller_sound", number: numberPrompt, calls: calls, rate: rate,
		hold: stay, sound: portOf(r.sound.callers),
	})
	r.WaitMetric(float64(calls), "hotline_calls_active", `stage="talking"`)
	<-time.After(time.Second)
	return r
}
