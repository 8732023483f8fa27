package dip

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"hotline/call"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an asker and a service it knows.
type world struct {
	*Asker
	t    *testing.T
	logs *observer.ObservedLogs
}

func newWorld(t *testing.T, h http.HandlerFunc, change func(*Service)) *world {
	server := httptest.NewServer(h)
	core, logs := observer.New(zap.DebugLevel)
	a := New(zap.New(core), prometheus.NewRegistry())
	t.Cleanup(func() { a.Stop(); server.Close() })
	s := Service{
		Name: "crm", URL: server.URL + "/api", Headers: map[string]string{"Authorization": "Bearer hidden"},
		Timeout: 5 * time.Second, MaxAnswer: 1024, AtOnce: 2, Failures: 3, Pause: time.Minute,
	}
	if change != nil {
		change(&s)
	}
	a.SetServices([]Service{s})
	return &world{a, t, logs}
}

// asks waits for the answer.
func (w *world) asks(r Request) (Answer, error) {
	type result struct {
		answer Answer
		err    error
	}
	got := make(chan result, 1)
	r.Service = "crm"
	w.Go(nil, r, func(a Answer, err error) { got <- result{a, err} })
	one := <-got
	return one.answer, one.err
}

func TestAsksWithBodyAndHeaders(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(map[string]string{
			"method": r.Method, "path": r.URL.RequestURI(), "body": string(body), "auth": r.Header.Get("Authorization"), "type": r.Header.Get("Content-Type"),
		})
	}, nil)
	got, err := w.asks(Request{Method: "POST", Path: "/a%2Fb?x=1", Body: []byte(`{"pin":"1"}`)})
	require.NoError(t, err)
	require.Equal(t, 200, got.Status)
	require.JSONEq(t, `{"method":"POST","path":"/api/a%2Fb?x=1","body":"{\"pin\":\"1\"}","auth":"Bearer hidden","type":"application/json"}`, string(got.Body))
	require.InDelta(t, 1, testutil.ToFloat64(w.asked.WithLabelValues("crm", resultAnswered)), 0)
}

func TestNothingLeadsAway(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
	}, func(s *Service) { s.URL = strings.TrimSuffix(s.URL, "/api") })
	for _, path := range []string{"@elsewhere.invalid/", ".elsewhere.invalid", "/\x00"} {
		_, err := w.asks(Request{Method: "GET", Path: path})
		require.Error(t, err, path)
	}
	got, err := w.asks(Request{Method: "GET", Path: "/x"})
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, got.Status, "not followed")
}

func TestTriesAgainWhereHarmless(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.Method == http.MethodGet && asked.Load() == 2 {
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}, func(s *Service) { s.Retries = 2 })
	got, err := w.asks(Request{Method: "GET"})
	require.NoError(t, err)
	require.Equal(t, 200, got.Status)
	require.EqualValues(t, 2, asked.Load())
	got, err = w.asks(Request{Method: "POST", Body: []byte("{}")})
	require.NoError(t, err)
	require.Equal(t, 503, got.Status, "an order is placed once")
	require.EqualValues(t, 3, asked.Load())
}

func TestSlowLongAndGone(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/slow":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/api/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 2000))
		case "/api/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}
	}, func(s *Service) { s.Timeout, s.Failures = 50*time.Millisecond, 100 })
	defer close(release)
	_, err := w.asks(Request{Method: "GET", Path: "/slow?number=13800138000"})
	require.ErrorIs(t, err, errTime)
	_, err = w.asks(Request{Method: "GET", Path: "/long"})
	require.ErrorIs(t, err, errTooLong)
	_, err = w.asks(Request{Method: "GET", Path: "/cut"})
	require.Error(t, err)
	w.SetServices([]Service{{Name: "crm", URL: "http://127.0.0.1:1", Timeout: time.Second, AtOnce: 1, Failures: 9}})
	_, err = w.asks(Request{Method: "GET", Path: "/x?number=13800138000"})
	require.Error(t, err)
	for _, l := range w.logs.All() {
		for _, v := range l.ContextMap() {
			require.NotContains(t, v, "13800138000", "no customer in the log")
			require.NotContains(t, v, "hidden")
		}
	}
	require.InDelta(t, 1, testutil.ToFloat64(w.asked.WithLabelValues("crm", resultTimeout)), 0)
}

func TestBreaker(t *testing.T) {
	s := &service{Service: Service{Name: "crm", Failures: 2, Pause: time.Minute}, slots: make(chan struct{}, 2)}
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	fails := func() float64 {
		require.NoError(t, s.admit(now))
		return s.over(now, false, false)
	}
	require.Zero(t, fails())
	require.NoError(t, s.admit(now))
	require.Zero(t, s.over(now, false, true), "the caller hung up: that is no failure")
	require.InDelta(t, 1, fails(), 0)
	require.ErrorContains(t, s.admit(now), "has not answered 2 times")
	now = now.Add(time.Minute)
	require.NoError(t, s.admit(now), "one tries")
	require.Error(t, s.admit(now), "and no other")
	require.InDelta(t, 1, s.over(now, false, false), 0)
	require.Error(t, s.admit(now.Add(59*time.Second)))
	now = now.Add(time.Minute)
	require.NoError(t, s.admit(now))
	require.InDelta(t, 1, s.over(now, false, true), 0, "nothing is known: still left alone")
	require.NoError(t, s.admit(now), "until another has tried")
	require.Zero(t, s.over(now, true, false))
	require.NoError(t, s.admit(now))
	require.NoError(t, s.admit(now))
	err := s.admit(now)
	var code *call.Error
	require.True(t, errors.As(err, &code) && code.Code == call.CodeCapacity, "%v", err)
}

func TestOpenBreakerIsSeenAndKept(t *testing.T) {
	w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, func(s *Service) { s.Failures = 1 })
	_, err := w.asks(Request{Method: "GET"})
	require.NoError(t, err, "an answer, if no good one")
	_, err = w.asks(Request{Method: "GET"})
	require.ErrorContains(t, err, "left alone")
	require.InDelta(t, 1, testutil.ToFloat64(w.open.WithLabelValues("crm")), 0)
	same := w.services["crm"].Service
	w.SetServices([]Service{same})
	_, err = w.asks(Request{Method: "GET"})
	require.ErrorContains(t, err, "left alone", "a reload does not forget")
	w.SetServices(nil)
	_, err = w.asks(Request{Method: "GET"})
	require.ErrorContains(t, err, "no service crm any more")
}

func TestTheCallerHangsUpAndTheNodeStops(t *testing.T) {
	arrived := make(chan struct{}, 2)
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}, nil)
	over, got := make(chan struct{}), make(chan error, 2)
	w.Go(over, Request{Service: "crm", Method: "GET"}, func(_ Answer, err error) { got <- err })
	<-arrived
	close(over)
	require.ErrorIs(t, <-got, context.Canceled)
	w.Go(nil, Request{Service: "crm", Method: "GET"}, func(_ Answer, err error) { got <- err })
	<-arrived
	w.Stop()
	require.Error(t, <-got)
	w.Go(nil, Request{Service: "crm"}, func(_ Answer, err error) { got <- err })
	require.ErrorContains(t, <-got, "stopping")
}
