package app

import (
	"go.uber.org/zap"

	"hotline/call/live"
	"hotline/media"
)

// Arrange lets two who hear each other be bridged, packet for packet; anything else is mixed.
func (m *callMedia) Arrange(hears []live.Hearing) {
	if a, b := m.legsOfPair(hears); a != nil {
		m.emptyRoom()
		a.Bridge(b)
		m.pair = a
		return
	}
	members := m.members(hears)
	if m.pair != nil && len(members) == 0 {
		m.pair.Unbridge()
	}
	m.pair = nil
	if len(members) == 0 {
		m.emptyRoom()
		return
	}
	if m.room == nil {
		m.room = m.app.media.NewConference(m.id)
	}
	if err := m.room.Arrange(members...); err != nil {
		m.app.log.Error("a conference can't be arranged", zap.String("call", string(m.id)), zap.Error(err))
	}
}

func (m *callMedia) emptyRoom() {
	if m.room != nil {
		_ = m.room.Arrange() // of nobody: there is nothing it could refuse
		m.room = nil
	}
}

// legsOfPair are the two of an arrangement in which nobody else is and each hears the other.
func (m *callMedia) legsOfPair(hears []live.Hearing) (a, b *media.Leg) {
	if len(hears) != 2 || len(hears[0].From) != 1 || len(hears[1].From) != 1 ||
		hears[0].From[0] != hears[1].Leg || hears[1].From[0] != hears[0].Leg {
		return nil, nil
	}
	a, b = m.legs[hears[0].Leg], m.legs[hears[1].Leg]
	if a == nil || b == nil {
		return nil, nil
	}
	return a, b
}

// members are the legs of an arrangement that there are.
func (m *callMedia) members(hears []live.Hearing) (out []media.Member) {
	for _, h := range hears {
		leg := m.legs[h.Leg]
		if leg == nil {
			continue
		}
		one := media.Member{Leg: leg}
		for _, from := range h.From {
			if l := m.legs[from]; l != nil {
				one.Hears = append(one.Hears, l)
			}
		}
		out = append(out, one)
	}
	return out
}
