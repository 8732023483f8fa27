package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestCallerComesAndLeaves(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.send("INVITE", offerSDP)
		gw.nothing() // the answer is a moment away
		inc := n.house.calls[0]
		require.Equal(t, "gateway", inc.Trunk)
		require.Equal(t, "13800000001", inc.From)
		require.Equal(t, "10000", inc.To)
		require.Equal(t, call.CodecPCMA, inc.Offer.Codec)
		require.Equal(t, uint8(101), inc.Offer.DTMF)

		n.house.lastLeg().Accept(ourMedia)
		ok := gw.expect("SIP/2.0 200")
		require.Contains(t, ok.body, "m=audio 20000 RTP/AVP 8 101")
		require.Equal(t, "<sip:hotline@127.0.0.1:5060>", ok.get("contact"))
		d.learn(ok)
		d.send("ACK", "")
		gw.nothing()
		require.Equal(t, []call.LegEvent{call.LegAnswered{}}, n.house.seen())
		require.Equal(t, 1, n.house.stored())

		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		require.Equal(t, call.LegEnded{Cause: call.CauseNormal, ByPeer: true}, n.house.seen()[1])
		require.Zero(t, n.house.stored())
		synctest.Wait()
		require.NotZero(t, n.open.transactions.Load(), "they wait for what may be sent again")
		require.Nil(t, n.house.lastLeg().owner, "and hold nothing of the call meanwhile")
		time.Sleep(40 * time.Second)
		synctest.Wait()
		require.Zero(t, n.open.transactions.Load(), "transactions left behind")
		require.Zero(t, n.open.legs.Load())
	})
}

func TestWeHangUp(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		n.establish(gw)
		n.house.lastLeg().End(call.CauseFlowEnd)
		bye := gw.expect("BYE sip:gw@127.0.0.10:5080 SIP/2.0")
		gw.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseFlowEnd}, n.house.seen()[1])
	})
}

func TestSeatIsRungAndAnswers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
		leg := n.ring("L1")
		inv := phone.expect("INVITE sip:1001@127.0.0.20:5070 SIP/2.0")
		require.Contains(t, inv.get("from"), `"general" <sip:13800000001@hotline.local>;tag=`)
		phone.send(answerTo(inv, "180 Ringing", "pt", "", ""))
		phone.send(answerTo(inv, "180 Ringing", "pt", "", ""))
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegRinging{}}, n.house.seen())

		phone.send(answerTo(inv, "200 OK", "pt", "sip:1001@127.0.0.20:5070", phoneSDP))
		phone.expect("ACK sip:1001@127.0.0.20:5070")
		ev := n.house.seen()[1].(call.LegAnswered)
		require.Equal(t, call.CodecPCMA, ev.Media.Codec)
		require.Equal(t, uint16(40000), ev.Media.Remote.Port())

		phone.send(answerTo(inv, "200 OK", "pt", "sip:1001@127.0.0.20:5070", phoneSDP)) // the ACK was lost
		phone.expect("ACK ")

		leg.End(call.CauseCallerGone)
		bye := phone.expect("BYE sip:1001@127.0.0.20:5070")
		require.Equal(t, "2 BYE", bye.get("cseq"))
		phone.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseCallerGone}, n.house.seen()[2])
		require.Zero(t, n.house.stored())
	})
}
