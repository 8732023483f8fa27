package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// asks is a caller's INVITE with an option of 100rel, taken and not yet answered.
func (n *node) asks(gw *peer, option, body string) (*dial, *Leg) {
	n.t.Helper()
	d := gw.dial()
	d.extra = "\n" + option + ": 100rel"
	d.send("INVITE", body)
	gw.got()
	d.extra = ""
	return d, n.house.lastLeg()
}

// surely expects a reliable provisional response and gives its RSeq.
func (d *dial) surely(start string) (*message, string) {
	d.p.t.Helper()
	m := d.p.expect(start)
	require.Equal(d.p.t, "100rel", m.get("require"))
	require.NotEmpty(d.p.t, m.get("contact"))
	d.learn(m)
	return m, m.get("rseq")
}

// pracks acknowledges the INVITE's response of that RSeq.
func (d *dial) pracks(rseq, body string) {
	d.extra = "\nRAck: " + rseq + " 1 INVITE"
	d.send("PRACK", body)
	d.extra = ""
}

// acks is the ACK of the INVITE, whatever was sent since.
func (d *dial) acks() {
	first := *d
	first.seq = 1
	first.send("ACK", "")
}

// A phone that rings is told so once a time, and again at T1, doubling, until it acknowledges that; then
// comes what is newer, with the next number.
func TestRingingIsAcknowledged(t *testing.T) {
	for _, option := range []string{"Require", "Supported"} {
		bubble(t, nil, func(t *testing.T, n *node) {
			gw := n.peer(gatewayAddr)
			d, leg := n.asks(gw, option, offerSDP)
			leg.Progress(180, ourMedia)
			first, rseq := d.surely("SIP/2.0 180")
			require.Empty(t, first.body)
			for _, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
				again, took := gw.await(20 * time.Second)
				require.InDelta(t, want.Seconds(), took.Seconds(), 0.05)
				require.Equal(t, first.text, again.text)
			}
			leg.Progress(183, ourMedia) // waits for its turn
			gw.nothing()
			d.pracks("1", "")
			gw.expect("SIP/2.0 481")
			d.pracks(rseq+" 9", "")
			gw.expect("SIP/2.0 400")
			d.pracks(rseq, "")
			require.NotNil(t, gw.expectAll("SIP/2.0 200", "SIP/2.0 183"))
			d.pracks(rseq, "")
			gw.expect("SIP/2.0 481") // that one is acknowledged
		})
	}
}

func TestReliableOnlyWhereTheSiteAndTheCallerSay(t *testing.T) {
	for option, may := range map[string]bool{"Supported": true, "X-Nothing": false} {
		bubble(t, nil, func(t *testing.T, n *node) {
			site := testSite()
			site.Trunks[0].Unreliable = may
			n.SetSite(site)
			gw := n.peer(gatewayAddr)
			_, leg := n.asks(gw, option, offerSDP)
			leg.Progress(183, ourMedia)
			m := gw.expect("SIP/2.0 183")
			require.False(t, m.has("require") || m.has("rseq"), option)
			require.Contains(t, m.body, "m=audio 20000")
			leg.Accept(ourMedia)
			require.Equal(t, m.body, gw.expect("SIP/2.0 200").body, "the same answer")
		})
	}
}

func TestNobodyAcknowledgesThatItRings(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, leg := n.asks(gw, "Require", offerSDP)
		leg.Progress(180, ourMedia)
		d.surely("SIP/2.0 180")
		began := time.Now()
		for {
			m, _ := gw.await(40 * time.Second)
			if strings.HasPrefix(m.start, "SIP/2.0 504") {
				break
			}
		}
		require.InDelta(t, 32, time.Since(began).Seconds(), 0.5)
		require.Equal(t, []call.LegEnded{{Cause: call.CauseNoAck}}, n.endings())
		d.pracks("1", "")
		require.NotNil(t, gw.expect("SIP/2.0 481"))
	})
}

// The answer that a reliable 183 has brought is in no 2xx any more, and no 2xx overtakes it.
func TestTheAnswerWaitsForEarlySoundToArrive(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, leg := n.asks(gw, "Require", offerSDP)
		leg.Progress(183, ourMedia)
		early, rseq := d.surely("SIP/2.0 183")
		require.Contains(t, early.body, "m=audio 20000")
		leg.Accept(ourMedia)
		gw.nothing()
		d.pracks(rseq, "")
		gw.expectAll("SIP/2.0 200", "SIP/2.0 200")
		d.acks()
		gw.nothing()
		require.Equal(t, []call.LegEvent{call.LegAnswered{}}, n.house.seen())
		time.Sleep(5 * time.Minute)
		gw.nothing()
	})
}

// What rings without a description may be overtaken by the answer; a PRACK that comes after it is taken all the same.
func TestTheAnswerOvertakesRinging(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, leg := n.asks(gw, "Require", offerSDP)
		leg.Progress(180, ourMedia)
		_, rseq := d.surely("SIP/2.0 180")
		leg.Accept(ourMedia)
		require.Contains(t, gw.expect("SIP/2.0 200").body, "m=audio")
		d.pracks(rseq, "")
		require.Contains(t, gw.expect("SIP/2.0 200").get("cseq"), "PRACK")
		d.acks()
		time.Sleep(time.Minute)
		gw.nothing()
		require.Equal(t, []call.LegEvent{call.LegAnswered{}}, n.house.seen())
	})
}

