package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// How much the ring wire holds. What a thread sends in a turn goes out in batches of
// sendMost; what comes for watched sockets in a turn may be inflowMost datagrams, which a
// thread with thousands of bridged legs does not reach in a tick.
const (
	sendMost   = 512
	sendSize   = 1600 // of a datagram; longer ones go by themselves
	inflowMost = 2048
	inflowSize = 2048 // a header, an address and a datagram
	// The kernel goes round all buffers it is offered, and so touches them all: it is offered some at first, and as
	// many again whenever it had none left.
	inflowFirst = 256
	doneMost    = 4096
)

// A socket that has sent keepAfter datagrams is one that much is sent by; those of descriptors below keepMost can be kept.
const (
	keepAfter = 16
	keepMost  = 1 << 16
)

// floodMost is how many datagrams of one socket may wait to be read: 1.6 s of sound, as many as a
// socket holds by itself (see ReceiveBuffer), so that what a stalled network brings at once is not lost. One that has
// more is no telephone's: it is read by hand until it is calm, so that it takes nobody's buffers.
const floodMost = 80

// What is told of a thing done besides the socket: who asked.
const (
	tagSend   = 1 << 62
	tagCancel = 1 << 61
)

// recvHeader is the length of struct io_uring_recvmsg_out, which stands before what has come.
const recvHeader = 16

// ringWire is the wire by io_uring: a turn's packets are sent in one system call, and
// what has come for watched sockets is there after another, however many they are.
// Where a system call is dear (a guest whose kernel is not the machine's, page-table
// isolation) that halves what a packet costs; see decision 0304.
//
// Other sockets, read in bulk, are read as kernel does it; those of RTCP are told of by epoll, once a look.
type ringWire struct {
	kernel *kernel
	ring   *uring

	outbox []byte     // mapped: a datagram for each entry
	to     [][28]byte // and its address
	failed uint64     // sends that the kernel refused
	sent   []uint8    // by descriptor, up to keepAfter: then the kernel has the file at hand

	inbox []byte // mapped: the buffers, and before them the ring that offers them to the kernel
	tail  uint16 // of that ring
	name  *unix.Msghdr
	size  [inflowMost]int32
	lent  []int32           // buffers whose datagrams were read since the last flush, and may be on their way out
	after [inflowMost]int32 // the next buffer of the same socket, -1: none
	many  int32             // buffers in use; those beyond were never offered

	flows []*inflow // by descriptor; nil: not watched
	gen   uint32
	news  []*inflow // that have something, or are flooded
	idle  []*inflow // whose request has ended and is to be made again

	scarce bool // no buffer was left
}

// inflow is what has come for a watched socket and was not read yet.
type inflow struct {
	fd, slot    int32
	gen         uint32 // tells what is done for an earlier watch of the same descriptor
	first, last int32  // buffers; -1: none
	count       int
	told        bool // in news
	armed       bool // the kernel has a request
	flooded     bool
	gone        bool // no longer watched
}

func newRingWire(k *kernel) (*ringWire, error) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil, errors.New("media: io_uring is used on little-endian machines only") // see giveBack
	}
	ring, err := newURing(sendMost, doneMost)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	w := &ringWire{kernel: k, ring: ring, to: make([][28]byte, sendMost), name: &unix.Msghdr{Namelen: unix.SizeofSockaddrInet6}}
	if err := errors.Join(w.offerBuffers(), w.keepFiles()); err != nil {
		return nil, errors.Join(err, w.end())
	}
	if err := w.try(); err != nil {
		return nil, errors.Join(err, w.end())
	}
	return w, nil
}

// try carries a packet over loopback: a kernel, or what stands between us and one, may take
// some of this and not the rest.
func (w *ringWire) try() (err error) {
	var fds [2]int
	for i := range fds {
		if fds[i], err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			return fmt.Errorf("media: trying io_uring: %w", err)
		}
		defer func() {
			w.forget(fds[i])
			err = errors.Join(err, unix.Close(fds[i]))
		}()
	}
	if err := unix.Bind(fds[0], &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("media: trying io_uring: %w", err)
	}
	name, err := unix.Getsockname(fds[0])
	if err != nil {
		return fmt.Errorf("media: trying io_uring: %w", err)
	}
	here, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return errors.New("media: trying io_uring: a socket of IPv4 has no address of IPv4")
	}
	to := newSockaddr(netip.AddrPortFrom(netip.AddrFrom4(here.Addr), uint16(here.Port)))
	if err := w.watch(fds[0], 0); err != nil {
		return err
	}
	sent, room := [...]byte{1, 2, 3}, [4]byte{}
	var from sockaddr
	w.send(fds[1], &to, sent[:])
	refused := w.flush()
	var slots [1]int32
	told := w.ready(slots[:])
	if got, _ := w.receive(fds[0], room[:], &from); refused != 0 || told != 1 || !bytes.Equal(got, sent[:]) {
		return errors.New("media: io_uring carries no packets here")
	}
	return w.unwatch(fds[0])
}

// keepFiles makes room for the files of sockets that much is sent by.
func (w *ringWire) keepFiles() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("media: how many files may be open: %w", err)
	}
	room := min(limit.Cur, keepMost)
	if err := w.ring.keepFiles(uint32(room)); err != nil {
		return fmt.Errorf("media: files kept by io_uring: %w", err)
	}
	w.sent = make([]uint8, room)
	return nil
}

