package sip

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/guard"
	"hotline/sip/locate"
)

// The addresses of the tests' network: the node, its trunk's gateway, phones, and
// somebody nobody knows.
var (
	nodeAddr     = netip.MustParseAddrPort("127.0.0.1:5060")
	gatewayAddr  = netip.MustParseAddrPort("127.0.0.10:5080")
	phoneAddr    = netip.MustParseAddrPort("127.0.0.20:5070")
	phone2Addr   = netip.MustParseAddrPort("127.0.0.21:5070")
	strangerAddr = netip.MustParseAddrPort("127.0.0.66:5066")
)

// fakeNet is a network in memory: datagrams arrive at once and in order, so that
// protocol times can be tested on a virtual clock.
type fakeNet struct {
	mu   sync.Mutex
	ends map[netip.AddrPort]*fakeConn
	sent func(data []byte, to netip.AddrPort) // sees everything the node sends, if set
}

type datagram struct {
	data []byte
	from netip.AddrPort
}

type fakeConn struct {
	net    *fakeNet
	addr   netip.AddrPort
	inbox  chan datagram
	closed chan struct{}
	once   sync.Once
}

func (n *fakeNet) open(addr netip.AddrPort) *fakeConn {
	c := &fakeConn{net: n, addr: addr, inbox: make(chan datagram, 4096), closed: make(chan struct{})}
	n.mu.Lock()
	n.ends[addr] = c
	n.mu.Unlock()
	return c
}

func (c *fakeConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.inbox:
		return copy(b, d.data), d.from, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c *fakeConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.net.mu.Lock()
	end := c.net.ends[to]
	sent := c.net.sent
	c.net.mu.Unlock()
	if sent != nil && c.addr == nodeAddr {
		sent(b, to)
	}
	if end != nil {
		end.inbox <- datagram{append([]byte(nil), b...), c.addr}
	}
	return len(b), nil
}

func (c *fakeConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// house is the rest of the house for the tests: handler, owner and vault in one, which
// note what they are told.
type house struct {
	incoming func(call.Incoming, *Leg) *call.Refusal // nil: taken, nothing done

	mu         sync.Mutex
	calls      []call.Incoming
	legs       []*Leg
	refused    []call.Refusal
	refusedOf  []string // whose calls these were
	refusedIDs []call.ID
	events     []call.LegEvent
	phones     []string // "+1001", "-1001"
	dialogs    map[call.LegID]DialogState
	bindings   map[string]Binding
	bans       map[netip.Prefix]guard.Ban
}

func newHouse() *house {
	return &house{dialogs: map[call.LegID]DialogState{}, bindings: map[string]Binding{}, bans: map[netip.Prefix]guard.Ban{}}
}

func (h *house) Incoming(inc call.Incoming, l *Leg) (Owner, *call.Refusal) {
	h.mu.Lock()
	h.calls, h.legs = append(h.calls, inc), append(h.legs, l)
	decide := h.incoming
	h.mu.Unlock()
	if decide != nil {
		if no := decide(inc, l); no != nil {
			return nil, no
		}
	}
	return h, nil
}

func (h *house) Refused(in call.Incoming, r call.Refusal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refusedOf = append(h.refusedOf, in.Phone+in.Trunk)
	h.refused, h.refusedIDs = append(h.refused, r), append(h.refusedIDs, in.ID)
}

func (h *house) phone(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phones = append(h.phones, s)
}

func (h *house) PhoneUp(phone string)        { h.phone("+" + phone) }
func (h *house) PhoneDown(phone, _ string)   { h.phone("-" + phone) }
func (h *house) DropBinding(phone, k string) { h.edit(func() { delete(h.bindings, phone+" "+k) }) }
func (h *house) SaveBinding(b Binding)       { h.edit(func() { h.bindings[b.Account+" "+b.Key()] = b }) }
func (h *house) SaveBan(b guard.Ban)         { h.edit(func() { h.bans[b.Source] = b }) }
func (h *house) DropBan(b guard.Ban)         { h.edit(func() { delete(h.bans, b.Source) }) }
func (h *house) SaveDialog(s DialogState)    { h.edit(func() { h.dialogs[s.Leg] = s }) }
func (h *house) DropDialog(id call.LegID)    { h.edit(func() { delete(h.dialogs, id) }) }

func (h *house) LegEvent(_ call.LegID, ev call.LegEvent) {
	h.edit(func() { h.events = append(h.events, ev) })
}

func (h *house) edit(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

// seen copies the events so far.
func (h *house) seen() []call.LegEvent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]call.LegEvent(nil), h.events...)
}

