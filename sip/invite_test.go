package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// The 200 is retransmitted at T1, doubling to T2, until 64*T1; then BYE (RFC 3261 13.3.1.4).
func TestLostAckEndsInBye(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		first := gw.expect("SIP/2.0 200")
		var gaps []time.Duration
		last := time.Now()
		for {
			time.Sleep(10 * time.Millisecond)
			all := gw.got()
			if len(all) == 0 {
				continue
			}
			require.Len(t, all, 1)
			gaps = append(gaps, time.Since(last).Round(10*time.Millisecond))
			last = time.Now()
			if strings.HasPrefix(all[0].start, "BYE") {
				require.Contains(t, all[0].get("reason"), "No ACK")
				gw.send(answerTo(&all[0], "200 OK", "", "", ""))
				break
			}
			require.Equal(t, first.text, all[0].text)
		}
		want := []time.Duration{500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000, 500}
		for i := range want {
			want[i] *= time.Millisecond
		}
		require.Equal(t, want, gaps)
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CauseNoAck}}, n.house.seen())
	})
}

func TestCancelBeforeAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		d.send("CANCEL", "")
		got := gw.got()
		require.Equal(t, []string{"SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"}, starts(got))
		tag0, _ := paramOf(got[0].get("to"), "tag")
		tag1, _ := paramOf(got[1].get("to"), "tag")
		require.Equal(t, tag0, tag1, "one To tag for all responses")
		require.Equal(t, []call.LegEvent{call.LegEnded{ByPeer: true}}, n.house.seen())
		d.learn(&got[1])
		d.toTag = ""
		d.send("ACK", "") // same branch: the transaction's
		n.house.lastLeg().Accept(ourMedia)
		n.house.lastLeg().End(call.CauseNormal)
		gw.nothing()
		require.Len(t, n.house.seen(), 1)
	})
}

// The 200 has left when the CANCEL comes: it gets its 200, the call goes on until the caller's BYE.
func TestCancelCrossesAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		ok := gw.expect("SIP/2.0 200")
		d.send("CANCEL", "")
		cancelled := gw.expect("SIP/2.0 200")
		require.Equal(t, ok.get("to"), cancelled.get("to"))
		d.learn(ok)
		d.send("ACK", "")
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		require.Equal(t, []call.LegEvent{call.LegAnswered{}, call.LegEnded{ByPeer: true}}, n.house.seen())
	})
}

func TestEndBeforeAckWaitsForIt(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		d.learn(gw.expect("SIP/2.0 200"))
		n.house.lastLeg().End(call.CauseShutdown)
		gw.nothing()
		d.send("ACK", "")
		bye := gw.expect("BYE ")
		gw.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CauseShutdown}}, n.house.seen())
	})
}

func TestByesCross(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		n.house.lastLeg().End(call.CauseFlowEnd)
		bye := gw.expect("BYE ")
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		gw.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseFlowEnd}, n.house.seen()[1])
		require.Len(t, n.house.seen(), 2)
	})
}

func TestLateOffer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", "")
		gw.got()
		require.Nil(t, n.house.calls[0].Offer)
		n.house.lastLeg().Accept(ourMedia)
		ok := gw.expect("SIP/2.0 200")
		require.Contains(t, ok.body, "m=audio 20000 RTP/AVP 8 0 101")
		d.learn(ok)
		d.send("ACK", offerSDP)
		gw.nothing()
		ev := n.house.seen()[0].(call.LegAnswered)
		require.Equal(t, "127.0.0.10:30000", ev.Media.Remote.String())
		require.Equal(t, uint32(1), ev.Media.Version)
	})
}

func TestLateOfferWithoutAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", "")
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		d.learn(gw.expect("SIP/2.0 200"))
		d.send("ACK", "")
		gw.send(answerTo(gw.expect("BYE "), "481 Gone", "", "", ""))
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CauseNoCodec}}, n.house.seen())
	})
}

