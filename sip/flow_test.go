package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// A dialog stays on the connection it came by, whatever its Contact says and also where a proxy at the
// connection's far end has recorded its route; a route elsewhere is followed.
func TestADialogStaysOnItsFlow(t *testing.T) {
	for name, c := range map[string]struct {
		route string
		stays bool
	}{
		"no route":              {"", true},
		"the far end's route":   {"\nRecord-Route: <sip:127.0.0.1:9;transport=tcp;lr>", true},
		"by another transport":  {"\nRecord-Route: <sip:127.0.0.1:%d;lr>", false},
		"another proxy's route": {"\nRecord-Route: <sip:127.0.0.2:9;transport=tcp;lr>", false},
	} {
		t.Run(name, func(t *testing.T) {
			n := realNode(t, nil)
			n.house.edit(func() {
				n.house.incoming = func(_ call.Incoming, l *Leg) *call.Refusal {
					l.Accept(ourMedia)
					return nil
				}
			})
			udp := n.client("udp")
			if strings.Contains(c.route, "%d") {
				c.route = fmt.Sprintf(c.route, netip.MustParseAddrPort(udp.local()).Port())
			}
			tcp := n.client("tcp")
			tcp.send(strings.Replace(tcp.request("INVITE", "a", "", c.route+sdpHeader, offerSDP), "<sip:gw@"+tcp.local(), "<sip:gw@192.0.2.1:9", 1))
			tag, _ := paramOf(tcp.expect("SIP/2.0 200").get("to"), "tag")
			tcp.send(tcp.request("ACK", "a", tag, "", ""))
			n.eventually("answered", func() bool { return len(n.house.seen()) == 1 })
			n.house.lastLeg().End(call.CauseFlowEnd)
			switch {
			case c.stays:
				tcp.send(answerTo(tcp.expect("BYE sip:gw@192.0.2.1:9"), "200 OK", "", "", ""))
			case strings.Contains(c.route, "127.0.0.1:"):
				udp.send(answerTo(udp.expect("BYE sip:gw@192.0.2.1:9"), "200 OK", "", "", ""))
			}
			n.eventually("ended", func() bool { return len(n.house.seen()) == 2 })
		})
	}
}

// What came to one of our sockets is answered and followed up from it: a NAT lets nothing else in.
func TestTheSameSocketIsUsed(t *testing.T) {
	second := netip.MustParseAddrPort("127.0.0.1:5062")
	bubble(t, func(o *Options) { o.Listen = append(o.Listen, Listen{UDP, second}) }, func(t *testing.T, n *node) {
		n.establish(n.peer(gatewayAddr)) // by the first
		gw := n.peer(gatewayAddr)
		gw.to, gw.seq = second, 1 // its next call
		n.establish(gw)
		n.house.lastLeg().End(call.CauseNormal)
		bye := gw.expect("BYE ")
		require.Contains(t, bye.get("via"), second.String())
		require.Contains(t, bye.get("via"), "SIP/2.0/UDP ")
		gw.send(answerTo(bye, "200 OK", "", "", ""))

		n.RestoreBindings([]Binding{{
			Account: "1001", Contact: "sip:1001@10.0.0.5", Host: "10.0.0.5", Q: 1000, CallID: "x", CSeq: 1, AtSource: true, Local: second,
			Registered: time.Now(), Refreshed: time.Now(), Expires: time.Now().Add(time.Hour), Source: phoneAddr,
		}})
		synctest.Wait()
		p := n.peer(phoneAddr)
		n.ring("L9")
		require.Contains(t, p.expect("INVITE sip:1001@10.0.0.5").get("via"), second.String())
	})
}

// A phone by TLS whose Contact names no transport is not asked for by UDP once its connection is gone.
func TestTargetBy(t *testing.T) {
	to, err := targetOfText("sip:1001@desk.example.org")
	require.NoError(t, err)
	to = to.by(TLS)
	require.Equal(t, uint16(5061), to.port)
	require.Equal(t, TLS, to.query.Transport)
	require.True(t, to.query.Fixed)
	to, err = targetOfText("sip:1001@desk.example.org:5070")
	require.NoError(t, err)
	require.Equal(t, uint16(5070), to.by(TLS).port)
}
