package sip

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestHandoverComesBackAsItWas(t *testing.T) {
	now := time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
	h := call.Handover{ID: "01K", Entry: now.Add(-time.Minute), Priority: 7, Hops: 2}
	got, err := readHandover(writeHandover(h), now)
	require.NoError(t, err)
	require.Equal(t, h, *got)
	ahead, err := readHandover(writeHandover(h), now.Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, now.Add(-time.Hour), ahead.Entry, "the other clock is ahead")
	good := writeHandover(h)
	for _, bad := range []string{
		"", "id=", strings.Replace(good, "id=01K;", "", 1), strings.Replace(good, "priority=7", "priority=0", 1),
		strings.Replace(good, "priority=7", "priority=seven", 1), strings.Replace(good, "hops=2", "hops=5", 1),
		strings.Replace(good, "entry=", "entry=x", 1), strings.Replace(good, "01K", strings.Repeat("K", 65), 1),
		strings.Replace(good, "2026", "2025", 1),
	} {
		_, err := readHandover(bad, now)
		require.Error(t, err, bad)
	}
}

func FuzzHandover(f *testing.F) {
	now := time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
	f.Add(writeHandover(call.Handover{ID: "01K", Entry: now, Priority: 7, Hops: 2}))
	f.Add("id=a;entry=2026-11-29T00:59:00.000Z;priority=100;hops=4;else")
	f.Add(";;=;id==;entry=")
	f.Fuzz(func(t *testing.T, value string) {
		h, err := readHandover(value, now)
		if err != nil {
			return
		}
		require.False(t, h.Entry.After(now) || now.Sub(h.Entry) > call.MaxHandoverAge)
		require.True(t, h.Priority >= 1 && h.Priority <= 100 && h.Hops >= 1 && h.Hops <= call.MaxHops && h.ID != "")
		again, err := readHandover(writeHandover(*h), now)
		require.NoError(t, err, "what is believed can be passed on")
		require.Equal(t, *h, *again)
	})
}

// What a call says of itself on its way in, and what of it goes out again.
func TestWhatAnInviteSays(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.extra = "\nPrivacy: id\nDiversion: <sip:10086@gw>;reason=unconditional, \"x\" <sip:2@gw>\nHistory-Info: <sip:1@gw>;index=1\n" +
			"X-Hotline-Call: id=01K;entry=2000-01-01T00:00:00.000Z;priority=9;hops=1"
		d.send("INVITE", offerSDP)
		gw.got()
		inc := n.house.calls[0]
		require.True(t, inc.Private)
		require.Equal(t, []string{"<sip:10086@gw>;reason=unconditional", `"x" <sip:2@gw>`}, inc.Forwarding.Diversion)
		require.Equal(t, []string{"<sip:1@gw>;index=1"}, inc.Forwarding.History)
		require.Nil(t, inc.Handover, "the trunk is no site's")
		n.house.lastLeg().End(call.CauseFlowEnd)

		site := testSite()
		site.Trunks[0].Site = "city"
		n.SetSite(site)
		d = gw.dial()
		d.extra = "\nX-Hotline-Call: id=01K;entry=2000-01-01T00:00:00.000Z;priority=9;hops=1"
		d.send("INVITE", offerSDP)
		gw.got()
		require.Equal(t, &call.Handover{ID: "01K", Entry: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Priority: 9, Hops: 1}, n.house.calls[1].Handover)
		n.house.lastLeg().End(call.CauseFlowEnd)
	})
}

func TestWhoIsShown(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(func(tr *Trunk) {
			tr.Identity = Identity{Domain: "carrier.example", Diversion: true}
			tr.Site = "province"
		})
		h := &call.Handover{ID: "01K", Entry: time.Now(), Priority: 5, Hops: 1}
		leg := n.dials(Dial{
			Shown: call.Shown{Number: "138", Private: true}, Forwarder: "10000", Handover: h,
			Forwarding: call.Forwarding{Diversion: []string{"<sip:1@x>"}, History: []string{"<sip:2@x>;index=1"}},
		})
		inv := gw.expect("INVITE ")
		require.Contains(t, inv.get("from"), "anonymous.invalid")
		require.Equal(t, "<sip:138@carrier.example>", inv.get("p-asserted-identity"))
		require.Equal(t, "id", inv.get("privacy"))
		require.Equal(t, []string{"<sip:10000@carrier.example>;reason=unconditional;counter=1", "<sip:1@x>"}, inv.list("diversion"))
		require.Equal(t, []string{"<sip:2@x>;index=1"}, inv.list("history-info"))
		require.Equal(t, writeHandover(*h), inv.get("x-hotline-call"))
		gw.answers(inv, "486 Busy", "x", "")
		gw.expect("ACK ")
		leg.End(call.CauseNormal)
	})
}

// Numbers are rewritten on their way in and out; the first rule that matches counts.
func TestRewritten(t *testing.T) {
	rules := []Rewrite{{Match: regexp.MustCompile(`^0(1[3-9]\d{9})$`), To: "$1"}, {Match: regexp.MustCompile(`^0`), To: "+86"}}
	require.Equal(t, "13911112222", rewrite(rules, "013911112222"))
	require.Equal(t, "+862162345678", rewrite(rules, "02162345678"))
	require.Equal(t, "10000", rewrite(rules, "10000"))
}

// More new calls a second than a trunk may are turned away, each way.
func TestCallsASecond(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, _ := n.carrier(func(tr *Trunk) { tr.MaxCPS = 1 })
		first := n.dials(Dial{})
		inv := gw.expect("INVITE ")
		n.Dial(Dial{Call: "C2", Leg: "L2", Trunk: "carrier", Number: "139", Local: ourMedia}, n.house)
		gw.nothing()
		require.Contains(t, n.house.seen()[0].(call.LegFailed).Words, "new calls a second")
		time.Sleep(time.Second)
		n.Dial(Dial{Call: "C3", Leg: "L3", Trunk: "carrier", Number: "138", Local: ourMedia}, n.house)
		third := gw.only("INVITE sip:138@")
		gw.answers(inv, "486 Busy", "x", "")
		gw.answers(third, "486 Busy", "x", "")
		gw.got()
		first.End(call.CauseNormal)
	})
}

// The order of targets: by priority, by lot within one, without those that are down.
func TestOrderOfTargets(t *testing.T) {
	all := []TargetState{
		{URI: "c", Priority: 2, Weight: 1, Up: true},
		{URI: "a", Priority: 1, Weight: 1, Up: true},
		{URI: "b", Priority: 1, Weight: 3, Up: true},
		{URI: "d", Priority: 1, Weight: 9},
	}
	lot := func(n int) func(int) int { return func(sum int) int { return min(n, sum-1) } }
	require.Equal(t, []string{"a", "b", "c"}, inTurn(all, lot(0)))
	require.Equal(t, []string{"b", "a", "c"}, inTurn(all, lot(1)))
	for i := range all {
		all[i].Up = false
	}
	require.Equal(t, []string{"a"}, inTurn(all, lot(0)), "some do not answer OPTIONS")
	require.Empty(t, inTurn(nil, lot(0)))
}
