package simulate

import "hotline/call"

// todo is what the world has in store.
type todo uint8

// In this order things of one instant happen: who comes to work is there before a call is.
const (
	todoShiftStarts todo = iota
	todoBreakEnds
	todoPickUp
	todoConnected
	todoHangUp
	todoGiveUp
	todoBreakStarts
	todoShiftEnds
	todoBackAtDesk
)

// entry is one thing to come.
type entry struct {
	at    int64 // ns since 1970
	what  todo
	seq   uint64 // first come, first served
	call  int    // whose
	seat  *seat  // or whose
	offer call.OfferID
}

func (e *entry) before(o *entry) bool {
	switch {
	case e.at != o.at:
		return e.at < o.at
	case e.what != o.what:
		return e.what < o.what
	}
	return e.seq < o.seq
}

// agenda is a heap of what is to come, soonest first.
type agenda struct {
	items []entry
	made  uint64
}

// soonest is when the next thing happens.
func (a *agenda) soonest() (int64, bool) {
	if len(a.items) == 0 {
		return 0, false
	}
	return a.items[0].at, true
}

func (a *agenda) add(e entry) {
	a.made++
	e.seq = a.made
	a.items = append(a.items, e)
	for i := len(a.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.items[i].before(&a.items[up]) {
			return
		}
		a.items[i], a.items[up] = a.items[up], a.items[i]
		i = up
	}
}

// next takes the soonest.
func (a *agenda) next() entry {
	first, last := a.items[0], len(a.items)-1
	a.items[0] = a.items[last]
	a.items[last] = entry{} // lets go of the words in it
	a.items = a.items[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < last && a.items[down+1].before(&a.items[down]) {
			down++
		}
		if down >= last || !a.items[down].before(&a.items[i]) {
			return first
		}
		a.items[i], a.items[down] = a.items[down], a.items[i]
		i = down
	}
}
