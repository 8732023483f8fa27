package acd

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

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
	group   string
	skills  map[string]int // of any one of them: they all pass the same needs
	ready   heap[*seat]
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
	supplies []link
	awake    bool // a call began to wait in this step
}

// link is a supply that may take a demand, and how near it is: home before widened.
type link struct {
	*supply
	tier int
}

const (
	tierHome = iota
	tierWidened
)

// demandSet is the calls of a queue with the same needs, by widen level.
type demandSet struct {
	q      *queue
	skills map[string]int // on top of the queue's
	levels []*demand
	calls  int // in the queue with these needs, waiting or ringing
}

type index struct {
	supplies map[string]*supply
	groups   map[string][]*supply
	sets     []*demandSet
	asked    thresholds
	setLimit int // sets kept before unused ones are swept out
	linking  uint64

	awakeSupplies []*supply
	awakeDemands  []*demand
	emptied       []*supply
}

// minSetLimit is how many kinds of need are kept before unused ones are swept out.
const minSetLimit = 1024

func newIndex() index {
	return index{
		supplies: map[string]*supply{}, groups: map[string][]*supply{},
		asked: thresholds{}, setLimit: minSetLimit,
	}
}

// thresholds is the levels of each skill that anybody asks for. Two seats that
// pass the same ones are alike, whatever else they can do.
type thresholds map[string][]int

// add notes a need and reports whether it was new.
func (t thresholds) add(need map[string]int) bool {
	fresh := false
	for skill, level := range need {
		if i, found := slices.BinarySearch(t[skill], level); !found {
			t[skill] = slices.Insert(t[skill], i, level)
			fresh = true
		}
	}
	return fresh
}

// class names what a seat of a group with these skills passes; names are the skills in a fixed order.
func (t thresholds) class(names []string, group string, skills map[string]int) string {
	var b strings.Builder
	b.WriteString(group)
	for _, skill := range names {
		passed, _ := slices.BinarySearch(t[skill], skills[skill]+1)
		b.WriteByte(0)
		b.WriteByte(byte(passed >> 8))
		b.WriteByte(byte(passed))
	}
	return b.String()
}

// alternative is one pool of seats that may take a call: the queue's own, or a widen step's.
type alternative struct {
	groups []string
	need   map[string]int
	tier   int
}

// alternatives lists the pools of a call with these extra needs; those after
// the first belong to the widen steps, in their order. A widen step without
// groups means the queue's own, with other skills.
func (q *queue) alternatives(extra map[string]int) []alternative {
	alts := make([]alternative, 0, 1+len(q.Widen))
	alts = append(alts, alternative{groups: q.Groups, need: together(q.Skills, extra), tier: tierHome})
	for _, w := range q.Widen {
		groups := w.Groups
		if len(groups) == 0 {
			groups = q.Groups
		}
		alts = append(alts, alternative{groups: groups, need: together(w.Skills, extra), tier: tierWidened})
	}
	return alts
}

// together is both needs at once: of a skill in both, the higher level.
func together(a, b map[string]int) map[string]int {
	if len(b) == 0 {
		return a
	}
	sum := maps.Clone(b)
	for skill, level := range a {
		sum[skill] = max(sum[skill], level)
	}
	return sum
}

// passes is skills AND with levels.
func passes(has, need map[string]int) bool {
	for skill, level := range need {
		if has[skill] < level {
			return false
		}
	}
	return true
}

// demandFor gives the set of a queue for a call's extra needs, making it at first use.
func (e *Engine) demandFor(q *queue, extra map[string]int) *demandSet {
	name := needName(extra)
	if set := q.sets[name]; set != nil {
		return set
	}
	x := &e.index
	fresh := false
	for _, a := range q.alternatives(extra) {
		if x.asked.add(a.need) {
			fresh = true
		}
	}
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

// needName is a key for extra needs that does not depend on map order.
func needName(need map[string]int) string {
	if len(need) == 0 {
		return ""
	}
	var b strings.Builder
	for _, skill := range slices.Sorted(maps.Keys(need)) {
		b.WriteString(skill)
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(need[skill]))
		b.WriteByte(0)
	}
	return b.String()
}

