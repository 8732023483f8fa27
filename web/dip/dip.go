// Package dip asks other systems for what a flow wants to know (data dip): JSON over HTTP, with
// a time limit, few retries and a breaker a service. A caller waits for the answer, so that a
// service which is slow, down or lying costs him a bounded while and never the call.
package dip

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Service is a system that may be asked. No other host ever is.
type Service struct {
	Name      string
	URL       string            // a request's path is added to it
	Headers   map[string]string // sent with every request; secrets
	Timeout   time.Duration     // of one try
	Retries   int               // after the first try, of GET and PUT
	MaxAnswer int64             // bytes
	AtOnce    int               // requests under way; one more fails at once
	Failures  int               // in a row, that open the breaker
	Pause     time.Duration     // then one request tries whether the service is back
}

// Request is one question.
type Request struct {
	Service string
	Method  string // GET, POST or PUT
	Path    string // added to the service's address, escaped, query included
	Body    []byte // JSON; nil: none
}

// Answer is what came back. Any status is an answer.
type Answer struct {
	Status int
	Body   []byte
}

// Metrics' results.
const (
	resultAnswered = "answered" // 2xx
	resultStatus   = "status"   // another status
	resultTimeout  = "timeout"
	resultError    = "error"   // not reached, cut off, or too long an answer
	resultRefused  = "refused" // by us: the breaker is open, or too many are under way
)

var results = []string{resultAnswered, resultStatus, resultTimeout, resultError, resultRefused}

// Asker asks. It is safe for concurrent use.
type Asker struct {
	log    *zap.Logger
	client *http.Client
	ctx    context.Context // of all requests
	quit   context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	stopped  bool
	services map[string]*service

	asked   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	open    *prometheus.GaugeVec
}

// New makes an asker that knows no service yet.
func New(log *zap.Logger, reg prometheus.Registerer) *Asker {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	a := &Asker{
		log: log, services: map[string]*service{},
		client: &http.Client{
			Transport: &http.Transport{
				DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
				TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			},
			// An answer that leads elsewhere is an answer: only hosts the site names are asked.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		asked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_service_requests_total", Help: "Requests of flows to services, by result: answered, status (not 2xx), timeout, error, refused (by the breaker, or too many at once).",
		}, []string{"service", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotline_service_seconds", Help: "Time from a flow's request to its answer, retries included.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"service"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hotline_service_breaker_open", Help: "1 while a service is left alone because it has not answered.",
		}, []string{"service"}),
	}
	a.ctx, a.quit = context.WithCancel(context.Background())
	reg.MustRegister(a.asked, a.seconds, a.open)
	return a
}

// SetServices takes the services of a site's revision. One that has the address it had keeps its breaker.
func (a *Asker) SetServices(all []Service) {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.services
	a.services = make(map[string]*service, len(all))
	for _, s := range all {
		n := &service{Service: s, slots: make(chan struct{}, s.AtOnce)}
		if old := was[s.Name]; old != nil && old.URL == s.URL {
			n.breaker = old.state()
		}
		a.services[s.Name] = n
		for _, r := range results {
			a.asked.WithLabelValues(s.Name, r)
		}
		a.seconds.WithLabelValues(s.Name)
		a.open.WithLabelValues(s.Name)
	}
	for _, name := range slices.Collect(maps.Keys(was)) {
		if a.services[name] == nil {
			a.open.DeleteLabelValues(name)
		}
	}
}

// Stop ends what is under way and waits for it.
func (a *Asker) Stop() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.quit()
	a.wg.Wait()
	a.client.CloseIdleConnections()
}

// Go asks without waiting: done gets the answer, or why there is none, once, on another goroutine
// unless it is refused at once. When over is closed nobody wants the answer any more.
func (a *Asker) Go(over <-chan struct{}, r Request, done func(Answer, error)) {
	s, err := a.begin(r.Service)
	if err != nil {
		done(Answer{}, err)
		return
	}
	go func() {
		defer a.wg.Done()
		ctx, cancel := context.WithCancel(a.ctx)
		defer cancel()
		stop := make(chan struct{})
		defer close(stop)
		go func() { // the caller may hang up
			select {
			case <-over:
				cancel()
			case <-stop:
			}
		}()
		done(a.ask(ctx, s, r))
	}()
}

// begin finds a service and takes a slot of it.
func (a *Asker) begin(name string) (*service, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.services[name]
	switch {
	case a.stopped:
		return nil, call.Errorf(call.CodeUnavailable, "the node is stopping")
	case s == nil:
		return nil, call.Errorf(call.CodeNotFound, "the site has no service %s any more", name)
	}
	if err := s.admit(time.Now()); err != nil {
		a.asked.WithLabelValues(name, resultRefused).Inc()
		return nil, err
	}
	a.wg.Add(1)
	return s, nil
}

// ask asks, tries again where that is harmless, and tells the breaker.
func (a *Asker) ask(ctx context.Context, s *service, r Request) (Answer, error) {
	began := time.Now()
	var answer Answer
	var err error
	for try := 0; ; try++ {
		answer, err = a.try(ctx, s, r)
		if !again(r.Method, answer, err) || try >= s.Retries || ctx.Err() != nil {
			break
		}
		if !rest(ctx, time.Duration(try+1)*retryPause) {
			break
		}
	}
	a.seconds.WithLabelValues(s.Name).Observe(time.Since(began).Seconds())
	a.asked.WithLabelValues(s.Name, resultOf(answer, err)).Inc()
	gone := ctx.Err() != nil || errors.Is(err, errPath) // the caller's doing, or ours: it says nothing about the service
	opened := s.over(time.Now(), err == nil && answer.Status < http.StatusInternalServerError, gone)
	a.open.WithLabelValues(s.Name).Set(opened)
	if err != nil && ctx.Err() == nil {
		a.log.Warn("a service did not answer", zap.String("service", s.Name), zap.Error(err))
	}
	return answer, err
}

// retryPause is how long a service is left in peace before it is asked again.
const retryPause = 100 * time.Millisecond

func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// again tells whether asking again is harmless and may help.
func again(method string, answer Answer, err error) bool {
	if method == http.MethodPost {
		return false
	}
	switch answer.Status {
	case 0:
		return err != nil && !errors.Is(err, errTooLong) && !errors.Is(err, errPath)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func resultOf(answer Answer, err error) string {
	switch {
	case errors.Is(err, errTime):
		return resultTimeout
	case err != nil:
		return resultError
	case answer.Status < 200 || answer.Status > 299:
		return resultStatus
	}
	return resultAnswered
}
