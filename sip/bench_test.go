package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/guard"
)

// loop is a network without sockets for the benchmark: what the node sends to phone
// or gateway is answered by a short script, by the same goroutine.
type loop struct {
	s     *Server
	queue []datagram
}

func (l *loop) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) { select {} }
func (l *loop) Close() error                                            { return nil }

func (l *loop) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	l.queue = append(l.queue, datagram{append([]byte(nil), b...), to})
	return len(b), nil
}

// nopHouse takes every call and keeps nothing.
type nopHouse struct {
	leg    *Leg
	events int
}

func (h *nopHouse) Incoming(_ call.Incoming, l *Leg) (Owner, *call.Refusal) {
	h.leg = l
	l.Accept(ourMedia)
	return h, nil
}
func (h *nopHouse) Refused(call.Incoming, call.Refusal)      {}
func (h *nopHouse) PhoneUp(string)                           {}
func (h *nopHouse) PhoneDown(string, string)                 {}
func (h *nopHouse) SaveDialog(DialogState)                   {}
func (h *nopHouse) DropDialog(call.LegID)                    {}
func (h *nopHouse) SaveBinding(Binding)                      {}
func (h *nopHouse) DropBinding(string, string)               {}
func (h *nopHouse) SaveBan(guard.Ban)                        {}
func (h *nopHouse) DropBan(guard.Ban)                        {}
func (h *nopHouse) LegEvent(id call.LegID, ev call.LegEvent) { h.events++ }

// BenchmarkCall is what one call costs in signalling: the caller's dialog (INVITE, 100, 200,
// ACK, BYE, 200) and the seat's (INVITE, 180, 200, ACK, BYE, 200), parsing, transactions,
// SDP and the far ends' few lines of script included; sockets and journal not.
func BenchmarkCall(b *testing.B) {
	h := &nopHouse{}
	// Finished transactions are kept as long as the benchmark's clock says: short, or
	// memory is measured instead.
	s, err := New(Options{
		Domain: "hotline.local", Listen: []Listen{{UDP, nodeAddr}}, Workers: 1,
		Timers: Timers{Health: -1, T1: 2 * time.Millisecond, T2: 16 * time.Millisecond, T4: 16 * time.Millisecond},
	}, h, h, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	l := &loop{s: s}
	s.udp = []*udpSocket{{pc: l, addr: nodeAddr}}
	s.SetSite(testSite())
	s.RestoreBindings([]Binding{{
		Account: "1001", Contact: "sip:1001@127.0.0.20:5070", Host: "127.0.0.20", CallID: "x", CSeq: 1,
		Expires: time.Now().Add(time.Hour), Source: phoneAddr,
	}})
	n := &fuzzNode{Server: s}
	n.work()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.call(n, h, i)
		s.workers[0].clock.due()
	}
	require.Equal(b, int64(0), s.open.legs.Load())
}

// call plays one call through.
func (l *loop) call(n *fuzzNode, h *nopHouse, i int) {
	from := hop{proto: UDP, addr: gatewayAddr, sock: l.s.udp[0]}
	send := func(method string, seq int, toTag, ctype, body string) {
		n.receive(from, []byte(fmt.Sprintf("%s sip:10000@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.10:5080;rport;branch=z9hG4bK-%d-%d-%s\r\nMax-Forwards: 70\r\n"+
			"From: <sip:13800000001@gw>;tag=f\r\nTo: <sip:10000@hotline>%s\r\nCall-ID: bench-%d\r\nCSeq: %d %s\r\nContact: <sip:gw@127.0.0.10:5080>\r\n%sContent-Length: %d\r\n\r\n%s",
			method, i, seq, method, toTag, i, seq, method, ctype, len(body), body)))
		n.work()
	}
	send("INVITE", 1, "", "Content-Type: application/sdp\r\n", offerSDP)
	tag := ";tag=" + h.leg.st.LocalTag
	send("ACK", 1, tag, "", "")
	seat := l.s.Ring(Ring{Call: "c", Leg: "seat", Phone: "1001", CallerNumber: "13800000001", Local: ourMedia}, h)
	n.work()
	l.phone(n)
	send("BYE", 2, tag, "", "")
	seat.End(call.CauseCallerGone)
	n.work()
	l.phone(n)
}

// phone answers what was sent to the phone: 180 and 200 to INVITE, 200 to BYE.
func (l *loop) phone(n *fuzzNode) {
	at := hop{proto: UDP, addr: phoneAddr, sock: l.s.udp[0]}
	for len(l.queue) > 0 {
		d := l.queue[0]
		l.queue = l.queue[1:]
		text := string(d.data)
		if d.from != phoneAddr || strings.HasPrefix(text, "ACK") || strings.HasPrefix(text, "SIP/") {
			continue
		}
		head, _, _ := strings.Cut(text, "\r\nUser-Agent")
		head, _, _ = strings.Cut(head, "\r\nAllow")
		_, head, _ = strings.Cut(head, "\r\n")
		head = strings.Replace(head, "\r\nContent-Length: 0\r\n\r\n", "", 1)
		if strings.HasPrefix(text, "BYE") {
			n.receive(at, []byte("SIP/2.0 200 OK\r\n"+head+"\r\nContent-Length: 0\r\n\r\n"))
			n.work()
			continue
		}
		head = strings.Replace(head, "To: <sip:1001@hotline.local>", "To: <sip:1001@hotline.local>;tag=p", 1) + "\r\nContact: <sip:1001@127.0.0.20:5070>\r\n"
		n.receive(at, []byte("SIP/2.0 180 Ringing\r\n"+head+"Content-Length: 0\r\n\r\n"))
		n.work()
		n.receive(at, []byte(fmt.Sprintf("SIP/2.0 200 OK\r\n%sContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", head, len(phoneSDP), phoneSDP)))
		n.work()
	}
}