// Refusals at the front door, by what the INVITE says.
func TestInviteRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(*dial)
		body   string
		status string
		header string // "name: value" the response must have
		cause  call.Cause
		record bool // the handler hears of it
	}{
		"no common codec":    {body: g729SDP, status: "488", cause: call.CauseNoCodec, record: true},
		"broken description": {body: "v=0\nnonsense\n", status: "400", cause: call.CauseBadRequest, record: true},
		"body we don't read": {
			edit: func(d *dial) { d.extra = "\nContent-Type: text/plain" }, body: "", status: "100",
		},
		"extension required": {edit: func(d *dial) { d.extra = "\nRequire: 100rel, nothing" }, body: offerSDP, status: "420", header: "unsupported: nothing"},
		"encoded body":       {edit: func(d *dial) { d.extra = "\nContent-Encoding: gzip" }, body: offerSDP, status: "415", header: "accept-encoding: identity"},
		"scheme":             {edit: func(d *dial) { d.ruri = "sips:10000@hotline.local" }, body: offerSDP, status: "416"},
		"two From":           {edit: func(d *dial) { d.extra = "\nFrom: <sip:x@y>;tag=z" }, body: offerSDP, status: "400"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw := n.peer(gatewayAddr)
				d := gw.dial()
				if c.edit != nil {
					c.edit(d)
				}
				d.send("INVITE", c.body)
				time.Sleep(tryingAfter)
				got := gw.got()
				last := got[len(got)-1]
				require.True(t, strings.HasPrefix(last.start, "SIP/2.0 "+c.status), last.start)
				if c.header != "" {
					key, value, _ := strings.Cut(c.header, ": ")
					require.Equal(t, value, last.get(key))
				}
				if c.record {
					require.Equal(t, c.cause, n.house.refused[0].Cause)
				} else {
					require.Empty(t, n.house.refused)
				}
			})
		})
	}
}

// A 100 goes out after 200 ms without anything better, and never again (RFC 3261 17.2.1): who has none repeats the
// INVITE, which finds the next node if this one has died.
func TestTryingIsSaidLate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		invite := d.request("INVITE", offerSDP)
		gw.send(invite)
		gw.send(invite)
		time.Sleep(tryingAfter - time.Millisecond)
		gw.nothing()
		time.Sleep(time.Millisecond)
		require.Equal(t, []string{"SIP/2.0 100 Trying"}, starts(gw.got()))
		time.Sleep(time.Minute)
		gw.nothing()
		gw.send(invite)
		require.Equal(t, []string{"SIP/2.0 100 Trying"}, starts(gw.got()))
		require.Len(t, n.house.calls, 1)

		second := gw.dial()
		second.send("INVITE", offerSDP)
		gw.nothing()
		n.house.lastLeg().Progress(180, call.LocalMedia{})
		gw.expect("SIP/2.0 180")
		time.Sleep(2 * tryingAfter)
		gw.nothing()
	})
}

func TestMaxForwardsAtZero(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		gw.send(strings.Replace(gw.dial().request("INVITE", offerSDP), "Max-Forwards: 70", "Max-Forwards: 0", 1))
		gw.expect("SIP/2.0 483")
	})
}

func TestStrangersGetNothingButNo(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		who := n.peer(strangerAddr)
		who.dial().send("INVITE", offerSDP)
		no := who.expect("SIP/2.0 403 Forbidden")
		require.Empty(t, no.get("contact"))
		require.Empty(t, n.house.calls)
		require.Empty(t, n.house.refused)
		require.Equal(t, 1.0, n.refusals("stranger"))
	})
}

