package acd

import (
	"slices"
	"time"
)

// recallPlan puts steps back into force that were, and a supervisor's holds.
// Conditions count anew: nobody looked while the node was down. What is gone
// from the site has gone with it, and an end of hours meanwhile has ended what it ends.
func (e *Engine) recallPlan(w *PlanMemory, at int64) {
	p := e.planNamed(w.Name)
	for _, name := range w.Joined {
		if p == nil || p.step(name) == nil {
			e.emit(PlanStepOff{Plan: w.Name, Step: name, Reason: "not part of the site any more"})
		}
	}
	if p == nil {
		return
	}
	for i := range w.Steps {
		p.recallStep(&w.Steps[i], slices.Contains(w.Joined, w.Steps[i].Name), e.instant())
	}
	for _, name := range w.Joined { // in the order they came
		if s := p.step(name); s != nil && s.active && !slices.Contains(p.joined, s) {
			p.joined = append(p.joined, s)
		}
	}
	p.open = w.Open
	if p.hoursEnded(at, w.Open, e.now) {
		e.closePlan(p)
		p.open = false
	}
	e.recallLevels(p, w)
	e.refitPlan(p) // what its steps bend is bent again
	e.staffMoved = true
}

// recallLevels takes up what was counted for service levels, where the plan still looks at it.
func (e *Engine) recallLevels(p *plan, w *PlanMemory) {
	for _, l := range w.Levels {
		for i := range p.levels {
			if counted, ok := thawWindow(l.upTo(e.now), e.now); ok && p.levels[i].asked == l.Length {
				p.levels[i] = counted
			}
		}
	}
}

// recallStep brings a step to where it stood; a hold and what it holds go together.
func (p *plan) recallStep(w *frozenStep, joined bool, now int64) {
	s := p.step(w.Name)
	if s == nil {
		return
	}
	s.by, s.why, s.moved = w.By, w.Why, min(w.Moved, now)
	s.active = joined && w.Hold != HoldOff
	if s.active == (w.Hold == HoldOn) || w.Hold == HoldOff {
		s.hold = w.Hold
	} else {
		s.hold, s.by = Auto, ""
	}
}

// longAgo is how far back hours are looked through; before it they have ended.
const longAgo = 31 * 24 * time.Hour

// hoursEnded tells whether the plan's hours ended at some time between two moments.
func (p *plan) hoursEnded(from int64, open bool, to int64) bool {
	if p.Hours == nil {
		return false
	}
	if to-from > int64(longAgo) {
		return true
	}
	for from < to {
		is, next := p.window(from)
		if open && !is {
			return true
		}
		open, from = is, next
	}
	return false
}

// recallLoans lends the seats again that a step in force had, if they may be lent still.
func (e *Engine) recallLoans(w *PlanMemory) {
	p := e.planNamed(w.Name)
	if p == nil {
		return
	}
	for i := range w.Steps {
		s := p.step(w.Steps[i].Name)
		if s == nil || !s.active {
			continue
		}
		for _, ids := range w.Steps[i].Seats {
			for _, id := range ids {
				if seat := e.seats[id]; seat != nil {
					e.relend(s, seat)
				}
			}
		}
	}
}

// relend gives a seat back to the first of a step's adds that may have it.
func (e *Engine) relend(s *planStep, seat *seat) {
	for _, a := range s.adds {
		if !slices.Contains(e.candidates(a), seat) || e.room(a) <= 0 || !e.atDesk(seat) && e.freeDesks() <= 0 {
			continue
		}
		e.lend(a, seat, "plan "+s.plan.Name+" step "+s.Name+" is still in force")
		return
	}
}
