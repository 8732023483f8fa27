// Package store keeps what must outlive the process: the events of every call
// in order, the call records folded from them, live state (dialogs, bindings,
// seats), the seat log and the audit log.
//
// There are two stages. The journal is local, append-only and the only thing
// that is waited for; the database is fed from it, in order, behind the scenes.
// See docs/store.md.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/store/journal"
)

// Options is what a Store needs.
type Options struct {
	// Dir is the node's data folder (node.data). One process at a time uses it.
	Dir string
	// Database is "sqlite": a file in Dir.
	Database string
	// Node is this node's name, for the journal's headers.
	Node string
	// ShortAbandon goes to call.NewFolder.
	ShortAbandon time.Duration
	// SegmentBytes is the size of a journal segment; 64 MiB if 0.
	SegmentBytes int64

	files journal.Files // for tests; the disk if nil
}

// Store is the durable path. Its methods may be called from any goroutine.
type Store struct {
	o       Options
	log     *zap.Logger
	metrics *metrics
	lock    *os.File
	epoch   uint64

	live      *live
	db        *database
	recovered Recovered

	mail   chan *request // to the writer; a full one makes its senders wait
	stop   chan struct{}
	closed atomic.Bool
	broken atomic.Pointer[call.Error]
	wg     sync.WaitGroup
	writer *journal.Writer // used by the writer's goroutine only
	held   journal.Batch   // log entries that could not be written, by the same
	// archiving is records on their way into the journal, by the same.
	archiving journal.Batch
	feeder    *feeder
}

// mailbox is how many requests may wait for the writer.
const mailbox = 4096

var (
	errClosed      = call.Errorf(call.CodeUnavailable, "the store is closed")
	errUnknownCall = call.Errorf(call.CodeNotFound, "the call is not in memory")
)

// Open locks the folder, reads the journal back, opens the database and begins
// a new journal segment. It fails if another process has the folder, if the
// database can't be opened or migrated, or if the journal can't be written.
// A clean start and one after a crash are the same.
func Open(o Options, log *zap.Logger, reg prometheus.Registerer) (_ *Store, err error) {
	if o.Database != "sqlite" {
		return nil, call.Errorf(call.CodeInvalid, "database %q: this node keeps its records in \"sqlite\"", o.Database)
	}
	if o.files == nil {
		o.files = journal.Disk{}
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &Store{
		o: o, log: log, live: newLive(o.ShortAbandon),
		mail: make(chan *request, mailbox), stop: make(chan struct{}),
	}
	if s.lock, err = lockFolder(o.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()
	s.feeder = newFeeder(s)
	if s.metrics, err = newMetrics(s, reg); err != nil {
		return nil, err
	}
	if s.db, err = openDatabase(context.Background(), filepath.Join(o.Dir, "hotline.db")); err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.db.close())
	}
	return s, nil
}

// start reads the journal, begins a new segment and sets the goroutines going.
func (s *Store) start() error {
	position, err := s.db.position(context.Background())
	if err != nil {
		return err
	}
	back, err := s.readBack(position)
	if err != nil {
		return err
	}
	if back.journal == "" {
		back.journal = ulid.Make().String()
	}
	s.epoch = max(back.epoch, position.Epoch) + 1
	s.writer, err = journal.NewWriter(journal.Options{
		Dir: s.journalDir(), Files: s.o.files, Journal: back.journal, Epoch: s.epoch, Node: s.o.Node,
		SegmentBytes: s.o.SegmentBytes, Snapshot: s.live.snapshot, Synced: s.synced,
	}, max(back.last, position.Segment)+1)
	if err != nil {
		return err
	}
	s.feeder.at = back.feedFrom
	s.feeder.end.Store(new(s.writer.Position()))
	s.wg.Add(2)
	go s.write()
	go s.feeder.run()
	return nil
}

func (s *Store) journalDir() string { return filepath.Join(s.o.Dir, "journal") }

// Epoch counts the starts of this node. Envelopes carry it, so that an owner
// that was replaced is not listened to.
func (s *Store) Epoch() uint64 { return s.epoch }

// Recovered is what the former run left behind, as found at Open.
func (s *Store) Recovered() Recovered { return s.recovered }

// Append writes the events of calls to the journal and returns when they would
// survive a crash of the process; a crash of the machine costs at most the
// last 100 ms. Repeats are ignored. On error the events are still part of the
// record kept in memory, and reach the journal when it can be written again.
// A gap in a call's numbers is CodeInvalid, a late event of a call nobody knows
// CodeNotFound, a journal that can't be written CodeUnavailable.
func (s *Store) Append(events ...call.Envelope) error {
	err := s.appendOnce(events)
	if !errors.Is(err, errUnknownCall) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), reviveWithin)
	defer cancel()
	for _, e := range events {
		if err := s.revive(ctx, e); err != nil {
			return err
		}
	}
	return s.appendOnce(events)
}

// reviveWithin bounds the wait for the database when an event comes long after its call.
const reviveWithin = 5 * time.Second

// revive brings a call back into memory that had been let go.
func (s *Store) revive(ctx context.Context, e call.Envelope) error {
	if e.Seq <= 1 || s.live.has(e.Call) {
		return nil
	}
	if err := s.Flush(ctx); err != nil {
		return err
	}
	events, err := s.db.events(ctx, e.Call)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return call.Errorf(call.CodeNotFound, "event %d of call %s: nobody knows the call", e.Seq, e.Call)
	}
	texts, err := json.Marshal(events)
	if err != nil {
		return err
	}
	r := &request{revive: events}
	if err := addOpen(&r.batch, e.Call, events[len(events)-1].Seq, texts[1:len(texts)-1]); err != nil {
		return err
	}
	return s.ask(r)
}

func (s *Store) appendOnce(events []call.Envelope) error {
	r := newRequest()
	defer r.release()
	for _, e := range events {
		if err := r.addEvent(e); err != nil {
			return err
		}
	}
	return s.ask(r)
}

// Put keeps live state under kind and key, in order with events; value encodes
// to JSON. It returns before the journal is written, and waits only when the
// writer is 4,096 requests behind.
func (s *Store) Put(kind Kind, key string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		s.log.Error("live state does not encode", zap.String("kind", string(kind)), zap.Error(err))
		s.metrics.failures.WithLabelValues("encode").Inc()
		return
	}
	r := &request{kind: kind, key: key, value: text}
	if err := addPut(&r.batch, kind, key, text); err != nil {
		s.log.Error("live state is too large", zap.String("kind", string(kind)), zap.Error(err))
		s.metrics.failures.WithLabelValues("encode").Inc()
		return
	}
	s.tell(r)
}

// Delete forgets live state. It waits as Put does.
func (s *Store) Delete(kind Kind, key string) {
	r := &request{kind: kind, key: key, remove: true}
	if err := addDelete(&r.batch, kind, key); err == nil {
		s.tell(r)
	}
}

// Writable is nil, or why the journal can't be written, so that new calls must
// be refused with 503.
func (s *Store) Writable() error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	return nil
}

// Flush returns when everything appended before it is in the database, records of ended
// calls included.
func (s *Store) Flush(ctx context.Context) error {
	r := &request{flush: true, done: make(chan error, 1)}
	if err := s.ask(r); err != nil {
		return err
	}
	return s.feeder.wait(ctx, r.end)
}

// Close writes what is waiting, feeds the database, and releases the folder.
// Whoever appends after it gets an error.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	close(s.stop)
	s.wg.Wait()
	return errors.Join(s.writer.Close(), s.db.close(), s.lock.Close())
}
