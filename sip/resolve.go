package sip

import (
	"context"
	"net/netip"
	"time"

	"hotline/call"
	"hotline/sip/locate"
)

const (
	lookupTime = 6 * time.Second
	lookupMost = 64 // look-ups at a time; more fail at once
)

// Resolve gives the places where requests for a SIP URI may be sent, in the order in which to
// try them (RFC 3263). It waits for name servers, so it is not for a worker's goroutine: places is.
func (s *Server) Resolve(ctx context.Context, uri string) ([]locate.Target, error) {
	t, err := targetOfText(uri)
	if err != nil {
		return nil, err
	}
	return s.resolve(ctx, t.query)
}

// AddrOf is the address in a SIP URI; invalid when its host is a name, or it is no URI.
func AddrOf(uri string) netip.Addr {
	t, err := targetOfText(uri)
	if err != nil {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(t.host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// targetAt is a place found by Resolve as the next hop.
func targetAt(at locate.Target) target {
	return target{proto: at.Transport, host: at.Addr.Addr().String(), port: at.Addr.Port(), fixed: true, name: at.Name}
}

// usable tells whether this node can send to an address by a transport: it has a listener of
// that transport and family, and a way there.
func (s *Server) usable(proto Transport, a netip.Addr) bool {
	if proto.Stream() {
		return s.bound(proto, a).IsValid() && s.routes.to(a).IsValid()
	}
	return s.udpFor(a) != nil && s.routes.to(a).IsValid()
}

// places finds the places a target stands for and calls then on this worker: at
// once, unless a name has to be looked up. rest are those to try when first fails.
func (w *worker) places(t target, then func(first target, rest []target, err error)) {
	if t.flow.alive() {
		then(t, nil, nil)
		return
	}
	if _, err := netip.ParseAddr(t.host); err == nil {
		then(t, nil, nil)
		return
	}
	w.srv.lookup(t.query, func(all []locate.Target, err error) {
		w.box.put(func(*worker) {
			if err != nil {
				then(target{}, nil, err)
				return
			}
			found := make([]target, len(all))
			for i, at := range all {
				found[i] = targetAt(at)
				found[i].fixed = t.fixed || at.Transport != UDP
				found[i].sock = t.sock
			}
			then(found[0], found[1:], nil)
		})
	})
}

// locate finds the hop for a target and calls then with it: at once, unless a
// name has to be looked up.
func (w *worker) locate(t target, then func(hop, error)) {
	w.places(t, func(first target, rest []target, err error) {
		if err != nil {
			then(hop{}, err)
			return
		}
		h, err := w.srv.hopTo(first)
		for err != nil && len(rest) > 0 {
			first, rest = rest[0], rest[1:]
			h, err = w.srv.hopTo(first)
		}
		then(h, err)
	})
}

// lookup asks the name servers on a goroutine of its own and calls then with what they say, which is never nothing.
func (s *Server) lookup(q locate.Query, then func([]locate.Target, error)) {
	select {
	case s.lookups <- struct{}{}:
	default:
		then(nil, call.Errorf(call.CodeUnavailable, "too many names are being looked up"))
		return
	}
	s.readers.Add(1)
	go func() {
		defer s.readers.Done()
		defer func() { <-s.lookups }()
		ctx, cancel := context.WithTimeout(s.life, lookupTime)
		defer cancel()
		found, err := s.resolve(ctx, q)
		if err != nil {
			s.met.lookups.WithLabelValues("failed").Inc()
		} else {
			s.met.lookups.WithLabelValues("found").Inc()
		}
		then(found, err)
	}()
}

// hopTo is the way to an address: the flow if it is alive, our UDP socket of the address's
// family, or a connection, opened when there is none.
func (s *Server) hopTo(t target) (hop, error) {
	if t.flow.alive() {
		return t.flow, nil
	}
	a, err := netip.ParseAddr(t.host)
	if err != nil {
		return hop{}, call.Errorf(call.CodeInternal, "%s was not looked up", t.host)
	}
	addr := netip.AddrPortFrom(a.Unmap(), t.port)
	if t.proto.Stream() {
		return s.connTo(t.proto, addr, t.name)
	}
	u := t.sock
	if u == nil || u.addr.Addr().Is4() != addr.Addr().Is4() {
		u = s.udpFor(addr.Addr())
	}
	if u == nil {
		return hop{}, call.Errorf(call.CodeUnavailable, "no UDP listener of the family of %s", addr)
	}
	return hop{proto: UDP, addr: addr, sock: u}, nil
}

// connTo is the way by a connection.
func (s *Server) connTo(proto Transport, addr netip.AddrPort, name string) (hop, error) {
	c := s.conns.reach(proto, addr, name)
	switch {
	case c != nil:
	case proto.Socket():
		return hop{}, call.Errorf(call.CodeUnavailable, "the WebSocket of %s is gone, and only the far end can open one", addr)
	case !s.bound(proto, addr.Addr()).IsValid():
		return hop{}, call.Errorf(call.CodeUnavailable, "no %s listener of the family of %s, which wants that", proto, addr)
	case proto == TLS && name == "":
		return hop{}, call.Errorf(call.CodeUnavailable, "no name that the certificate of %s could be asked to prove", addr)
	default:
		c = s.dial(proto, addr, name)
	}
	return c.hop(), nil
}

// udpAt is the UDP socket bound to an address; nil when there is none (any more).
func (s *Server) udpAt(local netip.AddrPort) *udpSocket {
	for _, u := range s.udp {
		if u.addr == local {
			return u
		}
	}
	return nil
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
