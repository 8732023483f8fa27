package media

import (
	"time"

	"hotline/call"
)

// visit is a stream's turn on the wheel: send what is due of its play, read it
// if nobody else does, and keep house now and then.
func (t *thread) visit(s *stream) {
	now := t.now
	if s.play.running() {
		t.pace(s, now)
	}
	if s.place != nil {
		t.mix(s, now)
	}
	if s.blends() {
		t.blend(s, now)
	}
	if !s.live && now >= s.nextDrain {
		every := drainMusic
		if t.drain(s, now) {
			every = s.drainEvery()
		}
		s.nextDrain = now + int64(every)
	}
	if d, ok := s.keys.expire(now); ok {
		s.event(call.SoundDigit{Digit: d.key, Duration: d.duration()})
	}
	if d, ok := s.tones.expire(now); ok {
		s.event(call.SoundDigit{Digit: d.key, Duration: d.duration()})
	}
	if now >= s.nextHouse {
		if s.live { // what a flood has left behind
			t.relay(s, now)
		}
		t.keepHouse(s, now)
		s.nextHouse = now + int64(t.houseEvery)
	}
	t.wheel.put(s, s.nextTurn())
}

func (s *stream) drainEvery() time.Duration {
	if s.play.running() && s.play.loop {
		return drainMusic
	}
	return drainPrompt
}

// nextTurn is when a stream next has something to do.
func (s *stream) nextTurn() int64 {
	next := s.nextHouse
	if s.play.running() {
		next = min(next, s.play.wake)
	}
	if s.place != nil {
		next = min(next, s.place.due)
	}
	if s.blends() {
		next = min(next, s.copying.due)
	}
	if !s.live {
		next = min(next, s.nextDrain)
	}
	if s.keys.active {
		next = min(next, s.keys.heard+int64(eventQuiet))
	}
	return next
}

// pace sends the packet that is due, and one more when the play is behind, so
// that a stall is made up for without a burst.
func (t *thread) pace(s *stream, now int64) {
	p := &s.play
	if now < p.wake {
		return
	}
	if codec, _ := s.made(); codec == call.CodecNone { // nothing that can be made is negotiated yet: the play waits
		p.due += int64(frameTime)
		p.wake = p.due
		return
	}
	if now-p.due > int64(playLag) {
		p.due = now
		s.out.cut() // the timestamp goes on by the clock
	}
	step := int64(s.madeTime())
	for range 2 {
		if now < p.due {
			break
		}
		if !t.playPacket(s, now) {
			t.endPlay(s, false)
			return
		}
		p.due += step
	}
	p.wake = p.due
	if p.due <= now {
		p.wake = now + step
	}
}

// inPhase is the next moment of a stream's own phase, after now.
func (s *stream) inPhase(now int64) int64 {
	const cycle = int64(frameTime)
	start := now - now%cycle + s.phase*int64(tick)
	if start <= now {
		start += cycle
	}
	return start
}

// playPacket makes and sends the next packet of a play; false at its end. Where
// the far end does not want sound the play goes on unheard, so that it still ends.
func (t *thread) playPacket(s *stream, now int64) bool {
	codec, pt := s.made()
	size := int(s.madeTime() / nsPerSample)
	b := t.scratch[:rtpHeader+size]
	if !s.play.fill(b[rtpHeader:], codec) {
		return false
	}
	if !s.maySend() {
		s.out.cut()
		return true
	}
	wide := codec == call.CodecOpus
	t.clock(s, wide, now)
	first := s.out.next(source{play: s.play.id}, uint32(size)*unitsOf(wide), now) == numberFirst
	if wide {
		expand(t.linear[:size], b[rtpHeader:], call.CodecPCMU) // as fill gives it for a codec that sounds are not held in
		t.sendOpus(s, pt, t.linear[:size], first, s.out.seq, s.out.ts)
		return true
	}
	putHeader(b, pt, first, s.out.seq, s.out.ts, s.out.ssrc)
	t.send(s, b)
	return true
}

// play starts a Play in the place of any before.
func (t *thread) play(s *stream, id uint64, sounds []*Sound, loop bool) {
	if s.closed() {
		return
	}
	t.cutPlay(s)
	s.play = player{id: id, sounds: sounds, loop: loop}
	s.music.resume(&s.play)
	s.play.due = s.inPhase(t.now)
	s.play.wake = s.play.due
	t.wheel.put(s, s.nextTurn())
}

// cutPlay ends a Play before its time.
func (t *thread) cutPlay(s *stream) {
	if s.play.running() {
		t.endPlay(s, true)
	}
}

func (t *thread) endPlay(s *stream, cut bool) {
	id := s.play.id
	s.music.keep(&s.play)
	s.play = player{}
	s.out.cut()
	s.event(call.SoundPlayed{Play: id, Cut: cut})
}

// keepHouse is what a stream needs about once a second.
func (t *thread) keepHouse(s *stream, now int64) {
	t.watchSilence(s, now)
	if s.rtcp.more {
		t.hearReports(s, now)
	}
	t.tellReport(s, now)
	t.publish(s)
}

// watchSilence tells once when a bridged leg that was speaking no longer does.
// Nothing is told of a leg in a flow, in a queue or on hold: a phone that holds
// often sends nothing though it says sendonly, and who is held need not either.
func (t *thread) watchSilence(s *stream, now int64) {
	if !s.heard || s.silent || !s.converses() {
		return
	}
	if silence := time.Duration(now - s.lastIn); silence >= t.rtpTimeout {
		s.silent = true
		s.event(call.SoundTimeout{Silent: silence})
	}
}

// publish shows a stream's counters to Leg.Stats.
func (t *thread) publish(s *stream) {
	lost := s.in.lost()
	if lost > s.lostTold {
		t.counts.lost += lost - s.lostTold
		s.lostTold = lost
	}
	s.stats.Lost, s.stats.Late, s.stats.Gaps = lost, s.in.late, s.in.gaps
	s.stats.Jitter = ticks(s.in.jitter>>4, s.in.wide)
	s.published.store(&s.stats)
}
