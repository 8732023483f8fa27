package sip

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// through registers a phone by way of a proxy, which puts its own Via on top and itself into Path.
func (n *node) through(proxy *peer, user string, path ...string) *message {
	n.t.Helper()
	p := n.softphone(user, netip.AddrPortFrom(proxy.addr.Addr(), 9))
	p.peer = proxy
	p.via = proxy.addr.String()
	p.contact = "<sip:" + user + "@10.9.9.9:5070>"
	if len(path) > 0 {
		p.contact += "\nPath: " + strings.Join(path, "\nPath: ")
	}
	return p.login(p.contact, 600)
}

// A phone behind a proxy that puts itself into Path (RFC 3327) is reached
// through that proxy alone: INVITE, CANCEL and OPTIONS.
func TestPhoneBehindAProxyIsRungThroughItsPath(t *testing.T) {
	for _, c := range []struct {
		name  string
		path  []string
		ruri  string
		route []string
	}{
		{"loose", []string{"<sip:127.0.0.40;lr>", "<sip:10.9.9.1;lr>"}, "sip:1001@10.9.9.9:5070", []string{"<sip:127.0.0.40;lr>", "<sip:10.9.9.1;lr>"}},
		{"strict", []string{"<sip:127.0.0.40>"}, "sip:127.0.0.40", []string{"<sip:1001@10.9.9.9:5070>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(o *Options) { o.Timers.Health = time.Minute }, func(t *testing.T, n *node) {
				proxy := n.peer(proxyAddr)
				ok := n.through(proxy, "1001", c.path...)
				require.Contains(t, ok.start, "200")
				require.Equal(t, c.path, ok.list("path"))

				leg := n.ring("L1")
				inv := proxy.expect("INVITE " + c.ruri + " ")
				require.Equal(t, c.route, inv.list("route"))
				proxy.send(answerTo(inv, "180 Ringing", "x", "", ""))
				synctest.Wait()
				st := n.house.dialogs["L1"]
				leg.End(call.CauseCallerGone)
				cancel := proxy.expect("CANCEL " + c.ruri + " ")
				require.Equal(t, c.route, cancel.list("route"))
				proxy.send(answerTo(cancel, "200 OK", "x", "", ""))
				proxy.send(answerTo(inv, "487 Request Terminated", "x", "", ""))
				require.Equal(t, c.route, proxy.expect("ACK "+c.ruri+" ").list("route"))

				n.Resume(st) // as the start after a crash would
				cancel = proxy.expect("CANCEL " + c.ruri + " ")
				require.Equal(t, c.route, cancel.list("route"))
				proxy.send(answerTo(cancel, "481 Gone", "x", "", ""))

				options, _ := proxy.await(2 * time.Minute)
				require.Contains(t, options.start, "OPTIONS "+c.ruri+" ")
				require.Equal(t, c.route, options.list("route"))
				proxy.send(answerTo(options, "200 OK", "x", "", ""))
				synctest.Wait()
			})
		})
	}
}

// Without Record-Route the dialog itself goes to the phone's Contact, as the proxy chose.
func TestPathIsNoRouteSet(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		proxy := n.peer(proxyAddr)
		direct := n.peer(netip.MustParseAddrPort("10.9.9.9:5070"))
		n.through(proxy, "1001", "<sip:127.0.0.40;lr>")
		leg := n.ring("L1")
		proxy.send(answerTo(proxy.expect("INVITE "), "200 OK", "x", "sip:1001@10.9.9.9:5070", phoneSDP))
		require.Empty(t, direct.expect("ACK sip:1001@10.9.9.9:5070").list("route"))
		leg.End(call.CauseNormal)
		direct.send(answerTo(direct.expect("BYE "), "200 OK", "", "", ""))
		synctest.Wait()
	})
}

func TestPathThatCannotBeUsed(t *testing.T) {
	many := make([]string, pathMost+1)
	for i := range many {
		many[i] = "<sip:127.0.0.40;lr>"
	}
	for name, path := range map[string][]string{
		"no SIP": {"<tel:1>"}, "unclosed": {"<sip:127.0.0.40"}, "too many": many, "unknown transport": {"<sip:127.0.0.40;transport=sctp;lr>"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				require.Contains(t, n.through(n.peer(proxyAddr), "1001", path...).start, "400")
				require.Empty(t, n.house.bindings)
			})
		})
	}
}

// The ACK of our 200 may come later than the re-INVITE sent right after it, or
// not at all: the caller is told to try again, not that there is no such call.
func TestReinviteBeforeTheAck(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		d.learn(gw.expect("SIP/2.0 200"))
		ack := d.request("ACK", "")
		d.send("INVITE", offerSDP)
		require.Equal(t, "SIP/2.0 491 Request Pending", gw.expect("SIP/2.0 4").start)
		gw.send(ack)
		gw.nothing()
		require.Len(t, n.house.seen(), 1)
		d.send("INVITE", offerSDP)
		gw.expect("SIP/2.0 200")
		d.send("ACK", "")
	})
}
