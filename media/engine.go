package media

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Sink takes what happens in a leg's sound. It is called on a media thread, so
// it returns at once, and calls nothing of the leg that would wait for it.
type Sink interface {
	SoundEvent(call.LegID, call.SoundEvent)
}

// Engine owns the ports and the threads that carry sound.
type Engine struct {
	options Options
	log     *zap.Logger
	ports   *ports
	ports6  *ports // of Listen6; nil without it
	loops   []*loop
	hands   *hands
	seed    maphash.Seed
	started time.Time
	epoch   int64
	metrics *metrics
	closing sync.Once
}

// New starts an engine's threads and registers its metrics. It raises GOMAXPROCS
// by the number of threads, since each keeps a P for itself; Close lowers it
// again. The error is a call.CodeInvalid where the options are wrong.
func New(o Options, log *zap.Logger, reg prometheus.Registerer) (*Engine, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	e := &Engine{
		options: o, log: log, ports: newPorts(o.Listen, o.Ports),
		seed: maphash.MakeSeed(), started: now, epoch: now.UnixNano(),
	}
	if e.hands, err = newHands(log); err != nil {
		return nil, err
	}
	if o.Listen6.IsValid() {
		e.ports6 = newPorts(o.Listen6, o.Ports)
	}
	for range o.Threads {
		l, err := newLoop(o.IO, e.Now, log)
		if err != nil {
			e.abandon()
			return nil, err
		}
		e.loops = append(e.loops, l)
	}
	e.metrics = newMetrics(e)
	if err := reg.Register(e.metrics); err != nil {
		e.abandon()
		return nil, call.Errorf(call.CodeInternal, "media: metrics: %w", err)
	}
	e.metrics.home = reg
	for _, l := range e.loops {
		l.thread = newThread(l.kernel, &o, log, e.metrics)
		l.thread.hands = e.hands
	}
	reserve(o.Threads)
	for _, l := range e.loops {
		go l.run()
	}
	if err := e.begun(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// begun waits until each thread has tried io_uring. Where it is not to be had, and was
// not asked for by name, a thread does without.
func (e *Engine) begun() error {
	var not error
	for _, l := range e.loops {
		if err := <-l.begun; err != nil {
			not = err
		}
	}
	switch {
	case not == nil:
		e.log.Info("sound by "+e.loops[0].way().String(), zap.Int("threads", len(e.loops)))
	case e.options.IO == IOURing:
		return call.Errorf(call.CodeUnavailable, "media: io_uring can't be had, epoll would do: %w", not)
	default:
		e.log.Info("sound by epoll", zap.Int("threads", len(e.loops)), zap.NamedError("io_uring", not))
	}
	return nil
}

// abandon frees what an engine that never started holds.
func (e *Engine) abandon() {
	for _, l := range e.loops {
		l.close()
	}
}

// Close ends every leg, stops the threads and waits for them. No event comes
// after it; Open is refused. It may be called again.
func (e *Engine) Close() {
	e.closing.Do(func() {
		for _, l := range e.loops {
			l.post(stopThread{})
		}
		for _, l := range e.loops {
			<-l.done
		}
		e.hands.close()
		reserve(-len(e.loops))
		e.metrics.leave()
	})
}

// Now is the time of the clock that Frame.Arrival is told by, in nanoseconds: Unix
// time when the engine started, and monotonic since.
func (e *Engine) Now() int64 { return e.epoch + int64(time.Since(e.started)) }

// Capacity is how many legs can be open at once, and how many more could be now.
func (e *Engine) Capacity() (total, free int) { return e.ports.total, e.ports.idle() }

// loopOf is the thread of a call.
func (e *Engine) loopOf(id call.ID) *loop {
	return e.loops[maphash.String(e.seed, string(id))%uint64(len(e.loops))]
}

// Open leases a port pair to a leg of a call, as OpenFor does for a far end of whatever family.
func (e *Engine) Open(id call.ID, leg call.LegID, sink Sink) (*Leg, error) {
	return e.OpenFor(netip.Addr{}, id, leg, sink)
}

// OpenFor leases a port pair to a leg of a call, of the family of the far end's address where
// the engine has two. The error is call.CodeCapacity when none is free,
// call.CodeUnavailable once the engine is closed.
func (e *Engine) OpenFor(far netip.Addr, id call.ID, leg call.LegID, sink Sink) (*Leg, error) {
	from, shown := e.ports, e.options.Advertise
	if e.ports6 != nil && far.Is6() && !far.Is4In6() {
		from, shown = e.ports6, e.options.Advertise6
	}
	l := e.loopOf(id)
	if l.thread.mail.full() {
		return nil, call.Errorf(call.CodeCapacity, "media: a thread is too far behind to take another leg")
	}
	got, err := from.lease()
	if err != nil {
		return nil, err
	}
	s := &stream{id: leg, sink: sink, ports: got}
	if !l.post(openLeg{s}) {
		if err := from.release(got); err != nil {
			e.log.Error("a leg's ports could not be closed", zap.String("leg", string(leg)), zap.Error(err))
		}
		return nil, call.Errorf(call.CodeUnavailable, "media: the engine is closed")
	}
	return &Leg{call: id, loop: l, stream: s, fingerprint: e.hands.fingerprint, local: netip.AddrPortFrom(shown, got.port)}, nil
}
