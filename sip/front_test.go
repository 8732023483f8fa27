package sip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/digest"
)

// phoneCall is an INVITE of a phone: a dial whose From is an account's.
func (p *peer) phoneCall(user string) *dial {
	d := p.dial()
	d.from = fmt.Sprintf("<sip:%s@hotline.local>", user)
	return d
}

// proof answers a 407, as the phone's user and with its password.
func proof(t *testing.T, challenge *message, user, password, uri string) string {
	t.Helper()
	auth, err := digest.Answer(challenge.all("proxy-authenticate"), digest.Login{
		Method: "INVITE", URI: uri, User: user, Password: password, Count: 1,
	})
	require.NoError(t, err)
	return "\nProxy-Authorization: " + auth
}

// prove answers the 407 a phone's INVITE gets and sends it again.
func (d *dial) prove(user, password string) {
	d.p.t.Helper()
	challenge := d.p.expect("SIP/2.0 407")
	d.failed = true
	d.send("ACK", "")
	d.failed = false
	d.extra = proof(d.p.t.(*testing.T), challenge, user, password, d.ruri)
	d.send("INVITE", phoneSDP)
	d.extra = ""
}

func TestAPhoneProvesWhoItIsBeforeItCalls(t *testing.T) {
	for name, who := range map[string]struct {
		peer func(*node) *peer
		from string
	}{
		"anywhere":                   {func(n *node) *peer { return n.peer(strangerAddr) }, "<sip:1001@hotline.local>"},
		"where it is registered":     {func(n *node) *peer { n.register("1001", phoneAddr); return n.peer(phoneAddr) }, "<sip:1001@hotline.local>"},
		"from a trunk's source":      {func(n *node) *peer { return n.peer(gatewayAddr) }, "<sip:1001@hotline.local>"},
		"by our address":             {func(n *node) *peer { return n.peer(phoneAddr) }, "<sip:1001@127.0.0.1>"},
		"by a name it reaches us by": {func(n *node) *peer { return n.peer(phoneAddr) }, "<sip:1001@127.0.0.1:5060>"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				phone := who.peer(n)
				d := phone.dial()
				d.from = who.from
				d.send("INVITE", phoneSDP)
				d.prove("1001", "pw-1001")
				phone.got()
				inc := n.house.calls[0]
				require.Equal(t, "1001", inc.Phone)
				require.Empty(t, inc.Trunk)
				require.Equal(t, "10000", inc.To)
				require.Equal(t, "1001", inc.From)
				require.Equal(t, call.CodecPCMA, inc.Offer.Codec)
				leg := n.house.lastLeg()
				leg.Progress(180, ourMedia)
				ringing := phone.expect("SIP/2.0 180 Ringing")
				require.NotEmpty(t, ringing.get("contact"))
				leg.Progress(180, ourMedia)
				phone.nothing()
				time.Sleep(progressAgain)
				phone.expect("SIP/2.0 180 Ringing")
				leg.Accept(ourMedia)
				ok := phone.expect("SIP/2.0 200")
				d.learn(ok)
				ringTag, _ := paramOf(ringing.get("to"), "tag")
				require.Equal(t, d.toTag, ringTag, "one dialog")
				d.send("ACK", "")
				phone.nothing()
				leg.Progress(183, ourMedia) // too late for that
				phone.nothing()
				d.send("BYE", "")
				phone.expect("SIP/2.0 200")
				require.Zero(t, n.open.legs.Load())
				require.Zero(t, n.Trunks()[0].Calls)
			})
		})
	}
}

func TestWhoCannotProveToBeAPhone(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		for _, c := range []struct{ from, user, password string }{
			{"1001", "1001", "wrong"},
			{"9999", "9999", "whatever"}, // there is none: asked and refused as with a wrong password
			{"1001", "1002", "pw-1002"},  // another's password
		} {
			who := n.peer(strangerAddr)
			who.seq = len(n.house.calls) + int(n.refusals("password"))
			d := who.phoneCall(c.from)
			d.send("INVITE", phoneSDP)
			d.prove(c.user, c.password)
			no := who.expect("SIP/2.0 403 Forbidden")
			require.Empty(t, no.get("contact"))
		}
		require.Equal(t, 3.0, n.refusals("password"))
		require.Empty(t, n.house.calls)
		require.Empty(t, n.house.refused)

		gw := n.peer(gatewayAddr) // a carrier's number with our domain is still the carrier's
		gw.phoneCall("13900000001").send("INVITE", offerSDP)
		gw.got()
		require.Equal(t, "gateway", n.house.calls[0].Trunk)

		// Another program on this machine, at another port, is no phone of ours and is asked nothing.
		other := n.peer(phoneAddr)
		d := other.dial()
		d.from = "<sip:1001@127.0.0.1:5099>"
		d.send("INVITE", phoneSDP)
		other.expect("SIP/2.0 403 Forbidden")
	})
}

// What a phone has proved once can't be used again by who listens: a nonce's count goes up.
func TestAProofIsNoUseToAnybodyElse(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		d := phone.phoneCall("1001")
		d.send("INVITE", phoneSDP)
		challenge := phone.expect("SIP/2.0 407")
		d.extra = proof(t, challenge, "1001", "pw-1001", d.ruri)
		d.send("INVITE", phoneSDP)
		phone.got()
		require.Len(t, n.house.calls, 1)

		thief := n.peer(strangerAddr)
		again := thief.phoneCall("1001")
		again.extra = d.extra
		again.send("INVITE", phoneSDP)
		require.Contains(t, thief.expect("SIP/2.0 407").get("proxy-authenticate"), "stale=true")
		elsewhere := thief.phoneCall("1001")
		elsewhere.ruri = "sip:0900123456@127.0.0.1:5060"
		elsewhere.extra = d.extra
		elsewhere.send("INVITE", phoneSDP)
		require.Contains(t, starts(thief.got())[0], "400")
		require.Len(t, n.house.calls, 1)
		n.house.lastLeg().End(call.CauseNormal)
		phone.got()
		d.failed = true
		d.send("ACK", "")
		time.Sleep(6 * time.Minute) // a nonce lives five
		phone.got()
		late := phone.phoneCall("1001")
		late.extra = proof(t, challenge, "1001", "pw-1001", d.ruri)
		late.send("INVITE", phoneSDP)
		require.Contains(t, phone.expect("SIP/2.0 407").get("proxy-authenticate"), "stale=true")
	})
}

func TestAPhoneSpeaksWhatItsAccountMay(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		site := testSite()
		site.Accounts[0].Codecs = []call.Codec{call.CodecG722}
		site.Accounts[1].SRTP = call.EncryptRequired
		n.SetSite(site)
		for _, user := range []string{"1001", "1002"} {
			phone := n.peer(phoneAddr)
			phone.seq = int(n.refusals("no_codec"))
			d := phone.phoneCall(user)
			d.send("INVITE", phoneSDP)
			d.prove(user, "pw-"+user)
			phone.expect("SIP/2.0 488")
		}
		require.Equal(t, []string{"1001", "1002"}, n.house.refusedOf)
	})
}
