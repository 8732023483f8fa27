package fork_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"hotline/call"
	"hotline/media"
	"hotline/recording/fork"
	"hotline/test/peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mouth says A-law frames of one code, 50 a second by the real clock.
type mouth struct {
	mu    sync.Mutex
	code  byte
	now   func() time.Time
	begun time.Time
	said  int64
	ssrc  uint32
}

func speak(code byte) *mouth {
	return &mouth{code: code, now: time.Now, begun: time.Now(), ssrc: rand.Uint32()}
}

func (m *mouth) Overruns() uint64 { return 0 }

func (m *mouth) Read(fn func(media.Frame)) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for ; m.begun.Add(time.Duration(m.said) * 20 * time.Millisecond).Before(m.now()); m.said++ {
		f := media.Frame{
			Arrival: m.begun.Add(time.Duration(m.said) * 20 * time.Millisecond).UnixNano(), Seq: uint16(m.said), Timestamp: uint32(m.said * 160),
			SSRC: m.ssrc, Codec: call.CodecPCMA, Payload: make([]byte, 160),
		}
		for i := range f.Payload {
			f.Payload[i] = m.code
		}
		fn(f)
		n++
	}
	return n
}

// booth is a fork with one engine, and what it logs.
type booth struct {
	t     *testing.T
	forks *fork.Forks
	reg   *prometheus.Registry
	logs  *observer.ObservedLogs
	spec  fork.Spec
}

func open(t *testing.T, e *peer.Engine, client *http.Client) *booth {
	b := &booth{t: t, reg: prometheus.NewRegistry()}
	core, logs := observer.New(zapcore.DebugLevel)
	b.logs = logs
	var err error
	b.forks, err = fork.New(fork.Options{Clock: func() int64 { return time.Now().UnixNano() }, Client: client, Most: 2}, zap.New(core), b.reg)
	require.NoError(t, err)
	b.spec = fork.Spec{
		ID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Caller: speak(0x10),
		Engine: fork.Engine{Name: "asr", URL: e.WebSocketURL(), Headers: map[string]string{"Authorization": "Bearer topsecret"}, Packet: 20 * time.Millisecond},
		About:  fork.About{Call: "c1", Trunk: "gateway", Queue: "general", Called: "10000"},
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = b.forks.Close(ctx)
		if client == nil {
			http.DefaultClient.CloseIdleConnections()
		}
		for _, line := range b.logs.All() {
			all := line.Message
			for _, f := range line.Context {
				all += " " + f.String
				if err, ok := f.Interface.(error); ok {
					all += " " + err.Error()
				}
			}
			require.NotContains(t, all, "topsecret")
			require.NotContains(t, all, "/calls", "an address may hold a secret")
		}
	})
	return b
}

func (b *booth) start() *fork.Stream {
	b.t.Helper()
	s, err := b.forks.Start(b.spec)
	require.NoError(b.t, err)
	return s
}

