package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"hotline/call"
)

//go:embed migrations/*.sql
var migrations embed.FS

// database is the SQLite file. One connection writes, a few read.
type database struct {
	writer  *sql.DB
	readers *sql.DB
	put     statements
}

// statements are those of every transaction, prepared once.
type statements struct {
	position, call, events, recording, voicemail, seat, audit *sql.Stmt
	// keys are for calls with so many keys; one with more uses the longest twice.
	keys [maxKeys + 1]*sql.Stmt
}

const (
	minKeys = 2 // a caller and a called number
	maxKeys = 8
)

// readers is how many queries run at once; more wait.
const readers = 4

// openDatabase opens and migrates.
func openDatabase(ctx context.Context, path string) (_ *database, err error) {
	d := &database{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.writer, err = sql.Open("sqlite", dsn(path, url.Values{
		"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)"},
	})); err != nil {
		return d, err
	}
	d.writer.SetMaxOpenConns(1)
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return d, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, d.writer, folder)
	if err != nil {
		return d, fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return d, fmt.Errorf("database %s: %w", path, err)
	}
	if d.readers, err = sql.Open("sqlite", dsn(path, url.Values{"_pragma": {"query_only(1)"}})); err != nil {
		return d, err
	}
	d.readers.SetMaxOpenConns(readers)
	if err := d.prepare(ctx); err != nil {
		return d, err
	}
	return d, d.prepareKeys(ctx)
}

func dsn(path string, options url.Values) string {
	options.Add("_pragma", "busy_timeout(5000)")
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: options.Encode()}).String()
}

func (d *database) prepare(ctx context.Context) error {
	for text, into := range map[string]**sql.Stmt{
		`INSERT INTO journal_position (one, journal, segment, position, epoch) VALUES (1, ?, ?, ?, ?)
		 ON CONFLICT (one) DO UPDATE SET journal = excluded.journal, segment = excluded.segment,
		     position = excluded.position, epoch = excluded.epoch`: &d.put.position,
		`INSERT INTO calls (id, started_at, ended_at, caller, called, outcome, node, last_seq, record)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		 ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, outcome = excluded.outcome,
		     last_seq = excluded.last_seq, record = excluded.record WHERE excluded.last_seq > calls.last_seq`: &d.put.call,
		`INSERT INTO call_events (call, first_seq, last_seq, events) VALUES (?, ?, ?, '[' || ? || ']') ON CONFLICT DO NOTHING`: &d.put.events,
		`INSERT INTO recordings (id, call, started, facts, keeper, erased) VALUES (?, ?, ?, ?, ?, ?)
		 ON CONFLICT (id) DO UPDATE SET facts = excluded.facts, erased = excluded.erased`: &d.put.recording,
		`INSERT INTO voicemails (recording, mailbox, call, caller, at, seconds) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`: &d.put.voicemail,
		`INSERT INTO seat_log (agent, at, entry) VALUES (?, ?, ?)`:                                                                &d.put.seat,
		`INSERT INTO audit_log (at, actor, entry) VALUES (?, ?, ?)`:                                                               &d.put.audit,
	} {
		stmt, err := d.writer.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
		*into = stmt
	}
	return nil
}

func (d *database) prepareKeys(ctx context.Context) (err error) {
	for n := minKeys; n <= maxKeys; n++ {
		rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", n), ", ")
		text := joinSQL(`INSERT INTO call_keys (kind, value, started_at, call) VALUES`, rows, `ON CONFLICT DO NOTHING`)
		if d.put.keys[n], err = d.writer.PrepareContext(ctx, text); err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
	}
	return nil
}

// joinSQL puts a statement together of texts of this package; what users gave is
// always an argument.
func joinSQL(texts ...string) string { return strings.Join(texts, " ") }

