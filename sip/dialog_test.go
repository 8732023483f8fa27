package sip

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

var proxyAddr = netip.MustParseAddrPort("127.0.0.40:5060")

// In-dialog requests go by the route set, loose or strict (RFC 3261 12.2.1.1, 16.12.1.2).
func TestRouteSet(t *testing.T) {
	for _, c := range []struct {
		name, record, start, route string
	}{
		{"loose", "<sip:127.0.0.40;lr;ftag=x>, <sip:10.0.0.9;lr>", "BYE sip:gw@127.0.0.10:5080 SIP/2.0", "<sip:127.0.0.40;lr;ftag=x>|<sip:10.0.0.9;lr>"},
		{"strict", "<sip:127.0.0.40>, <sip:10.0.0.9;lr>", "BYE sip:127.0.0.40 SIP/2.0", "<sip:10.0.0.9;lr>|<sip:gw@127.0.0.10:5080>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw, proxy := n.peer(gatewayAddr), n.peer(proxyAddr)
				d := gw.dial()
				d.extra = "\nRecord-Route: " + c.record
				d.send("INVITE", offerSDP)
				gw.got()
				n.house.lastLeg().Accept(ourMedia)
				ok := gw.expect("SIP/2.0 200")
				require.Equal(t, c.record, ok.get("record-route"), "echoed as it came")
				d.learn(ok)
				d.send("ACK", "")
				gw.nothing()
				n.house.lastLeg().End(call.CauseNormal)
				gw.nothing()
				bye := proxy.expect(c.start)
				require.Equal(t, c.route, strings.Join(bye.list("route"), "|"))
				proxy.send(answerTo(bye, "200 OK", "", "", ""))
				synctest.Wait()
			})
		})
	}
}

// The calling side uses Record-Route in reverse (12.1.2).
func TestRouteSetOfTheCaller(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone, proxy := n.peer(phoneAddr), n.peer(proxyAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		text := answerTo(inv, "200 OK", "x", "sip:1001@10.0.0.77", phoneSDP)
		phone.send(strings.Replace(text, "\nContact:", "\nRecord-Route: <sip:10.0.0.9;lr>\nRecord-Route: <sip:127.0.0.40;lr>\nContact:", 1))
		ack := proxy.expect("ACK sip:1001@10.0.0.77")
		require.Equal(t, []string{"<sip:127.0.0.40;lr>", "<sip:10.0.0.9;lr>"}, ack.list("route"))
		phone.nothing()
	})
}

// Responses go by rport where it is asked for, else to the port of sent-by (RFC 3581, RFC 3261 18.2.2).
func TestWhereResponsesGo(t *testing.T) {
	natted := netip.MustParseAddrPort("127.0.0.10:40000")
	for _, c := range []struct {
		via  string
		at   netip.AddrPort
		want string
	}{
		{"192.168.1.1:5080;rport", natted, "SIP/2.0/UDP 192.168.1.1:5080;branch=z9hG4bK-x;received=127.0.0.10;rport=40000"},
		{"192.168.1.1:5080;received=1.2.3.4", gatewayAddr, "SIP/2.0/UDP 192.168.1.1:5080;branch=z9hG4bK-x;received=127.0.0.10"},
		{"127.0.0.10:5080", gatewayAddr, "SIP/2.0/UDP 127.0.0.10:5080;branch=z9hG4bK-x"},
	} {
		t.Run(c.via, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				from, at := n.peer(natted), n.peer(gatewayAddr)
				if c.at == natted {
					at = from
				}
				from.send("OPTIONS sip:hotline.local SIP/2.0\nVia: SIP/2.0/UDP " + c.via + ";branch=z9hG4bK-x\nFrom: <sip:a@b>;tag=1\n" +
					"To: <sip:c@d>\nCall-ID: o\nCSeq: 1 OPTIONS\nMax-Forwards: 1\n")
				require.Equal(t, c.want, at.expect("SIP/2.0 200").get("via"))
			})
		})
	}
}

// A Contact that is a name is looked up; one that can't be ends the leg.
func TestContactByName(t *testing.T) {
	for _, c := range []struct {
		host  string
		found bool
	}{{"gw.example.org:5080", true}, {"nowhere.example.org", false}} {
		t.Run(c.host, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw := n.peer(gatewayAddr)
				d := gw.dial()
				d.contact = "sip:gw@" + c.host
				d.send("INVITE", offerSDP)
				gw.got()
				n.house.lastLeg().Accept(ourMedia)
				d.learn(gw.expect("SIP/2.0 200"))
				d.send("ACK", "")
				gw.nothing()
				n.house.lastLeg().End(call.CauseFlowEnd)
				if c.found {
					gw.send(answerTo(gw.expect("BYE sip:gw@gw.example.org:5080"), "200 OK", "", "", ""))
				}
				gw.nothing()
				require.Equal(t, call.LegEnded{Cause: call.CauseFlowEnd}, n.house.seen()[1])
			})
		})
	}
}

