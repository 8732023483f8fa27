package sip

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"go.uber.org/zap"
)

// subprotocol is the name of SIP among those of WebSockets (RFC 7118 section 4.1).
const subprotocol = "sip"

// socket is a WebSocket: each of its messages is one of SIP (RFC 7118 section 5).
type socket struct{ ws *websocket.Conn }

// WebSocket takes the WebSockets of browsers' phones (RFC 7118). Whoever serves HTTP gives it
// requests for the path it has chosen; it returns when the connection has ended.
func (s *Server) WebSocket() http.Handler { return http.HandlerFunc(s.upgrade) }

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	switch {
	case err != nil || !ok || s.stopping():
		http.Error(w, "no WebSocket here", http.StatusServiceUnavailable)
		return
	case !speaksSIP(r.Header):
		s.refused("handshake")
		http.Error(w, "this is for Sec-WebSocket-Protocol: sip (RFC 7118)", http.StatusBadRequest)
		return
	}
	proto := WS
	if r.TLS != nil {
		proto = WSS
	}
	c := s.admit(proto, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	if c == nil {
		http.Error(w, "no more connections from there", http.StatusServiceUnavailable)
		return
	}
	s.readers.Add(1)
	defer s.readers.Done()
	c.local = plainAddr(local)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol}, OriginPatterns: s.opt.Origins, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil { // it has been answered
		s.refused("handshake")
		s.log.Debug("WebSocket refused", zap.Stringer("from", c.addr), zap.Error(err))
		c.end()
		return
	}
	ws.SetReadLimit(maxMessage)
	c.run(socket{ws})
}

// speaksSIP tells that the far end offers the subprotocol.
func speaksSIP(h http.Header) bool {
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		if slices.ContainsFunc(strings.Split(line, ","), func(p string) bool { return strings.TrimSpace(p) == subprotocol }) {
			return true
		}
	}
	return false
}

// write sends one message: as text where it is such, as browsers expect.
func (x socket) write(b []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), connWrite)
	defer cancel()
	kind := websocket.MessageText
	if !utf8.Valid(b) {
		kind = websocket.MessageBinary
	}
	return x.ws.Write(ctx, kind, b)
}

// Close ends the connection at once: it is called when there is nobody to say goodbye to.
func (x socket) Close() error {
	err := x.ws.CloseNow()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// read takes messages until the connection ends. The first has to come soon, each has to
// come whole soon after it has begun, and pings are answered in between.
func (x socket) read(c *conn) {
	ctx, cancel := context.WithCancel(c.ctx)
	var pings sync.WaitGroup
	pings.Go(func() { x.ping(ctx, c) })
	defer pings.Wait()
	defer cancel()
	late := time.AfterFunc(connMessage, cancel)
	defer late.Stop()
	spoken := false
	for {
		_, r, err := x.ws.Reader(ctx)
		if err != nil {
			return
		}
		if spoken {
			late.Reset(connMessage)
		}
		b, err := io.ReadAll(r) // at most maxMessage
		if err != nil {
			return
		}
		if blank(b) {
			if pinged(b) && c.send([]byte(pong)) != nil {
				return
			}
		} else if c.take(b) {
			spoken = true
		}
		if spoken {
			late.Stop() // from here on pings tell whether anybody is there
		}
	}
}

// ping asks the far end for a sign of life, and ends the connection when there is none.
func (x socket) ping(ctx context.Context, c *conn) {
	tick := time.NewTicker(c.srv.opt.Timers.Ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		wait, cancel := context.WithTimeout(ctx, connWrite)
		err := x.ws.Ping(wait)
		cancel()
		if err != nil {
			c.stop()
			return
		}
	}
}
