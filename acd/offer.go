package acd

import (
	"slices"

	"hotline/call"
)

// offer asks a seat to take a call: a lease that ends by the seat's answer, by
// the caller leaving, or by its deadline.
func (e *Engine) offer(c *caller, s *seat) { e.offerAs(c, s, false, e.whyOffered(c, s)) }

// offerAs offers a call to a seat that routing has chosen, or that picks it up.
func (e *Engine) offerAs(c *caller, s *seat, picks bool, why string) {
	if c.stage == stageWaiting {
		e.taken(c)
		c.alone, c.picked = c.known != nil || picks, picks
	}
	e.takeOut(c)
	e.engage(c, true)
	c.stage, c.ringers = stageRinging, append(c.ringers, s)
	s.caller, s.queue, s.wrapUp = c, c.q.Name, c.q.WrapUp
	s.offer = e.newOfferID()
	s.turn = e.offersMade
	e.offers[s.offer] = s
	deadline := later(e.now, c.q.OfferTimeout)
	e.arm(&s.timer, deadline)
	e.armCall(c)
	e.ringsOn(c)
	e.emit(Offer{
		Offer: s.offer, Call: c.id, Seat: s.agent.ID, Phone: s.phone.name, Group: s.agent.Group,
		Queue: c.q.Name, Deadline: at(deadline), FreeSince: at(max(s.free, c.open)), Callback: c.callbackID(), PickUp: picks, Reason: why, Node: c.node,
	})
	if c.back == nil {
		e.move(s, ask{State: call.SeatOffered}, "a call from "+c.q.Name+" rings")
		return
	}
	e.move(s, ask{State: call.SeatOffered}, "a callback of "+c.q.Name+" rings")
	e.moveBack(c, call.CallbackRinging, s.agent.ID, "agent "+string(s.agent.ID)+" is offered it")
	e.regate() // the last seat that may be on callbacks may be taken
}

// endOffer ends a seat's standing offer. What becomes of seat and call is the
// business of whoever ended it.
func (e *Engine) endOffer(s *seat, result call.OfferResult, reason string) *caller {
	c := s.caller
	c.ringers = slices.DeleteFunc(c.ringers, func(o *seat) bool { return o == s })
	e.disarm(&s.timer)
	e.emit(OfferOver{
		Offer: s.offer, Call: c.id, Seat: s.agent.ID, Queue: c.q.Name,
		Result: result, Reason: reason, Node: c.node,
	})
	if result != call.OfferAnswered {
		if c.stage == stageRinging && len(c.ringers) == 0 {
			e.untaken(c)
		}
		e.late.add(lateOffer{Offer: s.offer, Call: c.id, Seat: s.agent.ID, Node: c.node})
		delete(e.offers, s.offer)
		s.offer, s.caller, s.queue = "", nil, ""
		e.engage(c, false)
	}
	return c
}

// offerAnswered connects seat and call if the offer still stands; else the leg has come too late.
func (e *Engine) offerAnswered(in OfferAnswered) {
	s := e.offers[in.Offer]
	if s == nil {
		l := e.late.find(in.Offer)
		e.emit(ReleaseLeg{
			Offer: in.Offer, Call: l.Call, Seat: l.Seat, Node: l.Node,
			Reason: "picked up after the offer had ended",
		})
		return
	}
	if s.state != call.SeatOffered {
		return // said twice; the leg is in use
	}
	waited := span(e.waitedFor(s.caller))
	c := e.endOffer(s, call.OfferAnswered, "agent "+string(s.agent.ID)+" picked up; the caller had waited "+waited)
	e.countWait(c, true)
	e.leave(c)
	c.seats = append(c.seats, s)
	s.calls++
	s.picked = max(e.now, 1)
	e.emit(Connect{
		Offer: s.offer, Call: c.id, Seat: s.agent.ID, Queue: s.queue, Node: c.node,
		Reason: "agent " + string(s.agent.ID) + " picked up in time",
	})
	if c.back != nil {
		e.moveBack(c, call.CallbackDialling, s.agent.ID, "agent "+string(s.agent.ID)+" picked up; the customer is dialled")
	}
	e.move(s, ask{State: call.SeatAnnouncing}, "picked up")
	e.stopRinging(c, "agent "+string(s.agent.ID)+" picked up first")
}

