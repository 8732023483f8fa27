package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"hotline/call"
)

// Options is what the HTTP side needs to know.
type Options struct {
	Listen  string // host:port; port 0 takes any free one
	Cert    string // certificate and key files; empty: plain HTTP
	Key     string
	Version string
}

// Bounds of one request.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 16 << 10
	bodyBytes     = 64 << 10
)

// Server serves the API.
type Server struct {
	o        Options
	b        Backends
	log      *zap.Logger
	sessions *sessions
	http     *http.Server
	api      huma.API
	ln       net.Listener
	done     chan struct{}
	stopping chan struct{} // closed when live streams are to end
	requests *prometheus.CounterVec
}

// New makes a server; Start listens.
func New(o Options, b Backends, log *zap.Logger, metrics prometheus.Gatherer, reg prometheus.Registerer) *Server {
	s := &Server{
		o: o, b: b, log: log, sessions: newSessions(time.Now),
		done: make(chan struct{}), stopping: make(chan struct{}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_http_requests_total", Help: "HTTP requests by operation and status.",
		}, []string{"operation", "code"}),
	}
	reg.MustRegister(s.requests)
	mux := http.NewServeMux()
	s.api = humago.New(mux, apiConfig(o.Version))
	s.api.UseMiddleware(s.count, s.identify)
	s.routes()
	s.plain(mux, metrics)
	s.http = &http.Server{
		Handler: secured(mux), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: zap.NewStdLog(log),
	}
	return s
}

func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("Hotline", version)
	c.Info.Description = "The API of a Hotline node. Times are RFC 3339 with milliseconds, durations are seconds in fields named *_seconds."
	c.OpenAPIPath = "/api/v1/openapi"
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil // no $schema links in answers
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "The token of POST /api/v1/session."},
	}
	return c
}

// plain are the routes without prefix, for machines.
func (s *Server) plain(mux *http.ServeMux, metrics prometheus.Gatherer) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.b.Health.Ready(); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{ErrorLog: zap.NewStdLog(s.log)}))
}

func say(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(words + "\n")) // a client that has gone needs no answer
}

// secured bounds bodies and tells browsers to guess and embed nothing.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, bodyBytes)
		next.ServeHTTP(w, r)
	})
}

// Start listens and serves until Stop.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.o.Listen)
	if err != nil {
		return call.Errorf(call.CodeUnavailable, "http: %w", err)
	}
	if s.o.Cert != "" {
		cert, err := tls.LoadX509KeyPair(s.o.Cert, s.o.Key)
		if err != nil {
			_ = ln.Close()
			return call.Errorf(call.CodeInvalid, "http.tls: %w", err)
		}
		ln = tls.NewListener(ln, &tls.Config{
			Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	s.ln = ln
	go func() {
		defer close(s.done)
		if err := s.http.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("http server ended", zap.Error(err))
		}
	}()
	return nil
}

// Addr is where it listens, as bound.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// URL is the base of the API.
func (s *Server) URL() string {
	if s.o.Cert != "" {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Stop ends live streams, waits for requests in progress until ctx is over, and
// returns when all is down. A server that was never started is down already.
func (s *Server) Stop(ctx context.Context) error {
	if s.ln == nil {
		return nil
	}
	close(s.stopping)
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.done
	return err
}
