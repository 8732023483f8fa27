package recording

import (
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// phases is into how many parts a flush period is cut, so that recordings are
// written one after the other and not all at once.
const phases = 8

// worker writes the recordings given to it; all of their state is its own.
type worker struct {
	dir      folder
	clock    func() int64
	flush    time.Duration
	log      *zap.Logger
	metrics  *metrics
	scratch  []byte         // what is being written; the largest window of both sides
	windows  windows        // that recordings which have ended leave behind
	closings chan<- command // recordings whose file is to be closed

	mu     sync.Mutex
	inbox  []command // bounded by what calls say, whose number is bounded; emptied at once
	closed bool

	wake   chan struct{}
	quit   chan struct{}
	ticker *time.Ticker
	live   [phases][]*Recording
	count  int
	phase  int
}

// command is what a recording's owner wants of it.
type command struct {
	kind commandKind
	rec  *Recording
	at   int64 // when it was said
	src  Source
	done func(call.RecordingFacts, error)
}

type commandKind uint8

const (
	commandBegin commandKind = iota
	commandPause
	commandResume
	commandAdd
	commandEnd
)

func newWorker(r *Recorder) *worker {
	return &worker{
		dir: r.dir, clock: r.opts.Clock, flush: r.opts.Flush, log: r.log, metrics: r.metrics,
		scratch: make([]byte, windowMost*lawPCM.frame()), closings: r.closings,
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
}

var (
	errClosed  = call.Errorf(call.CodeUnavailable, "the recorder is closed")
	errStopped = call.Errorf(call.CodeConflict, "the recording was stopped before")
)

// post hands a command to the worker. It never blocks.
func (w *worker) post(c command) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	if c.rec.stop {
		return errStopped
	}
	c.rec.stop = c.kind == commandEnd
	w.inbox = append(w.inbox, c)
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// run is the worker's goroutine.
func (w *worker) run() {
	w.ticker = time.NewTicker(w.flush / phases)
	w.ticker.Stop() // until there is something to write
	defer w.ticker.Stop()
	for {
		select {
		case <-w.ticker.C:
			w.tick()
		case <-w.wake:
			w.obey()
		case <-w.quit:
			w.finishAll()
			return
		}
	}
}

// tick flushes the recordings whose turn it is.
func (w *worker) tick() {
	// What was said before this moment is known before anything of it is written,
	// so that a pause always comes in time.
	now := w.clock()
	w.obey()
	w.phase = (w.phase + 1) % phases
	for _, r := range w.live[w.phase] {
		at := w.clock()
		w.metrics.lag.Observe(time.Duration(max(0, at-r.due)).Seconds())
		r.due = at + int64(w.flush)
		r.visit(now)
	}
}

// obey carries out what was posted.
func (w *worker) obey() {
	w.mu.Lock()
	todo := w.inbox
	w.inbox = nil
	w.mu.Unlock()
	for _, c := range todo {
		switch c.kind {
		case commandBegin:
			w.begin(c.rec)
		case commandPause, commandResume:
			c.rec.marks.pause(c.kind == commandPause, max(0, samplesIn(c.at-c.rec.spec.StartedMono)))
		case commandAdd:
			c.rec.hear(&c.rec.right, c.src)
		case commandEnd:
			w.end(c)
		}
	}
}

func (w *worker) begin(r *Recording) {
	if w.count == 0 {
		w.ticker.Reset(w.flush / phases)
	}
	r.phase = w.emptiest()
	w.live[r.phase] = append(w.live[r.phase], r)
	w.count++
	r.due = w.clock() + int64(w.flush)
	r.note(r.open())
}

// emptiest is the phase with the fewest recordings.
func (w *worker) emptiest() int {
	best := 0
	for i := range w.live {
		if len(w.live[i]) < len(w.live[best]) {
			best = i
		}
	}
	return best
}

// end takes a recording off the round and hands it to the closers. It waits
// when they are far behind: then the disk is slow, and the rings hold a while.
func (w *worker) end(c command) {
	list := w.live[c.rec.phase]
	i := slices.Index(list, c.rec)
	w.live[c.rec.phase] = slices.Delete(list, i, i+1)
	if w.count--; w.count == 0 {
		w.ticker.Stop()
	}
	c.rec.finish(c.at)
	w.closings <- c
}

// finishAll ends what is still being recorded when the recorder is closed.
func (w *worker) finishAll() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.obey()
	now := w.clock()
	for phase := range w.live {
		for len(w.live[phase]) > 0 {
			w.end(command{rec: w.live[phase][0], at: now, done: func(call.RecordingFacts, error) {}})
		}
	}
}

// runCloser is the goroutine of a closer: it waits for the disk so that the
// workers need not. Several of them share the disk's own groups of writes.
func (r *Recorder) runCloser() {
	for c := range r.closings {
		facts, err := c.rec.settle(r.look)
		r.metrics.ended(facts, err)
		if err != nil {
			r.log.Error("recording is incomplete", zap.String("recording", string(facts.ID)),
				zap.String("call", string(facts.Call)), zap.String("path", facts.Path), zap.Error(err))
		}
		r.open.Add(-1)
		r.live.Delete(facts.ID)
		c.done(facts, err)
	}
}
