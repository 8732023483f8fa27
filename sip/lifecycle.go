package sip

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/sip/hep"
)

// Start binds every listener, or none and tells why. It returns when all listen.
func (s *Server) Start(ctx context.Context) error {
	for _, l := range s.opt.Listen {
		if err := s.bind(ctx, l); err != nil {
			s.closeSockets()
			return err
		}
	}
	sender, err := hep.New(s.opt.HEP, s.log)
	if err != nil {
		s.closeSockets()
		return err
	}
	s.hep, s.started = sender, true
	s.running.Add(len(s.workers))
	for _, w := range s.workers {
		go w.run()
	}
	s.readers.Add(len(s.udp) + len(s.listeners))
	for _, u := range s.udp {
		go s.readUDP(u)
	}
	for _, l := range s.listeners {
		go s.accept(l)
	}
	return nil
}

func (s *Server) bind(ctx context.Context, l Listen) error {
	if l.Transport == UDP {
		u, err := s.bindUDP(l.Addr, s.log)
		if err == nil {
			s.udp = append(s.udp, u)
		}
		return err
	}
	nl, err := bindStream(ctx, l)
	if err == nil {
		s.listeners = append(s.listeners, nl)
	}
	return err
}

// bound is where the listener of a transport and of the far end's family is; invalid without one.
func (s *Server) bound(proto Transport, remote netip.Addr) netip.AddrPort {
	for _, l := range s.listeners {
		if l.proto == proto && l.addr.Addr().Is4() == remote.Is4() {
			return l.addr
		}
	}
	return netip.AddrPort{}
}

// Stop takes no new calls, waits until the legs that are being ended have ended (at most
// until ctx is done), then closes everything and waits for its goroutines. Legs that nobody ended
// stay in the journal; the next start hangs them up.
func (s *Server) Stop(ctx context.Context) error {
	s.draining.Store(true)
	var err error
	s.stopped.Do(func() {
		if s.started {
			err = s.drainLegs(ctx)
		}
		close(s.halt)
		for _, w := range s.workers {
			w.box.close()
		}
		s.running.Wait()
		s.die()
		s.closeSockets()
		s.readers.Wait()
		s.hep.Stop()
	})
	return err
}

// drainLegs waits for legs in their last exchange. Every worker is asked, so that
// commands given before Stop are carried out.
func (s *Server) drainLegs(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ending := 0
		for _, w := range s.workers {
			answer := make(chan int, 1)
			w.box.put(func(w *worker) { answer <- w.ending() })
			select {
			case n := <-answer:
				ending += n
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if ending == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.log.Warn("stopped with legs still ending", zap.Int("legs", ending))
			return ctx.Err()
		}
	}
}

// ending counts the legs, and the registrations with carriers, that wait for the far end's last word.
func (w *worker) ending() (n int) {
	for _, l := range w.dialogs {
		if l.asked {
			n++
		}
	}
	if w.index == 0 {
		n += w.srv.trunks.leaving()
	}
	return n
}

func (s *Server) closeSockets() {
	for _, u := range s.udp {
		s.closeQuietly(u.pc)
	}
	for _, l := range s.listeners {
		s.closeQuietly(l)
	}
}

// shown is host and port of a listener as messages to remote show it: the advertised
// host, else the bound address, else the one the kernel would send from.
func (s *Server) shown(bound netip.AddrPort, remote netip.Addr) string {
	if host := s.advertised(remote); host != "" {
		return hostPort(host, bound.Port())
	}
	a := bound.Addr()
	if a.IsUnspecified() {
		a = s.routes.to(remote)
	}
	if !a.IsValid() {
		a = remote // no way there: whatever is written will not arrive anyway
	}
	return netip.AddrPortFrom(a.WithZone(""), bound.Port()).String()
}

// advertised is the host to show to remote: the address of its family, or a name; "" for none.
func (s *Server) advertised(remote netip.Addr) string {
	host := strings.Trim(s.opt.Advertise, "[]")
	if remote.Is6() && s.opt.Advertise6 != "" {
		return strings.Trim(s.opt.Advertise6, "[]")
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() != remote.Is4() {
		return ""
	}
	return host
}

// localRoutes remembers which of this machine's addresses faces which remote one.
type localRoutes struct {
	mu    sync.Mutex
	known map[netip.Addr]netip.Addr
}

// routesKept bounds what is remembered.
const routesKept = 4096

// to asks the kernel by connecting a UDP socket, which sends nothing.
func (r *localRoutes) to(remote netip.Addr) netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.known[remote]; ok {
		return a
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 5060)))
	if err != nil {
		return netip.Addr{} // no way there
	}
	a := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	if c.Close() != nil || len(r.known) >= routesKept || r.known == nil {
		r.known = map[netip.Addr]netip.Addr{}
	}
	r.known[remote] = a
	return a
}
