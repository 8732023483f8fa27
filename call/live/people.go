package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// seatRings is how long a phone of ours may ring that routing did not choose.
const seatRings = 30 * time.Second

// callSeat rings a phone of ours without routing's doing: aside, to be asked something, or for the caller. When
// nothing could be sent it says why; the record has it already.
func (a *Actor) callSeat(to call.Destination, by call.SeatID, aside bool, reason string) (*seat, error) {
	s := &seat{direct: true, aside: aside, id: to.Agent, phone: to.Phone, queue: a.wait.queue, legID: a.deps.IDs.Leg()}
	a.seats[s.legID] = s
	a.emit(call.SeatCalled{Leg: s.legID, Seat: s.id, Phone: s.phone, By: by, Aside: aside, Reason: reason})
	a.flush()
	a.engage(s.id)
	shown := a.brief.Caller
	if asks := by; aside && by != "" {
		if a.aside != nil && by == to.Agent { // it is he who picks up for whom was asked
			asks = a.aside.by
		}
		shown = call.Caller{Number: string(asks)}
	}
	leg, err := a.deps.Phones.Ring(Invite{
		Call: a.ID(), Leg: s.legID, Seat: s.id, Phone: s.phone, Queue: s.queue, Caller: shown, Codec: a.caller.spec.Codec,
		Comfort: a.caller.spec.Comfort != 0, Own: s.id != "" && s.id == by,
	})
	if err != nil {
		a.deps.Log.Warn("a phone could not be rung", zap.String("phone", s.phone), zap.Error(err))
		a.seatCallOver(s, call.OfferUnreachable, 0, err.Error())
		return nil, err
	}
	s.leg = leg
	return s, nil
}

// engage keeps routing from offering calls to an agent who is in this one.
func (a *Actor) engage(seat call.SeatID) {
	if seat != "" {
		a.routing.known = true
		a.deps.Router.Engage(seat)
	}
}

func (a *Actor) disengage(seat call.SeatID, wrapUp time.Duration) {
	if seat != "" {
		a.deps.Router.Release(seat, wrapUp)
	}
}

// seatCallOver ends the ringing of a phone that did not pick up, or was not to any more.
func (a *Actor) seatCallOver(s *seat, result call.OfferResult, status int, words string) {
	a.emit(call.SeatCallEnded{
		Leg: s.legID, Seat: s.id, Phone: s.phone, Result: result, Status: status, Aside: s.aside, Reason: words,
	})
	a.drop(s, call.CauseOfferEnded)
	a.disengage(s.id, 0)
}

// pickedUp notes that it has answered.
func (a *Actor) pickedUp(s *seat, media *call.MediaSpec) {
	if media != nil {
		s.spec = *media
		a.negotiated(s.legID, *media)
	}
	a.emit(call.SeatCallEnded{
		Leg: s.legID, Seat: s.id, Phone: s.phone, Queue: s.queue, Result: call.OfferAnswered, Status: 200, Aside: s.aside,
		Reason: "picked up",
	})
}

// ask rings a seat for the caller, who hears music, or as a phone that calls, its own ring-back.
func (a *Actor) ask(to call.Destination, by call.SeatID, reason string) {
	a.enter(StageDialling)
	s, err := a.callSeat(to, by, false, reason)
	if err != nil {
		a.askFailed(call.OfferUnreachable, err.Error())
		return
	}
	a.askedTo = to
	most := seatRings
	if in := to.Instead; in != nil && in.NoAnswer != "" && in.After > 0 {
		most = min(most, in.After)
	}
	a.awaitSeat(s, most)
}

// awaitSeat waits for a phone that rings for the caller.
func (a *Actor) awaitSeat(s *seat, most time.Duration) {
	a.asked = s
	a.flow.stopTimer()
	a.flow.timer = time.NewTimer(most)
}

// askedNews is what the phone says that rings for the caller.
func (a *Actor) askedNews(s *seat, ev call.LegEvent) {
	switch ev := ev.(type) {
	case call.LegRinging:
		a.rings(!s.rang)
		s.rang = true
	case call.LegAnswered:
		a.askedThere(s, ev.Media)
	case call.LegFailed:
		a.asked = nil
		a.seatCallOver(s, ev.Result, ev.Status, ev.Words)
		if !a.forwarded(s, ev.Result, ev.Diverted) {
			a.askFailed(ev.Result, ev.Words)
		}
	case call.LegEnded:
		a.asked = nil
		a.seatCallOver(s, call.OfferUnreachable, 0, "the leg ended before an answer")
		a.askFailed(call.OfferUnreachable, "the leg ended before an answer")
	}
}

// rings tells whoever has called, or wished the call, that the other side rings; a caller who has been
// answered hears it, if he is to.
func (a *Actor) rings(audible bool) {
	switch {
	case a.unaccepted && a.deps.Leg != nil && (a.out == nil || !a.out.joined):
		a.deps.Leg.Progress(180, a.local)
	case audible && !a.unaccepted:
		a.deps.Player.Play(a.caller.id, []string{ringback}, true)
	}
	a.tellReferrer(180, "")
}

