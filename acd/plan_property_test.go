package acd

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// plans makes up plans for a site, sensible or not.
func (w *world) plans(r *Rules) {
	r.PhysicalSeats = w.number("desks", 0, 4)
	for _, name := range []string{"p", "r"} {
		if w.number("plan "+name, 0, 2) == 0 {
			continue
		}
		p := Plan{
			Name: name, Queues: draw(w, "of", []string{"a"}, []string{"b", "a"}, []string{"c", "nowhere"}),
			MaxAdded: w.number("max added", 0, 2), Independent: w.number("independent", 0, 1) == 0,
		}
		for _, step := range []string{"s1", "s2", "s3"} {
			if w.number("step "+step, 0, 3) > 0 {
				p.Steps = append(p.Steps, w.step(step))
			}
		}
		if w.number("release", 0, 4) > 0 {
			p.Release = &PlanRelease{When: w.when(), Forward: w.number("forward", 0, 3) == 0}
		}
		if w.number("hours", 0, 3) == 0 {
			hours, err := planHours(draw(w, "open", "08:00-08:01", "07:00-08:00", "20:00-08:00"))
			require.NoError(w.t, err)
			p.Hours = hours
		}
		r.Plans = append(r.Plans, p)
	}
}

func (w *world) step(name string) PlanStep {
	s := PlanStep{Name: name, When: w.when()}
	for range w.number("actions", 1, 2) {
		a := PlanAction{Do: draw(w, "do", Add, Add, Add, CancelBreaks, StopCallbacks, Page), OnCall: []call.SeatID{"1", "nobody"}}
		if a.Do == Add {
			a.Group = draw(w, "group", "g", "h")
			a.Seats, a.Keep = w.number("seats", 0, 2), w.number("keep", 0, 1)
			a.Counted = a.Seats > 0
		}
		s.Do = append(s.Do, a)
	}
	return s
}

func (w *world) when() PlanWhen {
	t := PlanTest{
		Figure: draw(w, "figure", Waiting, Waiting, LongestWait, SeatsReady), Compare: draw(w, "compare", Above, AtLeast, Below, AtMost, Equal),
		Number: w.number("number", 0, 2),
	}
	if t.Figure == LongestWait {
		t.Length = time.Duration(w.number("length", 0, 20)) * time.Second
	}
	return PlanWhen{All: []PlanTest{t}, For: time.Duration(w.number("for", 0, 10)) * time.Second}
}

func (w *world) force() Input {
	return PlanForce{
		Plan: draw(w, "plan", "p", "r"), Step: draw(w, "step", "s1", "s2", "s3"),
		Hold: draw(w, "hold", HoldOn, HoldOff, Auto), By: "9001",
	}
}

// naiveLent goes through everything that lends.
func naiveLent(e *Engine, q *queue, s *seat) bool {
	for _, p := range e.plans {
		if !slices.Contains(p.Queues, q.Name) {
			continue
		}
		for _, st := range p.steps {
			for _, a := range st.adds {
				if slices.Contains(a.seats, s) {
					return true
				}
			}
		}
	}
	return false
}

// plansHoldTogether checks what must be true of plans between any two steps.
func plansHoldTogether(t require.TestingT, e *Engine) {
	require.Empty(t, e.stalePlans)
	require.Empty(t, e.regrouped)
	require.False(t, e.staffMoved)
	loans := 0
	for _, p := range e.plans {
		waiting := 0
		for _, name := range p.Queues {
			if q := e.queues[name]; q != nil {
				waiting += q.line.len()
			}
		}
		require.Equal(t, waiting, p.waiting, "who waits for plan %s", p.Name)
		if p.MaxAdded > 0 {
			require.LessOrEqual(t, p.added(), p.MaxAdded, "the plan's ceiling")
		}
		for _, s := range p.steps {
			require.Equal(t, s.active, slices.Contains(p.joined, s))
			require.False(t, s.hold == HoldOn && !s.active || s.hold == HoldOff && s.active, "a supervisor's hold holds")
			loans += stepHoldsTogether(t, e, s)
			if due, ok := p.due(s); ok {
				require.Greater(t, due, e.now, "a step that is due comes")
				require.NotZero(t, p.timer.pos)
				require.LessOrEqual(t, p.timer.at, due)
			}
		}
		if _, due, ok := p.releaseDue(); ok {
			require.Greater(t, due, e.now, "a release that is due comes")
			require.LessOrEqual(t, p.timer.at, due)
		}
	}
	for _, s := range e.roster {
		loans -= len(s.loans)
	}
	require.Zero(t, loans, "seats and steps agree on who is lent")
}

// stepHoldsTogether checks one step and counts the seats it lends.
func stepHoldsTogether(t require.TestingT, e *Engine, s *planStep) (loans int) {
	for _, a := range s.adds {
		loans += len(a.seats)
		require.True(t, s.active || len(a.seats) == 0, "who is not in force lends nobody")
		require.True(t, a.Seats == 0 || len(a.seats) <= a.Seats)
		present := 0
		for _, o := range e.roster {
			if o.counted && o.agent.Group == a.Group {
				present++
			}
		}
		require.LessOrEqual(t, len(a.seats), max(0, present-a.Keep), "so many stay behind")
		for _, o := range a.seats {
			require.Contains(t, o.loans, a)
			require.Same(t, o, e.seats[o.agent.ID])
			require.True(t, a.fits(o))
		}
	}
	return loans
}

// nobodyIsLent takes every step back, as a supervisor would, and sees that all have gone home.
func nobodyIsLent(t *rapid.T, e *Engine, now time.Time) {
	for _, p := range slices.Clone(e.plans) {
		for _, s := range p.steps {
			e.Step(now, PlanForce{Plan: p.Name, Step: s.Name, Hold: HoldOff, By: "9001"})
		}
	}
	for _, s := range e.roster {
		require.Empty(t, s.loans)
	}
	require.Empty(t, e.index.lent)
}

// onlyPlansWait tells whether nothing is under way but the conditions and hours of plans, which never end.
func onlyPlansWait(e *Engine) bool {
	return !slices.ContainsFunc(e.timers.items, func(t *timer) bool { return t.plan == nil })
}
