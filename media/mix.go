package media

import (
	"slices"
	"time"

	"hotline/call"
)

// Mixing (conference, supervision): each member of a room hears the sum of the
// members it may hear, never itself. Sound is decoded to 8 kHz, laid into a
// buffer by its own time, and each listener's packets are made in the listener's own phase.

const (
	voiceSamples = 4096 // half a second, a power of two
	// voiceDelay is how far behind its arrival a packet is heard, which is the jitter
	// that does no harm; voiceMost how far it may have grown by a drifting clock.
	voiceDelay = int64(40 * time.Millisecond / nsPerSample)
	voiceMost  = 3 * voiceDelay
	// mixSource is who feeds a stream that is mixed; no Play has this number.
	mixSource = 1 << 63
)

// voice is what a member says: a jitter buffer over the thread's clock in samples.
type voice struct {
	ring  [voiceSamples]int16
	begun bool
	ssrc  uint32
	seq   uint16 // of the newest packet
	ts    uint32 // of the newest packet
	at    int64  // and where it was laid
	end   int64  // behind the newest sample
}

// lay puts a packet's sound where its timestamp says. One that is too late to be
// heard is dropped; when the newest one is, or the far end's clock has run away, the
// buffer starts anew. What was lost is concealed if it is short, else silence.
func (v *voice) lay(n narrow, clock int64) {
	sound := n.sound
	ahead := int64(int32(n.ts - v.ts))
	pos := v.at + ahead
	known := v.begun && n.ssrc == v.ssrc
	lost := known && int16(n.seq-v.seq) > 1
	switch {
	case known && ahead <= 0 && ahead > -tsStray:
		if pos < clock || pos+int64(len(sound)) > v.end {
			return
		}
		v.put(sound, pos)
		return
	case !known || pos < clock || pos > clock+voiceMost:
		pos, lost = clock+voiceDelay, false
	}
	end, period := v.end, int64(0)
	if gap := pos - end; lost && gap > 0 && gap <= concealMost {
		period = v.conceal(int(gap))
	} else {
		for gap := max(end, pos-voiceSamples); gap < pos; gap++ {
			v.ring[gap&(voiceSamples-1)] = 0
		}
	}
	v.begun, v.ssrc, v.seq, v.ts, v.at, v.end = true, n.ssrc, n.seq, n.ts, pos, pos+int64(len(sound))
	v.put(sound, pos)
	if period > 0 {
		v.blend(sound, pos, end, period)
	}
}

func (v *voice) put(sound []int16, pos int64) {
	for i, sample := range sound {
		v.ring[(pos+int64(i))&(voiceSamples-1)] = sample
	}
}

// add sums the voice from a time on; there is silence where nothing was laid.
func (v *voice) add(sum []int32, from int64) {
	if !v.begun {
		return
	}
	for i := range sum {
		if at := from + int64(i); at < v.end && at >= v.end-voiceSamples {
			sum[i] += int32(v.ring[at&(voiceSamples-1)])
		}
	}
}

// place is a member's in a room.
type place struct {
	room  *room
	voice voice
	hears []*stream
	due   int64 // when its next packet is to be sent
}

// room is who is mixed. Its members are legs of one call, and so of one thread.
type room struct{ members []*stream }

// arrangement is who is in a room, and whom each one hears.
type arrangement struct {
	room    *room
	members []*stream
	hears   [][]*stream
}

func (a arrangement) apply(t *thread) { t.arrange(&a) }

// arrange makes a room what is asked for, whatever it was; who is in it already keeps what it has said.
func (t *thread) arrange(a *arrangement) {
	before := a.room.members
	a.room.members = nil
	for i, s := range a.members {
		if s.closed() {
			continue
		}
		if s.place == nil || s.place.room != a.room {
			t.leave(s)
			t.part(s)
			t.drain(s, t.now)
			s.place = &place{room: a.room, due: s.inPhase(t.now)}
		}
		s.place.hears = s.place.hears[:0]
		for _, other := range a.hears[i] {
			if other != s && !other.closed() {
				s.place.hears = append(s.place.hears, other)
			}
		}
		a.room.members = append(a.room.members, s)
	}
	for _, s := range before {
		if s.place != nil && s.place.room == a.room && !slices.Contains(a.room.members, s) {
			s.place = nil
		}
		t.changed(s)
	}
	for _, s := range a.room.members {
		t.changed(s)
	}
}

