package acd

import "time"

// plan is an emergency plan at work.
type plan struct {
	Plan
	queues []*queue // those of the site, in the plan's order
	number int      // in the site's list

	open    bool // within its hours
	waiting int  // live callers in its queues
	steps   []*planStep
	joined  []*planStep            // in force, in the order they came
	calm    truth                  // the release condition
	stale   bool                   // its figures have changed since they were last looked at
	looksAt [figureCount]bool      // figures its tests look at
	levels  []*window[LevelCounts] // one for each length that its tests look at
	timer   timer
}

// planStep is one step of it.
type planStep struct {
	PlanStep
	plan   *plan
	number int   // from 1
	holds  truth // its condition
	active bool
	moved  int64 // when it last came, went or was held off; 0: never
	hold   Hold
	by     string // the supervisor behind the hold
	why    string // it came or went
	adds   []*add // one for each action that lends seats
}

// truth is a condition and since when it holds without a break.
type truth struct {
	Holds bool  `json:"holds,omitempty"`
	Since int64 `json:"since,omitempty"` // ns since 1970
}

// see notes what a condition is at now; a false instant begins it anew.
func (t *truth) see(holds bool, now int64) {
	if !holds {
		*t = truth{}
	} else if !t.Holds {
		*t = truth{Holds: true, Since: now}
	}
}

// dwell is the least time between two moves of one step that nobody forced:
// a plan whose conditions overlap does not turn faster.
const dwell = time.Second

// due is when a step that is not in force comes, if nothing changes. In a
// ladder it counts from the later of its condition and the step before, those
// held off being passed over; after its own release it counts anew.
func (p *plan) due(s *planStep) (int64, bool) {
	if s.active || s.hold == HoldOff || !p.open || !s.holds.Holds {
		return 0, false
	}
	from := max(s.holds.Since, s.moved)
	if !p.Independent {
		for _, b := range p.steps[:s.number-1] {
			if !b.active && b.hold != HoldOff {
				return 0, false
			}
			from = max(from, b.moved)
		}
	}
	return s.settled(later(from, s.When.For)), true
}

// settled is a time at which a step may move by itself: not at once after it has moved.
func (s *planStep) settled(at int64) int64 {
	if s.moved == 0 {
		return at
	}
	return max(at, later(s.moved, dwell))
}

// releaseDue is which step goes next, and when: the last that came, unless a
// supervisor holds it. Each needs the condition and its time anew.
func (p *plan) releaseDue() (*planStep, int64, bool) {
	if p.Release == nil || !p.calm.Holds {
		return nil, 0, false
	}
	s := p.nextOff()
	if s == nil {
		return nil, 0, false
	}
	return s, s.settled(later(p.calm.Since, p.Release.When.For)), true
}

func (p *plan) nextOff() *planStep {
	n := len(p.joined)
	for i := range p.joined {
		s := p.joined[n-1-i]
		if p.Release != nil && p.Release.Forward {
			s = p.joined[i]
		}
		if s.hold != HoldOn {
			return s
		}
	}
	return nil
}

// instant is now as a time that is never 0, which means never.
func (e *Engine) instant() int64 { return max(e.now, 1) }

func (p *plan) step(name string) *planStep {
	for _, s := range p.steps {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func (e *Engine) planNamed(name string) *plan {
	for _, p := range e.plans {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// does tells whether a step in force has an action.
func (p *plan) does(do PlanDo) *planStep {
	for _, s := range p.joined {
		for _, a := range s.Do {
			if a.Do == do {
				return s
			}
		}
	}
	return nil
}

// callbacksStopped tells whether a plan's step forbids callbacks of the queue now.
func (q *queue) callbacksStopped() bool {
	for _, p := range q.plans {
		if p.does(StopCallbacks) != nil {
			return true
		}
	}
	return false
}
