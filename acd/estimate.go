package acd

import (
	"math"
	"strconv"
	"time"

	"hotline/call"
)

// pace is how fast a queue is served, measured while calls wait in it that no
// phone rings for: seats' time spent against calls taken. All whole numbers, so
// that a replay on any machine gives the same.
//
// Of old experience a part is forgotten with each call taken: what counts is
// about the last paceCalls of them, or as many as there are seats, if these are more.
type pace struct {
	Taken int64 `json:"taken,omitempty"` // calls taken from those waiting, in thousandths
	Work  int64 `json:"work,omitempty"`  // ns of seats at work while calls waited

	pooled int   // calls that wait for any seat
	mark   int64 // what the seats' clocks showed when Work was last added to
}

const (
	paceCalls = 20                 // so many calls are remembered at least
	paceUnit  = 1000               // of pace.Taken
	paceKnown = 5 * paceUnit / 2   // from three calls on there is an estimate
	paceMost  = int64(1) << 60     // of pace.Work
	waitMost  = 24 * 7 * time.Hour // the longest estimate
)

// crew counts a supply's seats at work: ready, or at or after a call; and the time they have been.
type crew struct {
	atWork int
	clock  int64 // ns × seats, up to wound; it may run over: only differences count
	wound  int64
}

func (w *crew) wind(now int64) int64 {
	w.clock += int64(w.atWork) * (now - w.wound)
	w.wound = now
	return w.clock
}

// staff changes how many are at work.
func (w *crew) staff(now int64, change int) {
	w.wind(now)
	w.atWork += change
}

// atWork tells whether a seat in this state is one of those who serve queues now.
func atWork(s call.SeatState) bool {
	return s == call.SeatReady || s.InCall() || s == call.SeatWrapUp
}

// own visits the supplies that make a queue's pace: its own seats, lent ones
// included, but not those who may come in by a widen step.
func (q *queue) own(visit func(*supply)) {
	set := q.sets[""]
	if set == nil {
		return // a queue that is gone: the last phone rings for it
	}
	for _, l := range set.levels[0].supplies {
		if l.tier != tierWidened {
			visit(l.supply)
		}
	}
}

// atWork is how many seats serve the queue now, and whether one of them is ready.
func (q *queue) atWork() (n int, ready bool) {
	q.own(func(p *supply) {
		n += p.atWork
		ready = ready || len(p.ready.items) > 0
	})
	return n, ready
}

func (q *queue) clocks(now int64) (sum int64) {
	q.own(func(p *supply) { sum += p.wind(now) })
	return sum
}

// fold adds the seats' time since the last time, if calls waited.
func (q *queue) fold(now int64) {
	if q.pace.pooled > 0 {
		q.pace.Work = q.workBy(now)
		q.remark(now)
	}
}

// workBy is the seats' time up to now.
func (q *queue) workBy(now int64) int64 {
	if q.pace.pooled == 0 {
		return q.pace.Work
	}
	return min(q.pace.Work+q.clocks(now)-q.pace.mark, paceMost)
}

func (q *queue) remark(now int64) { q.pace.mark = q.clocks(now) }

// pooling counts a call that begins (1) or ceases (−1) to wait for any seat.
func (q *queue) pooling(now int64, change int) {
	q.fold(now)
	if q.pace.pooled == 0 {
		q.remark(now)
	}
	q.pace.pooled += change
}

// pooled counts a call in and out. Lost calls are nobody's wait.
func (e *Engine) pooled(c *caller, change int) {
	if c.back != nil {
		if c.back.lost {
			return
		}
		c.q.back.pooled += change
	}
	e.pooling(c.q, change)
}

// taken notes that a call which had to wait is offered to a seat.
func (e *Engine) taken(c *caller) {
	if c.in == nil || !c.paced && c.open == e.now || c.back != nil && c.back.lost {
		return
	}
	c.paced = true
	c.q.fold(e.now)
	n, _ := c.q.atWork()
	kept := int64(max(paceCalls, n))
	p := &c.q.pace
	p.Work -= p.Work / kept
	p.Taken += paceUnit
	p.Taken -= p.Taken / kept
}

// untaken notes that the offer came to nothing.
func (e *Engine) untaken(c *caller) {
	if c.paced {
		c.q.pace.Taken = max(0, c.q.pace.Taken-paceUnit)
	}
}

// estimate is how long the call at a place among those who wait has still to
// wait: nothing while a seat is ready for it. false while there is no telling:
// nobody serves the queue, or too little is known of how fast.
func (e *Engine) estimate(q *queue, place int) (time.Duration, bool) {
	n, ready := q.atWork()
	switch {
	case ready:
		return 0, true
	case n == 0 || q.pace.Taken < paceKnown:
		return 0, false
	}
	perCall := q.workBy(e.now) / (q.pace.Taken / 10) * (paceUnit / 10) // ns of seats' time
	wait := time.Duration(perCall / int64(n))
	if wait > waitMost/time.Duration(place) {
		return waitMost, true
	}
	return wait * time.Duration(place), true
}

// placeOf is a call's place among those of its queue that no phone rings for, 1
// being next; also for one that is not in the queue yet. Ringing calls are taken
// to be the first, as nearly all are; callbacks before it count.
func (c *caller) placeOf() int {
	known := 0
	if c.known != nil {
		known = 1
	}
	back := &c.q.back
	ringing := c.q.line.len() - (c.q.pace.pooled - back.pooled) - known
	return max(1, c.q.line.position(c)-max(0, ringing)) + min(back.due.position(c)-1, back.pooled)
}

// expects judges an overflow rule by estimated wait, for a call that comes in.
func (e *Engine) expects(c *caller, after time.Duration) (string, bool) {
	place := c.placeOf()
	wait, known := e.estimate(c.q, place)
	if !known || wait <= after {
		return "", false
	}
	n, _ := c.q.atWork()
	return "an estimated wait of " + span(wait) + " in " + c.q.Name + ", at place " + strconv.Itoa(place) +
		" with " + strconv.Itoa(n) + " seats at work", true
}

// estimateReaches is when the estimate for a place will be at least so much, if
// nothing happens until then: it is the estimate's own arithmetic turned round,
// to the nanosecond. 0: it is so already, or never will be.
func (e *Engine) estimateReaches(q *queue, place int, want time.Duration) int64 {
	n, ready := q.atWork()
	if ready || n == 0 || q.pace.pooled == 0 || q.pace.Taken < paceKnown || want > waitMost {
		return 0
	}
	seats, perTaken := int64(n), q.pace.Taken/10
	each := ceilDiv(int64(want), int64(place))
	if each > math.MaxInt64/2/seats {
		return 0
	}
	units := ceilDiv(each*seats, paceUnit/10)
	if units > paceMost/perTaken {
		return 0
	}
	missing := units*perTaken - q.workBy(e.now)
	if missing <= 0 {
		return 0
	}
	return later(e.now, time.Duration(ceilDiv(missing, seats)))
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
