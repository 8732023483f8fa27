package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

// CallFilter chooses calls. Empty fields choose all.
type CallFilter struct {
	From, To time.Time // by started_at: From ≤ it < To
	Caller   string
	Called   string
	Queue    string      // any queue the caller waited in
	Agent    call.SeatID // any agent who had a part
	Outcome  call.Outcome
	// Direction narrows to one; empty: all.
	Direction string
	Limit     int    // DefaultLimit if 0, MaxLimit at most
	Cursor    string // as the page before gave it
}

// callKey is a call's place in lists: newest first, then by id.
type callKey struct {
	started int64 // Unix milliseconds
	id      call.ID
}

func (k callKey) String() string { return strconv.FormatInt(k.started, 10) + "-" + string(k.id) }

// after reports whether k comes after other in a list.
func (k callKey) after(other callKey) bool {
	return cmp.Or(cmp.Compare(other.started, k.started), strings.Compare(string(other.id), string(k.id))) > 0
}

func readCursor(text string) (*callKey, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no cursor is the first page
	}
	started, id, found := strings.Cut(text, "-")
	ms, err := strconv.ParseInt(started, 10, 64)
	if err != nil || !found || id == "" {
		return nil, call.Errorf(call.CodeInvalid, "cursor %q is not one that a page gave", text)
	}
	return &callKey{started: ms, id: call.ID(id)}, nil
}

// Calls lists call records, newest first, those that go on included. The
// second result is the cursor of the next page, empty on the last one.
func (s *Store) Calls(ctx context.Context, f CallFilter) ([]call.Record, string, error) {
	after, err := readCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := min(cmp.Or(max(f.Limit, 0), DefaultLimit), MaxLimit)
	// Memory first: a call that is not there is in the database already.
	inMemory, held := s.live.list(&f, after)
	stored, err := s.db.calls(ctx, &f, after, limit+1, held)
	if err != nil {
		return nil, "", err
	}
	all := append(inMemory, stored...)
	slices.SortFunc(all, func(a, b call.Record) int {
		if keyOf(&a).after(keyOf(&b)) {
			return 1
		}
		return -1
	})
	if len(all) <= limit {
		return all, "", nil
	}
	all = all[:limit]
	return all, keyOf(&all[limit-1]).String(), nil
}

func keyOf(r *call.Record) callKey { return callKey{started: r.StartedAt.UnixMilli(), id: r.ID} }

// list gives the records in memory that the filter chooses, and the ids of all
// in memory: the database's version of those is older.
func (l *live) list(f *CallFilter, after *callKey) ([]call.Record, map[call.ID]bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	held := make(map[call.ID]bool, len(l.calls))
	var records []call.Record
	for id, c := range l.calls {
		held[id] = true
		if r := c.folder.Record(); f.matches(&r) && (after == nil || keyOf(&r).after(*after)) {
			records = append(records, r)
		}
	}
	return records, held
}

func (f *CallFilter) matches(r *call.Record) bool {
	return (f.From.IsZero() || !r.StartedAt.Before(f.From)) &&
		(f.To.IsZero() || r.StartedAt.Before(f.To)) &&
		(f.Caller == "" || f.Caller == r.Caller) &&
		(f.Called == "" || f.Called == r.Called) &&
		(f.Outcome == call.OutcomeNone || f.Outcome == r.Outcome) &&
		(f.Direction == "" || f.Direction == r.Direction.String()) &&
		(f.Queue == "" || slices.Contains(r.Queues(), f.Queue)) &&
		(f.Agent == "" || slices.Contains(r.Seats(), f.Agent))
}

