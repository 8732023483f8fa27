package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"hotline/call"
)

// Reader reads the database of a data folder that a node may have open: calls
// that have ended, and the seat log. What happened in the last second may be missing.
type Reader struct{ db *database }

// OpenReader opens it. call.CodeNotFound: the folder holds no node's data.
func OpenReader(dir string) (*Reader, error) {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, call.Errorf(call.CodeNotFound, "%s holds no node's data", dir)
	}
	readers, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": {"query_only(1)"}}))
	if err != nil {
		return nil, err
	}
	return &Reader{&database{readers: readers}}, nil
}

// Close ends it.
func (r *Reader) Close() error { return r.db.readers.Close() }

// Replay visits every event of the calls that started at or after from, call by call.
func (r *Reader) Replay(ctx context.Context, from time.Time, visit func(call.Envelope) error) error {
	return r.db.replay(ctx, from, nil, visit)
}

// SeatMoves visits the seat log from one time up to another, in order.
func (r *Reader) SeatMoves(ctx context.Context, from, to time.Time, visit func(SeatLogEntry)) (err error) {
	found, err := r.db.readers.QueryContext(ctx, `SELECT entry FROM seat_log WHERE at >= ? AND at < ? ORDER BY id`, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return fmt.Errorf("seat log: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var text []byte
		var e SeatLogEntry
		if err := found.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return err
		}
		visit(e)
	}
	return found.Err()
}
