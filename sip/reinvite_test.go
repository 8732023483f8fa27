package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// version finds the o= version of a description.
func version(body string) string {
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "o=") {
			return strings.Fields(line)[2]
		}
	}
	return ""
}

// The hold table: what the far end asks, what we answer, what our side may do
// (RFC 3264 section 6.1, 8.4).
func TestHoldTable(t *testing.T) {
	for _, c := range []struct {
		name, theirs, ours string
		edit               func(string) string
		dir                call.Direction
	}{
		{name: "hold", theirs: "a=sendonly\n", ours: "a=recvonly", dir: call.RecvOnly},
		{name: "hold without music", theirs: "a=inactive\n", ours: "a=inactive", dir: call.Inactive},
		{name: "listen only", theirs: "a=recvonly\n", ours: "a=sendonly", dir: call.SendOnly},
		{name: "resume", theirs: "a=sendrecv\n", ours: "a=sendrecv", dir: call.SendRecv},
		{name: "old hold", ours: "a=recvonly", dir: call.RecvOnly, edit: func(s string) string {
			return strings.Replace(s, "c=IN IP4 127.0.0.10", "c=IN IP4 0.0.0.0", 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw := n.peer(gatewayAddr)
				d := n.establish(gw)
				body := strings.Replace(offerSDP, "o=gw 1 1", "o=gw 1 2", 1) + c.theirs
				if c.edit != nil {
					body = c.edit(body)
				}
				d.send("INVITE", body)
				ok := gw.expect("SIP/2.0 200")
				require.Contains(t, ok.body, c.ours)
				d.send("ACK", "")
				gw.nothing()
				ev := n.house.seen()[1].(call.LegChanged)
				require.Equal(t, c.dir, ev.Media.Direction)
				require.Equal(t, uint32(2), ev.Media.Version)
				d.send("BYE", "")
				gw.expect("SIP/2.0 200")
			})
		})
	}
}

// Our o= version counts up only when our description changes.
func TestRefreshChangesNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		d.send("INVITE", offerSDP) // the same version: a refresh
		refresh := gw.expect("SIP/2.0 200")
		require.Equal(t, "1", version(refresh.body))
		d.send("ACK", "")
		gw.nothing()
		require.Len(t, n.house.seen(), 1, "nothing has changed")
		d.send("INVITE", offerSDP+"a=sendonly\n")
		require.Equal(t, "2", version(gw.expect("SIP/2.0 200").body))
		d.send("ACK", "")
		gw.nothing()
	})
}

func TestReinviteWithoutOffer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		d.send("INVITE", "")
		ok := gw.expect("SIP/2.0 200")
		require.Contains(t, ok.body, "m=audio 20000")
		moved := strings.Replace(offerSDP, "30000", "30002", 1)
		d.send("ACK", moved)
		gw.nothing()
		ev := n.house.seen()[1].(call.LegChanged)
		require.Equal(t, uint16(30002), ev.Media.Remote.Port())
	})
}

func TestReinviteThatCannotBeServed(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		d.send("INVITE", g729SDP)
		gw.expect("SIP/2.0 488")
		d.send("ACK", "")
		d.send("INFO", "")
		gw.expect("SIP/2.0 200")
		require.Len(t, n.house.seen(), 1, "the session is as it was")
	})
}

func TestUpdate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		d.contact = "sip:elsewhere@127.0.0.11:5099"
		d.send("UPDATE", "")
		require.Empty(t, gw.expect("SIP/2.0 200").body)
		d.send("UPDATE", offerSDP+"a=sendonly\n")
		require.Contains(t, gw.expect("SIP/2.0 200").body, "a=recvonly")
		require.Equal(t, call.RecvOnly, n.house.seen()[1].(call.LegChanged).Media.Direction)
		d.send("UPDATE", g729SDP)
		gw.expect("SIP/2.0 488")

		other := n.peer(phone2Addr)
		other.nothing()
		n.house.lastLeg().End(call.CauseNormal) // goes to the new Contact
		synctest.Wait()
		gw.nothing()
	})
}

func TestDigitsByInfo(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		for _, c := range []struct {
			ctype, body, status string
			key                 byte
			dur                 time.Duration
		}{
			{"application/dtmf-relay", "Signal=5\nDuration=160\n", "200", '5', 160 * time.Millisecond},
			{"Application/DTMF-Relay;x=y", "Signal = *\n", "200", '*', 0},
			{"application/dtmf-relay", "Signal=11\nDuration=x\n", "200", '#', 0},
			{"application/dtmf", "a", "200", 'A', 0},
			{"application/dtmf", "E", "400", 0, 0},
			{"application/dtmf-relay", "Duration=1\n", "400", 0, 0},
			{"text/plain", "5", "415", 0, 0},
		} {
			before := len(n.house.seen())
			gw.send(strings.Replace(d.request("INFO", c.body), "application/sdp", c.ctype, 1))
			gw.expect("SIP/2.0 " + c.status)
			if c.key == 0 {
				require.Len(t, n.house.seen(), before)
			} else {
				require.Equal(t, call.LegDigit{Digit: c.key, Duration: c.dur}, n.house.seen()[before])
			}
		}
	})
}

