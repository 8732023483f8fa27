package acd

import (
	"slices"
	"time"

	"hotline/call"
)

// inCall finds the seat if it has picked up this call and its leg still lives.
// News of any other leg is late and concerns nobody.
func (e *Engine) inCall(id call.SeatID, c call.ID) *seat {
	s := e.seats[id]
	if s == nil || !s.inTalk() || s.callID() != c {
		return nil
	}
	return s
}

// callConnected is the end of the announcement.
func (e *Engine) callConnected(in CallConnected) {
	if s := e.inCall(in.Seat, in.Call); s != nil && s.state == call.SeatAnnouncing {
		e.callbackDialled(CallbackDialled{Call: in.Call, Result: call.DialAnswered}) // if nobody has said so before
		e.move(s, ask{State: call.SeatTalking}, "caller and agent can talk")
	}
}

func (e *Engine) seatHeld(in SeatHeld) {
	if s := e.inCall(in.Seat, in.Call); s != nil && s.state == call.SeatTalking {
		e.move(s, ask{State: call.SeatHeld}, "the call is on hold")
	}
}

func (e *Engine) seatResumed(in SeatResumed) {
	if s := e.inCall(in.Seat, in.Call); s != nil && s.state == call.SeatHeld {
		e.move(s, ask{State: call.SeatTalking}, "the call is off hold")
	}
}

// seatLegEnded is the end of the seat's part.
func (e *Engine) seatLegEnded(in SeatLegEnded) {
	s := e.inCall(in.Seat, in.Call)
	if s == nil || s.caller == nil || in.Offer != "" && in.Offer != s.offer {
		return
	}
	e.endLeg(s, !in.On, "the seat's part of the call has ended")
}

// endLeg begins wrap-up, if there is to be one, with the queue's time for it as its rules now say;
// without any, the seat goes straight to what was asked for, or to the call of its own that it is in.
func (e *Engine) endLeg(s *seat, wrapUp bool, why string) {
	e.disarm(&s.timer)
	delete(e.offers, s.offer)
	s.offer = ""
	c := s.caller
	e.cutShort(c)
	e.engage(c, false)
	length := s.wrapUp
	if q := e.queues[s.queue]; q != nil {
		length = q.WrapUp
	}
	if !wrapUp || c.back != nil && c.back.state != call.CallbackConnected {
		length = 0 // it talks on, or nobody was talked to
	}
	if length <= 0 {
		e.part(s, why)
		return
	}
	e.beginWrapUp(s, length, why+"; "+s.queue+" gives "+span(length)+" for wrap-up", why)
}

// beginWrapUp gives the seat time for the call it is bound to.
func (e *Engine) beginWrapUp(s *seat, length time.Duration, reason, why string) {
	deadline := later(e.now, length)
	e.arm(&s.timer, deadline)
	e.emit(WrapUp{Call: s.caller.id, Seat: s.agent.ID, Deadline: at(deadline), Node: s.caller.node, Reason: reason})
	e.move(s, ask{State: call.SeatWrapUp}, why)
}

// part ends what binds a seat to a call.
func (e *Engine) part(s *seat, why string) {
	c := s.caller
	e.countHandled(s)
	s.caller, s.queue = nil, ""
	c.detach(s)
	e.rest(s, why)
	e.forget(c)
}

// endWrapUp lets the seat go on.
func (e *Engine) endWrapUp(s *seat, why string) {
	e.disarm(&s.timer)
	e.emit(WrapUpOver{Call: s.caller.id, Seat: s.agent.ID, Reason: why, Node: s.caller.node})
	e.part(s, "wrap-up is over: "+why)
}

// dispositionSet ends the wrap-up of the call's seats. One who is still talking
// keeps the wrap-up to come.
func (e *Engine) dispositionSet(in DispositionSet) {
	c := e.calls[in.Call]
	if c == nil {
		return // no wrap-up runs for it: nothing to end
	}
	for _, s := range slices.Clone(c.seats) {
		if s.state == call.SeatWrapUp {
			e.endWrapUp(s, "the call was filed")
		}
	}
}