// standing finds the seat at which an offer rings.
func (e *Engine) standing(id call.OfferID) *seat {
	if s := e.offers[id]; s != nil && s.state == call.SeatOffered {
		return s
	}
	return nil
}

// offerRefused is the agent declining: a break, and the call goes to the next seat from its old place.
func (e *Engine) offerRefused(in OfferRefused) {
	s := e.standing(in.Offer)
	if s == nil {
		return // ended already, and whoever ended it has said so
	}
	c := e.endOffer(s, call.OfferDeclined, "agent "+string(s.agent.ID)+" declined; the call keeps its place")
	e.stepAside(s, "declined", "the agent declined a call")
	e.unrung(c)
}

// noAnswer is an offer's deadline: a break, and the call goes to the next seat from its old place.
func (e *Engine) noAnswer(s *seat) {
	c := e.endOffer(s, call.OfferNoAnswer, "agent "+string(s.agent.ID)+" did not answer in time; the call keeps its place")
	e.stepAside(s, "no_answer", "the agent let a call ring")
	e.unrung(c)
}

// stepAside sends an agent who did not take a call on break, unless something
// else was asked for while the phone rang.
func (e *Engine) stepAside(s *seat, reason, why string) {
	if s.want.State == call.SeatReady {
		s.want = ask{State: call.SeatBreak, Reason: reason}
	} else {
		why = "asked for while the phone rang"
	}
	e.rest(s, why)
}

// offerUnreachable is a phone that could not be rung: it is not tried again until it has been heard of.
func (e *Engine) offerUnreachable(in OfferUnreachable) {
	s := e.standing(in.Offer)
	if s == nil {
		return // ended already, and whoever ended it has said so
	}
	s.phone.dead, s.phone.words = true, in.Words
	e.count(s)
	e.cantRing(s, s.phone.trouble())
}

// cantRing takes an offer back from a seat whose phone is gone.
func (e *Engine) cantRing(s *seat, words string) {
	c := e.endOffer(s, call.OfferUnreachable, "phone "+s.phone.name+" can't be reached ("+words+"); the call keeps its place")
	e.rest(s, "asked for while the phone rang")
	e.unrung(c)
}

// overrule takes an offer back from a seat that a supervisor wants elsewhere: the
// phone stops at once, and the call goes to the next seat from its old place.
func (e *Engine) overrule(s *seat) {
	why := "a supervisor set agent " + string(s.agent.ID) + " to " + s.want.State.String()
	c := e.endOffer(s, call.OfferWithdrawn, why+"; the call keeps its place")
	e.rest(s, why)
	e.unrung(c)
}

// withdraw takes an offer back because the call needs no seat any more. The
// seat is ready again in its old idle place: it was not at fault.
func (e *Engine) withdraw(s *seat, why string) {
	e.endOffer(s, call.OfferWithdrawn, why)
	e.rest(s, why)
}

// lateOffer is what is remembered of an offer that ended without an answer, so
// that a pick-up that crosses its end is told whose leg to release.
type lateOffer struct {
	Offer call.OfferID `json:"offer"`
	Call  call.ID      `json:"call"`
	Seat  call.SeatID  `json:"seat"`
	Node  string       `json:"node,omitempty"`
}

// lateKept is how many such offers are remembered. They matter for the seconds
// a 200 may be on its way; this is more than the busiest site ends in that time.
const lateKept = 1024

// lateOffers is a ring of the last ones.
type lateOffers struct {
	kept []lateOffer
	next int // the oldest, once the ring is full
}

func (l *lateOffers) add(o lateOffer) {
	if len(l.kept) < lateKept {
		l.kept = append(l.kept, o)
		return
	}
	l.kept[l.next] = o
	l.next = (l.next + 1) % lateKept
}

// find gives what is known of an offer: at least its id.
func (l *lateOffers) find(id call.OfferID) lateOffer {
	for i := range l.kept {
		if l.kept[i].Offer == id {
			return l.kept[i]
		}
	}
	return lateOffer{Offer: id}
}

// inOrder lists them oldest first.
func (l *lateOffers) inOrder() []lateOffer {
	return append(append([]lateOffer(nil), l.kept[l.next:]...), l.kept[:l.next]...)
}
