package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// LogFilter chooses entries of a log. Empty fields choose all.
type LogFilter struct {
	From, To time.Time   // From ≤ at < To
	Agent    call.SeatID // of the seat log
	Actor    string      // of the audit log
	Mailbox  string      // of voicemails
	Limit    int         // DefaultLimit if 0, MaxLimit at most
	Cursor   string      // as the page before gave it
}

// SeatLog lists moves of seats, latest first. What was logged in the last
// instant may be missing: Flush brings it.
func (s *Store) SeatLog(ctx context.Context, f LogFilter) ([]SeatLogEntry, string, error) {
	return readLog[SeatLogEntry](ctx, s.db, "seat_log", "agent", string(f.Agent), f)
}

// AuditLog lists what people did, latest first.
func (s *Store) AuditLog(ctx context.Context, f LogFilter) ([]AuditEntry, string, error) {
	return readLog[AuditEntry](ctx, s.db, "audit_log", "actor", f.Actor, f)
}

// readLog reads a page of a log table, whose rows are numbered.
func readLog[E any](ctx context.Context, d *database, table, who, value string, f LogFilter) (list []E, next string, err error) {
	where, args, err := f.where(who, value, "id")
	if err != nil {
		return nil, "", err
	}
	limit := min(cmp.Or(max(f.Limit, 0), DefaultLimit), MaxLimit)
	text := joinSQL("SELECT id, entry FROM", table, "WHERE", where, "ORDER BY id DESC LIMIT ?")
	found, err := d.readers.QueryContext(ctx, text, append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	var last int64
	for found.Next() {
		if len(list) == limit {
			return list, strconv.FormatInt(last, 10), nil
		}
		var text []byte
		var e E
		if err := found.Scan(&last, &text); err != nil {
			return nil, "", err
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, "", err
		}
		list = append(list, e)
	}
	return list, "", found.Err()
}

// where makes the conditions of a filter; key is the column the cursor counts by.
func (f *LogFilter) where(who, value, key string) (string, []any, error) {
	conditions, args := []string{"TRUE"}, []any{}
	add := func(condition string, value any) {
		conditions, args = append(conditions, condition), append(args, value)
	}
	if value != "" {
		add(who+" = ?", value)
	}
	if !f.From.IsZero() {
		add("at >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("at < ?", f.To.UnixMilli())
	}
	if f.Cursor != "" {
		before, err := strconv.ParseInt(f.Cursor, 10, 64)
		if err != nil {
			return "", nil, call.Errorf(call.CodeInvalid, "cursor %q is not one that a page gave", f.Cursor)
		}
		add(key+" < ?", before)
	}
	return strings.Join(conditions, " AND "), args, nil
}

// Voicemails lists messages, latest first, of one mailbox or of all.
func (s *Store) Voicemails(ctx context.Context, f LogFilter) (list []Voicemail, next string, err error) {
	after, err := readCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	f.Cursor = "" // it is not a number here
	where, args, err := f.where("mailbox", f.Mailbox, "at")
	if err != nil {
		return nil, "", err
	}
	if after != nil {
		where += " AND (at, recording) < (?, ?)"
		args = append(args, after.started, string(after.id))
	}
	limit := min(cmp.Or(max(f.Limit, 0), DefaultLimit), MaxLimit)
	text := joinSQL("SELECT recording, mailbox, call, caller, at, seconds FROM voicemails WHERE", where,
		"ORDER BY at DESC, recording DESC LIMIT ?")
	found, err := s.db.readers.QueryContext(ctx, text, append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		if len(list) == limit {
			last := &list[limit-1]
			return list, callKey{started: last.At.UnixMilli(), id: call.ID(last.Recording)}.String(), nil
		}
		var v Voicemail
		var at int64
		if err := found.Scan(&v.Recording, &v.Mailbox, &v.Call, &v.Caller, &at, &v.Seconds); err != nil {
			return nil, "", err
		}
		v.At = call.StampOf(time.UnixMilli(at))
		list = append(list, v)
	}
	return list, "", found.Err()
}
