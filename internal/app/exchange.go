package app

import (
	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/call/live"
	"hotline/media"
	"hotline/sip"
)

// parcel is a leg's sound on its way from one call to another, and what it holds of trunks and limits.
type parcel struct {
	leg    *media.Leg
	trunk  string // whose line it has; empty: none
	ticket *dialling.Ticket
}

// Tell delivers a message to another call, or to a shift.
func (m *callMedia) Tell(id call.ID, msg live.Message) bool {
	if s := m.app.shifts.get(id); s != nil {
		return s.Tell(msg)
	}
	a := m.app.calls.get(id)
	return a != nil && a.Tell(msg)
}

// Lift takes a leg's sound out of the call.
func (m *callMedia) Lift(id call.LegID, done func(sound any)) {
	p := &parcel{leg: m.legs[id]}
	if trunk, dialled := m.lines[id]; dialled {
		p.trunk = trunk
		delete(m.lines, id)
	}
	if ticket, counted := m.tickets[id]; counted {
		p.ticket = &ticket
		delete(m.tickets, id)
	}
	delete(m.legs, id)
	if m.pair == p.leg {
		m.pair = nil
	}
	if p.leg == nil {
		done(p)
		return
	}
	p.leg.Lift(func() { done(p) })
}

// Land takes a leg into the call, and its sound.
func (m *callMedia) Land(id call.LegID, leg live.Leg, sound any, rings bool) {
	p, ok := sound.(*parcel)
	if !ok || p.leg == nil {
		m.app.log.Error("a leg came into a call without its sound", zap.String("call", string(m.id)), zap.String("leg", string(id)))
		return
	}
	m.app.media.Land(p.leg, m.id, m.owner())
	m.legs[id] = p.leg
	if p.trunk != "" {
		m.lines[id] = p.trunk
	}
	if p.ticket != nil {
		m.tickets[id] = *p.ticket
	}
	if l, ok := leg.(*sip.Leg); ok {
		l.Adopt(m.id, m.owner(), rings)
	}
}

// Drop gives back a sound that nobody takes. It may be called from any goroutine.
func (m *callMedia) Drop(sound any) {
	p, ok := sound.(*parcel)
	if !ok {
		return
	}
	if p.trunk != "" {
		m.app.calls.hangLine(p.trunk)
	}
	if p.ticket != nil {
		m.app.dialled.end(*p.ticket)
	}
	if p.leg != nil {
		p.leg.Close()
	}
}
