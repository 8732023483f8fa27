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
	zone         *time.Location
	shortAbandon time.Duration
	targets      map[string]time.Duration

	midnight time.Time // that began the day counted
	queues   map[string]*Figures
	calls    map[call.ID]*waiting
}

// waiting is a call from its first queue entry to its end.
type waiting struct {
	since    time.Time // first queue entry
	queue    string    // waits there; empty if it does not
	answered bool
	seq      uint64
}

// NewToday begins counting. A caller who leaves a queue before shortAbandon is
// counted apart; 0 stands for call.DefaultShortAbandon.
func NewToday(zone *time.Location, shortAbandon time.Duration) *Today {
	if shortAbandon == 0 {
		shortAbandon = call.DefaultShortAbandon
	}
	return &Today{
		zone: zone, shortAbandon: shortAbandon,
		targets: map[string]time.Duration{}, queues: map[string]*Figures{}, calls: map[call.ID]*waiting{},
	}
}

// SetTarget sets a queue's service-level target for answers from now on.
func (t *Today) SetTarget(queue string, target time.Duration) { t.targets[queue] = target }

// Apply takes an event of any call. Repeats are ignored. Calls may come one
// after another, as out of a store, or mixed, as they happen.
func (t *Today) Apply(e call.Envelope) {
	t.advance(e.At)
	w := t.calls[e.Call]
	if w != nil {
		if e.Seq <= w.seq {
			return
		}
		w.seq = e.Seq
	}
	switch v := e.Event.(type) {
	case call.Queued:
		t.queued(e, w, v.Queue)
	case call.LeftQueue:
		t.leftQueue(e, w, v)
	case call.OfferEnded:
		if v.Result == call.OfferAnswered && w != nil {
			t.answered(w, v.Queue, e.At)
		}
	case call.Ended:
		t.ended(e, w, v)
	}
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

func (t *Today) queued(e call.Envelope, w *waiting, queue string) {
	if w == nil {
		w = &waiting{since: e.At, seq: e.Seq}
		t.calls[e.Call] = w
	}
	w.queue = queue
}

// leftQueue ends a wait. A call turned away at entry was never Queued.
func (t *Today) leftQueue(e call.Envelope, w *waiting, v call.LeftQueue) {
	if w == nil {
		w = &waiting{since: e.At, seq: e.Seq}
		t.calls[e.Call] = w
	}
	if v.Rule == "caller_left" {
		t.abandoned(w, e.At)
		return
	}
	w.queue = ""
	if f := t.figures(w, v.Queue); f != nil {
		f.Overflowed++
	}
}

// answered counts a call once, however many seats have a part in it.
func (t *Today) answered(w *waiting, queue string, at time.Time) {
	w.queue = ""
	f := t.figures(w, queue)
	if f == nil {
		return
	}
	w.answered = true
	f.CountAnswer(max(0, at.Sub(w.since)), t.target(queue))
}

func (t *Today) abandoned(w *waiting, at time.Time) {
	queue := w.queue
	w.queue = ""
	f := t.figures(w, queue)
	if f == nil {
		return
	}
	f.CountAbandon(at.Sub(w.since), t.target(queue), t.shortAbandon)
}

func (t *Today) ended(e call.Envelope, w *waiting, v call.Ended) {
	if w == nil {
		return
	}
	delete(t.calls, e.Call)
	if !v.Interrupted {
		t.abandoned(w, e.At)
		return
	}
	if f := t.figures(w, w.queue); f != nil {
		f.Interrupted++
	}
}

// figures gives where a call counts: nil if nowhere, since it waits in no
// queue, belongs to another day, or has been answered before.
func (t *Today) figures(w *waiting, queue string) *Figures {
	if queue == "" || w.answered || w.since.Before(t.midnight) {
		return nil
	}
	f := t.queues[queue]
	if f == nil {
		f = &Figures{}
		t.queues[queue] = f
	}
	return f
}

func (t *Today) target(queue string) time.Duration {
	if target, set := t.targets[queue]; set {
		return target
	}
	return DefaultTarget
}
