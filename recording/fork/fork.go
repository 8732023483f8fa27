// Package fork streams a live call's sound over WebSockets to engines that
// transcribe or analyse it: docs/fork.md has the format and the losing races.
// forks.go owns the streams, stream.go listens to one call, sender.go keeps its
// connection. Nothing here ever makes a call wait.
package fork

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording"
)

// Subprotocol is what the handshake asks for (RFC 6455 section 1.9).
const Subprotocol = "hotline.audio.v1"

// Encoding is how samples are written.
type Encoding uint8

// The encodings, 8,000 samples a second and channel.
const (
	PCM  Encoding = iota // 16 bit, little-endian
	PCMA                 // G.711 A-law
	PCMU                 // G.711 µ-law
)

// Engine is where sound goes.
type Engine struct {
	Name     string // of the site; labels metrics
	URL      string // ws or wss; it may hold a secret: no error and no log tells it
	Headers  map[string]string
	Encoding Encoding
	Packet   time.Duration // of sound in a message; 20 ms to 1 s
}

// About is what an engine is told of a stream.
type About struct {
	Call   call.ID
	Trunk  string
	Queue  string
	Caller string // a number; empty: the engine is not told
	Called string
}

// Spec is a stream to begin.
type Spec struct {
	ID     string // of the stream, unique
	Engine Engine
	About  About
	Caller recording.Source // the caller's packets
	Quiet  bool             // silence at first
}

// Options is what the forks of a node need.
type Options struct {
	// Clock is the clock of Frame.Arrival, in nanoseconds.
	Clock func() int64
	// Client makes the connections; nil: one that follows no redirect and trusts the system's authorities.
	Client *http.Client
	// Most is how many streams there may be at once; 1,000 when zero.
	Most int
}

// Forks are the streams of a node.
type Forks struct {
	opts    Options
	log     *zap.Logger
	metrics *metrics

	mu      sync.Mutex // guards the set; a stream's own state is its goroutines'
	streams map[*Stream]bool
	closed  bool
	running sync.WaitGroup
}

const mostStreams = 1000

// New makes the forks of a node; nothing is dialled yet.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) (*Forks, error) {
	if o.Clock == nil {
		return nil, call.Errorf(call.CodeInvalid, "forks need a clock")
	}
	if o.Most <= 0 {
		o.Most = mostStreams
	}
	o.Client = NewClient(o.Client)
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	return &Forks{opts: o, log: log, metrics: m, streams: map[*Stream]bool{}}, nil
}

// Start begins a stream at this moment. It doesn't block: the engine is dialled by
// the stream, for as long as it lasts. CodeInvalid: the specification; CodeCapacity:
// too many streams; CodeUnavailable: closed.
func (f *Forks) Start(spec Spec) (*Stream, error) {
	if e := spec.Engine; e.Packet < 20*time.Millisecond || e.Packet > time.Second || spec.Caller == nil || spec.ID == "" {
		return nil, call.Errorf(call.CodeInvalid, "a stream needs an id, a caller and packets of 20 ms to 1 s")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, call.Errorf(call.CodeUnavailable, "no sound is forked any more")
	}
	if len(f.streams) >= f.opts.Most {
		f.metrics.refused.WithLabelValues(spec.Engine.Name).Inc()
		return nil, call.Errorf(call.CodeCapacity, "%d streams are open already", f.opts.Most)
	}
	s := newStream(f, spec)
	f.streams[s] = true
	f.metrics.dropped.WithLabelValues(spec.Engine.Name) // there from the beginning, so that its first rise is seen
	f.running.Go(func() {
		s.run()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.streams, s)
	})
	return s, nil
}

// Close ends all streams and waits for them, until ctx ends; then they are cut.
func (f *Forks) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	all := make([]*Stream, 0, len(f.streams))
	for s := range f.streams {
		all = append(all, s)
	}
	f.mu.Unlock()
	for _, s := range all {
		s.Stop(CallEnded)
	}
	done := make(chan struct{})
	go func() {
		f.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, s := range all {
		s.cut()
	}
	<-done
	return errors.Join(ctx.Err(), call.Errorf(call.CodeUnavailable, "streams of sound were cut"))
}
