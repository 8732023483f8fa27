package sip

import (
	"context"
	"net"
	"net/netip"
	"time"

	"hotline/call"
)

const (
	lookupTime = 4 * time.Second
	lookupMost = 64 // look-ups at a time; more fail at once
)

// systemResolver asks the machine's resolver.
func systemResolver(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// lookup asks the name server on a goroutine of its own and calls then with the
// first address of a family we listen on. (RFC 3263's SRV and NAPTR are not
// asked: every host here is an address, or a name with a port.)
func (s *Server) lookup(host string, then func(netip.Addr, error)) {
	select {
	case s.lookups <- struct{}{}:
	default:
		then(netip.Addr{}, call.Errorf(call.CodeUnavailable, "too many names are being looked up"))
		return
	}
	s.readers.Add(1)
	go func() {
		defer s.readers.Done()
		defer func() { <-s.lookups }()
		ctx, cancel := context.WithTimeout(s.life, lookupTime)
		defer cancel()
		addrs, err := s.resolve(ctx, host)
		if err != nil {
			then(netip.Addr{}, call.Errorf(call.CodeUnavailable, "look up %s: %w", host, err))
			return
		}
		for _, a := range addrs {
			if a = a.Unmap(); s.udpFor(a) != nil || s.tcpAddr.IsValid() {
				then(a, nil)
				return
			}
		}
		then(netip.Addr{}, call.Errorf(call.CodeUnavailable, "%s has no address of a family listened on", host))
	}()
}

// hopTo is the way to an address: our UDP socket of its family, or a connection,
// opened when there is none.
func (s *Server) hopTo(proto Transport, addr netip.AddrPort) (hop, error) {
	if proto == TCP {
		c := s.conns.find(addr)
		if c == nil {
			if !s.tcpAddr.IsValid() {
				return hop{}, call.Errorf(call.CodeUnavailable, "no TCP listener; %s wants TCP", addr)
			}
			c = s.dial(addr)
		}
		return hop{proto: TCP, addr: addr, conn: c}, nil
	}
	u := s.udpFor(addr.Addr())
	if u == nil {
		return hop{}, call.Errorf(call.CodeUnavailable, "no UDP listener of the family of %s", addr)
	}
	return hop{proto: UDP, addr: addr, sock: u}, nil
}

// udpFor is the first UDP socket that can reach an address.
func (s *Server) udpFor(a netip.Addr) *udpSocket {
	for _, u := range s.udp {
		if u.addr.Addr().Is4() == a.Is4() {
			return u
		}
	}
	return nil
}