// changed has a stream read and paced as its place wants it.
func (t *thread) changed(s *stream) {
	if s.closed() {
		return
	}
	if s.place == nil {
		s.out.cut()
	}
	t.attend(s)
	t.wheel.put(s, s.nextTurn())
}

// leave takes a stream out of its room, and out of what the others hear.
func (t *thread) leave(s *stream) {
	if s.place == nil {
		return
	}
	r := s.place.room
	s.place = nil
	s.out.cut()
	r.members = without(r.members, s)
	for _, m := range r.members {
		m.place.hears = without(m.place.hears, s)
	}
}

func without(list []*stream, s *stream) []*stream {
	return slices.DeleteFunc(list, func(m *stream) bool { return m == s })
}

// say lays what a member's far end sent into its voice.
func (t *thread) say(s *stream, n narrow, now int64) {
	s.place.voice.lay(n, now/nsPerSample)
}

// mix sends a member the packet that is due, and one more when it is behind, as
// pace does. A Play, as a warning tone, is heard instead meanwhile.
func (t *thread) mix(s *stream, now int64) {
	s.inStep(&s.place.due, now, func(due int64) {
		if !s.play.running() {
			t.mixPacket(s, due, now)
		}
	})
}

// inStep makes the packet that is due of sound that is added up, and one more when that is behind.
func (s *stream) inStep(due *int64, now int64, packet func(due int64)) {
	if now-*due > int64(playLag) {
		*due = now
		s.out.cut()
	}
	step := int64(s.madeTime())
	for range 2 {
		if now < *due {
			return
		}
		packet(*due)
		*due += step
	}
}

func (t *thread) mixPacket(s *stream, due, now int64) {
	t.voices = t.voices[:0]
	for _, other := range s.place.hears {
		if other.place != nil {
			t.voices = append(t.voices, &other.place.voice)
		}
	}
	t.mixed(s, t.voices, due, now)
}

// mixed sends the sum of some voices.
func (t *thread) mixed(s *stream, voices []*voice, due, now int64) {
	if !s.maySend() {
		s.out.cut()
		return
	}
	size := int(s.madeTime() / nsPerSample)
	sum := t.sum[:size]
	clear(sum)
	// Longer packets begin earlier: what is to be heard has come for a frame after due, and not for more.
	from := due/nsPerSample - max(0, int64(size-frameBytes))
	for _, v := range voices {
		v.add(sum, from)
	}
	b := t.scratch[:rtpHeader+size]
	codec, pt := s.made()
	if codec == call.CodecNone {
		return
	}
	wide := codec == call.CodecOpus
	t.clock(s, wide, now)
	first := s.out.next(source{play: mixSource}, uint32(size)*unitsOf(wide), now) == numberFirst
	if wide {
		for i, v := range sum {
			t.linear[i] = int16(clip16(v))
		}
		t.sendOpus(s, pt, t.linear[:size], first, s.out.seq, s.out.ts)
		return
	}
	t.encode(s, codec, b[rtpHeader:], sum)
	putHeader(b, pt, first, s.out.seq, s.out.ts, s.out.ssrc)
	t.send(s, b)
}

// encode puts a sum into a leg's codec, clipped where it is too loud.
func (t *thread) encode(s *stream, codec call.Codec, out []byte, sum []int32) {
	for i, v := range sum {
		sample := int16(clip16(v))
		switch codec {
		case call.CodecG722:
			out[i] = s.bands().out.code(sample)
		case call.CodecPCMU:
			out[i] = CompressMuLaw(sample)
		default:
			out[i] = CompressALaw(sample)
		}
	}
}
