package acd

import "hotline/call"

// frozenBack is what a snapshot has of a callback.
type frozenBack struct {
	ID        call.CallbackID    `json:"id"`
	State     call.CallbackState `json:"state"`
	Tries     int                `json:"tries,omitempty"`
	NotBefore int64              `json:"not_before,omitempty"`
	Lost      bool               `json:"lost,omitempty"`
	Taken     call.SeatID        `json:"taken,omitempty"`
	Hold      CallbackHold       `json:"hold,omitempty"`
	Engaged   bool               `json:"engaged,omitempty"`
}

// queued tells whether the call's queue matters still: it is in it, or counts in it as a callback.
func (c *caller) queued() bool { return c.stage != stageAway || c.back != nil }

func (b *callback) freeze() *frozenBack {
	return &frozenBack{
		ID: b.id, State: b.state, Tries: b.tries, NotBefore: b.notBefore, Lost: b.lost, Taken: b.taken, Hold: b.hold, Engaged: b.engaged,
	}
}

// thawBack makes a call the callback it was, if it was one, and reports whether it can be.
func (e *Engine) thawBack(c *caller, f *frozenBack) bool {
	if f == nil {
		return c.stage != stageHeld
	}
	c.back = &callback{
		id: f.ID, state: f.State, tries: f.Tries, notBefore: f.NotBefore, lost: f.Lost, taken: f.Taken, hold: f.Hold, engaged: f.Engaged,
	}
	if c.q == nil || f.State > call.CallbackReturned || f.Hold > HoldPeak || f.Engaged && c.stage != stageRinging && c.stage != stageAway {
		return false
	}
	if f.Engaged {
		c.q.back.engaged++
	}
	if f.State.Over() {
		return c.stage == stageAway
	}
	if e.backs[f.ID] != nil || e.byNumber[c.who.Number] != nil || !call.Dialable(c.who.Number) {
		return false
	}
	e.backs[f.ID], e.byNumber[c.who.Number] = c, c
	switch f.State {
	case call.CallbackWaiting:
		return c.stage == stageWaiting || c.stage == stageHeld
	case call.CallbackRinging:
		return c.stage == stageRinging
	default:
		return c.stage == stageAway
	}
}

// reinsertBack puts a callback where the rules in force now want it; whether it is
// held back is looked at afterwards (refreshBacks).
func (e *Engine) reinsertBack(c *caller) {
	c.pos, c.knot = 0, knot{}
	c.reorder()
	c.set = e.demandFor(c.q, c.skills)
	c.set.calls++
	c.level = c.q.levelAfter(e.now - c.joined)
	if c.stage == stageHeld {
		e.disarm(&c.timer)
		if _, next := e.heldBack(c); next != 0 {
			e.arm(&c.timer, next)
		}
		return
	}
	e.linedUp(c, true)
	e.poolAgain(c)
	e.armCall(c)
}

// refreshBacks looks at all callbacks again, by new rules.
func (e *Engine) refreshBacks() {
	for i := range e.rules.Queues {
		e.gateMoved(e.queues[e.rules.Queues[i].Name])
	}
	e.regate()
	e.placeAll()
}
