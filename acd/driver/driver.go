// Package driver is the one goroutine and the one timer around acd.Engine: it
// hands the engine inputs in the order they came, with the time they came at,
// wakes it at its deadlines and carries its effects away.
package driver

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
)

// Outlet takes what the engine decides. Effect is called on the driver's
// goroutine, in order, and must return at once: put it into a mailbox. It must
// not call Send or Snapshot.
type Outlet interface {
	Effect(now time.Time, ef acd.Effect)
}

const (
	// mailbox is how many inputs may wait. At 10 µs a step this is 160 ms of work.
	mailbox = 16384
	// patience is how long Send waits for room before it gives up: longer than
	// any stall of the engine short of a fault, short enough for a call to go on without a seat.
	patience = 250 * time.Millisecond
	// slow is the length of a step that is worth a line in the log.
	slow = 5 * time.Millisecond
	// viewShare bounds the time spent on views: after one that took t, the next is at most t×viewShare away.
	viewShare = 20
	// maxViewGap bounds that gap, so that an API call never waits longer.
	maxViewGap = time.Second
)

// Driver owns an engine. Its mailbox is bounded: when it is full, Send waits a
// little for room and then fails with call.CodeCapacity; nothing is ever dropped in silence.
type Driver struct {
	engine *acd.Engine
	outlet Outlet
	log    *zap.Logger
	tape   Tape // nil: none

	start time.Time // see now
	mail  chan letter
	done  chan struct{}

	// closing guards the closing of mail against senders; no state is behind it.
	closing sync.RWMutex
	closed  bool

	asking  sync.Mutex // one question at a time; no state is behind it
	view    atomic.Pointer[acd.View]
	waiters []chan<- struct{} // for the next view; the goroutine's own
	viewDue time.Time         // before this no new view is made
}

// letter is an input, or with look a request for a fresh view, or with ask a question.
type letter struct {
	at   time.Time
	in   acd.Input
	look chan<- struct{}
	ask  func()
}

// Option changes what New makes.
type Option func(*Driver)

// New starts a driver, which owns the engine from now on. Stop ends it.
func New(engine *acd.Engine, outlet Outlet, log *zap.Logger, options ...Option) *Driver {
	d := &Driver{
		engine: engine, outlet: outlet, log: log, start: time.Now(),
		mail: make(chan letter, mailbox), done: make(chan struct{}),
	}
	for _, o := range options {
		o(d)
	}
	if d.tape != nil {
		d.tape.Begin(engine.State())
	}
	d.view.Store(engine.View())
	go d.run()
	return d
}

// Send gives the engine an input, stamped with the present time. It fails with
// call.CodeCapacity when the mailbox stays full and with call.CodeUnavailable after Stop.
func (d *Driver) Send(in acd.Input) error {
	return d.post(letter{at: d.now(), in: in})
}

// Snapshot is how queues and seats stand, everything that was sent before
// included. On a site so large that a picture costs much, a call may wait for
// the next one, up to a second; after Stop it is the last one. The view is shared: don't change it.
func (d *Driver) Snapshot() *acd.View {
	seen := make(chan struct{})
	if err := d.post(letter{look: seen}); err == nil {
		<-seen
	}
	return d.view.Load()
}

// Stop lets the engine take what has been sent, then ends the driver and waits for it.
func (d *Driver) Stop() {
	d.closing.Lock()
	if !d.closed {
		d.closed = true
		close(d.mail)
	}
	d.closing.Unlock()
	<-d.done
}

func (d *Driver) post(l letter) error {
	d.closing.RLock()
	defer d.closing.RUnlock()
	if d.closed {
		return call.Errorf(call.CodeUnavailable, "routing has stopped")
	}
	select {
	case d.mail <- l:
		return nil
	default:
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case d.mail <- l:
		return nil
	case <-wait.C:
		return call.Errorf(call.CodeCapacity, "routing is overloaded: %d inputs wait", mailbox)
	}
}

// now is the clock: wall time at the start plus what has passed by the
// monotonic clock, so that a step of the wall clock ends no offers and stops no timers.
func (d *Driver) now() time.Time { return d.start.Add(time.Since(d.start)) }

func (d *Driver) run() {
	defer close(d.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Stop()
		if wake, ok := d.wake(); ok {
			timer.Reset(wake.Sub(d.now()))
		}
		select {
		case l, open := <-d.mail:
			if !open {
				d.publish()
				return
			}
			d.open(l)
		case <-timer.C:
			d.alarm()
		}
	}
}

// wake is when the goroutine has something to do by itself.
func (d *Driver) wake() (time.Time, bool) {
	at, ok := d.engine.Deadline()
	if len(d.waiters) > 0 && (!ok || d.viewDue.Before(at)) {
		return d.viewDue, true
	}
	return at, ok
}

// alarm is the timer. What was sent before the deadline is taken before it: an
// answer that waits in the mailbox came in time.
func (d *Driver) alarm() {
	now := d.now()
	for n := len(d.mail); n > 0; n-- {
		l, open := <-d.mail
		if !open {
			return // and the loop sees it closed again
		}
		d.open(l)
	}
	if at, ok := d.engine.Deadline(); ok && !at.After(now) {
		d.step(now, acd.Tick{})
	}
	if len(d.waiters) > 0 && !d.viewDue.After(now) {
		d.publish()
	}
}

func (d *Driver) open(l letter) {
	if l.ask != nil {
		l.ask()
		return
	}
	if l.look == nil {
		d.step(l.at, l.in)
		return
	}
	d.waiters = append(d.waiters, l.look)
	if !d.viewDue.After(d.now()) {
		d.publish()
	}
}

// step is one decision and its consequences.
func (d *Driver) step(now time.Time, in acd.Input) {
	began := time.Now()
	effects := d.engine.Step(now, in)
	d.taped(now, in, effects)
	for _, ef := range effects {
		d.outlet.Effect(now, ef)
	}
	if took := time.Since(began); took > slow {
		d.log.Warn("a routing step took long",
			zap.String("input", in.Kind()), zap.Duration("took", took), zap.Int("effects", len(effects)))
	}
}

// publish makes a new view, unless nothing has happened since the last, and
// lets everybody see it who waits for one.
func (d *Driver) publish() {
	if d.view.Load().Steps != d.engine.Steps() {
		began := d.now()
		d.view.Store(d.engine.View())
		ended := d.now()
		d.viewDue = ended.Add(min(ended.Sub(began)*viewShare, maxViewGap))
	}
	for _, seen := range d.waiters {
		close(seen)
	}
	d.waiters = d.waiters[:0]
}
