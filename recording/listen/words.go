package listen

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// The bounds of what a service may say in a listening.
const (
	mostMessage = 16 << 10 // bytes
	mostWords   = 1000     // messages
	mostSlots   = 32
	longestName = 64  // bytes of an intent, a slot's name, an error's code
	longestText = 256 // bytes, that a variable keeps
)

// event is a message of a service.
type event uint8

const (
	eventOther event = iota // passed over
	eventStarted
	eventPartial
	eventEnded
	eventFinal
	eventError
)

var events = map[string]event{
	"speech_started": eventStarted, "partial": eventPartial, "speech_ended": eventEnded, "final": eventFinal, "error": eventError,
}

// words are a message, read.
type words struct {
	event event
	final []byte // JSON
	code  string // of an error
}

// errLied is a message that is none of the protocol.
var errLied = errors.New("what came is not the protocol")

// reader reads a service's messages in their order.
type reader struct {
	seq   uint64
	count int
}

// message is one as it is written. What is not looked at (at, a partial's text) is not read.
type message struct {
	Event      string                     `json:"event"`
	Seq        uint64                     `json:"seq"`
	Text       string                     `json:"text"`
	Intent     string                     `json:"intent"`
	Confidence *float64                   `json:"confidence"`
	Slots      map[string]json.RawMessage `json:"slots"`
	Code       string                     `json:"code"`
}

// read reads one text message. Any error is errLied.
func (r *reader) read(b []byte) (words, error) {
	var m message
	if r.count++; r.count > mostWords || len(b) > mostMessage || !utf8.Valid(b) || json.Unmarshal(b, &m) != nil || m.Event == "" || m.Seq <= r.seq {
		return words{}, errLied
	}
	r.seq = m.Seq
	out := words{event: events[m.Event]}
	switch out.event {
	case eventFinal:
		var err error
		out.final, err = m.final()
		return out, err
	case eventError:
		if out.code = m.Code; !isWord(out.code) {
			out.code = "unknown"
		}
	case eventOther, eventStarted, eventPartial, eventEnded:
	}
	return out, nil
}

// final is what a flow may have of the last word, checked.
func (m *message) final() ([]byte, error) {
	confidence := 1.0
	if m.Confidence != nil {
		confidence = *m.Confidence
	}
	if confidence < 0 || confidence > 1 || m.Intent != "" && !isWord(m.Intent) || len(m.Slots) > mostSlots {
		return nil, errLied
	}
	for name, value := range m.Slots {
		if !isWord(name) || !isSingle(value) {
			return nil, errLied
		}
	}
	slots := m.Slots
	if slots == nil {
		slots = map[string]json.RawMessage{}
	}
	return json.Marshal(map[string]any{"text": cut(m.Text), "intent": m.Intent, "confidence": confidence, "slots": slots})
}

// isWord tells a name of letters, digits and what joins them.
func isWord(s string) bool {
	other := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.", r)
	}
	return s != "" && len(s) <= longestName && !strings.ContainsFunc(s, other)
}

// isSingle tells a text, a number, a truth value or null.
func isSingle(value json.RawMessage) bool {
	v := bytes.TrimSpace(value)
	return len(v) > 0 && v[0] != '{' && v[0] != '['
}

// cut shortens a text to what a variable keeps, at a character's end.
func cut(text string) string {
	if len(text) <= longestText {
		return text
	}
	n := longestText
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
