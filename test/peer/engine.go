package peer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// Engine is the far end of an audio fork: a WebSocket server that keeps what it
// is sent, as docs/fork.md describes it.
type Engine struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	said    []EngineMessage
	headers []http.Header
	manners EngineManners
	conns   map[*websocket.Conn]bool
}

// EngineManners is how an engine treats the connections made to it from now on.
type EngineManners struct {
	Status int           // answered instead of 101, if not zero
	Drop   int           // the connection is cut after so many messages; 0: never
	Stall  chan struct{} // nothing is read until it is closed; nil: all is read
	Chatty int           // so many bytes are sent in one message at the beginning
}

// EngineMessage is one message, of sound or of text.
type EngineMessage struct {
	Sound []byte // nil: a text
	Event string
	At    int64
	Text  map[string]any
}

// NewEngine starts one that has no certificate.
func NewEngine(t testing.TB) *Engine { return newEngine(t, httptest.NewServer) }

// NewTLSEngine starts one that is spoken to by wss.
func NewTLSEngine(t testing.TB) *Engine { return newEngine(t, httptest.NewTLSServer) }

func newEngine(t testing.TB, open func(http.Handler) *httptest.Server) *Engine {
	e := &Engine{t: t, conns: map[*websocket.Conn]bool{}}
	e.Server = open(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

// WebSocketURL is where it is dialled.
func (e *Engine) WebSocketURL() string { return "ws" + strings.TrimPrefix(e.URL, "http") + "/calls" }

// Behave says how it treats the connections to come.
func (e *Engine) Behave(m EngineManners) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.manners = m
}

func (e *Engine) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.headers = append(e.headers, r.Header.Clone())
	m := e.manners
	e.mu.Unlock()
	if m.Status != 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(m.Status)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"hotline.audio.v1"}})
	if err != nil {
		return // the far end has gone, or asks for something else
	}
	defer conn.CloseNow()
	e.mu.Lock()
	e.conns[conn] = true
	e.mu.Unlock()
	if m.Chatty > 0 && conn.Write(r.Context(), websocket.MessageBinary, make([]byte, m.Chatty)) != nil {
		return
	}
	if m.Stall != nil {
		select {
		case <-m.Stall:
		case <-r.Context().Done():
		}
	}
	for n := 1; m.Drop == 0 || n <= m.Drop; n++ {
		kind, b, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		e.keep(kind, b)
	}
}

// Cut breaks the connections that are up, without a goodbye.
func (e *Engine) Cut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for conn := range e.conns {
		_ = conn.CloseNow() // it may be over
		delete(e.conns, conn)
	}
}

func (e *Engine) keep(kind websocket.MessageType, b []byte) {
	m := EngineMessage{Sound: b}
	if kind == websocket.MessageText {
		m = EngineMessage{}
		if err := json.Unmarshal(b, &m.Text); err != nil {
			e.t.Errorf("an engine was sent %q: %v", b, err)
		}
		m.Event, _ = m.Text["event"].(string)
		at, _ := m.Text["at"].(float64)
		m.At = int64(at)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.said = append(e.said, m)
}

// Said is all it was sent so far.
func (e *Engine) Said() []EngineMessage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]EngineMessage(nil), e.said...)
}

// Handshakes are the headers of the requests so far.
func (e *Engine) Handshakes() []http.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]http.Header(nil), e.headers...)
}

// Events are the texts' events, in order.
func (e *Engine) Events() (all []string) {
	for _, m := range e.Said() {
		if m.Sound == nil {
			all = append(all, m.Event)
		}
	}
	return all
}

// Sound is all sound so far.
func (e *Engine) Sound() (all []byte) {
	for _, m := range e.Said() {
		all = append(all, m.Sound...)
	}
	return all
}

// WaitEvent waits for a text of this event and gives it.
func (e *Engine) WaitEvent(event string) EngineMessage {
	e.t.Helper()
	var found EngineMessage
	require.Eventually(e.t, func() bool {
		for _, m := range e.Said() {
			if m.Sound == nil && m.Event == event {
				found = m
				return true
			}
		}
		return false
	}, 4*Patience, 10*time.Millisecond, "the engine should have been told %q", event)
	return found
}
