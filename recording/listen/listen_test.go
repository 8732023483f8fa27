package listen_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"hotline/call"
	"hotline/media"
	"hotline/recording/fork"
	"hotline/recording/listen"
	"hotline/test/speech"
	"hotline/test/tone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mouth says sound in A-law by the real clock, 20 ms a packet, over and over.
type mouth struct {
	mu    sync.Mutex
	sound []byte
	begun time.Time
	said  int64
	ssrc  uint32
}

// says is somebody who says a tone for a second, and is silent for as long, from now on.
func says(hz float64) *mouth {
	sound := append(tone.Generate(hz, 1, call.CodecPCMA), tone.Encode(make([]int16, tone.Rate), call.CodecPCMA)...)
	return &mouth{sound: sound, begun: time.Now(), ssrc: rand.Uint32()}
}

func (m *mouth) Overruns() uint64 { return 0 }

func (m *mouth) Read(fn func(media.Frame)) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; m.begun.Add(time.Duration(m.said) * 20 * time.Millisecond).Before(time.Now()); m.said++ {
		at := int(m.said) * 160 % len(m.sound)
		fn(media.Frame{
			Arrival: m.begun.Add(time.Duration(m.said) * 20 * time.Millisecond).UnixNano(), Seq: uint16(m.said), Timestamp: uint32(m.said * 160),
			SSRC: m.ssrc, Codec: call.CodecPCMA, Payload: m.sound[at : at+160],
		})
		n++
	}
	return n
}

// booth has one service hear one caller.
type booth struct {
	t       *testing.T
	ears    *listen.Ears
	reg     *prometheus.Registry
	logs    *observer.ObservedLogs
	service listen.Service
	spec    listen.Spec
	news    chan listen.News
}

func open(t *testing.T, h http.Handler) *booth {
	server := httptest.NewServer(h)
	b := &booth{t: t, reg: prometheus.NewRegistry(), news: make(chan listen.News, 10)}
	core, logs := observer.New(zapcore.DebugLevel)
	b.logs = logs
	var err error
	b.ears, err = listen.New(listen.Options{Clock: func() int64 { return time.Now().UnixNano() }}, zap.New(core), b.reg)
	require.NoError(t, err)
	b.service = listen.Service{
		Name: "asr", URL: "ws" + strings.TrimPrefix(server.URL, "http") + "/hidden", Headers: map[string]string{"Authorization": "Bearer topsecret"},
		Packet: 40 * time.Millisecond, Timeout: 5 * time.Second, Answer: 5 * time.Second, AtOnce: 2, Failures: 2, Pause: time.Hour,
	}
	b.ears.SetServices([]listen.Service{b.service})
	b.spec = listen.Spec{
		ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Service: "asr", Call: "c1", Flow: "main", Node: "ask", Language: "zh", Intents: []string{"bill"},
		Hints: []string{"宽带"}, Confidence: 0.5, Max: 10 * time.Second, Tell: func(n listen.News) { b.news <- n },
	}
	t.Cleanup(func() {
		b.ears.Stop()
		server.CloseClientConnections()
		server.Close()
		for _, line := range b.logs.All() {
			all := line.Message
			for _, f := range line.Context {
				all += " " + f.String
			}
			require.NotContains(t, all, "topsecret")
			require.NotContains(t, all, "hidden", "an address may hold a secret")
		}
	})
	return b
}

func (b *booth) change(f func(*listen.Service)) {
	f(&b.service)
	b.ears.SetServices([]listen.Service{b.service})
}

func (b *booth) start() *listen.Stream {
	b.t.Helper()
	if b.spec.Caller == nil {
		b.spec.Caller = says(600)
	}
	s, err := b.ears.Start(b.spec)
	require.NoError(b.t, err)
	return s
}

func (b *booth) next() listen.News {
	b.t.Helper()
	select {
	case n := <-b.news:
		return n
	case <-time.After(30 * time.Second):
		require.Fail(b.t, "nothing is told")
		return listen.News{}
	}
}

// fails begins a listening and gives why it fails.
func (b *booth) fails() string {
	b.t.Helper()
	b.start()
	for {
		if n := b.next(); !n.Speech {
			require.Error(b.t, n.Err, "%s", n.Final)
			return n.Err.Error()
		}
	}
}

