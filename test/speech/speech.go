// Package speech is a reference speech service for listen nodes (docs/ivr-listen.md), to test with and to start from. What it
// takes for words are tones, one intent each: a test proves that the caller's sound has really arrived, and nobody needs a
// model. speech.go serves connections, ear.go recognises. Whoever has a recogniser replaces the ear.
package speech

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	"github.com/coder/websocket"
)

// Subprotocol is what it speaks.
const Subprotocol = "hotline.speech.v1"

// Service hears callers by WebSocket. It is safe for concurrent use.
type Service struct {
	Secret  string            // that clients must show as a bearer's token; empty: none
	Intents map[int]string    // by the tone's frequency in Hz
	Slots   map[string]string // told with every intent

	mu    sync.Mutex
	heard []Heard
}

// Heard is one listening.
type Heard struct {
	Start   Start
	Header  http.Header
	Samples int64  // of sound that came
	Intent  string // that was told; empty: none
	Ended   string // how the far end has ended it: end or cancel, with its reason
}

// Start is the first message of a listening.
type Start struct {
	Event    string   `json:"event"`
	Stream   string   `json:"stream"`
	Call     string   `json:"call"`
	Flow     string   `json:"flow"`
	Node     string   `json:"node"`
	Language string   `json:"language"`
	Intents  []string `json:"intents"`
	Hints    []string `json:"hints"`
	Format   struct {
		Encoding   string `json:"encoding"`
		SampleRate int    `json:"sample_rate"`
		Channels   int    `json:"channels"`
	} `json:"format"`
}

// word is any message it says.
type word struct {
	Event      string            `json:"event"`
	Seq        uint64            `json:"seq"`
	At         int64             `json:"at,omitempty"`
	Text       string            `json:"text,omitempty"`
	Intent     string            `json:"intent,omitempty"`
	Confidence *float64          `json:"confidence,omitempty"`
	Slots      map[string]string `json:"slots,omitempty"`
	Code       string            `json:"code,omitempty"`
}

// All are the listenings so far.
func (s *Service) All() []Heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// ServeHTTP lives one listening.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Secret != "" && r.Header.Get("Authorization") != "Bearer "+s.Secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{Subprotocol}})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	s.mu.Lock()
	at := len(s.heard)
	s.heard = append(s.heard, Heard{Header: r.Header.Clone()})
	s.mu.Unlock()
	l := &listening{Service: s, ctx: r.Context(), conn: conn, at: at}
	l.live()
}

func (s *Service) note(at int, change func(*Heard)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.heard[at])
}

// listening is one connection, on one goroutine.
type listening struct {
	*Service
	ctx  context.Context //nolint:containedctx // the connection's
	conn *websocket.Conn
	at   int
	seq  uint64
	ear  *ear
}

// live reads until it has said its last word, or nobody wants to hear it.
func (l *listening) live() {
	for {
		kind, b, err := l.conn.Read(l.ctx)
		if err != nil {
			return
		}
		over := false
		if kind == websocket.MessageText {
			over = l.text(b)
		} else if l.ear != nil {
			over = l.sound(b)
		}
		if over {
			_ = l.conn.Close(websocket.StatusNormalClosure, "") // whatever the node makes of it
			return
		}
	}
}

// text takes what the node says.
func (l *listening) text(b []byte) (over bool) {
	var m struct {
		Start
		Reason string `json:"reason"`
	}
	if json.Unmarshal(b, &m) != nil {
		return true
	}
	switch m.Event {
	case "start":
		decode := decoder(m.Format.Encoding)
		if decode == nil {
			return l.say(word{Event: "error", Code: "encoding"}) == nil
		}
		l.ear = &ear{decode: decode}
		l.note(l.at, func(h *Heard) { h.Start = m.Start })
	case "end", "cancel":
		l.note(l.at, func(h *Heard) { h.Ended = m.Event + " " + m.Reason })
		return m.Event == "cancel" || l.ear == nil || l.final() != nil
	}
	return false
}

// sound takes a piece of the caller's.
func (l *listening) sound(b []byte) (over bool) {
	n, news := l.ear.hear(b)
	l.note(l.at, func(h *Heard) { h.Samples += int64(n) })
	for _, event := range news {
		if l.say(word{Event: event, At: l.ear.at, Text: l.ear.soFar(event)}) != nil {
			return true
		}
	}
	return false // after speech_ended the node says end
}

// final says what was heard.
func (l *listening) final() error {
	hz, sure := l.ear.tone()
	intent := ""
	for of, name := range l.Intents {
		if hz >= of-10 && hz <= of+10 {
			intent = name
		}
	}
	l.note(l.at, func(h *Heard) { h.Intent = intent })
	return l.say(word{Event: "final", Text: named(hz), Intent: intent, Confidence: &sure, Slots: l.Slots})
}

func (l *listening) say(w word) error {
	l.seq++
	w.Seq = l.seq
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return l.conn.Write(l.ctx, websocket.MessageText, b)
}