func (h *house) lastLeg() *Leg {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.legs[len(h.legs)-1]
}

func (h *house) phoneEdges() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.phones...)
}

func (h *house) stored() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.dialogs)
}

// node is a server under test with its house and network.
type node struct {
	*Server
	t     testing.TB
	house *house
	net   *fakeNet
	reg   *prometheus.Registry
}

// testSite has one trunk and three phones.
func testSite() *Site {
	return &Site{
		Trunks: []Trunk{{
			Name: "gateway", From: []netip.Prefix{netip.MustParsePrefix("127.0.0.10/31")},
			Codecs: []call.Codec{call.CodecPCMA, call.CodecPCMU}, MaxCalls: 10,
		}},
		Accounts: []Account{{User: "1001", Password: "pw-1001"}, {User: "1002", Password: "pw-1002"}},
	}
}

// startNode starts a server on the network in memory; edit may change its options.
func startNode(t testing.TB, edit func(*Options)) *node {
	t.Helper()
	opt := Options{
		Domain: "hotline.local", Listen: []Listen{{UDP, nodeAddr}}, UserAgent: "hotline",
		Timers: Timers{Health: -1},
	}
	if edit != nil {
		edit(&opt)
	}
	n := &node{t: t, house: newHouse(), net: &fakeNet{ends: map[netip.AddrPort]*fakeConn{}}, reg: prometheus.NewRegistry()}
	s, err := New(opt, n.house, n.house, zap.NewNop(), n.reg)
	require.NoError(t, err)
	s.bindUDP = func(a netip.AddrPort, _ *zap.Logger) (*udpSocket, error) {
		return &udpSocket{pc: n.net.open(a), addr: a}, nil
	}
	s.resolve = testNames
	n.Server = s
	s.SetSite(testSite())
	require.NoError(t, s.Start(t.Context()))
	return n
}

// testNames is the name server of the tests.
func testNames(_ context.Context, q locate.Query) ([]locate.Target, error) {
	if q.Host == "gw.example.org" {
		return []locate.Target{{Transport: q.Transport, Addr: netip.AddrPortFrom(gatewayAddr.Addr(), cmp.Or(q.Port, q.Transport.Port())), Name: q.Host}}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: q.Host, IsNotFound: true}
}

// stop ends the node and proves that it holds nothing any more.
func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	require.NoError(n.t, n.Stop(ctx))
}

// register puts a binding in force without the ceremony of a REGISTER.
func (n *node) register(user string, at netip.AddrPort) {
	b := Binding{
		Account: user, Contact: fmt.Sprintf("sip:%s@%s", user, at), Host: at.Addr().String(), Q: 1000,
		CallID: "reg-" + user + at.String(), CSeq: 1, Registered: time.Now(), Refreshed: time.Now(),
		Expires: time.Now().Add(time.Hour), Source: at,
	}
	n.RestoreBindings([]Binding{b})
	synctest.Wait()
}

// counter reads one series.
func (n *node) refusals(reason string) float64 {
	return testutil.ToFloat64(n.met.refused.WithLabelValues(reason))
}

// peer is a far end that speaks SIP as text.
type peer struct {
	t    testing.TB
	conn packetConn
	addr netip.AddrPort
	to   netip.AddrPort
	seq  int
}

