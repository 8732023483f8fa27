package acd

import (
	"slices"
	"time"

	"hotline/call"
)

// Sticky is a queue's wish that a caller gets the agent of the last call again.
type Sticky struct {
	Within time.Duration `json:"within"` // the last call may be so long ago
	Wait   time.Duration `json:"wait"`   // how long the call waits for that agent, from joining the queue
}

// LastSeat is who picked up the caller's last call, and when. Whoever sends
// CallQueued looks it up, so that a replay needs no store.
type LastSeat struct {
	Seat call.SeatID `json:"seat"`
	At   time.Time   `json:"at"`
}

// A call that waits for the agent of the last call stands in that seat's own
// heap (seat.known) instead of a demand's: nobody else is asked, and it keeps
// nobody behind it from being asked. Whether it waits for him is decided when
// it comes into the queue; once the wait is given up it is over for this queue.

// stick decides whether a call that comes into a queue waits for the agent of the last call.
func (e *Engine) stick(c *caller) {
	c.level = c.q.levelAfter(e.now - c.joined)
	c.known = e.seats[c.last.Seat]
	if !e.sticks(c) || e.sinceLast(c) > c.q.Sticky.Within {
		c.known = nil
	}
}

// sticks tells whether there is still sense in waiting for that agent.
func (e *Engine) sticks(c *caller) bool {
	s := c.known
	if c.back != nil {
		return s != nil && s.expected()
	}
	return s != nil && c.q.Sticky != nil && e.now < c.stickUntil() && s.expected() && e.eligible(c, s)
}

// stickUntil is when the wait for the agent of the last call ends.
func (c *caller) stickUntil() int64 { return later(c.joined, c.q.Sticky.Wait) }

// eligible tells whether the seat may take the call, by any pool in force.
func (e *Engine) eligible(c *caller, s *seat) bool {
	return slices.ContainsFunc(c.set.levels[c.level].supplies, func(l link) bool { return l.supply == s.class })
}

// expected tells whether the seat is ready or soon will be: ringing, in a call
// or in wrap-up, at a phone that works, with nothing else asked for afterwards.
func (s *seat) expected() bool {
	busy := s.state == call.SeatReady || s.state.InCall() || s.state == call.SeatWrapUp
	return busy && s.phone.works() && s.nextAsk().State == call.SeatReady
}

// admit puts a call among those that wait for this seat alone.
func (e *Engine) admit(c *caller) {
	c.known.knows.push(c)
	e.noticeKnown(c.known)
}

// noticeKnown has a seat for which calls wait looked at in this step: it may
// have become ready for them, or not to be expected any more.
func (e *Engine) noticeKnown(s *seat) {
	if len(s.knows.items) > 0 && !s.noticed {
		s.noticed = true
		e.index.noticed = append(e.index.noticed, s)
	}
}

// noticeAll has every such seat looked at, when it has been worked out anew who may take whom.
func (e *Engine) noticeAll() {
	for _, s := range e.roster {
		e.noticeKnown(s)
	}
}

// loosen lets calls go on that wait for an agent who is not to be expected any more.
func (e *Engine) loosen() {
	for _, s := range e.index.noticed {
		for _, c := range slices.Clone(s.knows.items) {
			switch {
			case e.sticks(c):
			case c.back != nil:
				e.placeBack(c) // which ends it
			default:
				e.takeOut(c)
				e.wait(c)
			}
		}
	}
}

// takeOut takes a call out of the pool it stands in, waiting or ringing. It waits for no one seat afterwards.
func (e *Engine) takeOut(c *caller) {
	switch {
	case c.in != nil && c.stage == stageRinging:
		c.in.ringing.remove(c)
	case c.in != nil:
		c.in.waiting.remove(c)
		e.pooled(c, -1)
	case c.known != nil:
		c.known.knows.remove(c)
	}
	c.in, c.known = nil, nil
}

// earliestKnown is the call in hand, or an earlier one that waits for a ready seat alone.
func (x *index) earliestKnown(first *caller) *caller {
	for _, s := range x.noticed {
		if s.state != call.SeatReady {
			continue
		}
		if c, ok := s.knows.top(); ok && (first == nil || c.before(first)) {
			first = c
		}
	}
	return first
}

// whyKnown says in plain words whom a call waits for and why.
func (e *Engine) whyKnown(c *caller) string {
	return "agent " + string(c.known.agent.ID) + " took the caller's last call, " +
		span(e.sinceLast(c)) + " ago"
}

// sinceLast is how long ago the caller's last call was picked up.
func (e *Engine) sinceLast(c *caller) time.Duration { return max(0, at(e.now).Sub(c.last.At)) }