// askedThere connects the caller with the seat that was rung for him. A seat that
// has waited for it leaves now.
func (a *Actor) askedThere(s *seat, media *call.MediaSpec) {
	a.asked = nil
	a.flow.stopTimer()
	a.accept()
	a.tellReferrer(200, "")
	if old := a.current(); old != nil {
		a.seatOut(old, "the caller is with "+nameSeat(s))
	}
	a.pickedUp(s, media)
	s.state = seatAnnounced
	a.enter(StageAnnouncing)
	facts := a.deps.House.Queue(s.queue)
	a.flush()
	notice := a.recordSeat(s)
	if a.brief.Phone == nil {
		a.announce(s, facts.SayAgentNumber && s.id != "", notice)
		return
	}
	a.deps.Player.Stop(a.caller.id)
	a.bridge(s)
}

// accept answers a phone of ours that calls, once somebody is there for it.
func (a *Actor) accept() {
	if !a.unaccepted {
		return
	}
	a.unaccepted = false
	a.emit(call.Accepted{})
	a.flush()
	a.deps.Leg.Accept(a.local)
}

// askTimedOut is the end of the ringing.
func (a *Actor) askTimedOut() {
	s := a.asked
	if s == nil {
		return
	}
	a.asked = nil
	a.seatCallOver(s, call.OfferNoAnswer, 0, "nobody answered in time")
	if !a.forwarded(s, call.OfferNoAnswer, "") {
		a.askFailed(call.OfferNoAnswer, "nobody answered in time")
	}
}

// askFailed ends a call between phones, or takes a customer back.
func (a *Actor) askFailed(result call.OfferResult, words string) {
	a.flow.stopTimer()
	if a.unaccepted || a.brief.Phone != nil && a.current() == nil && a.wait.queue == "" {
		a.end(ending{by: call.PartySystem, cause: causeOf(result), words: words})
		return
	}
	a.comeBack(words)
}

// causeOf is how a phone that calls is told that whom it called did not answer.
func causeOf(r call.OfferResult) call.Cause {
	if r == call.OfferDeclined {
		return call.CauseBusy
	}
	return call.CauseNoAnswer
}

// dropAsked takes back what rings for the caller.
func (a *Actor) dropAsked(words string) {
	if s := a.asked; s != nil {
		a.asked = nil
		a.flow.stopTimer()
		a.seatCallOver(s, call.OfferWithdrawn, 0, words)
	}
}

// seatOut ends a seat's part while the caller stays: with somebody else, or on the way there. The recording goes on.
func (a *Actor) seatOut(s *seat, words string) {
	a.seatLeft(s, ending{by: call.PartyAgent, cause: call.CauseTransferred, words: words})
	a.nobodyRecorded()
}

// nobodyRecorded has a recording go on while nobody talks to the caller.
func (a *Actor) nobodyRecorded() {
	a.recordRight()
}

// nameSeat is a seat in words.
func nameSeat(s *seat) string {
	if s.id != "" {
		return "agent " + string(s.id)
	}
	return "phone " + s.phone
}

// peopleNews handles what concerns whoever is in the call without routing's doing.
func (a *Actor) peopleNews(m Message) bool {
	switch m := m.(type) {
	case LegNews:
		return a.peopleLeg(m)
	case SoundNews:
		if _, silent := m.Event.(call.SoundTimeout); silent && a.aside != nil && m.Leg == a.aside.legID() {
			a.asideOver(call.CauseMediaTimeout, "no sound came any more")
			return true
		}
		return false
	}
	return a.verb(m) || a.picks(m)
}

func (a *Actor) peopleLeg(m LegNews) bool {
	if refer, ok := m.Event.(call.LegRefer); ok {
		a.referred(m.Leg, refer)
		return true
	}
	switch {
	case a.asked != nil && m.Leg == a.asked.legID:
		a.askedNews(a.asked, m.Event)
	case a.first != nil && m.Leg == a.first.legID:
		a.firstNews(a.first, m.Event)
	case a.aside != nil && m.Leg == a.aside.legID():
		a.asideNews(m.Event)
	default:
		return a.pickerNews(m) || a.watcherNews(m)
	}
	return true
}

// dropPeople ends the legs of all who are in the call without routing's doing, as the caller's part is over.
func (a *Actor) dropPeople() {
	a.dropAsked("the caller has left")
	if a.first != nil {
		s := a.first
		a.first = nil
		a.seatCallOver(s, call.OfferWithdrawn, 0, "the call has ended")
	}
	if a.aside != nil {
		a.dropAside(call.CauseCallerGone, "the caller has left")
	}
	for len(a.watching) > 0 {
		a.unwatch(a.watching[0], "the call has ended")
	}
}
