package live

import (
	"time"

	"hotline/call"
)

// Exchange brings two calls together (docs/people.md): a party goes over from one to the other, dialog and sound.
type Exchange interface {
	// Tell delivers a message to another call of this node; false: it is not there.
	Tell(call.ID, Message) bool
	// Lift takes a leg's sound out of this call. done is called once that is so, from elsewhere: it must return at once.
	Lift(leg call.LegID, done func(sound any))
	// Land takes a leg into this call, with its sound; its events come here from now on. rings: an answer that has come meanwhile is told.
	Land(id call.LegID, leg Leg, sound any, rings bool)
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
	Anew  bool // there is nobody in the other call whom a call to the same number would not reach
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
	Rings  bool // has not answered yet
	sound  any
}

func (Give) message()  {}
func (Given) message() {}

// letGo hangs up on a party that came to nobody; nil: there is none.
func (g *Gift) letGo(e Exchange, cause call.Cause) {
	if g != nil {
		g.Leg.End(cause)
		e.Drop(g.sound)
	}
}

// answer tells the asking call that there is nothing to give.
func (g Give) answer(err error) {
	if err != nil {
		g.exchange.Tell(g.By, Given{Words: err.Error(), Anew: call.CodeOf(err) == call.CodeUnavailable})
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
	case a.giveRinging(m):
		return nil
	case a.stage == StageWaiting && m.Leg == a.caller.id:
		return call.Errorf(call.CodeUnavailable, "the phone waits in a queue there")
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
			a.deps.Router.Seat(s.id, SeatTalksOn)
		}
	}
	a.handOver(gift, m.By, words)
	return nil
}

// handOver lets a gift go; with it this call is over.
func (a *Actor) handOver(gift *Gift, by call.ID, words string) {
	a.flush()
	a.handedOver(gift.ID)
	exchange := a.deps.Exchange
	exchange.Lift(gift.ID, func(sound any) {
		gift.sound = sound
		if !exchange.Tell(by, Given{Gift: gift}) {
			gift.letGo(exchange, call.CauseCallerGone)
		}
	})
	a.end(ending{by: call.PartyAgent, cause: call.CauseTransferred, words: words})
}

// giveRinging hands over whom a phone has called and who still rings (docs/people.md); false: nobody does.
func (a *Actor) giveRinging(m Give) bool {
	words := "rings on in call " + string(m.By)
	switch s := a.current(); {
	case a.asked != nil && a.unaccepted && m.Leg == a.caller.id:
		asked := a.asked
		a.asked = nil
		a.flow.stopTimer()
		a.emit(call.SeatCallEnded{Leg: asked.legID, Seat: asked.id, Phone: asked.phone, Result: call.OfferWithdrawn, Reason: words})
		delete(a.seats, asked.legID)
		a.deps.Router.Hand(asked.id, m.By)
		a.disengage(asked.id, 0)
		a.handOver(&Gift{From: a.ID(), ID: asked.legID, Leg: asked.leg, Seat: asked.id, Phone: asked.phone, Rings: true}, m.By, words)
	case a.stage == StageCalling && s != nil && s.unanswered && m.Leg == s.legID && a.deps.Leg != nil:
		gift := &Gift{From: a.ID(), ID: a.caller.id, Leg: a.deps.Leg, Number: a.brief.Caller.Number, Trunk: a.trunk, Rings: true}
		a.deps.Leg, a.caller = nil, party{}
		a.handOver(gift, m.By, words)
	default:
		return false
	}
	return true
}

// giveLate keeps a question for whom a phone had called, and who rang, until routing has let them go: whoever asks
// may call them anew then. false: it is answered like any other.
func (a *Actor) giveLate(m Message) bool {
	g, ok := m.(Give)
	p := a.brief.Phone
	if !ok || p == nil || a.reached || !a.unaccepted && p.direction() == call.Internal {
		return false
	}
	if a.routing.known && !a.routing.forgotten {
		a.asking = append(a.asking, g)
		return true
	}
	g.exchange.Tell(g.By, Given{Words: "the other call ended before it was answered", Anew: true})
	return true
}

// answerLate answers those questions.
func (a *Actor) answerLate() {
	for _, g := range a.asking {
		g.exchange.Tell(g.By, Given{Words: "the other call ended before it was answered", Anew: true})
	}
	a.asking = nil
}

// given connects the caller with whom the other call gave; or tells the phone that it did not.
func (a *Actor) given(m Given) {
	a.awaits = false
	s, g := a.current(), m.Gift
	if g == nil {
		if (m.Anew || a.refer.early) && s != nil && a.stage == StageTalking && a.blindInstead(s) {
			return
		}
		a.tellReferrer(481, m.Words)
		if s != nil && a.stage == StageTalking {
			a.emit(call.TransferFailed{To: a.refer.to, Reason: m.Words})
		}
		return
	}
	a.deps.Exchange.Land(g.ID, g.Leg, g.sound, g.Rings)
	if a.stage != StageTalking || a.aside != nil { // the caller has gone meanwhile, or is with somebody else
		g.Leg.End(call.CauseCallerGone)
		a.closeSound(g.ID)
		a.disengage(g.Seat, 0)
		a.tellReferrer(481, "the caller has left")
		return
	}
	a.routing.known = true
	if g.Rings {
		a.takeRinging(s, g)
		return
	}
	a.tellReferrer(200, "")
	a.takeIn(s, g)
}

// blindInstead calls the one anew whom the phone had called, as a blind transfer does; false: he can't be called.
func (a *Actor) blindInstead(s *seat) bool {
	to, err := a.whither(s, a.refer.to)
	if err != nil {
		return false
	}
	a.blind(s, to, a.refer)
	return true
}

// takeRinging has the caller wait for one who rings already; the seat that brought him waits how it goes.
func (a *Actor) takeRinging(s *seat, g *Gift) {
	why := "rings since call " + string(g.From)
	a.emit(call.Transferred{By: s.id, Mode: call.TransferBlind, To: a.refer.to, Reason: why})
	a.tellReferrer(180, "")
	s.parked = true
	a.showHold(s)
	a.flow.agentLast = false
	a.enter(StageDialling)
	a.music(a.wait.queue)
	if g.Number != "" {
		a.emit(call.Dialled{Leg: g.ID, Number: g.Number, By: s.id, Reason: why})
		a.out = &outside{legID: g.ID, leg: g.Leg, number: g.Number, trunk: g.Trunk, xfer: true, seat: s.id, phone: s.phone, timer: time.NewTimer(ringTime)}
		return
	}
	n := &seat{direct: true, id: g.Seat, phone: g.Phone, queue: a.wait.queue, legID: g.ID, leg: g.Leg}
	a.seats[n.legID] = n
	a.emit(call.SeatCalled{Leg: g.ID, Seat: g.Seat, Phone: g.Phone, By: s.id, Reason: why})
	a.askedTo = call.Destination{}
	a.awaitSeat(n, seatRings)
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
		a.heardOf(g.ID)
		a.enter(StageOutside)
		a.flush()
		a.recordRight(g.ID)
		a.deps.Player.Stop(a.caller.id)
		a.arrange()
		return
	}
	n := &seat{direct: true, id: g.Seat, phone: g.Phone, queue: a.wait.queue, legID: g.ID, leg: g.Leg, spec: g.Spec}
	a.seats[n.legID] = n
	a.heardOf(n.legID)
	a.talkTo(n)
}
