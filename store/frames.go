package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"hotline/call"
	"hotline/store/journal"
)

// The frames of this journal. Payloads are JSON, with short binary heads where
// reading them must be cheap; `strings` on a segment shows nearly all.
const (
	frameEvent   = 'e' // one envelope
	framePut     = 'p' // kind, key, value
	frameDelete  = 'd' // kind, key
	frameOpen    = 'c' // in a snapshot: a call in memory, see openFrame
	frameArchive = 'a' // a call record for the database, see archiveFrame
	frameSeat    = 's' // one SeatLogEntry
	frameAudit   = 'u' // one AuditEntry
)

var errShort = errors.New("a frame's payload is too short")

// blocks joins byte strings, each behind its length, so that split finds them again.
func blocks(dst []byte, list ...[]byte) []byte {
	for _, b := range list {
		dst = binary.AppendUvarint(dst, uint64(len(b)))
		dst = append(dst, b...)
	}
	return dst
}

// split takes one block off the front.
func split(payload []byte) (block, rest []byte, err error) {
	n, used := binary.Uvarint(payload)
	if used <= 0 || n > uint64(len(payload)-used) {
		return nil, nil, errShort
	}
	end := used + int(n)
	return payload[used:end], payload[end:], nil
}

// splitAll takes exactly as many blocks as there are results.
func splitAll(payload []byte, into ...*[]byte) (err error) {
	for _, b := range into {
		if *b, payload, err = split(payload); err != nil {
			return err
		}
	}
	return nil
}

func addPut(b *journal.Batch, kind Kind, key string, value []byte) error {
	return b.AddFunc(framePut, func(dst []byte) ([]byte, error) {
		return blocks(dst, []byte(kind), []byte(key), value), nil
	})
}

func addDelete(b *journal.Batch, kind Kind, key string) error {
	return b.AddFunc(frameDelete, func(dst []byte) ([]byte, error) {
		return blocks(dst, []byte(kind), []byte(key)), nil
	})
}

// openFrame is a call in a snapshot: its events, and how many of them are in
// the database already.
func addOpen(b *journal.Batch, id call.ID, archived uint64, events []byte) error {
	return b.AddFunc(frameOpen, func(dst []byte) ([]byte, error) {
		return binary.AppendUvarint(blocks(dst, []byte(id), events), archived), nil
	})
}

func readOpen(payload []byte) (archived uint64, events []call.Envelope, err error) {
	var id, list []byte
	if id, payload, err = split(payload); err != nil {
		return 0, nil, err
	}
	if list, payload, err = split(payload); err != nil {
		return 0, nil, err
	}
	archived, used := binary.Uvarint(payload)
	if used <= 0 {
		return 0, nil, errShort
	}
	if events, err = readEvents(list); err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", id, err)
	}
	return archived, events, nil
}

// readEvents reads envelopes joined by commas, or a JSON array of them.
func readEvents(list []byte) (events []call.Envelope, err error) {
	if len(list) == 0 || list[0] != '[' {
		list = append(append([]byte{'['}, list...), ']')
	}
	err = json.Unmarshal(list, &events)
	return events, err
}

// archiveHead is what the database needs to know of a record without reading it.
type archiveHead struct {
	ID         call.ID               `json:"id"`
	Started    int64                 `json:"started"` // Unix milliseconds
	Ended      int64                 `json:"ended"`
	Caller     string                `json:"caller"`
	Called     string                `json:"called"`
	Outcome    call.Outcome          `json:"outcome"`
	Queues     []string              `json:"queues,omitempty"`
	Agents     []call.SeatID         `json:"agents,omitempty"`
	Node       string                `json:"node"`
	First      uint64                `json:"first"` // the piece of events that goes with it
	Last       uint64                `json:"last"`
	Recordings []call.RecordingFacts `json:"recordings,omitempty"`
	Voicemails []Voicemail           `json:"voicemails,omitempty"`
}

// archive is a record on its way to the database.
type archive struct {
	head   archiveHead
	record []byte // JSON
	events []byte // JSON envelopes joined by commas; those the database does not have yet
}

func addArchive(b *journal.Batch, a archive) error {
	return b.AddFunc(frameArchive, func(dst []byte) ([]byte, error) {
		head, err := json.Marshal(a.head)
		if err != nil {
			return nil, err
		}
		return blocks(dst, head, a.record, a.events), nil
	})
}

// readArchive reads an archive; its slices are parts of the payload.
func readArchive(payload []byte) (a archive, err error) {
	var head []byte
	if err := splitAll(payload, &head, &a.record, &a.events); err != nil {
		return a, err
	}
	err = json.Unmarshal(head, &a.head)
	return a, err
}
