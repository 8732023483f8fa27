package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"hotline/call"
	"hotline/store/journal"
)

// Where the parts of a data folder are.
const (
	databaseFile = "hotline.db"
	journalName  = "journal"
)

// copyTries is how often a copy is begun anew because the journal has moved on under it.
const copyTries = 5

// Copy copies the database and the journal of a data folder into another folder,
// which is there and empty, so that a start from the copy is a start after a kill at this moment: whether a
// node has the folder open or not. call.CodeNotFound: the folder holds no node's data.
func Copy(ctx context.Context, dir, to string) error {
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); errors.Is(err, os.ErrNotExist) {
		return call.Errorf(call.CodeNotFound, "%s holds no node's data", dir)
	}
	for range copyTries {
		whole, err := copyOnce(ctx, dir, to)
		if err != nil || whole {
			return err
		}
		if err := errors.Join(os.Remove(filepath.Join(to, databaseFile)), os.RemoveAll(filepath.Join(to, journalName))); err != nil {
			return err
		}
	}
	return call.Errorf(call.CodeUnavailable, "the journal of %s was begun anew %d times while it was copied; try again", dir, copyTries)
}

// copyOnce copies the database first, then the journal, which then goes at least
// as far. It reports whether the journal still had what the copied database has not got.
func copyOnce(ctx context.Context, dir, to string) (whole bool, err error) {
	from, err := copyDatabase(ctx, filepath.Join(dir, databaseFile), filepath.Join(to, databaseFile))
	if err != nil {
		return false, err
	}
	if err := os.Mkdir(filepath.Join(to, journalName), 0o700); err != nil {
		return false, err
	}
	segments, err := journal.List(journal.Disk{}, filepath.Join(dir, journalName))
	if err != nil {
		return false, err
	}
	for _, s := range segments { // the oldest first; those that come later belong to a later moment
		err := copyFile(s.Path, filepath.Join(to, journalName, filepath.Base(s.Path)))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil // fed and let go meanwhile
		}
		if err != nil {
			return false, err
		}
	}
	return len(segments) == 0 || from == 0 || segments[0].Number <= from, nil
}

// copyDatabase writes what the database holds now into a new file, and gives the
// journal's segment up to which it has been fed; 0: none yet.
func copyDatabase(ctx context.Context, path, to string) (segment uint64, err error) {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": {"busy_timeout(10000)"}}))
	if err != nil {
		return 0, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return 0, fmt.Errorf("copying the database: %w", err)
	}
	out, err := sql.Open("sqlite", dsn(to, url.Values{}))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var state string
	if err := out.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&state); err != nil {
		return 0, err
	}
	if state != "ok" {
		return 0, call.Errorf(call.CodeInternal, "the database is damaged: %s", state)
	}
	err = out.QueryRowContext(ctx, "SELECT segment FROM journal_position").Scan(&segment)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return segment, err
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = out.ReadFrom(in)
	return errors.Join(err, out.Close())
}
