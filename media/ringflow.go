package media

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rearm makes the requests again that have ended: no buffer was left, or the socket had an error to tell.
func (w *ringWire) rearm() {
	n := 0
	for ; n < len(w.idle); n++ {
		if f := w.idle[n]; !f.gone && !f.flooded && !f.armed && !w.arm(f) {
			break
		}
	}
	left := copy(w.idle, w.idle[n:])
	clear(w.idle[left:])
	w.idle = w.idle[:left]
}

// arm has the kernel receive for a socket until told otherwise.
func (w *ringWire) arm(f *inflow) bool {
	e, _ := w.entry()
	if e == nil {
		return false
	}
	e.opcode, e.flags, e.ioprio, e.fd = uringOpRecvMsg, sqeBufferSelect, recvMultishot, f.fd
	e.addr, e.size, e.msgFlags = address(unsafe.Pointer(w.name)), 1, unix.MSG_TRUNC //nolint:gosec // G103: lives as long as w
	e.userData = uint64(f.gen)<<32 | uint64(uint32(f.fd))
	f.armed = true
	return true
}

func (w *ringWire) watch(fd int, slot int32) error {
	for fd >= len(w.flows) {
		w.flows = append(w.flows, make([]*inflow, fd+64-len(w.flows))...)
	}
	f := &inflow{fd: int32(fd), slot: slot, first: -1, last: -1}
	if old := w.flows[fd]; old != nil {
		if !old.gone {
			return fmt.Errorf("media: descriptor %d is watched already", fd)
		}
		f.first, f.last, f.count = old.first, old.last, old.count
	}
	w.gen = (w.gen + 1) & (1<<28 - 1)
	f.gen, w.flows[fd] = w.gen, f
	if f.count > 0 {
		w.tell(f)
	}
	if !w.arm(f) {
		w.idle = append(w.idle, f)
	}
	return nil
}

// unwatch returns when the kernel has let go of the socket, whose port can then be
// bound again. What has come and was not read still can be.
func (w *ringWire) unwatch(fd int) error {
	f := w.flowOf(fd)
	if f == nil || f.gone {
		return fmt.Errorf("media: descriptor %d is not watched", fd)
	}
	f.gone = true
	if !f.armed {
		return nil
	}
	e, _ := w.entry()
	if e == nil {
		return errors.New("media: io_uring takes nothing more")
	}
	e.opcode, e.flags, e.fd, e.userData = uringOpCancel, sqeSkipSuccess, -1, tagCancel
	e.addr = uint64(f.gen)<<32 | uint64(uint32(fd))
	for range inflowMost { // others' datagrams may stand before its end
		if err := w.ring.enter(true); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("media: io_uring: %w", err)
		}
		if w.collect(); !f.armed {
			return nil
		}
	}
	return fmt.Errorf("media: io_uring does not let go of descriptor %d", fd)
}

// forget is told of a socket about to be closed.
func (w *ringWire) forget(fd int) {
	if w.ring.waiting() > 0 { // something may still be on its way out by it
		_ = w.ring.enter(false)
	}
	w.letGo(fd)
	if f := w.flowOf(fd); f != nil {
		for f.count > 0 {
			w.giveBack(w.take(f))
		}
		f.gone = true
		w.flows[fd] = nil
	}
}

func (w *ringWire) flowOf(fd int) *inflow {
	if fd < 0 || fd >= len(w.flows) {
		return nil
	}
	return w.flows[fd]
}

// collect takes what is done: datagrams to their sockets' lines.
func (w *ringWire) collect() int {
	return w.ring.done(func(c *cqe) {
		switch c.userData {
		case tagSend:
			w.failed++
		case tagCancel: // it had ended by itself
		default:
			w.came(c)
		}
	})
}

// came is the end of a request, or a datagram, or both.
func (w *ringWire) came(c *cqe) {
	f := w.flowOf(int(int32(uint32(c.userData))))
	ours := f != nil && f.gen == uint32(c.userData>>32)
	if c.flags&cqeHasBuffer != 0 {
		b := int32(c.flags >> cqeBufShift)
		if ours && c.res >= recvHeader && f.count < floodMost {
			w.size[b] = c.res
			w.line(f, b)
		} else {
			w.giveBack(b)
			if ours && f.count >= floodMost {
				w.flooded(f)
			}
		}
	}
	if c.res == -int32(unix.ENOBUFS) {
		w.scarce = true
	}
	if ours && c.flags&cqeMore == 0 {
		f.armed = false
		w.idle = append(w.idle, f)
	}
}

