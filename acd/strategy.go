package acd

// A strategy (see docs/acd.md) orders the ready seats that are equally near to
// a call: home before widened before lent comes first. Most are an order that a
// seat has by itself, kept in a heap per supply; best_skill is an order of
// supplies; random and weighted draw lots.

// ranked is a ready seat in the order of a strategy.
type ranked struct {
	*seat
	by Strategy
}

func (a ranked) place() *int { return &a.places[a.by] }

// before: what the strategy goes by, then ready the longest, then the lower agent number.
func (a ranked) before(b ranked) bool {
	switch {
	case a.by == RoundRobin && a.turn != b.turn:
		return a.turn < b.turn
	case a.by == LeastCalls && a.calls != b.calls:
		return a.calls < b.calls
	case a.by == TopDown && a.rank != b.rank:
		return a.rank < b.rank
	}
	return a.seat.before(b.seat)
}

// order is how a strategy looks at the seats of one supply: these are alike in
// skill, so that best_skill goes by idleness within it; ring_all needs no more.
func (s Strategy) order() Strategy {
	if s == BestSkill || s == RingAll {
		return LongestIdle
	}
	return s
}

// lots tells whether the strategy leaves the choice to chance.
func (s Strategy) lots() bool { return s == Random || s == Weighted }

// ordersOf is a supply's ready seats in the orders that the queues it serves
// ask for; the order of idleness is always there, as supply.ready.
type ordersOf struct {
	members []*seat // by agent number, ready or not
	heaps   [strategyCount]*heap[ranked]
	urns    [strategyCount]*urn
}

// serve makes sure that the seats are at hand in a strategy's order.
func (p *supply) serve(s Strategy) {
	switch by := s.order(); {
	case by == LongestIdle:
	case by.lots() && p.urns[by] == nil:
		p.urns[by] = newUrn(len(p.members))
		for _, s := range p.ready.items {
			p.urns[by].add(s.member, s.lots(by))
		}
	case !by.lots() && p.heaps[by] == nil:
		p.heaps[by] = &heap[ranked]{}
		for _, s := range p.ready.items {
			p.heaps[by].push(ranked{s, by})
		}
	}
}

// push makes a seat of the supply available.
func (p *supply) push(s *seat) {
	p.ready.push(s)
	for by := range strategyCount {
		if h := p.heaps[by]; h != nil {
			h.push(ranked{s, Strategy(by)})
		}
		if u := p.urns[by]; u != nil {
			u.add(s.member, s.lots(Strategy(by)))
		}
	}
}

// remove takes a seat that push made available away.
func (p *supply) remove(s *seat) {
	p.ready.remove(s)
	for by := range strategyCount {
		if h := p.heaps[by]; h != nil {
			h.remove(ranked{s, Strategy(by)})
		}
		if u := p.urns[by]; u != nil {
			u.add(s.member, -s.lots(Strategy(by)))
		}
	}
}

// join makes a seat a member; seats join in the order of agent numbers.
func (p *supply) join(s *seat) {
	s.class, s.pos, s.places = p, 0, [strategyCount]int{}
	s.member = len(p.members)
	p.members = append(p.members, s)
}

// first is the supply's best ready seat by an order.
func (p *supply) first(by Strategy) (*seat, bool) {
	if by == LongestIdle {
		return p.ready.top()
	}
	r, ok := p.heaps[by].top()
	return r.seat, ok
}

// best is the ready seat that gets the pool's next call: the nearest, of these
// the strategy's choice. nil if none is ready.
func (e *Engine) best(d *demand) *seat {
	by := d.set.q.Strategy.order()
	if by.lots() {
		return e.drawn(d, by)
	}
	var best ranked
	var from link
	for _, l := range d.supplies { // the nearest come first, of these the most skilled
		if best.seat != nil && (l.tier > from.tier || l.grade < from.grade) {
			break
		}
		if s, ok := l.first(by); ok && (best.seat == nil || ranked{s, by}.before(best)) {
			best, from = ranked{s, by}, l
		}
	}
	return best.seat
}

// anyReady tells whether a seat is ready for the pool's calls.
func (d *demand) anyReady() bool {
	for _, l := range d.supplies {
		if len(l.ready.items) > 0 {
			return true
		}
	}
	return false
}

// drawn is the seat chosen by lot among the nearest.
func (e *Engine) drawn(d *demand, by Strategy) *seat {
	total, tier := 0, 0
	for _, l := range d.supplies {
		if total > 0 && l.tier > tier {
			break
		}
		if n := l.urns[by].total(); n > 0 {
			total, tier = total+n, l.tier
		}
	}
	if total == 0 {
		return nil
	}
	lot := e.lot(total)
	for _, l := range d.supplies {
		n := l.urns[by].total()
		if l.tier < tier || lot >= n {
			lot -= n
			continue
		}
		return l.members[l.urns[by].find(lot)]
	}
	return nil
}

// lotSalt keeps the numbers of lots apart from those in the ids of offers.
const lotSalt = 0x6c6f7473

// lot is a number from 0 to n−1 that follows from the seed and the number of
// offers made: by chance for people, the same in every replay.
func (e *Engine) lot(n int) int {
	return int(mix(mix(e.seed^lotSalt)^e.offersMade) % uint64(n))
}

// Bounds of an agent's weight.
const (
	lightest = 1
	heaviest = 1000
)

// lots is how many lots a seat has.
func (s *seat) lots(by Strategy) int {
	if by == Random {
		return 1
	}
	return min(max(s.agent.Weight, lightest), heaviest)
}

// urn holds the lots of a supply's seats in a Fenwick tree: a seat is put in,
// taken out and drawn in O(log n), and what is drawn depends on the lots alone,
// not on how they came in.
type urn struct {
	tree []int // 1-based: tree[i] sums the lots of i&−i seats up to the i-th
	sum  int
}

func newUrn(seats int) *urn { return &urn{tree: make([]int, seats+1)} }

func (u *urn) total() int { return u.sum }

// add changes the lots of the i-th seat, from 0.
func (u *urn) add(i, lots int) {
	u.sum += lots
	for i++; i < len(u.tree); i += i & -i {
		u.tree[i] += lots
	}
}

// find is the seat that has the given lot, from 0 to total−1.
func (u *urn) find(lot int) int {
	at := 0
	step := 1
	for step*2 < len(u.tree) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(u.tree) && u.tree[next] <= lot {
			at = next
			lot -= u.tree[next]
		}
	}
	return at
}
