package acd

import (
	"slices"

	"hotline/call"
)

type frozenPlan struct {
	Name   string                      `json:"name"`
	Open   bool                        `json:"open,omitempty"`
	Calm   truth                       `json:"calm,omitzero"`
	Joined []string                    `json:"joined,omitempty"`
	Steps  []frozenStep                `json:"steps"`
	Timer  int64                       `json:"timer,omitempty"`
	Levels []frozenWindow[LevelCounts] `json:"levels,omitempty"`
}

type frozenStep struct {
	Name  string `json:"name"`
	Holds truth  `json:"holds,omitzero"`
	Moved int64  `json:"moved,omitempty"`
	Hold  Hold   `json:"hold,omitempty"`
	By    string `json:"by,omitempty"`
	Why   string `json:"why,omitempty"`
	// Seats that its adds lend, add by add, in the order they came.
	Seats [][]call.SeatID `json:"seats,omitempty"`
}

// frozenLoan names an add: the plan, the step and the add's number in it.
type frozenLoan struct {
	Plan string `json:"plan"`
	Step string `json:"step"`
	Add  int    `json:"add"`
}

func (p *plan) freeze(now int64) frozenPlan {
	f := frozenPlan{Name: p.Name, Open: p.open, Calm: p.calm}
	for _, s := range p.joined {
		f.Joined = append(f.Joined, s.Name)
	}
	for _, s := range p.steps {
		f.Steps = append(f.Steps, s.freeze())
	}
	if p.timer.pos != 0 {
		f.Timer = p.timer.at
	}
	for _, w := range p.levels {
		f.Levels = append(f.Levels, w.freeze(now))
	}
	return f
}

func (s *planStep) freeze() frozenStep {
	f := frozenStep{Name: s.Name, Holds: s.holds, Moved: s.moved, Hold: s.hold, By: s.by, Why: s.why}
	for _, a := range s.adds {
		ids := []call.SeatID{}
		for _, seat := range a.seats {
			ids = append(ids, seat.agent.ID)
		}
		f.Seats = append(f.Seats, ids)
	}
	return f
}

func (a *add) freeze() frozenLoan {
	return frozenLoan{Plan: a.step.plan.Name, Step: a.step.Name, Add: slices.Index(a.step.adds, a)}
}

// thawPlans makes the plans of the rules what they were, and refuses what does not fit together.
func (e *Engine) thawPlans(f *frozen) error {
	e.changePlans(f.Rules)
	for i := range f.Plans {
		p := e.planNamed(f.Plans[i].Name)
		if p == nil || !e.thawPlan(p, &f.Plans[i]) {
			return call.Errorf(call.CodeInvalid, "acd snapshot: plan %s is not the one of the rules", f.Plans[i].Name)
		}
	}
	for i := range f.Seats {
		s := e.seats[f.Seats[i].Agent.ID]
		for _, l := range f.Seats[i].Loans {
			a := e.addNamed(l)
			if a == nil || !slices.Contains(a.seats, s) || slices.Contains(s.loans, a) {
				return call.Errorf(call.CodeInvalid, "acd snapshot: agent %s is not lent by %s/%s", s.agent.ID, l.Plan, l.Step)
			}
			s.loans = append(s.loans, a)
		}
	}
	for _, p := range e.plans {
		if !p.sound() {
			return call.Errorf(call.CodeInvalid, "acd snapshot: plan %s and its seats do not agree", p.Name)
		}
	}
	e.staffMoved = false
	e.refitAll()
	return nil
}

// thawPlan reports whether the frozen plan is this one.
func (e *Engine) thawPlan(p *plan, f *frozenPlan) bool {
	p.open, p.calm = f.Open, f.Calm
	if f.Timer != 0 {
		e.arm(&p.timer, f.Timer)
	}
	for _, l := range f.Levels {
		w, ok := thawWindow(l, e.now)
		i := slices.IndexFunc(p.levels, func(o *window[LevelCounts]) bool { return o.asked == l.Length })
		if !ok || i < 0 {
			return false
		}
		p.levels[i] = w
	}
	for i := range f.Steps {
		s := p.step(f.Steps[i].Name)
		if s == nil || len(f.Steps[i].Seats) != len(s.adds) {
			return false
		}
		w := &f.Steps[i]
		s.holds, s.moved, s.hold, s.by, s.why = w.Holds, w.Moved, w.Hold, w.By, w.Why
		for n, ids := range w.Seats {
			for _, id := range ids {
				s.adds[n].seats = append(s.adds[n].seats, e.seats[id])
			}
		}
	}
	for _, name := range f.Joined {
		s := p.step(name)
		if s == nil || s.active {
			return false
		}
		s.active = true
		p.joined = append(p.joined, s)
	}
	return true
}

// plansSeen takes all plans as looked at.
func (e *Engine) plansSeen() {
	for _, p := range e.stalePlans {
		p.stale = false
	}
	e.stalePlans = nil
}

func (e *Engine) addNamed(l frozenLoan) *add {
	p := e.planNamed(l.Plan)
	if p == nil {
		return nil
	}
	s := p.step(l.Step)
	if s == nil || l.Add < 0 || l.Add >= len(s.adds) {
		return nil
	}
	return s.adds[l.Add]
}

// sound tells whether only steps in force lend seats, each seat once, and these know of it.
func (p *plan) sound() bool {
	for _, s := range p.steps {
		for _, a := range s.adds {
			for i, seat := range a.seats {
				if !s.active || seat == nil || !slices.Contains(seat.loans, a) || slices.Contains(a.seats[:i], seat) {
					return false
				}
			}
		}
	}
	return true
}
