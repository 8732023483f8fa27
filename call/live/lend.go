package live

import (
	"slices"

	"go.uber.org/zap"

	"hotline/call"
)

// Borrow asks a shift for its line. Lent answers.
type Borrow struct{ By call.ID }

// Lent is a shift's line for the call, which gives it back by Returned; without a gift the call does not get it.
type Lent struct {
	Shift call.ID
	Gift  *Gift
}

// Returned gives the line back to its shift; without a gift there is none any more, and the shift is over, as Words say.
type Returned struct {
	Gift  *Gift
	Words string
}

// ShiftEnd ends a shift.
type ShiftEnd struct{ Words string }

func (Borrow) message()   {}
func (Lent) message()     {}
func (Returned) message() {}
func (ShiftEnd) message() {}

// borrow has a supervisor come into the call who is on the line already.
func (a *Actor) borrow(m Supervise) error {
	if !a.deps.Exchange.Tell(m.Shift, Borrow{By: a.ID()}) {
		return call.Errorf(call.CodeConflict, "%s follows nobody any more", m.By)
	}
	a.watching = append(a.watching, &watcher{
		seat: &seat{direct: true, aside: true, id: m.By, phone: m.Phone, queue: a.wait.queue}, mode: m.Mode, of: m.Of, follow: true, shift: m.Shift,
	})
	return nil
}

// lent takes the line. Adopt tells its answer again, or its end, and so the supervisor is there.
func (a *Actor) lent(m Lent) {
	i := slices.IndexFunc(a.watching, func(w *watcher) bool { return w.shift == m.Shift && w.seat.legID == "" })
	switch {
	case i < 0 && m.Gift != nil: // the agent was gone again first
		a.sendBack(m.Shift, Returned{Gift: m.Gift})
	case i < 0:
	case m.Gift == nil:
		a.deps.Log.Info("a supervisor who follows an agent is not in the call", zap.String("supervisor", string(a.watching[i].seat.id)))
		a.watching = slices.Delete(a.watching, i, i+1)
	default:
		w, g := a.watching[i], m.Gift
		w.seat.legID, w.seat.leg, w.seat.phone = g.ID, g.Leg, g.Phone
		a.seats[g.ID] = w.seat
		a.emit(call.SeatCalled{
			Leg: g.ID, Seat: g.Seat, Phone: g.Phone, By: g.Seat, Aside: true,
			Reason: w.mode.String() + " of agent " + string(w.of) + ", on the line since before",
		})
		a.flush()
		a.engage(g.Seat)
		a.deps.Exchange.Land(g.ID, g.Leg, g.sound, true)
	}
}

// restore gives a supervisor's line back to his shift, or tells it that there is none any more.
func (a *Actor) restore(w *watcher) {
	a.flush()
	a.handedOver(w.seat.legID)
	if w.gone {
		a.drop(w.seat, call.CauseNormal)
		a.sendBack(w.shift, Returned{Words: "hung up"})
		return
	}
	delete(a.seats, w.seat.legID)
	g := &Gift{From: a.ID(), ID: w.seat.legID, Leg: w.seat.leg, Seat: w.seat.id, Phone: w.seat.phone}
	a.deps.Exchange.Lift(g.ID, func(sound any) {
		g.sound = sound
		a.sendBack(w.shift, Returned{Gift: g})
	})
}

// sendBack may be called from any goroutine. A line whose shift is over is hung up.
func (a *Actor) sendBack(shift call.ID, r Returned) {
	if !a.deps.Exchange.Tell(shift, r) {
		r.Gift.letGo(a.deps.Exchange, call.CauseNormal)
	}
}
