package acd

import (
	"math"
	"time"
)

// timer is a deadline of a seat (the end of an offer, of wrap-up, of waiting
// for a leg to end) or of a call (the next widen step, the next waited rule).
// Each has one at a time; what it means follows from the owner's state.
type timer struct {
	at     int64 // ns since 1970
	id     string
	seat   *seat   // the owner: this
	caller *caller // or this
	plan   *plan   // or this
	guard  bool    // of a caller: lets seats go that the call has engaged
	pos    int
}

func (t *timer) place() *int { return &t.pos }

// before: deadlines of one instant take effect seats first, then calls, then plans, each by id.
func (t *timer) before(o *timer) bool {
	if t.at != o.at {
		return t.at < o.at
	}
	if (t.seat != nil) != (o.seat != nil) {
		return t.seat != nil
	}
	if (t.plan != nil) != (o.plan != nil) {
		return o.plan != nil
	}
	if t.id != o.id {
		return t.id < o.id
	}
	return !t.guard && o.guard
}

// arm sets the timer, replacing what it was set to.
func (e *Engine) arm(t *timer, at int64) {
	e.timers.remove(t)
	t.at = at
	e.timers.push(t)
}

// later is a time plus a length, without running over at absurd lengths.
func later(from int64, d time.Duration) int64 {
	sum := from + int64(d)
	if d > 0 && sum < from {
		return math.MaxInt64
	}
	return sum
}

func (e *Engine) disarm(t *timer) { e.timers.remove(t) }

// expire lets every deadline that has come take effect, at the engine's now.
func (e *Engine) expire() {
	for {
		t, ok := e.timers.top()
		if !ok || t.at > e.now {
			return
		}
		e.timers.remove(t)
		switch {
		case t.seat != nil:
			e.seatDeadline(t.seat)
		case t.guard:
			e.guardDeadline(t.caller)
		case t.caller != nil:
			e.callDeadline(t.caller)
		default:
			e.review(t.plan)
		}
	}
}
