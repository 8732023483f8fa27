package recording

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording/seal"
)

// Options is what a recorder needs.
type Options struct {
	// Dir is the recordings folder; it is made, mode 0700, if need be.
	Dir string
	// Clock is the clock of Frame.Arrival, in nanoseconds: media.Engine's Now.
	Clock func() int64
	// Flush is how often each recording is written; 300 ms when zero, at most 500 ms.
	Flush time.Duration
	// Workers is how many goroutines write; 2 when zero.
	Workers int
	// Most is how many recordings may be open at once; 10,000 when zero.
	Most int
	// Keys encrypt recordings; nil: they are plain WAV files.
	Keys seal.Keys
	// AnalysisCPU is the share of one core that looking through recordings may take,
	// as they end and by an Archive; 0: it is left to the archive, at its own share.
	AnalysisCPU float64
	// MostBytes bounds the recordings folder; beyond it none is begun. 0: no limit.
	MostBytes int64
}

// Recorder writes recordings. It is safe for use by several goroutines.
type Recorder struct {
	opts     Options
	disk     disk
	dir      folder       // what recordings are written to: the disk, or sealed on it
	pace     *pace        // of analysis; nil: none is done here
	spool    atomic.Int64 // bytes in the folder, as last measured
	live     sync.Map     // ids of recordings being written
	log      *zap.Logger
	metrics  *metrics
	workers  []*worker
	closings chan command
	working  sync.WaitGroup // the workers
	ending   sync.WaitGroup // the closers
	next     atomic.Uint64
	open     atomic.Int64
	closing  atomic.Bool
}

// How many goroutines sync and close files, and how many files may wait for them.
const (
	closers      = 4
	closeBacklog = 256
)

// New makes a recorder and starts its workers. Errors are those of the folder.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) (*Recorder, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	dir, err := openDisk(o.Dir)
	if err != nil {
		return nil, err
	}
	r := &Recorder{opts: o, disk: dir, dir: dir, log: log}
	if o.AnalysisCPU > 0 {
		r.pace = &pace{share: o.AnalysisCPU}
	}
	if o.Keys != nil {
		r.dir = sealedFolder{dir, o.Keys}
	}
	if r.metrics, err = newMetrics(reg); err != nil {
		return nil, err
	}
	r.closings = make(chan command, closeBacklog)
	for range o.Workers {
		w := newWorker(r)
		r.workers = append(r.workers, w)
		r.working.Go(w.run)
	}
	for range closers {
		r.ending.Go(r.runCloser)
	}
	return r, nil
}

func (o Options) checked() (Options, error) {
	if o.Dir == "" || o.Clock == nil {
		return o, call.Errorf(call.CodeInvalid, "a recorder needs a folder and a clock")
	}
	if o.Flush == 0 {
		o.Flush = 300 * time.Millisecond
	}
	if o.Flush < 20*time.Millisecond || o.Flush > 500*time.Millisecond {
		return o, call.Errorf(call.CodeInvalid, "a recording is flushed every 20 to 500 ms, not every %v", o.Flush)
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.Most <= 0 {
		o.Most = 10_000
	}
	return o, nil
}

// mostAway is how far from now a recording's start may lie: more is another clock.
const mostAway = time.Minute

// Start begins a recording. It doesn't block: the file is made by a worker, and
// an error with it is told when the recording stops. CodeInvalid: the
// specification; CodeCapacity: too many recordings; CodeUnavailable: closed.
func (r *Recorder) Start(spec Spec) (*Recording, error) {
	if _, err := ulid.ParseStrict(string(spec.ID)); err != nil {
		return nil, call.Errorf(call.CodeInvalid, "recording id %q is no ULID: %w", spec.ID, err)
	}
	if spec.Started.IsZero() || (spec.Left == nil && spec.Right == nil) {
		return nil, call.Errorf(call.CodeInvalid, "recording %s needs a start and at least one side", spec.ID)
	}
	if off := r.opts.Clock() - spec.StartedMono; off < -int64(mostAway) || off > int64(mostAway) {
		return nil, call.Errorf(call.CodeInvalid, "recording %s starts %v from now by the node's clock", spec.ID, time.Duration(off))
	}
	if most := r.opts.MostBytes; most > 0 && r.spool.Load() > most {
		return nil, call.Errorf(call.CodeCapacity, "the recordings folder holds %d MiB, as much as it may", r.spool.Load()>>20)
	}
	if r.open.Add(1) > int64(r.opts.Most) {
		r.open.Add(-1)
		return nil, call.Errorf(call.CodeCapacity, "%d recordings are open already", r.opts.Most)
	}
	w := r.workers[r.next.Add(1)%uint64(len(r.workers))]
	ext := extPlain
	if r.opts.Keys != nil {
		ext = extSealed
	}
	rec := newRecording(spec, pathOf(spec.ID, spec.Started, ext), w)
	r.live.Store(spec.ID, true)
	if err := w.post(command{kind: commandBegin, rec: rec}); err != nil {
		r.live.Delete(spec.ID)
		r.open.Add(-1)
		return nil, err
	}
	r.metrics.active.Inc()
	return rec, nil
}

// pathOf is a recording's path within the folder.
func pathOf(id call.RecordingID, day time.Time, ext string) string {
	return fmt.Sprintf("%s/%s%s", day.Format("2006/01/02"), id, ext)
}

// Open opens a recording for reading, by the path in its facts. The path can't
// leave the folder, nor can a link in it. CodeNotFound: there is no such file.
func (r *Recorder) Open(path string) (*Sound, error) {
	f, err := r.disk.root.Open(path)
	if err != nil {
		return nil, call.Errorf(call.CodeNotFound, "recording %q: %w", path, err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s, err := openSound(f, path, st.Size(), r.opts.Keys)
	if err != nil {
		return nil, fmt.Errorf("recording %q: %w", path, err)
	}
	return s, nil
}

// Close finishes what is still being recorded and waits for the workers. When
// ctx ends first it returns its error; the workers end with their last write.
func (r *Recorder) Close(ctx context.Context) error {
	if r.closing.Swap(true) {
		return errClosed
	}
	for _, w := range r.workers {
		close(w.quit)
	}
	done := make(chan error, 1)
	go func() {
		r.working.Wait()
		close(r.closings)
		r.ending.Wait()
		done <- r.disk.root.Close()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
