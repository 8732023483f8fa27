package fork

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"hotline/media"
	"hotline/recording"
	"hotline/recording/inbox"
)

const (
	rate = 8000
	// behind is how old sound is when it is sent: jitter up to this does no harm.
	behind = 60 * rate / 1000
	// held is how much sound waits for an engine that is slow or away.
	held = 5 * time.Second
	// linger is how long what waits is still sent after the call's end.
	linger = 5 * time.Second
)

// Reason is why a stream ended.
type Reason uint8

// The reasons.
const (
	CallEnded Reason = iota
	Ended            // somebody ended it while the call goes on
)

func (r Reason) String() string { return [...]string{"call_ended", "ended"}[r] }

// Stream is one call's sound on its way to one engine.
type Stream struct {
	forks   *Forks
	spec    Spec
	started time.Time
	feed    *recording.Feed // the listener's alone

	inbox *inbox.Inbox[order] // bounded by what a call can say

	queue chan chunk // the oldest is dropped when it is full
	done  chan Reason
	ctx   context.Context //nolint:containedctx // the stream's life
	cut   context.CancelFunc
}

// order is what a stream's owner wants of it.
type order struct {
	kind orderKind
	at   int64
	src  recording.Source
	why  Reason
}

type orderKind uint8

const (
	orderHear orderKind = iota
	orderQuiet
	orderSpeak
	orderStop
)

// chunk is the sound of one message.
type chunk struct {
	at, samples int64
	quiet       bool
	sound       []byte
}

func newStream(f *Forks, spec Spec) *Stream {
	now := f.opts.Clock()
	s := &Stream{
		forks: f, spec: spec, started: time.Now(), feed: recording.NewFeed(now, behind),
		inbox: inbox.New[order](), done: make(chan Reason, 1),
		queue: make(chan chunk, max(2, int(held/spec.Engine.Packet))),
	}
	s.ctx, s.cut = context.WithCancel(context.Background())
	s.feed.Hear(recording.FeedCaller, spec.Caller)
	s.feed.Quiet(spec.Quiet, now)
	return s
}

// Hear adds somebody the caller hears to the right channel; it doesn't block.
func (s *Stream) Hear(src recording.Source) { s.inbox.Post(order{kind: orderHear, src: src}) }

// Quiet has the stream be silent from this moment, or no longer; it doesn't block.
func (s *Stream) Quiet(on bool) {
	kind := orderSpeak
	if on {
		kind = orderQuiet
	}
	s.inbox.Post(order{kind: kind, at: s.forks.opts.Clock()})
}

// Stop ends the stream with what has been said so far; it doesn't block.
func (s *Stream) Stop(why Reason) {
	s.inbox.Post(order{kind: orderStop, at: s.forks.opts.Clock(), why: why})
}

// run listens until the stream's end, while the sender sends.
func (s *Stream) run() {
	defer s.cut()
	var sending sync.WaitGroup
	sending.Go(newSender(s).run)
	defer sending.Wait()
	tick := time.NewTicker(s.spec.Engine.Packet)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.inbox.Wake():
		case <-s.ctx.Done():
			s.done <- CallEnded
			return
		}
		now := s.forks.opts.Clock()
		if why, over := s.obey(); over {
			s.done <- why
			return
		}
		s.feed.Drain()
		for n := s.perChunk(); s.feed.Ready(now) >= n; {
			s.push(n)
		}
	}
}

// obey carries out what was posted, and tells whether that is the end.
func (s *Stream) obey() (why Reason, over bool) {
	for _, o := range s.inbox.Take() {
		switch o.kind {
		case orderHear:
			s.feed.Hear(recording.FeedSeats, o.src)
		case orderQuiet, orderSpeak:
			s.feed.Quiet(o.kind == orderQuiet, o.at)
		case orderStop:
			s.feed.Drain()
			for n := s.feed.Ready(o.at + int64(behind*time.Second/rate)); n > 0; n = s.feed.Ready(o.at + int64(behind*time.Second/rate)) {
				s.push(min(n, s.perChunk()))
			}
			return o.why, true
		}
	}
	return 0, false
}

// perChunk is the samples of a message, of each channel.
func (s *Stream) perChunk() int { return int(s.spec.Engine.Packet * rate / time.Second) }

// push puts the next n samples into the queue; when it is full the oldest go.
func (s *Stream) push(n int) {
	c := chunk{at: s.feed.At(), samples: int64(n)}
	c.sound, c.quiet = s.feed.Take(make([]byte, 0, 4*n), n)
	c.sound = s.spec.Engine.Encoding.Encode(c.sound)
	for {
		select {
		case s.queue <- c:
			return
		default:
		}
		select {
		case old := <-s.queue:
			s.dropped(old)
		default: // the sender was quicker
		}
	}
}

func (s *Stream) dropped(c chunk) {
	s.forks.metrics.dropped.WithLabelValues(s.spec.Engine.Name).Add(float64(c.samples) / rate)
}

// Encode writes 16-bit little-endian samples in an encoding, in place.
func (e Encoding) Encode(pcm []byte) []byte {
	compress := media.CompressALaw
	switch e {
	case PCM:
		return pcm
	case PCMA:
	case PCMU:
		compress = media.CompressMuLaw
	}
	for i := range len(pcm) / 2 {
		pcm[i] = compress(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
	}
	return pcm[:len(pcm)/2]
}

// String is an encoding as the start message tells it.
func (e Encoding) String() string { return [...]string{"pcm_s16le", "pcma", "pcmu"}[e] }