func (b *booth) metric(name string, labels ...string) float64 {
	families, err := b.reg.Gather()
	require.NoError(b.t, err)
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			text := m.String()
			fits := f.GetName() == name
			for _, l := range labels {
				fits = fits && strings.Contains(text, `"`+l+`"`)
			}
			if fits {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func reference() *speech.Service {
	return &speech.Service{Secret: "topsecret", Intents: map[int]string{600: "bill"}, Slots: map[string]string{"line": "7"}}
}

func TestAServiceHearsACaller(t *testing.T) {
	for _, encoding := range []fork.Encoding{fork.PCM, fork.PCMA, fork.PCMU} {
		asr := reference()
		b := open(t, asr)
		b.change(func(s *listen.Service) { s.Encoding = encoding })
		b.start()
		require.Equal(t, listen.News{Speech: true}, b.next())
		var final struct {
			Text, Intent string
			Confidence   float64
			Slots        map[string]string
		}
		require.NoError(t, json.Unmarshal(b.next().Final, &final))
		require.Equal(t, "bill", final.Intent)
		require.Equal(t, "a tone of 600 Hz", final.Text)
		require.Greater(t, final.Confidence, 0.8)
		require.Equal(t, map[string]string{"line": "7"}, final.Slots)
		require.Eventually(t, func() bool { return b.metric("hotline_listen_streams") == 0 }, 10*time.Second, 5*time.Millisecond)
		require.Equal(t, 1.0, b.metric("hotline_listen_total", "heard"))
		require.Equal(t, 1.0, b.metric("hotline_listen_answer_seconds"))
		heard := asr.All()[0]
		require.Equal(t, "end silence", heard.Ended)
		require.Equal(t, []string{"bill"}, heard.Start.Intents)
		require.Equal(t, []string{"宽带"}, heard.Start.Hints)
		require.Equal(t, encoding.String(), heard.Start.Format.Encoding)
		require.Equal(t, "zh main ask c1", strings.Join([]string{heard.Start.Language, heard.Start.Flow, heard.Start.Node, heard.Start.Call}, " "))
		require.Greater(t, float64(heard.Samples)/tone.Rate, 1.2, "a second of tone, and the silence that ended it")
	}
}

func TestNobodyWantsToKnowAnyMore(t *testing.T) {
	asr := reference()
	b := open(t, asr)
	s := b.start()
	require.True(t, b.next().Speech)
	s.Stop(listen.CallEnded)
	s.Stop(listen.MovedOn)
	require.Eventually(t, func() bool { return asr.All()[0].Ended == "cancel call_ended" }, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { return b.metric("hotline_listen_total", "moved_on") == 1 }, 10*time.Second, 5*time.Millisecond)
	require.Empty(t, b.news)

	never := make(chan struct{}) // it takes no connection
	defer close(never)
	b = open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-never:
		case <-r.Context().Done():
		}
	}))
	b.start().Stop(listen.MovedOn)
	b.change(func(s *listen.Service) { s.Timeout = 50 * time.Millisecond })
	require.Contains(t, b.fails(), "asr: it has not taken the connection within 50ms")
	b.change(func(s *listen.Service) { s.Timeout = time.Hour })
	b.start() // and the node stops
}

func TestTooManyAndLeftAlone(t *testing.T) {
	b := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) }))
	_, err := b.ears.Start(listen.Spec{Service: "asrr"})
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	require.Contains(t, b.fails(), "it answered 503 instead of 101")
	require.Zero(t, b.metric("hotline_listen_breaker_open"))
	require.Contains(t, b.fails(), "it answered 503 instead of 101")
	require.Equal(t, 1.0, b.metric("hotline_listen_breaker_open"))
	_, err = b.ears.Start(b.spec)
	require.ErrorContains(t, err, "it has failed 2 times and is left alone")
	b.change(func(s *listen.Service) { s.AtOnce = 1 }) // the same address: the breaker stays
	_, err = b.ears.Start(b.spec)
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	good := httptest.NewServer(reference())
	defer good.Close()
	b.change(func(s *listen.Service) { s.URL = "ws" + strings.TrimPrefix(good.URL, "http") })
	s := b.start()
	_, err = b.ears.Start(b.spec)
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.Equal(t, 3.0, b.metric("hotline_listen_total", "refused"))
	s.Stop(listen.MovedOn)
	b.ears.Stop()
	_, err = b.ears.Start(b.spec)
	require.ErrorContains(t, err, "the node is stopping")
}

