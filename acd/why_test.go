package acd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// TestWhyAgrees asks for an explanation of everything after every step, and
// holds what it says against the naive twin. Asking changes nothing.
func TestWhyAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		e := New(1)
		e.Step(w.now, w.rules())
		for _, phone := range []string{"1", "2", "3"} {
			e.Step(w.now, PhoneUp{phone})
			e.Step(w.now, SeatStateSet{Seat: call.SeatID(phone), State: call.SeatReady})
		}
		for range w.number("steps", 1, 40) {
			w.pass(e)
			w.see(e.Step(w.now, w.input()))
			before, err := e.Snapshot()
			require.NoError(t, err)
			for _, c := range e.calls {
				if c.stage != stageAway && !c.q.removed {
					explains(t, e, c, w.now)
				}
			}
			after, err := e.Snapshot()
			require.NoError(t, err)
			require.Equal(t, string(before), string(after))
		}
	})
}

func explains(t *rapid.T, e *Engine, c *caller, now time.Time) {
	why, err := e.Why(now.Add(time.Second), c.q.Name, c.id)
	require.NoError(t, err)
	back := 0
	for _, b := range e.callbacks() {
		if b.q == c.q && b.stage != stageAway {
			back++
		}
	}
	require.Len(t, why.Calls, c.q.line.len()+back)
	i := slices.IndexFunc(why.Calls, func(w CallWhy) bool { return w.Call == c.id })
	require.GreaterOrEqual(t, i, 0)
	own := why.Calls[i]
	if c.back == nil {
		require.Equal(t, c.q.line.position(c)-1, i)
	}
	require.Equal(t, c.stage == stageHeld, strings.Contains(own.Words, "held back: "))
	require.Equal(t, c.stage == stageRinging, strings.Contains(own.Words, "rings at"))
	told := map[call.SeatID]SeatWhy{}
	for _, s := range why.Seats {
		require.NotContains(t, told, s.Seat, "each seat once")
		require.NotEmpty(t, s.Words)
		told[s.Seat] = s
	}
	for _, s := range e.roster {
		require.Equal(t, naiveTier(e, c, s, false) > 0, told[s.agent.ID].May, "agent %s", s.agent.ID)
		if naiveTier(e, c, s, true) > 0 {
			require.NotContains(t, told[s.agent.ID].Words, "lacks")
		}
	}
}

// TestWhyIsBounded explains a queue of a large site.
func TestWhyIsBounded(t *testing.T) {
	e := New(1)
	r := Rules{Queues: []Queue{{Name: "q", Groups: []string{"g"}}}}
	for i := range 1000 {
		r.Agents = append(r.Agents, Agent{ID: seatID(i), Group: "g"})
	}
	now := time.Unix(0, 0)
	e.Step(now, RulesChanged{r})
	for i := range 500 {
		e.Step(now, CallQueued{Call: call.ID(fmt.Sprint(i)), Queue: "q"})
	}
	why, err := e.Why(now, "q", "")
	require.NoError(t, err)
	require.Len(t, why.Calls, whyCalls)
	require.Equal(t, 500-whyCalls, why.MoreCalls)
	require.Len(t, why.Seats, whySeats)
	require.Equal(t, 1000-whySeats, why.MoreSeats)
	require.Contains(t, why.Calls[0].Words, "nobody who may take it is signed in")
}
