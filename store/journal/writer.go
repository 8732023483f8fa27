package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Options is what a Writer needs.
type Options struct {
	Dir   string
	Files Files
	// Journal, Epoch and Node go into every header.
	Journal string
	Epoch   uint64
	Node    string
	// SegmentBytes is the size at which a new segment is begun; 64 MiB if 0.
	SegmentBytes int64
	// SyncWithin is how long written frames may stay unsynced; 50 ms if 0.
	SyncWithin time.Duration
	// Snapshot adds what an owner needs to start from to a new segment. It is
	// called on the goroutine that calls Write or Heal.
	Snapshot func(*Batch) error
	// Synced is told of every sync, on the syncer's goroutine. May be nil.
	Synced func(took time.Duration, err error)
}

// Writer appends to the newest segment. One goroutine uses it.
//
// After a failure every Write gives the same error at once until Heal succeeds.
// Heal begins a new segment with a snapshot, which holds what could not be
// written meanwhile, as far as it still matters.
type Writer struct {
	o        Options
	file     File
	segment  uint64
	next     uint64 // number of the next segment; a failed attempt uses one up
	offset   int64
	rotateAt int64
	broken   error
	sync     *syncer
}

// NewWriter begins segment number. It fails if that can't be written.
func NewWriter(o Options, segment uint64) (*Writer, error) {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 64 << 20
	}
	if o.SyncWithin == 0 {
		o.SyncWithin = 50 * time.Millisecond
	}
	w := &Writer{o: o, next: segment, sync: newSyncer(o)}
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, w.sync.close())
	}
	return w, nil
}

// Write appends the batch and gives the position after it. When it returns
// without error, the frames survive the process. On error none of them count.
func (w *Writer) Write(b *Batch) (Position, error) {
	if w.broken == nil {
		w.broken = w.sync.failed()
	}
	if w.broken != nil {
		return w.Position(), w.broken
	}
	if b.Len() == 0 {
		return w.Position(), nil
	}
	if n, err := w.file.Write(b.buf); err != nil {
		w.broken = fmt.Errorf("journal write: %w", err)
		w.cut(n)
		return w.Position(), w.broken
	}
	w.offset += int64(b.Len())
	w.sync.touch()
	if w.offset < w.rotateAt {
		return w.Position(), nil
	}
	if err := w.begin(); err != nil { // the old segment still takes frames
		w.rotateAt = w.offset + w.o.SegmentBytes/8
		w.sync.report(0, err)
	}
	return w.Position(), nil
}

// cut takes a half-written batch off again. If even that fails, the torn tail
// is recognised when the segment is read.
func (w *Writer) cut(written int) {
	if written == 0 {
		return
	}
	if err := w.file.Truncate(w.offset); err != nil {
		w.broken = errors.Join(w.broken, err)
	}
}

// Heal tries to begin a new segment after a failure.
func (w *Writer) Heal() error {
	if w.Broken() == nil {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.broken = nil
	return nil
}

// Broken is why nothing can be written, or nil.
func (w *Writer) Broken() error {
	if w.broken == nil {
		w.broken = w.sync.failed()
	}
	return w.broken
}

// Position is the end of what is written.
func (w *Writer) Position() Position {
	return Position{Journal: w.o.Journal, Segment: w.segment, Offset: w.offset}
}

// Durable is the number of the newest segment whose snapshot has been synced;
// older ones are no longer needed to start from.
func (w *Writer) Durable() uint64 { return w.sync.durable.Load() }

// begin makes the next segment with header and snapshot and turns to it.
func (w *Writer) begin() error {
	next := w.next
	var b Batch
	header, err := json.Marshal(Header{Version: version, Journal: w.o.Journal, Segment: next, Epoch: w.o.Epoch, Node: w.o.Node, Began: time.Now().UTC()})
	if err != nil {
		return err
	}
	if err := errors.Join(b.Add(typeHeader, header), w.o.Snapshot(&b), b.Add(typeSnapshot)); err != nil {
		return fmt.Errorf("journal snapshot: %w", err)
	}
	path := Path(w.o.Dir, next)
	file, err := w.o.Files.Create(path)
	if err != nil {
		return fmt.Errorf("journal segment: %w", err)
	}
	w.next++
	if _, err := file.Write(b.buf); err != nil {
		return errors.Join(fmt.Errorf("journal snapshot: %w", err), file.Close(), w.o.Files.Remove(path))
	}
	w.sync.turn(file, next)
	w.file, w.segment, w.offset = file, next, int64(b.Len())
	w.rotateAt = max(w.o.SegmentBytes, 2*w.offset) // a large snapshot must not make a segment each
	return nil
}

// Close syncs and closes.
func (w *Writer) Close() error { return w.sync.close() }
