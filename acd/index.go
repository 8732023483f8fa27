package acd

import (
	"maps"
	"slices"

	"hotline/call"
)

// The index answers "which seats may take this call" and "which calls may this
// seat take" without looking at every seat or call.
//
// Seats that are alike (same group, and as good as one another in every skill
// anybody asks for) form a supply. Calls that are alike (same queue, same needs,
// as many widen steps in force) form a demand. Who may take whom is worked out
// once between supplies and demands, of which a site has few; within each, a
// heap has the seat idle longest, or the call that is first, at hand.

// supply is a set of seats that may take the same calls.
type supply struct {
	group  string
	lent   []*plan        // that lend them
	skills map[string]int // of any one of them: they all pass the same needs
	ready  heap[*seat]
	ordersOf
	crew
	present int       // signed in with a phone that works
	demands []*demand // that these seats may take

	linked  uint64 // the last linking that met it
	awake   bool   // a seat became ready in this step
	emptied bool   // the last one present went in this step
}

// demand is a set of waiting calls that the same seats may take.
type demand struct {
	set      *demandSet
	top      bool // every widen step is in force: who is not here never can take the call
	waiting  heap[*caller]
	ringing  heap[*caller] // of ring_all: ring already, and may ring at more seats
	supplies []link        // home before widened
	awake    bool          // a call began to wait in this step
}

// link is a supply that may take a demand, and how near it is: home before widened.
type link struct {
	*supply
	tier  int
	grade int // of strategy best_skill
}

const (
	tierHome = iota
	tierWidened
	tierLent
)

// demandSet is the calls of a queue with the same needs, by widen level.
type demandSet struct {
	q      *queue
	skills map[string]int // on top of the queue's
	levels []*demand
	calls  int // in the queue with these needs, waiting or ringing
}

type index struct {
	now      int64 // the engine's
	supplies map[string]*supply
	groups   map[string][]*supply
	lent     []*supply // whose seats a plan lends, in a fixed order
	sets     []*demandSet
	asked    thresholds
	levels   thresholds // that agents have, where a queue goes by the best skill
	setLimit int        // sets kept before unused ones are swept out
	linking  uint64

	awakeSupplies []*supply
	awakeDemands  []*demand
	emptied       []*supply
	noticed       []*seat // for which calls wait
}

// minSetLimit is how many kinds of need are kept before unused ones are swept out.
const minSetLimit = 1024

func newIndex() index {
	return index{
		supplies: map[string]*supply{}, groups: map[string][]*supply{},
		asked: thresholds{}, setLimit: minSetLimit,
	}
}

// demandFor gives the set of a queue for a call's extra needs, making it at first use.
func (e *Engine) demandFor(q *queue, extra map[string]int) *demandSet {
	name := needName(extra)
	if set := q.sets[name]; set != nil {
		return set
	}
	x := &e.index
	fresh := e.askFor(q, extra)
	set := &demandSet{q: q, skills: extra}
	for level := range len(q.Widen) + 1 {
		set.levels = append(set.levels, &demand{set: set, top: level == len(q.Widen)})
	}
	q.sets[name] = set
	x.sets = append(x.sets, set)
	switch {
	case fresh:
		e.classify()
	case len(x.sets) > x.setLimit:
		x.sweep(set)
	default:
		x.link(set)
	}
	return set
}

// classify sorts all seats into supplies anew and links them with all demands:
// after new rules, and when a call asks for a skill level nobody asked for before.
func (e *Engine) classify() {
	x := &e.index
	emptied := len(x.emptied) > 0 || len(e.regrouped) > 0
	names := x.skillNames()
	x.supplies, x.groups, x.lent = map[string]*supply{}, map[string][]*supply{}, nil
	e.regrouped = e.regrouped[:0]
	x.awakeSupplies, x.emptied = x.awakeSupplies[:0], x.emptied[:0]
	for _, s := range e.roster {
		e.sortIn(names, s)
	}
	x.relink()
	e.noticeAll()
	e.seatsMoved()
	if emptied {
		x.suspectAll()
	}
}

// sortIn puts a seat into the supply of those like it.
func (e *Engine) sortIn(names []string, s *seat) {
	x := &e.index
	x.supplyFor(e.className(names, s), s).join(s)
	if s.counted {
		s.class.present++
	}
	if atWork(s.state) {
		s.class.staff(e.now, 1)
	}
	if s.state == call.SeatReady {
		s.class.push(s)
		x.wakeSupply(s.class)
	}
}

