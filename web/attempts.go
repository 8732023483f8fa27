package web

import (
	"hash/maphash"
	"sync"
	"time"
)

// Bounds of log-in attempts: wrong passwords within attemptSpan before there is
// a wait. One user from one source is stopped soon; a whole floor behind one
// address, or one user attacked from many, later.
const (
	attemptSpan      = time.Minute
	mostOfPair       = 8
	mostOfUser       = 30
	mostOfSource     = 60
	attemptSlots     = 1 << 14
	attemptSlotsMask = attemptSlots - 1
)

// attempts counts wrong passwords. The slots are fixed in number: keys share
// them by a hash whose seed nobody outside knows, so no flood of made-up users
// grows the table or pushes a key out of it. Sharing only makes it stricter.
type attempts struct {
	now   func() time.Time
	seed  maphash.Seed
	mu    sync.Mutex
	slots []attemptSlot
}

type attemptSlot struct {
	count int
	ends  time.Time // of the span that began with the first
}

// limit is how many wrong passwords a key may have within the span.
type limit struct {
	key  string
	most int
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, seed: maphash.MakeSeed(), slots: make([]attemptSlot, attemptSlots)}
}

// loginLimits are the keys an attempt counts against.
func loginLimits(user, source string) []limit {
	from := neighbourhood(source)
	return []limit{{"pair\x00" + user + "\x00" + from, mostOfPair}, {"user\x00" + user, mostOfUser}, {"source\x00" + from, mostOfSource}}
}

// begin counts an attempt before it is judged, so that a hundred at once are no
// more than a hundred in a row. A wait above 0 means: not now, and not counted.
func (a *attempts) begin(limits []limit) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, wait := a.now(), time.Duration(0)
	for _, l := range limits {
		if s := a.slot(l, now); s.count >= l.most {
			wait = max(wait, s.ends.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, l := range limits {
		a.slot(l, now).count++
	}
	return 0
}

// forgive takes an attempt back whose password was right.
func (a *attempts) forgive(limits []limit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range limits {
		if s := a.slot(l, a.now()); s.count > 0 {
			s.count--
		}
	}
}

// slot is a key's slot, with a new span if the last is over.
func (a *attempts) slot(l limit, now time.Time) *attemptSlot {
	s := &a.slots[maphash.String(a.seed, l.key)&attemptSlotsMask]
	if !now.Before(s.ends) {
		*s = attemptSlot{ends: now.Add(attemptSpan)}
	}
	return s
}
