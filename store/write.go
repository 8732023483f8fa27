package store

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/store/journal"
)

const (
	gather    = 256                    // requests that share one write
	tick      = 250 * time.Millisecond // how often due work is looked at
	healEvery = time.Second
	// quiet is how long an ended call must have had no event before its record
	// goes to the database: what follows the end closely goes with it.
	quiet = time.Second
	// linger is how long a settled call stays in memory for late events.
	linger = 3 * time.Second
	// unsettled is how long a call may lack the end of a wrap-up or recording.
	unsettled = time.Hour
	// maxEnded bounds the ended calls in memory when the database lags or the
	// journal can't be written; beyond it the oldest are let go.
	maxEnded = 20_000
	// maxHeld bounds the log entries held while the journal can't be written.
	maxHeld = 4 << 20
)

// round is what the writer works on: some requests and the frames they make.
type round struct {
	requests []*request
	batch    journal.Batch
}

// write is the writer's goroutine: it owns the journal's file and the memory.
func (s *Store) write() {
	defer s.wg.Done()
	defer close(s.feeder.fed)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var r round
	healed := time.Now()
	for {
		select {
		case first := <-s.mail:
			s.take(&r, first)
		case now := <-ticker.C:
			if s.writer.Broken() != nil && now.Sub(healed) >= healEvery {
				s.heal()
				healed = now
			}
			s.tidy(now, false)
		case <-s.stop:
			s.lastRound(&r)
			return
		}
	}
}

// take handles a request and whatever else is waiting, with one write.
func (s *Store) take(r *round, first *request) {
	s.admit(r, first)
more:
	for len(r.requests) < gather {
		select {
		case next := <-s.mail:
			s.admit(r, next)
		default:
			break more
		}
	}
	s.commit(r)
}

// lastRound empties the mailbox and archives what has ended, for Close.
func (s *Store) lastRound(r *round) {
	for {
		select {
		case next := <-s.mail:
			s.admit(r, next)
			continue
		default:
		}
		break
	}
	s.commit(r)
	if s.writer.Broken() != nil {
		s.heal()
	}
	s.tidy(time.Now(), true)
}

// admit applies a request to memory and adds its frames to the round.
func (s *Store) admit(r *round, q *request) {
	r.requests = append(r.requests, q)
	switch {
	case q.flush:
	case q.revive != nil:
		s.admitRevived(r, q)
	case q.kind != "" && q.remove:
		s.live.drop(q.kind, q.key)
		r.batch.Append(&q.batch)
	case q.kind != "":
		s.live.put(q.kind, q.key, q.value)
		r.batch.Append(&q.batch)
	case len(q.events) > 0:
		s.admitEvents(r, q)
	default:
		r.batch.Append(&q.batch)
	}
}

// admitRevived takes a call back. The journal must have it too, so that the
// events that follow mean something to the next start.
func (s *Store) admitRevived(r *round, q *request) {
	last := q.revive[len(q.revive)-1].Seq
	revived, err := s.live.restore(q.revive, last, journal.Position{}, time.Now())
	if revived {
		r.batch.Append(&q.batch)
	}
	q.err = err
}

// admitEvents applies events and adds the frames of those that are news.
func (s *Store) admitEvents(r *round, q *request) {
	from := 0
	now := time.Now()
	for i, e := range q.events {
		to := q.ends[i]
		news, err := s.live.apply(e, q.batch.Frame(from, to), now)
		if err != nil {
			if !errors.Is(err, errUnknownCall) {
				s.metrics.failures.WithLabelValues("order").Inc()
				s.log.Error("an event does not follow its call's events", zap.String("call", string(e.Call)), zap.Error(err))
			}
			q.err = errors.Join(q.err, err)
		}
		if news {
			q.batch.Slice(&r.batch, from, to)
		}
		from = to
	}
}

// commit writes the round and answers everyone in it.
func (s *Store) commit(r *round) {
	end, err := s.writeBatch(&r.batch)
	for _, q := range r.requests {
		if q.flush {
			s.tidy(time.Now(), true)
			end = s.writer.Position()
		}
		q.end = end
		if err != nil && q.keep {
			s.hold(&q.batch)
		}
		answer := q.err
		if answer == nil && (q.batch.Len() > 0 || q.flush) {
			answer = s.unwritten(err)
		}
		if q.done != nil {
			q.done <- answer
		}
	}
	clear(r.requests)
	r.requests = r.requests[:0]
	r.batch.Reset(4 << 20)
}

