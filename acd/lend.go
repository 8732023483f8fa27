package acd

import (
	"cmp"
	"slices"
	"strings"

	"hotline/call"
)

// Lending: a seat of another group takes calls of a plan's queues, under the
// queues' own skills, beside its own. Each add of a step in force has the seats
// it lends; a seat belongs to a plan's queues as long as one of them has it.

// add is an action that lends seats, with those it lends now, in the order they came.
type add struct {
	PlanAction
	step  *planStep
	seats []*seat
}

// where names the step for people: day/experts.
func (a *add) where() string { return a.step.plan.Name + "/" + a.step.Name }

// short is how many of the seats asked for were not found.
func (a *add) short() int {
	if a.Seats == 0 {
		return 0
	}
	return a.Seats - len(a.seats)
}

// lentBy tells whether a plan lends the seat.
func (s *seat) lentBy(p *plan) bool {
	return slices.ContainsFunc(s.loans, func(a *add) bool { return a.step.plan == p })
}

// lentPlans are the plans that lend the seat, in the order of the site.
func (s *seat) lentPlans() []*plan {
	if len(s.loans) == 0 {
		return nil
	}
	plans := make([]*plan, 0, len(s.loans))
	for _, a := range s.loans {
		plans = append(plans, a.step.plan)
	}
	slices.SortFunc(plans, func(a, b *plan) int { return cmp.Compare(a.number, b.number) })
	return slices.Compact(plans)
}

// className is what tells the seat's supply from others: what it passes, and who lends it.
func (e *Engine) className(names []string, s *seat) string {
	class := e.index.asked.class(names, s.agent.Group, s.agent.Skills)
	for _, p := range s.lentPlans() {
		class += "\x00lent\x00" + p.Name
	}
	return class
}

// lend gives a seat to an add.
func (e *Engine) lend(a *add, s *seat, why string) {
	if !s.lentBy(a.step.plan) {
		e.regroup(s.agent.Group)
	}
	s.loans = append(s.loans, a)
	a.seats = append(a.seats, s)
	e.emit(SeatLent{
		Seat: s.agent.ID, Plan: a.step.plan.Name, Step: a.step.Name, Queues: e.gained(a.step.plan, s), Reason: why,
	})
}

// gained are the plan's queues that a seat serves by being lent only.
func (e *Engine) gained(p *plan, s *seat) []string {
	var names []string
	for _, q := range p.queues {
		if !slices.Contains(q.Groups, s.agent.Group) && passes(s.agent.Skills, q.Skills) {
			names = append(names, q.Name)
		}
	}
	return names
}

// unlend takes a seat from an add. Its call, if it is in one, goes on.
func (e *Engine) unlend(a *add, s *seat, why string) {
	same := func(o *add) bool { return o == a }
	s.loans = slices.DeleteFunc(s.loans, same)
	a.seats = slices.DeleteFunc(a.seats, func(o *seat) bool { return o == s })
	if !s.lentBy(a.step.plan) {
		e.regroup(s.agent.Group)
	}
	back := SeatReturned{Seat: s.agent.ID, Plan: a.step.plan.Name, Step: a.step.Name, Reason: why}
	for _, o := range s.loans {
		back.Still = append(back.Still, o.where())
	}
	switch {
	case len(back.Still) > 0:
		back.Reason += "; it stays with " + strings.Join(back.Still, ", ")
	case s.caller != nil && s.state.InCall():
		back.Call = s.caller.id
		back.Reason += "; it leaves after the call"
	}
	e.emit(back)
}

// regroup notes that seats of a group are not as alike as they were.
func (e *Engine) regroup(group string) {
	if !slices.Contains(e.regrouped, group) {
		e.regrouped = append(e.regrouped, group)
	}
}

// sortAgain puts the seats of the noted groups into supplies anew. Waiting calls
// that lost their last seat by it are looked at by relieve.
func (e *Engine) sortAgain() {
	if len(e.regrouped) == 0 {
		return
	}
	x := &e.index
	names := x.skillNames()
	old := map[*supply]bool{}
	for _, group := range e.regrouped {
		for _, p := range x.groups[group] {
			old[p] = true
			if p.present > 0 && !p.emptied {
				p.emptied = true
				x.emptied = append(x.emptied, p)
			}
		}
		delete(x.groups, group)
	}
	for name, p := range x.supplies {
		if old[p] {
			delete(x.supplies, name)
		}
	}
	x.lent = slices.DeleteFunc(x.lent, func(p *supply) bool { return old[p] })
	x.awakeSupplies = slices.DeleteFunc(x.awakeSupplies, func(p *supply) bool { return old[p] })
	for _, s := range e.roster {
		if slices.Contains(e.regrouped, s.agent.Group) {
			e.sortIn(names, s)
		}
	}
	slices.SortFunc(x.lent, func(a, b *supply) int { return byOrder(a.members[0], b.members[0]) })
	e.regrouped = e.regrouped[:0]
	x.relink()
	e.noticeAll()
	e.seatsMoved()
}

// cancelBreaks ends the breaks of who serves the plan's queues. A break that
// the engine gave for a call let ring stays: nobody may be at that desk.
func (e *Engine) cancelBreaks(s *planStep) {
	for _, seat := range e.roster {
		if seat.want.State != call.SeatBreak || ownBreak(seat.want) || !seat.serves(s.plan) {
			continue
		}
		seat.want = ask{State: call.SeatReady}
		if seat.state == call.SeatBreak {
			e.rest(seat, "plan "+s.plan.Name+" step "+s.Name+" cancels breaks")
		}
	}
}

// breaksCancelled names the plan's step that has cancelled the seat's breaks; empty: none.
func (e *Engine) breaksCancelled(s *seat) string {
	for _, p := range e.plans {
		if by := p.does(CancelBreaks); by != nil && s.serves(p) {
			return p.Name + " step " + by.Name
		}
	}
	return ""
}

// serves tells whether a seat serves one of the plan's queues, by its group or lent.
func (s *seat) serves(p *plan) bool {
	return s.lentBy(p) || slices.ContainsFunc(p.queues, func(q *queue) bool {
		return slices.Contains(q.Groups, s.agent.Group) && passes(s.agent.Skills, q.Skills)
	})
}
