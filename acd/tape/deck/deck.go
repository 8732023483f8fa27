// Package deck records an engine's tape on disk while the node runs: files that
// each begin with how the engine stood and so replay alone, begun anew by size and time, erased
// when they are old. It never makes routing wait: what can't be written is left out, counted, and
// the next file begins with how the engine stands then.
package deck

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/acd"
)

// Options is what a Deck needs.
type Options struct {
	Dir   string        // made if it is not there; nobody else may read it
	Site  string        // in the envelopes
	Epoch uint64        // of this start of the node
	Keep  time.Duration // a file whose end is older is erased
	Max   int64         // bytes of all files together
	// Reserve is how many bytes of the disk stay free: the journal needs them more. 0: 512 MiB.
	Reserve int64
	// FileTime is after how long a new file is begun; 0: an hour.
	FileTime time.Duration
}

const (
	// mailbox is how many steps may wait to be written. A disk that hangs fills it in
	// a second of a busy site, and what comes then is left out.
	mailbox = 8192
	// flushEvery bounds what a kill -9 leaves out.
	flushEvery = time.Second
	// retryEvery is when a new file is tried after one could not be written.
	retryEvery = time.Minute

	reserveUsual  = 512 << 20
	fileTimeUsual = time.Hour
	fileMost      = 64 << 20 // bytes of a file before it is compressed
)

// Deck is a driver.Tape. Begin and Step belong to the driver's goroutine; a
// goroutine of its own writes. The mailbox between them is bounded, and never waited for.
type Deck struct {
	o    Options
	log  *zap.Logger
	met  *metrics
	mail chan letter
	done chan struct{}
	due  atomic.Bool // the writer wants a new file
	gap  bool        // steps have been left out; the driver's side's own

	reel     *reel // being written; nil: none. The writer's own, as all below
	retry    time.Time
	troubled bool // it has been said that nothing is written
}

// letter is a step, or with state the beginning of a file.
type letter struct {
	at    time.Time
	in    acd.Input
	out   []acd.Effect
	state *acd.State
}

// New makes the folder and starts the writer. Close ends it, after the driver has ended.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) (*Deck, error) {
	if o.Reserve == 0 {
		o.Reserve = reserveUsual
	}
	if o.FileTime == 0 {
		o.FileTime = fileTimeUsual
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the tape's folder: %w", err)
	}
	met, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	d := &Deck{o: o, log: log, met: met, mail: make(chan letter, mailbox), done: make(chan struct{})}
	go d.run()
	return d, nil
}

// Begin begins a file with how the engine stands.
func (d *Deck) Begin(state acd.State) {
	select {
	case d.mail <- letter{state: &state}:
		d.gap = false
	default:
		d.gap = true
	}
}

// Step takes a step down. When there is no room it is left out, and with it
// those that follow, until a new file can begin.
func (d *Deck) Step(at time.Time, in acd.Input, out []acd.Effect) (begin bool) {
	if d.gap {
		d.met.lost.Inc()
		return len(d.mail) < mailbox/2
	}
	select {
	case d.mail <- letter{at: at, in: in, out: slices.Clone(out)}:
		return d.due.CompareAndSwap(true, false)
	default:
		d.gap = true
		d.met.lost.Inc()
		return false
	}
}

// Close writes what is left. Nothing may be recorded any more.
func (d *Deck) Close() {
	close(d.mail)
	<-d.done
}

func (d *Deck) run() {
	defer close(d.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case l, open := <-d.mail:
			if !open {
				d.finish(nil)
				return
			}
			d.take(l)
		case now := <-tick.C:
			d.tend(now)
		}
	}
}

// take writes a letter.
func (d *Deck) take(l letter) {
	switch {
	case l.state != nil:
		d.finish(nil)
		d.begin(*l.state)
	case d.reel == nil:
		d.met.lost.Inc()
	default:
		if err := d.reel.step(l); err != nil {
			d.finish(err)
			return
		}
		if d.reel.raw >= d.fileMost() {
			d.due.Store(true)
		}
	}
}

// fileMost keeps a file small beside all of them, so that erasing the oldest makes room.
func (d *Deck) fileMost() int64 { return min(fileMost, d.o.Max/4) }

// begin opens a file, if the disk has room.
func (d *Deck) begin(state acd.State) {
	now := time.Now()
	err := d.room(now)
	if err == nil {
		d.reel, err = openReel(d.o, now, state)
	}
	if err != nil {
		d.trouble(err)
		return
	}
	if d.troubled {
		d.log.Info("routing is taped again", zap.String("file", d.reel.name))
	}
	d.troubled = false
	d.met.writing.Set(1)
}

// finish closes the file, in trouble or not.
func (d *Deck) finish(err error) {
	if d.reel != nil {
		n, closed := d.reel.close()
		d.met.bytes.Add(float64(n))
		d.reel = nil
		err = errors.Join(err, closed)
	}
	if err != nil {
		d.trouble(err)
	}
}

// trouble says once that nothing is written, and when it will be tried again.
func (d *Deck) trouble(err error) {
	d.met.writing.Set(0)
	d.retry = time.Now().Add(retryEvery)
	if !d.troubled {
		d.log.Error("routing is not taped; calls go on as ever", zap.Error(err), zap.Duration("next_try", retryEvery))
	}
	d.troubled = true
}

// tend flushes, erases what is old, and asks for a new file where one is wanted.
func (d *Deck) tend(now time.Time) {
	switch {
	case d.reel == nil:
		if d.troubled && !now.Before(d.retry) {
			d.due.Store(true)
		}
	case d.reel.stale:
		if err := errors.Join(d.reel.flush(), d.room(now)); err != nil {
			d.finish(err)
			return
		}
		if now.Sub(d.reel.began) >= d.o.FileTime {
			d.due.Store(true)
		}
	}
}
