package media

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// scratchSize is the longest datagram that is read whole. RTP of 60 ms is 492
// bytes; what is longer than an Ethernet frame is no telephone's.
const scratchSize = 1500

// readyMost is how many sockets one look at the epoll set tells of, and
// readyRounds how many looks one pass takes before commands and the pacer have their turn.
const (
	readyMost   = 256
	readyRounds = 8
)

// thread carries the sound of some calls. All of it but mail and shown belongs
// to the one goroutine that runs it (see loop.go); it waits for nothing, so that
// tests drive it pass by pass with a clock and a wire of their own.
type thread struct {
	wire       wire
	mail       mailbox
	log        *zap.Logger
	grades     grades
	rtpTimeout time.Duration
	houseEvery time.Duration
	laws       struct{ toA, toMu *lawTable }
	random     *rand.Rand

	now     int64
	wheel   wheel
	slots   []*stream // by slot; nil where free
	free    []int32   // slots
	opened  int64     // streams ever opened, for their phases
	stopped bool

	scratch [scratchSize]byte
	batch   *batch
	from    sockaddr
	packet  packet
	frame   Frame
	crypto  cryptoBuffers
	linear  [scratchSize]int16            // a packet, decoded
	sum     [scratchSize]int32            // of a member's packet
	law     [scratchSize]byte             // and in A-law, for a tap
	double  [scratchSize + rtpHeader]byte // of a packet, for who is to have a copy
	twin    packet                        // that copy
	made    [scratchSize]byte             // a packet whose sound was made longer than it came
	bye     [64]byte                      // RTCP that tells of an SSRC's end
	voices  []*voice                      // of a member's packet
	hands   *hands
	found   [readyMost]int32

	counts counts
	shown  shown
}

// counts are what a thread has carried since it started.
type counts struct {
	in, out, lost, mended                 uint64
	strangers, malformed, unknown, unsent uint64
	forged                                uint64
	late                                  uint64 // turns that came more than a frame after the one before
	streams                               int64
}

// shown is a copy of counts that a scrape may read.
type shown struct {
	in, out, lost, mended, strangers, malformed, unknown, unsent, forged, late atomic.Uint64
	streams                                                                    atomic.Int64
}

// houseSlowest is how often silence, reports and counters are seen to; oftener
// where the RTP timeout is short.
const houseSlowest = time.Second

func newThread(w wire, o *Options, log *zap.Logger, g grades) *thread {
	t := &thread{
		wire: w, log: log, grades: g, batch: newBatch(),
		rtpTimeout: o.RTPTimeout,
		houseEvery: min(max(o.RTPTimeout/8, frameTime), houseSlowest),
		random:     rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), //nolint:gosec // G404: numbering, no secret
	}
	t.laws.toA, t.laws.toMu = muToA(), aToMu()
	return t
}

// pass is one turn: commands, what has come for bridged legs, what is due.
func (t *thread) pass(now int64) {
	if t.counts.streams > 0 && now-t.now > int64(frameTime) {
		t.counts.late++
	}
	t.now = now
	if !t.mail.empty() {
		t.obey(t.mail.take(nil))
	}
	for range readyRounds {
		n := t.wire.ready(t.found[:])
		for _, slot := range t.found[:n] {
			if slot < 0 {
				t.hearReports(t.slots[^slot], now)
			} else {
				t.relay(t.slots[slot], now)
			}
		}
		if n < len(t.found) {
			break
		}
	}
	t.wheel.advance(now, t.visit)
	t.flush()
	t.show()
}

// flush puts the turn's packets on their way.
func (t *thread) flush() {
	refused := t.wire.flush()
	t.counts.unsent += refused
	t.counts.out -= refused
}

func (t *thread) obey(l *letter) {
	for ; l != nil; l = l.older {
		l.apply(t)
	}
}

// end closes what is left, and whatever was posted too late.
func (t *thread) end() {
	t.obey(t.mail.close())
	for _, s := range t.slots {
		if s != nil {
			t.closeStream(s)
		}
	}
	t.flush()
	t.show()
}

func (t *thread) open(s *stream) {
	t.takeSlot(s)
	s.phase = t.opened % int64(frameTime/tick)
	t.opened++
	t.number(&s.out)
	s.rtcp.begin(t)
	s.nextDrain, s.nextHouse = t.now, t.now+t.random.Int64N(int64(t.houseEvery))
	t.wheel.put(s, s.nextTurn())
}

// closed tells whether a stream is not, or no longer, on a thread. Commands
// posted after Close find it so, and do nothing.
func (s *stream) closed() bool { return s.slot < 0 }

