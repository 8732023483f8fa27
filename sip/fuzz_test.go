package sip

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// fuzzNode is a server without sockets or goroutines: what is received is worked off at once.
type fuzzNode struct {
	*Server
	mu   sync.Mutex
	sent []string
}

func (n *fuzzNode) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) { select {} }
func (n *fuzzNode) Close() error                                            { return nil }

func (n *fuzzNode) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line, _, _ := strings.Cut(string(b), "\r\n")
	n.sent = append(n.sent, line)
	return len(b), nil
}

func newFuzzNode(tb testing.TB) (*fuzzNode, *house) {
	tb.Helper()
	h := newHouse()
	s, err := New(Options{Domain: "hotline.local", Listen: []Listen{{UDP, nodeAddr}}, Workers: 1, Timers: Timers{Health: -1}},
		h, h, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(tb, err)
	s.resolve = testNames
	n := &fuzzNode{Server: s}
	s.udp = []*udpSocket{{pc: n, addr: nodeAddr}}
	s.SetSite(testSite())
	n.work()
	return n, h
}

// work carries out what waits for the worker, until nothing does.
func (n *fuzzNode) work() {
	w := n.workers[0]
	for batch := w.box.take(nil); len(batch) > 0; batch = w.box.take(nil) {
		for _, it := range batch {
			w.handle(it)
		}
	}
}

// FuzzFrontDoor sends raw bytes through the whole front door, as from our trunk, into
// a node with a call in progress. It must not panic; a well-formed request that
// isn't an ACK gets an answer; and whatever came, the call in progress can still be ended.
func FuzzFrontDoor(f *testing.F) {
	for _, text := range []string{
		"OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.10;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: x\nCSeq: 1 OPTIONS\n",
		"REGISTER sip:a SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bK1\nf: <sip:a@b>;tag=1\nt: <sip:1001@d>\ni: x\nCSeq: 1 REGISTER\nm: *\nExpires: 0\n",
		"INFO sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h:0;branch=z9hG4bK3\nFrom: <sip:a@b>;tag=gwtag\nTo: <sip:c@d>;tag=TAG\nCall-ID: call\nCSeq: 5 INFO\nContent-Type: application/dtmf\n\n5",
		"INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h;rport\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: y\nCSeq: 1 INVITE\nRecord-Route: <sip:p;lr>, <sip:q>\nContact: <sip:a@1.2.3.4>\nContent-Type: application/sdp\n\n" + offerSDP,
		"SIP/2.0 200 OK\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK9\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: y\nCSeq: 1 INVITE\nContact: <sip:x@y>\n",
	} {
		f.Add([]byte(wire(text)))
	}
	files, err := filepath.Glob(filepath.Join(tortureDir(f), "*", "*.dat"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	gateway := func(n *fuzzNode) hop { return hop{proto: UDP, addr: gatewayAddr, sock: n.udp[0]} }
	f.Fuzz(func(t *testing.T, data []byte) {
		n, h := newFuzzNode(t)
		defer n.die()
		invite := "INVITE sip:10000@h SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.10:5080;branch=z9hG4bKcall\nFrom: <sip:a@b>;tag=gwtag\nTo: <sip:c@d>\n" +
			"Call-ID: call\nCSeq: 1 INVITE\nContact: <sip:gw@127.0.0.10:5080>\nContent-Type: application/sdp\n\n" + offerSDP
		n.receive(gateway(n), []byte(wire(invite)))
		n.work()
		h.lastLeg().Accept(ourMedia)
		n.work()
		leg, tag := h.lastLeg(), h.lastLeg().st.LocalTag
		n.sent = nil

		data = []byte(strings.ReplaceAll(string(data), "TAG", tag))
		n.receive(gateway(n), data)
		n.work()
		if m, err := n.parser.ParseSIP(data); err == nil && m != nil {
			if req, ok := m.(*sip.Request); ok {
				r, _ := n.readRequest(gateway(n), req, string(data))
				if r != nil && r.Method != "ACK" {
					requireAnswer(t, n, n.workers[0].servers[r.key])
				}
			}
		}
		if waits := h.lastLeg(); waits != leg {
			waits.Progress(ringing, ourMedia)
			n.work()
			requireOwed(t, h.dialogs[waits.id])
		}
		leg.End(0)
		n.work()
		n.workers[0].clock.due()
		require.LessOrEqual(t, n.open.legs.Load(), int64(2))
	})
}

// requireOwed wants an INVITE that waits, whatever it looks like, to be refused by the next start.
func requireOwed(t *testing.T, st DialogState) {
	t.Helper()
	if st.Phase != PhaseInvited || len(st.Unanswered.Via) == 0 {
		return
	}
	n, _ := newFuzzNode(t)
	defer n.die()
	n.Resume(st)
	n.work()
	require.Equal(t, []string{"SIP/2.0 500 Server Internal Error"}, n.sent)
	require.EqualValues(t, 1, n.open.transactions.Load())
}

// requireAnswer wants a response to a request that has a transaction: by now, or the 100 of an INVITE when it is due.
func requireAnswer(t *testing.T, n *fuzzNode, tx *serverTx) {
	t.Helper()
	if tx == nil {
		return
	}
	if len(n.sent) == 0 {
		require.NotZero(t, tx.alarm.pos, "a request without an answer, and none to come")
		tx.timeout()
	}
	require.NotEmpty(t, n.sent, "a request without an answer")
}

// TestAFaultCostsOneMessage has a handler that panics: the worker goes on.
func TestAFaultCostsOneMessage(t *testing.T) {
	n, _ := newFuzzNode(t)
	w := n.workers[0]
	require.NotPanics(t, func() { w.work(item{res: &response{}}) })
	require.NotPanics(t, func() { n.take(hop{}, nil) })
}