// classify sorts all seats into supplies anew and links them with all demands:
// after new rules, and when a call asks for a skill level nobody asked for before.
func (e *Engine) classify() {
	x := &e.index
	emptied := len(x.emptied) > 0
	names := slices.Sorted(maps.Keys(x.asked))
	x.supplies, x.groups = map[string]*supply{}, map[string][]*supply{}
	x.awakeSupplies, x.emptied = x.awakeSupplies[:0], x.emptied[:0]
	for _, s := range e.roster {
		s.pos = 0
		s.class = x.supplyFor(x.asked.class(names, s.agent.Group, s.agent.Skills), s)
		if s.counted {
			s.class.present++
		}
		if s.state == call.SeatReady {
			s.class.ready.push(s)
			x.wakeSupply(s.class)
		}
	}
	x.relink()
	if emptied {
		x.suspectAll()
	}
}

// suspectAll has every supply without a present seat looked at for stranded calls.
func (x *index) suspectAll() {
	for _, p := range x.supplies {
		if p.present == 0 {
			p.emptied = true
			x.emptied = append(x.emptied, p)
		}
	}
}

func (x *index) supplyFor(name string, s *seat) *supply {
	p := x.supplies[name]
	if p == nil {
		p = &supply{group: s.agent.Group, skills: s.agent.Skills}
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
// level below and those its own widen step adds.
func (x *index) link(set *demandSet) {
	var links []link
	x.linking++
	for level, a := range set.q.alternatives(set.skills) {
		for _, group := range a.groups {
			for _, p := range x.groups[group] {
				if p.linked != x.linking && passes(p.skills, a.need) {
					p.linked = x.linking
					links = append(links, link{p, a.tier})
				}
			}
		}
		d := set.levels[level]
		d.supplies = slices.Clone(links)
		for _, l := range links {
			l.demands = append(l.demands, d)
		}
	}
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

// match gives waiting calls to ready seats until no seat that is ready may take
// a call that waits: each time the first call, in the total order, that any
// ready seat may take, and for it the best seat. Only seats and calls that
// became available in this step need a look, since before it nothing matched.
func (e *Engine) match() {
	x := &e.index
	for {
		c, s := e.next()
		if c == nil {
			break
		}
		e.offer(c, s)
	}
	x.settleDown()
}

// settleDown takes everything as seen: nothing that waits matches anything that is ready.
func (x *index) settleDown() {
	for _, p := range x.awakeSupplies {
		p.awake = false
	}
	for _, d := range x.awakeDemands {
		d.awake = false
	}
	x.awakeSupplies, x.awakeDemands = x.awakeSupplies[:0], x.awakeDemands[:0]
}

// next finds the pair to be brought together next, nil if there is none.
func (e *Engine) next() (*caller, *seat) {
	var first *caller
	for _, p := range e.index.awakeSupplies {
		if len(p.ready.items) == 0 {
			continue
		}
		for _, d := range p.demands {
			first = earlier(first, d)
		}
	}
	for _, d := range e.index.awakeDemands {
		if d.best() != nil {
			first = earlier(first, d)
		}
	}
	if first == nil {
		return nil, nil
	}
	return first, first.in.best()
}

// earlier is the call that comes first: the one in hand or the pool's first.
func earlier(first *caller, d *demand) *caller {
	if len(d.waiting.items) == 0 {
		return first
	}
	if c := d.waiting.items[0]; first == nil || c.before(first) {
		return c
	}
	return first
}

// best is the ready seat that gets the pool's next call: home before widened,
// then the one idle longest, then the lower agent number. nil if none is ready.
func (d *demand) best() *seat {
	var best *seat
	tier := 0
	for _, l := range d.supplies {
		if best != nil && l.tier > tier {
			continue
		}
		s, ok := l.ready.top()
		if ok && (best == nil || l.tier < tier || s.before(best)) {
			best, tier = s, l.tier
		}
	}
	return best
}

// byOrder sorts agents by number.
func byOrder(a, b *seat) int { return cmp.Compare(a.agent.ID, b.agent.ID) }
