package acd

import (
	"cmp"
	"slices"
	"time"

	"hotline/call"
)

// Whoever leaves while waiting may have been cut off: a hang-up can't be told from
// a lost line. So his place is kept for a while (Queue.ResumeWithin of the queue his flow
// asked for), once, for the number he called from; when he asks for the same queue
// again, he stands where he stood.

// keptPlace is the place of a caller who left while waiting. Times are ns since 1970.
type keptPlace struct {
	Number   string  `json:"number"`
	Queue    string  `json:"queue"` // that was asked for
	Call     call.ID `json:"call"`
	Entry    int64   `json:"entry"`
	Left     int64   `json:"left"`
	Priority int     `json:"priority,omitempty"`
	OwnPrio  bool    `json:"own_priority,omitempty"` // the priority is the call's, not the queue's
	gone     bool    // taken, or replaced: not in keptPlaces.by any more
}

// PlaceMemory is a place kept, as a restart brings it back.
type PlaceMemory = keptPlace

// keptMost is how many places are kept at most; beyond, who left first loses his.
const keptMost = 10_000

// keptKey finds a place.
type keptKey struct{ queue, number string }

// keptPlaces are the places kept, by who may take them and in the order they were left.
type keptPlaces struct {
	by    map[keptKey]*keptPlace
	order []*keptPlace // with some that are gone
}

// keepPlace keeps the place of a call that is in a queue and whose caller is leaving. Who
// leaves at once has no place worth keeping.
func (e *Engine) keepPlace(c *caller) {
	asked := e.queues[c.visited[0]]
	if asked == nil || asked.ResumeWithin <= 0 || !isNumber(c.who.Number) || e.waitedFor(c) < call.DefaultShortAbandon {
		return
	}
	e.keep(&keptPlace{
		Number: c.who.Number, Queue: asked.Name, Call: c.id, Entry: c.entry, Left: e.now, Priority: c.priority, OwnPrio: c.ownPrio,
	})
}

// keep keeps a place. Of two left by one number the better counts, from now on.
func (e *Engine) keep(p *keptPlace) {
	k := &e.kept
	key := keptKey{p.Queue, p.Number}
	if old := k.by[key]; old != nil {
		old.gone = true
		if old.Entry < p.Entry && !e.lapsed(old) {
			p.Call, p.Entry, p.Priority, p.OwnPrio = old.Call, old.Entry, old.Priority, old.OwnPrio
		}
	}
	k.by[key] = p
	k.order = append(k.order, p)
	for len(k.order) > 0 && (k.order[0].gone || e.lapsed(k.order[0]) || len(k.by) > keptMost) {
		k.drop(k.order[0])
		k.order[0] = nil
		k.order = k.order[1:]
	}
	if len(k.order) > 2*len(k.by)+keptMost/10 {
		k.order = k.standing()
	}
}

// drop forgets a place; its entry in the order goes when its turn comes.
func (k *keptPlaces) drop(p *keptPlace) {
	if !p.gone {
		p.gone = true
		delete(k.by, keptKey{p.Queue, p.Number})
	}
}

// standing are the places kept, in the order they were left.
func (k *keptPlaces) standing() []*keptPlace {
	all := make([]*keptPlace, 0, len(k.by))
	for _, p := range k.order {
		if !p.gone {
			all = append(all, p)
		}
	}
	return all
}

// lapsed tells whether the time to come back is over, by the rules in force.
func (e *Engine) lapsed(p *keptPlace) bool {
	q := e.queues[p.Queue]
	return q == nil || e.now-p.Left > int64(q.ResumeWithin)
}

// resume gives a call that comes to a queue the place its caller left, if there is one.
func (e *Engine) resume(c *caller, q *queue) (why string, resumed bool) {
	p := e.kept.by[keptKey{q.Name, c.who.Number}]
	if p == nil {
		return "", false
	}
	e.kept.drop(p)
	if e.lapsed(p) {
		return "", false
	}
	c.entry, c.resumed = min(p.Entry, e.now), p.Call
	if p.OwnPrio && (!c.ownPrio || p.Priority > c.priority) {
		c.priority, c.ownPrio = p.Priority, true
	}
	return "the caller was in " + q.Name + " until " + span(time.Duration(e.now-p.Left)) + " ago (call " + string(p.Call) +
		") and has that place again", true
}

// freezePlaces and thawPlaces are the places in a snapshot and in a memory.
func (e *Engine) freezePlaces() []keptPlace {
	var all []keptPlace
	for _, p := range e.kept.standing() {
		if !e.lapsed(p) {
			all = append(all, *p)
		}
	}
	return all
}

// thawPlaces takes them up in the order they were left, and passes over what makes no
// sense: a clock may have been set back.
func (e *Engine) thawPlaces(places []keptPlace) {
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b keptPlace) int { return cmp.Compare(a.Left, b.Left) })
	for _, p := range places {
		p.gone = false
		if isNumber(p.Number) && p.Entry >= 0 && p.Entry <= p.Left && p.Left <= e.now && !e.lapsed(&p) {
			e.keep(&p)
		}
	}
}

// isNumber tells a telephone number from "anonymous" and the like, which many callers share.
func isNumber(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
