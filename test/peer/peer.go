package peer

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a Peer waits for what a test expects.
const Patience = 5 * time.Second

// Peer is one SIP endpoint: a socket, and what came in on it.
type Peer struct {
	t         testing.TB
	transport string // as Via writes it
	host      string // what Via and Contact say; the local address when empty
	local     netip.AddrPort
	server    netip.AddrPort
	write     func(b []byte, to netip.AddrPort) error
	conn      io.Closer
	done      sync.WaitGroup

	mu      sync.Mutex
	log     []Message       // all that came, in order
	waiting []Message       // what no Expect has taken yet
	news    chan struct{}   // closed and replaced whenever something comes
	seen    map[string]bool // texts of log
	handle  map[string]func(Message)
	closed  bool
}

// UDP opens a peer on 127.0.0.1 that talks to a server.
func UDP(t testing.TB, server netip.AddrPort) *Peer { return UDPFrom(t, "127.0.0.1:0", server) }

// UDPFrom opens a peer on an address of the test's choice, as 127.0.0.2:0.
func UDPFrom(t testing.TB, local string, server netip.AddrPort) *Peer {
	addr := netip.MustParseAddrPort(local)
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	require.NoError(t, err)
	p := open(t, "UDP", conn.LocalAddr(), server)
	p.write = func(b []byte, to netip.AddrPort) error {
		_, err := conn.WriteToUDPAddrPort(b, to)
		return err
	}
	p.run(conn, func() (string, error) {
		b := make([]byte, 65536)
		n, _, err := conn.ReadFromUDPAddrPort(b)
		return string(b[:n]), err
	})
	return p
}

// TCP connects a peer to a server; everything goes over that connection.
func TCP(t testing.TB, server netip.AddrPort) *Peer {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", server.String())
	require.NoError(t, err)
	return stream(t, "TCP", conn, server)
}

// stream is a peer on a connection of bytes.
func stream(t testing.TB, transport string, conn net.Conn, server netip.AddrPort) *Peer {
	p := open(t, transport, conn.LocalAddr(), server)
	p.write = func(b []byte, _ netip.AddrPort) error {
		_, err := conn.Write(b)
		return err
	}
	r := bufio.NewReader(conn)
	p.run(conn, func() (string, error) { return readStream(r) })
	return p
}

func open(t testing.TB, transport string, local net.Addr, server netip.AddrPort) *Peer {
	p := &Peer{
		t: t, transport: transport, local: netip.MustParseAddrPort(local.String()), server: server,
		news: make(chan struct{}), handle: map[string]func(Message){}, seen: map[string]bool{},
	}
	for _, method := range []string{"OPTIONS", "NOTIFY"} {
		p.Handle(method, func(m Message) { p.Reply(m, 200, "") })
	}
	return p
}

// run reads messages until the socket is closed, at the latest when the test ends.
func (p *Peer) run(conn io.Closer, read func() (string, error)) {
	p.conn = conn
	p.done.Go(func() {
		for {
			text, err := read()
			if err != nil {
				p.hangUp()
				return
			}
			p.take(text)
		}
	})
	p.t.Cleanup(func() {
		if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			p.t.Errorf("closing a peer: %v", err)
		}
		p.done.Wait()
		if p.t.Failed() {
			p.t.Logf("peer %s received:\n%s", p.local, p.Transcript())
		}
	})
}

// readStream reads one message of a stream by its Content-Length (RFC 3261
// 18.3); empty lines between messages are keep-alives.
func readStream(r *bufio.Reader) (string, error) {
	var b strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(line) == "" && b.Len() == 0 {
			continue
		}
		b.WriteString(line)
		if name, value, _ := strings.Cut(line, ":"); longName(strings.ToLower(strings.TrimSpace(name))) == "content-length" {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return "", fmt.Errorf("length in %q: %w", line, err)
			}
		}
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return b.String() + string(body), err
}

