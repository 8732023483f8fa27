package app

import (
	"sync"

	"hotline/call"
)

// bells are the phones that ring now for a call that may be picked up (代答): routing's offers, callbacks among them, calls between
// people, and consultations; but none whose own agent has asked for the ring, as supervisors do. They follow the calls' events.
type bells struct {
	mu    sync.Mutex
	rung  uint64
	byLeg map[call.LegID]bell
}

// bell is one phone that rings.
type bell struct {
	call  call.ID
	seat  call.SeatID
	offer call.OfferID // empty: without routing's doing
	order uint64       // who rings longest first
}

func newBells() *bells {
	return &bells{byLeg: map[call.LegID]bell{}}
}

// apply takes an event of a call.
func (b *bells) apply(e call.Envelope) {
	switch ev := e.Event.(type) {
	case call.Offered:
		b.change(func() { b.ring(ev.Leg, bell{call: e.Call, seat: ev.Seat, offer: ev.Offer}) })
	case call.SeatCalled:
		if ev.By == "" || ev.By != ev.Seat {
			b.change(func() { b.ring(ev.Leg, bell{call: e.Call, seat: ev.Seat}) })
		}
	case call.OfferEnded:
		b.drop(func(_ call.LegID, o bell) bool { return o.offer == ev.Offer })
	case call.SeatCallEnded:
		b.drop(func(leg call.LegID, _ bell) bool { return leg == ev.Leg })
	case call.Ended:
		b.drop(func(_ call.LegID, o bell) bool { return o.call == e.Call })
	}
}

func (b *bells) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *bells) ring(leg call.LegID, one bell) {
	if one.seat != "" {
		b.rung++
		one.order = b.rung
		b.byLeg[leg] = one
	}
}

func (b *bells) drop(gone func(call.LegID, bell) bool) {
	b.change(func() {
		for leg, one := range b.byLeg {
			if gone(leg, one) {
				delete(b.byLeg, leg)
			}
		}
	})
}

// longest is the call that rings longest at a seat that fits; false: none does.
func (b *bells) longest(fits func(call.SeatID) bool) (found bell, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.byLeg {
		if fits(one.seat) && (!ok || one.order < found.order) {
			found, ok = one, true
		}
	}
	return found, ok
}
