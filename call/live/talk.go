package live

import (
	"slices"

	"hotline/call"
)

// connect takes the seat that picked up: record from here, announce the agent number, then bridge.
func (a *Actor) connect(m Connect) {
	s := a.seatOf(m.Offer)
	if s == nil {
		return
	}
	s.state = seatAnnounced
	a.emit(call.OfferEnded{
		Offer: m.Offer, Seat: m.Seat, Queue: m.Queue, Result: call.OfferAnswered, Reason: "the agent picked up",
	})
	a.enter(StageAnnouncing)
	if s.gone && a.unanswered() {
		a.deps.Callbacks.Dialled(call.DialCancelled, "the agent was gone at once")
		a.end(ending{by: call.PartyAgent, cause: call.CauseNormal, words: "the agent was gone before the customer was dialled"})
		return
	}
	if s.gone {
		a.seatGone(s, ending{by: call.PartyAgent, cause: call.CauseNormal, legGone: true})
		return
	}
	if a.unanswered() {
		a.dialCustomer(s)
		return
	}
	facts := a.deps.House.Queue(m.Queue)
	a.flush()
	a.announce(s, facts.SayAgentNumber, a.beginRecording(s))
}

// announce plays "agent number NNNN at your service" to both, if the queue wants
// it, and to the caller before it what he must know of the recording.
func (a *Actor) announce(s *seat, say bool, notice []string) {
	var number []string
	if say {
		number = a.deps.House.AgentNumber(s.id)
	}
	first := slices.Concat(notice, number)
	if len(first) == 0 {
		a.deps.Player.Stop(a.caller.id)
		a.bridge(s)
		return
	}
	s.plays[0] = a.deps.Player.Play(a.caller.id, first, false)
	if len(number) > 0 {
		s.plays[1] = a.deps.Player.Play(s.legID, number, false)
	}
}

// inAnnouncing waits for the announcement to end on both sides.
func (a *Actor) inAnnouncing(m Message) {
	s := a.current()
	if s == nil {
		return
	}
	switch m := m.(type) {
	case SoundNews:
		if ev, ok := m.Event.(call.SoundPlayed); ok {
			a.announced(s, ev)
		}
	case LegNews:
		a.currentNews(s, m)
	}
}

func (a *Actor) announced(s *seat, ev call.SoundPlayed) {
	for i := range s.plays {
		if s.plays[i] == ev.Play {
			s.plays[i] = 0
		}
	}
	if s.plays == [2]uint64{} {
		a.bridge(s)
	}
}

// bridge is the moment both can talk.
func (a *Actor) bridge(s *seat) {
	s.state = seatTalking
	a.enter(StageTalking)
	a.emit(call.Connected{Seat: s.id, Leg: s.legID})
	a.flush()
	a.arrange()
	if !s.direct {
		a.deps.Router.Seat(s.id, SeatConnected)
	}
	a.showHold(s)
	a.callerHold()
	a.superviseLater()
}

// inTalking is the conversation: hold by either side, silence, the seat's end.
func (a *Actor) inTalking(m Message) {
	s := a.current()
	if s == nil || a.verifyNews(m) {
		return
	}
	switch m := m.(type) {
	case SoundNews:
		switch ev := m.Event.(type) {
		case call.SoundTimeout:
			a.silent(s, m.Leg)
		case call.SoundDigit:
			if m.Leg == s.legID {
				a.recordKey(s, ev.Digit)
			}
		}
	case LegNews:
		a.currentNews(s, m)
	}
}

// current is the seat that picked up, if any.
func (a *Actor) current() *seat {
	for _, s := range a.seats {
		if s.state >= seatAnnounced {
			return s
		}
	}
	return nil
}

