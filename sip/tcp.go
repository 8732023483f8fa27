package sip

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

const (
	tcpQueue   = 256              // messages that may wait for a slow connection; one more closes it
	tcpDial    = 4 * time.Second  // to connect
	tcpWrite   = 10 * time.Second // for a message to leave
	tcpMessage = 30 * time.Second // for a whole message once it has begun, and for a connection's first
	tcpReadBuf = 4096
)

// tcpConn is one connection, ours or theirs. Its writer goroutine takes
// messages from a bounded queue, so that whoever sends never waits.
type tcpConn struct {
	srv   *Server
	addr  netip.AddrPort // the far end
	queue chan []byte
	ctx   context.Context
	stop  context.CancelFunc
	conn  atomic.Pointer[net.Conn] // nil until connected
	used  atomic.Uint64            // workers (by bit) that want to know of its end
	once  sync.Once
}

func (s *Server) newConn(addr netip.AddrPort) *tcpConn {
	c := &tcpConn{srv: s, addr: addr, queue: make(chan []byte, tcpQueue)}
	c.ctx, c.stop = context.WithCancel(s.life)
	return c
}

func (c *tcpConn) open() bool { return c.ctx.Err() == nil }

// send queues a message; a connection too slow to take it is closed.
func (c *tcpConn) send(b []byte) error {
	if !c.open() {
		return call.Errorf(call.CodeUnavailable, "the connection to %s is closed", c.addr)
	}
	select {
	case c.queue <- b:
		return nil
	default:
		c.stop()
		return call.Errorf(call.CodeUnavailable, "the connection to %s does not take messages", c.addr)
	}
}

// watch lets worker w hear (connGone) when the connection ends.
func (c *tcpConn) watch(w *worker) {
	c.used.Or(1 << (w.index % 64))
	if !c.open() { // it may have ended before it could see the bit
		w.box.put(func(w *worker) { w.connGone(c) })
	}
}

// dial opens a connection from our side. It is known at once and sends once connected.
func (s *Server) dial(addr netip.AddrPort) *tcpConn {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	if c := s.conns.byAddr[addr]; c != nil && c.open() {
		return c
	}
	c := s.newConn(addr)
	s.conns.byAddr[addr] = c
	s.conns.perIP[addr.Addr()]++
	s.readers.Add(1)
	go func() {
		defer s.readers.Done()
		var d net.Dialer
		ctx, cancel := context.WithTimeout(c.ctx, tcpDial)
		nc, err := d.DialContext(ctx, "tcp", addr.String())
		cancel()
		if err != nil {
			s.log.Debug("TCP connection failed", zap.Stringer("to", addr), zap.Error(err))
			c.end()
			return
		}
		c.run(nc)
	}()
	return c
}

// acceptTCP is a listener's loop.
func (s *Server) acceptTCP(l net.Listener) {
	defer s.readers.Done()
	for {
		nc, err := l.Accept()
		if err != nil {
			if s.stopping() {
				return
			}
			s.log.Warn("TCP accept failed", zap.Error(err))
			if s.pause(100 * time.Millisecond) {
				return
			}
			continue
		}
		addr := nc.RemoteAddr().(*net.TCPAddr).AddrPort()
		addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
		if !s.conns.room(addr.Addr(), s.guard) {
			s.refused("connections")
			s.closeQuietly(nc)
			continue
		}
		c := s.newConn(addr)
		s.conns.add(c)
		s.readers.Add(1)
		go func() {
			defer s.readers.Done()
			c.run(nc)
		}()
	}
}

// run reads from the connection until it ends; a second goroutine writes.
func (c *tcpConn) run(nc net.Conn) {
	c.conn.Store(&nc)
	stopped := context.AfterFunc(c.ctx, func() { c.srv.closeQuietly(nc) })
	defer stopped()
	var writer sync.WaitGroup
	last := make(chan struct{})
	writer.Go(func() { c.write(nc, last) })
	c.read(nc)
	close(last) // what is queued still leaves: it may be the 400 that explains the end
	writer.Wait()
	c.end()
	c.srv.closeQuietly(nc)
}

// write sends what is queued until the connection ends, or until last is closed and the queue empty.
func (c *tcpConn) write(nc net.Conn, last <-chan struct{}) {
	for {
		select {
		case <-c.ctx.Done():
			return
		case b := <-c.queue:
			if !c.writeOne(nc, b) {
				return
			}
		case <-last:
			if len(c.queue) == 0 {
				return
			}
		}
	}
}

