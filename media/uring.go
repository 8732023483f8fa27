package media

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What of io_uring's interface is needed (linux/io_uring.h; Linux 6.1 and later).
const (
	uringOffSQ   = 0
	uringOffSQEs = 0x10000000

	uringSetupCQSize    = 1 << 3
	uringSetupSubmitAll = 1 << 7  // an entry that fails does not stop the others
	uringSetupSingle    = 1 << 12 // one thread only enters
	uringSetupDefer     = 1 << 13 // completions are worked off when that thread enters, at no other time
	uringFeatOneMap     = 1 << 0

	uringEnterGetEvents = 1

	uringRegisterUpdate  = 6  // IORING_REGISTER_FILES_UPDATE
	uringRegisterFiles   = 13 // IORING_REGISTER_FILES2
	uringRegisterBuffers = 22 // IORING_REGISTER_PBUF_RING

	uringFilesSparse = 1 << 0

	uringOpRecvMsg = 10
	uringOpCancel  = 14
	uringOpSend    = 26

	sqeFixedFile    = 1 << 0
	sqeBufferSelect = 1 << 5
	sqeSkipSuccess  = 1 << 6
	recvMultishot   = 1 << 1

	cqeHasBuffer = 1 << 0
	cqeMore      = 1 << 1
	cqeBufShift  = 16
)

// sqe is struct io_uring_sqe.
type sqe struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	addr2         uint64
	addr          uint64
	size          uint32
	msgFlags      uint32
	userData      uint64
	bufGroup      uint16
	personality   uint16
	addrLen       uint16
	_             [18]byte
}

// cqe is struct io_uring_cqe.
type cqe struct {
	userData uint64
	res      int32
	flags    uint32
}

// uringParams is struct io_uring_params, with struct io_sqring_offsets and io_cqring_offsets in it.
type uringParams struct {
	sqEntries, cqEntries, flags, _, _, features, _ uint32
	_                                              [3]uint32
	sq                                             struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// uring is one io_uring: two queues in memory shared with the kernel, of things to do
// and of things done. Only the thread that made it may use it.
type uring struct {
	fd      int
	queues  []byte // mapped
	entries []byte // mapped

	sqHead, sqTail *uint32 // the kernel moves the first, we the second
	sqes           []sqe
	tail           uint32 // entries made; told to the kernel by enter

	cqHead, cqTail *uint32 // we move the first, the kernel the second
	cqes           []cqe

	kept int32 // what keepFile hands over
}

// newURing makes one with so many entries, powers of two.
func newURing(entries, done uint32) (*uring, error) {
	p := uringParams{cqEntries: done, flags: uringSetupCQSize | uringSetupSubmitAll | uringSetupSingle | uringSetupDefer}
	//nolint:gosec // G103: the kernel reads and writes p, which outlives the call
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r := &uring{fd: int(fd)}
	if err := r.share(&p); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// share maps the queues.
func (r *uring) share(p *uringParams) (err error) {
	if p.features&uringFeatOneMap == 0 {
		return errors.New("io_uring: the kernel is older than 5.4")
	}
	size := max(int(p.sq.array+p.sqEntries*4), int(p.cq.cqes)+int(p.cqEntries)*int(unsafe.Sizeof(cqe{})))
	const protection, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.queues, err = unix.Mmap(r.fd, uringOffSQ, size, protection, flags); err != nil {
		return fmt.Errorf("io_uring: mapping the queues: %w", err)
	}
	if r.entries, err = unix.Mmap(r.fd, uringOffSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{})), protection, flags); err != nil {
		return fmt.Errorf("io_uring: mapping the entries: %w", err)
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queues[at])) } //nolint:gosec // G103: shared memory
	r.sqHead, r.sqTail, r.cqHead, r.cqTail = word(p.sq.head), word(p.sq.tail), word(p.cq.head), word(p.cq.tail)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.entries[0])), p.sqEntries)        //nolint:gosec // G103: shared memory
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.queues[p.cq.cqes])), p.cqEntries) //nolint:gosec // G103: shared memory
	for i := range p.sqEntries {                                                     // entry i is always told of at place i
		*word(p.sq.array + 4*i) = i
	}
	r.tail = atomic.LoadUint32(r.sqTail)
	return nil
}

// keepFiles makes room for files that the kernel is to keep at hand, by number; it holds none yet.
func (r *uring) keepFiles(room uint32) error {
	reg := struct { // struct io_uring_rsrc_register
		size, flags uint32
		_           [3]uint64
	}{size: room, flags: uringFilesSparse}
	return r.register(uringRegisterFiles, unsafe.Pointer(&reg), unsafe.Sizeof(reg)) //nolint:gosec // G103: read within the call
}

// keepFile has the kernel keep a descriptor at hand as file number at; -1 lets go of the one before.
func (r *uring) keepFile(at uint32, fd int32) error {
	r.kept = fd
	reg := struct { // struct io_uring_rsrc_update
		at, _ uint32
		fds   uint64
	}{at: at, fds: address(unsafe.Pointer(&r.kept))} //nolint:gosec // G103: on the heap, where it stays
	return r.register(uringRegisterUpdate, unsafe.Pointer(&reg), 1) //nolint:gosec // G103: the same
}

// register is io_uring_register(2).
func (r *uring) register(what uintptr, arg unsafe.Pointer, n uintptr) error {
	if _, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), what, uintptr(arg), n, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// next gives the place for another thing to do; nil when the queue is full and has to be entered first.
func (r *uring) next() (e *sqe, at uint32) {
	if r.tail-atomic.LoadUint32(r.sqHead) >= uint32(len(r.sqes)) {
		return nil, 0
	}
	at = r.tail & uint32(len(r.sqes)-1)
	r.tail++
	e = &r.sqes[at]
	*e = sqe{}
	return e, at
}

// waiting is how many things to do the kernel has not taken.
func (r *uring) waiting() uint32 { return r.tail - atomic.LoadUint32(r.sqHead) }

// enter hands over what is to be done; with look it has the kernel work off what has
// come. It never waits.
func (r *uring) enter(look bool) error {
	atomic.StoreUint32(r.sqTail, r.tail)
	var flags uintptr
	if look {
		flags = uringEnterGetEvents
	}
	if _, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.waiting()), 0, flags, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// done calls f for all that is done, and gives how much that was.
func (r *uring) done(f func(*cqe)) (n int) {
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	for ; head != tail; head++ {
		f(&r.cqes[head&uint32(len(r.cqes)-1)])
		n++
	}
	atomic.StoreUint32(r.cqHead, head)
	return n
}

func (r *uring) close() error {
	var errs []error
	for _, m := range [][]byte{r.queues, r.entries} {
		if m != nil {
			errs = append(errs, unix.Munmap(m))
		}
	}
	return errors.Join(append(errs, unix.Close(r.fd))...)
}
