package sip

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// phoneTalks brings a phone's call to the talking state.
func (n *node) phoneTalks(phone *peer) *dial {
	const user = "1001"
	n.t.Helper()
	d := phone.phoneCall(user)
	d.send("INVITE", phoneSDP)
	d.prove(user, "pw-"+user)
	phone.got()
	n.house.lastLeg().Accept(ourMedia)
	d.learn(phone.expect("SIP/2.0 200"))
	d.send("ACK", "")
	phone.nothing()
	return d
}

// refer sends a REFER with these header lines.
func (d *dial) refer(lines ...string) {
	d.extra = "\n" + strings.Join(lines, "\n")
	d.send("REFER", "")
	d.extra = ""
}

// lastEvent is the newest event of a type.
func lastEvent[E call.LegEvent](h *house) (last E, ok bool) {
	for _, ev := range h.seen() {
		if e, is := ev.(E); is {
			last, ok = e, true
		}
	}
	return last, ok
}

func TestAPhoneTransfers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		d := n.phoneTalks(phone)
		leg := n.house.lastLeg()
		d.refer("Refer-To: <sip:1002@hotline.local>", "Referred-By: <sip:1001@hotline.local>")
		notify := phone.expectAll("SIP/2.0 202", "NOTIFY ")
		require.Equal(t, "refer", notify.get("event"))
		require.Contains(t, notify.get("subscription-state"), "active")
		require.Equal(t, "message/sipfrag;version=2.0", notify.get("content-type"))
		require.Equal(t, "SIP/2.0 100 Trying\r\n", notify.body)
		require.NotEmpty(t, notify.get("contact"))
		ev, ok := lastEvent[call.LegRefer](n.house)
		require.True(t, ok)
		require.Equal(t, call.LegRefer{Event: ev.Event, To: "1002", By: "<sip:1001@hotline.local>"}, ev)

		leg.Referred(ev.Event, 180, "") // while the first is unanswered: they must not overtake one another
		leg.Referred(ev.Event, 183, "")
		phone.nothing()
		phone.send(answerTo(notify, "200 OK", "", "", ""))
		notify = phone.expect("NOTIFY ")
		require.Equal(t, "SIP/2.0 183 Session Progress\r\n", notify.body, "the newest of what waits")
		phone.send(answerTo(notify, "200 OK", "", "", ""))
		leg.Referred(ev.Event, 200, "")
		leg.Referred(ev.Event, 486, "") // after the last word
		notify = phone.expect("NOTIFY ")
		require.Equal(t, "SIP/2.0 200 OK\r\n", notify.body)
		require.Equal(t, "terminated;reason=noresource", notify.get("subscription-state"))
		phone.send(answerTo(notify, "481 Gone", "", "", "")) // of the subscription, not of the call
		phone.nothing()
		require.Empty(t, n.endings())

		d.refer("r: tel:13900000001") // the second of the dialog, in the short form
		notify = phone.expectAll("SIP/2.0 202", "NOTIFY ")
		ev, _ = lastEvent[call.LegRefer](n.house)
		require.Equal(t, "13900000001", ev.To)
		require.Equal(t, fmt.Sprintf("refer;id=%d", ev.Event), notify.get("event"))
		leg.Referred(ev.Event, 503, "no\r\nway") // words of several lines are not told
		leg.End(call.CauseNormal)
		last := phone.expectAll("BYE ", "NOTIFY ")
		require.Equal(t, "SIP/2.0 503 noway\r\n", last.body)
	})
}

func (n *node) endings() (all []call.LegEnded) {
	synctest.Wait()
	for _, ev := range n.house.seen() {
		if e, ok := ev.(call.LegEnded); ok {
			all = append(all, e)
		}
	}
	return all
}

// Most phones hang up as soon as their transfer is accepted, some want to hear nothing of it.
func TestAPhoneTransfersAndForgets(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		d := n.phoneTalks(phone)
		leg := n.house.lastLeg()
		d.refer("Refer-To: sip:1002@hotline.local", "Refer-Sub: false", "Supported: norefersub")
		ok := phone.expect("SIP/2.0 202")
		require.Equal(t, "false", ok.get("refer-sub"))
		ev, _ := lastEvent[call.LegRefer](n.house)
		leg.Referred(ev.Event, 200, "")
		phone.nothing()
		d.refer("Refer-To: sip:1002@hotline.local")
		phone.got()
		d.send("BYE", "")
		phone.expect("SIP/2.0 200")
		leg.Referred(ev.Event+1, 200, "")
		time.Sleep(time.Minute)
		for _, m := range phone.got() { // the NOTIFY that was on its way is repeated, no other is sent
			require.Contains(t, m.body, "100 Trying")
		}
	})
}

func TestTransfersThatAreRefused(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		out := phone.phoneCall("1001")
		out.extra = "\nRefer-To: <sip:1002@hotline.local>"
		out.send("REFER", "")
		phone.expect("SIP/2.0 403 REFER is taken inside a call")

		d := n.phoneTalks(phone)
		for lines, want := range map[string]string{
			"Subject: none": "400",
			"Refer-To: <sip:1@d>\nRefer-To: <sip:2@d>":                                 "400",
			"Refer-To: <sip:1002@hotline.local":                                        "400",
			"Refer-To: <mailto:1002@hotline.local>":                                    "416",
			"Refer-To: <sip:1002@hotline.local;method=BYE>":                            "603",
			"Refer-To: <sip:hotline.local>":                                            "400",
			"Refer-To: <sip:1002@hotline.local?Replaces=abc>":                          "400",
			"Refer-To: <sip:1002@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b>": "400",
		} {
			d.refer(lines)
			phone.expect("SIP/2.0 " + want)
		}
		for range referMost {
			d.refer("Refer-To: <sip:1002@hotline.local>")
			phone.expectAll("SIP/2.0 202", "NOTIFY ")
		}
		d.refer("Refer-To: <sip:1002@hotline.local>")
		time.Sleep(400 * time.Millisecond)
		phone.expect("SIP/2.0 491")

		gw := n.peer(gatewayAddr)
		g := n.establish(gw)
		g.refer("Refer-To: <sip:0900123456@hotline.local>")
		gw.expect("SIP/2.0 403 Only phones of this domain may transfer calls")
	})
}

