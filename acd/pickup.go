package acd

import (
	"slices"

	"hotline/call"
)

// PickUp has a seat take a call that waits, or that rings at a colleague's (代答), as a callback may. An Offer to that seat alone
// answers it, or Rejected. Who asked first has the call: one that somebody picks up already is not
// picked up from him.
type PickUp struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
	// Any: a call that the seat's group and skills would not bring it, as it rings at a colleague's or a supervisor asks.
	Any bool `json:"any,omitempty"`
	// There: the seat's phone has called for it and need not be rung: the offer is accepted in the same step.
	There bool `json:"there,omitempty"`
}

// Kind names the input in recorded logs; it never changes.
func (PickUp) Kind() string { return "pick_up" }

// pickUp offers a call to the seat that wants it, and to nobody else.
func (e *Engine) pickUp(in PickUp) {
	e.restaff() // a plan may just have lent the seat
	e.sortAgain()
	s, c := e.seats[in.Seat], e.calls[in.Call]
	if code, words := e.mayPickUp(in, c, s); words != "" {
		e.emit(Rejected{Input: in.Kind(), Call: in.Call, Seat: in.Seat, Code: code, Words: words})
		return
	}
	why := "agent " + string(s.agent.ID) + " picks the call up"
	if len(c.ringers) > 0 {
		why += " from " + string(c.ringers[0].agent.ID)
	}
	if slices.Contains(c.ringers, s) { // freeing the seat of this very call would send it on, if a rule has come due meanwhile
		e.unring(c, why)
	}
	e.freeFor(s)
	if c.stage == stageRinging {
		e.unring(c, why)
	}
	e.offerAs(c, s, true, why+"; the caller has waited "+span(e.waitedFor(c)))
	if in.There {
		e.offerAnswered(OfferAnswered{Offer: s.offer})
	}
}

// unring lets a call wait again that somebody else is to have at once: no rule is looked at.
func (e *Engine) unring(c *caller, why string) {
	e.stopRinging(c, why)
	e.takeOut(c)
	c.stage = stageWaiting
	e.wait(c)
}

// mayPickUp says why a seat can't have a call, if it can't.
func (e *Engine) mayPickUp(in PickUp, c *caller, s *seat) (call.Code, string) {
	if s == nil {
		return call.CodeNotFound, "there is no agent " + string(in.Seat)
	}
	who := "agent " + string(in.Seat)
	switch {
	case s.phone == nil:
		return call.CodeConflict, who + " is not signed in"
	case s.removed || s.unregistered || s.want.State == call.SeatOffline:
		return call.CodeConflict, who + " is signing out"
	case len(s.engaged) > 0 || s.inTalk():
		return call.CodeConflict, who + " is in a call"
	case !in.There && !s.phone.works():
		return call.CodeConflict, "phone " + s.phone.name + " of " + who + " can't be reached"
	}
	switch {
	case c == nil || c.stage == stageAway:
		return call.CodeConflict, "the call neither waits nor rings"
	case c.back != nil && c.stage != stageRinging:
		return call.CodeConflict, "it is a callback that rings nowhere: nobody is on the line"
	case c.back != nil && c.back.taken != "" && c.back.taken != in.Seat:
		return call.CodeForbidden, "agent " + string(c.back.taken) + " has taken the callback on"
	case c.picked:
		return call.CodeConflict, "agent " + string(c.ringers[0].agent.ID) + " picks the call up already"
	case !in.There && slices.Contains(c.ringers, s):
		return call.CodeConflict, "the call rings at " + who + " already"
	case !in.Any && !e.everEligible(c, s):
		return call.CodeForbidden, who + " serves no queue that the call may come to by waiting in " + c.q.Name
	}
	return 0, ""
}

// everEligible tells whether the seat may take the call, now or by a later widen step.
func (e *Engine) everEligible(c *caller, s *seat) bool {
	last := c.set.levels[len(c.set.levels)-1]
	return slices.ContainsFunc(last.supplies, func(l link) bool { return l.supply == s.class })
}

// freeFor has a seat drop what keeps it from a call that it wants: another call that rings there, or its wrap-up.
func (e *Engine) freeFor(s *seat) {
	who := "agent " + string(s.agent.ID)
	switch s.state {
	case call.SeatOffered:
		c := e.endOffer(s, call.OfferWithdrawn, who+" picks up another call; this one keeps its place")
		e.rest(s, "picks up another call")
		e.unrung(c)
	case call.SeatWrapUp:
		e.endWrapUp(s, who+" picks up another call")
	case call.SeatOffline, call.SeatReady, call.SeatAnnouncing, call.SeatTalking, call.SeatHeld, call.SeatBusy, call.SeatBreak, call.SeatUnreachable:
	}
}
