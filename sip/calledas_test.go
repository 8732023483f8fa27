package sip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// A PIN dialled after a code is not in the journal; the dialog works without it.
func TestWhatFollowsACodeIsNotKept(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		a := n.asker(phoneAddr, "code")
		a.ask("INVITE", "sip:*11*1001*7391@hotline.local", "Content-Type: application/sdp", phoneSDP)
		a.got()
		require.Equal(t, "*11*1001*7391", n.house.calls[0].To, "whoever does it has to know")
		leg := n.house.lastLeg()
		leg.Accept(ourMedia)
		ok := a.expect("SIP/2.0 200")
		require.Contains(t, ok.get("to"), "*11*1001*7391", "a response repeats what it answers")
		for _, d := range n.house.dialogs {
			require.Contains(t, d.Local, "<sip:*11@hotline.local>;tag=")
			require.NotContains(t, d.Local, "7391")
		}
		a.send(a.request("ACK", "sip:hotline@127.0.0.1:5060", "To: "+ok.get("to"), ""))
		a.nothing()
		leg.End(call.CauseFlowEnd)
		bye := a.expect("BYE")
		require.NotContains(t, bye.text, "7391")
		a.send(answerTo(bye, "200 OK", "", "", ""))
		a.nothing()
	})
}
