package sip

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// The targets of the carrier's trunk in the tests.
var (
	target1Addr = netip.MustParseAddrPort("127.0.0.51:5080")
	target2Addr = netip.MustParseAddrPort("127.0.0.52:5080")
)

// carrier puts a trunk with two targets into force; edit may change it.
func (n *node) carrier(edit func(*Trunk)) (first, second *peer) {
	n.t.Helper()
	trunk := Trunk{
		Name: "carrier", Codecs: []call.Codec{call.CodecPCMA}, Auth: Login{"hotline", "secret"},
		Targets: []Target{{URI: "sip:" + target1Addr.String(), Priority: 1}, {URI: "sip:" + target2Addr.String(), Priority: 2}},
	}
	if edit != nil {
		edit(&trunk)
	}
	first, second = n.peer(target1Addr), n.peer(target2Addr)
	site := testSite()
	site.Trunks = append(site.Trunks, trunk)
	n.SetSite(site)
	return first, second
}

func (n *node) dials(d Dial) *Leg {
	d.Call, d.Leg, d.Trunk, d.Local = "C1", "L1", "carrier", ourMedia
	if d.Number == "" {
		d.Number = "13911112222"
	}
	return n.Dial(d, n.house)
}

func (p *peer) answers(invite *message, status, tag, body string) {
	p.send(answerTo(invite, status, tag, "sip:cc@"+p.addr.String(), body))
}

func TestDialAnswered(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(nil)
		leg := n.dials(Dial{Shown: call.Shown{Number: "02110000", Name: "hotline"}})
		inv := gw.expect("INVITE sip:13911112222@127.0.0.51:5080 SIP/2.0")
		require.Contains(t, inv.get("from"), `"hotline" <sip:02110000@hotline.local>;tag=`)
		require.Equal(t, "<sip:13911112222@127.0.0.51:5080>", inv.get("to"))
		require.Equal(t, "<sip:02110000@hotline.local>", inv.get("p-asserted-identity"))
		require.Equal(t, 1, n.house.stored(), "stored before it leaves")
		require.Equal(t, 1, n.Trunks()[1].Calls)
		gw.answers(inv, "180 Ringing", "a", "")
		gw.answers(inv, "200 OK", "a", phoneSDP)
		gw.expect("ACK sip:cc@127.0.0.51:5080")
		ev := n.house.seen()
		require.Len(t, ev, 2)
		require.Equal(t, call.CodecPCMA, ev[1].(call.LegAnswered).Media.Codec)
		gw.answers(inv, "200 OK", "a", phoneSDP)
		gw.expect("ACK ")
		gw.answers(inv, "200 OK", "fork", phoneSDP)
		require.Equal(t, []string{"ACK sip:cc@127.0.0.51:5080 SIP/2.0", "BYE sip:cc@127.0.0.51:5080 SIP/2.0"}, starts(gw.got()))
		leg.End(call.CauseNormal)
		bye := gw.expect("BYE ")
		gw.answers(bye, "200 OK", "", "")
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseNormal}, n.house.seen()[2])
		require.Zero(t, n.house.stored())
		require.Zero(t, n.Trunks()[1].Calls)
	})
}

// What a target's answer makes of the number.
func TestDialFailureTable(t *testing.T) {
	for status, want := range map[string]call.DialResult{
		"486 Busy": call.DialBusy, "600 Busy": call.DialBusy, "480 Away": call.DialNoAnswer, "603 No": call.DialDeclined,
		"404 No": call.DialWrongNumber, "484 Short": call.DialWrongNumber, "302 There": call.DialFailed, "403 No": call.DialFailed,
		"488 What": call.DialFailed, "401 Who": call.DialFailed, "407 Who": call.DialFailed,
	} {
		t.Run(status, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				gw, other := n.carrier(nil)
				n.dials(Dial{})
				inv := gw.expect("INVITE ")
				gw.answers(inv, status, "x", "")
				gw.expect("ACK ")
				other.nothing()
				got := n.house.seen()[0].(call.LegFailed)
				require.Equal(t, want, got.Dial)
				require.NotEmpty(t, got.Words)
				require.Zero(t, n.house.stored())
			})
		})
	}
}

func TestDialTriesTheNextTarget(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b := n.carrier(nil)
		n.dials(Dial{})
		inv := a.expect("INVITE ")
		a.answers(inv, "503 Busy", "x", "")
		a.expect("ACK ")
		second := b.expect("INVITE sip:13911112222@127.0.0.52:5080")
		require.Equal(t, "2 INVITE", second.get("cseq"))
		b.answers(second, "200 OK", "b", phoneSDP)
		b.expect("ACK ")
		require.IsType(t, call.LegAnswered{}, n.house.seen()[0])
	})
}

