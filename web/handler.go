package web

import (
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// slow is how long a request may take before the log names it.
const slow = time.Second

// outer is around every route: it tells browsers to guess and embed nothing,
// bounds bodies, counts, and answers for handlers that break.
func (s *Server) outer(mux *http.ServeMux) http.Handler {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.unknown(mux, w, r) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behindProxies(s.o.TrustedProxies, r)
		s.secure(w.Header())
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		asJSON(r)
		sw := &statusWriter{ResponseWriter: w}
		defer s.count(sw, r, s.now())
		defer s.recovered(sw, r)
		mux.ServeHTTP(sw, r)
	})
}

// bodyLimit bounds a request's body, whoever sends it.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPut && r.URL.Path == prefix+sitePath {
		return siteBytes
	}
	if sendsPrompt(r) {
		return promptBytes
	}
	return bodyBytes
}

func (s *Server) secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.o.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000") // RFC 6797
	}
}

// asJSON takes a body for JSON that says it is a form: what curl -d says of any
// body. No cookie opens anything here, so no page of another site gains by it.
func asJSON(r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-www-form-urlencoded" {
		r.Header.Set("Content-Type", "application/json")
	}
}

// unknown answers for what no route takes: 405 where another method would do, else 404.
func (s *Server) unknown(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := mux.Handler(probe); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	if len(allowed) == 0 {
		s.writeProblem(w, problem(call.Errorf(call.CodeNotFound, "there is nothing at %s; the API is described at %s", r.URL.Path, openAPIPath)))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.writeProblem(w, problemOf(http.StatusMethodNotAllowed, call.CodeInvalid, fmt.Sprintf("%s takes %s", r.URL.Path, strings.Join(allowed, ", "))))
}

// count notes how a request came out. Live streams are counted when they end.
func (s *Server) count(w *statusWriter, r *http.Request, began time.Time) {
	op := s.operation(r)
	if w.status == 0 {
		w.status = http.StatusOK // as net/http says for a handler that said nothing
	}
	s.requests.WithLabelValues(op, strconv.Itoa(w.status)).Inc()
	if op == opEvents || op == opAudio || op == opVerify || op == opSIP {
		return
	}
	took := s.now().Sub(began)
	s.took.WithLabelValues(op).Observe(took.Seconds())
	if took > slow {
		s.log.Warn("a request was slow", zap.String("operation", op), zap.Duration("took", took), zap.Int("status", w.status))
	}
}

// operation is the name of the route that took a request.
func (s *Server) operation(r *http.Request) string {
	if id, ok := s.operations[r.Pattern]; ok {
		return id
	}
	return "none"
}

// recovered answers for a handler that panicked. huma panics as well when an
// answer can't be written: the client is gone, which is no fault.
func (s *Server) recovered(w *statusWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	fault, isError := p.(error)
	if _, ours := p.(runtime.Error); ours || !isError {
		s.log.Error("a handler broke", zap.String("operation", s.operation(r)), zap.Any("panic", p), zap.Stack("stack"))
	} else {
		s.log.Info("an answer could not be sent", zap.String("operation", s.operation(r)), zap.Error(fault))
	}
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	s.writeProblem(w, problemOf(http.StatusInternalServerError, call.CodeInternal, internalWords))
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a piece of the body.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sourceOf is where a request came from. Headers of proxies are believed of those
// trusted only, see behindProxies: anybody can send them.
func sourceOf(remote string) string {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone("").String()
	}
	return remote
}

// neighbourhood is what log-in attempts are counted by: an address, or the /64
// that a single subscriber has of IPv6.
func neighbourhood(source string) string {
	a, err := netip.ParseAddr(source)
	if err != nil || a.Is4() {
		return source
	}
	p, err := a.Prefix(64)
	if err != nil {
		return source
	}
	return p.String()
}
