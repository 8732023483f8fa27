package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"hotline/call"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "0123456789abcdef0123456789abcdef"

// receiver answers requests as its script says; after the script, 204.
type receiver struct {
	mu     sync.Mutex
	script []any // a status, an error, or a *http.Response
	hold   chan struct{}
	got    []request
}

type request struct {
	at     time.Time
	url    string
	header http.Header
	body   string
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.got = append(r.got, request{time.Now(), req.URL.String(), req.Header.Clone(), string(body)})
	var next any = http.StatusNoContent
	if len(r.script) > 0 {
		next, r.script = r.script[0], r.script[1:]
	}
	hold := r.hold
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	switch next := next.(type) {
	case error:
		return nil, next
	case *http.Response:
		next.Body = io.NopCloser(strings.NewReader("no"))
		return next, nil
	default:
		return &http.Response{StatusCode: next.(int), Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok"))}, nil
	}
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.got...)
}

// shelf is a vault.
type shelf struct {
	mu   sync.Mutex
	kept map[string]Message
}

func (s *shelf) Keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[m.ID] = m
}

func (s *shelf) Drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, id)
}

func (s *shelf) all() (out []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.kept {
		out = append(out, m)
	}
	return out
}

// rig is a sender with one endpoint, duty.
type rig struct {
	*Sender
	*receiver
	*shelf
	logs *observer.ObservedLogs
}

func newRig(t *testing.T, script ...any) rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := rig{receiver: &receiver{script: script}, shelf: &shelf{kept: map[string]Message{}}, logs: logs}
	n := 0
	r.Sender = New(Options{
		NewID:  func() string { n++; return fmt.Sprintf("id-%d", n) },
		Client: r.receiver, Vault: r.shelf,
	}, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, r.SetEndpoints([]Endpoint{duty()}))
	return r
}

func duty() Endpoint {
	return Endpoint{Name: "duty", URL: "https://duty.example.com/hook?token=letmein", Secret: secret}
}

func (r rig) end(t *testing.T) {
	t.Helper()
	require.NoError(t, r.Stop(context.Background()))
}

func TestAnEventIsSentSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.end(t)
		require.NoError(t, r.Send("duty", "plan_page", map[string]int{"short": 3}))
		synctest.Wait()
		got := r.requests()
		require.Len(t, got, 1)
		require.Equal(t, duty().URL, got[0].url)
		require.JSONEq(t, `{"short":3}`, got[0].body)
		require.Equal(t, "plan_page", got[0].header.Get(HeaderEvent))
		require.Equal(t, "id-1", got[0].header.Get(HeaderID))
		require.Equal(t, "application/json", got[0].header.Get("Content-Type"))
		require.NoError(t, Verify(got[0].header, []byte(got[0].body), secret, time.Now().Add(4*time.Minute)))
		require.Equal(t, call.CodeForbidden, call.CodeOf(Verify(got[0].header, []byte(got[0].body), secret, time.Now().Add(6*time.Minute))), "too old")
		require.Error(t, Verify(got[0].header, []byte(got[0].body+" "), secret, time.Now()), "changed on the way")
		require.Error(t, Verify(got[0].header, []byte(got[0].body), secret[1:], time.Now()), "another key")
		require.Error(t, Verify(http.Header{}, nil, secret, time.Now()))
		require.Empty(t, r.all(), "what was sent is not kept")
		require.InDelta(t, 1, testutil.ToFloat64(r.results.WithLabelValues("duty", resultSent)), 0)
	})
}

// TestTheSignatureIsTheDocumentedOne: the figures a receiver in another language can be checked with.
func TestTheSignatureIsTheDocumentedOne(t *testing.T) {
	h := http.Header{}
	sign(h, Message{ID: "1", Event: "plan_page", Body: []byte(`{"a":1}`)}, secret, time.Unix(1793606400, 0))
	require.Equal(t, "1793606400", h.Get(HeaderTimestamp))
	require.Equal(t, "sha256=9cfdec6e5ffbedac4b39c123b7398ca43005043e9cfbfee03f6aaae56c329965", h.Get(HeaderSignature))
}

func TestWhatFailsIsTriedAgainWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}}
		r := newRig(t, 503, errors.New("connection refused"), http.StatusRequestTimeout, wait)
		defer r.end(t)
		start := time.Now()
		require.NoError(t, r.Send("duty", "plan_page", 1))
		time.Sleep(time.Hour)
		var at []time.Duration
		for _, q := range r.requests() {
			at = append(at, q.at.Sub(start))
			require.Equal(t, "id-1", q.header.Get(HeaderID), "one event, whatever the try")
			require.NoError(t, Verify(q.header, []byte(q.body), secret, q.at))
		}
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 37 * time.Second}, at)
		require.Empty(t, r.all())
	})
}

