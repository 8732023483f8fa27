package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// A carrier moves the sound while it still rings: its UPDATE counts, and its 200 need not say so again.
func TestUpdateBeforeTheAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(func(tr *Trunk) { tr.EarlyMedia = true })
		leg := n.dials(Dial{})
		inv := gw.expect("INVITE ")
		from, _ := paramOf(inv.get("from"), "tag")
		update := func(seq int, tag, body string) {
			ctype := ""
			if body != "" {
				ctype = "\nContent-Type: application/sdp"
			}
			gw.send(fmt.Sprintf("UPDATE %s SIP/2.0\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK-u%d%s\nMax-Forwards: 70\nFrom: <sip:cc@carrier>;tag=%s\n"+
				"To: <sip:hotline@hotline.local>;tag=%s\nCall-ID: %s\nCSeq: %d UPDATE\nContact: <sip:cc2@%s>%s\n\n%s",
				uriText(inv.get("contact")), gw.addr, seq, tag, tag, from, inv.get("call-id"), seq, gw.addr, ctype, body))
		}
		update(1, "a", phoneSDP)
		gw.expect("SIP/2.0 481") // of no dialog yet
		gw.send(answerTo(inv, "180 Ringing", "a", "sip:cc@"+gw.addr.String(), ""))
		update(2, "a", phoneSDP)
		gw.expect("SIP/2.0 491") // our offer has no answer
		gw.send(withLines(answerTo(inv, "183 Session Progress", "a", "sip:cc@"+gw.addr.String(), phoneSDP), "Require: 100rel\nRSeq: 1"))
		gw.answers(gw.expect("PRACK "), "200 OK", "", "")
		moved := strings.NewReplacer("40000", "40010", "o=ph 1 1", "o=ph 1 2").Replace(phoneSDP)
		update(3, "a", moved)
		ok := gw.expect("SIP/2.0 200")
		require.Contains(t, ok.body, "m=audio 20000")
		require.NotEmpty(t, ok.get("contact"))
		update(3, "a", moved+"a=x:1\n") // another transaction, an old number
		gw.got()
		update(4, "a", g729SDP)
		gw.expect("SIP/2.0 488")
		update(5, "a", "")
		gw.expect("SIP/2.0 200")
		early, _ := lastEvent[call.LegEarly](n.house)
		require.Equal(t, uint16(40010), early.Media.Remote.Port())

		gw.answers(inv, "200 OK", "a", "")
		gw.expect("ACK ")
		answered, ok2 := lastEvent[call.LegAnswered](n.house)
		require.True(t, ok2)
		require.Equal(t, uint16(40010), answered.Media.Remote.Port(), "what the UPDATE settled")
		leg.End(call.CauseNormal)
		gw.answers(gw.expect("BYE "), "200 OK", "", "")
		synctest.Wait()
		require.Zero(t, n.open.legs.Load())
	})
}

func TestUpdateOfACallerWhoIsNotAnsweredYet(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.got()
		leg := n.house.lastLeg()
		leg.Progress(180, ourMedia)
		d.learn(gw.expect("SIP/2.0 180"))
		invite := *d
		d.send("UPDATE", strings.Replace(offerSDP, "30000", "30010", 1))
		require.NotEmpty(t, gw.expect("SIP/2.0 500").get("retry-after"))
		d.contact = "sip:elsewhere@" + gatewayAddr.String()
		d.send("UPDATE", "") // a new target only
		gw.expect("SIP/2.0 200")
		require.Equal(t, PhaseInvited, n.house.dialogs[leg.ID()].Phase, "it is kept as one that waits")
		leg.Accept(ourMedia)
		require.Contains(t, gw.expect("SIP/2.0 200").get("cseq"), "1 INVITE")
		invite.send("ACK", "")
		gw.nothing()
		leg.End(call.CauseNormal)
		require.Contains(t, gw.expect("BYE ").start, "elsewhere")
	})
}

func TestAPhoneDiverts(t *testing.T) {
	for contact, want := range map[string]string{
		"<sip:1002@hotline.local>": "1002", "<tel:+8613900000001>": "+8613900000001", "": "", "<mailto:a@b>, <sip:1003@h>;q=0.5": "1003", "<sip:h>": "",
	} {
		bubble(t, nil, func(t *testing.T, n *node) {
			n.register("1001", phoneAddr)
			phone := n.peer(phoneAddr)
			n.ring("seat")
			moved := answerTo(phone.expect("INVITE "), "302 Moved", "a", "", "")
			if contact != "" {
				moved = withLines(moved, "Contact: "+contact)
			}
			phone.send(moved)
			phone.expect("ACK ")
			failed, _ := lastEvent[call.LegFailed](n.house)
			require.Equal(t, want, failed.Diverted, contact)
			require.Equal(t, call.OfferDeclined, failed.Result)
		})
	}
}

// The codec changes in mid-call, and back.
func TestAnotherCodecInMidCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		for i, codec := range []struct {
			formats string
			want    call.Codec
		}{{"0 101", call.CodecPCMU}, {"8 101", call.CodecPCMA}} {
			d.send("INVITE", strings.NewReplacer("8 0 101", codec.formats, "1 1 IN", fmt.Sprintf("1 %d IN", i+2)).Replace(offerSDP))
			gw.expect("SIP/2.0 200")
			d.send("ACK", "")
			gw.nothing()
			changed, _ := lastEvent[call.LegChanged](n.house)
			require.Equal(t, codec.want, changed.Media.Codec)
		}
	})
}

