package store

import (
	"encoding/json"
	"fmt"
	"strconv"

	"hotline/call"
	"hotline/store/journal"
)

// The frames of this journal. Payloads are JSON, with short binary heads where
// reading them must be cheap; `strings` on a segment shows nearly all.
const (
	frameEvent   = 'e' // one envelope
	framePut     = 'p' // kind, key, value
	frameDelete  = 'd' // kind, key
	frameOpen    = 'c' // in a snapshot: a call in memory, see addOpen
	frameArchive = 'a' // a call record for the database, see archive
	frameSeat    = 's' // one SeatLogEntry
	frameAudit   = 'u' // one AuditEntry
)

func addPut(b *journal.Batch, kind Kind, key string, value []byte) error {
	return b.AddFunc(framePut, func(dst []byte) ([]byte, error) {
		return journal.AppendBlocks(dst, []byte(kind), []byte(key), value), nil
	})
}

func addDelete(b *journal.Batch, kind Kind, key string) error {
	return b.AddFunc(frameDelete, func(dst []byte) ([]byte, error) {
		return journal.AppendBlocks(dst, []byte(kind), []byte(key)), nil
	})
}

// addOpen adds a call as a snapshot has it: its events, and up to which number the
// database has them.
func addOpen(b *journal.Batch, id call.ID, archived uint64, events []byte) error {
	return b.AddFunc(frameOpen, func(dst []byte) ([]byte, error) {
		return journal.AppendBlocks(dst, []byte(id), strconv.AppendUint(nil, archived, 10), events), nil
	})
}

func readOpen(payload []byte) (archived uint64, events []call.Envelope, err error) {
	var id, number, list []byte
	if err := journal.SplitBlocks(payload, &id, &number, &list); err != nil {
		return 0, nil, err
	}
	if archived, err = strconv.ParseUint(string(number), 10, 64); err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", id, err)
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
		return journal.AppendBlocks(dst, head, a.record, a.events), nil
	})
}

// readArchive reads an archive; its slices are parts of the payload.
func readArchive(payload []byte) (a archive, err error) {
	var head []byte
	if err := journal.SplitBlocks(payload, &head, &a.record, &a.events); err != nil {
		return a, err
	}
	err = json.Unmarshal(head, &a.head)
	return a, err
}
