package live

import (
	"hotline/call"
)

// transfer hands the caller on.
func (a *Actor) transfer(m Transfer) error {
	s, err := a.speaker(m.By)
	if err != nil {
		return err
	}
	switch m.Mode {
	case call.TransferBlind:
		to, err := a.whither(s, m.To)
		if err != nil {
			return err
		}
		a.blind(s, to, referral{})
	case call.TransferConsult, call.TransferConference:
		return a.consult(s, m)
	case call.TransferComplete:
		if a.aside == nil {
			return call.Errorf(call.CodeConflict, "agent %s has asked nobody", s.id)
		}
		a.completeAside(s, "", ending{by: call.PartyAgent, cause: call.CauseTransferred})
	case call.TransferCancel:
		if a.aside == nil {
			return call.Errorf(call.CodeConflict, "agent %s has asked nobody", s.id)
		}
		a.asideOver(call.CauseNormal, "agent "+string(s.id)+" goes back to the caller")
	}
	return nil
}

// whither finds where a seat wants the caller.
func (a *Actor) whither(s *seat, dialled string) (call.Destination, error) {
	to, err := a.deps.People.Find(dialled)
	switch {
	case err != nil:
		return to, err
	case a.aside != nil:
		return to, call.Errorf(call.CodeConflict, "agent %s is asking %s; complete or cancel that", s.id, a.aside.to)
	case to.Agent != "" && (to.Agent == s.id || to.Agent == a.caller.seat):
		return to, call.Errorf(call.CodeConflict, "agent %s is in the call already", to.Agent)
	case to.Kind == call.ToNobody || to.Kind == call.ToCode:
		return to, call.Errorf(call.CodeNotFound, "%s is no agent, phone, queue or telephone number", dialled)
	}
	return to, nil
}

// blind hands the caller on at once. A seat of a queue's call is free with that: a failure takes the caller
// back to his place. One that asked by its phone (REFER), or whose caller has no place, waits until it has worked.
func (a *Actor) blind(s *seat, to call.Destination, ref referral) {
	a.emit(call.Transferred{By: s.id, Mode: call.TransferBlind, To: to.Dialled})
	a.refer = ref
	a.refer.to = to.Dialled
	words := "hands the caller to " + to.Dialled
	waits := ref.leg != nil || a.wait.queue == ""
	if waits && to.Kind != call.ToQueue {
		s.parked = true
		a.showHold(s)
	} else {
		a.tellReferrer(200, "")
		a.seatOut(s, words)
	}
	a.flow.agentLast = false
	switch to.Kind {
	case call.ToQueue:
		a.toQueue(to.Queue)
	case call.ToNumber:
		a.enter(StageDialling)
		a.music(a.wait.queue)
		a.toNumber(s, to.Number, words)
	case call.ToAgent, call.ToPhone:
		a.music(a.wait.queue)
		a.ask(to, s.id, words)
	case call.ToNobody, call.ToCode: // whither takes none
	}
}

// toQueue has the caller wait anew, with the time he entered and the priority he has: what he has waited counts.
func (a *Actor) toQueue(queue string) {
	a.wait = waitState{queue: queue, entry: a.wait.entry, priority: a.wait.priority}
	a.route(Entry{Queue: queue, Priority: a.wait.priority, Entry: a.wait.entry, Caller: a.brief.Caller})
}

// toNumber calls an outside number the caller is handed to.
func (a *Actor) toNumber(s *seat, number, words string) {
	o := &outside{number: number, xfer: true, seat: s.id, phone: s.phone, ringback: true}
	c := Outcall{Trunk: a.brief.Incoming.Trunk}
	if p := a.brief.Phone; p != nil {
		c.Trunk = p.Trunk
	}
	a.dial(o, c, ringTime, "", words)
}

// comeBack takes the caller back from a transfer that came to nothing: to the seat, if it is still there, to his
// place in the queue, or, where there was none, to his flow.
func (a *Actor) comeBack(words string) {
	a.emit(call.TransferFailed{To: a.refer.to, Reason: words})
	a.tellReferrer(480, words)
	s := a.current()
	switch {
	case s != nil:
		a.enter(StageTalking)
		s.parked = false
		a.recordRight(s.legID)
		a.showHold(s)
	case a.wait.queue != "":
		a.requeue()
	default:
		a.backToFlow(call.FlowServed{})
	}
}

// seatWaits is what a seat does that hands the caller on and waits how it goes.
func (a *Actor) seatWaits(m LegNews) {
	s := a.current()
	if s == nil || m.Leg != s.legID {
		return
	}
	switch ev := m.Event.(type) {
	case call.LegChanged:
		a.negotiated(s.legID, ev.Media)
		s.held = !ev.Media.Direction.MaySend()
	case call.LegEnded: // the transfer goes on without it
		a.refer.leg = nil
		a.seatOut(s, "hung up; the transfer goes on")
	}
}