func (d *database) close() error {
	var errs []error
	p := &d.put
	for _, stmt := range append(p.keys[:], p.position, p.call, p.events, p.recording, p.voicemail, p.seat, p.audit) {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	for _, db := range []*sql.DB{d.readers, d.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// position reads how far the journal has been fed; zero in a new database.
func (d *database) position(ctx context.Context) (p fedPosition, err error) {
	err = d.writer.QueryRowContext(ctx, `SELECT journal, segment, position, epoch FROM journal_position`).
		Scan(&p.Journal, &p.Segment, &p.Offset, &p.Epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return fedPosition{}, nil
	}
	return p, err
}

// write brings one batch and the position after it, all or nothing.
func (d *database) write(ctx context.Context, b *rows, to fedPosition) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := d.put.write(ctx, tx, b, to); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (p *statements) write(ctx context.Context, tx *sql.Tx, b *rows, to fedPosition) error {
	// The driver starts a goroutine for each statement that can be cancelled.
	in := inTx{ctx: context.WithoutCancel(ctx), tx: tx}
	for i := range b.archives {
		p.archive(&in, &b.archives[i])
	}
	for _, e := range b.seats {
		in.exec(p.seat, string(e.Agent), e.At.UnixMilli(), in.json(e))
	}
	for _, e := range b.audits {
		in.exec(p.audit, e.At.UnixMilli(), e.Actor, in.json(e))
	}
	in.exec(p.position, to.Journal, to.Segment, to.Offset, to.Epoch)
	return in.err
}

// archive brings a record with what hangs on it. It may come twice: the later
// one wins, and pieces of events that are there already stay.
func (p *statements) archive(in *inTx, a *archive) {
	h := &a.head
	in.exec(p.call, string(h.ID), h.Started, h.Ended, h.Caller, h.Called, h.Outcome.String(), h.Node, h.Last, string(a.record))
	in.keys(p, h)
	if len(a.events) > 0 {
		in.exec(p.events, string(h.ID), h.First, h.Last, string(a.events))
	}
	for _, r := range h.Recordings {
		in.exec(p.recording, string(r.ID), string(r.Call), r.Started.UnixMilli(), in.json(r), keeper(&r), r.Erased != nil)
	}
	for _, v := range h.Voicemails {
		in.exec(p.voicemail, string(v.Recording), v.Mailbox, string(v.Call), v.Caller, v.At.UnixMilli(), v.Seconds)
	}
}

// keeper is by whose rules a recording is kept.
func keeper(r *call.RecordingFacts) string { return cmp.Or(r.Mailbox, r.Queue) }

// inTx runs statements until the first error.
type inTx struct {
	ctx context.Context
	tx  *sql.Tx
	err error
}

func (t *inTx) exec(stmt *sql.Stmt, args ...any) {
	if t.err == nil {
		_, t.err = t.tx.StmtContext(t.ctx, stmt).ExecContext(t.ctx, args...)
	}
}

func (t *inTx) json(v any) string {
	text, err := json.Marshal(v)
	t.err = errors.Join(t.err, err)
	return string(text)
}

// keys writes what a call is looked up by, few statements for many rows.
func (t *inTx) keys(p *statements, h *archiveHead) {
	args := make([]any, 0, 4*maxKeys)
	add := func(kind, value string) { args = append(args, kind, value, h.Started, string(h.ID)) }
	add("caller", h.Caller)
	add("called", h.Called)
	for _, q := range h.Queues {
		add("queue", q)
	}
	for _, a := range h.Agents {
		add("agent", string(a))
	}
	for len(args) > 4*maxKeys {
		t.exec(p.keys[maxKeys], args[:4*maxKeys]...)
		args = args[4*(maxKeys-minKeys):] // overlapping, so that enough are left
	}
	t.exec(p.keys[len(args)/4], args...)
}

// events reads a call's events, in order; none if the call is not there.
func (d *database) events(ctx context.Context, id call.ID) (events []call.Envelope, err error) {
	found, err := d.readers.QueryContext(ctx, `SELECT events FROM call_events WHERE call = ? ORDER BY first_seq`, string(id))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var piece []byte
		if err := found.Scan(&piece); err != nil {
			return nil, err
		}
		more, err := readEvents(piece)
		if err != nil {
			return nil, fmt.Errorf("events of call %s: %w", id, err)
		}
		events = append(events, more...)
	}
	return events, found.Err()
}
