package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/store/journal"
)

const (
	feedEvery  = 500 * time.Millisecond // at most one transaction each, unless a query waits: calls that end together share pages
	feedRows   = 500                    // journal entries a transaction
	feedBytes  = 4 << 20
	retryFirst = time.Second
	retryLast  = 30 * time.Second
)

// fedPosition is how far the database has got, as it says itself.
type fedPosition struct {
	journal.Position
	Epoch uint64
}

// feeder brings the journal to the database, in order, each entry once: how far
// it has got is written in the same transaction.
type feeder struct {
	s    *Store
	end  atomic.Pointer[journal.Position] // end of the journal, from the writer
	wake chan struct{}                    // holds one
	fed  chan struct{}                    // closed when the writer has ended
	done chan struct{}

	urgent atomic.Int32 // flushes waiting: don't gather, go at once

	mu      sync.Mutex
	at      journal.Position // the database has everything before it
	changed chan struct{}    // closed and replaced when at moves
	behind  time.Time        // since when at is behind end; zero if it is not
}

func newFeeder(s *Store) *feeder {
	return &feeder{
		s: s, wake: make(chan struct{}, 1), fed: make(chan struct{}), done: make(chan struct{}),
		changed: make(chan struct{}),
	}
}

func (f *feeder) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *feeder) position() journal.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// lag is for how long the database has been behind the journal.
func (f *feeder) lag() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.behind.IsZero() {
		return 0
	}
	return time.Since(f.behind)
}

