package simulate

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"hotline/acd"
	"hotline/call"
)

// Shift is an agent at work: signed in, ready, from From to To but for the breaks.
type Shift struct {
	Agent    call.SeatID
	From, To time.Time
	Breaks   []Break
}

// Break is an agent away from the desk.
type Break struct{ From, To time.Time }

// Need is so many seats of a group for a time: what a roster by numbers says.
type Need struct {
	Group    string
	Seats    int
	From, To time.Time
	Breaks   []Break // everybody's
}

// maxRosterSeats bounds what a roster may ask for.
const maxRosterSeats = 100_000

// Seat adds to shifts those that needs ask for: each takes the group's first agents, by number,
// who are free all its time. Where a group has too few, agents are made up, with the
// skills of its own in turn and numbers such as general+1; so rules come back with them.
// The error has call.CodeInvalid: a group without a single agent shows no skills to copy.
func Seat(rules acd.Rules, shifts []Shift, needs []Need) (acd.Rules, []Shift, error) {
	b := newBench(rules)
	b.reserve(shifts)
	needs = slices.Clone(needs)
	slices.SortStableFunc(needs, func(x, y Need) int {
		return cmp.Or(x.From.Compare(y.From), cmp.Compare(x.Group, y.Group))
	})
	for _, n := range needs {
		if err := b.seat(n); err != nil {
			return rules, nil, err
		}
	}
	rules.Agents = b.agents
	return rules, join(b.shifts), nil
}

// bench is who can be sent to work, by group.
type bench struct {
	agents []acd.Agent
	groups map[string]*pool
	shifts []Shift
}

// pool is a group's agents and until when each is taken.
type pool struct {
	own    []acd.Agent
	ids    []call.SeatID // own, then made up
	taken  []time.Time
	madeUp int
}

func newBench(rules acd.Rules) *bench {
	b := &bench{agents: slices.Clone(rules.Agents), groups: map[string]*pool{}}
	for _, a := range rules.Agents {
		p := b.groups[a.Group]
		if p == nil {
			p = &pool{}
			b.groups[a.Group] = p
		}
		p.own = append(p.own, a)
	}
	for _, p := range b.groups {
		slices.SortFunc(p.own, func(x, y acd.Agent) int { return cmp.Compare(x.ID, y.ID) })
		for _, a := range p.own {
			p.ids, p.taken = append(p.ids, a.ID), append(p.taken, time.Time{})
		}
	}
	return b
}

// reserve keeps agents who are named from being taken for a number: until their last shift is over.
func (b *bench) reserve(shifts []Shift) {
	b.shifts = slices.Clone(shifts)
	until := map[call.SeatID]time.Time{}
	for _, s := range shifts {
		if s.To.After(until[s.Agent]) {
			until[s.Agent] = s.To
		}
	}
	for _, p := range b.groups {
		for i, id := range p.ids {
			p.taken[i] = until[id]
		}
	}
}

func (b *bench) seat(n Need) error {
	p := b.groups[n.Group]
	switch {
	case p == nil:
		return call.Errorf(call.CodeInvalid, "group %q has no agent, so that nobody's skills are known; groups with agents: %q",
			n.Group, slices.Sorted(maps.Keys(b.groups)))
	case n.Seats < 0 || n.Seats > maxRosterSeats:
		return call.Errorf(call.CodeInvalid, "%d seats of group %s; give 0 to %d", n.Seats, n.Group, maxRosterSeats)
	}
	for left, i := n.Seats, 0; left > 0; i++ {
		if i == len(p.ids) {
			b.makeUp(n.Group, p)
		}
		if p.taken[i].After(n.From) {
			continue
		}
		p.taken[i] = n.To
		b.shifts = append(b.shifts, Shift{Agent: p.ids[i], From: n.From, To: n.To, Breaks: n.Breaks})
		left--
	}
	return nil
}

// makeUp adds an agent like one of the group's own.
func (b *bench) makeUp(group string, p *pool) {
	like := p.own[p.madeUp%len(p.own)]
	p.madeUp++
	like.ID = call.SeatID(group + "+" + strconv.Itoa(p.madeUp))
	b.agents = append(b.agents, like)
	p.ids, p.taken = append(p.ids, like.ID), append(p.taken, time.Time{})
}

// join makes one shift of an agent's shifts that follow one another without a gap.
func join(shifts []Shift) []Shift {
	slices.SortStableFunc(shifts, func(x, y Shift) int {
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), x.From.Compare(y.From))
	})
	var out []Shift
	for _, s := range shifts {
		if n := len(out); n > 0 && out[n-1].Agent == s.Agent && !out[n-1].To.Before(s.From) {
			last := &out[n-1]
			if s.To.After(last.To) {
				last.To = s.To
			}
			last.Breaks = append(slices.Clip(last.Breaks), s.Breaks...)
			continue
		}
		out = append(out, s)
	}
	return out
}
