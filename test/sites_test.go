package test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
)

// provinceCaller is where the province's own callers come from; the city's node is 127.0.0.1.
const provinceCaller = "127.0.0.6"

// twoSites are a city whose general queue overflows to the province after two
// seconds, and the province. marked tells whether the province takes the city's word.
func twoSites(t *testing.T, marked bool) (city, province *harness.Node) {
	t.Helper()
	mark := ""
	if marked {
		mark = ", site: city"
	}
	province = harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "127.0.0.1/32", provinceCaller+"/32", 1)
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:",
			"  - {name: city, from: [127.0.0.1/32]"+mark+"}\nnumbers:\n  - {number: \"10001\", trunk: city, flow: direct}", 1)
	})})
	city = harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:",
			fmt.Sprintf("  - {name: province, from: [127.0.0.7/32], proxy: sip:%s, site: province}\nnumbers:", province.SIPAddr()), 1)
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], `overflow: [{when: full, to: "flow:busy"}]`,
			`priority: 6, overflow: [{when: waited, after: 2s, to: "site:province"}]`, 1)
	})})
	return city, province
}

// calls has a caller of a node's own come in from another address.
func calls(t *testing.T, n *harness.Node, source, from string) *peer.Dialog {
	t.Helper()
	p := peer.UDPFrom(t, source+":0", netip.MustParseAddrPort(n.SIPAddr()))
	d := p.Call(from, "sip:10001@"+n.SIPAddr())
	d.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
	d.Response(200)
	d.Ack("")
	return d
}

// TestCityOverflowsToTheProvince: the caller keeps at the province the place and the priority of
// the city, before one who came to the province earlier than he did; the agent there hears him and hangs up.
func TestCityOverflowsToTheProvince(t *testing.T) {
	t.Parallel()
	city, province := twoSites(t, true)
	phone := handset(t, province)
	province.SetSeat("1001", "busy")
	l := dialIn(t, city, "10001")
	city.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	own := calls(t, province, provinceCaller, "13922222222")
	province.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	city.WaitMetric(0, "hotline_queue_waiting", `queue="general"`)
	province.SetSeat("1001", "ready")
	l.pickUp(t, phone)
	require.Contains(t, l.seat.Invited().Header("From"), "13911111111", "the city's caller is first")
	l.talk(600, 1100)
	l.seat.Bye()
	l.caller.Ended()
	rec := newest(city)
	require.Equal(t, call.OutcomeOverflowed, rec.Outcome)
	require.Equal(t, call.LostWaitedTooLong, rec.LostCause)
	require.Equal(t, []string{"queue", "dial", "outside"}, segments(rec))
	require.Equal(t, "province", rec.Segments[len(rec.Segments)-1].Site)
	own.Bye()
	var there call.Record
	for _, r := range province.WaitCalls(2) {
		if r.Trunk == "city" {
			there = r
		}
	}
	require.Equal(t, call.OutcomeAnswered, there.Outcome)
	timeline := fmt.Sprint(province.Call(there.ID))
	require.Contains(t, timeline, string(rec.ID), "the province knows the call's id at the city")
	require.Contains(t, timeline, "priority 6")
	nothingLeft(t, city)
	nothingLeft(t, province)
}

// TestStrangersPlaceIsNotBelieved: the same header from a trunk that is not marked as a site's means nothing.
func TestStrangersPlaceIsNotBelieved(t *testing.T) {
	t.Parallel()
	city, province := twoSites(t, false)
	phone := handset(t, province)
	province.SetSeat("1001", "busy")
	l := dialIn(t, city, "10001")
	city.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	own := calls(t, province, provinceCaller, "13922222222")
	province.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	province.SetSeat("1001", "ready")
	seat := phone.Incoming()
	require.Contains(t, seat.Invited().Header("From"), "13922222222", "who came first is first")
	own.Bye()
	l.caller.Bye()
	province.WaitCalls(2)
	require.Contains(t, province.Output(), "handover header, which is ignored")
}

// TestProvinceIsNotThere: the caller is given back to his queue.
func TestProvinceIsNotThere(t *testing.T) {
	t.Parallel()
	city, province := twoSites(t, true)
	province.Kill()
	l := dialIn(t, city, "10001")
	city.Eventually(func() bool {
		live := city.Calls("")
		return len(live) == 1 && count(city.Call(live[0].ID).Kinds(), "dial_ended") == 1
	}, "the dial should have failed")
	phone := softphone(t, city)
	ok, _ := phone.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
	city.SetSeat("1001", "ready")
	l.pickUp(t, phone)
	city.WaitSeat("1001", "talking")
	l.talk(600, 1100)
	l.caller.Bye()
	rec := newest(city)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Greater(t, rec.WaitSeconds, 2.0)
	nothingLeft(t, city)
}
