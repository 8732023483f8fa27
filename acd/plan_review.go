package acd

import "slices"

// touched notes that a figure of the plans of a queue has changed.
func (e *Engine) touched(q *queue, calls int) {
	for _, p := range q.plans {
		p.waiting += calls
		e.touch(p)
	}
	if q.Callbacks.PeakSeats > 0 {
		e.gateMoved(q)
	}
}

func (e *Engine) touch(p *plan) {
	if !p.stale {
		p.stale = true
		e.stalePlans = append(e.stalePlans, p)
	}
}

// seatsMoved notes that a seat became ready or began to work, or is it no more,
// or that it has been worked out anew who serves what.
func (e *Engine) seatsMoved() {
	for _, p := range e.plans {
		if p.looksAt[SeatsReady] || p.looksAt[EstimatedWait] {
			e.touch(p)
		}
	}
}

// pooling counts a call that begins (1) or ceases (−1) to wait for any seat of the queue.
func (e *Engine) pooling(q *queue, change int) {
	q.pooling(e.now, change)
	for _, p := range q.plans {
		if p.looksAt[EstimatedWait] {
			e.touch(p)
		}
	}
}

// reviewPlans looks at the plans whose figures have changed in this step, and
// reports whether one of their steps came or went.
func (e *Engine) reviewPlans() bool {
	moved := false
	for len(e.stalePlans) > 0 {
		p := e.stalePlans[0]
		e.stalePlans = slices.Delete(e.stalePlans, 0, 1)
		if e.review(p) {
			moved = true
		}
	}
	return moved
}

// review brings a plan to where its conditions want it now, and sets its timer
// to when they will want something else.
func (e *Engine) review(p *plan) bool {
	p.stale = false
	open, next := p.window(e.now)
	moved := p.open && !open && e.closePlan(p)
	p.open = open
	for {
		change := e.observe(p)
		if !e.advance(p) {
			e.armPlan(p, next, change)
			return moved
		}
		moved = true
	}
}

// advance moves at most one step of the plan.
func (e *Engine) advance(p *plan) bool {
	for _, s := range p.steps {
		if at, ok := p.due(s); ok && at <= e.now {
			e.stepOn(s, "", e.whyOn(s))
			return true
		}
	}
	if s, at, ok := p.releaseDue(); ok && at <= e.now {
		e.stepOff(s, "", e.whyOff(p))
		return true
	}
	return false
}

// armPlan sets the plan's timer to the first of the given times (0: none), the
// next step to come and the next to go.
func (e *Engine) armPlan(p *plan, times ...int64) {
	for _, s := range p.steps {
		if at, ok := p.due(s); ok {
			times = append(times, at)
		}
	}
	if _, at, ok := p.releaseDue(); ok {
		times = append(times, at)
	}
	times = slices.DeleteFunc(times, func(at int64) bool { return at == 0 })
	if len(times) == 0 {
		e.disarm(&p.timer)
		return
	}
	if at := slices.Min(times); p.timer.pos == 0 || p.timer.at != at {
		e.arm(&p.timer, at)
	}
}

// closePlan takes all steps back at the end of the plan's hours, in the order of
// release, and lifts the supervisor's holds.
func (e *Engine) closePlan(p *plan) bool {
	for _, s := range p.steps {
		s.hold, s.by = Auto, ""
	}
	moved := len(p.joined) > 0
	for s := p.nextOff(); s != nil; s = p.nextOff() {
		e.stepOff(s, "", "the plan's hours are over")
	}
	return moved
}

// stepOn brings a step into force and does what it says.
func (e *Engine) stepOn(s *planStep, by, why string) {
	p := s.plan
	s.active, s.moved, s.why = true, e.instant(), why
	p.calm = truth{}
	p.joined = append(p.joined, s)
	on := PlanStepOn{
		Plan: p.Name, Step: s.Name, Number: s.number, Figures: e.figuresNow(p), By: by, Reason: why,
	}
	place := len(e.out)
	e.emit(on)
	for _, a := range s.adds {
		e.fill(a, "plan "+p.Name+" step "+s.Name+" has come into force")
		on.Short += a.short()
		for _, seat := range a.seats {
			on.Seats = append(on.Seats, seat.agent.ID)
		}
	}
	e.out[place] = on
	e.act(s, on.Figures)
}

// act does what a step does besides lending seats.
func (e *Engine) act(s *planStep, f PlanFigures) {
	for _, a := range s.Do {
		switch a.Do {
		case Page:
			e.page(s, a, f)
		case CancelBreaks:
			e.cancelBreaks(s)
		case Divert, Raise:
			e.refitPlan(s.plan)
		case StopCallbacks:
			e.gatesMoved(s)
		case Add, Announce: // the first is done
		}
	}
	e.announce(s)
}

// stepOff takes a step back.
func (e *Engine) stepOff(s *planStep, by, why string) {
	p := s.plan
	s.active, s.moved, s.why = false, e.instant(), why
	p.calm, s.holds = truth{}, truth{}
	p.joined = slices.DeleteFunc(p.joined, func(o *planStep) bool { return o == s })
	off := PlanStepOff{
		Plan: p.Name, Step: s.Name, Number: s.number, Figures: e.figuresNow(p), By: by, Reason: why,
	}
	place := len(e.out)
	e.emit(off)
	for _, a := range s.adds {
		for _, seat := range slices.Clone(a.seats) {
			off.Seats = append(off.Seats, seat.agent.ID)
			e.unlend(a, seat, "plan "+p.Name+" step "+s.Name+" has been taken back")
		}
	}
	e.out[place] = off
	e.gatesMoved(s)
	if slices.Contains(e.plans, p) { // else the plans are being changed, and breaks and queues are looked at afterwards
		e.reviewBreaks()
		if s.bends() {
			e.refitPlan(p)
		}
	}
}

// whyOn says why a step comes by itself, with its figures.
func (e *Engine) whyOn(s *planStep) string {
	why := s.When.words(e.figuresNow(s.plan))
	if s.When.For > 0 {
		why += " for " + span(s.When.For)
	}
	if s.plan.Independent {
		return why
	}
	var last *planStep
	for _, b := range s.plan.steps[:s.number-1] {
		if b.active && (last == nil || b.moved > last.moved) {
			last = b
		}
	}
	if last != nil && last.moved >= max(s.holds.Since, s.moved) {
		why += " after step " + last.Name
	}
	return why
}

// whyOff says why a step goes by itself.
func (e *Engine) whyOff(p *plan) string {
	why := p.Release.When.words(e.figuresNow(p))
	if p.Release.When.For > 0 {
		why += " for " + span(p.Release.When.For)
	}
	if p.Release.Forward {
		return why + "; the first to come goes first"
	}
	return why + "; the last to come goes first"
}

// gatesMoved has the gates of a step's queues looked at, if it stops callbacks.
func (e *Engine) gatesMoved(s *planStep) {
	for _, a := range s.Do {
		if a.Do == StopCallbacks {
			for _, q := range s.plan.queues {
				e.gateMoved(q)
			}
		}
	}
}
