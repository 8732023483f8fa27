package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"hotline/call"
)

// Voicemail is a message left for a queue or an agent.
type Voicemail struct {
	Recording call.RecordingID `json:"recording"`
	Mailbox   string           `json:"mailbox"`
	Call      call.ID          `json:"call"`
	Caller    string           `json:"caller"`
	At        call.Stamp       `json:"at"`
	Seconds   float64          `json:"seconds"`
}

// SeatLogEntry is one move of a seat's state.
type SeatLogEntry struct {
	Agent   call.SeatID    `json:"agent"`
	At      call.Stamp     `json:"at"`
	Phone   string         `json:"phone,omitempty"`
	From    call.SeatState `json:"from"`
	To      call.SeatState `json:"to"`
	Call    call.ID        `json:"call,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"` // asked for, of a busy or break
}

// AuditEntry is something a person did that must be answerable for.
type AuditEntry struct {
	At     call.Stamp `json:"at"`
	Actor  string     `json:"actor"`  // the user who did it
	Action string     `json:"action"` // "recording.play", "seat.force" …
	Object string     `json:"object,omitempty"`
	Detail string     `json:"detail,omitempty"`
	From   string     `json:"from,omitempty"` // address it came from
}

// AppendSeat logs a move of a seat, in order with events. It waits as Put does.
func (s *Store) AppendSeat(e SeatLogEntry) error {
	r, err := logRequest(frameSeat, e)
	if err != nil {
		return err
	}
	if !s.tell(r) {
		return errClosed
	}
	return nil
}

// Audit logs what a person did, and returns when that is written. On error
// (CodeUnavailable) the entry is held and written as soon as the journal can be.
func (s *Store) Audit(e AuditEntry) error {
	r, err := logRequest(frameAudit, e)
	if err != nil {
		return err
	}
	return s.ask(r)
}

func logRequest(kind byte, entry any) (*request, error) {
	text, err := json.Marshal(entry)
	if err != nil {
		return nil, err
	}
	r := &request{keep: true}
	return r, r.batch.Add(kind, text)
}

// appendRow reads a log entry of the journal.
func appendRow[E any](list *[]E, payload []byte) error {
	var e E
	if err := json.Unmarshal(payload, &e); err != nil {
		return err
	}
	*list = append(*list, e)
	return nil
}

// sortCalls puts open calls in order of entry.
func sortCalls(calls []OpenCall) {
	slices.SortFunc(calls, func(a, b OpenCall) int {
		return cmp.Or(a.Record.StartedAt.Compare(b.Record.StartedAt.Time), strings.Compare(string(a.Record.ID), string(b.Record.ID)))
	})
}
