package sip

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/hep"
	"hotline/sip/trace"
)

// traced gives a call's ladder in short: "< INVITE", "> 100".
func traced(all []trace.Message) (out []string) {
	for _, m := range all {
		arrow := "< "
		if m.Sent {
			arrow = "> "
		}
		words := strings.Fields(m.Text)
		if words[0] == "SIP/2.0" {
			words = words[1:]
		}
		out = append(out, arrow+words[0])
	}
	return out
}

// A call's ladder has every message from its INVITE on, retransmissions too, and its legs together.
func TestTraceOfACall(t *testing.T) {
	bubble(t, func(o *Options) { o.Trace = trace.Options{Keep: time.Minute} }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		id := n.house.calls[0].ID
		n.register("1001", phoneAddr)
		phone := n.peer(phoneAddr)
		leg := n.Ring(Ring{Call: id, Leg: "S1", Phone: "1001", CallerNumber: "13800000001", Local: ourMedia}, n.house)
		invite := phone.expect("INVITE")
		phone.send(answerTo(invite, "486 Busy Here", "ph", "", ""))
		phone.expect("ACK")
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		leg.End(0)
		all, lost, ok := n.Trace(id)
		require.True(t, ok)
		require.Zero(t, lost)
		require.Equal(t, []string{"< INVITE", "> 200", "< ACK", "> INVITE", "< 486", "> ACK", "< BYE", "> 200"}, traced(all))
		require.Equal(t, gatewayAddr, all[0].Far)
		require.Equal(t, nodeAddr, all[0].Local)
		require.Equal(t, phoneAddr, all[3].Far)
		time.Sleep(2 * time.Minute)
		_, _, ok = n.Trace(id)
		require.False(t, ok)
	})
}

// What a phone's call begins with is its challenge.
func TestTraceHasTheChallenge(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		d := phone.dial()
		d.from = "<sip:1001@hotline.local>"
		d.send("INVITE", phoneSDP)
		d.prove("1001", "pw-1001")
		time.Sleep(tryingAfter)
		phone.got()
		all, _, _ := n.Trace(n.house.calls[0].ID)
		require.Equal(t, []string{"< INVITE", "> 407", "< ACK", "< INVITE", "> 100"}, traced(all))
		n.house.lastLeg().End(0)
		phone.got()
	})
}

// A call that is refused has its ladder too, and what is no call has none.
func TestTraceOfARefusedCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.SetDraining(true)
		gw, who := n.peer(gatewayAddr), n.peer(strangerAddr)
		who.dial().send("INVITE", offerSDP)
		gw.dial().send("OPTIONS", "")
		gw.got()
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		d.failed = true
		d.send("ACK", "")
		gw.got()
		calls, _ := n.trace.Size()
		require.Equal(t, 1, calls)
		all, _, _ := n.Trace(n.house.refusedIDs[0])
		require.Equal(t, []string{"< INVITE", "> 503", "< ACK"}, traced(all))
	})
}

// Copies of all messages go to the collector, both ways, without credentials.
func TestCopiesToACollector(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer pc.Close()
	n := startNode(t, func(o *Options) { o.HEP = hep.Options{To: pc.LocalAddr().String(), ID: 5, Password: "key"} })
	defer n.stop()
	p := n.peer(strangerAddr)
	p.send("REGISTER sip:hotline.local SIP/2.0\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bK1\nFrom: <sip:1001@h>;tag=a\nTo: <sip:1001@h>\nCall-ID: hep\nCSeq: 1 REGISTER\n" +
		"Authorization: Digest response=\"s3cr3t\"\n\n")
	b := make([]byte, 65536)
	var got []string
	for range 2 {
		require.NoError(t, pc.SetReadDeadline(time.Now().Add(10*time.Second)))
		k, _, err := pc.ReadFrom(b)
		require.NoError(t, err)
		require.Equal(t, "HEP3", string(b[:4]))
		got = append(got, string(b[:k]))
	}
	require.Contains(t, got[0], "REGISTER sip:hotline.local")
	require.NotContains(t, got[0], "s3cr3t")
	require.Contains(t, got[1], "SIP/2.0 40")
}

// A leg that is handed over to another call is in the ladders of both.
func TestTraceOfAnAdoptedLeg(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		first := n.house.calls[0].ID
		n.house.lastLeg().Adopt("C2", n.house, false)
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		for _, id := range []call.ID{first, "C2"} {
			all, _, ok := n.Trace(id)
			require.True(t, ok)
			require.Equal(t, []string{"< INVITE", "> 200", "< ACK", "< BYE", "> 200"}, traced(all), id)
		}
		time.Sleep(20 * time.Minute)
		calls, _ := n.trace.Size()
		require.Zero(t, calls)
	})
}
