package media

import "time"

// tick is the grain of a thread's time: how often it looks at its sockets and
// its wheel. It bounds what forwarding adds to a packet's way, and lets one
// wake-up serve many packets. There are four phases to 20 ms, and
// every usual packet time is a whole number of ticks.
const tick = 5 * time.Millisecond

// wheelSlots is the horizon of the wheel in ticks; nothing is due further off.
const wheelSlots = 64

// wheel says which streams are due at which tick. Streams are linked through
// themselves, so that it never allocates.
type wheel struct {
	slots [wheelSlots]*stream
	done  int64 // the last tick that was served
}

// spoke is a stream's place in the wheel.
type spoke struct {
	prev, next *stream
	at         int64 // tick; 0: in no slot
}

func tickOf(ns int64) int64 { return ns / int64(tick) }

// put schedules a stream at a time, moving it if it is already scheduled. What
// is past due comes at the next tick, what is beyond the horizon at the horizon.
func (w *wheel) put(s *stream, due int64) {
	at := min(max(tickOf(due), w.done+1), w.done+wheelSlots-1)
	if s.spoke.at == at {
		return
	}
	w.remove(s)
	slot := &w.slots[at%wheelSlots]
	s.spoke = spoke{next: *slot, at: at}
	if *slot != nil {
		(*slot).spoke.prev = s
	}
	*slot = s
}

func (w *wheel) remove(s *stream) {
	if s.spoke.at == 0 {
		return
	}
	if s.spoke.prev != nil {
		s.spoke.prev.spoke.next = s.spoke.next
	} else {
		w.slots[s.spoke.at%wheelSlots] = s.spoke.next
	}
	if s.spoke.next != nil {
		s.spoke.next.spoke.prev = s.spoke.prev
	}
	s.spoke = spoke{}
}

// advance serves every stream due up to now. After a stall each is served once,
// not once for each tick missed: serve decides what to make up for. serve may
// put its stream back, and touches no other. After a stall it may also be asked
// too early for a stream that was just put back, so it looks at its own times.
func (w *wheel) advance(now int64, serve func(*stream)) {
	from, to := w.done+1, tickOf(now)
	if to < from {
		return
	}
	w.done = to
	for at := from; at <= min(to, from+wheelSlots-1); at++ {
		s := w.slots[at%wheelSlots]
		w.slots[at%wheelSlots] = nil
		for s != nil {
			next := s.spoke.next
			s.spoke = spoke{}
			serve(s)
			s = next
		}
	}
}