func (t *thread) closeStream(s *stream) {
	if s.lifted {
		s.lifted = false
		t.farewell(s)
	}
	if s.closed() {
		return
	}
	t.sayBye(s)
	t.copyNoMore(s)
	t.part(s)
	t.leave(s)
	s.tap, s.ears, s.play = nil, nil, player{}
	s.uncode()
	s.opus.close()
	t.unprotect(s)
	t.attend(s)
	t.wheel.remove(s)
	t.publish(s)
	t.giveSlot(s)
	t.farewell(s)
}

// farewell gives a stream's ports back and tells its owner what it was like.
func (t *thread) farewell(s *stream) {
	t.release(s)
	t.grade(s)
	s.event(call.SoundEnded{SoundQuality: s.stats.Quality(s.spec.Codec)})
}

func (t *thread) negotiate(s *stream, spec *call.MediaSpec) {
	if s.closed() {
		return
	}
	held := !s.converses()
	if spec.Codec != s.spec.Codec || spec.Beside != s.spec.Beside {
		s.opus.close()
		s.band, s.opus = nil, nil // the far end's coder starts anew as well
		s.uncode()
	}
	if p := spec.Protection; p == nil || p.Ufrag == "" {
		s.latch.negotiate(spec, t.now) // else ICE finds out where the far end is
	}
	s.spec = *spec
	if spec.Protection != nil || s.secure != nil {
		t.protect(s, spec.Protection)
	}
	s.out.cut()
	if s.peer == nil {
		return
	}
	s.peer.out.cut()
	if held && s.converses() {
		for _, s := range []*stream{s, s.peer} {
			s.lastIn, s.silent = t.now, false
		}
	}
}

// bridge joins two legs both ways. What either was playing is cut, and what a
// far end sent before is not forwarded.
func (t *thread) bridge(a, b *stream) {
	if a.closed() || b.closed() || a == b || a.peer == b {
		return
	}
	for _, s := range []*stream{a, b} {
		t.part(s)
		t.leave(s)
		t.cutPlay(s)
		t.drain(s, t.now)
	}
	a.peer, b.peer = b, a
	for _, s := range []*stream{a, b} {
		s.lastIn, s.silent = t.now, false
		t.attend(s)
	}
}

// part ends a leg's bridge, for both sides.
func (t *thread) part(s *stream) {
	if s.peer == nil {
		return
	}
	for _, s := range []*stream{s, s.peer} {
		s.peer = nil
		s.out.cut()
		t.attend(s)
	}
}

// setTap starts or ends the copying of what a far end sends. What it sent before is left out.
func (t *thread) setTap(s *stream, ring *Ring) {
	if s.closed() {
		return
	}
	t.drain(s, t.now)
	s.tap = ring
	t.attend(s)
}

// setEar adds somebody who listens along, or has him listen no longer.
func (t *thread) setEar(s *stream, ring *Ring, on bool) {
	if s.closed() || on == slices.Contains(s.ears, ring) {
		return
	}
	t.drain(s, t.now)
	if on {
		s.ears = append(s.ears, ring)
	} else {
		s.ears = slices.DeleteFunc(s.ears, func(r *Ring) bool { return r == ring })
	}
	t.attend(s)
}

// attend has a leg read as its packets come while it is bridged or tapped, since
// then their time matters; else in bulk.
func (t *thread) attend(s *stream) {
	live := s.peer != nil || s.copied() || s.place != nil || len(s.copies) > 0
	if live == s.live {
		return
	}
	s.live = live
	change := func() error { return t.wire.unwatch(s.ports.rtp) }
	if live {
		change = func() error { return t.wire.watch(s.ports.rtp, s.slot) }
	}
	if err := change(); err != nil {
		t.log.Error("how a leg is read could not be changed", zap.String("leg", string(s.id)), zap.Bool("live", live), zap.Error(err))
	}
	s.nextDrain = t.now
	t.wheel.put(s, s.nextTurn())
}

// show copies the counters to where a scrape reads them.
func (t *thread) show() {
	c, v := &t.counts, &t.shown
	v.in.Store(c.in)
	v.out.Store(c.out)
	v.lost.Store(c.lost)
	v.mended.Store(c.mended)
	v.strangers.Store(c.strangers)
	v.malformed.Store(c.malformed)
	v.unknown.Store(c.unknown)
	v.unsent.Store(c.unsent)
	v.forged.Store(c.forged)
	v.late.Store(c.late)
	v.streams.Store(c.streams)
}
