package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"

	"hotline/call"
)

// Options is what the HTTP side needs to know.
type Options struct {
	Listen  string       // host:port; port 0 takes any free one
	TLS     *tls.Config  // nil: plain HTTP
	SIP     http.Handler // takes the WebSockets of /sip; nil: there are none
	Version string
	// TrustedProxies are reverse proxies whose X-Forwarded-For tells where a request came from.
	TrustedProxies []netip.Prefix
	Now            func() time.Time // the clock; nil: time.Now
}

// Bounds of one request, and of all.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 15 * time.Second
	workTimeout     = 10 * time.Second // of a handler, streams apart
	writeTimeout    = 30 * time.Second // of an answer; streams set their own
	idleTimeout     = 2 * time.Minute
	headerBytes     = 16 << 10
	bodyBytes       = 64 << 10
	connectionsMost = 8192 // more wait to be accepted
	scrapesMost     = 4    // of /metrics at a time
)

// Server serves the API.
type Server struct {
	o          Options
	b          Backends
	now        func() time.Time
	log        *zap.Logger
	sessions   *sessions
	attempts   *attempts
	visits     *visits
	http       *http.Server
	api        huma.API
	operations map[string]string // route pattern → operation
	access     map[string]access // operation → how it lets in
	ln         net.Listener
	work       sync.WaitGroup
	stop       sync.Once
	stopping   chan struct{} // closed when live streams are to end
	requests   *prometheus.CounterVec
	took       *prometheus.HistogramVec
}

// New makes a server; Start listens.
func New(o Options, b Backends, log *zap.Logger, metrics prometheus.Gatherer, reg prometheus.Registerer) *Server {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	s := &Server{
		o: o, b: b, now: now, log: log, sessions: newSessions(now), attempts: newAttempts(now), visits: newVisits(now),
		operations: map[string]string{}, access: map[string]access{}, stopping: make(chan struct{}),
	}
	s.measure(reg)
	mux := http.NewServeMux()
	s.api = humago.New(mux, s.apiConfig())
	s.api.UseMiddleware(s.identify)
	s.routes()
	s.plain(mux, metrics)
	s.pages(mux)
	s.http = &http.Server{
		Handler: s.outer(mux), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: zap.NewStdLog(log),
	}
	return s
}

func (s *Server) measure(reg prometheus.Registerer) {
	s.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hotline_http_requests_total", Help: "HTTP requests by operation and status.",
	}, []string{"operation", "code"})
	s.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "hotline_http_request_seconds", Help: "How long requests took, streams apart.",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 7),
	}, []string{"operation"})
	streams := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "hotline_http_streams", Help: "Live event streams.",
	}, func() float64 { return float64(s.b.Hub.count()) })
	cut := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "hotline_http_streams_cut_total", Help: "Live event streams cut off because their listener was too slow.",
	}, func() float64 { return float64(s.b.Hub.cut.Load()) })
	reg.MustRegister(s.requests, s.took, streams, cut)
}

// plain are the routes without the API's prefix, for machines, and the API's description.
func (s *Server) plain(mux *http.ServeMux, metrics prometheus.Gatherer) {
	s.plainRoute(mux, "/healthz", "health", "The process is alive", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "ok")
	})
	s.plainRoute(mux, "/readyz", "readiness", "The node takes calls; 503 says why not", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.b.Health.Ready(); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	s.plainRoute(mux, "/metrics", "metrics", "Prometheus", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorLog: zap.NewStdLog(s.log), MaxRequestsInFlight: scrapesMost, Timeout: workTimeout,
	}).ServeHTTP)
	if s.o.SIP != nil {
		s.plainRoute(mux, "/sip", opSIP, "SIP over a WebSocket (RFC 7118); Sec-WebSocket-Protocol: sip", s.o.SIP.ServeHTTP)
	}
	spec := s.describe()
	s.operations["GET "+openAPIPath] = "openapi"
	mux.HandleFunc("GET "+openAPIPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(spec) // a client that has gone needs no answer
	})
}

func say(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(words + "\n")) // a client that has gone needs no answer
}

// Start listens and serves until Stop.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.o.Listen)
	if err != nil {
		return call.Errorf(call.CodeUnavailable, "http: %w", err)
	}
	ln = netutil.LimitListener(ln, connectionsMost)
	if s.o.TLS != nil {
		ln = tls.NewListener(ln, s.o.TLS)
	}
	s.ln = ln
	s.work.Go(func() {
		if err := s.http.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("http server ended", zap.Error(err))
		}
	})
	s.work.Go(s.watch)
	return nil
}

// Addr is where it listens, as bound.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// URL is the base of the API.
func (s *Server) URL() string {
	if s.o.TLS != nil {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Stop ends live streams, waits for requests in progress until ctx is over, and
// returns when all is down. A server that was never started is down already.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Do(func() { close(s.stopping) })
	if s.ln == nil {
		return nil
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.work.Wait()
	return err
}
