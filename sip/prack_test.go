package sip

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// reliably sends a provisional response that is to be acknowledged.
func (p *peer) reliably(invite *message, status, tag string, rseq int) {
	p.send(withLines(answerTo(invite, status, tag, "sip:cc@"+p.addr.String(), ""), fmt.Sprintf("Require: 100rel\nRSeq: %d", rseq)))
}

// RFC 3262 section 4: each is acknowledged once, in order, in its own early dialog.
func TestReliableProvisionalResponses(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(nil)
		leg := n.dials(Dial{})
		inv := gw.expect("INVITE ")
		require.Contains(t, inv.list("supported"), "100rel")
		gw.reliably(inv, "183 Session Progress", "a", 7)
		prack := gw.expect("PRACK sip:cc@127.0.0.51:5080 SIP/2.0")
		require.Equal(t, "7 1 INVITE", prack.get("rack"))
		require.Equal(t, "2 PRACK", prack.get("cseq"))
		require.Contains(t, prack.get("to"), ";tag=a")
		gw.answers(prack, "200 OK", "", "")
		gw.reliably(inv, "183 Session Progress", "a", 7)
		gw.reliably(inv, "180 Ringing", "a", 9)
		gw.nothing()
		gw.reliably(inv, "180 Ringing", "a", 8)
		prack = gw.expect("PRACK ")
		require.Equal(t, "8 1 INVITE", prack.get("rack"))
		gw.answers(prack, "481 Gone", "", "")
		gw.reliably(inv, "180 Ringing", "fork", 1)
		prack = gw.expect("PRACK ")
		require.Equal(t, "1 1 INVITE", prack.get("rack"))
		require.Contains(t, prack.get("to"), ";tag=fork")
		gw.answers(prack, "200 OK", "", "")

		gw.answers(inv, "200 OK", "a", phoneSDP)
		require.Equal(t, "1 ACK", gw.expect("ACK ").get("cseq"), "the INVITE's own number")
		require.Equal(t, []call.LegEvent{call.LegRinging{}}, n.house.seen()[:1])
		leg.End(call.CauseNormal)
		bye := gw.expect("BYE ")
		require.Equal(t, "5 BYE", bye.get("cseq"))
		gw.answers(bye, "200 OK", "", "")
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseNormal}, n.house.seen()[2])
	})
}

func TestProvisionalResponsesThatCannotBeAcknowledged(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(func(tr *Trunk) { tr.Unreliable = true })
		n.dials(Dial{})
		inv := gw.expect("INVITE ")
		require.NotContains(t, inv.list("supported"), "100rel")
		gw.reliably(inv, "183 Session Progress", "", 1) // no early dialog
		gw.reliably(inv, "183 Session Progress", "a", 0)
		gw.send(withLines(answerTo(inv, "180 Ringing", "b", "", ""), "Require: 100rel\nRSeq: 1"))
		gw.nothing()
		for i := range 2 * mostEarly { // what forks is bounded
			gw.reliably(inv, "180 Ringing", fmt.Sprint("f", i), 1)
		}
		require.Len(t, gw.got(), mostEarly-2, "two are known already")
	})
}
