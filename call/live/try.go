package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// Try is a call that we make: a seat is rung first, and when it has picked up the
// customer is dialled. From the customer's answer on it is a call like any other.
type Try struct {
	Callback call.CallbackID
	Origin   call.ID // the call that asked for it, or was lost
	Queue    string
	Skills   map[string]int
	Priority int
	Entry    time.Time
	Trunk    string // asked for first
	Shown    call.Shown
	Ring     time.Duration // how long the customer's phone may ring
}

// BackOff tells a try that it is not wanted any more; with Idle only if no seat rings for it or has picked up.
type BackOff struct {
	Words string
	Idle  bool
}

func (BackOff) message() {}

// beginTry makes the record of a call we make; the seat's offer is on its way.
func (a *Actor) beginTry() {
	t, in := a.brief.Try, a.brief.Incoming
	a.emitAt(in.Received, call.Entered{
		Trunk: t.Trunk, Caller: a.brief.Caller, Called: t.Shown.Number, Revision: a.brief.Revision,
		Callback: t.Callback, Origin: t.Origin,
	})
	a.wait = waitState{queue: t.Queue, entry: t.Entry, priority: t.Priority, skills: t.Skills, placed: true}
	a.routing.known = true
	a.enter(StageWaiting)
	a.flush()
}

// unanswered tells whether the customer has still to answer.
func (a *Actor) unanswered() bool {
	return (a.brief.Try != nil || a.brief.Visit != nil) && !a.reached
}

// backOff ends a try that is not wanted any more.
func (a *Actor) backOff(m BackOff) {
	if !a.unanswered() || m.Idle && (len(a.seats) > 0 || a.stage != StageWaiting) {
		return
	}
	a.end(ending{by: call.PartySystem, cause: call.CauseOfferEnded, words: m.Words})
}

// dialCustomer calls the customer for the seat that has picked up.
func (a *Actor) dialCustomer(s *seat) {
	t := a.outward()
	a.caller = party{id: a.deps.IDs.Leg()}
	a.enter(StageCalling)
	a.emit(call.CustomerDialled{Leg: a.caller.id, Number: a.brief.Caller.Number, Shown: t.shown.Number, Trunk: t.trunk})
	a.flush()
	leg, trunk, err := a.deps.Lines.Dial(Outcall{
		Call: a.ID(), Leg: a.caller.id, Number: a.brief.Caller.Number, Trunk: t.trunk, Only: t.only, Shown: t.shown, Codec: s.spec.Codec,
		Comfort: s.spec.Comfort != 0,
		Seat:    t.seat, Phone: t.phone,
	})
	if err != nil {
		a.deps.Log.Warn("a customer could not be called back", zap.String("call", string(a.ID())), zap.Error(err))
		a.forbidden = call.CodeOf(err) == call.CodeForbidden
		a.notReached(s, call.DialFailed, 0, err.Error())
		return
	}
	a.deps.Leg, a.trunk = leg, trunk
	if a.brief.Try != nil {
		a.deps.Player.Play(s.legID, []string{promptBackAgent}, false)
	}
	a.flow.stopTimer()
	a.flow.timer = time.NewTimer(t.ring)
}

// inCalling waits for the customer.
func (a *Actor) inCalling(m Message) {
	news, ok := m.(LegNews)
	if ok && a.brief.Visit != nil {
		a.inVisit(news)
		return
	}
	s := a.current()
	if !ok || s == nil {
		return
	}
	if news.Leg == s.legID {
		a.waitingAgent(s, news.Event)
		return
	}
	if news.Leg != a.caller.id {
		return
	}
	switch ev := news.Event.(type) {
	case call.LegRinging:
		if !a.rang {
			a.rang = true
			a.emit(call.CustomerRinging{})
			if s.unanswered && !a.early {
				s.leg.Progress(180, a.local)
			}
		}
	case call.LegEarly:
		a.negotiated(a.caller.id, ev.Media)
		a.hearEarly(s, ev.Talk)
	case call.LegAnswered:
		a.customerThere(s, ev.Media)
	case call.LegFailed:
		a.notReached(s, ev.Dial, ev.Status, ev.Words)
	case call.LegEnded:
		a.notReached(s, call.DialFailed, 0, "the line was lost")
	}
}

