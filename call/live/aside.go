package live

import (
	"time"

	"hotline/call"
)

// ringback is what a seat hears while whom it asks is rung, and a caller while whom he is handed to is.
const ringback = "ringback"

// beside is whom a seat asks while the caller is on hold: a seat of ours or an outside number. A call has one at most.
type beside struct {
	by    call.SeatID
	to    string
	seat  *seat    // one of the two
	out   *outside //
	there bool     // has answered
	joint bool     // all three talk
	want  bool     // they are to, as soon as there
	timer *time.Timer
}

func (x *beside) timerC() <-chan time.Time {
	if x == nil {
		return nil
	}
	return fires(x.timer)
}

func (x *beside) stopTimer() {
	disarm(&x.timer)
}

func (x *beside) legID() call.LegID {
	if x.seat != nil {
		return x.seat.legID
	}
	return x.out.legID
}

// audible tells that the seat hears whom it asks: from the answer on, or earlier when a number sends sound.
func (x *beside) audible() bool { return x.there || x.out != nil && x.out.joined }

// consult calls whom a seat wants to ask; or has all three talk, when it has asked already.
func (a *Actor) consult(s *seat, m Transfer) error {
	if x := a.aside; x != nil && m.Mode == call.TransferConference && m.To == "" {
		if !x.there {
			return call.Errorf(call.CodeConflict, "%s has not answered yet", x.to)
		}
		a.conference(s)
		return nil
	}
	to, err := a.whither(s, m.To)
	if err != nil {
		return err
	}
	if to.Kind == call.ToQueue {
		return call.Errorf(call.CodeInvalid, "a queue can't be asked; hand the caller over with mode blind, or ask one of its agents")
	}
	x := &beside{by: s.id, to: to.Dialled, want: m.Mode == call.TransferConference}
	if to.Kind == call.ToNumber {
		x.out = &outside{number: to.Number, xfer: true, asked: true, seat: s.id, phone: s.phone, legID: a.deps.IDs.Leg()}
		err = a.askNumber(s, x)
	} else {
		x.seat, err = a.callSeat(to, s.id, true, "agent "+string(s.id)+" asks")
		x.wire()
	}
	if err != nil {
		return call.Errorf(call.CodeConflict, "%s can't be called: %w", m.To, err)
	}
	a.aside, x.timer = x, time.NewTimer(ringTime)
	a.showHold(s)
	a.deps.Player.Play(s.legID, []string{ringback}, true)
	return nil
}

// wire marks a seat that is asked.
func (x *beside) wire() {
	if x.seat != nil {
		x.seat.state = seatRinging
	}
}

// askNumber calls an outside number for a seat.
func (a *Actor) askNumber(s *seat, x *beside) error {
	o := x.out
	a.emit(call.Dialled{Leg: o.legID, Number: o.number, Aside: true, By: s.id, Reason: "agent " + string(s.id) + " asks"})
	a.flush()
	c := Outcall{Trunk: a.brief.Incoming.Trunk}
	if p := a.brief.Phone; p != nil {
		c.Trunk = p.Trunk
	}
	err := a.send(o, c)
	if err != nil {
		a.emit(call.DialEnded{Leg: o.legID, Number: o.number, Result: call.DialFailed, Aside: true, Reason: err.Error()})
		a.closeSound(o.legID)
	}
	return err
}

// asideNews is what the leg says of whom a seat asks.
func (a *Actor) asideNews(ev call.LegEvent) {
	x := a.aside
	switch ev := ev.(type) {
	case call.LegEarly:
		a.negotiated(x.legID(), ev.Media)
		if s := a.current(); s != nil && !x.out.joined {
			x.out.joined, x.out.talk = true, ev.Talk
			a.deps.Player.Stop(s.legID)
			a.arrange()
		}
	case call.LegAnswered:
		if !x.there {
			a.asideThere(ev.Media)
		} else if ev.Media != nil { // the ACK of a phone that has come in by itself
			a.negotiated(x.legID(), *ev.Media)
		}
	case call.LegChanged:
		a.negotiated(x.legID(), ev.Media)
	case call.LegFailed:
		if x.seat != nil {
			x.seat.status = ev.Status
			a.asideFailed(ev.Result, call.DialFailed, ev.Words)
		} else {
			a.asideFailed(call.OfferUnreachable, ev.Dial, ev.Words)
		}
	case call.LegEnded:
		words := "the line was lost"
		if ev.ByPeer {
			words = "hung up"
		}
		a.asideOver(ev.Cause, words)
	}
}

// asideThere is whom the seat asks on the line.
func (a *Actor) asideThere(media *call.MediaSpec) {
	x, s := a.aside, a.current()
	x.stopTimer()
	x.there = true
	if x.seat != nil {
		x.seat.state = seatAside
		a.pickedUp(x.seat, media)
	} else {
		if media != nil {
			a.negotiated(x.out.legID, *media)
		}
		a.emit(call.DialEnded{Leg: x.out.legID, Number: x.out.number, Trunk: x.out.trunk, Result: call.DialAnswered, Status: 200, Aside: true, Reason: "answered"})
	}
	if s == nil {
		return
	}
	a.emit(call.Consulted{By: s.id, Leg: x.legID(), With: x.to})
	a.flush()
	a.deps.Player.Stop(s.legID)
	a.arrange()
	if x.want {
		a.conference(s)
	}
}

