package media

import (
	"go.uber.org/zap"

	"hotline/call"
)

// A leg goes over to another call in two steps, because the calls may live on different threads:
//
//	old owner: Lift(done) ── old thread lets go of it ── done ──► whatever tells the new owner
//	new owner: Engine.Land(leg, call, sink) ── the new thread takes it up; its commands follow in order
//
// In between the leg keeps its ports, what was negotiated and how its packets are numbered, hears nothing and
// says nothing; what the far end sends waits in the socket and is left out. Only Close may be called then.

type (
	liftLeg struct {
		s    *stream
		done func()
	}
	landLeg struct {
		s    *stream
		sink Sink
	}
)

func (c liftLeg) apply(t *thread) { t.lift(c.s); c.done() }
func (c landLeg) apply(t *thread) { t.land(c.s, c.sink) }

// Lift takes the leg out of its call: it ends its bridge, its part in a mix, its tap and what it plays. done
// is called once that is so, on a media thread: it must return at once. Then Engine.Land, or Close.
func (l *Leg) Lift(done func()) {
	if !l.loop.post(liftLeg{l.stream, done}) {
		done()
	}
}

// Land takes up a leg that was lifted, into another call and for another owner, who hears its events from now on.
func (e *Engine) Land(l *Leg, id call.ID, sink Sink) {
	l.call, l.loop = id, e.loopOf(id)
	if !l.loop.post(landLeg{l.stream, sink}) {
		e.log.Debug("a leg can't go over to another call, the engine is closed", zap.String("leg", string(l.stream.id)))
	}
}

func (t *thread) lift(s *stream) {
	if s.closed() {
		return
	}
	t.cutPlay(s)
	t.copyNoMore(s)
	t.part(s)
	t.leave(s)
	s.tap, s.ears = nil, nil
	if s.secure != nil { // a handshake belongs to its thread; the far end repeats what it had sent
		s.secure.shake.end()
		s.secure.shake = nil
	}
	t.attend(s)
	t.wheel.remove(s)
	t.publish(s)
	if err := t.wire.unwatchReports(s.ports.rtcp); err != nil {
		t.log.Error("a leg's reports are still heard where it was", zap.String("leg", string(s.id)), zap.Error(err))
	}
	t.giveSlot(s)
	s.lifted = true
}

func (t *thread) land(s *stream, sink Sink) {
	if !s.lifted { // closed meanwhile
		return
	}
	s.lifted, s.sink = false, sink
	t.takeSlot(s)
	s.out.cut()
	s.lastIn, s.silent = t.now, false
	s.nextDrain, s.nextHouse = t.now, t.now+int64(t.houseEvery)
	t.drain(s, t.now)
	t.wheel.put(s, s.nextTurn())
}

// takeSlot gives a stream a place among the thread's.
func (t *thread) takeSlot(s *stream) {
	if n := len(t.free); n > 0 {
		s.slot, t.free = t.free[n-1], t.free[:n-1]
		t.slots[s.slot] = s
	} else {
		s.slot = int32(len(t.slots))
		t.slots = append(t.slots, s)
	}
	t.counts.streams++
	if err := t.wire.watchReports(s.ports.rtcp, s.slot); err != nil {
		t.log.Error("a leg's reports can't be heard", zap.String("leg", string(s.id)), zap.Error(err))
	}
}

// giveSlot takes it away; the stream counts as closed from then on, and the wire knows nothing of it.
func (t *thread) giveSlot(s *stream) {
	t.wire.forget(s.ports.rtp)
	t.wire.forget(s.ports.rtcp)
	t.slots[s.slot] = nil
	t.free = append(t.free, s.slot)
	s.slot = -1
	t.counts.streams--
}

// release gives a stream's ports back.
func (t *thread) release(s *stream) {
	if err := s.ports.of.release(s.ports); err != nil {
		t.log.Error("a leg's ports could not be closed", zap.String("leg", string(s.id)), zap.Error(err))
	}
}