// An attended transfer names the phone's other call by Call-ID and tags, whichever worker has that.
func TestATransferNamesAnotherCall(t *testing.T) {
	for range 4 { // workers are by Call-ID
		bubble(t, nil, func(t *testing.T, n *node) {
			phone := n.peer(phoneAddr)
			first := n.phoneTalks(phone)
			leg := n.house.lastLeg()
			second := n.phoneTalks(phone)
			other := n.house.lastLeg()
			for _, c := range []struct {
				callID, to, from string
				want             *call.LegRef
			}{
				{second.callID, second.toTag, "gwtag", &call.LegRef{Call: n.house.calls[1].ID, Leg: other.ID()}},
				{second.callID, second.toTag, "another", nil},
				{"nobody's", "a", "b", nil},
			} {
				value := url.QueryEscape(c.callID + ";to-tag=" + c.to + ";from-tag=" + c.from)
				first.refer("Refer-To: <sip:1002@hotline.local?Require=replaces&replaces=" + value + ">")
				notify := phone.expectAll("SIP/2.0 202", "NOTIFY ")
				phone.send(answerTo(notify, "200 OK", "", "", ""))
				synctest.Wait()
				ev, _ := lastEvent[call.LegRefer](n.house)
				require.Equal(t, c.want, ev.Replaces)
				leg.Referred(ev.Event, 200, "")
				phone.send(answerTo(phone.expect("NOTIFY "), "200 OK", "", "", ""))
			}
		})
	}
}

// A transfer may name a call of the phone's that nobody has answered yet; an INVITE may not.
func TestATransferNamesACallThatRings(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		first := n.phoneTalks(phone)
		leg := n.house.lastLeg()
		second := phone.phoneCall("1001")
		second.send("INVITE", phoneSDP)
		second.prove("1001", "pw-1001")
		phone.got()
		other := n.house.lastLeg()
		other.Progress(180, call.LocalMedia{})
		second.learn(phone.expect("SIP/2.0 180"))
		dialog := second.callID + ";to-tag=" + second.toTag + ";from-tag=gwtag"
		first.refer("Refer-To: <sip:1002@hotline.local?Replaces=" + url.QueryEscape(dialog) + ">")
		notify := phone.expectAll("SIP/2.0 202", "NOTIFY ")
		phone.send(answerTo(notify, "200 OK", "", "", ""))
		synctest.Wait()
		ev, _ := lastEvent[call.LegRefer](n.house)
		require.Equal(t, &call.LegRef{Call: n.house.calls[1].ID, Leg: other.ID()}, ev.Replaces)
		require.True(t, ev.Early)
		other.End(call.CauseTransferred)
		phone.expect("SIP/2.0 487")
		leg.Referred(ev.Event, 200, "")
		phone.send(answerTo(phone.expect("NOTIFY "), "200 OK", "", "", ""))
	})
}

// An answer that came while a leg that rang was on its way from one call to another is told to the new owner.
func TestALegIsAdoptedAsItIsAnswered(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		phone := n.peer(phoneAddr)
		leg := n.ring("seat")
		inv := phone.expect("INVITE ")
		other := newHouse()
		leg.Adopt("another", other, true)
		synctest.Wait()
		require.Empty(t, other.seen(), "it rings on")
		phone.send(answerTo(inv, "200 OK", "desk", "", phoneSDP))
		phone.expect("ACK ")
		require.IsType(t, call.LegAnswered{}, other.seen()[len(other.seen())-1])
		late := newHouse()
		leg.Adopt("a third", late, true)
		synctest.Wait()
		ev, ok := lastEvent[call.LegAnswered](late)
		require.True(t, ok)
		require.NotNil(t, ev.Media)
	})
}

// Two flows of one Contact (RFC 5626) have a branch each.
func TestBranchesOfOneContact(t *testing.T) {
	l := &Leg{st: DialogState{Branches: []Branch{{URI: "sip:1001@h", Branch: "a"}, {URI: "sip:1001@h", Branch: "b"}}}}
	f := &fork{leg: l, contact: "sip:1001@h", kept: "b", unwanted: true, tx: &clientTx{out: &outgoing{branch: "c"}}}
	f.moved()
	require.Equal(t, "a", l.st.Branches[0].Branch)
	require.Equal(t, "c", l.st.Branches[1].Branch)
	require.Equal(t, "c", f.kept)
}

func TestALegIsAdopted(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		d := n.phoneTalks(phone)
		leg := n.house.lastLeg()
		other := newHouse()
		leg.Adopt("another", other, false)
		d.send("INFO", "")
		phone.expect("SIP/2.0 200")
		require.Equal(t, call.ID("another"), n.house.dialogs[leg.ID()].Call)
		d.send("BYE", "")
		phone.expect("SIP/2.0 200")
		require.Equal(t, []call.LegEvent{call.LegEnded{ByPeer: true}}, other.seen())
		require.Empty(t, n.endings())
		late := newHouse()
		leg.Adopt("a third", late, false) // it has gone already
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CausePeerGone}}, late.seen())
	})
}