func (b *booth) metric(name string) float64 {
	sum := 0.0
	families, err := b.reg.Gather()
	require.NoError(b.t, err)
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// heard counts the samples of a channel that are as wanted.
func heard(pcm []byte, channel int, want int16) (n int) {
	for i := 2 * channel; i+1 < len(pcm); i += 4 {
		if int16(binary.LittleEndian.Uint16(pcm[i:])) == want {
			n++
		}
	}
	return n
}

func (b *booth) eventually(cond func() bool, words string) {
	b.t.Helper()
	require.Eventually(b.t, cond, 20*time.Second, 10*time.Millisecond, words)
}

func TestAnEngineHearsBothSides(t *testing.T) {
	e := peer.NewTLSEngine(t)
	b := open(t, e, e.Client())
	s := b.start()
	s.Hear(speak(0x50))
	b.eventually(func() bool { return heard(e.Sound(), 1, media.ExpandALaw(0x50)) > 1600 }, "the seat is heard on the right")
	s.Quiet(true)
	e.WaitEvent("paused")
	s.Quiet(false)
	resumed := e.WaitEvent("resumed")
	s.Stop(fork.Ended)
	stop := e.WaitEvent("stop")
	require.Equal(t, "ended", stop.Text["reason"])
	require.EqualValues(t, stop.At*4, len(e.Sound()), "every sample up to there was sent")
	require.Greater(t, resumed.At, int64(1600))
	start := e.Said()[0]
	require.Equal(t, map[string]any{
		"event": "start", "at": 0.0, "stream": b.spec.ID, "call": "c1", "engine": "asr", "trunk": "gateway", "queue": "general",
		"called": "10000", "resumed": false, "paused": false, "started_at": start.Text["started_at"],
		"format": map[string]any{"encoding": "pcm_s16le", "sample_rate": 8000.0, "channels": []any{"caller", "seats"}},
	}, start.Text)
	require.Equal(t, []string{"start", "paused", "resumed", "stop"}, e.Events())
	require.Equal(t, "Bearer topsecret", e.Handshakes()[0].Get("Authorization"))
	require.Equal(t, fork.Subprotocol, e.Handshakes()[0].Get("Sec-WebSocket-Protocol"))
	quiet, silence := false, 0
	for _, m := range e.Said() {
		switch {
		case m.Sound == nil:
			quiet = m.Event == "paused" || quiet && m.Event != "resumed"
		case quiet:
			require.Equal(t, len(m.Sound)/4, heard(m.Sound, 0, 0))
			silence++
		}
	}
	require.Positive(t, silence)
	require.Zero(t, b.metric("hotline_fork_dropped_seconds_total"))
	b.eventually(func() bool { return b.metric("hotline_fork_streams") == 0 }, "the stream is over")
}

func TestG711IsSentAsItIs(t *testing.T) {
	for _, c := range []struct {
		encoding fork.Encoding
		want     byte
		name     string
	}{{fork.PCMA, 0x10, "pcma"}, {fork.PCMU, media.CompressMuLaw(media.ExpandALaw(0x10)), "pcmu"}} {
		e := peer.NewEngine(t)
		b := open(t, e, nil)
		b.spec.Engine.Encoding = c.encoding
		s := b.start()
		b.eventually(func() bool { return strings.Count(string(e.Sound()), string([]byte{c.want})) > 800 }, c.name)
		s.Stop(fork.CallEnded)
		require.EqualValues(t, e.WaitEvent("stop").At*2, len(e.Sound()))
		require.Equal(t, c.name, e.Said()[0].Text["format"].(map[string]any)["encoding"])
	}
}

func TestAnEngineThatGoesIsDialledAgainAndToldWhatItMissed(t *testing.T) {
	e := peer.NewEngine(t)
	e.Behave(peer.EngineManners{Drop: 10})
	b := open(t, e, nil)
	s := b.start()
	b.eventually(func() bool { return len(e.Handshakes()) == 2 }, "it is dialled again")
	e.Behave(peer.EngineManners{})
	b.eventually(func() bool { return strings.Count(strings.Join(e.Events(), " "), "start") >= 3 }, "it stays")
	s.Stop(fork.CallEnded)
	stop := e.WaitEvent("stop")
	starts := 0
	for _, m := range e.Said() {
		if m.Event == "start" {
			require.Equal(t, starts > 0, m.Text["resumed"])
			starts++
		}
	}
	require.LessOrEqual(t, int64(len(e.Sound()))/4, stop.At, "what was on its way when it went is not sent again")
	require.Equal(t, 1, b.logs.FilterLevelExact(zapcore.WarnLevel).Len(), "one line a stream, whatever happens")
}

// TestASlowEngineCostsTheOldestSound has hours of sound pass within seconds, more
// than sockets hold: the call's side never waits, and the engine is told what it missed.
func TestASlowEngineCostsTheOldestSound(t *testing.T) {
	e := peer.NewEngine(t)
	hold := make(chan struct{})
	e.Behave(peer.EngineManners{Stall: hold})
	b := open(t, e, nil)
	begun := time.Now()
	fast := func() time.Time { return begun.Add(150 * time.Since(begun)) }
	var err error
	b.reg = prometheus.NewRegistry()
	b.forks, err = fork.New(fork.Options{Clock: func() int64 { return fast().UnixNano() }}, zap.NewNop(), b.reg)
	require.NoError(t, err)
	m := speak(0x10)
	m.now, m.begun = fast, begun
	b.spec.Caller, b.spec.Engine.Packet = m, 100*time.Millisecond
	s := b.start()
	b.eventually(func() bool { return b.metric("hotline_fork_dropped_seconds_total") > 10 }, "the queue is full")
	close(hold)
	e.WaitEvent("gap")
	s.Stop(fork.CallEnded)
	stop := e.WaitEvent("stop")
	next := int64(0)
	for _, m := range e.Said() {
		if m.Event == "gap" {
			missed, _ := m.Text["samples"].(float64)
			require.Equal(t, next+int64(missed), m.At)
			next = m.At
		}
		next += int64(len(m.Sound)) / 4
	}
	require.Equal(t, stop.At, next, "sound and gaps add up")
}

func TestEnginesThatLie(t *testing.T) {
	for name, m := range map[string]peer.EngineManners{
		"refuses": {Status: 403}, "sends elsewhere": {Status: 302}, "says it is no WebSocket": {Status: 200}, "talks without end": {Chatty: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			e := peer.NewEngine(t)
			e.Behave(m)
			b := open(t, e, nil)
			s := b.start()
			b.eventually(func() bool { return len(e.Handshakes()) >= 2 }, "it is tried again")
			e.Behave(peer.EngineManners{})
			b.eventually(func() bool { return len(e.Sound()) > 3200 }, "and heard as soon as it behaves")
			s.Stop(fork.CallEnded)
			e.WaitEvent("stop")
		})
	}
}

func TestACallEndsWhileTheEngineIsAway(t *testing.T) {
	e := peer.NewEngine(t)
	b := open(t, e, nil)
	e.Close()
	s := b.start()
	b.eventually(func() bool { return b.metric("hotline_fork_connections_total") >= 1 }, "it was tried")
	s.Stop(fork.CallEnded)
	s.Stop(fork.CallEnded) // twice is once
	s.Hear(speak(1))       // too late
	b.eventually(func() bool { return b.metric("hotline_fork_streams") == 0 }, "it is given up after a while")
	require.Positive(t, b.metric("hotline_fork_dropped_seconds_total"))
}

func TestStreamsAreBounded(t *testing.T) {
	e := peer.NewEngine(t)
	b := open(t, e, nil)
	b.start()
	b.start()
	_, err := b.forks.Start(b.spec)
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.Equal(t, 1.0, b.metric("hotline_fork_refused_total"))
	require.NoError(t, b.forks.Close(t.Context()), "they are told, and end")
	require.Equal(t, 2, strings.Count(strings.Join(e.Events(), " "), "stop"))
	_, err = b.forks.Start(b.spec)
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	b.spec.Engine.Packet = time.Hour
	_, err = b.forks.Start(b.spec)
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	_, err = fork.New(fork.Options{}, zap.NewNop(), b.reg)
	require.Error(t, err)
}