// keys are what a filter looks up, the most telling first.
func (f *CallFilter) keys() (keys [][2]string) {
	for _, k := range [][2]string{{"caller", f.Caller}, {"agent", string(f.Agent)}, {"queue", f.Queue}, {"called", f.Called}} {
		if k[1] != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// callsSQL makes the query: the first key drives it, the others are checked.
func (f *CallFilter) callsSQL(after *callKey) (string, []any) {
	from, started, id := "calls c", "c.started_at", "c.id"
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	keys := f.keys()
	if len(keys) > 0 {
		from, started, id = "call_keys k CROSS JOIN calls c ON c.id = k.call", "k.started_at", "k.call"
		add("k.kind = ? AND k.value = ?", keys[0][0], keys[0][1])
		for _, k := range keys[1:] {
			add("EXISTS (SELECT 1 FROM call_keys WHERE kind = ? AND value = ? AND started_at = c.started_at AND call = c.id)", k[0], k[1])
		}
	}
	if !f.From.IsZero() {
		add(started+" >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add(started+" < ?", f.To.UnixMilli())
	}
	if f.Outcome != call.OutcomeNone {
		add("c.outcome = ?", f.Outcome.String())
	}
	if f.Direction != "" { // records older than directions are of calls that came in
		add("COALESCE(json_extract(c.record, '$.direction'), 'inbound') = ?", f.Direction)
	}
	if after != nil {
		add("("+started+", "+id+") < (?, ?)", after.started, string(after.id))
	}
	if len(where) == 0 {
		where = []string{"TRUE"}
	}
	return "SELECT c.id, c.record FROM " + from + " WHERE " + strings.Join(where, " AND ") +
		" ORDER BY " + started + " DESC, " + id + " DESC", args
}

// calls reads records until there are enough that are not held in memory.
func (d *database) calls(ctx context.Context, f *CallFilter, after *callKey, enough int, held map[call.ID]bool) (records []call.Record, err error) {
	text, args := f.callsSQL(after)
	found, err := d.readers.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("calls: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for len(records) < enough && found.Next() {
		var id call.ID
		var record []byte
		if err := found.Scan(&id, &record); err != nil {
			return nil, err
		}
		if held[id] {
			continue
		}
		var r call.Record
		if err := json.Unmarshal(record, &r); err != nil {
			return nil, fmt.Errorf("record of call %s: %w", id, err)
		}
		records = append(records, r)
	}
	return records, found.Err()
}

// Call gives one call's record and its events in order. CodeNotFound if there is none.
func (s *Store) Call(ctx context.Context, id call.ID) (call.Record, []call.Envelope, error) {
	if record, texts, ok := s.live.call(id); ok {
		events, err := readEvents(texts)
		return record, events, err
	}
	var text []byte
	var record call.Record
	err := s.db.readers.QueryRowContext(ctx, `SELECT record FROM calls WHERE id = ?`, string(id)).Scan(&text)
	if err != nil {
		return record, nil, notFound(err, "call", string(id))
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return record, nil, fmt.Errorf("record of call %s: %w", id, err)
	}
	events, err := s.db.events(ctx, id)
	return record, events, err
}

// call gives a call in memory; the events are a copy of their JSON.
func (l *live) call(id call.ID) (call.Record, []byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	c := l.calls[id]
	if c == nil {
		return call.Record{}, nil, false
	}
	return c.folder.Record(), slices.Clone(c.events), true
}

// Replay visits every event of the calls that started at or after from, call by
// call, those that go on included: what a fold over the day needs after a start.
func (s *Store) Replay(ctx context.Context, from time.Time, visit func(call.Envelope) error) error {
	inMemory, held := s.live.list(&CallFilter{From: from}, nil)
	for i := range inMemory {
		_, events, err := s.Call(ctx, inMemory[i].ID)
		if err != nil {
			return err
		}
		if err := visitAll(events, visit); err != nil {
			return err
		}
	}
	return s.db.replay(ctx, from, held, visit)
}

func visitAll(events []call.Envelope, visit func(call.Envelope) error) error {
	for _, e := range events {
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// replay visits the events of stored calls that are not held in memory.
func (d *database) replay(ctx context.Context, from time.Time, held map[call.ID]bool, visit func(call.Envelope) error) (err error) {
	found, err := d.readers.QueryContext(ctx, `SELECT c.id, e.events FROM calls c JOIN call_events e ON e.call = c.id
		WHERE c.started_at >= ? ORDER BY c.started_at, c.id, e.first_seq`, from.UnixMilli())
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var id call.ID
		var piece []byte
		if err := found.Scan(&id, &piece); err != nil {
			return err
		}
		if held[id] {
			continue
		}
		events, err := readEvents(piece)
		if err != nil {
			return fmt.Errorf("events of call %s: %w", id, err)
		}
		if err := visitAll(events, visit); err != nil {
			return err
		}
	}
	return found.Err()
}

func notFound(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return call.Errorf(call.CodeNotFound, "there is no %s %q", what, id)
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}