// keep tells whether the kernel has a socket's file at hand, which spares it a look at the
// process's table for each packet (a thirtieth of what a packet costs). Handing it over costs
// as much as a few packets, so a socket has to have sent some. Receiving does without: a request
// stays with the kernel as long as the leg is live, and holds the file.
func (w *ringWire) keep(fd int) bool {
	if fd >= len(w.sent) {
		return false
	}
	if w.sent[fd] < keepAfter {
		w.sent[fd]++
		if w.sent[fd] == keepAfter && w.ring.keepFile(uint32(fd), int32(fd)) != nil {
			w.sent[fd] = 0 // no memory just now
		}
	}
	return w.sent[fd] == keepAfter
}

// letGo has the kernel keep a socket's file no longer: it would hold its port.
func (w *ringWire) letGo(fd int) {
	if fd >= len(w.sent) {
		return
	}
	if w.sent[fd] == keepAfter {
		_ = w.ring.keepFile(uint32(fd), -1) // it can fail only for a number out of range
	}
	w.sent[fd] = 0
}

const bufferRing = inflowMost * 16 // struct io_uring_buf each

// offerBuffers gives the kernel the buffers that datagrams are put into.
func (w *ringWire) offerBuffers() (err error) {
	const protection, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	if w.outbox, err = unix.Mmap(-1, 0, sendMost*sendSize, protection, flags); err != nil {
		return fmt.Errorf("media: memory for sending: %w", err)
	}
	if w.inbox, err = unix.Mmap(-1, 0, bufferRing+inflowMost*inflowSize, protection, flags); err != nil {
		return fmt.Errorf("media: memory for receiving: %w", err)
	}
	reg := struct { // struct io_uring_buf_reg
		addr    uint64
		entries uint32
		group   uint16
		flags   uint16
		_       [3]uint64
	}{addr: uint64(uintptr(unsafe.Pointer(&w.inbox[0]))), entries: inflowMost} //nolint:gosec // G103: mapped memory
	if err := w.ring.register(uringRegisterBuffers, unsafe.Pointer(&reg), 1); err != nil { //nolint:gosec // G103: read within the call
		return fmt.Errorf("media: offering buffers by io_uring: %w", err)
	}
	w.offer(inflowFirst)
	return nil
}

// offer gives the kernel buffers it never had, until there are so many.
func (w *ringWire) offer(many int32) {
	for ; w.many < min(many, inflowMost); w.many++ {
		w.giveBack(w.many)
	}
}

// giveBack offers a buffer to the kernel again.
func (w *ringWire) giveBack(b int32) {
	const mask = inflowMost - 1
	entry := (*struct { // struct io_uring_buf; the last field of the first is the ring's tail
		addr uint64
		size uint32
		id   uint16
		tail uint16
	})(unsafe.Pointer(&w.inbox[int(w.tail&mask)*16])) //nolint:gosec // G103: mapped memory
	entry.addr = uint64(uintptr(unsafe.Pointer(&w.inbox[bufferRing+int(b)*inflowSize]))) //nolint:gosec // G103: mapped memory
	entry.size, entry.id = inflowSize, uint16(b)
	w.tail++
	// The tail is the upper half of a word whose lower half is the first entry's id: both are ours alone.
	word := (*uint32)(unsafe.Pointer(&w.inbox[12])) //nolint:gosec // G103: mapped memory
	atomic.StoreUint32(word, *word&0xffff|uint32(w.tail)<<16)
}

// buffer is what the kernel has written into one.
func (w *ringWire) buffer(b int32) []byte {
	return w.inbox[bufferRing+int(b)*inflowSize:][:w.size[b]]
}

func (w *ringWire) send(fd int, to *sockaddr, b []byte) bool {
	if len(b) > sendSize {
		return w.kernel.send(fd, to, b)
	}
	e, at := w.entry()
	if e == nil {
		return w.kernel.send(fd, to, b)
	}
	out := b
	if !w.within(b) {
		out = w.outbox[int(at)*sendSize:][:len(b)]
		copy(out, b)
	}
	w.to[at] = to.raw
	e.opcode, e.flags, e.fd, e.userData = uringOpSend, sqeSkipSuccess, int32(fd), tagSend
	if w.keep(fd) {
		e.flags |= sqeFixedFile // by the same number
	}
	e.addr, e.size = address(unsafe.Pointer(&out[0])), uint32(len(out))      //nolint:gosec // G103: mapped memory
	e.addr2, e.addrLen = address(unsafe.Pointer(&w.to[at])), uint16(to.size) //nolint:gosec // G103: w.to lives as long as w
	e.msgFlags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	return true
}

// within tells whether a datagram lies in a buffer, which is lent until it has been sent.
func (w *ringWire) within(b []byte) bool {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))-uintptr(unsafe.Pointer(&w.inbox[0])) < uintptr(len(w.inbox)) //nolint:gosec // G103: compared, not followed
}

func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

// entry makes room for one thing more to do.
func (w *ringWire) entry() (e *sqe, at uint32) {
	if e, at = w.ring.next(); e != nil {
		return e, at
	}
	_ = w.ring.enter(false) // what it did not take is still there
	return w.ring.next()
}

// flush puts what was sent on its way, and asks again for what comes.
func (w *ringWire) flush() (refused uint64) {
	w.rearm()
	if w.ring.waiting() > 0 {
		_ = w.ring.enter(false)
	}
	for _, b := range w.lent {
		w.giveBack(b)
	}
	if w.scarce {
		w.offer(2 * w.many)
		w.scarce = false
	}
	w.lent = w.lent[:0]
	w.collect()
	refused, w.failed = w.failed, 0
	return refused
}

// end frees what it holds.
func (w *ringWire) end() error {
	errs := []error{w.ring.close()}
	for _, m := range [][]byte{w.inbox, w.outbox} {
		if m != nil {
			errs = append(errs, unix.Munmap(m))
		}
	}
	return errors.Join(errs...)
}
