package sip

import (
	"encoding/json"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// former gives a stored dialog to a node that has just begun, as the start after a crash does.
func (n *node) former(st DialogState) {
	b, err := json.Marshal(st)
	require.NoError(n.t, err)
	var back DialogState
	require.NoError(n.t, json.Unmarshal(b, &back))
	n.house.SaveDialog(back)
	n.Resume(back)
}

// unanswered has a gateway call, with old in its INVITE for via, and get that first response, and gives what a node that dies then leaves behind.
func unanswered(t *testing.T, old, via string, first func(n *node), start string) (st DialogState, inv string) {
	t.Helper()
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		inv = strings.Replace(d.request("INVITE", offerSDP), old, via, 1)
		gw.send(inv)
		gw.nothing()
		require.Zero(t, n.house.stored(), "who has had no response sends again")
		first(n)
		all := gw.got()
		require.Len(t, all, 1)
		require.True(t, strings.HasPrefix(all[0].start, start), all[0].start)
		st = n.house.dialogs[n.house.lastLeg().ID()]
		require.Equal(t, PhaseInvited, st.Phase)
		if start == "SIP/2.0 180" {
			n.house.lastLeg().End(0)
			gw.expect("SIP/2.0 480")
			synctest.Wait()
			require.Zero(t, n.house.stored(), "nothing is owed any more")
		}
	})
	return st, inv
}

func rings(n *node) { n.house.lastLeg().Progress(ringing, ourMedia) }

// A caller who has had a 180, or no more than a 100, is refused by the node's next life, until he says that he knows.
func TestResumeRefusesWhoWaits(t *testing.T) {
	for name, c := range map[string]struct {
		old, via string
		first    func(n *node)
		start    string
	}{
		"ringing":    {"", "", rings, "SIP/2.0 180"},
		"trying":     {"", "", func(*node) { time.Sleep(tryingAfter) }, "SIP/2.0 100"},
		"no rport":   {";rport", "", rings, "SIP/2.0 180"},
		"old branch": {"branch=z9hG4bK", "branch=", rings, "SIP/2.0 180"},
	} {
		t.Run(name, func(t *testing.T) {
			st, inv := unanswered(t, c.old, c.via, c.first, c.start)
			bubble(t, nil, func(t *testing.T, n *node) {
				gw := n.peer(gatewayAddr)
				n.former(st)
				no := gw.expect("SIP/2.0 500")
				require.Equal(t, st.Local, no.get("to"))
				require.Equal(t, st.Remote, no.get("from"))
				require.Equal(t, "1 INVITE", no.get("cseq"))
				require.Contains(t, no.get("reason"), "cause=500")
				require.Equal(t, 1, n.house.stored(), "until it has arrived")
				again, after := gw.await(time.Second)
				require.Equal(t, no.text, again.text, "until its ACK comes")
				require.InDelta(t, 500*time.Millisecond, after, float64(20*time.Millisecond))
				if name == "old branch" {
					time.Sleep(40 * time.Second)
					gw.got()
				} else {
					gw.send(strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK", offerSDP, "").Replace(inv))
					time.Sleep(40 * time.Second)
					gw.nothing()
				}
				require.Zero(t, n.house.stored())
				require.Zero(t, n.open.legs.Load())
				require.Zero(t, n.open.transactions.Load())
			})
		})
	}
}

// A CANCEL that crosses finds the INVITE; an INVITE that has come again first is a call of its own.
func TestResumeCrossesTheCaller(t *testing.T) {
	st, inv := unanswered(t, "", "", rings, "SIP/2.0 180")
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		n.former(st)
		gw.expect("SIP/2.0 500")
		gw.send(strings.NewReplacer("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL", offerSDP, "").Replace(inv))
		require.Equal(t, st.Local, gw.expect("SIP/2.0 200").get("to"))
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		gw.send(inv)
		synctest.Wait()
		n.former(st)
		gw.nothing()
		require.Zero(t, n.house.stored())
		n.house.lastLeg().Accept(ourMedia)
		gw.expect("SIP/2.0 200")
	})
}

// The node dies as it answers one who has been told that it rings: he may have the 200, or not. The one BYE ends it, or the 500.
func TestResumeWhenTheAnswerMayBeLost(t *testing.T) {
	var st DialogState
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.nothing()
		rings(n)
		gw.expect("SIP/2.0 180")
		leg := n.house.lastLeg()
		leg.Accept(ourMedia)
		d.learn(gw.expect("SIP/2.0 200"))
		st = n.house.dialogs[leg.ID()]
		require.Equal(t, PhaseAnswered, st.Phase)
		d.send("ACK", "")
		gw.nothing()
		require.Nil(t, n.house.dialogs[leg.ID()].Unanswered, "he has it")
		leg.End(call.CauseNormal)
		gw.send(answerTo(gw.expect("BYE "), "200 OK", "", "", ""))
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		n.former(st)
		gw.send(answerTo(gw.expectAll("SIP/2.0 500", "BYE "), "481 None", "", "", ""))
		time.Sleep(40 * time.Second)
		gw.got()
		require.Zero(t, n.house.stored())
		require.Zero(t, n.open.legs.Load())
		require.Zero(t, n.open.transactions.Load())
	})
}