// unwritten is why a request is not on disk: its own write, or one before a flush.
func (s *Store) unwritten(err error) error {
	if err != nil {
		return err
	}
	return s.Writable()
}

// writeBatch writes frames and tells the feeder. Its error is CodeUnavailable.
func (s *Store) writeBatch(b *journal.Batch) (journal.Position, error) {
	end, err := s.writer.Write(b)
	if err != nil {
		if s.broken.Load() == nil {
			s.metrics.failures.WithLabelValues("write").Inc()
			s.log.Error("the journal can't be written: new calls are refused until it can", zap.Error(err))
		}
		failure := call.Errorf(call.CodeUnavailable, "the journal can't be written: %w", err)
		s.broken.Store(failure)
		return end, failure
	}
	s.metrics.written.Add(float64(b.Len()))
	s.feeder.end.Store(&end)
	s.feeder.signal()
	return end, nil
}

// hold keeps log entries until the journal can be written again.
func (s *Store) hold(b *journal.Batch) {
	if s.held.Len()+b.Len() > maxHeld {
		s.metrics.failures.WithLabelValues("dropped").Inc()
		s.log.Error("a log entry is lost: too many wait for the journal")
		return
	}
	s.held.Append(b)
}

// heal tries to go on in a new segment after a failure.
func (s *Store) heal() {
	if err := s.writer.Heal(); err != nil {
		s.metrics.failures.WithLabelValues("heal").Inc()
		s.broken.Store(call.Errorf(call.CodeUnavailable, "the journal can't be written: %w", err))
		return
	}
	if _, err := s.writeBatch(&s.held); err != nil {
		return
	}
	s.held.Reset(0)
	s.broken.Store(nil)
	s.log.Info("the journal is written again", zap.Uint64("segment", s.writer.Position().Segment))
}

// tidy archives calls that have ended and lets go of those the database has.
// With all, nothing is waited for.
func (s *Store) tidy(now time.Time, all bool) {
	if s.writer.Broken() == nil {
		if err := s.archiveEnded(now, all); err != nil {
			s.log.Error("call records could not be journalled", zap.Error(err))
		}
	}
	s.live.release(now, s.feeder.position(), maxEnded, s.letGo)
}

// letGo tells of a call there was no room to keep.
func (s *Store) letGo(id call.ID) {
	s.metrics.failures.WithLabelValues("let_go").Inc()
	s.log.Warn("a call is let go before the database has it", zap.String("call", string(id)))
}

// archiveMost is how many bytes of records go into one write.
const archiveMost = 256 << 10

// archiveEnded writes the records of ended calls that have changed.
func (s *Store) archiveEnded(now time.Time, all bool) error {
	batch := &s.archiving // its memory is used again and again
	batch.Reset(2 * archiveMost)
	var calls []*openCall
	flush := func() error {
		end, err := s.writeBatch(batch)
		if err != nil {
			return err
		}
		s.live.archived(calls, end)
		batch.Reset(2 * archiveMost)
		calls = calls[:0]
		return nil
	}
	for _, id := range s.live.ended {
		c := s.live.calls[id]
		if !c.dirty() || (!all && now.Sub(c.touched) < quiet) {
			continue
		}
		a, err := c.archive()
		if err == nil {
			err = addArchive(batch, a)
		}
		if err != nil {
			return fmt.Errorf("call %s: %w", id, err)
		}
		calls = append(calls, c)
		if batch.Len() > archiveMost {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(calls) == 0 {
		return nil
	}
	return flush()
}

// synced is told of every fsync, on the journal's goroutine.
func (s *Store) synced(took time.Duration, err error) {
	s.metrics.fsync.Observe(took.Seconds())
	if err != nil {
		s.metrics.failures.WithLabelValues("fsync").Inc()
		s.log.Error("the journal could not be synced", zap.Error(err))
	}
}
