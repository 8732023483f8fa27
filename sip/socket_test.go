package sip

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/internal/certs/authority"
)

// realNode starts a server on loopback sockets, UDP and TCP.
func realNode(t *testing.T, edit func(*Options)) *node {
	t.Helper()
	any4 := netip.MustParseAddrPort("127.0.0.1:0")
	opt := Options{Domain: "hotline.local", Listen: []Listen{{UDP, any4}, {TCP, any4}}, Timers: Timers{Health: -1}}
	if edit != nil {
		edit(&opt)
	}
	n := &node{t: t, house: newHouse()}
	s, err := New(opt, n.house, n.house, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	n.Server = s
	site := testSite()
	site.Trunks[0].From = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s.SetSite(site)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() {
		n.stop()
		goleak.VerifyNone(t)
	})
	return n
}

// wireClient is a SIP client on a real socket, UDP or TCP.
type wireClient struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	tcp  bool
	name string // of the transport, as Via writes it
}

func (n *node) client(proto string) *wireClient { return n.clientTLS(proto, nil) }

// at is the address of the listener of that transport.
func (n *node) at(proto string) (addr string) {
	for _, a := range n.Addrs() {
		if rest, ok := strings.CutPrefix(a, proto+"://"); ok {
			addr = rest
		}
	}
	return addr
}

// clientTLS is client, with a set-up for TLS.
func (n *node) clientTLS(proto string, cfg *tls.Config) *wireClient {
	n.t.Helper()
	var d net.Dialer
	network := proto
	if cfg != nil {
		network = "tcp"
	}
	conn, err := d.DialContext(n.t.Context(), network, n.at(proto))
	require.NoError(n.t, err)
	if cfg != nil {
		conn = tls.Client(conn, cfg)
	}
	n.t.Cleanup(func() { _ = conn.Close() })
	t, ok := n.t.(*testing.T)
	require.True(n.t, ok)
	return &wireClient{t: t, conn: conn, r: bufio.NewReaderSize(conn, maxMessage), tcp: proto != "udp", name: strings.ToUpper(proto)}
}

func (c *wireClient) local() string { return c.conn.LocalAddr().String() }

func (c *wireClient) proto() string {
	return cmp.Or(c.name, strings.ToUpper(c.conn.LocalAddr().Network()))
}

func (c *wireClient) write(b string) {
	_, err := c.conn.Write([]byte(b))
	require.NoError(c.t, err)
}

func (c *wireClient) send(text string) { c.write(wire(text)) }

// read takes the next message.
func (c *wireClient) read() *message {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	if !c.tcp {
		buf := make([]byte, maxMessage)
		k, err := c.r.Read(buf)
		require.NoError(c.t, err)
		m := readMessage(string(buf[:k]))
		return &m
	}
	var head strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		require.NoError(c.t, err)
		head.WriteString(line)
		if line == "\r\n" {
			break
		}
	}
	n, ok := contentLength([]byte(head.String()))
	require.True(c.t, ok)
	body := make([]byte, n)
	_, err := io.ReadFull(c.r, body)
	require.NoError(c.t, err)
	m := readMessage(head.String() + string(body))
	return &m
}

// expect reads until a message that begins so, passing over 100s.
func (c *wireClient) expect(start string) *message {
	c.t.Helper()
	for {
		m := c.read()
		if strings.HasPrefix(m.start, "SIP/2.0 100") {
			continue
		}
		require.True(c.t, strings.HasPrefix(m.start, start), "want %q, got %q", start, m.start)
		return m
	}
}

func (c *wireClient) request(method, callID, toTag, extra, body string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	return fmt.Sprintf("%s sip:10000@127.0.0.1 SIP/2.0\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK-%s-%s\nMax-Forwards: 70\n"+
		"From: <sip:1390000@gw>;tag=f\nTo: <sip:10000@h>%s\nCall-ID: %s\nCSeq: 1 %s\nContact: <sip:gw@%s;transport=%s>%s\n\n%s",
		method, c.proto(), c.local(), callID, method, toTag, callID, method, c.local(), strings.ToLower(c.proto()), extra, body)
}

const sdpHeader = "\nContent-Type: application/sdp"

func (n *node) eventually(what string, ok func() bool) {
	n.t.Helper()
	require.Eventually(n.t, ok, 5*time.Second, 5*time.Millisecond, what)
}

