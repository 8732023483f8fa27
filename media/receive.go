package media

import (
	"slices"
	"time"

	"hotline/call"
)

// How much one look at a socket may read, so that a flooded port takes no more
// of the thread than its share.
const (
	liveReads = 8
	bulkReads = 4 * batchSize
)

// How often a leg that is neither bridged nor tapped is read: its sound goes
// nowhere, only its digits count, and nobody answers music as fast as a menu. One
// that has sent nothing since it was read last is read as seldom as in music,
// until it does: a phone that rings, a far end that is silent without a packet.
const (
	drainPrompt = 20 * time.Millisecond
	drainMusic  = 60 * time.Millisecond
)

// relay reads a live leg that something has come for: one packet, and all there
// is when the one before was longer ago than a packet lasts. For the kernel tells
// of a socket once for each packet that comes, not as long as it has some
// (EPOLLET): of two that came in one tick the second would wait for the next to
// come, and from then on there would always be one waiting.
func (t *thread) relay(s *stream, now int64) {
	all := now-s.lastIn >= s.rhythm+int64(tick)
	for range liveReads {
		b, ok := t.wire.receive(s.ports.rtp, t.scratch[:], &t.from)
		if !ok || t.accept(s, b, now, true) && !all {
			return
		}
	}
}

// drain reads all that a leg has, in bulk; false if that was nothing.
func (t *thread) drain(s *stream, now int64) (some bool) {
	for range bulkReads / batchSize {
		n := t.wire.receiveMany(s.ports.rtp, t.batch)
		for i := range n {
			t.from = t.batch.from[i]
			t.accept(s, t.batch.get(i), now, false)
		}
		some = some || n > 0
		if n < batchSize {
			break
		}
	}
	return some
}

// accept takes one datagram from t.from; false if it was not the far end's RTP.
// live tells that it was read as it came and may be forwarded.
func (t *thread) accept(s *stream, b []byte, now int64, live bool) bool {
	p := &t.packet
	if s.secure != nil {
		if b = t.unseal(s, b, now); b == nil {
			return false
		}
	}
	switch {
	case isRTCP(b): // RFC 5761, from those who multiplex unasked
		t.takeReport(s, b, now)
		return false
	case !p.parse(b):
		s.stats.Refused++
		t.counts.malformed++
		return false
	case !s.latch.admit(&t.from, now):
		s.stats.Strangers++
		t.counts.strangers++
		return false
	}
	s.heard, s.silent, s.lastIn = true, false, now
	s.stats.PacketsIn++
	s.stats.BytesIn += uint64(len(b))
	t.counts.in++
	kind, codec := s.classify(p.pt)
	if kind == kindSound {
		s.in.clock(codec == call.CodecOpus)
	}
	s.in.take(p, now, live)
	switch kind {
	case kindSound:
		t.sound(s, p, codec, now)
	case kindDigit:
		t.key(s, p, now)
	case kindComfort:
		t.comfort(s, p, now)
	default: // not negotiated: the gap it leaves in the sequence is closed
		s.stats.Refused++
		t.counts.unknown++
		s.leaveOut(p)
	}
	return true
}

// comfort takes comfort noise (RFC 3389): it goes on to a peer that agreed on it, however it is spoken to, and is
// left out for any other, who makes a noise of its own of the gap. Who records or mixes has silence there.
func (t *thread) comfort(s *stream, p *packet, now int64) {
	s.hushed = true
	s.copySkip(p)
	to := s.peer
	if to == nil || !s.spec.Direction.MayReceive() {
		return
	}
	from := source{leg: s, ssrc: p.ssrc}
	if to.spec.Comfort == 0 || s.in.wide || to.out.wide { // beside Opus there is none, RFC 3389 section 4
		to.out.skip(from, p.seq)
		return
	}
	if !to.forwards() {
		return
	}
	if verdict, seq, ts := to.out.forward(from, p.seq, p.ts, frameBytes, now); verdict != numberStale {
		t.send(to, p.rewrite(to.spec.Comfort, false, seq, ts, to.out.ssrc))
	}
}

