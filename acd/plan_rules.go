package acd

import (
	"slices"
	"time"
)

// changePlans takes the plans of a revision as a difference: steps in force stay
// so, conditions that are the same keep their time. What is gone from the site is taken back.
func (e *Engine) changePlans(r Rules) {
	e.homeGroups = map[string]bool{}
	for i := range r.Queues {
		for _, group := range r.Queues[i].Groups {
			e.homeGroups[group] = true
		}
	}
	old := e.plans
	e.plans, e.stalePlans = nil, nil // those that stay are looked at anyway
	for _, q := range e.queues {
		q.plans = nil
	}
	for i := range r.Plans {
		e.changePlan(old, &r.Plans[i])
	}
	for _, p := range old {
		if !slices.Contains(e.plans, p) {
			e.dropSteps(p, p.steps)
			e.disarm(&p.timer)
		}
	}
	e.refitAll()
	e.staffMoved = true
}

// changePlan updates a plan or adds it.
func (e *Engine) changePlan(old []*plan, r *Plan) {
	if e.planNamed(r.Name) != nil {
		return // there twice
	}
	i := slices.IndexFunc(old, func(p *plan) bool { return p.Name == r.Name })
	p := &plan{}
	if i >= 0 {
		p = old[i]
	}
	e.obeySteps(p, r)
	p.Plan, p.number, p.queues = *r, len(e.plans), nil
	p.timer.id, p.timer.plan = r.Name, p
	for _, name := range r.Queues {
		if q := e.queues[name]; q != nil && !slices.Contains(p.queues, q) {
			p.queues = append(p.queues, q)
			q.plans = append(q.plans, p)
		}
	}
	e.noteFigures(p)
	p.stale = false
	e.plans = append(e.plans, p)
	e.touch(p)
}

// noteFigures notes which figures the plan's tests look at. A window that was
// looked at before goes on counting.
func (e *Engine) noteFigures(p *plan) {
	p.looksAt = [figureCount]bool{}
	old := p.levels
	p.levels = nil
	whens := make([]PlanWhen, 0, len(p.Steps)+1)
	for i := range p.Steps {
		whens = append(whens, p.Steps[i].When)
	}
	if p.Release != nil {
		whens = append(whens, p.Release.When)
	}
	for _, w := range whens {
		for _, t := range w.All {
			if int(t.Figure) < figureCount {
				p.looksAt[t.Figure] = true
			}
			if t.Figure == ServiceLevel && p.level(t.Window) == nil {
				i := slices.IndexFunc(old, func(w *window[LevelCounts]) bool { return w.asked == int64(t.Window) })
				if i >= 0 {
					p.levels = append(p.levels, old[i])
				} else {
					p.levels = append(p.levels, newWindow[LevelCounts](int64(t.Window), e.now))
				}
			}
		}
	}
}

// level is the plan's count over a window.
func (p *plan) level(length time.Duration) *window[LevelCounts] {
	for _, w := range p.levels {
		if w.asked == int64(length) {
			return w
		}
	}
	return nil
}

// obeySteps takes the steps of a revision; those of the same name stay what they are.
func (e *Engine) obeySteps(p *plan, r *Plan) {
	steps := make([]*planStep, 0, len(r.Steps))
	rules := make([]PlanStep, 0, len(r.Steps))
	for _, rule := range r.Steps {
		if slices.ContainsFunc(rules, func(o PlanStep) bool { return o.Name == rule.Name }) {
			continue // there twice
		}
		s := p.step(rule.Name)
		if s == nil {
			s = &planStep{plan: p}
		}
		steps, rules = append(steps, s), append(rules, rule)
	}
	e.dropSteps(p, slices.DeleteFunc(p.steps, func(s *planStep) bool { return slices.Contains(steps, s) }))
	p.steps = steps
	if !sameRelease(p.Release, r.Release) {
		p.calm = truth{}
	}
	for i, s := range steps {
		if !sameTests(&s.When, &rules[i].When) {
			s.holds = truth{}
		}
		s.PlanStep, s.number = rules[i], i+1
		e.obeyAdds(s)
	}
}

func sameRelease(a, b *PlanRelease) bool {
	return a != nil && b != nil && sameTests(&a.When, &b.When)
}

func sameTests(a, b *PlanWhen) bool { return slices.Equal(a.All, b.All) && sameSpans(a.Time, b.Time) }

// obeyAdds takes a step's actions that lend seats; those for the same group keep them.
func (e *Engine) obeyAdds(s *planStep) {
	old := s.adds
	s.adds = nil
	for _, a := range s.Do {
		if a.Do != Add {
			continue
		}
		i := slices.IndexFunc(old, func(o *add) bool { return o.Group == a.Group })
		if i < 0 {
			s.adds = append(s.adds, &add{PlanAction: a, step: s})
			continue
		}
		old[i].PlanAction = a
		s.adds = append(s.adds, old[i])
		old = slices.Delete(slices.Clone(old), i, i+1)
	}
	for _, a := range old {
		for _, seat := range slices.Clone(a.seats) {
			e.unlend(a, seat, "plan "+s.plan.Name+" step "+s.Name+" lends "+a.Group+" no more")
		}
	}
}

// dropSteps takes steps back that are not part of the site any more, the last that came first.
func (e *Engine) dropSteps(p *plan, gone []*planStep) {
	for i := len(p.joined) - 1; i >= 0; i-- {
		if s := p.joined[i]; slices.Contains(gone, s) {
			e.stepOff(s, "", "not part of the site any more")
		}
	}
}

// recount counts who waits for each plan, after the lines have been made anew.
func (e *Engine) recount() {
	for _, p := range e.plans {
		p.waiting = 0
		for _, q := range p.queues {
			p.waiting += q.line.len()
		}
	}
}

// lends tells whether a step in force lends seats of a group.
func (e *Engine) lends(group string) bool {
	for _, p := range e.plans {
		for _, s := range p.joined {
			for _, a := range s.adds {
				if a.Group == group {
					return true
				}
			}
		}
	}
	return false
}
