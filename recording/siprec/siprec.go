// Package siprec has session recording servers of others record conversations (RFC 7866): docs/siprec.md has the
// losing races. siprec.go owns the sessions, session.go lives one, metadata.go tells who speaks. Signalling and sound
// are others' (Dialler, Sound); nothing here ever makes a call wait.
package siprec

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Dialler calls recorders.
type Dialler interface {
	// Record sends an INVITE to the recorder's targets, one after the other. What becomes of it is told to news, in
	// order; news returns at once.
	Record(o Order, news func(call.LegEvent)) Dialog
}

// Dialog is a recording session's signalling. Its methods return at once.
type Dialog interface {
	// Describe tells the recorder anew who speaks, and whether anything is sent.
	Describe(metadata []byte, quiet bool)
	// End ends it, whatever its state.
	End()
}

// Sound is a session's two streams.
type Sound interface {
	Locals() [2]call.LocalMedia
	Negotiated([2]call.MediaSpec)
	// Close gives the ports back; then done is told what was sent and what the recorder has missed of it, in packets.
	Close(done func(sent, lost uint64))
}

// Order is an INVITE to send.
type Order struct {
	Call     call.ID
	Leg      call.LegID
	Recorder Recorder
	Locals   [2]call.LocalMedia
	Metadata []byte
	Quiet    bool
}

// Recorder is a session recording server.
type Recorder struct {
	Name           string // of the site; labels metrics
	Targets        []string
	User, Password string
}

// Spec is a session to begin.
type Spec struct {
	ID       string // unique
	Recorder Recorder
	About    About
	// Open makes the streams, when they are first needed and again when that failed.
	Open  func() (Sound, error)
	Quiet bool
	// Told is called on the session's goroutine, whenever a recorder has taken the session, or it has none any more:
	// then why.
	Told func(taken bool, words string)
	// NewLeg names a dialog.
	NewLeg func() call.LegID
}

// Sessions are those of a node.
type Sessions struct {
	dialler Dialler
	log     *zap.Logger
	metrics *metrics

	mu      sync.Mutex // guards the set; a session's own state is its goroutine's
	all     map[*Session]bool
	closed  bool
	running sync.WaitGroup
}

// mostSessions bounds what a node has recorded outside at once.
const mostSessions = 5000

// New makes the sessions of a node; nobody is called yet.
func New(d Dialler, log *zap.Logger, reg prometheus.Registerer) (*Sessions, error) {
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	return &Sessions{dialler: d, log: log, metrics: m, all: map[*Session]bool{}}, nil
}

// Start begins a session with nobody in it yet: Cast says who is. It doesn't block. CodeInvalid: the specification;
// CodeCapacity: too many sessions; CodeUnavailable: closed.
func (f *Sessions) Start(spec Spec) (*Session, error) {
	if spec.ID == "" || len(spec.Recorder.Targets) == 0 || spec.Open == nil || spec.NewLeg == nil {
		return nil, call.Errorf(call.CodeInvalid, "a recording session needs an id, a recorder and sound")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, call.Errorf(call.CodeUnavailable, "nothing is recorded outside any more")
	case len(f.all) >= mostSessions:
		return nil, call.Errorf(call.CodeCapacity, "%d sessions are recorded outside already", mostSessions)
	}
	s := newSession(f, spec)
	f.all[s] = true
	f.metrics.failures.WithLabelValues(spec.Recorder.Name) // there from the beginning, so that its first rise is seen
	f.running.Go(func() {
		s.run()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.all, s)
	})
	return s, nil
}

// goodbye is how long recorders may take to answer BYE when the node stops.
const goodbye = 5 * time.Second

// Close ends all sessions and waits for the recorders' answers, for five seconds at most and until ctx ends.
func (f *Sessions) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	f.mu.Lock()
	f.closed = true
	for s := range f.all {
		s.Stop()
	}
	f.mu.Unlock()
	done := make(chan struct{})
	go func() {
		f.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	f.mu.Lock()
	f.log.Warn("recorders outside did not answer as the node stopped", zap.Int("sessions", len(f.all)))
	for s := range f.all {
		s.cut()
	}
	f.mu.Unlock()
	<-done
}
