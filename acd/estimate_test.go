package acd

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// naivePace keeps the pace of every queue by looking at everything after each step.
type naivePace struct {
	pace  map[*queue]pace
	paced map[call.ID]bool // calls whose offers count
	rings map[call.ID]int  // offers that stand
}

// before adds what the seats worked since the step before, where calls waited.
func (n *naivePace) before(e *Engine, now int64) {
	seats := map[*queue]int64{}
	waits := map[*queue]bool{}
	for _, c := range e.calls {
		if c.stage == stageWaiting && c.known == nil && (c.back == nil || !c.back.lost) {
			waits[c.q] = true
		}
	}
	for _, q := range e.queues {
		for _, s := range e.roster {
			fits := passes(s.agent.Skills, q.Skills)
			if (slices.Contains(q.Groups, s.agent.Group) || naiveLent(e, q, s)) && fits && (s.state == call.SeatReady || s.caller != nil || len(s.engaged) > 0) {
				seats[q]++
			}
		}
		if waits[q] {
			p := n.pace[q]
			p.Work += seats[q] * max(0, now-e.now)
			n.pace[q] = p
		}
	}
}

// TestPace compares the running figures with those of the naive twin. The
// engine's own note of which calls had to wait is taken for granted.
func TestPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		e := New(1)
		n := naivePace{pace: map[*queue]pace{}, paced: map[call.ID]bool{}, rings: map[call.ID]int{}}
		do := func(in Input) {
			n.before(e, w.now.UnixNano())
			effects := e.Step(w.now, in)
			w.see(effects)
			n.after(e, effects)
			for _, q := range e.queues {
				require.Equal(t, n.pace[q].Taken, q.pace.Taken)
				require.Equal(t, n.pace[q].Work, q.workBy(e.now))
			}
		}
		do(w.rules())
		for _, phone := range []string{"1", "2", "3"} {
			do(PhoneUp{phone})
			do(SeatStateSet{Seat: call.SeatID(phone), State: call.SeatReady})
		}
		for range w.number("steps", 1, 60) {
			w.pass(e)
			in := w.input()
			if _, reload := in.(RulesChanged); !reload { // whose queues are whose is another test's
				do(in)
			}
		}
	})
}

// after counts offers to calls that had to wait, and takes back those that came to nothing.
func (n *naivePace) after(e *Engine, effects []Effect) {
	for _, ef := range effects {
		switch ef := ef.(type) {
		case Offer:
			c, q := e.calls[ef.Call], e.queues[ef.Queue]
			n.rings[ef.Call]++
			if c == nil || !c.paced || n.rings[ef.Call] > 1 {
				continue // ring_all: a call is taken once, at however many seats it rings
			}
			n.paced[ef.Call] = true
			p := n.pace[q]
			p.Work -= p.Work / paceCalls
			p.Taken += paceUnit
			p.Taken -= p.Taken / paceCalls
			n.pace[q] = p
		case OfferOver:
			n.rings[ef.Call]--
			if ef.Result == call.OfferAnswered {
				n.paced[ef.Call] = false
			}
			if q := e.queues[ef.Queue]; n.rings[ef.Call] == 0 && n.paced[ef.Call] {
				n.paced[ef.Call] = false
				p := n.pace[q]
				p.Taken = max(0, p.Taken-paceUnit)
				n.pace[q] = p
			}
		}
	}
}

// TestEstimateComesTrue lets ten seats serve a queue that never empties, with
// handling times of 100 s on average: what a call at any place was told is what it waits, on average.
func TestEstimateComesTrue(t *testing.T) {
	e := New(1)
	rnd := rand.New(rand.NewPCG(3, 4))
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	r := Rules{Queues: []Queue{{Name: "q", Groups: []string{"g"}}}}
	for i := range 10 {
		r.Agents = append(r.Agents, Agent{ID: seatID(i), Group: "g"})
	}
	e.Step(now, RulesChanged{r})
	ends := map[call.SeatID]time.Time{}
	told, entered := map[call.ID]time.Duration{}, map[call.ID]time.Time{}
	in := map[call.SeatID]call.ID{}
	var promised, waited time.Duration
	next, measured := 0, 0
	var step func(Input)
	step = func(i Input) {
		for _, ef := range append([]Effect(nil), e.Step(now, i)...) {
			o, ok := ef.(Offer)
			if !ok {
				continue
			}
			if d, known := told[o.Call]; known {
				promised, waited, measured = promised+d, waited+now.Sub(entered[o.Call]), measured+1
			}
			in[o.Seat] = o.Call
			ends[o.Seat] = now.Add(time.Duration(rnd.ExpFloat64() * float64(100*time.Second)))
			step(OfferAnswered{o.Offer})
		}
	}
	arrive := func() {
		id := call.ID(seatID(next))
		next++
		q := e.queues["q"]
		if wait, ok := e.estimate(q, q.pace.pooled+1); ok && wait > 0 {
			told[id], entered[id] = wait, now
		}
		step(CallQueued{Call: id, Queue: "q"})
	}
	for _, a := range r.Agents {
		step(PhoneUp{string(a.ID)})
		step(SeatStateSet{Seat: a.ID, State: call.SeatReady})
	}
	for range 30 {
		arrive()
	}
	for range 3000 {
		first := call.SeatID("")
		for _, a := range r.Agents {
			if end, busy := ends[a.ID]; busy && (first == "" || end.Before(ends[first])) {
				first = a.ID
			}
		}
		now = ends[first]
		step(SeatLegEnded{Call: in[first], Seat: first})
		arrive()
	}
	require.Greater(t, measured, 2500)
	require.InEpsilon(t, waited.Seconds(), promised.Seconds(), 0.03)
}
