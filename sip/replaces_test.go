package sip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// takes sends an INVITE of phone 1002 that is to take a dialog over.
func (n *node) takes(p *peer, replaces string) *dial {
	d := p.phoneCall("1002")
	d.send("INVITE", phoneSDP)
	challenge := p.expect("SIP/2.0 407")
	d.failed = true
	d.send("ACK", "")
	d.failed = false
	d.extra = proof(n.t.(*testing.T), challenge, "1002", "pw-1002", d.ruri) + "\nReplaces: " + replaces
	d.send("INVITE", phoneSDP)
	d.extra = ""
	return d
}

func TestAnInviteTakesACallOver(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone, other := n.peer(phoneAddr), n.peer(phone2Addr)
		d := n.phoneTalks(phone)
		talking := call.LegRef{Call: n.house.calls[0].ID, Leg: n.house.lastLeg().ID()}
		dialog := d.callID + ";to-tag=" + d.toTag + ";from-tag=gwtag"
		n.takes(other, dialog)
		other.got()
		require.Equal(t, &talking, n.house.calls[1].Replaces)

		n.SetDraining(true) // it is no new call
		n.takes(other, dialog)
		other.got()
		require.Equal(t, &talking, n.house.calls[2].Replaces)
		n.SetDraining(false)

		n.takes(other, dialog+";early-only")
		other.expect("SIP/2.0 486")
		n.takes(other, strings.Replace(dialog, "gwtag", "nobody", 1))
		other.expect("SIP/2.0 481")
		n.takes(other, dialog+"\nReplaces: "+dialog)
		other.expect("SIP/2.0 400")
		n.takes(other, d.callID)
		other.expect("SIP/2.0 400")

		gw := n.peer(gatewayAddr)
		stranger := gw.dial()
		stranger.extra = "\nReplaces: " + dialog
		stranger.send("INVITE", offerSDP)
		gw.expect("SIP/2.0 403 Only phones of this domain may take calls over")
		require.Len(t, n.house.calls, 3)

		n.house.legs[0].End(call.CauseNormal)
		phone.expect("BYE ")
		n.takes(other, dialog)
		other.expect("SIP/2.0 603")
	})
}

// A colleague picks up what rings elsewhere: the dialog is an early one, known by the To tag of its 180.
func TestAnInviteTakesARingingPhonesCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		phone, other := n.peer(phoneAddr), n.peer(phone2Addr)
		n.ring("seat")
		inv := phone.expect("INVITE ")
		require.Contains(t, inv.list("supported"), "replaces")
		tag, _ := paramOf(inv.get("from"), "tag")
		dialog := inv.get("call-id") + ";to-tag=" + tag + ";from-tag=desk"
		n.takes(other, dialog)
		other.expect("SIP/2.0 481")
		phone.send(answerTo(inv, "180 Ringing", "desk", "", ""))
		n.takes(other, dialog+";early-only")
		other.got()
		require.Equal(t, &call.LegRef{Call: "C1", Leg: "seat"}, n.house.calls[0].Replaces)

		waiting := n.house.calls[0] // one that waits for our own answer is not theirs to take
		d := n.takes(other, dialog)
		other.got()
		require.Len(t, n.house.calls, 2)
		leg := n.house.lastLeg()
		n.takes(other, d.callID+";to-tag="+leg.st.LocalTag+";from-tag=gwtag")
		other.expect("SIP/2.0 481")
		require.NotEqual(t, waiting.ID, n.house.calls[1].ID)
	})
}

func TestReplacesIsRead(t *testing.T) {
	for value, want := range map[string]replaces{
		"a@b;to-tag=1;from-tag=2":                {"a@b", "1", "2", false},
		"a ; from-tag=2 ; to-tag=1 ; Early-Only": {"a", "1", "2", true},
		`x;to-tag="q";from-tag=2;other=3`:        {"x", "q", "2", false},
		"":                                       {},
		"a;to-tag=1":                             {},
		"a;from-tag=1":                           {},
		";to-tag=1;from-tag=2":                   {},
		"a b;to-tag=1;from-tag=2":                {},
		strings.Repeat("a", 300) + ";to-tag=1;from-tag=2":      {},
		"a;to-tag=" + strings.Repeat("1", 300) + ";from-tag=2": {},
	} {
		got, err := readReplaces(value)
		require.Equal(t, want, got, value)
		require.Equal(t, want == replaces{}, err != nil, value)
	}
}

// FuzzReferTo reads hostile Refer-To values. What is accepted has somebody to call, printable, and a dialog that
// is named whole.
func FuzzReferTo(f *testing.F) {
	for _, seed := range []string{
		"<sip:1002@hotline.local>", "tel:+8613900000001", "\"A\" <sip:1002@h;method=INVITE?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Require=replaces>",
		"sip:1@h;method=BYE", "<sip:%31@h>", "<sips:a;b=c@h>", "sip:a@h?Replaces=%", "<sip:@h>", "<>", "sip:a@h?Replaces=b;to-tag=1;from-tag=2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		to, err := readReferTo(value)
		if err != nil {
			return
		}
		require.NotEmpty(t, to.user)
		require.Equal(t, clean(to.user), to.user)
		if r := to.replaces; r != nil {
			require.True(t, r.callID != "" && r.toTag != "" && r.fromTag != "")
			again, err := readReplaces(r.callID + ";to-tag=" + r.toTag + ";from-tag=" + r.fromTag)
			if err == nil {
				require.Equal(t, r.callID, again.callID)
			}
		}
	})
}
