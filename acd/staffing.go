package acd

import (
	"time"

	"hotline/acd/erlang"
	"hotline/call"
)

// staffingOver is how far back the present load is looked at.
const staffingOver = 15 * time.Minute

// leastCovered is how long must have been counted before a load is told from it.
const leastCovered = int64(time.Minute)

// loadCounts is what asked for the seats of a queue, and what they did.
type loadCounts struct {
	Arrived int           `json:"arrived,omitempty"` // calls that came to wait; those back after a lost seat came before
	Handled int           `json:"handled,omitempty"` // whose seat has finished with them, wrap-up included
	Handle  time.Duration `json:"handle,omitempty"`  // pick-up to the end of wrap-up, of all of these
	Left    int           `json:"left,omitempty"`    // callers who gave up, short abandons apart
	Waited  time.Duration `json:"waited,omitempty"`  // in this queue, of all whose wait ended, short abandons apart
}

func (c loadCounts) plus(o loadCounts) loadCounts {
	return loadCounts{c.Arrived + o.Arrived, c.Handled + o.Handled, c.Handle + o.Handle, c.Left + o.Left, c.Waited + o.Waited}
}

func (c loadCounts) minus(o loadCounts) loadCounts {
	return loadCounts{c.Arrived - o.Arrived, c.Handled - o.Handled, c.Handle - o.Handle, c.Left - o.Left, c.Waited - o.Waited}
}

// LevelCounts are the raw counts of a service level (服务水平). Short abandons are in none.
type LevelCounts struct {
	Answered int `json:"answered,omitempty"`  // A
	Within   int `json:"within,omitempty"`    // a: of these, within the queue's target
	Left     int `json:"left,omitempty"`      // B: abandoned
	LeftSoon int `json:"left_soon,omitempty"` // b: of these, within the target
}

func (c LevelCounts) plus(o LevelCounts) LevelCounts {
	return LevelCounts{c.Answered + o.Answered, c.Within + o.Within, c.Left + o.Left, c.LeftSoon + o.LeftSoon}
}

func (c LevelCounts) minus(o LevelCounts) LevelCounts {
	return LevelCounts{c.Answered - o.Answered, c.Within - o.Within, c.Left - o.Left, c.LeftSoon - o.LeftSoon}
}

// SL4 is a/(A+B−b) as two whole numbers. Without a decided call it is 1/1: nobody was kept waiting.
func (c LevelCounts) SL4() (within, of int) {
	if of = c.Answered + c.Left - c.LeftSoon; of > 0 {
		return c.Within, of
	}
	return 1, 1
}

// Percent is SL-4 in percent, cut to whole ones.
func (c LevelCounts) Percent() int {
	within, of := c.SL4()
	return 100 * within / of
}

// Staffing is the present load of some queues and who is at work for it, in
// whole numbers: what follows from it is worked out by whoever is told, so that
// no rounding of a machine is in an effect.
type Staffing struct {
	Over     time.Duration `json:"over"`               // the time looked at, 15 min once so long was counted
	Arrived  int           `json:"arrived"`            // calls in it
	Waiting  int           `json:"waiting,omitempty"`  // now
	Handled  int           `json:"handled"`            // calls finished in it
	Handle   time.Duration `json:"handle,omitempty"`   // of one of these, pick-up to the end of wrap-up, on average
	Left     int           `json:"left,omitempty"`     // callers who gave up in it
	Patience time.Duration `json:"patience,omitempty"` // after which a waiting caller gives up, on average; 0: nobody did
	Within   time.Duration `json:"within"`             // the target: of several queues the shortest
	Percent  int           `json:"percent"`            // and the highest share
	AtWork   int           `json:"at_work"`            // seats ready, in a call or in wrap-up, lent ones included
}

// Load is what Erlang's formulas are given. Those who wait are part of it, also
// when they came before the time looked at: no fewer calls than these are there to be taken.
func (s Staffing) Load() erlang.Load {
	return erlang.Load{Calls: float64(max(s.Arrived, s.Waiting)), Per: s.Over, Handle: s.Handle, Patience: s.Patience}
}

// Needed is how many seats the load needs for the target, by Erlang A, or by
// Erlang C while nobody has given up. false while too little is known: less than a
// minute was counted, or calls came and none is finished.
func (s Staffing) Needed() (int, bool) {
	switch {
	case s.Over <= 0:
		return 0, false
	case s.Arrived == 0 && s.Waiting == 0:
		return 0, true
	case s.Handled == 0 || s.Handle <= 0 || s.Percent <= 0:
		return 0, false
	}
	n, err := s.Load().SeatsFor(erlang.Target{Share: float64(s.Percent) / 100, Within: s.Within})
	return n, err == nil
}

// Short is how many more seats are needed than are at work.
func (s Staffing) Short() (int, bool) {
	n, ok := s.Needed()
	return max(0, n-s.AtWork), ok
}

// staffing adds up the load of queues, each seat once.
func (e *Engine) staffing(queues []*queue) Staffing {
	var s Staffing
	var sum loadCounts
	covered := int64(0)
	x := &e.index
	x.linking++
	for _, q := range queues {
		sum = sum.plus(q.load.total(e.now))
		covered = max(covered, q.load.covered(e.now))
		s.Waiting += q.line.len()
		if s.Within == 0 || q.Target < s.Within {
			s.Within = q.Target
		}
		s.Percent = max(s.Percent, q.TargetPercent)
		q.own(func(p *supply) {
			if p.linked != x.linking {
				p.linked = x.linking
				s.AtWork += p.atWork
			}
		})
	}
	if covered >= leastCovered {
		s.Over = time.Duration(covered)
	}
	s.Arrived, s.Handled, s.Left = sum.Arrived, sum.Handled, sum.Left
	if sum.Handled > 0 {
		s.Handle = sum.Handle / time.Duration(sum.Handled)
	}
	if sum.Left > 0 {
		s.Patience = sum.Waited / time.Duration(sum.Left)
	}
	return s
}

// countWait counts a wait that has ended by an answer or by the caller's leaving.
func (e *Engine) countWait(c *caller, answered bool) {
	if c.back != nil {
		return // nobody waited on the line
	}
	q := c.q
	wait := e.waitedFor(c)
	here := loadCounts{Waited: time.Duration(e.now - c.joined)}
	level := LevelCounts{}
	soon := wait <= q.Target
	switch {
	case answered:
		level.Answered, level.Within = 1, count(soon)
	case wait < call.DefaultShortAbandon:
		return
	default:
		here.Left = 1
		level.Left, level.LeftSoon = 1, count(soon)
	}
	q.load.add(e.now, here)
	if c.again {
		return // decided before: a call counts once
	}
	c.again = answered
	for _, p := range q.plans {
		if len(p.levels) == 0 {
			continue
		}
		for _, w := range p.levels {
			w.add(e.now, level)
		}
		e.touch(p)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// countHandled counts a call with which a seat has finished.
func (e *Engine) countHandled(s *seat) {
	if q := e.queues[s.queue]; q != nil && s.picked != 0 {
		q.load.add(e.now, loadCounts{Handled: 1, Handle: time.Duration(e.now - s.picked)})
	}
	s.picked = 0
}