// skillNames are the skills anybody asks for, in a fixed order.
func (x *index) skillNames() []string { return slices.Sorted(maps.Keys(x.asked)) }

// suspectAll has every demand looked at for stranded calls, also those that no seat serves any more.
func (x *index) suspectAll() {
	p := &supply{emptied: true}
	for _, set := range x.sets {
		p.demands = append(p.demands, set.levels[len(set.levels)-1])
	}
	x.emptied = append(x.emptied, p)
}

func (x *index) supplyFor(name string, s *seat) *supply {
	p := x.supplies[name]
	if p == nil {
		p = &supply{group: s.agent.Group, skills: s.agent.Skills, lent: s.lentPlans()}
		if len(p.lent) > 0 {
			x.lent = append(x.lent, p)
		}
		x.supplies[name] = p
		x.groups[p.group] = append(x.groups[p.group], p)
	}
	return p
}

// relink works out who may take whom from scratch.
func (x *index) relink() {
	for _, p := range x.supplies {
		p.demands = p.demands[:0]
	}
	for _, set := range x.sets {
		x.link(set)
	}
}

// sweep forgets extra needs that no call has any more, but for those in hand.
func (x *index) sweep(keep *demandSet) {
	x.sets = slices.DeleteFunc(x.sets, func(set *demandSet) bool {
		unused := set.calls == 0 && set != keep && len(set.skills) > 0
		if unused {
			delete(set.q.sets, needName(set.skills))
		}
		return unused
	})
	x.setLimit = max(minSetLimit, 2*len(x.sets))
	x.relink()
}

// link finds the supplies of each level of a set. A level has those of the
// level below and those its own widen step adds; besides them those a plan lends
// to the queue, under its own skills.
func (x *index) link(set *demandSet) {
	plain := len(set.skills) == 0
	if plain {
		set.q.fold(x.now)
		defer func() { set.q.remark(x.now) }()
	}
	var links []link
	x.linking++
	alts := set.q.alternatives(set.skills)
	for level, a := range alts {
		for _, group := range a.groups {
			for _, p := range x.groups[group] {
				if p.linked != x.linking && passes(p.skills, a.need) {
					p.linked = x.linking
					l := link{supply: p, tier: a.tier}
					if set.q.Strategy == BestSkill {
						l.grade = grade(p.skills, a.need)
					}
					p.serve(set.q.Strategy)
					links = append(links, l)
				}
			}
		}
		d := set.levels[level]
		d.supplies = x.withLent(links, set, alts[0].need)
		sortLinks(d.supplies)
		for _, l := range d.supplies {
			l.demands = append(l.demands, d)
		}
	}
}

// withLent adds to the links of a level the supplies lent to the queue that are not among them.
func (x *index) withLent(links []link, set *demandSet, need map[string]int) []link {
	all := slices.Clone(links)
	for _, p := range x.lent {
		if p.linked != x.linking && p.lentTo(set.q) && passes(p.skills, need) {
			l := link{supply: p, tier: tierLent}
			if set.q.Strategy == BestSkill {
				l.grade = grade(p.skills, need)
			}
			p.serve(set.q.Strategy)
			all = append(all, l)
		}
	}
	return all
}

func (p *supply) lentTo(q *queue) bool {
	return slices.ContainsFunc(p.lent, func(by *plan) bool { return slices.Contains(q.plans, by) })
}

// hopeless is true when nobody who can take the call now or by a later widen
// step is signed in with a phone that works.
func (s *demandSet) hopeless() bool {
	for _, l := range s.levels[len(s.levels)-1].supplies {
		if l.present > 0 {
			return false
		}
	}
	return true
}

// gather adds the set's waiting calls to a list.
func (s *demandSet) gather(calls []*caller) []*caller {
	for _, d := range s.levels {
		calls = append(calls, d.waiting.items...)
	}
	return calls
}

func (x *index) wakeSupply(p *supply) {
	if !p.awake {
		p.awake = true
		x.awakeSupplies = append(x.awakeSupplies, p)
	}
}

func (x *index) wakeDemand(d *demand) {
	if !d.awake {
		d.awake = true
		x.awakeDemands = append(x.awakeDemands, d)
	}
}
