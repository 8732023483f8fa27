package sip

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"hotline/call"
)

// udpBuffer is the receive buffer asked for: a burst of some thousand messages.
const udpBuffer = 4 << 20

// maxMessage is the longest message taken, on any transport.
const maxMessage = 65535

// packetConn is what is needed of a UDP socket.
type packetConn interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	Close() error
}

// udpSocket is a listening UDP socket; it has one reader.
type udpSocket struct {
	pc   packetConn
	addr netip.AddrPort // as bound
}

func (u *udpSocket) send(b []byte, to netip.AddrPort) error {
	if _, err := u.pc.WriteToUDPAddrPort(b, to); err != nil {
		return call.Errorf(call.CodeUnavailable, "udp to %s: %w", to, err)
	}
	return nil
}

// bindUDP opens a socket and makes its buffer large, as far as the kernel lets it.
func bindUDP(addr netip.AddrPort, log *zap.Logger) (*udpSocket, error) {
	network := "udp4"
	if addr.Addr().Is6() && !addr.Addr().Is4In6() {
		network = "udp6"
	}
	pc, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, call.Errorf(call.CodeUnavailable, "listen on udp://%s: %w", addr, err)
	}
	growBuffer(pc, log)
	bound := pc.LocalAddr().(*net.UDPAddr).AddrPort()
	return &udpSocket{pc: pc, addr: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())}, nil
}

func growBuffer(pc *net.UDPConn, log *zap.Logger) {
	if err := pc.SetReadBuffer(udpBuffer); err != nil {
		log.Warn("UDP receive buffer can't be set", zap.Error(err))
	}
	raw, err := pc.SyscallConn()
	if err != nil {
		log.Warn("UDP receive buffer can't be read back", zap.Error(err))
		return
	}
	var size int
	ctlErr := raw.Control(func(fd uintptr) {
		size, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	})
	if err = errors.Join(err, ctlErr); err != nil {
		log.Warn("UDP receive buffer can't be read back", zap.Error(err))
		return
	}
	if size /= 2; size < udpBuffer { // the kernel doubles what it is asked for, and tells that
		log.Warn("UDP receive buffer is smaller than wanted: a burst of calls may lose messages",
			zap.Int("bytes", size), zap.Int("wanted", udpBuffer),
			zap.String("remedy", "sysctl -w net.core.rmem_max=4194304"))
	}
}

// readUDP is the socket's reader; it ends when the socket is closed.
func (s *Server) readUDP(u *udpSocket) {
	defer s.readers.Done()
	buf := make([]byte, maxMessage)
	for {
		n, from, err := u.pc.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.stopping() {
				return
			}
			// ICMP errors of earlier sends come up here; the socket is still good.
			s.pause(10 * time.Millisecond)
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if answer, taken := keepAlive(buf[:n], from); taken {
			s.keptAlive(u, from, answer)
			continue
		}
		if !s.guard.admit(from.Addr()) {
			continue
		}
		s.take(hop{proto: UDP, addr: from, sock: u}, buf[:n])
	}
}

// keptAlive answers a keep-alive of somebody we know; a stranger's does not deserve more than a datagram costs him.
func (s *Server) keptAlive(u *udpSocket, to netip.AddrPort, answer []byte) {
	if answer == nil || !s.guard.known(to.Addr()) {
		return
	}
	if err := u.send(answer, to); err != nil {
		s.sendFailed(hop{proto: UDP, addr: to, sock: u}, err)
	}
}