// wait returns when the database has everything before end.
func (f *feeder) wait(ctx context.Context, end journal.Position) error {
	f.urgent.Add(1)
	defer f.urgent.Add(-1)
	f.signal()
	for {
		f.mu.Lock()
		at, changed := f.at, f.changed
		f.mu.Unlock()
		if !at.Before(end) {
			return nil
		}
		select {
		case <-changed:
		case <-f.done:
			if f.position().Before(end) {
				return errClosed
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("the database is behind the journal: %w", ctx.Err())
		}
	}
}

// run is the feeder's goroutine. It ends when the writer has, after one last try to
// catch up; what the database then lacks it gets at the next start.
func (f *feeder) run() {
	defer f.s.wg.Done()
	defer close(f.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	retry := retryFirst
	for closing := false; ; {
		pause := feedEvery
		if err := f.catchUp(); err != nil {
			f.s.metrics.failures.WithLabelValues("feed").Inc()
			f.s.log.Error("the database is not fed; the journal keeps what it lacks", zap.Error(err), zap.Duration("retry", retry))
			pause, retry = retry, min(2*retry, retryLast)
		} else {
			retry = retryFirst
		}
		if closing {
			return
		}
		timer.Reset(pause)
		closing = f.rest(timer, pause == feedEvery)
	}
}

// rest waits for the timer and for something to do, in a hurry if somebody
// waits for a flush. It reports that the writer has ended.
func (f *feeder) rest(timer *time.Timer, healthy bool) bool {
	for waited := false; ; {
		if f.urgent.Load() > 0 && healthy && f.position().Before(*f.end.Load()) {
			return false
		}
		if waited && f.position().Before(*f.end.Load()) {
			return false
		}
		select {
		case <-timer.C:
			waited = true
		case <-f.wake:
		case <-f.fed:
			return true
		}
	}
}

// catchUp feeds until the journal's end.
func (f *feeder) catchUp() error {
	for {
		end := *f.end.Load()
		at := f.position()
		if !at.Before(end) {
			return nil
		}
		f.late()
		if err := f.feed(at, end); err != nil {
			return err
		}
		f.s.dropSegments(f.position())
	}
}

// errFull ends a transaction's worth of entries.
var errFull = errors.New("enough for one transaction")

// feed brings one transaction's worth.
func (f *feeder) feed(at, end journal.Position) error {
	b, to, err := f.s.gather(at, end)
	if err != nil {
		return err
	}
	if !at.Before(to) {
		return fmt.Errorf("journal segment %d is damaged after %d", at.Segment, at.Offset)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := f.s.db.write(ctx, b, fedPosition{Position: to, Epoch: f.s.epoch}); err != nil {
		return err
	}
	f.moved(to)
	return nil
}

// late notes when the database fell behind.
func (f *feeder) late() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.behind.IsZero() {
		f.behind = time.Now()
	}
}

func (f *feeder) moved(to journal.Position) {
	end := *f.end.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = to
	if !to.Before(end) {
		f.behind = time.Time{}
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// rows is what one transaction brings to the database.
type rows struct {
	archives []archive
	seats    []SeatLogEntry
	audits   []AuditEntry
	bytes    int
}

func (r *rows) full() bool {
	return len(r.archives)+len(r.seats)+len(r.audits) >= feedRows || r.bytes >= feedBytes
}

// gather reads entries from at on and says how far it has come.
func (s *Store) gather(at, end journal.Position) (*rows, journal.Position, error) {
	segments, err := journal.List(s.o.files, s.journalDir())
	if err != nil {
		return nil, at, err
	}
	b := &rows{}
	to := journal.Position{Journal: end.Journal, Segment: at.Segment, Offset: at.Offset}
	for _, segment := range segments {
		if segment.Number < at.Segment || segment.Number > end.Segment {
			continue
		}
		offset, limit := int64(0), int64(-1)
		if segment.Number == at.Segment {
			offset = at.Offset
		}
		if segment.Number == end.Segment {
			limit = end.Offset
		}
		found, err := journal.Read(s.o.files, segment, offset, limit, s.collectRows(b, &to))
		if errors.Is(err, errFull) {
			return b, to, nil
		}
		if err != nil {
			return nil, at, err
		}
		to.Segment, to.Offset = segment.Number, found.End
	}
	if to.Segment < end.Segment { // the segment at the end is not listed: the folder was meddled with
		return nil, at, fmt.Errorf("journal segment %d is missing", end.Segment)
	}
	return b, to, nil
}

// collectRows takes the entries that are for the database.
func (s *Store) collectRows(b *rows, to *journal.Position) journal.Visitor {
	return func(kind byte, payload []byte, end journal.Position) error {
		if err := b.take(kind, payload); err != nil {
			s.metrics.failures.WithLabelValues("replay").Inc()
			s.log.Error("a journal entry can't be fed", zap.Uint64("segment", end.Segment), zap.Int64("before", end.Offset), zap.Error(err))
		}
		to.Segment, to.Offset = end.Segment, end.Offset
		if b.full() {
			return errFull
		}
		return nil
	}
}

func (r *rows) take(kind byte, payload []byte) error {
	switch kind {
	case frameArchive:
		a, err := readArchive(append([]byte(nil), payload...))
		if err != nil {
			return err
		}
		r.archives = append(r.archives, a)
	case frameSeat:
		return appendRow(&r.seats, payload)
	case frameAudit:
		return appendRow(&r.audits, payload)
	default:
		return nil
	}
	r.bytes += len(payload)
	return nil
}

// dropSegments deletes the segments nobody needs any more: the database has
// them, and a newer one to start from is durable.
func (s *Store) dropSegments(fed journal.Position) {
	segments, err := journal.List(s.o.files, s.journalDir())
	if err != nil {
		s.log.Warn("journal folder", zap.Error(err))
		return
	}
	var size int64
	needed := min(fed.Segment, s.writer.Durable())
	for _, segment := range segments {
		if segment.Number >= needed {
			size += segment.Bytes
			continue
		}
		if err := s.o.files.Remove(segment.Path); err != nil {
			s.log.Warn("a journal segment that is no longer needed stays", zap.String("path", segment.Path), zap.Error(err))
		}
	}
	s.metrics.size.Set(float64(size))
}