// A target that is silent gives way; its late answer gets ACK and BYE.
func TestDialSilentTarget(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b := n.carrier(nil)
		n.dials(Dial{})
		inv := a.got()[0]
		time.Sleep(4 * time.Second)
		second := b.expect("INVITE ")
		a.got()
		a.answers(&inv, "200 OK", "late", phoneSDP)
		require.Equal(t, []string{"ACK sip:cc@127.0.0.51:5080 SIP/2.0", "BYE sip:cc@127.0.0.51:5080 SIP/2.0"}, starts(a.got()))
		b.answers(second, "486 Busy", "b", "")
		b.expect("ACK ")
		require.Equal(t, call.DialBusy, n.house.seen()[0].(call.LegFailed).Dial)
	})
}

// A number that has rung is not rung again by another way.
func TestDialFailsAfterRinging(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b := n.carrier(nil)
		n.dials(Dial{})
		inv := a.expect("INVITE ")
		a.answers(inv, "180 Ringing", "x", "")
		a.answers(inv, "503 Gone", "x", "")
		a.expect("ACK ")
		b.nothing()
		require.Equal(t, 503, n.house.seen()[1].(call.LegFailed).Status)
	})
}

func TestDialProvesItself(t *testing.T) {
	for _, c := range []struct{ status, challenge, answer string }{
		{"407 Who", "Proxy-Authenticate", "proxy-authorization"}, {"401 Who", "WWW-Authenticate", "authorization"},
	} {
		t.Run(c.status, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				a, b := n.carrier(nil)
				n.dials(Dial{})
				inv := a.expect("INVITE ")
				ask := func(m *message) string {
					return insertHeader(answerTo(m, c.status, "x", "", ""), c.challenge+`: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"`)
				}
				a.send(ask(inv))
				got := a.got()
				require.Len(t, got, 2)
				require.Contains(t, got[0].start, "ACK ")
				require.Equal(t, "2 INVITE", got[1].get("cseq"))
				proof := got[1].get(c.answer)
				require.Contains(t, proof, `username="hotline"`)
				require.Contains(t, proof, `uri="sip:13911112222@127.0.0.51:5080"`)
				a.send(ask(&got[1])) // the password is wrong
				a.expect("ACK ")
				b.nothing()
				require.Equal(t, call.DialFailed, n.house.seen()[0].(call.LegFailed).Dial)
			})
		})
	}
}

func insertHeader(text, line string) string {
	for i := range text {
		if text[i] == '\n' {
			return text[:i+1] + line + "\n" + text[i+1:]
		}
	}
	return text
}

func TestDialTakenBack(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, _ := n.carrier(nil)
		leg := n.dials(Dial{})
		inv := a.expect("INVITE ")
		leg.End(call.CauseCallerGone)
		a.nothing() // no CANCEL before a provisional response (9.1)
		a.answers(inv, "180 Ringing", "x", "")
		cancel := a.expect("CANCEL ")
		a.answers(inv, "200 OK", "x", phoneSDP) // it crosses
		a.answers(cancel, "200 OK", "x", "")
		got := a.got()
		require.Len(t, got, 2)
		require.Contains(t, got[1].start, "BYE ")
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CauseCallerGone}}, n.house.seen())
	})
}

func TestDialEarlyMedia(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, _ := n.carrier(func(t *Trunk) { t.EarlyMedia = true })
		n.dials(Dial{})
		inv := a.expect("INVITE ")
		a.answers(inv, "183 Progress", "x", phoneSDP)
		a.answers(inv, "183 Progress", "x", phoneSDP)
		a.answers(inv, "200 OK", "x", "") // the description need not come twice
		a.expect("ACK ")
		ev := n.house.seen()
		require.Len(t, ev, 3)
		require.IsType(t, call.LegRinging{}, ev[1])
		require.Equal(t, uint32(1), ev[0].(call.LegEarly).Media.Version)
		require.Equal(t, uint32(2), ev[2].(call.LegAnswered).Media.Version)
	})
}

// A crash leaves a number ringing, or a conversation: the next start takes the one back and ends the other.
func TestDialIsResumed(t *testing.T) {
	var ringing, talking DialogState
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(nil)
		leg := n.dials(Dial{})
		inv := gw.expect("INVITE ")
		ringing = n.house.dialogs["L1"]
		gw.answers(inv, "200 OK", "a", phoneSDP)
		gw.expect("ACK ")
		talking = n.house.dialogs["L1"]
		leg.End(call.CauseNormal)
		bye := gw.expect("BYE ")
		gw.answers(bye, "200 OK", "", "")
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(nil)
		n.Resume(ringing)
		cancel := gw.expect("CANCEL sip:13911112222@127.0.0.51:5080")
		require.Equal(t, ringing.Branches[0].Branch, cancel.get("via")[len(cancel.get("via"))-len(ringing.Branches[0].Branch):])
		gw.answers(cancel, "481 Gone", "x", "")
		talking.Leg = "L2"
		n.Resume(talking)
		bye := gw.expect("BYE sip:cc@127.0.0.51:5080")
		gw.answers(bye, "200 OK", "", "")
		synctest.Wait()
		require.Zero(t, n.Trunks()[1].Calls)
	})
}
