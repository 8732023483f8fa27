package acd

import (
	"time"

	"hotline/call"
)

// CallbackView is a callback that is not over.
type CallbackView struct {
	ID       call.CallbackID    `json:"id"`
	State    call.CallbackState `json:"state"`
	Hold     CallbackHold       `json:"hold,omitempty"` // why it is not offered now
	Call     call.ID            `json:"call"`           // of the coming or present try
	Queue    string             `json:"queue"`
	Caller   call.Caller        `json:"caller"`
	Entry    time.Time          `json:"entry"`
	Priority int                `json:"priority"`
	// Place is its place among the queue's callers and callbacks, 1 being next; 0 while it is held back or has left.
	Place     int         `json:"place,omitempty"`
	NotBefore time.Time   `json:"not_before,omitzero"`
	Tries     int         `json:"tries"`
	Lost      bool        `json:"lost,omitempty"`
	Seat      call.SeatID `json:"seat,omitempty"` // offered, or on it; or who has taken it
}

func (e *Engine) viewCallbacks(v *View) {
	for _, c := range e.callbacks() {
		b := c.back
		w := CallbackView{
			ID: b.id, State: b.state, Call: c.id, Queue: c.q.Name, Caller: c.who, Entry: at(c.entry),
			Priority: c.priority, Tries: b.tries, Lost: b.lost, Seat: b.taken,
		}
		switch c.stage {
		case stageHeld:
			w.Hold = b.hold
		case stageWaiting:
			w.Place = c.placeInQueue()
		case stageRinging:
			w.Place, w.Seat = c.placeInQueue(), c.ringers[0].agent.ID
		case stageAway:
			if len(c.seats) > 0 {
				w.Seat = c.seats[0].agent.ID
			}
		}
		if b.notBefore > e.now {
			w.NotBefore = at(b.notBefore)
		}
		v.Callbacks = append(v.Callbacks, w)
	}
}

// whyBack says why a callback is not offered yet; empty: only for want of a seat.
func (e *Engine) whyBack(c *caller) string {
	switch c.back.hold {
	case HoldPaused:
		return "no callback is worked: the node is stopping"
	case HoldLater:
		return "not before " + e.left(c.back.notBefore) + " from now"
	case HoldQuiet:
		return "quiet hours: nobody is called now"
	case HoldStopped:
		return "a plan has stopped callbacks"
	case HoldPeak:
		return "callers wait, and as many seats as may be are on callbacks"
	case HoldNothing:
	}
	return ""
}
