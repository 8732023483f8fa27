package sip

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A call between two phones that passes by us: both its ends stay with us as proxy until it is over.
func TestCallPasses(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "call"), n.peer(phone2Addr)
		a.ask("INVITE", toPhone, "Content-Type: application/sdp\nRequire: 100rel", phoneSDP)
		inv := b.expect("INVITE sip:1002@127.0.0.21:5070")
		require.Equal(t, strings.ReplaceAll(phoneSDP, "\n", "\r\n"), inv.body, "its sound is theirs alone")
		require.Len(t, inv.list("record-route"), 1)
		require.Contains(t, inv.get("record-route"), "@127.0.0.1:5060;lr>")
		b.send(answerTo(inv, "180 Ringing", "bt", "sip:1002@127.0.0.21:5070", ""))
		ringing := a.got()
		require.Equal(t, []string{"SIP/2.0 180 Ringing"}, starts(ringing))
		require.Equal(t, inv.get("record-route"), ringing[0].get("record-route"))

		// PRACK goes along the early dialog
		a.send(a.within("PRACK", &ringing[0], "RAck: 1 1 INVITE"))
		prack := b.expect("PRACK sip:1002@127.0.0.21:5070")
		require.False(t, prack.has("route"), "we were the last of the route")
		b.send(answerTo(prack, "200 OK", "", "", ""))
		a.expect("SIP/2.0 200")

		b.send(answerTo(inv, "200 OK", "bt", "sip:1002@127.0.0.21:5070", phoneSDP))
		ok := a.expect("SIP/2.0 200")
		require.Zero(t, n.open.relays.Load())
		b.send(answerTo(inv, "200 OK", "bt", "sip:1002@127.0.0.21:5070", phoneSDP))
		a.expect("SIP/2.0 200") // again, as long as it got no ACK: 13.3.1.4 is theirs
		seq := a.seq
		a.seq = 2
		a.send(a.within("ACK", ok, ""))
		a.seq = seq
		ack := b.expect("ACK sip:1002@127.0.0.21:5070")
		require.Len(t, ack.list("via"), 2)
		require.Contains(t, ack.get("cseq"), "2 ACK")

		// the called side hangs up: the same route, the other way
		b.send("BYE sip:1001@127.0.0.20:5070 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.21:5070;branch=z9hG4bK-bye\nMax-Forwards: 5\nRoute: " + inv.get("record-route") +
			"\nFrom: <sip:1002@hotline.local>;tag=bt\nTo: <sip:1001@hotline.local>;tag=ft\nCall-ID: call\nCSeq: 9 BYE\n\n")
		bye := a.expect("BYE sip:1001@127.0.0.20:5070")
		require.Equal(t, "4", bye.get("max-forwards"))
		a.send(answerTo(bye, "200 OK", "", "", ""))
		b.expect("SIP/2.0 200")
		require.Empty(t, n.house.calls, "no call of ours")
		require.Zero(t, n.house.stored())
		time.Sleep(time.Minute)
		require.Zero(t, n.open.transactions.Load())
		for _, w := range n.workers {
			require.Empty(t, w.relays)
		}
	})
}

// forked is an INVITE at two phones.
func forked(t *testing.T, n *node) (a *asker, p2, p3 *peer, m2, m3 *message) {
	n.register("1001", phoneAddr)
	n.register("1002", phone2Addr)
	n.register("1002", phone3Addr)
	a, p2, p3 = n.asker(phoneAddr, "fork"), n.peer(phone2Addr), n.peer(phone3Addr)
	a.ask("INVITE", toPhone, "Content-Type: application/sdp", phoneSDP)
	m2, m3 = p2.expect("INVITE"), p3.expect("INVITE")
	require.NotEqual(t, m2.list("via")[0], m3.list("via")[0])
	p2.send(answerTo(m2, "180 Ringing", "t2", "", ""))
	p3.send(answerTo(m3, "180 Ringing", "t3", "", ""))
	require.Len(t, a.got(), 2)
	return a, p2, p3, m2, m3
}

func TestForkedCallIsTakenOnce(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		a, p2, p3, m2, m3 := forked(t, n)
		p2.send(answerTo(m2, "200 OK", "t2", "sip:1002@127.0.0.21:5070", phoneSDP))
		a.expect("SIP/2.0 200")
		p2.nothing()
		cancel := p3.expect("CANCEL")
		require.Contains(t, cancel.get("reason"), "Call completed elsewhere")
		require.Equal(t, m3.list("via")[0], cancel.get("via"))
		// lost: the other one had picked up as well. The caller gets that 200 too, and hangs up (13.2.2.4).
		p3.send(answerTo(m3, "200 OK", "t3", "sip:1002@127.0.0.22:5070", phoneSDP))
		require.Equal(t, "t3", tagOf(a.expect("SIP/2.0 200")))
		p3.send(answerTo(cancel, "200 OK", "t3", "", ""))
		synctest.Wait()
		require.Zero(t, n.open.relays.Load())
	})
}

