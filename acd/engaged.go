package acd

import (
	"slices"
	"time"

	"hotline/call"
)

// SeatEngaged tells that a seat is in a call that routing did not give it: one its
// phone began, a colleague's, a supervisor's. It shows talking and gets no offer; one
// that rings there is withdrawn. A seat may be engaged by several calls, and in
// routing's call as well. Who is signed out is not a seat.
type SeatEngaged struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
	Node string      `json:"node,omitempty"` // holds the call
}

// SeatReleased is the end of that: the seat is what it was asked to be, or in wrap-up first.
type SeatReleased struct {
	Call   call.ID       `json:"call"`
	Seat   call.SeatID   `json:"seat"`
	WrapUp time.Duration `json:"wrap_up,omitempty"` // 0: none
}

// Kind names the inputs in recorded logs; the names never change.

func (SeatEngaged) Kind() string  { return "seat_engaged" }
func (SeatReleased) Kind() string { return "seat_released" }

// engagedMost is how many calls may engage one seat at a time: more than a phone has lines.
const engagedMost = 8

// seatEngaged notes that the seat is in a call of its own. It is one of the things
// that keep a seat from resting (Engine.rest), behind routing's call and wrap-up.
func (e *Engine) seatEngaged(in SeatEngaged) {
	s, c := e.seats[in.Seat], e.calls[in.Call]
	if s == nil || s.phone == nil || len(s.engaged) >= engagedMost || c != nil && (c.left > 0 || slices.Contains(s.engaged, c)) {
		return // nobody is signed in, or the call is over already: there is nobody to keep
	}
	if c == nil {
		c = newCaller(in.Call)
		c.node = in.Node
		e.calls[in.Call] = c
	}
	s.engaged, c.engaged = append(s.engaged, c), append(c.engaged, s)
	why := "in a call that routing did not give it"
	switch {
	case s.state == call.SeatOffered:
		o := e.endOffer(s, call.OfferWithdrawn, "agent "+string(s.agent.ID)+" is in another call; the call keeps its place")
		e.rest(s, why)
		e.unrung(o)
	case s.caller == nil:
		e.rest(s, why)
	}
}

// seatReleased is the seat out of a call of its own.
func (e *Engine) seatReleased(in SeatReleased) {
	s := e.seats[in.Seat]
	if s == nil {
		return
	}
	for _, c := range s.engaged {
		if c.id == in.Call {
			e.disengage(s, c, in.WrapUp, "the call is over that routing did not give it")
			return
		}
	}
}

// disengage lets a seat go on: to wrap-up, if there is to be one and nothing else keeps it.
func (e *Engine) disengage(s *seat, c *caller, wrapUp time.Duration, why string) {
	s.engaged = slices.DeleteFunc(s.engaged, func(o *caller) bool { return o == c })
	c.engaged = slices.DeleteFunc(c.engaged, func(o *seat) bool { return o == s })
	switch {
	case s.caller != nil: // routing's call, or the wrap-up after it
	case wrapUp <= 0 || len(s.engaged) > 0:
		e.rest(s, why)
	default:
		s.caller, s.wrapUp = c, wrapUp
		c.seats = append(c.seats, s)
		e.beginWrapUp(s, wrapUp, why+"; "+span(wrapUp)+" for wrap-up", why)
	}
	if len(c.engaged) == 0 {
		e.disarm(&c.guard)
	}
	e.forget(c)
}

// guardEngaged sees to it that no seat stays engaged by a call that is over.
func (e *Engine) guardEngaged(c *caller) {
	if len(c.engaged) > 0 {
		e.arm(&c.guard, later(e.now, legEndGuard))
	}
}

// guardDeadline lets the seats go of a call that is over and did not release them.
func (e *Engine) guardDeadline(c *caller) {
	e.disarm(&c.guard)
	for _, s := range slices.Clone(c.engaged) {
		e.disengage(s, c, 0, "the call is over and the end of the seat's part was never reported")
	}
}

// callID names the call a seat shows: routing's, else one of its own; empty without any.
func (s *seat) callID() call.ID {
	switch {
	case s.caller != nil:
		return s.caller.id
	case len(s.engaged) > 0:
		return s.engaged[0].id
	}
	return ""
}