// speaks is a service that says these texts once it has been greeted, and then reads on; b:N is N bytes that are no text.
func speaks(texts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{listen.Subprotocol}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		_, _, _ = conn.Read(r.Context())
		for _, text := range texts {
			switch {
			case text == "bytes":
				_ = conn.Write(r.Context(), websocket.MessageBinary, []byte{1, 2})
			case text == "go":
				return
			case strings.HasPrefix(text, "close"):
				_ = conn.Close(websocket.StatusTryAgainLater, "")
				return
			default:
				_ = conn.Write(r.Context(), websocket.MessageText, []byte(text))
			}
		}
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
	})
}

func TestServicesThatLie(t *testing.T) {
	const lied, lost = "what came is not the protocol", "its connection is gone"
	for name, c := range map[string]struct {
		says   []string
		want   string
		result string
	}{
		"no JSON":            {[]string{`<html>`}, lied, "lied"},
		"no object":          {[]string{`[1]`}, lied, "lied"},
		"no event":           {[]string{`{"seq":1}`}, lied, "lied"},
		"no sequence":        {[]string{`{"event":"speech_started","seq":1}`, `{"event":"final","seq":1,"intent":"bill"}`}, lied, "lied"},
		"bytes":              {[]string{"bytes"}, lied, "lied"},
		"too sure":           {[]string{`{"event":"final","seq":1,"confidence":7}`}, lied, "lied"},
		"no word":            {[]string{`{"event":"final","seq":1,"intent":"a b"}`}, lied, "lied"},
		"a slot in a slot":   {[]string{`{"event":"final","seq":1,"slots":{"a":{"b":1}}}`}, lied, "lied"},
		"too long":           {[]string{`{"event":"partial","seq":1,"text":"` + strings.Repeat("x", 17<<10) + `"}`}, "a message is too long", "lied"},
		"twice the same":     {strings.Split(strings.TrimSuffix(strings.Repeat(`{"event":"partial","seq":1}|`, 2), "|"), "|"), lied, "lied"},
		"an error":           {[]string{`{"event":"error","seq":1,"code":"busy","words":"13800138000"}`}, "it has answered error busy", "refused"},
		"an error in prose":  {[]string{`{"event":"error","seq":1,"code":"call 13800138000 failed"}`}, "it has answered error unknown", "refused"},
		"it closes":          {[]string{"close"}, "it closed the connection with 1013", "lost"},
		"it goes":            {[]string{`{"event":"speech_started","seq":1}`, "go"}, lost, "lost"},
		"words and no final": {[]string{`{"event":"partial","seq":1}`, `{"event":"speech_ended","seq":2}`}, "it has not said in time what it heard", "slow"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, speaks(c.says...))
			b.change(func(s *listen.Service) { s.Answer = 100 * time.Millisecond })
			require.Contains(t, b.fails(), "asr: "+c.want)
			require.Eventually(t, func() bool { return b.metric("hotline_listen_total", c.result) == 1 }, 10*time.Second, 5*time.Millisecond)
			require.NotContains(t, b.logs.All()[0].ContextMap(), "13800138000")
		})
	}
}

func TestTheLongestWordIsCut(t *testing.T) {
	b := open(t, speaks(`{"event":"speech_started","seq":1,"of":"no interest"}`, `{"event":"weather","seq":2}`))
	b.spec.Max = 50 * time.Millisecond
	b.change(func(s *listen.Service) { s.Answer = 50 * time.Millisecond })
	require.Contains(t, b.fails(), "it has not said in time what it heard")
}

func TestAFinalAndGone(t *testing.T) {
	long := strings.Repeat("话", 100)
	b := open(t, speaks(`{"event":"final","seq":9,"text":"`+long+`"}`, "go"))
	b.start()
	var final map[string]any
	require.NoError(t, json.Unmarshal(b.next().Final, &final))
	require.Equal(t, map[string]any{"text": strings.Repeat("话", 85), "intent": "", "confidence": 1.0, "slots": map[string]any{}}, final)
}

func TestAnotherProtocol(t *testing.T) {
	b := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			_, _, _ = conn.Read(context.Background())
		}
	}))
	require.Contains(t, b.fails(), "it does not speak hotline.speech.v1")
}
