package store

import (
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/store/journal"
)

// readBack is what the segments on disk say.
type readBack struct {
	journal  string // identity; empty if there was none
	epoch    uint64
	last     uint64 // number of the last segment
	feedFrom journal.Position
}

// readBack rebuilds memory from the newest whole segment and finds where the
// feeder goes on. Torn ends are cut, so that later readers see clean ones.
func (s *Store) readBack(fed fedPosition) (back readBack, err error) {
	segments, err := journal.List(s.o.files, s.journalDir())
	if err != nil || len(segments) == 0 {
		return back, err
	}
	back.last = segments[len(segments)-1].Number
	base := -1
	for i := len(segments) - 1; i >= 0 && base < 0; i-- {
		found, err := journal.Read(s.o.files, segments[i], 0, -1, ignore)
		if err != nil {
			return back, err
		}
		back.epoch = max(back.epoch, found.Header.Epoch)
		if found.Torn {
			if err := s.cut(segments[i], found.End); err != nil {
				return back, err
			}
		}
		if found.Whole {
			base, back.journal = i, found.Header.Journal
		}
	}
	if base >= 0 {
		if err := s.replay(segments[base]); err != nil {
			return back, err
		}
	}
	back.feedFrom = s.feedFrom(fed, back.journal, segments)
	s.live.release(time.Now().Add(linger), back.feedFrom, maxEnded, s.letGo)
	s.collect()
	return back, nil
}

func ignore(byte, []byte, journal.Position) error { return nil }

func (s *Store) cut(segment journal.Segment, end int64) error {
	torn := segment.Bytes - end
	s.recovered.TornBytes += torn
	s.metrics.torn.Inc()
	s.log.Warn("the journal ended in a torn frame, which is cut off",
		zap.Uint64("segment", segment.Number), zap.Int64("at", end), zap.Int64("bytes", torn))
	if err := s.o.files.Truncate(segment.Path, end); err != nil {
		return fmt.Errorf("journal: torn end of segment %d: %w", segment.Number, err)
	}
	return nil
}

// feedFrom is where the database's feed goes on.
func (s *Store) feedFrom(fed fedPosition, id string, segments []journal.Segment) journal.Position {
	first := journal.Position{Journal: id, Segment: segments[0].Number}
	if fed.Journal == id && fed.Segment >= first.Segment {
		return fed.Position
	}
	if fed.Journal != "" {
		s.log.Warn("the database does not continue this journal: it is fed with everything the journal has",
			zap.String("database_at", fmt.Sprintf("%s/%d", fed.Journal, fed.Segment)), zap.String("journal", id))
	}
	return first
}

// replay applies a segment's frames to memory.
func (s *Store) replay(segment journal.Segment) error {
	now := time.Now()
	_, err := journal.Read(s.o.files, segment, 0, -1, func(kind byte, payload []byte, end journal.Position) error {
		if err := s.replayFrame(kind, payload, end, now); err != nil {
			// One frame that makes no sense must not keep the node from starting.
			s.metrics.failures.WithLabelValues("replay").Inc()
			s.log.Error("a journal frame can't be used", zap.Uint64("segment", segment.Number), zap.Int64("before", end.Offset), zap.Error(err))
		}
		return nil
	})
	return err
}

func (s *Store) replayFrame(kind byte, payload []byte, end journal.Position, now time.Time) error {
	switch kind {
	case frameEvent:
		var e call.Envelope
		if err := json.Unmarshal(payload, &e); err != nil {
			return err
		}
		_, err := s.live.apply(e, payload, now)
		return err
	case framePut:
		var name, key, value []byte
		if err := journal.SplitBlocks(payload, &name, &key, &value); err != nil {
			return err
		}
		s.live.put(Kind(name), string(key), append([]byte(nil), value...))
	case frameDelete:
		var name, key []byte
		if err := journal.SplitBlocks(payload, &name, &key); err != nil {
			return err
		}
		s.live.drop(Kind(name), string(key))
	case frameOpen:
		archived, events, err := readOpen(payload)
		if err != nil {
			return err
		}
		// What a snapshot calls archived is in a segment before it.
		_, err = s.live.restore(events, archived, journal.Position{Segment: end.Segment}, now)
		return err
	case frameArchive:
		a, err := readArchive(payload)
		if err != nil {
			return err
		}
		s.live.replayArchive(a.head.ID, a.head.Last, end)
	}
	return nil
}

// collect makes Recovered of what was read back.
func (s *Store) collect() {
	s.recovered.State = s.live.state.clone()
	for _, c := range s.live.calls {
		if c.folder.Ended() {
			continue
		}
		events, err := readEvents(c.events)
		if err != nil { // we have just read the very same
			s.log.Error("an open call can't be recovered", zap.Error(err))
			continue
		}
		s.recovered.Calls = append(s.recovered.Calls, OpenCall{Record: c.folder.Record(), LastSeq: c.folder.LastSeq(), Events: events})
	}
	sortCalls(s.recovered.Calls)
}
