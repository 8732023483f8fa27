package acd

// window adds up what happened within the last so long. Time is cut into slots
// counted from 1970, so that what is in the window depends on the clock alone; a
// slot is forgotten whole. What happened counts for between 59/60 of the length
// and the whole of it. Memory is fixed, whatever happens.
type window[T sums[T]] struct {
	asked int64 // the length, ns
	slot  int64 // ns
	since int64 // what happened before was not counted
	last  int64 // number of the newest slot
	slots []T   // nil: nothing was counted yet
	sum   T
}

// sums is what is added up.
type sums[T any] interface {
	comparable
	plus(T) T
	minus(T) T
}

// windowSlots is how finely a window is cut.
const windowSlots = 60

func newWindow[T sums[T]](length, now int64) *window[T] {
	slot := max(length/windowSlots, 1)
	return &window[T]{asked: length, slot: slot, since: now, last: now / slot}
}

// advance forgets what is too old at now.
func (w *window[T]) advance(now int64) {
	current := now / w.slot
	if current <= w.last {
		return
	}
	var none T
	if w.slots != nil && w.sum != none {
		for n := w.last + 1; n <= min(current, w.last+windowSlots); n++ {
			i := n % windowSlots
			w.sum = w.sum.minus(w.slots[i])
			w.slots[i] = none
		}
	}
	w.last = current
}

// add counts what happens now.
func (w *window[T]) add(now int64, what T) {
	w.advance(now)
	if w.slots == nil {
		w.slots = make([]T, windowSlots)
	}
	i := w.last % windowSlots
	w.slots[i], w.sum = w.slots[i].plus(what), w.sum.plus(what)
}

// total is what is in the window at now.
func (w *window[T]) total(now int64) T {
	w.advance(now)
	return w.sum
}

// next is when something is forgotten next; 0: there is nothing.
func (w *window[T]) next() int64 {
	var none T
	if w.slots == nil || w.sum == none {
		return 0
	}
	for n := w.last - windowSlots + 1; n <= w.last; n++ {
		if n >= 0 && w.slots[n%windowSlots] != none {
			return (n + windowSlots) * w.slot
		}
	}
	return 0
}

// covered is how long the window has counted at now, at most its length.
func (w *window[T]) covered(now int64) int64 {
	return min(now-w.since, w.slot*(windowSlots-1)+now%w.slot)
}

type frozenWindow[T any] struct {
	Length int64           `json:"length"`
	Since  int64           `json:"since"`
	Slots  []frozenSlot[T] `json:"slots,omitempty"`
}

type frozenSlot[T any] struct {
	Number int64 `json:"number"`
	Counts T     `json:"counts"`
}

func (w *window[T]) freeze(now int64) frozenWindow[T] {
	w.advance(now)
	f := frozenWindow[T]{Length: w.asked, Since: w.since}
	var none T
	for n := w.last - windowSlots + 1; n <= w.last && w.slots != nil; n++ {
		if n >= 0 && w.slots[n%windowSlots] != none {
			f.Slots = append(f.Slots, frozenSlot[T]{n, w.slots[n%windowSlots]})
		}
	}
	return f
}

// thawWindow reports false for slots that can't be in such a window at now.
func thawWindow[T sums[T]](f frozenWindow[T], now int64) (*window[T], bool) {
	w := newWindow[T](f.Length, now)
	w.since = f.Since
	for _, s := range f.Slots {
		if s.Number < 0 || s.Number > w.last || s.Number <= w.last-windowSlots {
			return nil, false
		}
		if w.slots == nil {
			w.slots = make([]T, windowSlots)
		}
		i := s.Number % windowSlots
		w.slots[i], w.sum = w.slots[i].plus(s.Counts), w.sum.plus(s.Counts)
	}
	return w, true
}

// upTo leaves out what is too old at now, and what a clock that was set back makes lie in the future.
func (f frozenWindow[T]) upTo(now int64) frozenWindow[T] {
	last := now / max(f.Length/windowSlots, 1)
	out := frozenWindow[T]{Length: f.Length, Since: min(f.Since, now)}
	for _, s := range f.Slots {
		if s.Number >= 0 && s.Number <= last && s.Number > last-windowSlots {
			out.Slots = append(out.Slots, s)
		}
	}
	return out
}
