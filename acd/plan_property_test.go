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
		a := PlanAction{
			Do:     draw(w, "do", Add, Add, Add, CancelBreaks, StopCallbacks, Page, Announce, Divert, Divert, Raise, Raise),
			OnCall: []call.SeatID{"1", "nobody"},
		}
		switch a.Do {
		case Add:
			a.Group = draw(w, "group", "g", "h")
			a.Seats, a.Keep = w.number("seats", 0, 2), w.number("keep", 0, 1)
			a.Counted = a.Seats > 0
		case Announce:
			a.Prompt = draw(w, "prompt", "news", "fault")
		case Divert:
			a.After = time.Duration(w.number("after", 0, 30)) * time.Second
			a.To = draw(w, "to", Target{ToQueue, "a"}, Target{ToQueue, "c"}, Target{ToQueue, "nowhere"}, Target{ToFlow, "voicemail"})
		case Raise:
			a.Points, a.Exact = w.number("points", -3, 9), w.number("exact", 0, 2) == 0
		case Page, StopCallbacks, CancelBreaks:
		}
		s.Do = append(s.Do, a)
	}
	return s
}

func (w *world) when() PlanWhen {
	out := PlanWhen{For: time.Duration(w.number("for", 0, 10)) * time.Second}
	if w.number("time", 0, 5) == 0 {
		hours, err := planHours(draw(w, "time of day", "08:00-08:01", "07:59-08:00", "20:00-07:59"))
		require.NoError(w.t, err)
		out.Time = hours
	}
	for range w.number("tests", 1, 2) {
		t := PlanTest{
			Figure:  draw(w, "figure", Waiting, Waiting, LongestWait, SeatsReady, EstimatedWait, EstimatedWait, ServiceLevel, ServiceLevel),
			Compare: draw(w, "compare", Above, AtLeast, Below, AtMost, Equal),
			Number:  w.number("number", 0, 2),
		}
		switch t.Figure {
		case LongestWait, EstimatedWait:
			t.Length = time.Duration(w.number("length", 0, 20)) * time.Second
		case ServiceLevel:
			t.Number, t.Window = draw(w, "percent", 0, 50, 80, 100), draw(w, "window", time.Minute, 97*time.Second)
		case Waiting, SeatsReady:
		}
		out.All = append(out.All, t)
	}
	return out
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
		if q.removed || !slices.Contains(p.Queues, q.Name) {
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
	require.Empty(t, e.refits)
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
		conditionsAreTrue(t, e, p)
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

// conditionsAreTrue checks that what a plan notes of its conditions is what they
// are when everything is looked at anew, now and just before the next deadline:
// nothing changes between steps unseen.
func conditionsAreTrue(t require.TestingT, e *Engine, p *plan) {
	for _, w := range p.levels {
		sum := LevelCounts{}
		for _, one := range w.slots {
			sum = sum.plus(one)
		}
		require.Equal(t, sum, w.sum)
	}
	defer func(now int64) { e.now = now }(e.now)
	times := []int64{e.now}
	if next, ok := e.timers.top(); ok && next.at > e.now+1 {
		times = append(times, next.at-1)
	}
	for _, now := range times {
		e.now = now
		for _, s := range p.steps {
			require.Equal(t, p.open && naiveHolds(e, p, s.When), s.holds.Holds, "%s/%s: %s at %v", p.Name, s.Name, s.When.rule(), at(now))
		}
		if p.Release != nil && len(p.joined) > 0 {
			require.Equal(t, naiveHolds(e, p, p.Release.When), p.calm.Holds, "%s: release %s at %v", p.Name, p.Release.When.rule(), at(now))
		}
	}
}

// naiveHolds tells whether a condition holds, by looking at every call and seat.
func naiveHolds(e *Engine, p *plan, w PlanWhen) bool {
	if w.Time != nil && !w.Time.IsOpen(at(e.now)) {
		return false
	}
	return !slices.ContainsFunc(w.All, func(t PlanTest) bool { return !naiveTest(e, p, t) })
}

func naiveTest(e *Engine, p *plan, t PlanTest) bool {
	queues := map[*queue]bool{}
	for _, name := range p.Queues {
		if q := e.queues[name]; q != nil {
			queues[q] = true
		}
	}
	waiting, longest := 0, int64(0)
	for _, c := range e.calls {
		if c.stage != stageAway && c.back == nil && queues[c.q] {
			waiting, longest = waiting+1, max(longest, e.now-c.entry)
		}
	}
	switch t.Figure {
	case Waiting:
		return t.Compare.holds(int64(waiting), int64(t.Number))
	case LongestWait:
		return t.Compare.holds(longest, int64(t.Length))
	case SeatsReady:
		ready := 0
		for _, s := range e.roster {
			plain := func(q *queue) bool { return naiveTier(e, &caller{q: q, joined: e.now + 1}, s, false) > 0 }
			if s.state == call.SeatReady && slices.ContainsFunc(p.queues, plain) {
				ready++
			}
		}
		return t.Compare.holds(int64(ready), int64(t.Number))
	case EstimatedWait:
		wait, known := e.longestEstimate(p)
		return known && t.Compare.holds(int64(wait), int64(t.Length))
	case ServiceLevel:
	}
	w, sum := p.level(t.Window), LevelCounts{}
	for i := range w.slots {
		if n := w.last - int64(i); n > e.now/w.slot-windowSlots && n >= 0 {
			sum = sum.plus(w.slots[n%windowSlots])
		}
	}
	within, of := sum.SL4()
	return t.Compare.holds(100*int64(within), int64(t.Number*of))
}

// naiveLift is what the plans in force make of a call's priority in its queue.
func naiveLift(e *Engine, c *caller) int {
	priority := c.priority
	for _, p := range e.plans {
		if c.q.removed || !slices.Contains(p.Queues, c.q.Name) {
			continue
		}
		for _, s := range p.joined {
			for _, a := range s.Do {
				switch {
				case a.Do == Raise && a.Exact:
					priority = a.Points
				case a.Do == Raise:
					priority = max(-1000, min(1000, priority+a.Points))
				}
			}
		}
	}
	return priority
}

// divertsNobody: no call that a step in force sends on when it has waited so long is still there.
func divertsNobody(t require.TestingT, e *Engine, c *caller) {
	for _, p := range e.plans {
		if !slices.Contains(p.Queues, c.q.Name) {
			continue
		}
		for _, s := range p.joined {
			for _, a := range s.Do {
				late := a.Do == Divert && c.back == nil && e.now-c.joined >= int64(a.After) && e.leadsSomewhere(c, a.To)
				require.False(t, late, "%s waits though %s/%s sends it on", c.id, p.Name, s.Name)
				if a.Do == Announce && c.back == nil {
					require.Contains(t, c.heard, p.Name+"/"+s.Name+"/"+a.Prompt, "who waits has heard it")
				}
			}
		}
	}
}