// A whole call on real sockets, by either transport: in, answered, hung up by us.
func TestCallOnRealSockets(t *testing.T) {
	ca := authority.New(t)
	for _, proto := range []string{"udp", "tcp", "tls"} {
		t.Run(proto, func(t *testing.T) {
			n := tlsNode(t, ca, nil)
			n.house.edit(func() {
				n.house.incoming = func(_ call.Incoming, l *Leg) *call.Refusal {
					l.Accept(ourMedia)
					return nil
				}
			})
			var cfg *tls.Config
			if proto == "tls" {
				cfg = &tls.Config{RootCAs: ca.Pool(), ServerName: "sip.example.org"}
			}
			c := n.clientTLS(proto, cfg)
			c.send(c.request("INVITE", "a", "", sdpHeader, offerSDP))
			ok := c.expect("SIP/2.0 200")
			if proto != "udp" {
				require.Contains(t, ok.get("contact"), n.at(proto)+";transport="+proto+">")
			}
			tag, _ := paramOf(ok.get("to"), "tag")
			c.send(c.request("ACK", "a", tag, "", ""))
			n.eventually("answered", func() bool { return len(n.house.seen()) == 1 })
			n.house.lastLeg().End(call.CauseFlowEnd)
			bye := c.expect("BYE sip:gw@")
			require.Contains(t, bye.get("via"), c.proto())
			c.send(answerTo(bye, "200 OK", "", "", ""))
			n.eventually("ended", func() bool { return len(n.house.seen()) == 2 })
		})
	}
}

// A phone that registered by TCP is rung by its own connection; when that closes, it is down.
func TestPhoneOnTCP(t *testing.T) {
	n := realNode(t, nil)
	c := n.client("tcp")
	source := netip.MustParseAddrPort(c.local())
	reg := fmt.Sprintf("REGISTER sip:hotline.local SIP/2.0\nVia: SIP/2.0/TCP %s;branch=z9hG4bKr\nMax-Forwards: 70\nFrom: <sip:1001@h>;tag=1\nTo: <sip:1001@h>\n"+
		"Call-ID: r\nCSeq: 1 REGISTER\nContact: <sip:1001@abc.invalid;transport=tcp>\n", source)
	c.send(reg)
	challenge := c.expect("SIP/2.0 401")
	p := &softphone{peer: &peer{t: t}, user: "1001", password: "pw-1001"}
	c.send(strings.Replace(strings.Replace(reg, "1 REGISTER", "2 REGISTER", 1), "z9hG4bKr", "z9hG4bKs", 1) +
		"Authorization: " + p.prove(challenge) + "\n")
	c.expect("SIP/2.0 200")
	n.ring("L1")
	inv := c.expect("INVITE sip:1001@abc.invalid;transport=tcp")
	require.Contains(t, inv.get("contact"), ";transport=tcp")
	c.send(answerTo(inv, "200 OK", "x", "sip:1001@abc.invalid;transport=tcp", phoneSDP))
	c.expect("ACK ")
	require.NoError(t, c.conn.Close())
	n.eventually("the phone is down with its connection", func() bool { return len(n.house.phoneEdges()) == 2 })
}