func TestWhatIsRefusedForGoodIsGivenUp(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusGone} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, status)
			defer r.end(t)
			require.NoError(t, r.Send("duty", "plan_page", 1))
			require.NoError(t, r.Send("duty", "plan_page", 2))
			synctest.Wait()
			require.Len(t, r.requests(), 2, "each once, redirects are not followed")
			require.InDelta(t, 1, testutil.ToFloat64(r.results.WithLabelValues("duty", resultGivenUp)), 0)
			require.Empty(t, r.all())
		})
	}
}

func TestATooOldEventIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := make([]any, 200)
		for i := range script {
			script[i] = 500
		}
		r := newRig(t, script...)
		defer r.end(t)
		require.NoError(t, r.Send("duty", "plan_page", 1))
		time.Sleep(2 * time.Hour)
		tries := len(r.requests())
		require.Greater(t, tries, 20)
		require.Less(t, tries, 50)
		require.InDelta(t, 1, testutil.ToFloat64(r.results.WithLabelValues("duty", resultGivenUp)), 0)
	})
}

func TestADeadReceiverHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.end(t)
		r.hold = make(chan struct{})
		require.NoError(t, r.SetEndpoints([]Endpoint{duty(), {Name: "night", URL: "http://night.example.com/", Secret: secret}}))
		require.NoError(t, r.Send("duty", "plan_page", 0))
		synctest.Wait()
		for n := range queueMost {
			require.NoError(t, r.Send("duty", "plan_page", n))
		}
		require.Equal(t, call.CodeCapacity, call.CodeOf(r.Send("duty", "plan_page", "one too many")))
		require.Equal(t, call.CodeNotFound, call.CodeOf(r.Send("nobody", "plan_page", 1)))
		require.Equal(t, call.CodeInvalid, call.CodeOf(r.Send("night", "plan_page", strings.Repeat("x", bodyMost))))
		require.Equal(t, call.CodeInvalid, call.CodeOf(r.Send("night", "plan_page", make(chan int))))
		require.NoError(t, r.Send("night", "plan_page", 1))
		synctest.Wait()
		require.Len(t, r.requests(), 2, "the other's goes out at once")
		time.Sleep(sendTimeout + 2*firstPause)
		require.Len(t, r.requests(), 4, "a receiver that does not answer is given ten seconds")
		close(r.hold)
		time.Sleep(time.Minute)
		require.Len(t, r.requests(), 4+queueMost)
	})
}

func TestWhatWaitsSurvivesAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 500)
		require.NoError(t, r.Send("duty", "plan_page", "first"))
		require.NoError(t, r.Send("duty", "plan_page", "second"))
		synctest.Wait()
		time.Sleep(time.Millisecond)
		r.end(t)
		require.Equal(t, call.CodeNotFound, call.CodeOf(r.Send("duty", "plan_page", "too late")))
		left := r.all()
		require.Len(t, left, 2)
		for i := range left {
			if left[i].ID == "id-2" {
				left[i].At = left[i].At.Add(time.Millisecond)
			}
		}
		left = append(left, Message{ID: "gone", Endpoint: "gone", At: time.Now()})

		again := newRig(t)
		defer again.end(t)
		again.Resume(left)
		synctest.Wait()
		got := again.requests()
		require.Len(t, got, 2)
		require.Equal(t, []string{`"first"`, `"second"`}, []string{got[0].body, got[1].body})
		require.Empty(t, again.all())
	})
}

func TestARevisionChangesEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 500)
		defer r.end(t)
		require.True(t, r.Has("duty"))
		require.NoError(t, r.Send("duty", "plan_page", 1))
		synctest.Wait()
		moved := duty()
		moved.URL = "https://new.example.com/"
		require.NoError(t, r.SetEndpoints([]Endpoint{moved}))
		time.Sleep(2 * firstPause)
		require.Equal(t, moved.URL, r.requests()[1].url, "the next try goes to the new address")

		r.receiver.mu.Lock()
		r.script = []any{500}
		r.receiver.mu.Unlock()
		require.NoError(t, r.Send("duty", "plan_page", 2))
		require.NoError(t, r.Send("duty", "plan_page", 3))
		synctest.Wait()
		require.NoError(t, r.SetEndpoints(nil))
		time.Sleep(time.Minute)
		require.False(t, r.Has("duty"))
		require.Len(t, r.requests(), 3, "nothing goes to an endpoint that is gone")
		require.Empty(t, r.all())
		require.InDelta(t, 0, testutil.ToFloat64(r.waiting.WithLabelValues("duty")), 0)
		require.Error(t, r.SetEndpoints(make([]Endpoint, endpointsMost+1)))
	})
}

func TestNoSecretIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, errors.New("no route to host"), 500)
		defer r.end(t)
		require.NoError(t, r.Send("duty", "plan_page", 1))
		time.Sleep(time.Minute)
		require.Len(t, r.logs.All(), 3)
		for _, e := range r.logs.All() {
			text := e.Message + fmt.Sprint(e.ContextMap())
			require.NotContains(t, text, "letmein")
			require.NotContains(t, text, secret)
		}
	})
}
