package sip

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// Start binds every listener, or none and tells why. It returns when all listen.
func (s *Server) Start(ctx context.Context) error {
	for _, l := range s.opt.Listen {
		if err := s.bind(ctx, l); err != nil {
			s.closeSockets()
			return err
		}
	}
	s.started = true
	s.running.Add(len(s.workers))
	for _, w := range s.workers {
		go w.run()
	}
	s.readers.Add(len(s.udp) + len(s.listeners))
	for _, u := range s.udp {
		go s.readUDP(u)
	}
	for _, l := range s.listeners {
		go s.acceptTCP(l)
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
	var cfg net.ListenConfig
	nl, err := cfg.Listen(ctx, "tcp", l.Addr.String())
	if err != nil {
		return call.Errorf(call.CodeUnavailable, "listen on %s: %w", l, err)
	}
	s.listeners = append(s.listeners, nl)
	if !s.tcpAddr.IsValid() {
		bound := nl.Addr().(*net.TCPAddr).AddrPort()
		s.tcpAddr = netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
	}
	return nil
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

// ending counts the legs that wait for the far end's last word.
func (w *worker) ending() (n int) {
	for _, l := range w.dialogs {
		if l.asked {
			n++
		}
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
	if s.opt.Advertise != "" {
		return hostPort(strings.Trim(s.opt.Advertise, "[]"), bound.Port())
	}
	a := bound.Addr()
	if a.IsUnspecified() {
		a = s.routes.to(remote)
	}
	return netip.AddrPortFrom(a, bound.Port()).String()
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
		return remote // no route: whatever is written will not arrive anyway
	}
	a := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	if c.Close() != nil || len(r.known) >= routesKept || r.known == nil {
		r.known = map[netip.Addr]netip.Addr{}
	}
	r.known[remote] = a
	return a
}