// The stored dialog is plain data, and enough to hang up after a crash.
func TestResumeHangsUp(t *testing.T) {
	var stored []byte
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.talkingSeat(phone)
		var err error
		stored, err = json.Marshal(n.house.dialogs["L1"])
		require.NoError(t, err)
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		var st DialogState
		require.NoError(t, json.Unmarshal(stored, &st))
		n.house.SaveDialog(st)
		n.Resume(st)
		bye := phone.expect("BYE sip:1001@127.0.0.20:5070")
		require.Equal(t, "2 BYE", bye.get("cseq"))
		require.Contains(t, bye.get("to"), "tag=pt")
		phone.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Zero(t, n.house.stored())
		require.Zero(t, n.open.legs.Load())
	})
}

func TestResumeCancels(t *testing.T) {
	var st DialogState
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(answerTo(inv, "180 Ringing", "x", "", ""))
		synctest.Wait()
		st = n.house.dialogs["L1"]
		require.Equal(t, PhaseEarly, st.Phase)
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.house.SaveDialog(st)
		n.Resume(st)
		cancel := phone.expect("CANCEL sip:1001@127.0.0.20:5070")
		require.Contains(t, cancel.get("via"), st.Branches[0].Branch)
		phone.send(answerTo(cancel, "200 OK", "x", "", ""))
		synctest.Wait()
		require.Zero(t, n.house.stored())
		// The phone was answered just before: it gets ACK and BYE.
		okFrom(phone, &message{rawMessage: readRaw("x\nVia: " + cancel.get("via") + "\nFrom: " + st.Local + "\nTo: " + st.Remote +
			"\nCall-ID: " + st.CallID + "\nCSeq: 1 INVITE\n")}, "x")
		require.Len(t, phone.got(), 2)
	})
}

// Dialogs of callers are stored from the 200 on, before it leaves.
func TestCallerDialogIsStored(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		require.Zero(t, n.house.stored())
		n.house.lastLeg().Accept(ourMedia)
		gw.expect("SIP/2.0 200")
		st := n.house.dialogs[n.house.lastLeg().ID()]
		require.Equal(t, PhaseAnswered, st.Phase)
		require.Equal(t, "sip:gw@127.0.0.10:5080", st.Target)
		require.Equal(t, call.CodecPCMA, st.Media.Codec)
		require.Equal(t, gatewayAddr, st.Flow)
	})
}

// Nobody's address goes out but the advertised one.
func TestAdvertise(t *testing.T) {
	bubble(t, func(o *Options) { o.Advertise = "sip.example.org" }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		n.establish(gw)
		n.house.lastLeg().End(call.CauseNormal)
		bye := gw.expect("BYE ")
		require.Contains(t, bye.get("via"), "SIP/2.0/UDP sip.example.org:5060;")
		gw.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
	})
}

// A listener on every address shows the one that faces the far end, and asks the kernel once.
func TestShownAddress(t *testing.T) {
	s := &Server{}
	every := netip.MustParseAddrPort("0.0.0.0:5060")
	require.Equal(t, "127.0.0.1:5060", s.shown(every, netip.MustParseAddr("127.0.0.1")))
	require.Len(t, s.routes.known, 1)
	require.Equal(t, "127.0.0.1:5060", s.shown(every, netip.MustParseAddr("127.0.0.1")))
	v6, six := netip.MustParseAddrPort("[::]:5060"), netip.MustParseAddr("::1")
	require.Equal(t, "[::1]:5060", s.shown(v6, six))
	// An address is shown to its own family; a name to both.
	s.opt.Advertise = "192.0.2.1"
	require.Equal(t, "192.0.2.1:5060", s.shown(every, netip.MustParseAddr("127.0.0.1")))
	require.Equal(t, "[::1]:5060", s.shown(v6, six))
	s.opt.Advertise6 = "[2001:db8::1]"
	require.Equal(t, "[2001:db8::1]:5060", s.shown(v6, six))
	require.Equal(t, "192.0.2.1:5060", s.shown(every, netip.MustParseAddr("127.0.0.1")))
	s.opt.Advertise, s.opt.Advertise6 = "sip.example.org", ""
	require.Equal(t, "sip.example.org:5060", s.shown(v6, six))
}

func TestStopWaitsForLastWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := startNode(t, nil)
		gw := n.peer(gatewayAddr)
		n.establish(gw)
		n.house.lastLeg().End(call.CauseShutdown)
		go func() {
			time.Sleep(time.Second)
			all := gw.gotNow()
			gw.send(answerTo(&all[0], "200 OK", "", "", ""))
		}()
		start := time.Now()
		n.stop()
		require.InDelta(t, time.Second, time.Since(start), float64(50*time.Millisecond))
		require.Equal(t, call.LegEnded{Cause: call.CauseShutdown}, n.house.seen()[1])
	})
}
