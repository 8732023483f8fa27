package web

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/certs/authority"
)

func TestMachinesRoutes(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "ok\n", w.get("", "/healthz").Body.String())
	require.Equal(t, "ready\n", w.get("", "/readyz").Body.String())
	w.rooms.ready = call.Errorf(call.CodeUnavailable, "draining")
	rec := w.get("", "/readyz")
	require.Equal(t, 503, rec.Code)
	require.Equal(t, "draining\n", rec.Body.String())
	require.Equal(t, 200, w.get("", "/healthz").Code, "a node that drains is alive")
	require.Contains(t, w.get("", "/metrics").Body.String(), `hotline_http_requests_total{code="503",operation="readiness"} 1`)
	require.Equal(t, 200, w.do("", http.MethodHead, "/healthz", "").Code)
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/metrics", "/nope", "/api/v1/nope", "/api/v1/seats", "/api/v1/openapi.json"} {
		h := w.get("", path).Header()
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "DENY", h.Get("X-Frame-Options"))
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		require.Equal(t, "no-store", h.Get("Cache-Control"))
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
		require.Empty(t, h.Get("Strict-Transport-Security"), "plain HTTP promises nothing")
		require.Empty(t, h.Get("Access-Control-Allow-Origin"))
	}
}

func TestRequestsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.get("", "/api/v1/seats")
	w.get("admin", "/api/v1/calls/mine")
	w.get("admin", "/api/v1/calls/theirs")
	w.get("admin", "/api/v1/recordings/R1/audio")
	w.do("admin", http.MethodHead, "/api/v1/events", "")
	w.get("", "/nope")
	for op, code := range map[string]string{"list-seats": "401", "get-audio": "200", "events": "200", "none": "404", "open-session": "200"} {
		require.Equal(t, 1.0, testutil.ToFloat64(w.server.requests.WithLabelValues(op, code)), op)
	}
	require.Equal(t, 2.0, testutil.ToFloat64(w.server.requests.WithLabelValues("get-call", "200")))
	require.Equal(t, 4, testutil.CollectAndCount(w.server.took), "streams have no length that means anything")
}

// A handler that breaks answers, or breaks the connection off: half an answer must not look whole.
func TestHandlersThatBreak(t *testing.T) {
	w := newWorld(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/early", func(http.ResponseWriter, *http.Request) { var none []int; _ = none[len(none)] })
	mux.HandleFunc("/late", func(rw http.ResponseWriter, _ *http.Request) { say(rw, 200, "half"); panic("oh") })
	mux.HandleFunc("/gone", func(http.ResponseWriter, *http.Request) { panic(net.ErrClosed) })
	w.server.http.Handler = w.server.outer(mux)
	refused(t, w.get("", "/early"), 500, "internal", internalWords)
	refused(t, w.get("", "/gone"), 500, "internal", internalWords)
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { w.get("", "/late") })
}

func TestHandlerHasItsTime(t *testing.T) {
	w := newWorld(t)
	var left time.Duration
	register(w.server, http.MethodGet, "/test-time", "test-time", "", func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		end, ok := ctx.Deadline()
		require.True(t, ok)
		left = time.Until(end)
		w.clock.pass(2 * slow)
		return nil, nil
	}, silent)
	require.Equal(t, 204, w.get("admin", "/api/v1/test-time").Code)
	require.InDelta(t, workTimeout.Seconds(), left.Seconds(), 2)
}

func TestServesOverTLS(t *testing.T) {
	ca := authority.New(t)
	w := newWorld(t)
	w.reg = prometheus.NewRegistry()
	s := w.serve(Options{Listen: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{ca.Pair(t, "127.0.0.1")}}})
	require.NoError(t, s.Start(t.Context()))
	require.True(t, strings.HasPrefix(s.URL(), "https://127.0.0.1:"))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(s.URL() + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "ok\n", string(body))
	require.Equal(t, "max-age=31536000", resp.Header.Get("Strict-Transport-Security"))
	require.NoError(t, s.Stop(context.Background()))
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.server.Stop(t.Context()), "a server never started is down")
	for words, o := range map[string]Options{
		"http: ": {Listen: "203.0.113.1:1"},
	} {
		w.reg = prometheus.NewRegistry()
		s := w.serve(o)
		require.ErrorContains(t, s.Start(t.Context()), words)
		require.NoError(t, s.Stop(t.Context()))
	}
}

// A request that hangs does not hold the node up for longer than it was given.
func TestStopWaitsNoLongerThanItMay(t *testing.T) {
	w := newWorld(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { close(entered); <-r.Context().Done(); close(leave) })
	w.server.http.Handler = w.server.outer(mux)
	require.NoError(t, w.server.Start(t.Context()))
	conn, err := net.Dial("tcp", w.server.Addr())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = conn.Write([]byte("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, w.server.Stop(ctx), context.Canceled)
	<-leave
}

// brokenWriter is a client who has gone.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestProblemForNobody(t *testing.T) {
	w := newWorld(t)
	far := &wire{header: http.Header{}}
	w.server.writeProblem(brokenWriter{far}, forbidden("x"))
	require.Equal(t, 403, far.status)
}
