// Package listen has speech services hear what a caller says, over WebSockets: docs/ivr-listen.md has the protocol and the
// losing races. listen.go owns services and listenings, stream.go lives one listening, words.go reads what a service says.
// Nothing here ever makes a call wait, and a service that is away, slow or lying costs one fault.
package listen

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording"
	"hotline/recording/fork"
)

// Subprotocol is what the handshake asks for, and what a service must choose (RFC 6455 section 1.9).
const Subprotocol = "hotline.speech.v1"

// Service hears callers. No other host is ever dialled.
type Service struct {
	Name     string // of the site; labels metrics
	URL      string // ws or wss; it may hold a secret: no error and no log tells it
	Headers  map[string]string
	Encoding fork.Encoding
	Packet   time.Duration // of sound in a message; 20 to 200 ms
	Timeout  time.Duration // until it has taken the connection
	Answer   time.Duration // from the end of what is said to its final
	AtOnce   int           // listenings; one more fails at once
	Failures int           // in a row, that open the breaker
	Pause    time.Duration // then one listening tries whether it is back
}

// Spec is a listening to begin.
type Spec struct {
	ID         string // unique
	Service    string
	Call       call.ID
	Flow, Node string
	Language   string // zh or en
	Intents    []string
	Hints      []string
	Confidence float64
	Max        time.Duration // from the first word to the last
	Caller     recording.Source
	// Tell hears of it, on another goroutine: first perhaps of speech, then once of the end, unless Stop came before.
	Tell func(News)
}

// News is what a listening tells.
type News struct {
	Speech bool   // somebody has begun to speak
	Final  []byte // the service's last word, JSON: text (cut to 256 bytes), intent, confidence, slots
	Err    error  // why there is none; its words may be shown
}

// Options is what the ears of a node need.
type Options struct {
	// Clock is the clock of Frame.Arrival, in nanoseconds.
	Clock func() int64
	// Client makes the connections; nil: one that trusts the system's authorities.
	Client *http.Client
}

// Ears are the listenings of a node. They are safe for concurrent use.
type Ears struct {
	opts    Options
	log     *zap.Logger
	metrics *metrics
	ctx     context.Context //nolint:containedctx // of all listenings
	quit    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex // guards what follows, and what a service has under way
	stopped  bool
	services map[string]*service
}

// service is one at work.
type service struct {
	Service
	active  int
	breaker call.Breaker
}

// New makes the ears of a node, which know no service yet.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) (*Ears, error) {
	if o.Clock == nil {
		return nil, call.Errorf(call.CodeInvalid, "ears need a clock")
	}
	o.Client = fork.NewClient(o.Client)
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	e := &Ears{opts: o, log: log, metrics: m, services: map[string]*service{}}
	e.ctx, e.quit = context.WithCancel(context.Background())
	return e, nil
}

// SetServices takes the services of a site's revision. One that has the address it had keeps its breaker.
func (e *Ears) SetServices(all []Service) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.services
	e.services = make(map[string]*service, len(all))
	for _, s := range all {
		n := &service{Service: s}
		if old := was[s.Name]; old != nil && old.URL == s.URL {
			n.breaker = old.breaker.Handed()
		}
		e.services[s.Name] = n
		e.metrics.prepare(s.Name)
	}
	for name := range was {
		if e.services[name] == nil {
			e.metrics.open.DeleteLabelValues(name)
		}
	}
}

// Start begins a listening at this moment; it doesn't block. CodeNotFound: the site has no such service (any more);
// CodeUnavailable: it is left alone, or the node stops; CodeCapacity: too many listen.
func (e *Ears) Start(spec Spec) (*Stream, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.services[spec.Service]
	switch {
	case e.stopped:
		return nil, call.Errorf(call.CodeUnavailable, "the node is stopping")
	case s == nil:
		return nil, call.Errorf(call.CodeNotFound, "the site has no such speech service any more")
	case !s.breaker.Admits(time.Now()):
		e.metrics.count(s.Name, resultRefused)
		return nil, call.Errorf(call.CodeUnavailable, "it has failed %d times and is left alone for a while", s.breaker.Failures())
	case s.active >= s.AtOnce:
		e.metrics.count(s.Name, resultRefused)
		return nil, call.Errorf(call.CodeCapacity, "it hears %d callers already", s.active)
	}
	s.active++
	s.breaker.Begin()
	st := newStream(e, s, spec)
	e.metrics.streams.WithLabelValues(s.Name).Inc()
	e.running.Go(st.run)
	return st, nil
}

// over notes how a listening went.
func (e *Ears) over(s *service, result string, took time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.active--
	s.breaker.Over(time.Now(), result == resultHeard, result == resultMovedOn, s.Failures, s.Pause)
	e.metrics.streams.WithLabelValues(s.Name).Dec()
	e.metrics.count(s.Name, result)
	if took > 0 {
		e.metrics.seconds.WithLabelValues(s.Name).Observe(took.Seconds())
	}
	if e.services[s.Name] == s {
		e.metrics.tellBreaker(s.Name, s.breaker.Open())
	}
}

// Stop ends all listenings and waits for them; services are told that the node goes away.
func (e *Ears) Stop() {
	e.mu.Lock()
	e.stopped = true
	e.mu.Unlock()
	e.quit()
	e.running.Wait()
	e.opts.Client.CloseIdleConnections()
}