// conference has all three talk.
func (a *Actor) conference(s *seat) {
	x := a.aside
	x.joint = true
	a.emit(call.Conferenced{By: s.id, Leg: x.legID(), With: x.to})
	a.flush()
	a.recordRight(s.legID, x.legID())
	a.showHold(s)
}

func (a *Actor) asideTimedOut() {
	a.asideFailed(call.OfferNoAnswer, call.DialNoAnswer, "nobody answered in time")
}

// asideFailed ends a call to somebody who did not answer; the seat goes back to the caller.
func (a *Actor) asideFailed(result call.OfferResult, dial call.DialResult, words string) {
	x := a.aside
	a.aside = nil
	x.stopTimer()
	if x.seat != nil {
		a.seatCallOver(x.seat, result, x.seat.status, words)
	} else {
		a.emit(call.DialEnded{Leg: x.out.legID, Number: x.out.number, Trunk: x.out.trunk, Result: dial, Aside: true, Reason: words})
		a.endOutside(x.out, call.CauseOfferEnded)
	}
	a.backToCaller()
}

// asideOver ends a consultation, or a conference, or the ringing before; caller and seat go on.
func (a *Actor) asideOver(cause call.Cause, words string) {
	if !a.aside.there {
		a.asideFailed(call.OfferWithdrawn, call.DialCancelled, words)
		return
	}
	a.dropAside(cause, words)
	a.backToCaller()
}

// dropAside takes whom the seat asks out of the call.
func (a *Actor) dropAside(cause call.Cause, words string) {
	x := a.aside
	if !x.there {
		a.aside = nil
		x.stopTimer()
		if x.seat != nil {
			a.seatCallOver(x.seat, call.OfferWithdrawn, 0, words)
			return
		}
		a.emit(call.DialEnded{Leg: x.out.legID, Number: x.out.number, Trunk: x.out.trunk, Result: call.DialCancelled, Aside: true, Reason: words})
		a.endOutside(x.out, call.CauseCallerGone)
		return
	}
	a.aside = nil
	a.emit(call.AsideLeft{Leg: x.legID(), Cause: cause, Reason: words})
	a.flush()
	a.arrange()
	if x.seat != nil {
		a.drop(x.seat, call.CauseNormal)
		a.disengage(x.seat.id, 0)
		return
	}
	a.endOutside(x.out, call.CauseNormal)
}

// backToCaller has the seat talk to the caller again.
func (a *Actor) backToCaller() {
	s := a.current()
	if s == nil {
		return
	}
	a.deps.Player.Stop(s.legID)
	a.recordRight(s.legID)
	a.showHold(s)
}

// completeAside gives the caller to whom the seat has asked; the seat's part is over. One that rings still
// rings on for the caller.
func (a *Actor) completeAside(s *seat, reason string, e ending) {
	x := a.aside
	a.aside = nil
	x.stopTimer()
	done := call.Transferred{By: s.id, Mode: call.TransferComplete, To: x.to, Reason: reason}
	if x.there {
		done.Leg = x.legID()
	}
	a.emit(done)
	a.refer = referral{to: x.to}
	e.words = "hands the caller to " + x.to
	a.seatLeft(s, e)
	a.flow.agentLast = false
	switch {
	case x.seat != nil && x.there:
		a.talkTo(x.seat)
	case x.seat != nil:
		a.nobodyRecorded()
		x.seat.aside = false
		a.emit(call.SeatCalled{Leg: x.seat.legID, Seat: x.seat.id, Phone: x.seat.phone, By: x.by, Reason: "rings on for the caller"})
		a.enter(StageDialling)
		a.music(a.wait.queue)
		a.awaitSeat(x.seat, seatRings)
	case x.there:
		a.out = x.out
		a.out.joined = true
		a.enter(StageOutside)
		a.recordRight(a.out.legID)
		a.deps.Player.Stop(a.caller.id)
		a.arrange()
	default:
		a.nobodyRecorded()
		a.out = x.out
		a.emit(call.Dialled{Leg: x.out.legID, Number: x.out.number, Reason: "rings on for the caller"})
		a.enter(StageDialling)
		a.music(a.wait.queue)
		a.out.timer = time.NewTimer(ringTime)
		if a.out.joined { // its early sound is the caller's from now on
			a.deps.Player.Stop(a.caller.id)
			a.arrange()
		}
	}
}

// talkTo has the caller talk to a seat that is there already.
func (a *Actor) talkTo(s *seat) {
	s.aside, s.state = false, seatTalking
	a.enter(StageTalking)
	a.emit(call.Connected{Seat: s.id, Leg: s.legID})
	a.flush()
	a.recordRight(s.legID)
	a.deps.Player.Stop(a.caller.id)
	a.arrange()
	a.callerHold()
	a.superviseLater()
}

// endOutside ends an outside leg that is not the caller's, and gives its ports and line back.
func (a *Actor) endOutside(o *outside, cause call.Cause) {
	a.flush()
	o.stopTimer()
	a.arrange()
	if o.leg != nil {
		o.leg.End(cause)
	}
	a.closeSound(o.legID)
}
