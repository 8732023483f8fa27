package acd

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"hotline/call"
)

// callback is what a caller is besides, when nobody is on the line.
type callback struct {
	id        call.CallbackID
	state     call.CallbackState
	tries     int   // made
	notBefore int64 // of the next try; 0: at once
	lost      bool
	taken     call.SeatID // by whom; nobody else is offered it
	hold      CallbackHold
	engaged   bool // counts among those a seat is on
}

// lostLast puts lost calls behind everybody else, in the order of their own.
const lostLast = math.MaxInt64 / 2

// backOffice is a queue's callbacks.
type backOffice struct {
	due     line         // may be offered, or are; in the one order
	pooled  int          // of these, lost calls apart, that no phone rings for
	engaged int          // that ring, are being dialled, or talk
	gate    CallbackHold // holds back all of them
}

func (r CallbackRules) tries() int {
	if r.Tries <= 0 {
		return defaultTries
	}
	return r.Tries
}

func (r CallbackRules) gap() int64 {
	if r.Gap <= 0 {
		return int64(defaultGap)
	}
	return int64(r.Gap)
}

// quietAt tells whether now is a quiet hour, and when to look again (0: never).
func (r CallbackRules) quietAt(now int64) (quiet bool, next int64) {
	if r.Quiet == nil {
		return false, 0
	}
	return openSpans(r.Quiet, now, everyDay)
}

// heldBack is what keeps a callback from being offered now, and when to look again (0: when something moves).
func (e *Engine) heldBack(c *caller) (hold CallbackHold, next int64) {
	quiet, next := c.q.Callbacks.quietAt(e.now)
	switch {
	case e.paused:
		return HoldPaused, 0
	case c.back.notBefore > e.now:
		return HoldLater, c.back.notBefore
	case quiet:
		return HoldQuiet, next
	}
	return c.q.back.gate, next
}

// gateOf is what holds all callbacks of a queue back.
func (q *queue) gateOf() CallbackHold {
	switch {
	case q.callbacksStopped():
		return HoldStopped
	case q.Callbacks.PeakSeats > 0 && q.line.len() > 0 && q.back.engaged >= q.Callbacks.PeakSeats:
		return HoldPeak
	}
	return HoldNothing
}

// gateMoved has a queue's gate looked at in this step.
func (e *Engine) gateMoved(q *queue) {
	if len(e.backs) > 0 && !slices.Contains(e.gates, q) {
		e.gates = append(e.gates, q)
	}
}

// regate opens and shuts the gates of the queues noted.
func (e *Engine) regate() {
	for len(e.gates) > 0 {
		q := e.gates[0]
		e.gates = slices.Delete(e.gates, 0, 1)
		gate := q.gateOf()
		if gate == q.back.gate {
			continue
		}
		q.back.gate = gate
		for _, c := range e.callbacks() {
			if c.q == q && (c.stage == stageWaiting || c.stage == stageHeld) {
				e.placeBack(c)
			}
		}
	}
}

// callbacks lists those that are not over, by id.
func (e *Engine) callbacks() []*caller {
	all := make([]*caller, 0, len(e.backs))
	for _, c := range e.backs {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *caller) int { return cmp.Compare(a.back.id, b.back.id) })
	return all
}

// placeBack brings a callback that no phone rings for to where it belongs now:
// among those that wait for a seat, or aside while something holds it back.
func (e *Engine) placeBack(c *caller) {
	if c.q.removed {
		e.overBack(c, call.CallbackFailed, c.q.Name+" is not part of the site any more")
		return
	}
	known := e.seats[c.back.taken]
	if c.back.taken != "" && (known == nil || !known.expected()) {
		e.overBack(c, call.CallbackReturned, "agent "+string(c.back.taken)+", who had taken it, is not there for it any more")
		return
	}
	hold, next := e.heldBack(c)
	if hold == HoldNothing && c.stage == stageWaiting && c.pos != 0 {
		e.armBack(c, next)
		return
	}
	e.takeOut(c)
	c.back.hold, c.alone = hold, false
	if hold != HoldNothing {
		c.stage = stageHeld
		e.linedUp(c, false)
		e.disarm(&c.timer)
		if next != 0 {
			e.arm(&c.timer, next)
		}
		return
	}
	c.stage, c.open = stageWaiting, e.now
	e.linedUp(c, true)
	c.known = known
	e.pool(c)
	e.armBack(c, next)
}