// writeOne sends one message; false ends the connection.
func (c *tcpConn) writeOne(nc net.Conn, b []byte) bool {
	err := nc.SetWriteDeadline(time.Now().Add(tcpWrite))
	if err == nil {
		_, err = nc.Write(b)
	}
	if err != nil {
		c.srv.log.Debug("TCP write failed", zap.Stringer("to", c.addr), zap.Error(err))
		c.stop()
	}
	return err == nil
}

// read frames messages by Content-Length (RFC 3261 18.3) and hands them on in order.
func (c *tcpConn) read(nc net.Conn) {
	var buf []byte
	chunk := make([]byte, tcpReadBuf)
	spoken := false // a whole message has been taken
	deadline := time.Now().Add(tcpMessage)
	for {
		if err := nc.SetReadDeadline(deadline); err != nil {
			return
		}
		n, err := nc.Read(chunk)
		if err != nil {
			return
		}
		began := len(buf) == 0
		buf = append(buf, chunk[:n]...)
		rest, taken, ok := c.cut(buf)
		if !ok {
			return
		}
		began, spoken, buf = began || len(rest) < len(buf), spoken || taken, rest
		switch {
		case len(buf) == 0:
			buf = nil // a waiting connection holds no buffer
			if spoken {
				deadline = time.Now().Add(c.srv.opt.Timers.IdleTCP)
			}
		case began && spoken: // drip by drip it gets no more time
			deadline = time.Now().Add(tcpMessage)
		}
	}
}

// cut hands on the whole messages that buf begins with. taken tells that one of
// them was admitted; ok is false when the connection is to end.
func (c *tcpConn) cut(buf []byte) (rest []byte, taken, ok bool) {
	for {
		var msg []byte
		if msg, buf, ok = c.frame(buf); !ok || msg == nil {
			return buf, taken, ok
		}
		if c.srv.guard.admit(c.addr.Addr()) {
			taken = true
			c.srv.take(hop{proto: TCP, addr: c.addr, conn: c}, msg)
		}
	}
}

// frame cuts the next whole message off. msg is nil when it isn't whole yet; ok
// is false when the stream can't be followed any further.
func (c *tcpConn) frame(buf []byte) (msg, rest []byte, ok bool) {
	for bytes.HasPrefix(buf, []byte("\r\n\r\n")) { // RFC 5626 4.4.1: a ping is answered by a pong
		buf = buf[4:]
		if c.send([]byte("\r\n")) != nil {
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
		c.srv.malformed(hop{proto: TCP, addr: c.addr, conn: c}, trimmed[:head], "Content-Length missing or wrong")
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

// end takes the connection out of use and tells the workers that asked.
func (c *tcpConn) end() {
	c.once.Do(func() {
		c.stop()
		c.srv.conns.remove(c)
		used := c.used.Load()
		for i, w := range c.srv.workers {
			if used&(1<<(i%64)) != 0 {
				w.box.put(func(w *worker) { w.connGone(c) })
			}
		}
	})
}

// conns is every connection there is, by its far address.
type conns struct {
	mu     sync.Mutex
	byAddr map[netip.AddrPort]*tcpConn
	perIP  map[netip.Addr]int
	max    int
}

// room tells whether one more connection from addr may be taken.
func (t *conns) room(addr netip.Addr, g *guard) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch held := len(t.byAddr); {
	case held >= t.max:
		return false
	case g.known(addr):
		return true
	default: // no stranger has more than a quarter, and all of them leave one to the peers
		return t.perIP[addr] < t.max/4 && held < t.max-t.max/4
	}
}

func (t *conns) add(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byAddr[c.addr] = c
	t.perIP[c.addr.Addr()]++
}

func (t *conns) remove(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byAddr[c.addr] == c {
		delete(t.byAddr, c.addr)
	}
	if t.perIP[c.addr.Addr()]--; t.perIP[c.addr.Addr()] <= 0 {
		delete(t.perIP, c.addr.Addr())
	}
}

// find gives the open connection to addr.
func (t *conns) find(addr netip.AddrPort) *tcpConn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byAddr[addr]; c != nil && c.open() {
		return c
	}
	return nil
}
