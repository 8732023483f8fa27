package acd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// The exhaustive walk: two calls, two seats, two queues, and every input that can
// mean something in each state, in all orders, until no new state comes up. Two
// states are the same when nothing that follows can tell them apart: times
// count by what is left of them and by who was first, ids not at all.

// walkSite has both seats in both queues; one queue rings at both at once, the
// other passes its calls on when nobody is there.
func walkSite() Rules {
	return Rules{
		Queues: []Queue{
			{Name: "all", Groups: []string{"g", "h"}, Strategy: RingAll, OfferTimeout: 20 * time.Second, WrapUp: 20 * time.Second},
			{
				Name: "one", Groups: []string{"h", "g"}, OfferTimeout: 20 * time.Second, WrapUp: 20 * time.Second, Priority: 1,
				Overflow: []Overflow{{When: WhenNoSeats, To: Target{Kind: ToQueue, Name: "all"}}},
			},
		},
		Agents: []Agent{{ID: "1", Group: "g"}, {ID: "2", Group: "h"}},
	}
}

// stateKey is what tells states apart.
func stateKey(e *Engine) string {
	var b strings.Builder
	left := func(t *timer) int64 {
		if t.pos == 0 {
			return -1
		}
		return (t.at - e.now) / int64(time.Second)
	}
	for _, s := range e.roster {
		p := e.phones[string(s.agent.ID)]
		fmt.Fprintf(&b, "%s %s>%s t%d %v", s.agent.ID, s.state, s.want.State, left(&s.timer), p != nil && p.works())
		if s.caller != nil {
			fmt.Fprintf(&b, " %s", s.caller.id)
		}
		b.WriteByte(';')
	}
	first, second := e.roster[0], e.roster[1]
	fmt.Fprintf(&b, "idle %v%v;", first.idle < second.idle, first.idle > second.idle)
	for _, id := range []call.ID{"A", "B"} {
		if c := e.calls[id]; c != nil {
			fmt.Fprintf(&b, "%s s%d l%d %v %v", id, c.stage, min(c.left, 1), c.rungBy(), len(c.seats))
			if c.stage != stageAway {
				b.WriteString(c.q.Name)
			}
			b.WriteByte(';')
		}
	}
	if x, y := e.calls["A"], e.calls["B"]; x != nil && y != nil && x.stage != stageAway && y.stage != stageAway {
		fmt.Fprintf(&b, "first %v", x.before(y))
	}
	return b.String()
}

// walkInputs is everything that may happen in a state.
func walkInputs(e *Engine) (all []Input) {
	for _, id := range []call.ID{"A", "B"} {
		c := e.calls[id]
		if c == nil || c.stage == stageAway && c.left == 0 {
			all = append(all, CallQueued{Call: id, Queue: "all"}, CallQueued{Call: id, Queue: "one"})
		}
		if c != nil && c.left == 0 {
			all = append(all, CallLeft{id})
		}
		if c != nil {
			all = append(all, DispositionSet{id})
		}
	}
	for _, s := range e.roster {
		id := s.agent.ID
		all = append(all,
			SeatStateSet{Seat: id, State: call.SeatReady}, SeatStateSet{Seat: id, State: call.SeatBreak},
			SeatStateSet{Seat: id, State: call.SeatOffline}, PhoneUp{string(id)}, PhoneDown{string(id), "gone"})
		switch {
		case s.state == call.SeatOffered:
			all = append(all, OfferAnswered{s.offer}, OfferRefused{s.offer}, OfferUnreachable{s.offer, "480"})
		case s.inTalk():
			all = append(all, CallConnected{s.caller.id, id}, SeatLegEnded{Call: s.caller.id, Seat: id})
		}
	}
	if len(e.late.kept) > 0 {
		all = append(all, OfferAnswered{e.late.kept[0].Offer}) // too late
	}
	return all
}

// bare is a test that marks no helpers, which would take most of the time.
type bare struct{ t *testing.T }

