package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hotline/call"
)

// Recording gives the facts of a recording that has ended. CodeNotFound if there is none.
func (s *Store) Recording(ctx context.Context, id call.RecordingID) (facts call.RecordingFacts, err error) {
	if facts, ok := s.live.recording(id); ok {
		return facts, nil
	}
	var text []byte
	if err := s.db.readers.QueryRowContext(ctx, `SELECT facts FROM recordings WHERE id = ?`, string(id)).Scan(&text); err != nil {
		return facts, notFound(err, "recording", string(id))
	}
	return facts, json.Unmarshal(text, &facts)
}

func (l *live) recording(id call.RecordingID) (call.RecordingFacts, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	facts, ok := l.recordings[id]
	return facts, ok
}

// RecordingsOf gives recordings kept by a queue's or mailbox's rules that are not
// erased and began before a time, oldest first, after one of them; at most so many.
// Those of calls in memory are too young to matter and are left out.
func (s *Store) RecordingsOf(ctx context.Context, keeper string, before, after time.Time, most int) (list []call.RecordingFacts, err error) {
	found, err := s.db.readers.QueryContext(ctx, `SELECT facts FROM recordings
		WHERE keeper = ? AND erased = 0 AND started < ? AND started >= ? ORDER BY started LIMIT ?`,
		keeper, before.UnixMilli(), after.UnixMilli(), most)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var text []byte
		var facts call.RecordingFacts
		if err := found.Scan(&text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &facts); err != nil {
			return nil, err
		}
		list = append(list, facts)
	}
	return list, found.Err()
}

// Recordings visits the recordings that began in a span, oldest first, or one of them.
func (r *Reader) Recordings(ctx context.Context, from, to time.Time, id call.RecordingID, visit func(call.RecordingFacts) error) (err error) {
	found, err := r.db.readers.QueryContext(ctx, `SELECT facts FROM recordings
		WHERE started >= ? AND started < ? AND (? = '' OR id = ?) ORDER BY started`, from.UnixMilli(), to.UnixMilli(), string(id), string(id))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var text []byte
		var facts call.RecordingFacts
		if err := found.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &facts); err != nil {
			return err
		}
		if err := visit(facts); err != nil {
			return err
		}
	}
	return found.Err()
}