// line puts a buffer at the end of its socket's.
func (w *ringWire) line(f *inflow, b int32) {
	w.after[b] = -1
	if f.count == 0 {
		f.first = b
	} else {
		w.after[f.last] = b
	}
	f.last = b
	f.count++
	w.tell(f)
}

func (w *ringWire) tell(f *inflow) {
	if !f.told && !f.gone {
		f.told = true
		w.news = append(w.news, f)
	}
}

// take takes the first.
func (w *ringWire) take(f *inflow) int32 {
	b := f.first
	f.first = w.after[b]
	f.count--
	return b
}

// flooded ends the kernel's own receiving for a socket that has too much.
func (w *ringWire) flooded(f *inflow) {
	if f.flooded {
		return
	}
	f.flooded = true
	w.tell(f)
	if e, _ := w.entry(); e != nil {
		e.opcode, e.flags, e.fd, e.userData = uringOpCancel, sqeSkipSuccess, -1, tagCancel
		e.addr = uint64(f.gen)<<32 | uint64(uint32(f.fd))
	}
}

// ready tells of sockets that have something, each look anew as long as they have. The kernel works off a
// few arrivals (IO_LOCAL_TW_DEFAULT_MAX) each time it is entered without waiting, so it is entered until nothing comes.
func (w *ringWire) ready(slots []int32) int {
	for len(w.news) < len(slots) {
		if err := w.ring.enter(true); err != nil {
			break
		}
		if w.collect() == 0 {
			break
		}
	}
	n, rest := 0, w.news[:0]
	for _, f := range w.news {
		switch {
		case f.gone || f.count == 0 && !f.flooded:
			f.told = false
		case n < len(slots):
			slots[n] = f.slot
			n++
			rest = append(rest, f)
		default:
			rest = append(rest, f)
		}
	}
	clear(w.news[len(rest):])
	w.news = rest
	return n + w.kernel.ready(slots[n:])
}

func (w *ringWire) watchReports(fd int, slot int32) error { return w.kernel.watchReports(fd, slot) }
func (w *ringWire) unwatchReports(fd int) error           { return w.kernel.unwatchReports(fd) }

func (w *ringWire) receive(fd int, room []byte, from *sockaddr) (b []byte, ok bool) {
	f := w.flowOf(fd)
	switch {
	case f == nil:
		return w.kernel.receive(fd, room, from)
	case f.count > 0:
		at := w.take(f)
		w.lent = append(w.lent, at)
		return openReceived(w.buffer(at), len(room), from), true
	case f.flooded || f.gone:
		b, ok := w.kernel.receive(fd, room, from)
		if !ok && f.flooded {
			f.flooded = false
			w.idle = append(w.idle, f)
		}
		return b, ok
	}
	return nil, false
}

// openReceived takes a datagram and its source out of a buffer (struct io_uring_recvmsg_out,
// then room for the address, then the datagram), if it is no longer than most.
func openReceived(in []byte, most int, from *sockaddr) []byte {
	nameSize := *(*uint32)(unsafe.Pointer(&in[0]))  //nolint:gosec // G103: at least recvHeader long
	size := int(*(*uint32)(unsafe.Pointer(&in[8]))) //nolint:gosec // G103: the same
	in = in[recvHeader:]
	from.size = uint32(copy(from.raw[:], in[:min(int(nameSize), len(in))]))
	in = in[min(unix.SizeofSockaddrInet6, len(in)):]
	if size > min(most, len(in)) {
		return in[:0]
	}
	return in[:size:size]
}

func (w *ringWire) receiveMany(fd int, in *batch) int {
	if f := w.flowOf(fd); f != nil && (f.count > 0 || !f.gone) {
		return receiveSingly(w, fd, in)
	}
	return w.kernel.receiveMany(fd, in)
}
