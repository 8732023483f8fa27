package live

import "hotline/call"

// sounds is whom the call's sounds lead to, from a leg's first description until its end has been told:
// of a leg without a description nothing is filed.
type sounds struct {
	of      map[call.LegID]call.SoundMeasured
	closing map[call.LegID]struct{} // given up; call.SoundEnded is on its way
}

// heardOf notes whom a leg leads to, once: roles may change later.
func (a *Actor) heardOf(leg call.LegID) {
	if _, known := a.sounds.of[leg]; known {
		return
	}
	if a.sounds.of == nil {
		a.sounds.of = map[call.LegID]call.SoundMeasured{}
	}
	a.sounds.of[leg] = a.whose(leg)
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
	if _, known := a.sounds.of[leg]; !known {
		return
	}
	if a.sounds.closing == nil {
		a.sounds.closing = map[call.LegID]struct{}{}
	}
	a.sounds.closing[leg] = struct{}{}
}

// handedOver forgets a leg that goes into another call, where its end will be told.
func (a *Actor) handedOver(leg call.LegID) { delete(a.sounds.of, leg) }

// soundEnded files what a leg's sound was like; false if the message is another.
func (a *Actor) soundEnded(m SoundNews) bool {
	ev, ok := m.Event.(call.SoundEnded)
	if !ok {
		return false
	}
	if who, known := a.sounds.of[m.Leg]; known {
		who.SoundQuality = ev.SoundQuality
		a.emit(who)
	}
	delete(a.sounds.of, m.Leg)
	delete(a.sounds.closing, m.Leg)
	return true
}
