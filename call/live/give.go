package live

import (
	"hotline/call"
)

// Exchange brings two calls together (docs/people.md): a party goes over from one to the other, dialog and sound.
type Exchange interface {
	// Tell delivers a message to another call of this node; false: it is not there.
	Tell(call.ID, Message) bool
	// Lift takes a leg's sound out of this call. done is called once that is so, from elsewhere: it must return at once.
	Lift(leg call.LegID, done func(sound any))
	// Land takes a leg into this call, with its sound; its events come here from now on.
	Land(id call.LegID, leg Leg, sound any)
	// Drop gives back a sound that nobody takes.
	Drop(sound any)
}

// Give asks a call for whom its leg Leg talks to, who is to become part of the call By.
type Give struct {
	By       call.ID
	Leg      call.LegID
	exchange Exchange
}

// Given answers it: the gift, or why there is none.
type Given struct {
	Gift  *Gift
	Words string
}

// Gift is a party on the way from one call to another. It is a seat or a phone of ours, or an outside number.
type Gift struct {
	From   call.ID
	ID     call.LegID
	Leg    Leg
	Seat   call.SeatID
	Phone  string
	Number string
	Trunk  string
	Spec   call.MediaSpec
	sound  any
}

func (Give) message()  {}
func (Given) message() {}

// answer tells the asking call that there is nothing to give.
func (g Give) answer(err error) {
	if err != nil {
		g.exchange.Tell(g.By, Given{Words: err.Error()})
	}
}

// attended asks the other call for whom the phone talks to there; that phone's part of both calls ends with it. A
// call that is not there is lost, and the caller stays with the seat.
func (a *Actor) attended(ref referral, other call.LegRef) {
	a.refer, a.awaits = ref, true
	ref.leg.Referred(ref.event, 100, "")
	if other.Call == a.ID() || !a.deps.Exchange.Tell(other.Call, Give{By: a.ID(), Leg: other.Leg, exchange: a.deps.Exchange}) {
		a.given(Given{Words: "the other call is not there any more"})
	}
}

// give hands whom the leg talks to over to another call; this one is over with that.
func (a *Actor) give(m Give) error {
	s := a.current()
	switch {
	case s == nil || a.stage != StageTalking || s.state != seatTalking || s.unanswered:
		return call.Errorf(call.CodeConflict, "nobody talks in the other call yet")
	case a.aside != nil || m.Leg != a.caller.id && m.Leg != s.legID:
		return call.Errorf(call.CodeConflict, "the other call is no call of two")
	}
	words := "transferred into call " + string(m.By)
	gift := &Gift{From: a.ID(), ID: s.legID, Leg: s.leg, Seat: s.id, Phone: s.phone, Spec: s.spec}
	a.endRecording()
	if m.Leg == s.legID { // whom the seat has called, or who has called it
		gift = &Gift{From: a.ID(), ID: a.caller.id, Leg: a.deps.Leg, Seat: a.caller.seat, Phone: a.caller.phone, Spec: a.caller.spec}
		if gift.Phone == "" {
			gift.Number, gift.Trunk = a.brief.Caller.Number, a.trunk
		}
		a.deps.Router.Hand(gift.Seat, m.By)
		a.callerReleased()
		a.seatLeft(s, ending{by: call.PartyAgent, cause: call.CauseTransferred, words: words})
		a.deps.Leg, a.caller = nil, party{}
	} else {
		a.emit(call.SeatLeft{Seat: s.id, Leg: s.legID, By: call.PartyAgent, Cause: call.CauseTransferred, Reason: words})
		a.deps.Router.Hand(gift.Seat, m.By)
		a.unfollow(s)
		s.state = seatAside
		delete(a.seats, s.legID)
		a.arrange()
		if s.direct {
			a.disengage(s.id, 0)
		} else {
			a.deps.Router.Seat(s.id, SeatLegEnded)
		}
	}
	a.flush()
	exchange, by := a.deps.Exchange, m.By
	exchange.Lift(gift.ID, func(sound any) {
		gift.sound = sound
		if !exchange.Tell(by, Given{Gift: gift}) {
			gift.Leg.End(call.CauseCallerGone)
			exchange.Drop(sound)
		}
	})
	a.end(ending{by: call.PartyAgent, cause: call.CauseTransferred, words: words})
	return nil
}

// given connects the caller with whom the other call gave; or tells the phone that it did not.
func (a *Actor) given(m Given) {
	a.awaits = false
	s, g := a.current(), m.Gift
	if g == nil {
		a.tellReferrer(481, m.Words)
		if s != nil && a.stage == StageTalking {
			a.emit(call.TransferFailed{To: a.refer.to, Reason: m.Words})
		}
		return
	}
	a.deps.Exchange.Land(g.ID, g.Leg, g.sound)
	if a.stage != StageTalking || a.aside != nil { // the caller has gone meanwhile, or is with somebody else
		g.Leg.End(call.CauseCallerGone)
		a.deps.Media.Close(g.ID)
		a.disengage(g.Seat, 0)
		a.tellReferrer(481, "the caller has left")
		return
	}
	a.tellReferrer(200, "")
	a.routing.known = true
	a.takeIn(s, g)
}

// takeIn has the caller talk to the gift; the seat that brought it leaves.
func (a *Actor) takeIn(s *seat, g *Gift) {
	by := call.SeatID("")
	if s != nil {
		by = s.id
	}
	why := "brought from call " + string(g.From)
	if g.Number != "" {
		a.emit(call.Dialled{Leg: g.ID, Number: g.Number, By: by, Aside: true, Reason: why})
		a.emit(call.DialEnded{Leg: g.ID, Number: g.Number, Trunk: g.Trunk, Result: call.DialAnswered, Aside: true, Reason: why})
	} else {
		a.emit(call.SeatCalled{Leg: g.ID, Seat: g.Seat, Phone: g.Phone, By: by, Aside: true, Reason: why})
		a.emit(call.SeatCallEnded{Leg: g.ID, Seat: g.Seat, Phone: g.Phone, Queue: a.wait.queue, Result: call.OfferAnswered, Aside: true, Reason: why})
	}
	a.emit(call.Transferred{By: by, Mode: call.TransferComplete, To: a.refer.to, Leg: g.ID, Reason: why})
	if s != nil {
		a.seatOut(s, "the caller is with "+a.refer.to)
	}
	a.flow.agentLast = false
	if g.Number != "" {
		a.out = &outside{legID: g.ID, leg: g.Leg, number: g.Number, trunk: g.Trunk, xfer: true, joined: true}
		a.enter(StageOutside)
		a.flush()
		a.recordRight(g.ID)
		a.deps.Player.Stop(a.caller.id)
		a.arrange()
		return
	}
	n := &seat{direct: true, id: g.Seat, phone: g.Phone, queue: a.wait.queue, legID: g.ID, leg: g.Leg, spec: g.Spec}
	a.seats[n.legID] = n
	a.talkTo(n)
}
