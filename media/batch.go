package media

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams one system call may read off a socket: what a
// listener of music sends between two reads, and some.
const batchSize = 8

// batch is where a bulk read puts datagrams. The kernel's own structures point into it.
type batch struct {
	from    [batchSize]sockaddr
	size    [batchSize]int // as receive gives it
	raw     [batchSize][scratchSize]byte
	vectors [batchSize]unix.Iovec
	headers [batchSize]struct { // struct mmsghdr
		unix.Msghdr
		size uint32
		_    uint32
	}
}

func newBatch() *batch {
	in := new(batch)
	for i := range in.headers {
		in.vectors[i].Base = &in.raw[i][0]
		in.vectors[i].SetLen(scratchSize)
		h := &in.headers[i]
		h.Name, h.Iov = &in.from[i].raw[0], &in.vectors[i]
		h.SetIovlen(1)
	}
	return in
}

// get is one of the datagrams read; one that is too long for a telephone's comes out empty, to be refused.
func (in *batch) get(i int) []byte {
	if in.size[i] > scratchSize {
		return in.raw[i][:0]
	}
	return in.raw[i][:in.size[i]]
}

func (*kernel) receiveMany(fd int, in *batch) int {
	for i := range in.headers {
		in.headers[i].Namelen = uint32(len(in.from[i].raw))
	}
	//nolint:gosec // G103: the kernel writes into in, which outlives the call
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&in.headers)),
		batchSize, unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	if errno != 0 {
		return 0
	}
	for i := range int(n) {
		in.from[i].size, in.size[i] = in.headers[i].Namelen, int(in.headers[i].size)
	}
	return int(n)
}

// receiveSingly fills a batch by receive.
func receiveSingly(w wire, fd int, in *batch) (n int) {
	for ; n < batchSize; n++ {
		b, ok := w.receive(fd, in.raw[n][:], &in.from[n])
		if !ok {
			break
		}
		in.size[n] = copy(in.raw[n][:], b)
	}
	return n
}
