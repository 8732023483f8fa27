package acd

import (
	"slices"
	"strconv"
)

// What steps do beside lending seats: paging, an urgent prompt, and bending the
// plan's queues, that is their rules of overflow and their calls' priority.

// offShiftMost bounds how many are named in a page.
const offShiftMost = 200

// page asks for people, with the load behind it and who there is to be asked.
func (e *Engine) page(s *planStep, a PlanAction, f PlanFigures) {
	p := PlanPage{
		Plan: s.plan.Name, Step: s.Name, List: a.Page, Call: e.notSignedIn(a.OnCall), Figures: f,
		Staffing: e.staffing(s.plan.queues), Reason: "plan " + s.plan.Name + " step " + s.Name + ": " + s.why,
	}
	for _, seat := range e.offShift(s.plan) {
		switch {
		case slices.Contains(p.Call, seat.agent.ID):
		case len(p.OffShift) == offShiftMost:
			p.OffShiftMore++
		default:
			p.OffShift = append(p.OffShift, seat.agent.ID)
		}
	}
	e.emit(p)
}

// offShift are those who are not signed in, belong to a group that serves the
// plan's queues or that one of its steps adds, and have the skills of one of its queues.
func (e *Engine) offShift(p *plan) (out []*seat) {
	groups := map[string]bool{}
	for _, q := range p.queues {
		for _, g := range q.Groups {
			groups[g] = true
		}
	}
	for _, s := range p.steps {
		for _, a := range s.adds {
			groups[a.Group] = true
		}
	}
	for _, s := range e.roster {
		if s.phone == nil && !s.removed && groups[s.agent.Group] &&
			slices.ContainsFunc(p.queues, func(q *queue) bool { return passes(s.agent.Skills, q.Skills) }) {
			out = append(out, s)
		}
	}
	return out
}

// announce has everybody who waits in the plan's queues hear the step's urgent prompts, in the queues' order.
func (e *Engine) announce(s *planStep) {
	for _, a := range s.Do {
		if a.Do != Announce {
			continue
		}
		for _, q := range s.plan.queues {
			q.line.each(func(c *caller) { e.playUrgent(c, s, a.Prompt) })
		}
	}
}

// greet has a call that comes to wait hear the urgent prompts in force.
func (e *Engine) greet(c *caller) {
	for _, p := range c.q.plans {
		for _, s := range p.joined {
			for _, a := range s.Do {
				if a.Do == Announce {
					e.playUrgent(c, s, a.Prompt)
				}
			}
		}
	}
}

// playUrgent has a call hear a step's prompt, unless it has heard it.
func (e *Engine) playUrgent(c *caller, s *planStep, prompt string) {
	name := s.plan.Name + "/" + s.Name + "/" + prompt
	if slices.Contains(c.heard, name) {
		return
	}
	c.heard = append(c.heard, name)
	e.emit(PlayUrgent{
		Call: c.id, Queue: c.q.Name, Plan: s.plan.Name, Step: s.Name, Prompt: prompt, Node: c.node,
		Reason: "plan " + s.plan.Name + " step " + s.Name + " is in force: " + s.why,
	})
}

// queueRule is a rule of overflow and, if it is a plan's, what to say before its reason.
type queueRule struct {
	Overflow
	by string
}

// fit works out which rules of overflow and which changes of priority are in
// force. Those of plans come first, in the order of the site, within a plan in
// the order its steps came: an emergency's word is the newer one.
func (q *queue) fit() {
	q.rules, q.lifts = nil, nil
	for _, p := range q.plans {
		for _, s := range p.joined {
			for i := range s.Do {
				switch a := &s.Do[i]; a.Do {
				case Divert:
					by := "plan " + p.Name + " step " + s.Name + ": "
					q.rules = append(q.rules, queueRule{Overflow{When: WhenWaited, After: a.After, To: a.To}, by})
				case Raise:
					q.lifts = append(q.lifts, a)
				default:
				}
			}
		}
	}
	for _, r := range q.Overflow {
		q.rules = append(q.rules, queueRule{Overflow: r})
	}
}

// lifted is what plans make of a priority in this queue.
func (q *queue) lifted(priority int) int {
	for _, a := range q.lifts {
		if a.Exact {
			priority = a.Points
		} else {
			priority += a.Points
		}
		priority = bounded(priority)
	}
	return priority
}

// bends tells whether the step changes the rules of the plan's queues.
func (s *planStep) bends() bool {
	return slices.ContainsFunc(s.Do, func(a PlanAction) bool { return a.Do == Divert || a.Do == Raise })
}

// refitPlan has the plan's queues take other rules. For calls that come from
// here on they hold at once; those that wait are looked at at the end of the step.
func (e *Engine) refitPlan(p *plan) {
	for _, q := range p.queues {
		q.fit()
		if !q.refit {
			q.refit = true
			e.refits = append(e.refits, q)
		}
	}
}

// refitAll does so with all queues, before the index is built anew.
func (e *Engine) refitAll() {
	for _, q := range e.refits {
		q.refit = false
	}
	e.refits = nil
	for _, q := range e.queues {
		q.fit()
	}
}

// refitQueues judges those who wait by the rules as they are now, in their new order.
func (e *Engine) refitQueues() {
	for len(e.refits) > 0 {
		q := e.refits[0]
		e.refits = e.refits[1:]
		q.refit = false
		var all, waiting []*caller
		q.line.each(func(c *caller) { all = append(all, c) })
		for _, c := range all {
			e.rekey(c)
			if c.stage == stageWaiting {
				waiting = append(waiting, c)
			}
		}
		var backs []*caller
		q.back.due.each(func(c *caller) { backs = append(backs, c) })
		for _, c := range backs {
			e.rekey(c)
		}
		e.queueMoved(q)
		e.rejudge(waiting)
		for _, c := range waiting {
			if c.stage == stageWaiting && c.q == q {
				e.armCall(c)
			}
		}
	}
}

// rekey gives a call in a queue the place its priority now wants. Each order is
// whole at any moment: the call is taken out of it under the old key and put in under the new.
func (e *Engine) rekey(c *caller) {
	h := c.heap()
	if c.lift == c.q.lifted(c.priority)-c.priority {
		return
	}
	in := &c.q.line
	if c.back != nil {
		in = &c.q.back.due
	}
	in.remove(c)
	if h != nil {
		h.remove(c)
	}
	c.reorder()
	in.insert(c)
	if h != nil {
		h.push(c)
	}
}

// heap is the one of the pools' heaps that the call stands in; nil: none.
func (c *caller) heap() *heap[*caller] {
	switch {
	case c.pos == 0:
		return nil
	case c.in != nil && c.stage == stageRinging:
		return &c.in.ringing
	case c.in != nil:
		return &c.in.waiting
	default:
		return &c.known.knows
	}
}

// words says an action that bends queues.
func (a PlanAction) bendWords() string {
	if a.Do == Raise {
		switch {
		case a.Exact:
			return "priority = " + strconv.Itoa(a.Points)
		case a.Points < 0:
			return "priority " + strconv.Itoa(a.Points)
		}
		return "priority +" + strconv.Itoa(a.Points)
	}
	to := a.To.Kind.String()
	if a.To.Name != "" {
		to += ":" + a.To.Name
	}
	return "overflow to " + to + " after " + span(a.After)
}
