package app

import (
	"strings"
	"time"

	"hotline/acd"
	"hotline/call"
	"hotline/store"
)

// placesCut are the places of the callers whom the end of the last run cut off
// while they waited. Nobody could ring again before now, so their time counts from here.
func placesCut(found store.Recovered, now time.Time) (places []acd.PlaceMemory) {
	for _, open := range found.Calls {
		if p, waited := placeCut(open.Events); waited && open.Record.Live() {
			p.Number, p.Call, p.Left = open.Record.Caller, open.Record.ID, now.UnixNano()
			places = append(places, p)
		}
	}
	return places
}

// placeCut is where a call stood by its events, if it waited in a queue at the end of
// them; of a journey through several queues the one that was asked for.
func placeCut(events []call.Envelope) (p acd.PlaceMemory, waits bool) {
	on := false // the journey goes on in another queue
	for _, e := range events {
		switch ev := e.Event.(type) {
		case call.Queued:
			if !on {
				p.Queue = ev.Queue
			}
			p.Entry, p.Priority, p.OwnPrio = ev.Entry.UnixNano(), ev.Priority, true
			waits, on = true, false
		case call.LeftQueue:
			waits, on = false, strings.HasPrefix(ev.To, "queue:")
		case call.OfferEnded:
			if ev.Result == call.OfferAnswered {
				waits, on = false, false
			}
		}
	}
	return p, waits
}

// withPlaces adds places to what is remembered, if anything is.
func withPlaces(m *acd.Memory, places []acd.PlaceMemory) *acd.Memory {
	if len(places) == 0 {
		return m
	}
	if m == nil {
		m = &acd.Memory{}
	}
	m.Places = append(m.Places, places...)
	return m
}