// An offer in the PRACK is answered in its 200 (RFC 3262 section 5), and UPDATE is served before the answer once that is possible.
func TestOfferInPrack(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, leg := n.asks(gw, "Require", offerSDP)
		leg.Progress(183, ourMedia)
		_, rseq := d.surely("SIP/2.0 183")
		d.send("UPDATE", strings.Replace(offerSDP, "30000", "30010", 1))
		require.NotEmpty(t, gw.expect("SIP/2.0 500").get("retry-after"), "the INVITE's offer is still open")
		d.pracks(rseq, strings.NewReplacer("1 1 IN", "1 2 IN", "30000", "30020").Replace(offerSDP))
		answer := gw.expect("SIP/2.0 200")
		require.Contains(t, answer.body, "m=audio 20000")
		changed, _ := lastEvent[call.LegChanged](n.house)
		require.Equal(t, uint16(30020), changed.Media.Remote.Port())
		d.send("UPDATE", strings.NewReplacer("1 1 IN", "1 3 IN", "30000", "30030", "8 0 101", "0 101").Replace(offerSDP))
		require.Contains(t, gw.expect("SIP/2.0 200").body, "PCMU")
		changed, _ = lastEvent[call.LegChanged](n.house)
		require.Equal(t, uint16(30030), changed.Media.Remote.Port())
		require.Equal(t, call.CodecPCMU, changed.Media.Codec)
		require.Equal(t, PhaseInvited, n.house.dialogs[leg.ID()].Phase, "it is kept as one that waits")
		leg.Accept(ourMedia)
		require.Empty(t, gw.expect("SIP/2.0 200").body)
		d.acks()
		gw.nothing()
		require.Equal(t, call.LegAnswered{}, n.house.seen()[2])
	})
}

func TestOfferInPrackThatCannotBeServed(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no codec":                       {183, g729SDP, "SIP/2.0 488"},
		"unreadable":                     {183, "v=1\n", "SIP/2.0 400"},
		"while the INVITE's offer waits": {180, offerSDP, "SIP/2.0 500"},
	} {
		bubble(t, nil, func(t *testing.T, n *node) {
			gw := n.peer(gatewayAddr)
			d, leg := n.asks(gw, "Require", offerSDP)
			leg.Progress(c.status, ourMedia)
			_, rseq := d.surely(fmt.Sprintf("SIP/2.0 %d", c.status))
			d.pracks(rseq, c.body)
			gw.expect(c.want)
			time.Sleep(time.Minute)
			gw.nothing() // it counts as acknowledged
			require.Empty(t, n.house.seen(), name)
			leg.Accept(ourMedia)
			gw.expect("SIP/2.0 200")
		})
	}
}

// Who offers nothing has our offer in the first response that is sure to arrive, and answers it in his PRACK.
func TestLateOfferIsMadeBeforeTheAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, leg := n.asks(gw, "Require", "")
		leg.Progress(180, ourMedia)
		ringing, rseq := d.surely("SIP/2.0 180")
		require.Contains(t, ringing.body, "m=audio 20000")
		d.pracks(rseq, phoneSDP)
		gw.expect("SIP/2.0 200")
		changed, _ := lastEvent[call.LegChanged](n.house)
		require.Equal(t, uint16(40000), changed.Media.Remote.Port())
		leg.Accept(ourMedia)
		require.Empty(t, gw.expect("SIP/2.0 200").body)
		d.acks()
		gw.nothing()
		require.Equal(t, call.LegAnswered{}, n.house.seen()[1])
	})
	for body, want := range map[string]string{"": "SIP/2.0 400", g729SDP: "SIP/2.0 488"} {
		bubble(t, nil, func(t *testing.T, n *node) {
			gw := n.peer(gatewayAddr)
			d, leg := n.asks(gw, "Require", "")
			leg.Progress(183, ourMedia)
			_, rseq := d.surely("SIP/2.0 183")
			d.pracks(rseq, body)
			gw.expectAll(want, "SIP/2.0 488")
			require.Len(t, n.endings(), 1)
		})
	}
}

func TestRingingEndsWithTheCall(t *testing.T) {
	for name, end := range map[string]func(d *dial, l *Leg){
		"CANCEL":  func(d *dial, _ *Leg) { first := *d; first.toTag = ""; first.branch = 1; first.send("CANCEL", "") },
		"refused": func(_ *dial, l *Leg) { l.End(call.CauseBusy) },
		"BYE":     func(d *dial, _ *Leg) { d.send("BYE", "") },
	} {
		bubble(t, nil, func(t *testing.T, n *node) {
			gw := n.peer(gatewayAddr)
			d, leg := n.asks(gw, "Supported", offerSDP)
			leg.Progress(183, ourMedia)
			_, rseq := d.surely("SIP/2.0 183")
			end(d, leg)
			gw.got()
			d.pracks(rseq, "")
			gw.expect("SIP/2.0 481")
			time.Sleep(40 * time.Second)
			for _, m := range gw.got() {
				require.NotContains(t, m.start, " 183", name)
			}
			require.Len(t, n.endings(), 1)
		})
	}
}

func FuzzRAck(f *testing.F) {
	f.Add("7 1 INVITE")
	f.Add("4294967295 4294967295 INVITE")
	f.Add("0 1 INVITE")
	f.Fuzz(func(t *testing.T, text string) {
		rseq, cseq, ok := readRAck(text)
		if !ok {
			require.Zero(t, uint64(rseq)+uint64(cseq))
			return
		}
		again, cseqAgain, ok := readRAck(fmt.Sprintf("%d %d INVITE", rseq, cseq))
		require.True(t, ok && again == rseq && cseqAgain == cseq && rseq > 0)
	})
}