// sound taps and forwards one packet of sound.
func (t *thread) sound(s *stream, p *packet, codec call.Codec, now int64) {
	s.hushed = false
	tones := s.wantsTones()
	if !s.spec.Direction.MayReceive() || s.peer == nil && !s.copied() && s.place == nil && !tones && len(s.copies) == 0 {
		return
	}
	from, wide := source{leg: s, ssrc: p.ssrc}, codec == call.CodecOpus
	span := uint32(len(p.payload))
	if wide {
		span = opusSpan(p.payload)
	}
	s.rhythm = int64(span) * nsPerSample / int64(unitsOf(wide))
	if span == 0 { // a keep-alive, RFC 6263, or no Opus
		if len(p.payload) > 0 {
			t.refuse(s)
		}
		s.leaveOut(p)
		return
	}
	to := s.peer
	if to != nil && !to.forwards() {
		to = nil
	}
	pt, takes := uint8(0), false
	if to != nil {
		pt, takes = to.takes(codec)
	}
	var heard narrow
	if tones || s.place != nil || s.blended() || s.toOpus(to, takes) || decodes(codec) && (s.copied() || len(s.copies) > 0 || to != nil && !takes) {
		if wide {
			listens := to
			if takes {
				listens = nil
			}
			t.mend(s, listens, p, from, now)
		}
		heard = t.narrow(s, p, codec, span)
	}
	if tones && len(heard.sound) > 0 {
		t.hearTones(s, heard, now)
	}
	if s.copied() {
		t.copyOut(s, p, codec, heard, now)
	}
	if len(s.copies) > 0 {
		t.copyOn(s, p, codec, heard, span, now)
	}
	switch {
	case takes:
		t.handOn(to, p, from, pt, span, wide, now)
	case to != nil:
		t.translate(to, p, from, codec, heard, now)
	case s.place != nil && len(heard.sound) > 0:
		t.say(s, heard, now)
	}
}

// toOpus tells that what a leg's far end says goes on in Opus that is made here.
func (s *stream) toOpus(to *stream, takes bool) bool {
	if !MakesOpus {
		return false
	}
	makes := func(to *stream) bool { codec, _ := to.made(); return codec == call.CodecOpus }
	return to != nil && !takes && makes(to) || slices.ContainsFunc(s.copies, makes)
}

// decodes tells that what comes in a codec has to be decoded before anything but passing it on; G.711 is converted by table.
func decodes(codec call.Codec) bool { return codec == call.CodecG722 || codec == call.CodecOpus }

// copyOut gives a packet to those who have tapped a leg: as it came, or where only sound of 8 kHz is known there, that.
func (t *thread) copyOut(s *stream, p *packet, codec call.Codec, heard narrow, now int64) {
	t.frame = Frame{Arrival: now, Seq: p.seq, Timestamp: p.ts, SSRC: p.ssrc, Codec: codec, Payload: p.payload}
	if decodes(codec) {
		if len(heard.sound) == 0 {
			return
		}
		t.frame.Codec, t.frame.Timestamp, t.frame.Payload = call.CodecPCMA, heard.ts, t.narrowed(heard.sound)
	}
	s.copyOut(&t.frame)
}

// handOn sends a packet on as it came, of span ticks of its clock.
func (t *thread) handOn(to *stream, p *packet, from source, pt uint8, span uint32, wide bool, now int64) {
	if to.out.wide != wide {
		t.clock(to, wide, now)
	}
	verdict, seq, ts := to.out.forward(from, p.seq, p.ts, span, now)
	if verdict != numberStale {
		t.send(to, p.rewrite(pt, p.marker || verdict == numberFirst, seq, ts, to.out.ssrc))
	}
}

// translate sends a packet on in the codec that is made for the leg. What could not be decoded leaves its gap in the
// numbers, for the far end to conceal.
func (t *thread) translate(to *stream, p *packet, from source, codec call.Codec, heard narrow, now int64) {
	made, pt := to.made()
	if made == call.CodecOpus {
		t.translateOpus(to, p, from, pt, heard, now)
		return
	}
	decoded := decodes(codec)
	if made == call.CodecNone || decoded && len(heard.sound) == 0 {
		return
	}
	ts, span := p.ts, len(p.payload)
	if decoded {
		ts, span = heard.ts, len(heard.sound)
	}
	if to.out.wide {
		t.clock(to, false, now)
	}
	verdict, seq, ts := to.out.forward(from, p.seq, ts, uint32(span), now)
	if verdict == numberStale {
		return
	}
	first := p.marker || verdict == numberFirst
	if !decoded {
		t.convert(to, made, p.payload, codec)
		t.send(to, p.rewrite(pt, first, seq, ts, to.out.ssrc))
		return
	}
	b := t.made[:rtpHeader+span]
	to.code(made, b[rtpHeader:], heard.sound)
	putHeader(b, pt, first, seq, ts, to.out.ssrc)
	t.send(to, b)
}

// send puts a packet on the wire for a leg.
func (t *thread) send(to *stream, b []byte) {
	size := len(b)
	if to.secure != nil {
		if b = t.seal(to, b); b == nil {
			return
		}
	}
	if !t.wire.send(to.ports.rtp, to.latch.target(), b) {
		t.counts.unsent++
		return
	}
	to.stats.PacketsOut++
	to.stats.BytesOut += uint64(size)
	t.counts.out++
}
