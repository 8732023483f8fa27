package media

import (
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
		b, ok := t.read(s.ports.rtp)
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

// read takes one datagram off a socket, into the thread's scratch and from. One
// that is too long for a telephone's comes out empty, to be refused.
func (t *thread) read(fd int) (b []byte, ok bool) {
	n := t.wire.receive(fd, t.scratch[:], &t.from)
	switch {
	case n < 0:
		return nil, false
	case n > len(t.scratch):
		return t.scratch[:0], true
	default:
		return t.scratch[:n], true
	}
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
	s.in.take(p, now, live)
	kind, codec := s.classify(p.pt)
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
		s.copySkip(p)
		if s.peer != nil {
			s.peer.out.skip(source{leg: s, ssrc: p.ssrc}, p.seq)
		}
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
	if to.spec.Comfort == 0 {
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

// sound taps and forwards one packet of G.711.
func (t *thread) sound(s *stream, p *packet, codec call.Codec, now int64) {
	s.hushed = false
	tones := s.wantsTones()
	if !s.spec.Direction.MayReceive() || s.peer == nil && !s.copied() && s.place == nil && !tones && len(s.copies) == 0 {
		return
	}
	s.rhythm = int64(len(p.payload)) * nsPerSample
	from := source{leg: s, ssrc: p.ssrc}
	if len(p.payload) == 0 { // a keep-alive, RFC 6263
		s.copySkip(p)
		if s.peer != nil {
			s.peer.out.skip(from, p.seq)
		}
		return
	}
	to := s.peer
	if to != nil && !to.forwards() {
		to = nil
	}
	if codec == call.CodecG722 && (s.copied() || s.place != nil || tones || len(s.copies) > 0 || to != nil && to.spec.Codec != codec) {
		t.narrow(s, p.payload)
	}
	if tones {
		t.hearTones(s, p, codec, now)
	}
	if s.copied() {
		t.frame = Frame{Arrival: now, Seq: p.seq, Timestamp: p.ts, SSRC: p.ssrc, Codec: codec, Payload: p.payload}
		if codec == call.CodecG722 {
			t.frame.Codec, t.frame.Payload = call.CodecPCMA, t.narrowed(len(p.payload))
		}
		s.copyOut(&t.frame)
	}
	if len(s.copies) > 0 {
		t.copyOn(s, p, codec, now)
	}
	if to == nil {
		if s.place != nil {
			t.say(s, p, codec, now)
		}
		return
	}
	verdict, seq, ts := to.out.forward(from, p.seq, p.ts, uint32(len(p.payload)), now)
	if verdict == numberStale {
		return
	}
	if codec != to.spec.Codec {
		t.convert(to, p.payload, codec)
	}
	t.send(to, p.rewrite(to.spec.PayloadType, p.marker || verdict == numberFirst, seq, ts, to.out.ssrc))
}

// key hears a telephone-event, and passes it on to a peer that takes them.
func (t *thread) key(s *stream, p *packet, now int64) {
	s.copySkip(p)
	done, n := s.keys.take(p, now)
	for _, d := range done[:n] {
		s.event(call.SoundDigit{Digit: d.key, Duration: d.duration()})
	}
	to := s.peer
	if to == nil || !s.spec.Direction.MayReceive() {
		return
	}
	from := source{leg: s, ssrc: p.ssrc}
	if to.spec.DTMF == 0 {
		to.out.skip(from, p.seq)
		return
	}
	if !to.forwards() {
		return
	}
	if verdict, seq, ts := to.out.forward(from, p.seq, p.ts, 0, now); verdict != numberStale {
		t.send(to, p.rewrite(to.spec.DTMF, p.marker, seq, ts, to.out.ssrc))
	}
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