// armBack sets the timer of a callback that waits or rings: to the next widen step, or to look at the quiet hours.
func (e *Engine) armBack(c *caller, quiet int64) {
	widen, ok := c.q.nextWiden(c.level)
	at := later(c.joined, widen)
	switch {
	case !ok && quiet == 0:
		e.disarm(&c.timer)
		return
	case !ok || quiet != 0 && quiet < at:
		at = quiet
	}
	e.arm(&c.timer, at)
}

// linedUp keeps the callback in the queue's order of those that are due, or not.
func (e *Engine) linedUp(c *caller, due bool) {
	if due == (c.knot.size > 0) {
		return
	}
	e.queueMoved(c.q)
	if due {
		c.reorder() // a plan may have changed priorities meanwhile
		c.q.back.due.insert(c)
	} else {
		c.q.back.due.remove(c)
	}
}

// backDeadline is a callback's timer: a widen step, the end of a gap, an edge of quiet hours.
func (e *Engine) backDeadline(c *caller) {
	level := c.q.levelAfter(e.now - c.joined)
	if c.stage == stageRinging {
		_, next := c.q.Callbacks.quietAt(e.now)
		c.level = level
		e.armBack(c, next)
		return
	}
	if c.stage == stageWaiting && level != c.level {
		e.takeOut(c)
	}
	e.placeBack(c)
}

// engage counts a callback among those that a seat is on, or not any more.
func (e *Engine) engage(c *caller, on bool) {
	if c.back == nil || c.back.engaged == on {
		return
	}
	c.back.engaged = on
	if on {
		c.q.back.engaged++
	} else {
		c.q.back.engaged--
	}
	e.gateMoved(c.q)
}

// moveBack is the one place where a callback's state changes.
func (e *Engine) moveBack(c *caller, to call.CallbackState, seat call.SeatID, why string) {
	e.emit(c.movedBack(to, seat, why))
}

func (c *caller) movedBack(to call.CallbackState, seat call.SeatID, why string) CallbackMoved {
	b := c.back
	b.state = to
	m := CallbackMoved{
		ID: b.id, State: to, Call: c.id, Queue: c.q.Name, Skills: c.skills, Entry: at(c.entry), Caller: c.who,
		Tries: b.tries, Lost: b.lost, Seat: seat, Reason: why, Node: c.node,
	}
	if seat == "" {
		m.Seat = b.taken
	}
	if c.ownPrio {
		m.Priority = c.priority
	}
	if b.notBefore > 0 {
		m.NotBefore = at(b.notBefore)
	}
	return m
}

// overBack ends a callback: from here on its call, if a seat is bound to it, is one like any other.
func (e *Engine) overBack(c *caller, to call.CallbackState, why string) {
	delete(e.backs, c.back.id)
	if e.byNumber[c.who.Number] == c {
		delete(e.byNumber, c.who.Number)
	}
	e.moveBack(c, to, "", why)
	if c.stage == stageAway {
		return
	}
	if c.stage == stageRinging {
		e.stopRinging(c, why)
	}
	e.leave(c)
	e.forget(c)
}

// nextTry puts a callback whose try has come to nothing back into its place, as a
// new call: the old one ends with the seat's part in it.
func (e *Engine) nextTry(old *caller, notBefore int64, why string) {
	b := *old.back
	c := &caller{
		id: e.newCallID(), node: old.node, who: old.who, q: old.q, skills: old.skills, entry: old.entry, joined: old.joined,
		priority: old.priority, ownPrio: old.ownPrio, stage: stageHeld, back: &b,
	}
	c.timer = timer{id: string(c.id), caller: c}
	c.back.engaged, c.back.notBefore = false, notBefore
	old.back.state = call.CallbackDropped
	e.calls[c.id], e.backs[b.id], e.byNumber[c.who.Number] = c, c, c
	c.visited = []string{c.q.Name}
	c.reorder()
	c.set = e.demandFor(c.q, c.skills)
	c.set.calls++
	e.moveBack(c, call.CallbackWaiting, "", why)
	e.placeBack(c)
}

func triesWords(made, most int) string {
	return "try " + strconv.Itoa(made) + " of " + strconv.Itoa(most)
}

// callbackID names the callback that the call is a try of; empty: somebody is on the line.
func (c *caller) callbackID() call.CallbackID {
	if c.back == nil {
		return ""
	}
	return c.back.id
}
