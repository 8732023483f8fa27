package live

import (
	"go.uber.org/zap"

	"hotline/call"
)

// forwardsMost ends phones that forward to one another.
const forwardsMost = 5

// forwarded sends a call that a phone did not take to where its owner wants it (呼叫转移); false: nowhere. Calls that routing
// offers are none of these: they go to the next seat.
func (a *Actor) forwarded(s *seat, result call.OfferResult, diverted string) bool {
	next := a.instead(result, diverted)
	if next == "" {
		return false
	}
	to, err := a.deps.People.Find(next)
	if err == nil && to.Phone != "" && to.Phone == s.phone {
		err = call.Errorf(call.CodeConflict, "it forwards to itself")
	}
	if err != nil {
		a.deps.Log.Info("a call can't be forwarded", zap.String("call", string(a.ID())), zap.String("to", next), zap.Error(err))
		return false
	}
	a.forwards++
	words := nameSeat(s) + " forwards to " + next
	switch to.Kind {
	case call.ToAgent, call.ToPhone:
		a.ask(to, s.id, words)
	case call.ToQueue:
		a.forwardQueue(to)
	case call.ToNumber:
		a.forwardOut(s, to.Number, words)
	case call.ToNobody, call.ToCode:
		return false
	}
	return true
}

// instead is whom the one wants rung who was asked and did not take the call.
func (a *Actor) instead(result call.OfferResult, diverted string) string {
	in := a.askedTo.Instead
	switch {
	case in == nil || a.forwards >= forwardsMost:
		return ""
	case diverted != "" && in.Divert:
		return diverted
	case result == call.OfferDeclined:
		return in.Busy
	default:
		return in.NoAnswer
	}
}

// forwardQueue has the caller wait in a queue; a phone that calls is answered first, to hear the music.
func (a *Actor) forwardQueue(to call.Destination) {
	a.flow.stopTimer()
	if p := a.brief.Phone; p != nil && a.unaccepted {
		p.To = to
		a.callWhom()
		return
	}
	a.tellReferrer(200, "")
	a.toQueue(to.Queue)
}

// forwardOut calls an outside number, by the right of who forwards.
func (a *Actor) forwardOut(s *seat, number, words string) {
	o := &outside{number: number, xfer: true, forwarded: true, seat: s.id, phone: s.phone}
	c := Outcall{Trunk: a.brief.Incoming.Trunk}
	if p := a.brief.Phone; p != nil {
		c.Trunk = p.Trunk
	}
	a.enter(StageDialling)
	a.dial(o, c, ringTime, "", words)
}