func TestTCPFraming(t *testing.T) {
	n := realNode(t, nil)
	c := n.client("tcp")
	options := func(id string) string { return wire(c.request("OPTIONS", id, "", "", "")) }
	// Keep-alive, two messages in one segment, one message in many.
	c.write("\r\n\r\n")
	pong := make([]byte, 2)
	_, err := io.ReadFull(c.r, pong)
	require.NoError(t, err)
	require.Equal(t, "\r\n", string(pong))
	c.write(options("a") + "\r\n" + options("b"))
	c.expect("SIP/2.0 200")
	c.expect("SIP/2.0 200")
	for _, b := range []byte(options("c")) {
		c.write(string(b))
	}
	c.expect("SIP/2.0 200")
	// Garbage with a frame gets 400 and the connection lives on; without a length it ends.
	c.write("BROKEN\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKq\r\nContent-Length: 0\r\n\r\n" + options("d"))
	c.expect("SIP/2.0 400")
	c.expect("SIP/2.0 200")
	c.write(strings.Replace(options("e"), "Content-Length", "X-Length", 1))
	c.expect("SIP/2.0 400")
	_, err = c.r.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

// A far end that is only to be reached by TCP gets a connection from us; one that refuses fails the leg at once.
func TestWeConnect(t *testing.T) {
	n := realNode(t, nil)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := Binding{
		Account: "1001", Contact: "sip:1001@" + l.Addr().String() + ";transport=tcp", Host: "127.0.0.1", Q: 1000, CallID: "x", CSeq: 1,
		Registered: time.Now(), Refreshed: time.Now(), Expires: time.Now().Add(time.Hour), Source: netip.MustParseAddrPort("127.0.0.1:9"),
	}
	n.RestoreBindings([]Binding{b})
	n.eventually("up", func() bool { return len(n.house.phoneEdges()) == 1 })
	n.ring("L1")
	conn := accept(t, l)
	c := &wireClient{t: t, conn: conn, r: bufio.NewReader(conn), tcp: true}
	c.send(answerTo(c.expect("INVITE "), "486 Busy", "x", "", ""))
	c.expect("ACK ")
	require.NoError(t, conn.Close())
	require.NoError(t, l.Close())
	n.eventually("failed", func() bool { return len(n.house.seen()) == 1 })
	n.eventually("closed", func() bool { return n.conns.find(TCP, netip.MustParseAddrPort(l.Addr().String())) == nil })
	n.ring("L2")
	n.eventually("refused", func() bool { return len(n.house.seen()) == 2 })
	require.Zero(t, n.house.seen()[1].(call.LegFailed).Status)
}

// accept takes one connection, or fails soon.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	require.NoError(t, l.(*net.TCPListener).SetDeadline(time.Now().Add(5*time.Second)))
	conn, err := l.Accept()
	require.NoError(t, err)
	return conn
}

// Too large for UDP: TCP if the far end takes it, else UDP all the same (RFC 3261 18.1.1).
func TestLargeRequest(t *testing.T) {
	for _, tcp := range []bool{true, false} {
		t.Run(fmt.Sprint("tcp ", tcp), func(t *testing.T) {
			n := realNode(t, nil)
			pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = pc.Close() })
			addr := pc.LocalAddr().String()
			n.RestoreBindings([]Binding{{
				Account: "1001", Contact: "sip:1001@" + addr + ";x=" + strings.Repeat("y", 1400), Host: "127.0.0.1", Q: 1000, CallID: "x", CSeq: 1,
				Registered: time.Now(), Refreshed: time.Now(), Expires: time.Now().Add(time.Hour), Source: netip.MustParseAddrPort(addr),
			}})
			n.eventually("up", func() bool { return len(n.house.phoneEdges()) == 1 })
			if tcp {
				l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
				require.NoError(t, err)
				t.Cleanup(func() { _ = l.Close() })
				n.ring("L1")
				conn := accept(t, l)
				t.Cleanup(func() { _ = conn.Close() })
				c := &wireClient{t: t, conn: conn, r: bufio.NewReader(conn), tcp: true}
				require.Contains(t, c.expect("INVITE ").get("via"), "SIP/2.0/TCP")
				return
			}
			n.ring("L1")
			buf := make([]byte, maxMessage)
			require.NoError(t, pc.SetReadDeadline(time.Now().Add(5*time.Second)))
			k, _, err := pc.ReadFrom(buf)
			require.NoError(t, err)
			m := readMessage(string(buf[:k]))
			require.Contains(t, m.get("via"), "SIP/2.0/UDP")
		})
	}
}

// Half-open and silent connections end; more than the limit are not taken.
func TestConnectionsAreBounded(t *testing.T) {
	n := realNode(t, func(o *Options) { o.Limits.Connections = 2 })
	n.SetSite(&Site{}) // nobody is known
	first := n.client("tcp")
	n.client("tcp")
	first.send(first.request("OPTIONS", "a", "", "", ""))
	n.eventually("one too many was closed", func() bool { return n.refusals("connections") >= 1 })
}

func TestListenErrors(t *testing.T) {
	pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = pc.Close() })
	taken := netip.MustParseAddrPort(pc.LocalAddr().String())
	h := newHouse()
	free := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := New(Options{Domain: "d", Listen: []Listen{{TCP, free}, {UDP, taken}}}, h, h, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	require.ErrorContains(t, s.Start(t.Context()), "listen on udp://")
	require.NoError(t, s.Stop(context.Background()))

	for _, o := range []Options{
		{},
		{Domain: "d"},
		{Domain: "d", Listen: []Listen{{}}},
		{Domain: "d", Listen: []Listen{{UDP, free}}, Digest: []string{"ROT13"}},
	} {
		_, err := New(o, h, h, zap.NewNop(), prometheus.NewRegistry())
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
}
