package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/call"
)

// LastSeat is the agent who picked up a caller's last call since a time, and
// when. It is one look into an index in memory and one into the database's. The
// zero seat means that there was none.
func (s *Store) LastSeat(ctx context.Context, caller string, since time.Time) (call.SeatID, time.Time, error) {
	seat, at := s.live.lastSeat(caller)
	stored, when, err := s.db.lastSeat(ctx, caller, since)
	if err != nil {
		return "", time.Time{}, err
	}
	if when.After(at) { // a long call may have begun before a short one that is stored
		seat, at = stored, when
	}
	if at.Before(since) {
		return "", time.Time{}, nil
	}
	return seat, at, nil
}

// lastSeat looks through the caller's calls in memory: those that go on, and
// those that ended a moment ago.
func (l *live) lastSeat(caller string) (seat call.SeatID, at time.Time) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, id := range l.callers[caller] {
		record := l.calls[id].folder.Record()
		if who, when := lastSeat(&record); who != "" && when.After(at) {
			seat, at = who, when
		}
	}
	return seat, at
}

// lastSeat is who picked up last in one call, and when.
func lastSeat(r *call.Record) (call.SeatID, time.Time) {
	for _, segment := range slices.Backward(r.Segments) {
		if segment.Kind == call.SegmentSeat {
			return segment.Seat, segment.Start.Time
		}
	}
	return "", time.Time{}
}

// lastSeat looks at the newest answered call of the caller that is stored.
func (d *database) lastSeat(ctx context.Context, caller string, since time.Time) (call.SeatID, time.Time, error) {
	var text []byte
	err := d.readers.QueryRowContext(ctx, `SELECT c.record FROM call_keys k CROSS JOIN calls c ON c.id = k.call
		WHERE k.kind = 'caller' AND k.value = ? AND k.started_at >= ? AND c.outcome = ?
		ORDER BY k.started_at DESC, k.call DESC LIMIT 1`,
		caller, since.UnixMilli(), call.OutcomeAnswered.String()).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("last call of a caller: %w", err)
	}
	var record call.Record
	if err := json.Unmarshal(text, &record); err != nil {
		return "", time.Time{}, fmt.Errorf("last call of a caller: %w", err)
	}
	seat, at := lastSeat(&record)
	return seat, at, nil
}

// index notes whose call it is, when it comes into memory.
func (l *live) index(id call.ID, caller string) {
	if caller != "" && !slices.Contains(l.callers[caller], id) {
		l.callers[caller] = append(l.callers[caller], id)
	}
}

// unindex forgets it.
func (l *live) unindex(id call.ID, caller string) {
	rest := slices.DeleteFunc(l.callers[caller], func(other call.ID) bool { return other == id })
	if len(rest) == 0 {
		delete(l.callers, caller)
		return
	}
	l.callers[caller] = rest
}
