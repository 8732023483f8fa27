package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// Visit is a call that we make to ask a customer how it was (回访): he is dialled, and from his answer on the flow
// talks to him. There is no seat in it.
type Visit struct {
	Survey string  // its name
	Origin call.ID // the call it asks about; empty: none
	Trunk  string  // asked for first
	Shown  call.Shown
	Ring   time.Duration // how long the customer's phone may ring
}

// beginVisit makes the record and dials the customer.
func (a *Actor) beginVisit() {
	v, in := a.brief.Visit, a.brief.Incoming
	a.emitAt(in.Received, call.Entered{
		Trunk: v.Trunk, Caller: a.brief.Caller, Called: v.Shown.Number, Flow: a.brief.Flow, Revision: a.brief.Revision,
		Origin: v.Origin, Survey: v.Survey, Direction: call.Outbound,
	})
	if a.brief.Language != "" {
		a.speak(a.brief.Language)
	}
	a.caller = party{id: a.deps.IDs.Leg()}
	a.enter(StageCalling)
	a.emit(call.CustomerDialled{Leg: a.caller.id, Number: a.brief.Caller.Number, Shown: v.Shown.Number, Trunk: v.Trunk})
	a.flush()
	leg, trunk, err := a.deps.Lines.Dial(Outcall{
		Call: a.ID(), Leg: a.caller.id, Number: a.brief.Caller.Number, Trunk: v.Trunk, Shown: v.Shown,
	})
	if err != nil {
		a.deps.Log.Warn("a customer could not be rung for a survey", zap.String("call", string(a.ID())), zap.Error(err))
		a.visitOver(call.DialFailed, 0, err.Error())
		return
	}
	a.deps.Leg, a.trunk = leg, trunk
	a.flow.timer = time.NewTimer(v.Ring)
}

// inVisit waits for the customer.
func (a *Actor) inVisit(news LegNews) {
	if news.Leg != a.caller.id {
		return
	}
	switch ev := news.Event.(type) {
	case call.LegRinging:
		if !a.rang {
			a.rang = true
			a.emit(call.CustomerRinging{})
		}
	case call.LegEarly:
		a.negotiated(a.caller.id, ev.Media)
	case call.LegAnswered:
		a.visited(ev.Media)
	case call.LegFailed:
		a.visitOver(ev.Dial, ev.Status, ev.Words)
	case call.LegEnded:
		a.visitOver(call.DialFailed, 0, "the line was lost")
	}
}

// visited begins the questions.
func (a *Actor) visited(media *call.MediaSpec) {
	a.flow.stopTimer()
	a.reached = true
	if media != nil {
		a.negotiated(a.caller.id, *media)
	}
	a.emit(call.CustomerAnswered{Result: call.DialAnswered, Trunk: a.trunk})
	a.flush()
	a.enter(StageFlow)
	a.step(call.FlowStarted{})
}

// visitOver is a customer who was not reached.
func (a *Actor) visitOver(result call.DialResult, status int, words string) {
	a.customerOver(result, status, words)
	a.enter(StageClosing) // nobody is dialled any more
	a.end(ending{by: call.PartySystem, cause: causeOfDial(result), words: words, legGone: true})
}
