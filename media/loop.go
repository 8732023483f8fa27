package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// loop is what runs a thread: the goroutine, its rest between ticks, and the
// eventfd that ends a rest without limit.
type loop struct {
	thread *thread
	kernel *kernel
	uring  *ringWire // nil: kernel does it all
	io     IO
	clock  func() int64
	log    *zap.Logger
	begun  chan error // one word: what io_uring said
	done   chan struct{}

	asleep atomic.Bool // no stream is open: only a command can bring work
	mu     sync.Mutex  // guards bell against use after close; taken only to ring it
	bell   int         // eventfd
	deaf   bool
}

func newLoop(io IO, clock func() int64, log *zap.Logger) (*loop, error) {
	k, err := newKernel()
	if err != nil {
		return nil, err
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media: making an eventfd: %w", err), unix.Close(k.epoll))
	}
	return &loop{
		kernel: k, io: io, clock: clock, log: log, bell: bell,
		begun: make(chan error, 1), done: make(chan struct{}),
	}, nil
}

// run owns an operating-system thread until stopThread comes.
func (l *loop) run() {
	defer close(l.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.begin()
	for !l.thread.stopped {
		l.thread.pass(l.clock())
		l.rest()
	}
	l.thread.end()
	l.close()
}

// begin makes the ring on the thread that will use it, as the kernel demands.
func (l *loop) begin() {
	if l.io == IOEpoll {
		l.begun <- nil
		return
	}
	ring, err := newRingWire(l.kernel)
	if err == nil {
		l.uring, l.thread.wire = ring, ring
	}
	l.begun <- err
}

// way is how the loop's sockets are read, once it has begun.
func (l *loop) way() IO {
	if l.uring != nil {
		return IOURing
	}
	return IOEpoll
}

// rest waits for the next tick; while no leg is open, for a command. A thread
// that is late does not wait at all.
//
// The nap keeps its P (see reserve): giving it back and asking for it again 500
// times a second costs more than the packets of a hundred streams, and under load
// the thread would wait in line for it. The scheduler's signals end a nap, so
// that it holds up no collection.
func (l *loop) rest() {
	if l.thread.counts.streams == 0 {
		l.sleep()
		return
	}
	now := l.clock()
	if left := (tickOf(l.thread.now)+1)*int64(tick) - now; left > 0 {
		ts := unix.NsecToTimespec(left)
		//nolint:gosec // G103: the kernel reads ts, which outlives the call
		_, _, _ = unix.RawSyscall6(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0, 0, 0, 0)
	}
}

func (l *loop) sleep() {
	l.asleep.Store(true)
	defer l.asleep.Store(false)
	if !l.thread.mail.empty() || l.thread.stopped {
		return
	}
	poll := []unix.PollFd{{Fd: int32(l.bell), Events: unix.POLLIN}}
	if _, err := unix.Poll(poll, -1); err != nil {
		return // EINTR: the next pass finds nothing and comes back
	}
	var count [8]byte
	_, _ = unix.Read(l.bell, count[:]) // only empties it; it is non-blocking
}

// post hands the thread a command; false once it has stopped.
func (l *loop) post(c command) bool {
	if !l.thread.mail.post(c) {
		return false
	}
	if l.asleep.Load() {
		l.ring()
	}
	return true
}

func (l *loop) ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deaf {
		return
	}
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	if _, err := unix.Write(l.bell, one[:]); err != nil && !errors.Is(err, unix.EAGAIN) {
		l.log.Error("a media thread can't be woken", zap.Error(err))
	}
}

func (l *loop) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf = true
	errs := []error{unix.Close(l.bell), unix.Close(l.kernel.epoll)}
	if l.uring != nil {
		errs = append(errs, l.uring.end())
	}
	if err := errors.Join(errs...); err != nil {
		l.log.Error("a media thread's descriptors could not be closed", zap.Error(err))
	}
}

// reserve gives the scheduler one P for each media thread, beside those of the
// rest of the program; a negative number takes them back. Callers hold no lock:
// engines are made and closed by one goroutine.
func reserve(threads int) { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + threads) }
