package acd

import (
	"cmp"
	"slices"

	"hotline/call"
)

// rulesChanged takes a site revision as a difference: nobody is signed out,
// nobody loses a place, and from this step on the new rules hold.
func (e *Engine) rulesChanged(r Rules) {
	e.rules = r
	e.changeQueues(r.Queues)
	e.changeAgents(r.Agents)
	e.changePlans(r)
	e.reindex(nil)
	e.reviewBreaks()
	e.reorderAll()
	e.refreshBacks()
	for i := range r.Queues {
		e.queueMoved(e.queues[r.Queues[i].Name])
	}
	for _, p := range e.plans {
		for _, s := range p.joined {
			e.announce(s)
		}
	}
}

// changeQueues updates, adds and removes. A queue that is gone stays known to
// the calls in it until they have left.
func (e *Engine) changeQueues(rules []Queue) {
	old := e.queues
	e.queues = make(map[string]*queue, len(rules))
	for _, r := range rules {
		q := old[r.Name]
		if q == nil {
			if q = e.leaving(r.Name); q != nil { // what it was is forgotten, as its pace is
				q.load = newWindow[loadCounts](int64(staffingOver), e.now)
			}
		}
		if q == nil {
			q = newQueue(r, e.now)
		} else {
			q.obey(r)
		}
		e.queues[r.Name] = q
	}
	for name, q := range old {
		if e.queues[name] == nil {
			q.removed, q.plans, q.pace = true, nil, pace{}
			q.fit()
		}
	}
}

// leaving finds a queue removed earlier in which a phone still rings, now back in the site.
func (e *Engine) leaving(name string) *queue {
	for _, set := range e.index.sets {
		if set.q.removed && set.q.Name == name && set.q.line.len()+set.q.back.due.len() > 0 {
			return set.q
		}
	}
	return nil
}

// changeAgents updates, adds and removes. Whoever is in a call leaves after it.
func (e *Engine) changeAgents(rules []Agent) {
	kept := make(map[call.SeatID]bool, len(rules))
	for _, a := range rules {
		kept[a.ID] = true
		s := e.seats[a.ID]
		if s == nil {
			s = newSeat(a)
			e.seats[a.ID] = s
		}
		s.agent, s.removed = a, false
		e.count(s)
	}
	e.reroll()
	for _, s := range slices.Clone(e.roster) {
		if !kept[s.agent.ID] {
			e.removeAgent(s)
		}
	}
}

func (e *Engine) removeAgent(s *seat) {
	s.removed = true
	e.count(s)
	switch {
	case s.phone == nil:
		e.strike(s)
	case s.state.InCall() || s.state == call.SeatWrapUp:
	default:
		e.rest(s, "")
	}
}

// strike takes a seat that has left for good off the roster.
func (e *Engine) strike(s *seat) {
	delete(e.seats, s.agent.ID)
	if i, found := slices.BinarySearchFunc(e.roster, s, byOrder); found {
		e.roster = slices.Delete(e.roster, i, i+1)
	}
}

// reroll lists the seats by agent number.
func (e *Engine) reroll() {
	e.roster = e.roster[:0]
	for _, s := range e.seats {
		e.roster = append(e.roster, s)
	}
	slices.SortFunc(e.roster, byOrder)
	for i := range e.rules.Agents {
		if s := e.seats[e.rules.Agents[i].ID]; s != nil {
			s.rank = i
		}
	}
}

// reindex builds supplies, demands and lines anew from seats and calls. Seats
// are also told apart by the levels asked for before, if given.
func (e *Engine) reindex(asked thresholds) {
	e.foldAll()
	noticed := e.index.noticed
	e.index = newIndex()
	e.index.noticed, e.index.now = noticed, e.now
	e.index.asked.keepAsked(asked)
	e.index.levels = e.allLevels()
	for _, q := range e.queues {
		q.sets, q.line, q.back.due, q.back.pooled = map[string]*demandSet{}, line{}, line{}, 0
		e.askFor(q, nil)
	}
	waiting := e.inQueues()
	for _, c := range waiting {
		if c.known != nil {
			c.known.knows = heap[*caller]{}
		}
		c.q.sets, c.q.line, c.q.back.due, c.q.back.pooled = map[string]*demandSet{}, line{}, line{}, 0
		e.askFor(c.q, c.skills)
	}
	e.classify()
	for _, r := range e.rules.Queues {
		e.demandFor(e.queues[r.Name], nil) // kept also when empty: View tells from it who serves the queue
	}
	for _, c := range waiting {
		e.reinsert(c)
	}
	e.recount()
}

// foldAll brings the pace of all queues up to date and stops its clock, since
// the seats' clocks begin anew.
func (e *Engine) foldAll() {
	for _, q := range e.queues {
		q.fold(e.now)
		q.pace.pooled = 0
	}
}

// inQueues lists every call in a queue, in order of id.
func (e *Engine) inQueues() []*caller {
	var all []*caller
	for _, c := range e.calls {
		if c.stage != stageAway {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *caller) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return all
}

// reinsert puts a call where the rules in force now want it.
func (e *Engine) reinsert(c *caller) {
	if c.back != nil {
		e.reinsertBack(c)
		return
	}
	c.pos = 0
	c.reorder()
	c.set = e.demandFor(c.q, c.skills)
	c.set.calls++
	c.q.line.insert(c)
	c.level = c.q.levelAfter(e.now - c.joined)
	e.poolAgain(c)
	if c.stage == stageRinging {
		e.ringsOn(c)
	}
	e.armCall(c)
}

// poolAgain makes a call that waits available to the seats which may take it by
// the rules in force; one that rings is in no pool.
func (e *Engine) poolAgain(c *caller) {
	if c.stage != stageWaiting {
		c.in = nil
		return
	}
	if !e.sticks(c) {
		c.known = nil
	}
	e.pool(c)
}

// reorderAll judges every waiting call by the new rules, in the total order.
func (e *Engine) reorderAll() {
	var waiting []*caller
	for _, c := range e.calls {
		if c.stage == stageWaiting {
			waiting = append(waiting, c)
		}
	}
	e.rejudge(waiting)
}

// byOrder sorts agents by number.
func byOrder(a, b *seat) int { return cmp.Compare(a.agent.ID, b.agent.ID) }
