package media

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wire is what a thread does with sockets. Nothing in it waits.
type wire interface {
	// receive reads one datagram; false when there is none. It lies in room, or where the wire has
	// it, and there it may be changed and sent on; it is good until flush. One that room is too small for comes out empty.
	receive(fd int, room []byte, from *sockaddr) (b []byte, ok bool)
	// receiveMany reads as many datagrams as wait and fit, and gives their number;
	// fewer than fit tells that there are no more.
	receiveMany(fd int, in *batch) int
	// send reports whether the datagram was taken. It may leave with the next flush only.
	send(fd int, to *sockaddr, b []byte) bool
	// flush puts what was sent on its way, and gives how many datagrams the kernel
	// refused that send had taken.
	flush() (refused uint64)
	// watch and unwatch say for which sockets ready is to be told, by slot: once
	// for whatever they have at first, then once for what has come since.
	watch(fd int, slot int32) error
	unwatch(fd int) error
	// watchReports is watch for a socket of RTCP, on which little comes; ready tells of it by
	// the slot's complement, which is negative.
	watchReports(fd int, slot int32) error
	// unwatchReports is needed only for a socket that is not closed.
	unwatchReports(fd int) error
	// ready gives the slots of sockets that something has come for, as many as fit.
	ready(slots []int32) int
	// forget is told of a socket that is about to be closed.
	forget(fd int)
}

// kernel is the wire of a running engine: raw system calls and an epoll set.
// The sockets never block, so unix.RawSyscall6 may be used: it neither allocates
// nor tells the scheduler, which is what makes a packet cost what it does in C.
type kernel struct {
	epoll  int
	events [256]unix.EpollEvent
}

func newKernel() (*kernel, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("media: making an epoll set: %w", err)
	}
	return &kernel{epoll: epoll}, nil
}

func (*kernel) receive(fd int, room []byte, from *sockaddr) (b []byte, ok bool) {
	from.size = uint32(len(from.raw))
	//nolint:gosec // G103: the kernel writes into room and from, which outlive the call
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(room))), uintptr(len(room)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&from.raw)), uintptr(unsafe.Pointer(&from.size)))
	if errno != 0 {
		return nil, false
	}
	if int(n) > len(room) { // MSG_TRUNC: its whole length
		n = 0
	}
	return room[:n], true
}

func (*kernel) send(fd int, to *sockaddr, b []byte) bool {
	//nolint:gosec // G103: the kernel reads b and to, which outlive the call
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return errno == 0
}

func (k *kernel) watch(fd int, slot int32) error {
	return unix.EpollCtl(k.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: slot})
}

func (k *kernel) unwatch(fd int) error {
	return unix.EpollCtl(k.epoll, unix.EPOLL_CTL_DEL, fd, nil)
}

func (k *kernel) watchReports(fd int, slot int32) error { return k.watch(fd, ^slot) }
func (k *kernel) unwatchReports(fd int) error           { return k.unwatch(fd) }

// ready asks with a timeout of zero, so that this too is a call that can't block.
func (k *kernel) ready(slots []int32) int {
	//nolint:gosec // G103: the kernel writes into k.events, which outlives the call
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(k.epoll),
		uintptr(unsafe.Pointer(&k.events)), uintptr(min(len(slots), len(k.events))), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	for i := range slots[:n] {
		slots[i] = k.events[i].Fd
	}
	return int(n)
}

func (*kernel) flush() uint64 { return 0 }

func (*kernel) forget(int) {}

// ReceiveBuffer is what each socket asks the kernel to hold at most for a thread
// that is late, in bytes. The kernel counts its own overhead in, about 700 bytes
// a packet, so this is 1.6 s of 20 ms packets; nothing is used up in between.
const ReceiveBuffer = 32 << 10

// expedited is the DSCP value EF (46) in its place in the TOS byte, RFC 3246 and RFC 4594 section 4.1.
const expedited = 46 << 2

// bindSocket makes a socket for RTP or RTCP.
func bindSocket(local netip.AddrPort) (int, error) {
	sa := newSockaddr(local)
	family := int(binary.NativeEndian.Uint16(sa.raw[:]))
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("media: making a socket: %w", err)
	}
	if err := prepareSocket(fd, local); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("media: socket for %v: %w", local, err)
	}
	return fd, nil
}

func prepareSocket(fd int, local netip.AddrPort) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, ReceiveBuffer); err != nil {
		return err
	}
	if addr := local.Addr().Unmap(); addr.Is4() {
		// No packet of ours is ever too long for a path; saying so spares the kernel
		// the choice of an identification for each (RFC 6864), 3 % of its work.
		for _, opt := range [][2]int{{unix.IP_TOS, expedited}, {unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE}} {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, opt[0], opt[1]); err != nil {
				return err
			}
		}
		return unix.Bind(fd, &unix.SockaddrInet4{Port: int(local.Port()), Addr: addr.As4()})
	}
	for _, opt := range [][2]int{{unix.IPV6_V6ONLY, 1}, {unix.IPV6_TCLASS, expedited}} {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, opt[0], opt[1]); err != nil {
			return err
		}
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: int(local.Port()), Addr: local.Addr().As16()})
}
