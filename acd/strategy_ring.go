package acd

import (
	"slices"

	"hotline/call"
)

// With ring_all a call rings at several seats. The first offer is made as by any
// strategy. The call then goes on standing in its pool, among those that ring
// (demand.ringing), and gets every further seat that no waiting call may take, up
// to the queue's bound. Whoever picks up first has it, the others are withdrawn.

// Bounds of how many seats ring for one call. Each ring takes ports of its own.
const (
	defaultRingMost = 5
	ringMostLimit   = 50
)

// ringMost is how many seats may ring for one call of the queue at once.
func (q *queue) ringMost() int {
	switch {
	case q.Strategy != RingAll:
		return 1
	case q.RingMost <= 0:
		return defaultRingMost
	}
	return min(q.RingMost, ringMostLimit)
}

// ringsOn puts a call that rings among those that may ring at more seats, if
// it may. One that rings at the agent of the last call rings nowhere else, and a
// callback rings at one seat: nobody is on the line to hurry for.
func (e *Engine) ringsOn(c *caller) {
	if c.alone || c.back != nil || len(c.ringers) >= c.q.ringMost() {
		return
	}
	c.in = c.set.levels[c.level]
	c.in.ringing.push(c)
	e.index.wakeDemand(c.in)
}

// nextToo finds a ringing call and a ready seat for it that no waiting call may take.
func (e *Engine) nextToo() (*caller, *seat) {
	var first *caller
	look := func(d *demand) {
		if c, ok := d.ringing.top(); ok && (first == nil || c.before(first)) {
			first = c
		}
	}
	for _, p := range e.index.awakeSupplies {
		if len(p.ready.items) == 0 {
			continue
		}
		for _, d := range p.demands {
			look(d)
		}
	}
	for _, d := range e.index.awakeDemands {
		if d.anyReady() {
			look(d)
		}
	}
	if first == nil {
		return nil, nil
	}
	return first, e.best(first.in)
}

// unrung is the end of one of a call's offers without an answer: it waits again
// when nobody rings for it any more.
func (e *Engine) unrung(c *caller) {
	if len(c.ringers) == 0 {
		e.takeOut(c)
		if c.back != nil {
			e.moveBack(c, call.CallbackWaiting, "", "nobody picked up; it keeps its place")
		}
		e.settle(c)
		return
	}
	if c.in == nil {
		e.ringsOn(c)
	}
}

// stopRinging withdraws a call's standing offers.
func (e *Engine) stopRinging(c *caller, why string) {
	for _, s := range slices.Clone(c.ringers) {
		e.withdraw(s, why)
	}
}

// rungBy lists whose phones ring for the call.
func (c *caller) rungBy() (ids []call.SeatID) {
	for _, s := range c.ringers {
		ids = append(ids, s.agent.ID)
	}
	return ids
}
