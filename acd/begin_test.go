package acd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// successor is what a node makes of an engine that has ended: which seats were
// signed in, which phones are registered, and what was remembered, through its JSON.
func successor(t require.TestingT, e *Engine, rules Rules, m *Memory) Began {
	in := Began{Rules: rules, Memory: &Memory{}}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, in.Memory))
	for _, s := range e.roster {
		if s.phone != nil && s.nextAsk().State != call.SeatOffline {
			want := s.nextAsk()
			in.Seats = append(in.Seats, SeatStateSet{
				Seat: s.agent.ID, State: want.State, Reason: want.Reason, Minutes: want.Minutes, Phone: s.phone.name, Forced: true,
			})
		}
	}
	for name, p := range e.phones {
		if p.up {
			in.Phones = append(in.Phones, name)
		}
	}
	slices.Sort(in.Phones)
	return in
}

// restart is a node that stops, its calls cut off, and starts again.
func (s *script) restart(now time.Time, stopped []string) (err error) {
	ended := now
	if len(stopped) > 0 {
		if ended, err = s.clock(stopped[0]); err != nil {
			return err
		}
	}
	s.runTo(ended)
	in := successor(nil, s.engine, s.rules, s.engine.Memory(ended))
	s.engine, s.offers = New(2), nil
	fmt.Fprintf(&s.out, "    ~ another engine\n")
	s.tell(s.worthTelling(s.engine.Step(now, in)))
	return nil
}

func TestOnlyANewEngineBegins(t *testing.T) {
	e := site(t, Queue{})
	r := only[Rejected](t, e.Step(monday(), Began{}))
	require.Equal(t, call.CodeConflict, r.Code)
	require.Len(t, e.View().Seats, 3, "nothing has changed")
}

// TestARestartAtAnyTime ends an engine in the middle of anything and goes on
// with another, by rules that may be others: it holds together, nobody is signed out,
// a supervisor's hand and steps in force stay, and in the end nobody is stuck.
func TestARestartAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		e, p := New(1), newProtocol()
		do := func(in Input) {
			effects := checkedStep(t, e, w.now, in)
			w.see(effects)
			p.check(t, in, effects)
			holdsTogether(t, e)
		}
		rules := w.rules()
		do(rules)
		for _, phone := range []string{"1", "2", "3"} {
			do(PhoneUp{phone})
			do(SeatStateSet{Seat: call.SeatID(phone), State: call.SeatReady})
		}
		for range w.number("steps", 1, 40) {
			w.pass(e)
			in := w.input()
			if r, ok := in.(RulesChanged); ok {
				rules = r
			}
			do(in)
		}
		m := e.Memory(w.now)
		for range w.number("lost steps", 0, 5) { // nobody remembers them
			w.pass(e)
			do(w.input())
		}
		old := e
		same := w.number("another site", 0, 2) > 0 && slices.Equal(stepNames(old.rules), stepNames(rules.Rules))
		next := rules.Rules
		if !same {
			next = w.rules().Rules
		}
		w.now = w.now.Add(time.Duration(w.number("down for", 0, 7000)) * time.Second)
		w.rings, w.pairs = nil, nil
		in := successor(t, old, next, m)
		e, p = New(2), newProtocol()
		do(in)
		require.Empty(t, e.calls)
		for _, s := range in.Seats {
			if seat := e.seats[s.Seat]; seat != nil && same {
				require.NotEqual(t, call.SeatOffline, seat.state)
			}
		}
		finish(t, w, e, do)
		p.end(t, e)
		nobodyIsLent(t, e, w.now)
	})
}

func stepNames(r Rules) (all []string) {
	for _, p := range r.Plans {
		for _, s := range p.Steps {
			all = append(all, p.Name+"/"+s.Name)
		}
	}
	return all
}

// finish goes on for a while, then lets every call leave and every lease end.
func finish(t *rapid.T, w *world, e *Engine, do func(Input)) {
	for range w.number("more steps", 0, 40) {
		w.pass(e)
		do(w.input())
	}
	for n := range w.calls + 1 {
		do(CallLeft{callID(n)})
	}
	for _, c := range e.callbacks() {
		do(CallbackDropped{ID: c.back.id, Words: "the day is over"})
	}
	for _, id := range slices.Sorted(maps.Keys(e.calls)) { // those of callbacks, which are made as they come
		do(CallLeft{id})
	}
	for {
		at, ok := e.Deadline()
		if !ok || onlyPlansWait(e) {
			break
		}
		w.now = at
		do(Tick{})
	}
	nobodyIsStuck(t, e)
}

// TestAMemoryThatFitsNothing has an engine take one from another world.
func TestAMemoryThatFitsNothing(t *testing.T) {
	far := time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	m := &Memory{
		At: time.Time{}, Offers: 9,
		Queues: []QueueMemory{{Queue: "nowhere", pace: pace{Taken: 5}}, {Queue: "q", pace: pace{Taken: -1, Work: -1}}},
		Seats: []SeatMemory{
			{Seat: "1", Phone: "elsewhere", Turn: 99},
			{Seat: "nobody", Break: &breakRequest{}},
			{Seat: "2", Phone: "2", State: call.SeatReady, Idle: far, Since: far, Turn: 99},
		},
		Plans: []PlanMemory{
			{Name: "gone", Joined: []string{"s"}, Steps: []frozenStep{{Name: "s", Seats: [][]call.SeatID{{"1"}}}}},
			{Name: "p", Open: true, Joined: []string{"off", "gone", "on"}, Steps: []frozenStep{
				{Name: "off", Hold: HoldOff},
				{Name: "out", Hold: HoldOn, By: "9001"},
				{Name: "on", Moved: far, Seats: [][]call.SeatID{{"nobody", "1", "2"}, {"2"}}},
			}},
		},
	}
	never := PlanWhen{All: []PlanTest{{Figure: Waiting, Compare: Above, Number: 99}}}
	rules := Rules{
		Queues: []Queue{{Name: "q", Groups: []string{"g"}}},
		Agents: []Agent{{ID: "1", Group: "g"}, {ID: "2", Group: "h"}},
		Plans: []Plan{{Name: "p", Queues: []string{"q"}, Steps: []PlanStep{
			{Name: "off", When: never}, {Name: "out", When: never}, {Name: "on", When: never, Do: []PlanAction{{Do: Add, Group: "h"}}},
		}}},
	}
	e := New(1)
	in := Began{Rules: rules, Phones: []string{"1", "2"}, Memory: m}
	for _, id := range []call.SeatID{"1", "2"} {
		in.Seats = append(in.Seats, SeatStateSet{Seat: id, State: call.SeatReady, Forced: true})
	}
	effects := checkedStep(t, e, monday(), in)
	holdsTogether(t, e)
	require.Equal(t, "2", string(only[SeatLent](t, effects).Seat))
	v := e.View().Plans[0]
	require.Equal(t, []bool{false, false, true}, []bool{v.Steps[0].Active, v.Steps[1].Active, v.Steps[2].Active})
	require.Equal(t, HoldOff, v.Steps[0].Hold)
	require.Equal(t, Auto, v.Steps[1].Hold)
	for _, s := range e.View().Seats {
		require.Equal(t, call.SeatReady, s.State)
		require.False(t, s.Since.After(monday()))
	}
}