// talkingSeat brings a seat's leg to the talking state.
func (n *node) talkingSeat(phone *peer) (*Leg, *message) {
	n.register("1001", phone.addr)
	leg := n.ring("L1")
	inv := phone.expect("INVITE ")
	phone.send(answerTo(inv, "200 OK", "pt", "sip:1001@"+phone.addr.String(), phoneSDP))
	phone.expect("ACK ")
	return leg, inv
}

func TestWeHold(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		leg, _ := n.talkingSeat(phone)
		leg.Reoffer(ourMedia, call.SendOnly)
		re := phone.expect("INVITE sip:1001@127.0.0.20:5070")
		require.Contains(t, re.body, "a=sendonly")
		require.Equal(t, "2", version(re.body))
		phone.send(answerTo(re, "200 OK", "", "sip:1001@127.0.0.20:5070", phoneSDP+"a=recvonly\n"))
		ack := phone.expect("ACK ")
		require.Equal(t, "2 ACK", ack.get("cseq"))
		require.Equal(t, call.SendOnly, n.house.seen()[1].(call.LegChanged).Media.Direction)

		// The phone refreshes while we hold: our side stays on hold.
		p := phoneDialog(phone, re)
		p.send("INVITE", phoneSDP)
		require.Contains(t, phone.expect("SIP/2.0 200").body, "a=sendonly")
		p.send("ACK", "")
		phone.nothing()
	})
}

// phoneDialog is the dialog as the phone that was rung sees it.
func phoneDialog(p *peer, invite *message) *dial {
	tag, _ := paramOf(invite.get("from"), "tag")
	d := &dial{p: p, callID: invite.get("call-id"), toTag: tag, ruri: uriText(invite.get("contact")), seq: 100, contact: "sip:1001@" + p.addr.String()}
	d.fromTag = "pt"
	return d
}

// Both sides offer at once: each answers 491, and we, who own the Call-ID, try
// again after 2.1 to 4 s (RFC 3261 14.1).
func TestGlare(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		leg, _ := n.talkingSeat(phone)
		leg.Reoffer(ourMedia, call.SendOnly)
		ours := phone.expect("INVITE ")
		theirs := phoneDialog(phone, ours)
		theirs.send("INVITE", phoneSDP+"a=sendonly\n")
		phone.expect("SIP/2.0 491")
		theirs.failed = true
		theirs.send("ACK", "")
		theirs.send("UPDATE", phoneSDP+"a=sendonly\n")
		phone.expect("SIP/2.0 491")
		phone.send(answerTo(ours, "491 Request Pending", "", "", ""))
		phone.expect("ACK ")
		again, took := phone.await(5 * time.Second)
		require.GreaterOrEqual(t, took, 2100*time.Millisecond)
		require.LessOrEqual(t, took, 4010*time.Millisecond)
		require.Equal(t, "3 INVITE", again.get("cseq"))
		phone.send(answerTo(again, "200 OK", "", "sip:1001@127.0.0.20:5070", phoneSDP))
		phone.expect("ACK ")
		require.IsType(t, call.LegChanged{}, n.house.seen()[1])
	})
}

func TestGlareAsTheCalledSide(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		n.establish(gw)
		n.house.lastLeg().Reoffer(ourMedia, call.SendOnly)
		re := gw.expect("INVITE ")
		gw.send(answerTo(re, "491 Request Pending", "", "", ""))
		gw.expect("ACK ")
		again, took := gw.await(3 * time.Second)
		require.Contains(t, again.start, "INVITE ")
		require.LessOrEqual(t, took, 2010*time.Millisecond)
	})
}

func TestReofferRefusedAndLost(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		leg, _ := n.talkingSeat(phone)
		leg.Reoffer(ourMedia, call.Inactive)
		phone.send(answerTo(phone.expect("INVITE "), "488 No", "", "", ""))
		phone.expect("ACK ")
		require.Len(t, n.house.seen(), 1, "the session is as it was")

		leg.Reoffer(ourMedia, call.Inactive)
		phone.send(answerTo(phone.expect("INVITE "), "481 No", "", "", ""))
		got := phone.got()
		require.Len(t, got, 2)
		require.True(t, strings.HasPrefix(got[1].start, "BYE"), got[1].start)
		phone.send(answerTo(&got[1], "481 No", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CausePeerGone}, n.house.seen()[1])
	})
}

// A second Reoffer waits for the first and takes its place; End drops it.
func TestReoffersTakeTurns(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		leg, _ := n.talkingSeat(phone)
		leg.Reoffer(ourMedia, call.SendOnly)
		first := phone.expect("INVITE ")
		leg.Reoffer(ourMedia, call.Inactive)
		leg.Reoffer(ourMedia, call.SendRecv)
		phone.nothing()
		phone.send(answerTo(first, "200 OK", "", "", phoneSDP))
		got := phone.got()
		require.Len(t, got, 2)
		require.Contains(t, got[1].body, "a=sendrecv")
		leg.End(call.CauseNormal)
		phone.send(answerTo(phone.expect("BYE "), "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{}, n.house.seen()[2])
	})
}