func (n *node) peer(addr netip.AddrPort) *peer {
	return &peer{t: n.t, conn: n.net.open(addr), addr: addr, to: nodeAddr}
}

// message is what a peer received.
type message struct {
	rawMessage
	body string
	text string
}

// send sends text with CRLF line ends and a Content-Length that fits.
func (p *peer) send(text string) {
	p.t.Helper()
	_, err := p.conn.WriteToUDPAddrPort([]byte(wire(text)), p.to)
	require.NoError(p.t, err)
}

// wire makes a message of a text: CRLF line ends, Content-Length counted.
func wire(text string) string {
	head, body, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	body = strings.ReplaceAll(body, "\n", "\r\n")
	head = strings.ReplaceAll(strings.TrimRight(head, "\n"), "\n", "\r\n")
	return fmt.Sprintf("%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// got gives everything that has arrived, once all is quiet.
func (p *peer) got() []message {
	synctest.Wait()
	return p.gotNow()
}

// gotNow gives what has arrived so far.
func (p *peer) gotNow() []message {
	var out []message
	for {
		select {
		case d := <-p.conn.(*fakeConn).inbox:
			out = append(out, readMessage(string(d.data)))
		default:
			return out
		}
	}
}

func readMessage(text string) message {
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	return message{readRaw(text), body, text}
}

// expect takes exactly one message whose start line has this beginning, passing over 100s.
func (p *peer) expect(start string) *message {
	p.t.Helper()
	all := p.got()
	var left []message
	for _, m := range all {
		if !strings.HasPrefix(m.start, "SIP/2.0 100") {
			left = append(left, m)
		}
	}
	require.Len(p.t, left, 1, "want one %q, got %v", start, starts(all))
	require.True(p.t, strings.HasPrefix(left[0].start, start), "want %q, got %q", start, left[0].start)
	return &left[0]
}

// expectAll takes what is sent together, in any order, one message of each start, and gives the last named.
func (p *peer) expectAll(starting ...string) *message {
	p.t.Helper()
	all := p.got()
	require.Len(p.t, all, len(starting), "%v", starts(all))
	var last *message
	for _, start := range starting {
		i := slices.IndexFunc(all, func(m message) bool { return strings.HasPrefix(m.start, start) })
		require.GreaterOrEqual(p.t, i, 0, "no %q among %v", start, starts(all))
		last = &all[i]
	}
	return last
}

// nothing proves that nothing has arrived.
func (p *peer) nothing() {
	p.t.Helper()
	require.Empty(p.t, starts(p.got()))
}

// await moves the clock until something arrives, and gives it and the time it took.
func (p *peer) await(most time.Duration) (*message, time.Duration) {
	p.t.Helper()
	start := time.Now()
	for time.Since(start) < most {
		if all := p.got(); len(all) > 0 {
			require.Len(p.t, all, 1)
			return &all[0], time.Since(start)
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.Fail(p.t, "nothing arrived", "within %s", most)
	return nil, 0
}

func starts(all []message) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.start)
	}
	return out
}

// answer makes a response to a request that a peer received.
func answerTo(m *message, status, tag, contact, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\n", status)
	for _, f := range m.fields {
		switch f.name {
		case "via", "from", "call-id", "cseq", "record-route":
			fmt.Fprintf(&b, "%s: %s\n", f.name, f.value)
		case "to":
			if tag != "" && !strings.Contains(f.value, "tag=") {
				f.value += ";tag=" + tag
			}
			fmt.Fprintf(&b, "To: %s\n", f.value)
		}
	}
	if contact != "" {
		fmt.Fprintf(&b, "Contact: <%s>\n", contact)
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\n")
	}
	return b.String() + "\n" + body
}

const (
	offerSDP = "v=0\no=gw 1 1 IN IP4 127.0.0.10\ns=-\nc=IN IP4 127.0.0.10\nt=0 0\nm=audio 30000 RTP/AVP 8 0 101\n" +
		"a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n"
	phoneSDP = "v=0\no=ph 1 1 IN IP4 127.0.0.20\ns=-\nc=IN IP4 127.0.0.20\nt=0 0\nm=audio 40000 RTP/AVP 8 101\n" +
		"a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\n"
	g729SDP = "v=0\no=gw 1 1 IN IP4 127.0.0.10\ns=-\nc=IN IP4 127.0.0.10\nt=0 0\nm=audio 30000 RTP/AVP 18\na=rtpmap:18 G729/8000\n"
)

// ourMedia is the sound the house leases in the tests.
var ourMedia = call.LocalMedia{Addr: netip.MustParseAddrPort("127.0.0.1:20000"), Codecs: []call.Codec{call.CodecPCMA, call.CodecPCMU}}

// dial is a peer's INVITE-born dialog, as its caller sees it.
type dial struct {
	p       *peer
	callID  string
	branch  int
	seq     int
	toTag   string
	fromTag string
	failed  bool // the last INVITE: its ACK is the transaction's
	ruri    string
	extra   string
	contact string
	from    string // name-addr; a number of the gateway's when empty
}

func (p *peer) dial() *dial {
	p.seq++
	return &dial{p: p, callID: fmt.Sprintf("call-%d-%s", p.seq, p.addr), ruri: "sip:10000@" + nodeAddr.String(), contact: "sip:gw@" + p.addr.String()}
}

// request makes the dialog's next request.
func (d *dial) request(method, body string) string {
	if method != "ACK" && method != "CANCEL" {
		d.seq++
		d.branch++
	}
	to := "<sip:10000@hotline.local>"
	if d.toTag != "" {
		to += ";tag=" + d.toTag
	}
	ctype := ""
	if body != "" {
		ctype = "\nContent-Type: application/sdp"
	}
	branch := fmt.Sprintf("z9hG4bK-%s-%d", d.callID, d.branch)
	if method == "ACK" && d.toTag != "" && !d.failed {
		branch += "-ack"
	}
	return fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;rport;branch=%s\nMax-Forwards: 70\nFrom: %s;tag=%s\nTo: %s\n"+
		"Call-ID: %s\nCSeq: %d %s\nContact: <%s>%s%s\n\n%s",
		method, d.ruri, d.p.addr, branch, cmp.Or(d.from, `"Gate" <sip:13800000001@gw>`), cmp.Or(d.fromTag, "gwtag"), to, d.callID, d.seq, method, d.contact, d.extra, ctype, body)
}

func (d *dial) send(method, body string) { d.p.send(d.request(method, body)) }

// learn takes the dialog's far side from a response.
func (d *dial) learn(m *message) {
	d.toTag, _ = paramOf(m.get("to"), "tag")
	if c := m.get("contact"); c != "" {
		d.ruri = uriText(c)
	}
}

// establish brings a caller's leg to the talking state.
func (n *node) establish(gw *peer) *dial {
	n.t.Helper()
	d := gw.dial()
	d.send("INVITE", offerSDP)
	gw.got()
	n.house.lastLeg().Accept(ourMedia)
	d.learn(gw.expect("SIP/2.0 200"))
	d.send("ACK", "")
	gw.nothing()
	return d
}

// rings brings a seat's leg to ringing and gives the INVITE the phone got.
func (n *node) ring(id call.LegID) *Leg {
	return n.Ring(Ring{Call: "C1", Leg: id, Phone: "1001", CallerNumber: "13800000001", Display: "general", Local: ourMedia}, n.house)
}

// bubble runs a test on a virtual clock, with a node, and stops it.
func bubble(t *testing.T, edit func(*Options), f func(t *testing.T, n *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := startNode(t, edit)
		defer n.stop()
		f(t, n)
	})
}