func TestForkedCallEndsWithADecline(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		a, p2, p3, m2, m3 := forked(t, n)
		p2.send(answerTo(m2, "603 Decline", "t2", "", ""))
		p2.expect("ACK")
		a.nothing() // until all have ended
		p3.send(answerTo(p3.expect("CANCEL"), "200 OK", "t3", "", ""))
		p3.send(answerTo(m3, "487 Request Terminated", "t3", "", ""))
		p3.expect("ACK")
		a.expect("SIP/2.0 603")
	})
}

func TestCallerCancels(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		a, p2, p3, m2, m3 := forked(t, n)
		a.send(a.request("CANCEL", toPhone, `Reason: SIP;cause=600;text="never mind"`, ""))
		a.expect("SIP/2.0 200")
		for _, x := range []struct {
			p *peer
			m *message
		}{{p2, m2}, {p3, m3}} {
			cancel := x.p.expect("CANCEL")
			require.Contains(t, cancel.get("reason"), "never mind")
			x.p.send(answerTo(cancel, "200 OK", "", "", ""))
			x.p.send(answerTo(x.m, "487 Request Terminated", "t", "", ""))
			x.p.expect("ACK")
		}
		a.expect("SIP/2.0 487")
		a.send(a.request("ACK", toPhone, "", ""))
		p2.nothing()
		a.send(a.request("CANCEL", toPhone, "", "")) // again, and too late: the transaction is known still
		a.expect("SIP/2.0 200")
		p2.nothing()
		time.Sleep(time.Minute)
		a.send(a.request("CANCEL", toPhone, "", ""))
		a.expect("SIP/2.0 481")
	})
}

// The CANCEL comes before the phone has said anything: it may not be sent on yet (9.1), and is when it may.
func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "early"), n.peer(phone2Addr)
		a.ask("INVITE", toPhone, "", phoneSDP)
		inv := b.expect("INVITE")
		a.got()
		a.send(a.request("CANCEL", toPhone, "", ""))
		a.expect("SIP/2.0 200")
		b.nothing()
		b.send(answerTo(inv, "180 Ringing", "t", "", ""))
		a.expect("SIP/2.0 180")
		b.expect("CANCEL")
		// lost: it picks up as the CANCEL comes. The caller gets the 200 and is to hang up himself.
		b.send(answerTo(inv, "200 OK", "t", "sip:1002@127.0.0.21:5070", phoneSDP))
		a.expect("SIP/2.0 200")
	})
}

func TestCancelledAtASilentPhone(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a := n.asker(phoneAddr, "silent")
		a.ask("INVITE", toPhone, "", phoneSDP)
		time.Sleep(tryingAfter) // before a provisional response nobody may cancel (9.1)
		a.expectAll("SIP/2.0 100")
		a.send(a.request("CANCEL", toPhone, "", ""))
		a.expect("SIP/2.0 200")
		end, after := a.await(time.Minute)
		require.Contains(t, end.start, "487")
		require.InDelta(t, 32, after.Seconds(), 1)
	})
}

// Timer C: a phone that rings for ever is given up, and not before (16.8).
func TestRingingIsBounded(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "c"), n.peer(phone2Addr)
		a.ask("INVITE", toPhone, "", phoneSDP)
		inv := b.expect("INVITE")
		a.got()
		for range 3 {
			b.send(answerTo(inv, "180 Ringing", "t", "", ""))
			a.expect("SIP/2.0 180")
			time.Sleep(3 * time.Minute)
			b.nothing()
		}
		cancel, after := b.await(time.Minute)
		require.Contains(t, cancel.start, "CANCEL")
		require.Less(t, after, 2*time.Second)
		b.send(answerTo(cancel, "200 OK", "t", "", ""))
		b.send(answerTo(inv, "487 Terminated", "t", "", ""))
		b.expect("ACK")
		a.expect("SIP/2.0 487")
	})
}