// take notes what came and answers what is answered of itself.
func (p *Peer) take(text string) {
	if strings.TrimSpace(text) == "" {
		return // keep-alive
	}
	m, err := parseMessage(text)
	if err != nil {
		p.t.Errorf("peer %s was sent nonsense: %v", p.local, err)
		return
	}
	p.mu.Lock()
	p.log = append(p.log, m)
	var handle func(Message)
	if m.Status == 0 {
		handle = p.handle[m.Method]
	}
	if handle == nil && !p.seen[text] { // a retransmission is counted only
		p.waiting = append(p.waiting, m)
	}
	p.seen[text] = true
	p.wake()
	p.mu.Unlock()
	if handle != nil {
		handle(m)
	}
}

// wake tells those who wait that something came; the mutex is held.
func (p *Peer) wake() {
	close(p.news)
	p.news = make(chan struct{})
}

func (p *Peer) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake()
}

// Handle has requests of a method dealt with as they come, on the peer's own
// goroutine, without the test seeing them; nil leaves them to the test.
// OPTIONS and NOTIFY get 200 from the start.
func (p *Peer) Handle(method string, handle func(Message)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handle[method] = handle
}

// Serve sets the server's address anew, as after its restart on another port.
func (p *Peer) Serve(server netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = server
}

func (p *Peer) serverAddr() netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server
}

// shown is host and port as Via and Contact say.
func (p *Peer) shown() string { return cmp.Or(p.host, p.local.String()) }

// Close ends the peer's connection or socket, before the test does.
func (p *Peer) Close() { require.NoError(p.t, p.conn.Close()) }

// Addr is the peer's own address.
func (p *Peer) Addr() netip.AddrPort { return p.local }

// Send puts a text on the wire to the server as it stands; line ends become CRLF.
func (p *Peer) Send(text string) { p.SendTo(p.serverAddr(), text) }

// SendTo is Send to somewhere else (UDP only).
func (p *Peer) SendTo(to netip.AddrPort, text string) {
	wire := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	if err := p.write([]byte(wire), to); err != nil && !errors.Is(err, net.ErrClosed) {
		p.t.Errorf("peer %s to %s: %v", p.local, to, err) // may be on the peer's own goroutine
	}
}

// Expect waits for the first message, not taken before, that fits, and takes
// it. A retransmission counts as taken with its original; see Count.
func (p *Peer) Expect(what string, fits func(Message) bool) Message {
	p.t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		for i, m := range p.waiting {
			if fits(m) {
				p.waiting = append(p.waiting[:i:i], p.waiting[i+1:]...)
				p.mu.Unlock()
				return m
			}
		}
		news, closed := p.news, p.closed
		p.mu.Unlock()
		if closed {
			require.FailNow(p.t, "connection closed", "waiting for %s", what)
		}
		select {
		case <-news:
		case <-deadline.C:
			require.FailNow(p.t, "timed out", "%s waited %s for %s; received:\n%s", p.local, Patience, what, p.Transcript())
		}
	}
}

// ExpectRequest waits for a request.
func (p *Peer) ExpectRequest(method string) Message {
	p.t.Helper()
	return p.Expect("a "+method, func(m Message) bool { return m.Status == 0 && m.Method == method })
}

// Silent fails the test if a message that fits comes within a time.
func (p *Peer) Silent(within time.Duration, what string, fits func(Message) bool) {
	p.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		p.mu.Lock()
		news := p.news
		for _, m := range p.waiting {
			if fits(m) {
				p.mu.Unlock()
				require.FailNow(p.t, "unexpected "+what, m.String())
			}
		}
		p.mu.Unlock()
		select {
		case <-news:
		case <-timer.C:
			return
		}
	}
}

// Count tells how many messages that fit have come in all, taken or not: retransmissions show here.
func (p *Peer) Count(fits func(Message) bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, m := range p.log {
		if fits(m) {
			n++
		}
	}
	return n
}

// Transcript is all that came, for a person.
func (p *Peer) Transcript() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, m := range p.log {
		fmt.Fprintf(&b, "%s   [%s]\n", m.Start, m.Header("CSeq"))
	}
	return b.String()
}
