package acd

import (
	"cmp"
	"math"
	"slices"

	"hotline/call"
)

// restaff brings every step in force to the seats it asks for, after agents
// have come or gone: who has gone is replaced, who has come joins.
func (e *Engine) restaff() {
	if !e.staffMoved {
		return
	}
	e.staffMoved = false
	for _, p := range e.plans {
		for i := len(p.joined) - 1; i >= 0; i-- {
			for _, a := range p.joined[i].adds {
				e.trim(a)
			}
		}
	}
	for _, p := range e.plans {
		for _, s := range p.joined {
			for _, a := range s.adds {
				e.fill(a, "plan "+p.Name+" step "+s.Name+" is in force")
			}
		}
	}
}

// trim lets go who is not there any more, and whoever is one too many: the last that came first.
func (e *Engine) trim(a *add) {
	for _, s := range slices.Clone(a.seats) {
		if !a.fits(s) {
			e.unlend(a, s, "agent "+string(s.agent.ID)+" can't take the plan's calls now")
		}
	}
	for len(a.seats) > 0 && e.room(a) < 0 {
		e.unlend(a, a.seats[len(a.seats)-1], "plan "+a.step.plan.Name+" may not lend so many")
	}
}

// fits tells whether lending the seat would be of use: it is signed in with a
// phone that works, and may take calls of the plan that are not its own anyway.
func (a *add) fits(s *seat) bool {
	return s.counted && s.agent.Group == a.Group && slices.ContainsFunc(a.step.plan.queues, func(q *queue) bool {
		return !slices.Contains(q.Groups, s.agent.Group) && passes(s.agent.Skills, q.Skills)
	})
}

// room is how many seats more the add may lend by what it asks for, what it
// keeps back and the plan's ceiling; below 0, how many too many it lends.
func (e *Engine) room(a *add) int {
	room := math.MaxInt
	if a.Seats > 0 {
		room = a.Seats - len(a.seats)
	}
	if a.Keep > 0 {
		present := 0
		for _, s := range e.roster {
			if s.counted && s.agent.Group == a.Group {
				present++
			}
		}
		room = min(room, present-a.Keep-len(a.seats))
	}
	if p := a.step.plan; a.Counted && p.MaxAdded > 0 {
		room = min(room, p.MaxAdded-p.added())
	}
	return room
}

// added is how many seats the plan's counted adds lend, each once.
func (p *plan) added() int {
	seen := map[*seat]bool{}
	for _, s := range p.joined {
		for _, a := range s.adds {
			if a.Counted {
				for _, seat := range a.seats {
					seen[seat] = true
				}
			}
		}
	}
	return len(seen)
}

// fill lends what the add may still lend: the best seats first.
func (e *Engine) fill(a *add, why string) {
	room := e.room(a)
	desks := e.freeDesks()
	for _, s := range e.candidates(a) {
		atDesk := e.atDesk(s)
		switch {
		case room <= 0:
			return
		case !atDesk && desks <= 0:
			continue
		case !atDesk:
			desks--
		}
		e.lend(a, s, why)
		room--
	}
}

// candidates are the seats an add may lend, best first: ready before busy with
// a call before on leave, then idle the longest, then the most skilled, then the
// lower agent number. An add of so many seats takes none that its plan lends already.
func (e *Engine) candidates(a *add) []*seat {
	var list []*seat
	for _, s := range e.roster {
		if !a.fits(s) || slices.Contains(s.loans, a) || a.Seats > 0 && s.lentBy(a.step.plan) {
			continue
		}
		list = append(list, s)
	}
	queues := a.step.plan.queues
	slices.SortStableFunc(list, func(x, y *seat) int {
		return cmp.Or(cmp.Compare(x.farness(), y.farness()), cmp.Compare(x.idleRank(), y.idleRank()), cmp.Compare(y.worth(queues), x.worth(queues)))
	})
	return list
}

// farness is how far a seat is from taking a call.
func (s *seat) farness() int {
	switch s.state {
	case call.SeatReady:
		return 0
	case call.SeatBusy:
		return 2
	case call.SeatBreak:
		return 3
	default:
		return 1
	}
}

// idleRank orders ready seats by how long they have been so.
func (s *seat) idleRank() int64 {
	if s.state != call.SeatReady {
		return 0
	}
	return s.idle
}

// worth is a seat's levels in what the queues ask for, added up.
func (s *seat) worth(queues []*queue) int {
	sum := 0
	for _, q := range queues {
		for skill := range q.Skills {
			sum += s.agent.Skills[skill]
		}
	}
	return sum
}

// atDesk tells whether a seat is signed in for calls already, its own or lent:
// lending it takes no desk more.
func (e *Engine) atDesk(s *seat) bool {
	return s.counted && (len(s.loans) > 0 || e.homeGroups[s.agent.Group])
}

// freeDesks is how many seats more the site's desks allow to be lent.
func (e *Engine) freeDesks() int {
	if e.rules.PhysicalSeats <= 0 {
		return math.MaxInt
	}
	free := e.rules.PhysicalSeats
	for _, s := range e.roster {
		if e.atDesk(s) {
			free--
		}
	}
	return free
}
