package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// From a trunk's own address as well nobody learns which accounts there are: who could be one is asked for the
// password, and refused, as who is. Numbers of another form are the trunk's.
func TestATrunkLearnsNoAccounts(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		var answers []string
		for _, user := range []string{"1001", "1999"} {
			d := gw.dial()
			d.from = "<sip:" + user + "@hotline.local>"
			d.send("INVITE", phoneSDP)
			d.prove(user, "wrong")
			m := gw.expect("SIP/2.0 403")
			answers = append(answers, strings.ReplaceAll(m.start, user, ""))
			d.failed = true
			d.send("ACK", "")
		}
		require.Equal(t, answers[0], answers[1])
		require.Equal(t, 2.0, n.refusals("password"))
		for _, user := range []string{"02187654321", "anonymous", "alice"} {
			d := gw.dial()
			d.from = "<sip:" + user + "@hotline.local>"
			d.send("INVITE", offerSDP)
			gw.got()
			require.Equal(t, "gateway", n.house.calls[len(n.house.calls)-1].Trunk, user)
			n.house.lastLeg().End(call.CauseForbidden)
			gw.got()
		}
		site := testSite()
		site.Trunks[0].NoPhones = true
		n.SetSite(site)
		d := gw.dial()
		d.from = "<sip:1001@hotline.local>"
		d.send("INVITE", offerSDP)
		gw.got()
		require.Equal(t, "1001", n.house.calls[len(n.house.calls)-1].From, "it is the trunk's caller, and no phone of ours")
		require.Empty(t, n.house.calls[len(n.house.calls)-1].Phone)
		n.house.lastLeg().End(call.CauseForbidden)
		gw.got()
		gw.send(d.request("ACK", ""))
		synctest.Wait()
	})
}

// TestAccountsCannotBeToldByTime: the refusal of a wrong password takes as long for who is none of ours, on the whole way
// through the door. Both are asked in turn, so that whatever else this machine does is shared by both.
func TestAccountsCannotBeToldByTime(t *testing.T) {
	n := startNode(t, nil)
	defer n.stop()
	site := testSite()
	site.Trunks[0].From = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	n.SetSite(site)
	w := n.workers[1]
	challenge := n.phones.dig.Challenge(time.Now(), false)
	took := map[string][]time.Duration{}
	for i := range 600 {
		user := []string{"1001", "1999"}[i%2]
		hop := hop{proto: UDP, sock: n.udp[0], addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 5060)}
		m := &message{rawMessage: readRaw("SIP/2.0 407 x\r\nProxy-Authenticate: " + challenge[0] + "\r\n\r\n")}
		d := &dial{p: &peer{t: t, addr: hop.addr}, callID: "timing-" + hop.addr.String(), ruri: "sip:10000@hotline.local", contact: "sip:x@10.0.0.1", from: "<sip:" + user + "@hotline.local>"}
		d.extra = proof(t, m, user, "wrong", d.ruri)
		text := wire(d.request("INVITE", offerSDP))
		parsed, err := n.parser.ParseSIP([]byte(text))
		require.NoError(t, err)
		r, why := n.readRequest(hop, parsed.(*sip.Request), text)
		require.NotNil(t, r, why)
		done := make(chan time.Duration)
		w.box.put(func(w *worker) {
			began := time.Now()
			w.request(r)
			done <- time.Since(began)
		})
		took[user] = append(took[user], <-done)
	}
	require.Equal(t, 600.0, n.refusals("password"))
	for _, all := range took {
		slices.Sort(all)
	}
	known, unknown := took["1001"][150], took["1999"][150]
	t.Logf("a quarter is faster than %s for an account, %s for none", known, unknown)
	require.InEpsilon(t, float64(known), float64(unknown), 0.5)
}
