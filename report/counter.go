package report

import (
	"time"

	"hotline/call"
)

// counter follows calls from their first queue entry to their end and counts
// what becomes of them. Where a call counts is its owner's business.
type counter struct {
	shortAbandon time.Duration
	targets      map[string]time.Duration
	calls        map[call.ID]*waiting
	// place gives the figures a call counts in; nil: in none.
	place func(w *waiting, queue string) *Figures
}

func newCounter(shortAbandon time.Duration) counter {
	if shortAbandon == 0 {
		shortAbandon = call.DefaultShortAbandon
	}
	return counter{shortAbandon: shortAbandon, targets: map[string]time.Duration{}, calls: map[call.ID]*waiting{}}
}

// waiting is a call from its first queue entry to its end.
type waiting struct {
	since    time.Time // first queue entry
	queue    string    // waits there; empty if it does not
	answered bool
	ours     bool // one of us called: it is in no figure of the hotline
	seq      uint64
}

// SetTarget sets a queue's service-level target for answers from now on.
func (t *counter) SetTarget(queue string, target time.Duration) { t.targets[queue] = target }

// apply takes an event of any call. Repeats are ignored. Calls may come one
// after another, as out of a store, or mixed, as they happen.
func (t *counter) apply(e call.Envelope) {
	w := t.calls[e.Call]
	if w != nil {
		if e.Seq <= w.seq {
			return
		}
		w.seq = e.Seq
	}
	switch v := e.Event.(type) {
	case call.Entered:
		if v.Direction != call.Inbound {
			t.calls[e.Call] = &waiting{ours: true, seq: e.Seq}
		}
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

func (t *counter) queued(e call.Envelope, w *waiting, queue string) {
	if w == nil {
		w = &waiting{since: e.At, seq: e.Seq}
		t.calls[e.Call] = w
	}
	w.queue = queue
}

// leftQueue ends a wait. A call turned away at entry was never Queued.
func (t *counter) leftQueue(e call.Envelope, w *waiting, v call.LeftQueue) {
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
func (t *counter) answered(w *waiting, queue string, at time.Time) {
	w.queue = ""
	f := t.figures(w, queue)
	if f == nil {
		return
	}
	w.answered = true
	f.CountAnswer(max(0, at.Sub(w.since)), t.target(queue))
}

func (t *counter) abandoned(w *waiting, at time.Time) {
	queue := w.queue
	w.queue = ""
	f := t.figures(w, queue)
	if f == nil {
		return
	}
	f.CountAbandon(at.Sub(w.since), t.target(queue), t.shortAbandon)
}

func (t *counter) ended(e call.Envelope, w *waiting, v call.Ended) {
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
// queue, has been answered before, or is one of ours.
func (t *counter) figures(w *waiting, queue string) *Figures {
	if queue == "" || w.answered || w.ours {
		return nil
	}
	return t.place(w, queue)
}

func (t *counter) target(queue string) time.Duration {
	if target, set := t.targets[queue]; set {
		return target
	}
	return DefaultTarget
}
