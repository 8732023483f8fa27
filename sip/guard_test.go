package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/guard"
)

// A stranger's flood is cut at the rate; peers are never silently dropped.
func TestStrangersAreLimited(t *testing.T) {
	bubble(t, func(o *Options) { o.Guard = guard.Options{Rate: 10, Burst: 20} }, func(t *testing.T, n *node) {
		who, gw := n.peer(strangerAddr), n.peer(gatewayAddr)
		for range 100 {
			who.dial().send("OPTIONS", "")
			gw.dial().send("OPTIONS", "")
		}
		require.Len(t, who.got(), 20)
		require.Len(t, gw.got(), 100)
		require.Equal(t, 80.0, n.refusals("rate"))
		time.Sleep(time.Second)
		for range 20 {
			who.dial().send("OPTIONS", "")
		}
		require.Len(t, who.got(), 10)
	})
}

// A phone becomes a peer with its registration and ceases to be one with its end.
func TestRegisteredPhonesArePeers(t *testing.T) {
	bubble(t, func(o *Options) { o.Guard = guard.Options{Rate: 1, Burst: 3} }, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		p.login(p.contact, 600)
		for range 50 {
			p.dial().send("OPTIONS", "")
		}
		require.Len(t, p.got(), 50)
		p.login("*", 0)
		require.False(t, n.guard.known(phoneAddr.Addr()))
	})
}

func TestTransactionsAreBounded(t *testing.T) {
	bubble(t, func(o *Options) { o.Limits, o.Workers = Limits{Transactions: 10}, 1 }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		for range 12 {
			gw.dial().send("OPTIONS", "")
		}
		over := 0
		for _, m := range gw.got() {
			if strings.HasPrefix(m.start, "SIP/2.0 503") {
				over++
				require.Equal(t, "10", m.get("retry-after"))
			}
		}
		require.Equal(t, 2, over)
		require.Equal(t, int64(10), n.open.transactions.Load())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, n.open.transactions.Load())
	})
}

// Strangers, however many they are, leave room for those we know.
func TestStrangersDoNotShutPeersOut(t *testing.T) {
	bubble(t, func(o *Options) { o.Limits = Limits{Transactions: 20} }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		served := 0
		for i := range 15 {
			p := n.peer(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 5060))
			p.dial().send("OPTIONS", "")
			if p.expect("SIP/2.0 ").start == "SIP/2.0 200 OK" {
				served++
			}
		}
		require.Equal(t, 5, served)
		for range 15 {
			gw.dial().send("OPTIONS", "")
			gw.expect("SIP/2.0 200")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, n.open.strangers.Load())
	})
}

func TestLegsAreBounded(t *testing.T) {
	bubble(t, func(o *Options) { o.Limits = Limits{Legs: 2} }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		for range 3 {
			gw.dial().send("INVITE", offerSDP)
			synctest.Wait()
		}
		var last string
		for _, m := range gw.got() {
			last = m.start
		}
		require.Equal(t, "SIP/2.0 503 Service Unavailable", last)
		require.Len(t, n.house.calls, 2)
		require.Len(t, n.house.refused, 1)
		for _, l := range n.house.legs {
			l.End(0)
		}
	})
}

// Ten thousand calls one after another leave nothing behind.
func TestNothingStaysBehind(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		for i := range 200 {
			d := n.establish(gw)
			d.send("BYE", "")
			gw.expect("SIP/2.0 200")
			require.Len(t, n.house.seen(), 2*(i+1))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, n.open.transactions.Load())
		require.Zero(t, n.open.legs.Load())
		for _, w := range n.workers {
			n := fmt.Sprint(len(w.servers), len(w.clients), len(w.merged), len(w.dialogs), len(w.clock.heap))
			require.Equal(t, "0 0 0 0 0", n)
		}
		require.Zero(t, n.guard.Held())
	})
}