func TestHandlerRefuses(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		for _, c := range []struct {
			refusal call.Refusal
			status  string
			retry   string
		}{
			{call.Refusal{Cause: call.CauseCapacity, RetryAfter: 2500 * time.Millisecond}, "503", "3"},
			{call.Refusal{Cause: call.CauseUnknownNumber}, "404", ""},
			{call.Refusal{Cause: call.CauseBlocked}, "603", ""},
			{call.Refusal{Cause: call.CauseStoreDown}, "503", "10"},
		} {
			n.house.incoming = func(call.Incoming, *Leg) *call.Refusal { return &c.refusal }
			gw := n.peer(gatewayAddr)
			d := gw.dial()
			d.callID += c.refusal.Cause.String()
			d.send("INVITE", offerSDP)
			no := gw.expect("SIP/2.0 " + c.status)
			require.Equal(t, c.retry, no.get("retry-after"))
			d.send("ACK", "")
			gw.nothing()
		}
		require.Empty(t, n.house.refused, "the handler knows already")
		require.Zero(t, n.open.legs.Load())
		require.Zero(t, n.Trunks()[0].Calls)
	})
}

func TestDraining(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.SetDraining(true)
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		require.Equal(t, "10", gw.expect("SIP/2.0 503").get("retry-after"))
		require.Equal(t, call.CauseDraining, n.house.refused[0].Cause)
		gw.dial().send("OPTIONS", "")
		gw.got()
		who := n.peer(phoneAddr)
		who.dial().send("OPTIONS", "")
		who.expect("SIP/2.0 200")
	})
}

// One INVITE that was forked on its way arrives by two branches (RFC 3261 8.2.2.2).
func TestMergedInvite(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		text := d.request("INVITE", offerSDP)
		gw.send(text)
		gw.got()
		n.house.lastLeg().Accept(ourMedia)
		gw.expect("SIP/2.0 200")
		gw.send(strings.Replace(text, "branch=z9hG4bK", "branch=z9hG4bK-other", 1))
		gw.expect("SIP/2.0 482")
		gw.send(text) // the first again: absorbed, the 200 has its own timer
		gw.nothing()
		require.Len(t, n.house.calls, 1)
	})
}

func TestRetransmittedInviteHearsTheSame(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		text := d.request("INVITE", g729SDP)
		gw.send(text)
		gw.expect("SIP/2.0 488")
		gw.send(text)
		gw.expect("SIP/2.0 488")
		require.Len(t, n.house.refused, 1)
		time.Sleep(510 * time.Millisecond) // Timer G
		gw.expect("SIP/2.0 488")
		d.send("ACK", "")
		time.Sleep(time.Minute)
		gw.nothing()
		require.Zero(t, n.open.transactions.Load())
	})
}

func TestRequestsOfNoDialog(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("BYE", "")
		gw.expect("SIP/2.0 481")
		d.send("CANCEL", "")
		gw.expect("SIP/2.0 481")
		d.toTag = "nobody"
		for _, method := range []string{"BYE", "INFO", "UPDATE", "INVITE"} {
			d.send(method, "")
			gw.expect("SIP/2.0 481")
		}
		d.send("ACK", "")
		gw.nothing()
		d.toTag = ""
		d.send("SUBSCRIBE", "")
		require.Equal(t, allowed, gw.expect("SIP/2.0 405").get("allow"))
		d.send("Invite", "") // methods are case-sensitive
		gw.expect("SIP/2.0 4")
	})
}

func TestAssertedIdentityIsTheCaller(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.ruri = "tel:+86-10-10000;phone-context=+86"
		d.extra = "\nP-Asserted-Identity: \"x\" <sip:+8613912345678;npdi=yes@gw>, <tel:+8613912345678>"
		d.send("INVITE", offerSDP)
		gw.got()
		require.Equal(t, "+8613912345678", n.house.calls[0].From)
		require.Equal(t, "+861010000", n.house.calls[0].To)
	})
}

// In-dialog requests must count up (RFC 3261 12.2.2).
func TestCSeqOrder(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		d.seq = 10
		d.send("INFO", "")
		gw.expect("SIP/2.0 200")
		d.seq = 3
		d.send("INFO", "")
		gw.expect("SIP/2.0 500")
		d.seq = 11
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
	})
}