// currentNews takes what the connected seat's dialog says.
func (a *Actor) currentNews(s *seat, m LegNews) {
	if m.Leg != s.legID {
		return
	}
	switch ev := m.Event.(type) {
	case call.LegAnswered: // the ACK of a phone that was answered late
		if ev.Media != nil {
			a.negotiated(s.legID, *ev.Media)
		}
	case call.LegChanged:
		a.negotiated(s.legID, ev.Media)
		s.held = !ev.Media.Direction.MaySend()
		a.showHold(s)
	case call.LegDigit:
		a.recordKey(s, ev.Digit)
	case call.LegEnded:
		by := call.PartySystem
		if ev.ByPeer {
			by = call.PartyAgent
		}
		a.seatGone(s, ending{by: by, cause: ev.Cause, legGone: true})
	}
}

// showHold follows the agent's hold key, the API's, and a consultation: the caller hears music meanwhile.
func (a *Actor) showHold(s *seat) {
	held := s.held || s.parked || a.verifying != nil || a.aside != nil && !a.aside.joint
	if held == s.shown || s.state != seatTalking {
		a.arrange()
		return
	}
	s.shown = held
	if held {
		a.emit(call.Held{By: call.PartyAgent, Seat: s.id})
		a.flush()
		a.arrange()
		a.music(s.queue)
		a.deps.Router.Seat(s.id, SeatHeld)
		return
	}
	a.emit(call.Resumed{By: call.PartyAgent, Seat: s.id})
	a.flush()
	a.deps.Player.Stop(a.caller.id)
	a.arrange()
	a.deps.Router.Seat(s.id, SeatResumed)
}

// callerHold marks that the caller's side has put us on hold. Its music, if it
// sends any, is passed on to the agent like speech.
func (a *Actor) callerHold() {
	s := a.current()
	held := !a.caller.spec.Direction.MaySend()
	if s == nil || s.state != seatTalking || held == a.caller.held {
		return
	}
	a.caller.held = held
	if held {
		a.emit(call.Held{By: call.PartyCaller, Seat: s.id})
		return
	}
	a.emit(call.Resumed{By: call.PartyCaller, Seat: s.id})
}

// silent handles a bridged leg that stopped sending: a dead caller ends the
// call, a dead phone costs the caller nothing but the way back to the front of the queue.
func (a *Actor) silent(s *seat, leg call.LegID) {
	switch leg {
	case a.caller.id:
	case s.legID:
		a.seatGone(s, ending{by: call.PartySystem, cause: call.CauseMediaTimeout})
		return
	default: // of a phone that rang as well and was too late
		return
	}
	a.end(ending{by: call.PartySystem, cause: call.CauseMediaTimeout, words: "the caller's side sent no sound any more"})
}

// seatGone ends the seat's part and takes the caller on: to the flow when the
// agent had served him, back to his place when the phone died or never got to talk.
func (a *Actor) seatGone(s *seat, e ending) {
	if a.aside != nil && s.state == seatTalking { // who hangs up on both has brought them together
		a.completeAside(s, "the agent hung up", e)
		return
	}
	served := s.state == seatTalking && (e.by == call.PartyAgent || e.cause == call.CauseNormal)
	queued := a.wait.queue != ""
	a.seatLeft(s, e)
	a.endRecording()
	if served || !queued {
		a.flow.agentLast = e.by == call.PartyAgent
		a.backToFlow(call.FlowServed{})
		return
	}
	a.requeue()
}

// seatLeft is the end of a seat's part, whoever ended it.
func (a *Actor) seatLeft(s *seat, e ending) {
	cause := call.CauseNormal
	a.dropVerify(call.VerifyNone, "the agent's part was over before")
	if s.unanswered { // the phone that calls: its INVITE gets the answer
		cause = e.cause
	} else {
		a.emit(call.SeatLeft{Seat: s.id, Leg: s.legID, By: e.by, Cause: e.cause, Reason: e.words})
	}
	a.flush()
	s.state = seatAside
	a.arrange()
	a.caller.held = false
	a.unfollow(s)
	if s.direct {
		a.disengage(s.id, a.wrapUpOf(s))
	} else {
		a.deps.Router.Seat(s.id, SeatLegEnded)
	}
	a.drop(s, cause)
}