// BYE while a transaction is open: a re-INVITE of ours, one of theirs whose 200 has no ACK yet, one of theirs after our BYE. Whatever
// crosses it, nothing is repeated, nothing is left.
func TestByeWithOpenTransactions(t *testing.T) {
	for name, c := range map[string]struct {
		acts func(n *node, gw *peer, d *dial)
		ends call.LegEnded
	}{
		"ours": {func(n *node, gw *peer, d *dial) {
			n.house.lastLeg().Reoffer(ourMedia, call.SendOnly)
			ours := gw.expect("INVITE ")
			d.send("INFO", "")
			gw.expect("SIP/2.0 200")
			d.send("BYE", "")
			gw.expect("SIP/2.0 200")
			gw.send(answerTo(ours, "200 OK", "", "sip:gw@"+gatewayAddr.String(), offerSDP)) // crosses it
			last := gw.expectAll("ACK ", "BYE ")                                            // or he would send it for half a minute
			gw.send(answerTo(last, "481 Gone", "", "", ""))
		}, call.LegEnded{ByPeer: true}},
		"ours, no more than a 100": {func(n *node, gw *peer, d *dial) {
			n.house.lastLeg().Reoffer(ourMedia, call.SendOnly)
			gw.send(answerTo(gw.expect("INVITE "), "100 Trying", "", "", ""))
			d.send("BYE", "")
			gw.expect("SIP/2.0 200")
		}, call.LegEnded{ByPeer: true}},
		"theirs, not acknowledged": {func(_ *node, gw *peer, d *dial) {
			d.send("INVITE", strings.Replace(offerSDP, "o=gw 1 1", "o=gw 1 2", 1)+"a=sendonly\n")
			gw.expect("SIP/2.0 200")
			d.send("BYE", "")
			gw.expect("SIP/2.0 200")
			time.Sleep(10 * time.Second)
			gw.nothing()
		}, call.LegEnded{ByPeer: true}},
		"theirs, when we hang up": {func(n *node, gw *peer, d *dial) {
			d.send("INVITE", strings.Replace(offerSDP, "o=gw 1 1", "o=gw 1 2", 1)+"a=sendonly\n")
			gw.expect("SIP/2.0 200")
			n.house.lastLeg().End(call.CauseFlowEnd)
			bye := gw.expect("BYE ")
			d.send("ACK", "")
			gw.send(answerTo(bye, "200 OK", "", "", ""))
			gw.nothing()
		}, call.LegEnded{Cause: call.CauseFlowEnd}},
		"theirs, after our BYE": {func(n *node, gw *peer, d *dial) {
			n.house.lastLeg().End(call.CauseFlowEnd)
			bye := gw.expect("BYE ")
			d.send("INVITE", offerSDP)
			gw.expect("SIP/2.0 481")
			d.failed = true
			d.send("ACK", "")
			gw.send(answerTo(bye, "200 OK", "", "", ""))
			gw.nothing()
		}, call.LegEnded{Cause: call.CauseFlowEnd}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw := n.peer(gatewayAddr)
				c.acts(n, gw, n.establish(gw))
				time.Sleep(time.Minute)
				gw.got()
				require.Equal(t, []call.LegEnded{c.ends}, n.endings())
				require.Zero(t, n.open.legs.Load())
				require.Zero(t, n.open.transactions.Load())
				require.Zero(t, n.house.stored())
			})
		})
	}
}

// A whole call in the short forms of header names, its description in one part of several.
func TestShortNamesAndSeveralParts(t *testing.T) {
	short := strings.NewReplacer("Via:", "v:", "From:", "f:", "To:", "t:", "Call-ID:", "i:", "Contact:", "m:", "Content-Type:", "c:")
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		parts := "--x\nContent-Type: text/plain\n\nhello\n--x\nContent-Type: application/sdp\n\n" + offerSDP + "\n--x--\n"
		text := strings.Replace(d.request("INVITE", parts), "Content-Type: application/sdp\n\n--x", "Content-Type: multipart/mixed;boundary=x\n\n--x", 1)
		head, body, _ := strings.Cut(text, "\n\n")
		gw.send(short.Replace(head) + "\n\n" + body)
		gw.got()
		require.Len(t, n.house.calls, 1)
		require.Equal(t, uint16(30000), n.house.calls[0].Offer.Remote.Port())
		n.house.lastLeg().Accept(ourMedia)
		d.learn(gw.expect("SIP/2.0 200"))
		gw.send(short.Replace(d.request("ACK", "")))
		gw.send(short.Replace(d.request("BYE", "")))
		gw.expect("SIP/2.0 200")
		require.Equal(t, []call.LegEnded{{ByPeer: true}}, n.endings())
	})
}

func TestMethodsAndExtensionsNobodyKnowsInsideACall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		for _, method := range []string{"PUBLISH", "FROBNICATE"} {
			d.send(method, "")
			require.Contains(t, gw.expect("SIP/2.0 405").get("allow"), "REFER")
		}
		d.extra = "\nRequire: unheard-of, timer"
		d.send("INFO", "")
		require.Equal(t, "unheard-of", gw.expect("SIP/2.0 420").get("unsupported"))
		d.extra = ""
		d.send("INFO", "")
		gw.expect("SIP/2.0 200")
	})
}
