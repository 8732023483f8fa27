package live

import "hotline/call"

// measured is whom the call's sounds lead to, from a leg's first description until its end has been told:
// of a leg without a description nothing is filed.
type measured struct {
	of      map[call.LegID]call.SoundMeasured
	closing map[call.LegID]struct{} // given up; call.SoundEnded is on its way
	presses map[call.LegID]*call.Presses
}

// heardOf notes whom a leg leads to, once: roles may change later.
func (a *Actor) heardOf(leg call.LegID) {
	if _, known := a.measured.of[leg]; known {
		return
	}
	if a.measured.of == nil {
		a.measured.of = map[call.LegID]call.SoundMeasured{}
	}
	a.measured.of[leg] = a.whose(leg)
}

func (a *Actor) whose(leg call.LegID) call.SoundMeasured {
	who := call.SoundMeasured{Leg: leg}
	o := a.out
	if x := a.aside; x != nil && x.out != nil && x.out.legID == leg {
		o = x.out
	}
	switch s := a.seats[leg]; {
	case s != nil:
		who.Party, who.Seat, who.Phone = call.SoundAgent, s.id, s.phone
		if w := a.watcherBy(s.id); w != nil && w.seat == s {
			who.Party = call.SoundSupervisor
		}
	case o != nil && o.legID == leg:
		who.Party, who.Number = call.SoundOutside, o.number
	case a.brief.Phone != nil && leg == a.caller.id && a.caller.phone != "":
		who.Party, who.Seat, who.Phone = call.SoundAgent, a.caller.seat, a.caller.phone
	}
	return who
}

// closeSound gives a leg's ports back.
func (a *Actor) closeSound(leg call.LegID) {
	if !a.deps.Media.Close(leg) {
		return
	}
	if _, known := a.measured.of[leg]; !known {
		return
	}
	if a.measured.closing == nil {
		a.measured.closing = map[call.LegID]struct{}{}
	}
	a.measured.closing[leg] = struct{}{}
}

// handedOver forgets a leg that goes into another call, where its end will be told.
func (a *Actor) handedOver(leg call.LegID) { delete(a.measured.of, leg) }

// soundEnded files what a leg's sound was like; false if the message is another.
func (a *Actor) soundEnded(m SoundNews) bool {
	ev, ok := m.Event.(call.SoundEnded)
	if !ok {
		return false
	}
	if who, known := a.measured.of[m.Leg]; known {
		who.SoundQuality = ev.SoundQuality
		a.emit(who)
	}
	delete(a.measured.of, m.Leg)
	delete(a.measured.closing, m.Leg)
	return true
}
