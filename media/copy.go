package media

import (
	"slices"
	"time"

	"hotline/call"
)

// A leg may be one that says what others say: a recorder outside is sent what a caller says, and what he hears. One
// source is forwarded as its packets come, in its own codec where the far end speaks it; several are added up, as in
// a conference. Keys and comfort noise stay behind.

// Copy has the leg send what the far ends of other legs of its call say, in place of what it sent before; of nobody
// ends that, and from the moment the thread has obeyed nothing more goes out.
func (l *Leg) Copy(of ...*Leg) {
	sources := make([]*stream, 0, len(of))
	for _, o := range of {
		if o.call == l.call && o != l {
			sources = append(sources, o.stream)
		}
	}
	l.loop.post(copyLeg{l.stream, sources})
}

type copyLeg struct {
	s  *stream
	of []*stream
}

func (c copyLeg) apply(t *thread) { t.copyFrom(c.s, c.of) }

// copying is what a leg sends of others.
type copying struct {
	from   []*stream
	begins []copyStart // one each: what was said before is not sent
	until  int64       // as long as something of it may still be on its way
	voices []*voice    // one each where there are several; else none
	due    int64       // when its next packet is to be sent, where there are several
}

// copyStart is from where on a source's sound is copied, by its own clock.
type copyStart struct {
	ssrc, ts uint32
	known    bool
}

// copyHeldUp is how long the net may have held up what was said before a copy began: after it, a far end whose
// clock was set back is heard again.
const copyHeldUp = 5 * time.Second

// copyStart is the timestamp of this moment, and a frame more for its jitter.
func (in *inbound) copyStart(now int64) copyStart {
	return copyStart{ssrc: in.ssrc, ts: in.ts + (uint32((now-in.at)/nsPerSample)+frameBytes)*unitsOf(in.wide), known: in.begun}
}

// before tells that a packet was said before the copy began.
func (c *copying) before(s *stream, p *packet, now int64) bool {
	if now >= c.until {
		return false
	}
	b := c.begins[slices.Index(c.from, s)]
	return b.known && p.ssrc == b.ssrc && int32(p.ts-b.ts) < 0
}

// copyFrom says whom a leg's far end hears. Who stays keeps what he has said.
func (t *thread) copyFrom(s *stream, of []*stream) {
	if s.closed() {
		return
	}
	was := s.copying
	t.copyNobody(s)
	of = slices.DeleteFunc(of, (*stream).closed)
	if len(of) == 0 {
		return
	}
	c := &copying{from: of, until: t.now + int64(copyHeldUp), due: s.inPhase(t.now)}
	for _, o := range of {
		t.drain(o, t.now)
		c.begins = append(c.begins, was.startOf(o, t.now))
		o.copies = append(o.copies, s)
		if len(of) > 1 {
			c.voices = append(c.voices, was.voiceOf(o))
		}
		t.attend(o)
	}
	s.copying = c
	t.wheel.put(s, s.nextTurn())
}

// voiceOf is what a source has said so far.
func (c *copying) voiceOf(s *stream) *voice {
	if c != nil && c.voices != nil {
		if i := slices.Index(c.from, s); i >= 0 {
			return c.voices[i]
		}
	}
	return new(voice)
}

// startOf is from where on a source is heard: one that was heard goes on.
func (c *copying) startOf(s *stream, now int64) copyStart {
	if c != nil {
		if i := slices.Index(c.from, s); i >= 0 {
			return c.begins[i]
		}
	}
	return s.in.copyStart(now)
}

// copyNobody ends what a leg sends of others.
func (t *thread) copyNobody(s *stream) {
	if s.copying == nil {
		return
	}
	for _, o := range s.copying.from {
		o.copies = without(o.copies, s)
		t.attend(o)
	}
	s.copying = nil
	s.out.cut()
}

// copyNoMore takes a leg that goes out of all copies.
func (t *thread) copyNoMore(s *stream) {
	t.copyNobody(s)
	for _, to := range slices.Clone(s.copies) {
		t.copyFrom(to, without(slices.Clone(to.copying.from), s))
	}
	s.copies = nil
}

// copyOn sends a packet of sound on to who is to have a copy. The packet itself stays as it is.
func (t *thread) copyOn(s *stream, p *packet, codec call.Codec, heard narrow, span uint32, now int64) {
	from := source{leg: s, ssrc: p.ssrc}
	for _, to := range s.copies {
		c := to.copying
		if c.before(s, p, now) {
			to.out.skip(from, p.seq)
			continue
		}
		if c.voices != nil {
			if len(heard.sound) > 0 {
				c.voiceOf(s).lay(heard, now/nsPerSample)
			}
			continue
		}
		if !to.maySend() {
			continue
		}
		twin, b := &t.twin, t.double[:rtpHeader+len(p.payload)]
		copy(b[rtpHeader:], p.payload)
		*twin = *p
		twin.off, twin.payload, twin.whole = rtpHeader, b[rtpHeader:], b
		if pt, ok := to.takes(codec); ok {
			t.handOn(to, twin, from, pt, span, codec == call.CodecOpus, now)
		} else {
			t.translate(to, twin, from, codec, heard, now)
		}
	}
}

// blended tells that somebody sends on what the leg's far end says, added to what others say.
func (s *stream) blended() bool {
	return slices.ContainsFunc(s.copies, (*stream).blends)
}

// leaveOut closes the gap of a packet that nobody is sent.
func (s *stream) leaveOut(p *packet) {
	s.copySkip(p)
	if s.peer != nil {
		s.peer.out.skip(source{leg: s, ssrc: p.ssrc}, p.seq)
	}
}

// copySkip closes the gap of a packet that is not copied.
func (s *stream) copySkip(p *packet) {
	for _, to := range s.copies {
		to.out.skip(source{leg: s, ssrc: p.ssrc}, p.seq)
	}
}

// blend sends what several say, when it is due.
func (t *thread) blend(s *stream, now int64) {
	c := s.copying
	s.inStep(&c.due, now, func(due int64) { t.mixed(s, c.voices, due, now) })
}

// blends tells that a leg sends what several say.
func (s *stream) blends() bool { return s.copying != nil && s.copying.voices != nil }
