package sip

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

const streamBuf = 4096 // bytes read at a time

// stream is a connection of bytes: TCP, or TLS over it.
type stream struct{ net.Conn }

// listener is a listening stream socket.
type listener struct {
	net.Listener
	proto Transport
	addr  netip.AddrPort // as bound
}

// bindStream opens a listening socket for one family of addresses.
func bindStream(ctx context.Context, l Listen) (*listener, error) {
	network := "tcp4"
	if l.Addr.Addr().Is6() && !l.Addr.Addr().Is4In6() {
		network = "tcp6"
	}
	var cfg net.ListenConfig
	nl, err := cfg.Listen(ctx, network, l.Addr.String())
	if err != nil {
		return nil, call.Errorf(call.CodeUnavailable, "listen on %s: %w", l, err)
	}
	return &listener{Listener: nl, proto: l.Transport, addr: plainAddr(nl.Addr())}, nil
}

// plainAddr is a TCP socket's address, IPv4 as such.
func plainAddr(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// dial opens a connection from our side. It is known at once and sends once connected.
// By TLS the far end has to prove that it is name.
func (s *Server) dial(proto Transport, addr netip.AddrPort, name string) *conn {
	if proto != TLS {
		name = ""
	}
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	c := s.newConn(proto, addr)
	c.name = name
	if old := s.conns.getLocked(c.key()); old != nil {
		c.stop()
		return old
	}
	s.conns.put(c)
	s.readers.Add(1)
	go func() {
		defer s.readers.Done()
		x, err := c.connect()
		if err != nil {
			s.met.connFailed(proto)
			s.log.Debug("a connection failed", zap.Stringer("transport", proto), zap.Stringer("to", addr), zap.String("name", name), zap.Error(err))
			why := err.Error()
			c.fault.Store(&why)
			c.end()
			return
		}
		c.run(x)
	}()
	return c
}

// connect dials, and by TLS verifies the far end (RFC 5922).
func (c *conn) connect() (carrier, error) {
	ctx, cancel := context.WithTimeout(c.ctx, connDial)
	defer cancel()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", c.addr.String())
	if err != nil || c.proto != TLS {
		return stream{nc}, err
	}
	return c.secure(ctx, tls.Client(nc, c.srv.clientTLS(c.name)))
}

// accept is a listener's loop.
func (s *Server) accept(l *listener) {
	defer s.readers.Done()
	for {
		nc, err := l.Accept()
		if err != nil {
			if s.stopping() {
				return
			}
			s.log.Warn("accept failed", zap.Stringer("on", l.addr), zap.Error(err))
			if s.pause(100 * time.Millisecond) {
				return
			}
			continue
		}
		c := s.admit(l.proto, plainAddr(nc.RemoteAddr()))
		if c == nil {
			s.closeQuietly(nc)
			continue
		}
		s.readers.Add(1)
		go func() {
			defer s.readers.Done()
			c.serve(nc)
		}()
	}
}

// handshakeCost is what a TLS handshake costs a stranger, in messages: it is the
// dearest thing that somebody unknown can have this node do.
const handshakeCost = 5

// admit makes the connection of somebody who has connected; nil when there is no room
// for it, or when its source has used up what a stranger may have.
func (s *Server) admit(proto Transport, from netip.AddrPort) *conn {
	if !s.conns.room(from.Addr(), s.guard) {
		s.refused("connections")
		return nil
	}
	if s.guard.Shut(from.Addr()) || proto == TLS && !s.guard.spend(from.Addr(), handshakeCost) {
		return nil
	}
	c := s.newConn(proto, from)
	s.conns.add(c)
	return c
}

// serve speaks on a connection that was accepted, until it ends.
func (c *conn) serve(nc net.Conn) {
	if c.proto != TLS {
		c.run(stream{nc})
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.srv.opt.Timers.Handshake)
	x, err := c.secure(ctx, tls.Server(nc, c.srv.opt.TLS))
	cancel()
	if err != nil {
		c.srv.refused("handshake")
		c.srv.log.Debug("TLS handshake failed", zap.Stringer("from", c.addr), zap.Error(err))
		c.end()
		return
	}
	c.run(x)
}

// write sends one message.
func (x stream) write(b []byte) error {
	err := x.SetWriteDeadline(time.Now().Add(connWrite))
	if err == nil {
		_, err = x.Write(b)
	}
	return err
}

// read frames messages by Content-Length (RFC 3261 18.3) and hands them on in order.
func (x stream) read(c *conn) {
	var buf []byte
	chunk := make([]byte, streamBuf)
	spoken := false // a whole message has been taken
	deadline := time.Now().Add(connMessage)
	for {
		if err := x.SetReadDeadline(deadline); err != nil {
			return
		}
		n, err := x.Read(chunk)
		if err != nil {
			return
		}
		began := len(buf) == 0
		buf = append(buf, chunk[:n]...)
		rest, taken, ok := c.cut(buf)
		if !ok {
			c.srv.pause(connLinger) // what came before the fault is still answered
			return
		}
		began, spoken, buf = began || len(rest) < len(buf), spoken || taken, rest
		switch {
		case len(buf) == 0:
			buf = nil // a waiting connection holds no buffer
			if spoken {
				deadline = time.Now().Add(c.idle())
			}
		case began && spoken: // drip by drip it gets no more time
			deadline = time.Now().Add(connMessage)
		}
	}
}

// cut hands on the whole messages that buf begins with. taken tells that one of
// them was admitted; ok is false when the connection is to end.
func (c *conn) cut(buf []byte) (rest []byte, taken, ok bool) {
	for {
		var msg []byte
		if msg, buf, ok = c.frame(buf); !ok || msg == nil {
			return buf, taken, ok
		}
		if c.take(msg) {
			taken = true
		}
	}
}

// frame cuts the next whole message off. msg is nil when it isn't whole yet; ok
// is false when the stream can't be followed any further.
func (c *conn) frame(buf []byte) (msg, rest []byte, ok bool) {
	for pinged(buf) { // RFC 5626 4.4.1
		buf = buf[len(ping):]
		if c.send([]byte(pong)) != nil {
			return nil, nil, false
		}
	}
	trimmed := bytes.TrimLeft(buf, "\r\n\x00")
	head := bytes.Index(trimmed, []byte("\r\n\r\n"))
	if head < 0 {
		if len(trimmed) == 0 && len(buf) < 4 {
			return nil, buf, true // may become a ping
		}
		return nil, trimmed, len(trimmed) <= maxMessage
	}
	head += 4
	length, known := contentLength(trimmed[:head])
	if !known || head+length > maxMessage {
		c.srv.malformed(c.hop(), trimmed[:head], "Content-Length missing or wrong")
		return nil, nil, false
	}
	if len(trimmed) < head+length {
		return nil, trimmed, true
	}
	return trimmed[:head+length], trimmed[head+length:], true
}

// contentLength finds the body's length in a message's head.
func contentLength(head []byte) (int, bool) {
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		switch n := strings.TrimSpace(string(name)); {
		case strings.EqualFold(n, "Content-Length"), strings.EqualFold(n, "l"):
			v, err := strconv.ParseUint(strings.TrimSpace(string(value)), 10, 31)
			return int(v), err == nil
		}
	}
	return 0, false
}
