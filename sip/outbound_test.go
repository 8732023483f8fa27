package sip

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/registrar"
)

const flowContact = "<sip:1001@10.1.1.1:5060>;+sip.instance=\"<urn:uuid:7>\";reg-id=1"

// A phone that speaks RFC 5626 is rung by its flow though Contact and Via name another place.
func TestOutboundPhoneIsRungByItsFlow(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		ok := p.login(flowContact+"\nSupported: path, outbound", 600)
		require.Equal(t, "outbound", ok.get("require"))
		require.False(t, ok.has("flow-timer"), "which is for connections")
		require.Equal(t, `<sip:1001@10.1.1.1:5060>;expires=600;+sip.instance="<urn:uuid:7>";reg-id=1`, ok.get("contact"))
		require.False(t, p.login(flowContact, 600).has("require"), "not asked for")

		p.login(flowContact+"\nSupported: outbound", 600)
		leg := n.ring("L1")
		inv := p.expect("INVITE sip:1001@10.1.1.1:5060 ")
		leg.End(call.CauseCallerGone)
		p.send(answerTo(inv, "480 Gone", "x", "", ""))
		p.expect("ACK ")
	})
}

// A proxy in the path that does not take part turns outbound off; the phone is still reached.
func TestOutboundNeedsTheFirstProxy(t *testing.T) {
	for path, want := range map[string]bool{
		"": true, "<sip:edge.example.com;lr>": false, "<sip:edge.example.com;lr;ob>": true,
		"<sip:core.example.com;lr>, <sip:edge.example.com;lr;ob>": true, "<sip:core.example.com;lr;ob>, <sip:edge.example.com;lr>": false,
	} {
		raw := readRaw("REGISTER sip:h SIP/2.0\r\nSupported: outbound\r\n\r\n")
		require.Equal(t, want, wantsOutbound(&raw, appendList(nil, path)), path)
	}
	raw := readRaw("REGISTER sip:h SIP/2.0\r\n\r\n")
	require.False(t, wantsOutbound(&raw, nil))
}

func TestPhonesAreShownWithTheirHealth(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		p.login(p.contact, 600)
		all := n.Phones()
		require.Len(t, all, 2)
		require.Equal(t, "1001", all[0].User)
		require.True(t, all[0].Up)
		require.False(t, all[1].Up)
		b := all[0].Bindings[0]
		require.True(t, b.Up)
		require.Zero(t, b.Checked)
		time.Sleep(time.Minute) // two OPTIONS in a row unanswered
		b = n.Phones()[0].Bindings[0]
		require.False(t, b.Up)
		require.Contains(t, b.Words, "no answer")
		require.NotZero(t, b.Checked)

		require.Error(t, n.DropBinding(t.Context(), "1001", "none"))
		require.NoError(t, n.DropBinding(t.Context(), "1001", b.ID))
		require.Empty(t, n.Phones()[0].Bindings)
		require.Empty(t, n.house.bindings, "nor does the journal bring it back")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = n.DropBinding(ctx, "1001", b.ID) // returns, whoever was quicker
		synctest.Wait()
	})
}

// Two flows may show one Contact: each has a health of its own.
func TestTwoFlowsOfOneContact(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		one, two := n.softphone("1001", phoneAddr), n.softphone("1001", phone2Addr)
		one.login(flowContact+"\nSupported: outbound", 600)
		two.login(strings.Replace(flowContact, "reg-id=1", "reg-id=2", 1)+"\nSupported: outbound", 600)
		require.Len(t, n.Phones()[0].Bindings, 2)
		gone := one.login(flowContact+"\nSupported: outbound", 0)
		require.Contains(t, gone.get("contact"), "reg-id=2")
		require.Len(t, n.phones.probes, 1, "the other one's health is still asked for")
		require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
	})
}

func TestRegistrationBoundsAreSettings(t *testing.T) {
	bubble(t, func(o *Options) {
		o.Timers.MinExpires, o.Timers.MaxExpires, o.Timers.Expires = 20*time.Second, 10*time.Minute, 5*time.Minute
	}, func(t *testing.T, n *node) {
		site := testSite()
		site.Accounts[0].Devices = 1
		n.SetSite(site)
		p := n.softphone("1001", phoneAddr)
		require.Equal(t, "20", p.login(p.contact, 19).get("min-expires"))
		require.Contains(t, p.login(p.contact, 7200).get("contact"), "expires=600")
		require.Contains(t, p.login("<sip:1001@127.0.0.20:9999>", 600).start, "403", "a second device")
		require.Contains(t, p.login("", 0).get("contact"), "expires=600", "a query tells and changes nothing")
	})
}

func TestAConnectionOfAFlowHasItsOwnPatience(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		c := n.newConn(TCP, phoneAddr)
		defer c.stop()
		require.Equal(t, 10*time.Minute, c.idle())
		r := &request{callID: "c", hop: hop{proto: TCP, addr: phoneAddr, conn: c}}
		r.Request = mustRequest(t, "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 7 REGISTER\r\nContent-Length: 0\r\n\r\n")
		lines := n.flowLines(r, []Binding{{CallID: "c", CSeq: 7, Outbound: true}})
		require.Equal(t, []string{"Require: outbound", "Flow-Timer: 120"}, lines)
		require.Equal(t, 3*time.Minute, c.idle())
		require.Empty(t, n.flowLines(r, []Binding{{CallID: "c", CSeq: 6, Outbound: true}}), "another request's")
		_, err := n.bindingTarget(registrar.Binding{Outbound: true, AtSource: true, Transport: TCP, Source: phoneAddr})
		require.ErrorContains(t, err, "has ended")
	})
}

func mustRequest(t *testing.T, text string) *sip.Request {
	t.Helper()
	m, err := sip.NewParser().ParseSIP([]byte(text))
	require.NoError(t, err)
	return m.(*sip.Request)
}
