package media

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sockaddr is an address as the kernel reads and writes it (struct sockaddr_in
// or sockaddr_in6), kept ready so that no packet needs a conversion.
type sockaddr struct {
	raw  [unix.SizeofSockaddrInet6]byte
	size uint32 // of the part of raw that is used; 0: no address
}

func newSockaddr(ap netip.AddrPort) sockaddr {
	var s sockaddr
	if !ap.IsValid() || ap.Port() == 0 {
		return s
	}
	binary.BigEndian.PutUint16(s.raw[2:], ap.Port())
	if addr := ap.Addr().Unmap(); addr.Is4() {
		binary.NativeEndian.PutUint16(s.raw[:], unix.AF_INET)
		ip := addr.As4()
		copy(s.raw[4:], ip[:])
		s.size = unix.SizeofSockaddrInet4
	} else {
		binary.NativeEndian.PutUint16(s.raw[:], unix.AF_INET6)
		ip := addr.As16()
		copy(s.raw[8:], ip[:])
		s.size = unix.SizeofSockaddrInet6
	}
	return s
}

func (s *sockaddr) valid() bool { return s.size != 0 }

func (s *sockaddr) isV4() bool { return binary.NativeEndian.Uint16(s.raw[:]) == unix.AF_INET }

func (s *sockaddr) port() uint16 { return binary.BigEndian.Uint16(s.raw[2:]) }

// same tells whether two addresses are equal in host and port.
func (s *sockaddr) same(o *sockaddr) bool {
	if s.isV4() {
		return binary.NativeEndian.Uint64(s.raw[:]) == binary.NativeEndian.Uint64(o.raw[:])
	}
	return s.port() == o.port() && s.sameHost(o)
}

// sameHost tells whether two addresses are equal but for the port.
func (s *sockaddr) sameHost(o *sockaddr) bool {
	if s.isV4() {
		return o.isV4() && bytes.Equal(s.raw[4:8], o.raw[4:8])
	}
	return !o.isV4() && bytes.Equal(s.raw[8:24], o.raw[8:24])
}

// withPort is the same host at another port.
func (s sockaddr) withPort(port uint16) sockaddr {
	binary.BigEndian.PutUint16(s.raw[2:], port)
	return s
}
