package media

import (
	"sync/atomic"

	"hotline/call"
)

// command is what the program asks of a thread. Commands are applied in the
// order in which they were posted, between two looks at the sockets.
type command interface{ apply(*thread) }

// mailbox takes commands from any goroutine without a lock. It is bounded by
// admission: Open is refused while more than mailMost commands wait, and a leg
// that is open is sent only a few.
type mailbox struct {
	newest atomic.Pointer[letter]
	count  atomic.Int64
}

type letter struct {
	command
	older *letter
}

const mailMost = 1 << 16

// post adds a command; false if the mailbox is closed.
func (m *mailbox) post(c command) bool {
	l := &letter{command: c}
	for {
		l.older = m.newest.Load()
		if l.older != nil && l.older.command == nil {
			return false
		}
		if m.newest.CompareAndSwap(l.older, l) {
			m.count.Add(1)
			return true
		}
	}
}

func (m *mailbox) empty() bool { return m.newest.Load() == nil }

func (m *mailbox) full() bool { return m.count.Load() > mailMost }

// take empties the mailbox, the oldest command first.
func (m *mailbox) take(next *letter) *letter {
	newest := m.newest.Swap(next)
	var oldest *letter
	for n := int64(0); newest != nil; n++ {
		older := newest.older
		newest.older = oldest
		oldest, newest = newest, older
		m.count.Add(-1)
	}
	return oldest
}

// close empties the mailbox for the last time; later posts fail.
func (m *mailbox) close() *letter { return m.take(&letter{}) }

// The commands. In a letter chain that was taken, older leads to the next newer one.
type (
	openLeg      struct{ s *stream }
	closeLeg     struct{ s *stream }
	negotiateLeg struct {
		s    *stream
		spec call.MediaSpec
	}
	playLeg struct {
		s      *stream
		id     uint64
		sounds []*Sound
		loop   bool
	}
	stopLeg   struct{ s *stream }
	bridgeLeg struct{ a, b *stream }
	partLeg   struct{ s *stream }
	tapLeg    struct {
		s    *stream
		ring *Ring
	}
	earLeg struct {
		s    *stream
		ring *Ring
		on   bool
	}
	keysLeg struct {
		s  *stream
		by call.KeysBy
	}
	stopThread struct{}
)

func (c openLeg) apply(t *thread)      { t.open(c.s) }
func (c closeLeg) apply(t *thread)     { t.closeStream(c.s) }
func (c negotiateLeg) apply(t *thread) { t.negotiate(c.s, &c.spec) }
func (c playLeg) apply(t *thread)      { t.play(c.s, c.id, c.sounds, c.loop) }
func (c stopLeg) apply(t *thread)      { t.cutPlay(c.s) }
func (c bridgeLeg) apply(t *thread)    { t.bridge(c.a, c.b) }
func (c partLeg) apply(t *thread)      { t.part(c.s) }
func (c keysLeg) apply(*thread)        { c.s.keysBy = c.by }
func (c tapLeg) apply(t *thread)       { t.setTap(c.s, c.ring) }
func (c earLeg) apply(t *thread)       { t.setEar(c.s, c.ring, c.on) }
func (stopThread) apply(t *thread)     { t.stopped = true }