// waitingAgent is what the seat does while the customer is dialled.
func (a *Actor) waitingAgent(s *seat, ev call.LegEvent) {
	switch ev := ev.(type) {
	case call.LegAnswered: // the ACK of a phone that has come in by itself
		if ev.Media != nil {
			a.negotiated(s.legID, *ev.Media)
		}
	case call.LegChanged:
		a.negotiated(s.legID, ev.Media)
		s.held = !ev.Media.Direction.MaySend()
	case call.LegEnded:
		a.end(ending{by: call.PartyAgent, cause: ev.Cause, words: "the agent was gone before the customer answered"})
	}
}

// rangTooLong is the end of the customer's time to answer.
func (a *Actor) rangTooLong() {
	if v := a.brief.Visit; v != nil {
		a.visitOver(call.DialNoAnswer, 0, "it rang for "+v.Ring.String())
		return
	}
	if s := a.current(); s != nil {
		a.notReached(s, call.DialNoAnswer, 0, "it rang for "+a.outward().ring.String())
	}
}

// customerThere makes the try a call like any other: announced, then joined.
func (a *Actor) customerThere(s *seat, media *call.MediaSpec) {
	a.flow.stopTimer()
	a.reached = true
	if media != nil {
		a.negotiated(a.caller.id, *media)
	}
	a.emit(call.CustomerAnswered{Result: call.DialAnswered, Trunk: a.trunk})
	a.flush()
	if a.brief.Phone != nil {
		a.calledThere(s)
		return
	}
	a.deps.Callbacks.Dialled(call.DialAnswered, "")
	a.enter(StageAnnouncing)
	facts := a.deps.House.Queue(s.queue)
	a.announce(s, facts.SayAgentNumber, a.beginRecording(s))
}

// hearEarly lets a phone that calls, or the seat of one who clicked to dial, hear what is said before the answer.
func (a *Actor) hearEarly(s *seat, talk bool) {
	if a.brief.Phone == nil {
		return
	}
	if a.early, a.earlyTalk = true, talk; s.unanswered {
		s.leg.Progress(183, a.local)
	}
	a.arrange()
}

// calledThere brings a phone of ours and the number it called together.
func (a *Actor) calledThere(s *seat) {
	if s.unanswered {
		s.unanswered = false
		a.emit(call.Accepted{})
		a.emit(call.SeatCallEnded{Leg: s.legID, Seat: s.id, Phone: s.phone, Result: call.OfferAnswered, Reason: "the number it called has answered"})
		a.flush()
		s.leg.Accept(a.local)
	}
	a.enter(StageAnnouncing)
	a.recordSeat(s)
	a.bridge(s)
}

// notReached tells the agent, who is free after it.
func (a *Actor) notReached(s *seat, result call.DialResult, status int, words string) {
	a.customerOver(result, status, words)
	if s.unanswered {
		cause := causeOfDial(result)
		if a.forbidden {
			cause = call.CauseForbidden
		}
		a.end(ending{by: call.PartySystem, cause: cause, words: words})
		return
	}
	a.lastWords(s.legID, promptBackFailed, ending{by: call.PartySystem, cause: call.CauseFlowEnd, words: "the customer was not reached: " + result.String()})
}

// customerOver ends the dialling: the record says what came of it, routing too, and the line is free.
func (a *Actor) customerOver(result call.DialResult, status int, words string) {
	a.flow.stopTimer()
	a.emit(call.CustomerAnswered{Result: result, Status: status, Trunk: a.trunk, Words: words})
	a.flush()
	if a.deps.Leg != nil {
		a.deps.Leg.End(call.CauseOfferEnded)
	}
	a.closeSound(a.caller.id)
	a.caller.id, a.deps.Leg, a.early, a.earlyTalk = "", nil, false, false
	a.arrange()
	if a.brief.Try != nil {
		a.deps.Callbacks.Dialled(result, words)
	}
}
