package live

import (
	"time"

	"hotline/call"
)

// Verify sends the caller to key in what only he can know; he comes back with yes or no (VerifyEnded).
// Flow names the site's flow for it; empty: its only one. With Cancel the seat takes him back.
type Verify struct {
	By     call.SeatID
	Flow   string
	Cancel bool
	Reply
}

func (Verify) message() {}

// verification is such a flow at work, beside the call's. Nobody hears the caller meanwhile: not the seat, no supervisor, no
// recording; the seat hears music.
type verification struct {
	seat  *seat
	name  string
	flow  Flow
	play  uint64
	token uint64 // of the FlowPlay in force
	timer *time.Timer
	tok   uint64 // of the FlowTimer in force
}

func (v *verification) timerC() <-chan time.Time {
	if v == nil {
		return nil
	}
	return fires(v.timer)
}

func (v *verification) stopTimer() {
	disarm(&v.timer)
}

// verifyAsked is a seat's wish.
func (a *Actor) verifyAsked(m Verify) error {
	if m.Cancel {
		if a.verifying == nil {
			return call.Errorf(call.CodeConflict, "nobody is being verified in this call")
		}
		a.verifyOver(call.VerifyNone, "agent "+string(a.verifying.seat.id)+" took the caller back")
		return nil
	}
	s, err := a.speaker(m.By)
	switch {
	case err != nil:
		return err
	case a.aside != nil:
		return call.Errorf(call.CodeConflict, "agent %s is asking %s; complete or cancel that", s.id, a.aside.to)
	case a.deps.Flow == nil:
		return call.Errorf(call.CodeConflict, "this call has no flows")
	}
	a.sessions++
	flow, err := a.deps.Flow.Verify(m.Flow, a.sessions*tokenRoom)
	if err != nil {
		return err
	}
	name, _ := flow.Current()
	a.verifying = &verification{seat: s, name: name, flow: flow}
	a.recordVerify(true) // before a key can be pressed
	a.emit(call.VerifyBegan{Seat: s.id, Flow: name})
	a.showHold(s)
	a.musicAt(s)
	a.deps.Player.Stop(a.caller.id)
	a.verifyStep(call.FlowStarted{})
	return nil
}

// musicAt has a seat hear its queue's music while the caller is verified.
func (a *Actor) musicAt(s *seat) {
	if music := a.deps.House.Queue(s.queue).Music; music != "" {
		a.deps.Player.Play(s.legID, []string{music}, true)
	}
}

// recordVerify has the recording hold silence, marked as such.
func (a *Actor) recordVerify(on bool) {
	before := a.records.paused()
	a.records.byVerify = on
	why := "the verification is over"
	if on {
		why = "the caller keys in a secret"
	}
	a.recordPause(before, call.PartySystem, why)
}

// verifyPassed ends the silence of a verification that was cut off: the caller may still have been keying in his secret
// when the seat's part ended, so it lasts until he talks again.
func (a *Actor) verifyPassed() {
	if a.verifying == nil && a.records.byVerify {
		a.recordVerify(false)
	}
}

// verifyStep gives the flow an input.
func (a *Actor) verifyStep(in call.FlowInput) {
	v := a.verifying
	if v == nil {
		return
	}
	for _, verb := range v.flow.Step(time.Now(), in) {
		if a.verifying == v {
			a.doVerify(v, verb)
		}
	}
}

func (a *Actor) doVerify(v *verification, verb call.FlowVerb) {
	switch verb := verb.(type) {
	case call.FlowEnter:
		a.emit(call.NodeEntered{Flow: verb.Flow, Node: verb.Node, Type: verb.Kind, Why: verb.Why, Verifying: true})
	case call.FlowPlay:
		a.flush()
		v.token, v.play = verb.Token, a.deps.Player.Play(a.caller.id, verb.Prompts, false)
	case call.FlowMusic:
		v.play = 0
		a.loops(verb.Music)
	case call.FlowStop:
		v.play = 0
		a.deps.Player.Stop(a.caller.id)
	case call.FlowTimer:
		v.stopTimer()
		v.timer, v.tok = time.NewTimer(verb.After), verb.Token
	case call.FlowTimerStop:
		v.stopTimer()
	case call.FlowAsk, call.FlowNotify, call.FlowTicket, call.FlowRender, call.FlowRenderStop:
		a.errand(verb, a.verifyLater)
	case call.FlowVerified:
		a.verifyOver(verb.Result, verb.Why)
	case call.FlowHangup: // of a flow that is no verification
		a.verifyOver(call.VerifyNone, "the flow wanted to hang up")
	default: // the language of the call stays, menus decide nothing
	}
}

// verifyLater answers a verb once the step that gave it is done.
func (a *Actor) verifyLater(in call.FlowInput) { a.Post(FlowNews{Input: in}) }

// verifyNews is what the caller and his flow do meanwhile; it reports whether that was it.
func (a *Actor) verifyNews(m Message) bool {
	v := a.verifying
	if v == nil {
		return false
	}
	switch m := m.(type) {
	case FlowNews:
		a.verifyStep(m.Input)
		return true
	case LegNews:
		if d, ok := m.Event.(call.LegDigit); ok && m.Leg == a.caller.id {
			a.verifyStep(call.FlowDigit{Digit: d.Digit})
			return true
		}
	case SoundNews:
		if m.Leg != a.caller.id {
			return false
		}
		switch ev := m.Event.(type) {
		case call.SoundDigit:
			a.verifyStep(call.FlowDigit{Digit: ev.Digit})
			return true
		case call.SoundPlayed:
			if ev.Play == v.play && !ev.Cut {
				v.play = 0
				a.verifyStep(call.FlowPlayed{Token: v.token})
			}
			return true
		}
	}
	return false
}

func (a *Actor) verifyTimedOut() {
	tok := a.verifying.tok
	a.verifying.stopTimer()
	a.verifyStep(call.FlowTimedOut{Token: tok})
}

// verifyOver gives the caller back to the seat.
func (a *Actor) verifyOver(result call.VerifyResult, why string) {
	v := a.verifying
	a.dropVerify(result, why)
	a.deps.Player.Stop(v.seat.legID)
	a.deps.Player.Stop(a.caller.id)
	if v.seat.held || v.seat.parked { // he was on hold before
		a.music(v.seat.queue)
	}
	a.showHold(v.seat)
	a.recordVerify(false)
}

// dropVerify ends it. Recording and engines stay silent until recordVerify or verifyPassed.
func (a *Actor) dropVerify(result call.VerifyResult, why string) {
	v := a.verifying
	if v == nil {
		return
	}
	a.verifying = nil
	v.stopTimer()
	a.emit(call.VerifyEnded{Seat: v.seat.id, Flow: v.name, Result: result, Reason: why})
}
