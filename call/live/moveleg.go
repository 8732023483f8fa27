package live

import "hotline/call"

// formerLeg is a leg that a seat has left for another: its place has been taken by an INVITE with Replaces (RFC 3891). It is kept
// until the far end has confirmed the new one (ACK): whoever breaks down before may name it once more.
type formerLeg struct {
	id  call.LegID
	now call.LegID // in whose place the seat talks since
	leg Leg
}

// ownPhone tells that a phone which wants a seat's leg is the seat's own: the same account once more, as of a page that was
// reloaded, or another phone of the agent's.
func ownPhone(s *seat, m TakenOver) bool {
	return m.Phone == s.phone || s.id != "" && (m.By == s.id || m.Phone == string(s.id))
}

// isOf tells that a leg is a seat's, or was until one came that is not confirmed yet.
func (a *Actor) isOf(s *seat, leg call.LegID) bool {
	if leg == s.legID {
		return true
	}
	for _, f := range a.former {
		if f.id == leg && f.now == s.legID {
			return true
		}
	}
	return false
}

// besides is who is in the conversation beside its two, as whom a seat asks or a supervisor, and asks for a leg of his own; nil: nobody.
func (a *Actor) besides(m TakenOver) *seat {
	if x := a.aside; x != nil && x.seat != nil && x.there && a.isOf(x.seat, m.Old) && ownPhone(x.seat, m) {
		return x.seat
	}
	for _, w := range a.watching {
		if w.ready && a.isOf(w.seat, m.Old) && ownPhone(w.seat, m) {
			return w.seat
		}
	}
	return nil
}

// moveLeg has a seat go on at another of the agent's phones, or at the same one by a new dialog: for the call it is the same
// seat. The recording goes on, and a hold that the new leg asks for is the hold there was.
func (a *Actor) moveLeg(s *seat, m TakenOver) error {
	old := *s
	s.legID, s.phone = m.Here.Incoming.Leg, m.Phone
	s.held = m.Here.Incoming.Offer != nil && !m.Here.Incoming.Offer.Direction.MaySend()
	s.plays[1] = 0 // what the old one was playing nobody hears to its end
	if err := a.letIn(s, m.Here); err != nil {
		*s = old
		return err
	}
	a.emit(call.SeatMoved{Seat: s.id, Phone: s.phone, Leg: s.legID, Old: old.legID})
	delete(a.seats, old.legID)
	a.leave(old, s.legID)
	a.flush()
	right := append([]call.LegID(nil), a.records.right...)
	for i := range right {
		if right[i] == old.legID {
			right[i] = s.legID
		}
	}
	a.recordRight(right...)
	a.goesOn(s)
	a.closeSound(old.legID)
	return nil
}

// goesOn has a seat's new leg hear what the old one heard.
func (a *Actor) goesOn(s *seat) {
	switch x := a.aside; {
	case s.state == seatAside:
	case s.state == seatAnnounced && s.plays[0] == 0:
		a.bridge(s)
		return
	case x != nil && !x.audible():
		a.deps.Player.Play(s.legID, []string{ringback}, true)
	case a.verifying != nil:
		a.musicAt(s)
	}
	a.showHold(s)
}

// leave keeps a seat's old leg until the new one is confirmed; what was kept for the old one is kept for the new.
func (a *Actor) leave(old seat, now call.LegID) {
	for i := range a.former {
		if a.former[i].now == old.legID {
			a.former[i].now = now
		}
	}
	if old.leg != nil {
		a.former = append(a.former, formerLeg{old.legID, now, old.leg})
	}
}

// confirmed ends the legs that one has taken the place of: it is confirmed, or over itself.
func (a *Actor) confirmed(leg call.LegID) {
	kept := a.former[:0]
	for _, f := range a.former {
		if f.now == leg {
			f.leg.End(call.CauseTransferred)
		} else {
			kept = append(kept, f)
		}
	}
	a.former = kept
}

// formerNews sees to the legs that seats have left, whatever stage the call is in.
func (a *Actor) formerNews(m Message) {
	if n, ok := m.(LegNews); ok && len(a.former) > 0 {
		switch n.Event.(type) {
		case call.LegAnswered, call.LegEnded:
			a.confirmed(n.Leg)
		}
	}
}

// formerOver ends them all: the call is over.
func (a *Actor) formerOver() {
	for _, f := range a.former {
		f.leg.End(call.CauseTransferred)
	}
	a.former = nil
}