// By TCP the connection has died with the node: another one leads to where its Via says the caller listens.
func TestResumeRefusesByAnotherConnection(t *testing.T) {
	st, _ := unanswered(t, "", "", rings, "SIP/2.0 180")
	s := realNode(t, nil)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	at := netip.MustParseAddrPort(l.Addr().String())
	st.Proto, st.Flow = TCP, netip.AddrPortFrom(at.Addr(), 1)
	st.Unanswered.Via = []string{"SIP/2.0/TCP " + at.String() + ";branch=z9hG4bK1;alias;rport=1"}
	s.house.SaveDialog(st)
	s.Resume(st)
	c, err := l.Accept()
	require.NoError(t, err)
	defer c.Close()
	b := make([]byte, 4096)
	k, err := c.Read(b)
	require.NoError(t, err)
	require.Contains(t, string(b[:k]), "SIP/2.0 500 ")
	_, err = c.Write([]byte(wire("ACK sip:x@x SIP/2.0\nVia: " + st.Unanswered.Via[0] + "\nFrom: " + st.Remote + "\nTo: " + st.Local +
		"\nCall-ID: " + st.CallID + "\nCSeq: 1 ACK\nMax-Forwards: 70\n\n")))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.house.stored() == 0 }, 5*time.Second, time.Millisecond)

	st.Leg, st.Proto = "L2", WS
	s.house.SaveDialog(st)
	s.Resume(st)
	require.Eventually(t, func() bool { return s.house.stored() == 0 }, 5*time.Second, time.Millisecond, "a browser's has no way back")
}

// A call from phone to phone that passes by us, and rings when the node dies: the one is refused, the other's ringing ends.
func TestResumeEndsWhatPassesAndRings(t *testing.T) {
	for name, dies := range map[string]func(a *asker, b *peer, inv *message){
		"after a 180": func(a *asker, b *peer, inv *message) {
			b.send(answerTo(inv, "180 Ringing", "bt", "sip:1002@127.0.0.21:5070", ""))
			a.expect("SIP/2.0 180")
		},
		"after our 100": func(a *asker, _ *peer, _ *message) {
			time.Sleep(tryingAfter)
			require.Len(t, a.got(), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var st DialogState
			var sent string
			passing(t, nil, func(t *testing.T, n *node) {
				n.register("1001", phoneAddr)
				n.register("1002", phone2Addr)
				a, b := n.asker(phoneAddr, "call"), n.peer(phone2Addr)
				a.ask("INVITE", toPhone, "Content-Type: application/sdp", phoneSDP)
				inv := b.expect("INVITE sip:1002@127.0.0.21:5070")
				require.Zero(t, n.house.stored())
				dies(a, b, inv)
				sent = inv.text
				n.house.edit(func() {
					require.Len(t, n.house.dialogs, 1)
					for _, st = range n.house.dialogs {
					}
				})
				b.send(answerTo(inv, "486 Busy Here", "bt", "", ""))
				b.expect("ACK")
				a.expect("SIP/2.0 486")
				require.Zero(t, n.house.stored(), "nothing is owed any more")
			})
			passing(t, nil, func(t *testing.T, n *node) {
				a, b := n.asker(phoneAddr, "call"), n.peer(phone2Addr)
				n.former(st)
				inv, cancel := readMessage(sent), b.expect("CANCEL sip:1002@127.0.0.21:5070")
				require.Equal(t, inv.list("via")[0], cancel.get("via"), "of that very INVITE")
				require.Equal(t, inv.get("from"), cancel.get("from"))
				require.Equal(t, inv.get("to"), cancel.get("to"))
				require.Equal(t, strings.Replace(inv.get("cseq"), "INVITE", "CANCEL", 1), cancel.get("cseq"))
				b.send(answerTo(cancel, "200 OK", "bt", "", ""))
				no := a.expect("SIP/2.0 500")
				require.Equal(t, inv.get("cseq"), no.get("cseq"))
				require.Contains(t, no.get("to"), inv.get("to")+";tag=")
				require.Equal(t, 1, n.house.stored())
				a.send("ACK " + toPhone + " SIP/2.0\nVia: " + no.get("via") + "\nFrom: " + no.get("from") + "\nTo: " + no.get("to") +
					"\nCall-ID: call\nCSeq: " + strings.Replace(no.get("cseq"), "INVITE", "ACK", 1) + "\nMax-Forwards: 70\n\n")
				synctest.Wait()
				require.Zero(t, n.house.stored())
				require.Zero(t, n.open.legs.Load())
			})
		})
	}
}