func (b bare) Errorf(format string, args ...any) { b.t.Errorf(format, args...) }
func (b bare) FailNow()                          { b.t.FailNow() }

// walker visits states breadth first.
type walker struct {
	t     bare
	seen  map[string]bool
	front []*frozen
	steps int
}

// visit checks a state and keeps it, if it is new, to go on from.
func (w *walker) visit(e *Engine) {
	key := stateKey(e)
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	e.late.kept = e.late.kept[:min(len(e.late.kept), 1)]
	w.front = append(w.front, e.freeze())
}

// step takes an input from a state, the naive twin looking on.
func (w *walker) step(state *frozen, in Input) {
	e, err := thaw(state)
	require.NoError(w.t, err)
	now := at(e.now)
	if _, tick := in.(Tick); tick {
		due, ok := e.Deadline()
		if !ok {
			return
		}
		now = due
	}
	standing := map[call.OfferID]bool{}
	for id, s := range e.offers {
		standing[id] = s.state == call.SeatOffered
	}
	w.steps++
	for _, ef := range checkedStep(w.t, e, now, in) {
		switch ef := ef.(type) {
		case Offer:
			require.False(w.t, standing[ef.Offer])
			standing[ef.Offer] = true
		case OfferOver:
			require.True(w.t, standing[ef.Offer], "an offer ends once")
			standing[ef.Offer] = false
		}
	}
	for id, stands := range standing {
		s := e.offers[id]
		require.Equal(w.t, stands, s != nil && s.state == call.SeatOffered, "an offer that has gone was told to be over")
	}
	holdsTogether(w.t, e)
	w.visit(e)
}

// comesToRest lets all callers leave and all deadlines pass: nobody may be stuck.
func (w *walker) comesToRest(state *frozen) {
	e, err := thaw(state)
	require.NoError(w.t, err)
	now := at(e.now)
	e.Step(now, CallLeft{"A"})
	e.Step(now, CallLeft{"B"})
	for range 20 {
		due, ok := e.Deadline()
		if !ok {
			break
		}
		e.Step(due, Tick{})
	}
	_, more := e.Deadline()
	require.False(w.t, more, "deadlines come to an end")
	nobodyIsStuck(w.t, e)
}

// walk goes on from the beginning with the inputs wanted, as deep as said or
// until nothing new comes up. It returns whether all states have been seen.
func (w *walker) walk(depth int, wanted func(Input) bool) bool {
	e := New(1)
	e.Step(monday(), RulesChanged{walkSite()})
	w.visit(e)
	for ; depth > 0 && len(w.front) > 0; depth-- {
		front := w.front
		w.front = nil
		for _, state := range front {
			w.from(state, wanted)
		}
	}
	w.t.t.Logf("%d states, %d steps, %d not followed", len(w.seen), w.steps, len(w.front))
	return len(w.front) == 0
}

// from takes every step there is from a state.
func (w *walker) from(state *frozen, wanted func(Input) bool) {
	e, err := thaw(state)
	require.NoError(w.t, err)
	for _, in := range walkInputs(e) {
		if wanted(in) {
			w.step(state, in)
		}
	}
	w.step(state, Tick{})
	w.comesToRest(state)
}

// TestWalkEverything takes all inputs in all orders, eight deep.
func TestWalkEverything(t *testing.T) {
	w := &walker{t: bare{t}, seen: map[string]bool{}}
	require.False(t, w.walk(8, func(Input) bool { return true }))
	require.Greater(t, len(w.seen), 3000)
}

// TestWalkToTheEnd leaves out what only renames a state (the end of the
// announcement, a break asked for) and phones that fail by themselves, and goes on
// until there is no state left that has not been seen.
func TestWalkToTheEnd(t *testing.T) {
	w := &walker{t: bare{t}, seen: map[string]bool{}}
	require.True(t, w.walk(100, func(in Input) bool {
		switch in := in.(type) {
		case CallConnected, PhoneDown:
			return false
		case SeatStateSet:
			return in.State != call.SeatBreak
		}
		return true
	}))
}
