package sip

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

const (
	connQueue   = 256                    // messages that may wait for a slow connection; one more closes it
	connDial    = 4 * time.Second        // to connect
	connWrite   = 10 * time.Second       // for a message to leave
	connLinger  = 500 * time.Millisecond // for answers to leave once the stream can't be followed any further
	connMessage = 30 * time.Second       // for a whole message once it has begun, and for a connection's first
)

// carrier is what carries a connection's messages: a byte stream (TCP, TLS) or a WebSocket.
type carrier interface {
	// read hands on every message that comes, and returns when no more will.
	read(*conn)
	// write sends one message; after an error the connection is of no use.
	write([]byte) error
	Close() error
}

// conn is one connection, ours or theirs. Its writer goroutine takes
// messages from a bounded queue, so that whoever sends never waits.
type conn struct {
	srv   *Server
	proto Transport
	addr  netip.AddrPort // the far end
	local netip.AddrPort // of a WebSocket: where it was taken, which is what its Via shows
	name  string         // of ours by TLS: what the far end's certificate was asked to prove
	queue chan []byte
	ctx   context.Context
	stop  context.CancelFunc
	used  atomic.Uint64          // workers (by bit) that want to know of its end
	fault atomic.Pointer[string] // why it did not come about
	once  sync.Once

	patience atomic.Int64 // how long nothing may come, where that is not Timers.IdleTCP

	// proved are the names in the certificate that the far end has shown and
	// that was verified; set before the first message is read.
	proved []string
}

func (s *Server) newConn(proto Transport, addr netip.AddrPort) *conn {
	c := &conn{srv: s, proto: proto, addr: addr, queue: make(chan []byte, connQueue)}
	c.ctx, c.stop = context.WithCancel(s.life)
	return c
}

func (c *conn) open() bool { return c.ctx.Err() == nil }

// hop is the way back by this connection.
func (c *conn) hop() hop { return hop{proto: c.proto, addr: c.addr, conn: c} }

// proves tells that the far end's certificate names it.
func (c *conn) proves(name string) bool { return slices.Contains(c.proved, name) }

// send queues a message; a connection too slow to take it is closed.
func (c *conn) send(b []byte) error {
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
func (c *conn) watch(w *worker) {
	c.used.Or(1 << (w.index % 64))
	if !c.open() { // it may have ended before it could see the bit
		w.box.put(func(w *worker) { w.connGone(c) })
	}
}

// run reads from the connection until it ends; a second goroutine writes.
func (c *conn) run(x carrier) {
	stopped := context.AfterFunc(c.ctx, func() { c.srv.closeQuietly(x) })
	defer stopped()
	var writer sync.WaitGroup
	last := make(chan struct{})
	writer.Go(func() { c.write(x, last) })
	x.read(c)
	close(last) // what is queued still leaves: it may be the 400 that explains the end
	writer.Wait()
	c.end()
	c.srv.closeQuietly(x)
}

// write sends what is queued until the connection ends, or until last is closed and the queue empty.
func (c *conn) write(x carrier, last <-chan struct{}) {
	for {
		select {
		case <-c.ctx.Done():
			return
		case b := <-c.queue:
			if err := x.write(b); err != nil {
				c.srv.log.Debug("write failed", zap.Stringer("transport", c.proto), zap.Stringer("to", c.addr), zap.Error(err))
				c.stop()
				return
			}
		case <-last:
			if len(c.queue) == 0 {
				return
			}
		}
	}
}

// take hands a whole message on; false when the guard refuses it.
func (c *conn) take(msg []byte) bool {
	if !c.srv.guard.admit(c.addr.Addr()) {
		if c.srv.guard.Shut(c.addr.Addr()) {
			c.stop()
		}
		return false
	}
	c.srv.take(c.hop(), msg)
	return true
}

// lost is the error of whoever waits for an answer by this connection, once it has ended.
func (c *conn) lost() error {
	if why := c.fault.Load(); why != nil {
		return call.Errorf(call.CodeUnavailable, "no connection to %s: %s", c.addr, *why)
	}
	return call.Errorf(call.CodeUnavailable, "the connection to %s ended", c.addr)
}

// end takes the connection out of use and tells the workers that asked.
func (c *conn) end() {
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
