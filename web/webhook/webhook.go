// Package webhook sends events to other systems as signed HTTP requests. It
// never blocks who has something to say: what can't be sent at once waits in a
// bounded queue of its endpoint, and is tried again with growing pauses.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Endpoint is where events are sent.
type Endpoint struct {
	Name   string // unique; in logs and metrics
	URL    string // http or https; never logged: it may hold a key
	Secret string // key of the signature; never logged
}

// Message is one event on its way.
type Message struct {
	ID       string          `json:"id"` // the same at every try: a receiver that has seen it ignores it
	Endpoint string          `json:"endpoint"`
	Event    string          `json:"event"` // its kind, as plan_page
	At       time.Time       `json:"at"`    // when it was handed over
	Body     json.RawMessage `json:"body"`
}

// Vault keeps messages over a restart. Its methods return at once.
type Vault interface {
	Keep(Message)
	Drop(id string)
}

// Options is what a sender needs to know.
type Options struct {
	NewID  func() string
	Now    func() time.Time  // nil: time.Now
	Client http.RoundTripper // nil: one of its own
	Vault  Vault             // nil: what has not been sent at a stop is lost
}

// Bounds of sending. A page that nobody could be told of for half an hour is no
// use any more: people have been found otherwise, or the peak is over.
const (
	queueMost     = 256       // messages that wait for one endpoint; one more is refused
	bodyMost      = 256 << 10 // bytes of an event
	answerMost    = 4 << 10   // bytes of an answer that are read, so that the connection can be used again
	sendTimeout   = 10 * time.Second
	firstPause    = time.Second
	longestPause  = time.Minute
	giveUpAfter   = 30 * time.Minute
	endpointsMost = 64
)

// Sender owns one goroutine for each endpoint, so that a dead one holds up nobody else.
type Sender struct {
	o       Options
	client  *http.Client
	log     *zap.Logger
	results *prometheus.CounterVec
	waiting *prometheus.GaugeVec

	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	lines  map[string]*line
	closed bool
}

// New makes a sender without endpoints.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, MaxConnsPerHost: 2, IdleConnTimeout: time.Minute,
			ResponseHeaderTimeout: sendTimeout, MaxResponseHeaderBytes: 16 << 10,
		}
	}
	s := &Sender{
		o: o, log: log, lines: map[string]*line{},
		client: &http.Client{
			Transport: o.Client, Timeout: sendTimeout,
			// A redirect would carry what was signed for one address to another.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_webhooks_total", Help: "Events sent to other systems, by endpoint and how it ended.",
		}, []string{"endpoint", "result"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_webhooks_waiting", Help: "Events that wait to be sent, by endpoint.",
		}, []string{"endpoint"}),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	reg.MustRegister(s.results, s.waiting)
	return s
}

// SetEndpoints takes the endpoints of a site's revision as a difference: what
// waits for one that stays is sent to its new address, with its new key; what
// waits for one that is gone is dropped. CodeInvalid for too many.
func (s *Sender) SetEndpoints(list []Endpoint) error {
	if len(list) > endpointsMost {
		return call.Errorf(call.CodeInvalid, "%d webhooks are named, at most %d can be", len(list), endpointsMost)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	for name, l := range s.lines {
		if !slices.ContainsFunc(list, func(e Endpoint) bool { return e.Name == name }) {
			l.quit()
			delete(s.lines, name)
		}
	}
	for _, e := range list {
		if l := s.lines[e.Name]; l != nil {
			l.to.Store(&e)
			continue
		}
		l := newLine(s, e)
		s.lines[e.Name] = l
		for _, result := range results {
			s.results.WithLabelValues(e.Name, result)
		}
		s.work.Go(l.run)
	}
	return nil
}

// Has reports whether there is an endpoint of that name.
func (s *Sender) Has(endpoint string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[endpoint] != nil
}

// Send hands an event over and returns at once. CodeNotFound: there is no such
// endpoint; CodeCapacity: as many wait for it as may; CodeInvalid: the event can't be sent.
func (s *Sender) Send(endpoint, event string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return call.Errorf(call.CodeInvalid, "event %s does not encode: %w", event, err)
	}
	if len(text) > bodyMost {
		return call.Errorf(call.CodeInvalid, "event %s has %d bytes, at most %d are sent", event, len(text), bodyMost)
	}
	return s.post(Message{ID: s.o.NewID(), Endpoint: endpoint, Event: event, At: s.o.Now(), Body: text})
}

// Resume takes up what a former run left, oldest first. What has no endpoint any
// more, or is too old, is dropped.
func (s *Sender) Resume(left []Message) {
	slices.SortFunc(left, func(a, b Message) int { return a.At.Compare(b.At) })
	for _, m := range left {
		if err := s.post(m); err != nil {
			s.log.Warn("an event of a former run is not sent", zap.String("endpoint", m.Endpoint), zap.String("event", m.Event), zap.Error(err))
			s.drop(m)
		}
	}
}

func (s *Sender) post(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lines[m.Endpoint]
	if l == nil || s.closed {
		return call.Errorf(call.CodeNotFound, "there is no webhook %s", m.Endpoint)
	}
	if s.o.Vault != nil {
		s.o.Vault.Keep(m) // before it can be dropped
	}
	select {
	case l.in <- m:
		s.waiting.WithLabelValues(m.Endpoint).Inc()
		return nil
	default:
		s.drop(m)
		s.results.WithLabelValues(m.Endpoint, resultRefused).Inc()
		return call.Errorf(call.CodeCapacity, "%d events wait for webhook %s already", queueMost, m.Endpoint)
	}
}

func (s *Sender) drop(m Message) {
	if s.o.Vault != nil {
		s.o.Vault.Drop(m.ID)
	}
}

// Stop ends all sending and waits for it. What was not sent stays in the vault.
func (s *Sender) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		s.client.CloseIdleConnections()
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), call.Errorf(call.CodeUnavailable, "a webhook is still being sent"))
	}
}
