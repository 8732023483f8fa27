package sip

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/locate"
)

// twoPhones stands for a name with two servers, at the addresses of two phones.
func twoPhones(_ context.Context, q locate.Query) ([]locate.Target, error) {
	return []locate.Target{
		{Transport: UDP, Addr: phoneAddr, Name: q.Host}, {Transport: UDP, Addr: phone2Addr, Name: q.Host},
	}, nil
}

// bindName registers a phone at a name.
func (n *node) bindName() {
	n.RestoreBindings([]Binding{{
		Account: "1001", Contact: "sip:1001@phones.example.org", Host: "phones.example.org", Q: 1000, CallID: "x", CSeq: 1,
		Registered: time.Now(), Refreshed: time.Now(), Expires: time.Now().Add(time.Hour), Source: phoneAddr,
	}})
	synctest.Wait()
}

// A server of a name that is silent, or says 503, is followed by the next one, by another transaction (RFC 3263 4.3).
func TestTheNextServerIsTried(t *testing.T) {
	for _, how := range []string{"silent", "503"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				n.resolve = twoPhones
				first, second := n.peer(phoneAddr), n.peer(phone2Addr)
				n.bindName()
				n.ring("L1")
				inv := first.expect("INVITE sip:1001@phones.example.org")
				start := time.Now()
				if how == "503" {
					first.send(answerTo(inv, "503 No", "x", "", ""))
					require.Equal(t, inv.get("via"), first.expect("ACK ").get("via"))
				}
				next, _ := second.await(5 * time.Second)
				require.Contains(t, next.start, "INVITE sip:1001@phones.example.org")
				require.NotEqual(t, inv.get("via"), next.get("via"))
				require.Equal(t, inv.get("call-id"), next.get("call-id"))
				if how == "503" {
					require.Zero(t, time.Since(start))
				} else {
					require.InDelta(t, 3, time.Since(start).Seconds(), 0.1)
				}
				first.got()
				n.house.edit(func() { require.Contains(t, next.get("via"), n.house.dialogs["L1"].Branches[0].Branch) })
				// The first one's late answer finds nothing that waits for it.
				first.send(answerTo(inv, "180 Ringing", "x", "", ""))
				synctest.Wait()
				require.Empty(t, n.house.seen())
				// It is silence that is followed by the next one, not ringing.
				second.send(answerTo(next, "180 Ringing", "y", "", ""))
				time.Sleep(10 * time.Second)
				first.nothing()
				second.send(answerTo(next, "503 No", "y", "", ""))
				second.expect("ACK ")
				require.Equal(t, 503, n.house.seen()[1].(call.LegFailed).Status)
				require.InDelta(t, 1, testutil.ToFloat64(n.met.failovers), 0)
			})
		})
	}
}

// Once a call is given up no other server is rung for it.
func TestACallGivenUpGoesNowhere(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.resolve = twoPhones
		first, second := n.peer(phoneAddr), n.peer(phone2Addr)
		n.bindName()
		l := n.ring("L1")
		inv := first.expect("INVITE ")
		l.End(call.CauseCallerGone)
		synctest.Wait()
		first.send(answerTo(inv, "503 No", "x", "", ""))
		first.expect("ACK ")
		second.nothing()
		require.Len(t, n.house.seen(), 1)
	})
}

// Resolve is what other parts of the room ask; it knows what this node can send to.
func TestResolve(t *testing.T) {
	n := realNode(t, nil)
	got, err := n.Resolve(t.Context(), "sip:10000@127.0.0.1;transport=tcp")
	require.NoError(t, err)
	require.Equal(t, []locate.Target{{Transport: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:5060"), Name: "127.0.0.1"}}, got)
	_, err = n.Resolve(t.Context(), "sips:10000@127.0.0.1")
	require.ErrorContains(t, err, "no address that can be reached", "there is no TLS listener")
	_, err = n.Resolve(t.Context(), "sip:[::1]")
	require.Error(t, err, "nor one of IPv6")
	_, err = n.Resolve(t.Context(), "mailto:x")
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}
