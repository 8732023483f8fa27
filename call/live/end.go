package live

import (
	"hotline/call"
)

// ending is how a call, or a seat's part in it, ends.
type ending struct {
	by          call.Party
	cause       call.Cause
	words       string
	legGone     bool // the dialog is gone already
	interrupted bool
}

// end is the end of the caller's part, from any stage: phones stop ringing, the
// seat's leg ends, recordings close, the caller gets what his leg's state needs.
func (a *Actor) end(e ending) {
	if a.stage >= StageArchive {
		return
	}
	if a.back.asking == askingRouter { // he has said yes and does not wait for our thanks
		a.noteTaken("the caller asked to be called back and hung up")
	}
	if a.stage == StageCalling {
		a.customerOver(call.DialCancelled, 0, e.words)
	}
	a.dropPeople()
	a.tellReferrer(480, "the call has ended")
	if s := a.current(); s != nil {
		a.seatLeft(s, ending{by: e.by, cause: e.cause, words: e.words})
	}
	a.formerOver()
	a.leaveOutside(e)
	a.endRecording()
	a.unfork(func(forked) bool { return true }, "the call is over", true)
	a.callerReleased()
	a.emit(call.Ended{By: e.by, Cause: e.cause, Words: e.words, Interrupted: e.interrupted})
	a.enter(StageArchive)
	a.flush()
	a.stopRinging()
	a.flow.stopTimer()
	if !e.legGone && a.deps.Leg != nil {
		a.deps.Leg.End(e.cause)
	}
	a.closeSound(a.caller.id)
	a.deps.LineFree()
	a.leaveRouting()
}

// callerReleased lets go of a caller who is a seat of ours.
func (a *Actor) callerReleased() {
	switch c := a.caller; {
	case c.seat == "":
	case c.routed:
		a.deps.Router.Seat(c.seat, SeatLegEnded)
	default:
		a.disengage(c.seat, 0)
	}
}

// leaveRouting tells the router, once, that the caller is gone; Forgotten answers.
func (a *Actor) leaveRouting() {
	if a.routing.known && !a.routing.left {
		a.routing.left = true
		a.deps.Router.Left(CallerLeft)
	}
}

// stopRinging silences every phone that rings for this call, at once. The
// router's OfferOver follows and marks the record.
func (a *Actor) stopRinging() {
	for _, s := range a.seats {
		if s.leg != nil {
			s.leg.End(call.CauseCallerGone)
		}
		a.closeSound(s.legID)
		s.leg = nil
	}
}

// drain ends the call because the node stops. A caller not yet with an agent hears the prompt first.
func (a *Actor) drain(m Drain) {
	if a.stage == StageClosing {
		return
	}
	if m.Prompt == "" || a.brief.Phone != nil || a.stage == StageArriving || a.stage >= StageAnnouncing || a.current() != nil {
		a.end(ending{by: call.PartySystem, cause: call.CauseShutdown, interrupted: true})
		return
	}
	a.stopRinging()
	a.dropPeople()
	a.leaveOutside(ending{})
	a.endRecording()
	a.flow.stopTimer()
	a.leaveRouting()
	last := ending{by: call.PartySystem, cause: call.CauseShutdown, interrupted: true}
	if a.unanswered() { // nobody is there to hear it
		a.end(last)
		return
	}
	a.lastWords(a.caller.id, m.Prompt, last)
}

// inClosing waits for the last prompt to end.
func (a *Actor) inClosing(m Message) {
	switch m := m.(type) {
	case SoundNews:
		if ev, ok := m.Event.(call.SoundPlayed); ok && ev.Play == a.flow.play && m.Leg == a.closingLeg {
			a.end(a.closing)
		}
	case LegNews: // the agent of a try does not hear it out
		if _, ended := m.Event.(call.LegEnded); ended && m.Leg == a.closingLeg {
			a.end(a.closing)
		}
	case Ring, Connect:
		a.crossed(m)
	}
}

// inArchive sees what crossed the caller's leaving.
func (a *Actor) inArchive(m Message) { a.crossed(m) }

// crossed handles routing's decisions made before it heard that the caller left.
func (a *Actor) crossed(m Message) {
	switch m := m.(type) {
	case Ring:
		// Nobody is rung; the router withdraws the offer itself.
		s := &seat{offer: m.Offer, id: m.Seat, queue: m.Queue, legID: call.LegID(m.Offer)}
		if p := a.picked(m.Seat); m.PickUp && p != nil {
			p.answer(call.Errorf(call.CodeConflict, "the caller has left"))
		}
		a.seats[s.legID] = s
	case Connect:
		a.lateConnect(m)
	}
}

// lateConnect is a seat that picked up as the caller left: nobody is there for it.
func (a *Actor) lateConnect(m Connect) {
	s := a.seatOf(m.Offer)
	if s == nil {
		return
	}
	a.emit(call.OfferEnded{
		Offer: m.Offer, Seat: m.Seat, Queue: m.Queue, Result: call.OfferWithdrawn,
		Reason: "the caller left as the agent picked up",
	})
	a.drop(s, call.CauseCallerGone)
	a.deps.Router.Seat(m.Seat, SeatLegEnded)
}

// archived leaves when nothing about the call is open any more.
func (a *Actor) archived() {
	if a.stage != StageArchive || a.awaits || (a.routing.known && !a.routing.forgotten) || a.busy > 0 ||
		len(a.records.open) > 0 || len(a.measured.closing) > 0 || len(a.pending) > 0 {
		return
	}
	a.enter(StageDone)
}
