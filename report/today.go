package report

import (
	"time"

	"hotline/call"
)

// DefaultTarget is the service-level target of a queue that was not set.
const DefaultTarget = 30 * time.Second

// forgetAfter bounds what is kept of a call whose end was never seen.
const forgetAfter = 24 * time.Hour

// Today counts what has become of the calls that entered each queue since local
// midnight. A call belongs to the day on which it first entered a queue, so
// that no rate passes 100 %. Its wait runs from then, as in the call record. A call that overflows counts as
// overflowed in the first queue and as whatever it comes to in the next.
// It is not safe for concurrent use.
type Today struct {
	counter
	zone     *time.Location
	midnight time.Time // that began the day counted
	queues   map[string]*Figures
}

// NewToday begins counting. A caller who leaves a queue before shortAbandon is
// counted apart; 0 stands for call.DefaultShortAbandon.
func NewToday(zone *time.Location, shortAbandon time.Duration) *Today {
	t := &Today{counter: newCounter(shortAbandon), zone: zone, queues: map[string]*Figures{}}
	t.place = t.placeToday
	return t
}

// Apply takes an event of any call. Repeats are ignored. Calls may come one
// after another, as out of a store, or mixed, as they happen.
func (t *Today) Apply(e call.Envelope) {
	t.advance(e.At)
	t.apply(e)
}

// Queue gives a queue's figures as of now; all zero for one without calls today.
func (t *Today) Queue(name string, now time.Time) Figures {
	t.advance(now)
	if f := t.queues[name]; f != nil {
		return *f
	}
	return Figures{}
}

// advance begins a new day when its midnight has passed.
func (t *Today) advance(now time.Time) {
	if now.Before(t.midnight.AddDate(0, 0, 1)) {
		return
	}
	y, m, d := now.In(t.zone).Date()
	t.midnight = time.Date(y, m, d, 0, 0, 0, 0, t.zone)
	clear(t.queues)
	for id, w := range t.calls {
		if now.Sub(w.since) > forgetAfter {
			delete(t.calls, id)
		}
	}
}

// placeToday is a queue's figures, for calls of this day.
func (t *Today) placeToday(w *waiting, queue string) *Figures {
	if w.since.Before(t.midnight) {
		return nil
	}
	f := t.queues[queue]
	if f == nil {
		f = &Figures{}
		t.queues[queue] = f
	}
	return f
}
