package acd

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func (w *world) callbackRules() CallbackRules {
	r := CallbackRules{
		Tries: w.number("tries", 0, 3), Gap: time.Duration(w.number("gap", 0, 2)) * 10 * time.Second,
		PeakSeats: w.number("peak seats", 0, 2),
	}
	if w.number("quiet", 0, 4) == 0 {
		c, err := hours("0-8") // the world begins a minute before eight
		if err != nil {
			w.t.Fatal(err)
		}
		r.Quiet = c
	}
	return r
}

// aNumber is one of a few, so that customers ring back.
func (w *world) aNumber() string {
	return draw(w, "number", "", "anonymous", "13800000001", "13800000002", "13800000003")
}

func (w *world) aBack() call.CallbackID {
	if len(w.backs) == 0 {
		return "none"
	}
	return w.backs[len(w.backs)-1-w.number("back", 0, min(4, len(w.backs)-1))]
}

// callbackInput makes up what may happen to callbacks.
func (w *world) callbackInput(agent call.SeatID) Input {
	switch w.number("callback", 0, 9) {
	case 0, 1, 2:
		in := CallbackQueued{
			ID: call.CallbackID(fmt.Sprintf("B%03d", len(w.backs))), Queue: draw(w, "queue", "a", "b", "c"), Node: "n1",
			Caller: call.Caller{Number: w.aNumber()}, Priority: draw(w, "priority", 0, 0, 9),
			Tries: w.number("tries", 0, 1), Lost: w.number("lost", 0, 2) == 0, Seat: draw(w, "taken", "", "", agent),
		}
		if w.number("earlier", 0, 1) == 0 {
			in.Entry = w.now.Add(-time.Duration(w.number("earlier", 0, 100)) * time.Second)
		}
		if w.number("later", 0, 2) == 0 {
			in.NotBefore = w.now.Add(time.Duration(w.number("later", -5, 30)) * time.Second)
		}
		w.backs = append(w.backs, in.ID)
		return in
	case 3, 4:
		w.backs = append(w.backs, call.CallbackID(fmt.Sprintf("B%03d", len(w.backs))))
		return CallbackQueued{ID: w.backs[len(w.backs)-1], From: w.aCall(), Node: "n1"}
	case 5, 6, 7:
		result := draw(w, "result", call.DialResults()...)
		if len(w.tries) == 0 {
			return CallbackDialled{Call: "none", Result: result}
		}
		return CallbackDialled{Call: w.tries[len(w.tries)-1-w.number("try", 0, min(2, len(w.tries)-1))], Result: result}
	case 8:
		return CallbackDropped{ID: w.aBack(), Words: "cancelled"}
	}
	if len(w.tries) > 0 && w.number("gives up", 0, 1) == 0 {
		return CallLeft{w.tries[len(w.tries)-1]}
	}
	return CallbacksPaused{Paused: w.number("paused", 0, 3) == 0}
}

// callbacksHoldTogether checks the callbacks between two steps: each is in one
// place, is held back for a reason or not at all, and counts where it should.
func callbacksHoldTogether(t require.TestingT, e *Engine) {
	require.Empty(t, e.gates)
	engaged, pooled, due := map[*queue]int{}, map[*queue]int{}, map[*queue]int{}
	for _, c := range e.calls {
		if c.back == nil {
			require.NotEqual(t, stageHeld, c.stage)
			continue
		}
		if c.back.engaged {
			engaged[c.q]++
		}
		busy := c.stage == stageRinging
		for _, s := range c.seats {
			busy = busy || s.inTalk()
		}
		require.Equal(t, busy, c.back.engaged, "a seat is on it")
		if c.back.state.Over() {
			require.Equal(t, stageAway, c.stage)
			continue
		}
		require.Same(t, c, e.backs[c.back.id])
		require.Same(t, c, e.byNumber[c.who.Number], "one callback a number")
		callbackHoldsTogether(t, e, c)
		if c.stage == stageWaiting || c.stage == stageRinging {
			due[c.q]++
		}
		if c.stage == stageWaiting && c.known == nil && !c.back.lost {
			pooled[c.q]++
		}
	}
	require.Equal(t, len(e.backs), len(e.byNumber))
	for _, q := range e.queues {
		require.Equal(t, engaged[q], q.back.engaged)
		require.Equal(t, pooled[q], q.back.pooled)
		require.Equal(t, due[q], q.back.due.len())
		place := 0
		q.back.due.each(func(c *caller) {
			place++
			require.Equal(t, place, q.back.due.position(c))
		})
	}
	for id := range e.backs {
		require.NotNil(t, e.backs[id])
	}
}

// callbackHoldsTogether checks one, against rules written down once more.
func callbackHoldsTogether(t require.TestingT, e *Engine, c *caller) {
	b := c.back
	switch c.stage {
	case stageAway:
		require.Equal(t, call.CallbackDialling, b.state)
		require.Len(t, c.seats, 1, "somebody waits for the customer's answer")
		require.Equal(t, call.SeatAnnouncing, c.seats[0].state)
		return
	case stageRinging:
		require.Equal(t, call.CallbackRinging, b.state)
		require.Len(t, c.ringers, 1, "a callback rings at one seat")
		return
	case stageWaiting, stageHeld:
	}
	require.Equal(t, call.CallbackWaiting, b.state)
	require.LessOrEqual(t, b.tries, 3, "no rule of the world's has more; a reload to fewer leaves who waits one more")
	quiet := c.q.Callbacks.Quiet != nil && c.q.Callbacks.Quiet.IsOpen(at(e.now))
	stopped := false
	for _, p := range e.plans {
		for _, q := range p.queues {
			stopped = stopped || q == c.q && p.does(StopCallbacks) != nil
		}
	}
	peak := c.q.Callbacks.PeakSeats
	crowded := peak > 0 && c.q.line.len() > 0 && c.q.back.engaged >= peak
	held := e.paused || b.notBefore > e.now || quiet || stopped || crowded
	require.Equal(t, held, c.stage == stageHeld, "held back for a reason, and for every reason")
	require.Equal(t, held, b.hold != HoldNothing)
}