// Phones behind a NAT: their Contacts lead nowhere, the flows do, in the dialog as well.
func TestDialogStaysOnItsFlows(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		b := n.softphone("1002", phone2Addr)
		b.via, b.contact = "10.2.2.2:5060", "<sip:1002@10.2.2.2>"
		require.Contains(t, b.login(b.contact, 600).start, "200")
		n.register("1001", phoneAddr)
		a := n.asker(phoneAddr, "nat")
		a.via = "10.1.1.1:5060"
		a.ask("SUBSCRIBE", toPhone, "Event: presence", "")
		sub := b.expect("SUBSCRIBE sip:1002@10.2.2.2 ")
		b.send(answerTo(sub, "200 OK", "bt", "sip:1002@10.2.2.2", ""))
		ok := a.expect("SIP/2.0 200")
		notify := func(route string) {
			b.send("NOTIFY sip:1001@10.1.1.1:5060 SIP/2.0\nVia: SIP/2.0/UDP 10.2.2.2:5060;rport;branch=z9hG4bK-n" + itoa(int(time.Now().UnixNano()%1e9)) +
				"\nRoute: " + route + "\nFrom: <sip:1002@hotline.local>;tag=bt\nTo: <sip:1001@hotline.local>;tag=ft\nCall-ID: nat\nCSeq: 1 NOTIFY\nEvent: presence\nSubscription-State: active\n\n")
			time.Sleep(time.Millisecond)
		}
		notify(sub.get("record-route"))
		n1 := a.expect("NOTIFY sip:1001@10.1.1.1:5060 ")
		require.True(t, n1.has("record-route"), "it may come before the answer to SUBSCRIBE (RFC 6665 4.1.4)")
		a.send(answerTo(n1, "200 OK", "", "", ""))
		b.expect("SIP/2.0 200")
		a.send(a.within("SUBSCRIBE", ok, "Event: presence\nExpires: 0"))
		again := b.expect("SUBSCRIBE sip:1002@10.2.2.2 ")
		require.Equal(t, "69", again.get("max-forwards"))
		b.send(answerTo(again, "200 OK", "", "", ""))
		a.expect("SIP/2.0 200")

		// lost: another call's route, one that was changed, one of another node; they are nobody's
		good := sub.get("record-route")
		user, host, _ := strings.Cut(strings.TrimPrefix(good, "<sip:"), "@")
		for _, forged := range []string{
			"<sip:" + user[:len(user)-1] + string(user[len(user)-1]^1) + "@" + host,
			"<sip:AQ@" + host, "<sip:" + strings.Repeat("A", 60) + "@" + host,
		} {
			notify(forged)
			b.expect("SIP/2.0 481")
		}
		a.nothing()
	})
}

func TestOtherCallsRouteIsNoGood(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		x := ticket{caller: tagMark("ft"), sides: [2]side{{proto: UDP, far: phoneAddr, near: nodeAddr}, {}}}
		user := n.seal(x, "call-1")
		got, ok := n.unseal(user, "call-1")
		require.True(t, ok)
		require.Equal(t, x, got)
		_, ok = n.unseal(user, "call-2")
		require.False(t, ok)
		six := ticket{sides: [2]side{{proto: WSS, far: netip.MustParseAddrPort("[2001:db8::1]:443")}, {proto: TCP, far: phoneAddr}}}
		got, ok = n.unseal(n.seal(six, "c"), "c")
		require.True(t, ok)
		require.Equal(t, six, got)
		require.LessOrEqual(t, len(n.seal(six, "c")), 160)
	})
}

// Before us is a strict router (16.4): our route stands in the Request-URI, where it is to go in the last Route.
func TestStrictRouterBeforeUs(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "strict"), n.peer(phone2Addr)
		user := n.seal(ticket{caller: tagMark("ft")}, "strict")
		a.seq++
		a.send(a.request("INFO", "sip:"+user+"@127.0.0.1:5060;lr", "To: <sip:1002@hotline.local>;tag=bt\nRoute: <sip:1002@127.0.0.21:5070>", ""))
		b.send(answerTo(b.expect("INFO sip:1002@127.0.0.21:5070 "), "200 OK", "", "", ""))
		a.expect("SIP/2.0 200")
	})
}

// A site that lets no calls pass takes them itself.
func TestCallsAreOursUnlessTheSiteSaysOtherwise(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		site := testSite()
		n.SetSite(site)
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "ours"), n.peer(phone2Addr)
		a.ask("INVITE", toPhone, "Content-Type: application/sdp", phoneSDP)
		b.nothing()
		require.Len(t, n.house.calls, 1)
		a.seq, a.branch = a.seq+1, a.branch+1
		a.got()
		a.send(a.request("MESSAGE", toPhone, "", ""))
		a.expect("SIP/2.0 405")
	})
}

// Where the transports of the two sides differ, each is given a route that it can reach (RFC 5658); where they do not, there is one.
func TestEachSideGetsARouteItCanReach(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.listeners = []*listener{{proto: TCP, addr: nodeAddr}}
		defer func() { n.listeners = nil }()
		c := n.newConn(TCP, phoneAddr)
		defer c.stop()
		r := &request{callID: "c", key: txKey{method: "SUBSCRIBE"}, hop: c.hop()}
		record := n.workers[0].recording(r, ticket{})
		routes := record(hop{proto: UDP, addr: phone2Addr, sock: n.udp[0]})
		require.Len(t, routes, 2)
		require.NotContains(t, routes[0], "transport=", "the one that faces the called side comes first")
		require.Contains(t, routes[1], "@127.0.0.1:5060;transport=tcp;lr>")
		require.Len(t, record(c.hop()), 1)

		// both are ours, and are taken off together
		in := readRaw("BYE sip:1001@127.0.0.20 SIP/2.0\r\nRoute: " + routes[0] + "\r\nRoute: " + routes[1] + ", <sip:next.example;lr>\r\n\r\n")
		r.raw = in
		r.Request = mustRequest(t, "BYE sip:1001@127.0.0.20 SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 7 BYE\r\nContent-Length: 0\r\n\r\n")
		at, err := n.ourRoute(r)
		require.NoError(t, err)
		require.True(t, at.known)
		require.Equal(t, []string{"<sip:next.example;lr>"}, at.others)
	})
}
