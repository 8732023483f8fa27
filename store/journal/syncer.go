package journal

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// syncer makes written frames durable from a goroutine of its own, so that
// nobody who writes waits for the disk. It also closes segments left behind.
type syncer struct {
	o       Options
	wake    chan struct{} // holds one: there is something to sync
	stop    chan struct{}
	done    chan struct{}
	durable atomic.Uint64

	mu    sync.Mutex // guards what the writer hands over
	file  File       // being written
	at    uint64     // its number
	dirty bool
	left  []File // to be synced and closed
	err   error  // of the last sync, until the next segment
}

func newSyncer(o Options) *syncer {
	s := &syncer{o: o, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// touch tells that frames were written.
func (s *syncer) touch() {
	s.mu.Lock()
	s.dirty = true
	s.mu.Unlock()
	s.signal()
}

// turn hands over a new segment; the one before is synced once more and closed.
func (s *syncer) turn(file File, number uint64) {
	s.mu.Lock()
	if s.file != nil {
		s.left = append(s.left, s.file)
	}
	s.file, s.at, s.dirty, s.err = file, number, true, nil
	s.mu.Unlock()
	s.signal()
}

// failed gives the error of the last sync. What a failed fsync has lost the
// kernel does not say, so that only a new segment with a snapshot helps.
func (s *syncer) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *syncer) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *syncer) run() {
	defer close(s.done)
	timer := time.NewTimer(s.o.SyncWithin)
	defer timer.Stop()
	for {
		select {
		case <-s.wake:
		case <-s.stop:
			s.flush()
			return
		}
		timer.Reset(s.o.SyncWithin)
		select {
		case <-timer.C:
		case <-s.stop:
		}
		s.flush()
	}
}

// flush syncs everything that was written before it.
func (s *syncer) flush() {
	s.mu.Lock()
	file, at, dirty, left := s.file, s.at, s.dirty, s.left
	s.dirty, s.left = false, nil
	s.mu.Unlock()
	for _, f := range left {
		// A segment left behind whose sync fails has been replaced by a snapshot already: reported, no more.
		_ = s.timed(func() error { return errors.Join(f.Sync(), f.Close()) })
	}
	if !dirty || file == nil {
		return
	}
	first := s.durable.Load() < at
	err := s.timed(func() error {
		if first {
			return errors.Join(file.Sync(), s.o.Files.SyncDir(s.o.Dir))
		}
		return file.Sync()
	})
	if err == nil {
		s.durable.Store(max(at, s.durable.Load()))
		return
	}
	s.mu.Lock()
	if s.at == at {
		s.err = fmt.Errorf("journal fsync: %w", err)
	}
	s.mu.Unlock()
}

func (s *syncer) timed(sync func() error) error {
	began := time.Now()
	err := sync()
	s.report(time.Since(began), err)
	return err
}

func (s *syncer) report(took time.Duration, err error) {
	if s.o.Synced != nil {
		s.o.Synced(took, err)
	}
}

// close syncs what is left, closes the file and waits for the goroutine.
func (s *syncer) close() error {
	close(s.stop)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return s.err
	}
	return errors.Join(s.err, s.file.Close())
}
