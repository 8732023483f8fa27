package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/sip/guard"
)

// Each kind of scanning gets a stranger banned, and a trunk never.
func TestScanningIsBanned(t *testing.T) {
	for kind, scan := range map[string]func(p *peer, i int){
		"stranger": func(p *peer, _ int) { p.dial().send("INVITE", offerSDP) },
		"method":   func(p *peer, _ int) { p.dial().send("FROBNICATE", "") },
		"malformed": func(p *peer, i int) {
			p.send(fmt.Sprintf("OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP x;branch=z9hG4bK%d\nCSeq: 1 INVITE\n\n", i))
		},
	} {
		t.Run(kind, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				who, gw := n.peer(strangerAddr), n.peer(gatewayAddr)
				for i := range 40 {
					scan(who, i)
					scan(gw, i)
					synctest.Wait()
				}
				require.Len(t, n.Bans(), 1)
				require.Equal(t, kind, n.Bans()[0].Reason)
				require.Equal(t, 20.0, n.refusals("banned"))
				require.Equal(t, 1.0, testutil.ToFloat64(n.met.banned.WithLabelValues(kind)))
				require.Len(t, n.house.bans, 1, "the journal has it")
				who.got()
				who.dial().send("OPTIONS", "")
				who.nothing()
				gw.got()
				gw.dial().send("OPTIONS", "")
				gw.expect("SIP/2.0 200")
				_, ok := n.LiftBan(strangerAddr.Addr())
				require.True(t, ok)
				require.Empty(t, n.house.bans)
				who.dial().send("OPTIONS", "")
				who.expect("SIP/2.0 200")
			})
		})
	}
}

// Wrong passwords get a stranger banned; being asked for one is no offence.
func TestGuessingIsBanned(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		p := n.softphone("1001", strangerAddr)
		for range 200 {
			require.Contains(t, p.register(p.contact, 600, "").start, "401")
		}
		require.Empty(t, n.Bans())
		p.password = "guess"
		for i := range 20 {
			p.user = fmt.Sprint(1001 + i) // most of them nobody
			time.Sleep(time.Second)
			challenge := p.register(p.contact, 600, "")
			require.Contains(t, p.register(p.contact, 600, p.prove(challenge)).start, "403")
		}
		require.Equal(t, "password", n.Bans()[0].Reason)
		require.WithinDuration(t, time.Now().Add(5*time.Minute), n.Bans()[0].Until, 2*time.Second)
		time.Sleep(5 * time.Minute)
		require.Contains(t, p.register(p.contact, 600, "").start, "401")
	})
}

// A floor behind one address: somebody guesses, and those who are in stay in.
func TestGuessingBehindANAT(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		in := n.softphone("1001", phoneAddr)
		in.login(in.contact, 600)
		bad := n.softphone("1002", netip.AddrPortFrom(phoneAddr.Addr(), 5999))
		bad.password = "guess"
		guesses := 0
		for {
			challenge := bad.register(bad.contact, 600, "")
			m := bad.register(bad.contact, 600, bad.prove(challenge))
			if strings.Contains(m.start, "503") {
				require.Equal(t, "10", m.get("retry-after"))
				break
			}
			require.Contains(t, m.start, "403")
			guesses++
		}
		require.Equal(t, 20, guesses)
		require.Empty(t, n.Bans())
		require.Contains(t, in.login(in.contact, 600).start, "200", "who is in can refresh")
		late := n.softphone("1002", netip.AddrPortFrom(phoneAddr.Addr(), 5998))
		require.Contains(t, late.login(late.contact, 600).start, "503", "who is not has to wait a moment")
		time.Sleep(10 * time.Second)
		require.Contains(t, late.login(late.contact, 600).start, "200")
	})
}

// A scanner that says so hears nothing at all, and is banned.
func TestScannersHearNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		who, gw := n.peer(strangerAddr), n.peer(gatewayAddr)
		d := who.dial()
		d.extra = "\nUser-Agent: Friendly-Scanner"
		d.send("OPTIONS", "")
		who.nothing()
		require.Equal(t, "scanner", n.Bans()[0].Reason)
		d = gw.dial()
		d.extra = "\nUser-Agent: sipcli/v1.8"
		d.send("OPTIONS", "")
		gw.expect("SIP/2.0 200")
		honest := n.peer(netip.MustParseAddrPort("127.0.0.67:5060"))
		d = honest.dial()
		d.extra = "\nUser-Agent: MySIPClient/1.0"
		d.send("OPTIONS", "")
		honest.expect("SIP/2.0 200")
	})
}

// Strangers learn neither what answers them nor where else it is.
func TestStrangersLearnNothing(t *testing.T) {
	bubble(t, func(o *Options) { o.Advertise = "203.0.113.9" }, func(t *testing.T, n *node) {
		who := n.peer(strangerAddr)
		send := map[string]func(){
			"options": func() { who.dial().send("OPTIONS", "") },
			"invite":  func() { who.dial().send("INVITE", offerSDP) },
			"register": func() {
				p := &softphone{peer: who, user: "1001", via: "x", callID: "r"}
				p.register("<sip:1001@x>", 60, "")
			},
			"bye":    func() { who.dial().send("BYE", "") },
			"method": func() { who.dial().send("FROB", "") },
			"broken": func() { who.send("OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKx\n\n") },
		}
		n.net.sent = func(data []byte, _ netip.AddrPort) {
			text := strings.ToLower(string(data))
			for _, word := range []string{"server:", "user-agent:", "warning:", "contact:", "203.0.113.9", "hotline/", "gateway", "sipgo"} {
				require.NotContains(t, text, word)
			}
		}
		for _, f := range send {
			f()
			who.got()
		}
		n.net.sent = nil
		gw := n.peer(gatewayAddr)
		gw.dial().send("OPTIONS", "")
		require.Equal(t, "hotline", gw.expect("SIP/2.0 200").get("server"))
	})
}

// Lists say who may send at all.
func TestAccessLists(t *testing.T) {
	bubble(t, func(o *Options) {
		o.Guard = guard.Options{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.64/26")}}
	}, func(t *testing.T, n *node) {
		who, gw := n.peer(strangerAddr), n.peer(gatewayAddr)
		who.dial().send("OPTIONS", "")
		who.nothing()
		require.Equal(t, 1.0, n.refusals("acl"))
		gw.dial().send("OPTIONS", "")
		gw.expect("SIP/2.0 200")
	})
}

// Bans of before a restart are in force; one by hand closes connections.
func TestBansByHand(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		b, err := n.Ban(strangerAddr.Addr(), time.Hour, "calls\nCuba", "op")
		require.NoError(t, err)
		require.Equal(t, "callsCuba", b.Reason)
		require.Equal(t, b, n.house.bans[b.Source])
		_, err = n.Ban(gatewayAddr.Addr(), time.Hour, "", "op")
		require.Error(t, err)
		state, bounds := n.Guarding()
		require.Equal(t, 1, state.Bans)
		require.Equal(t, 20, bounds.Offences)
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		n.RestoreBans([]guard.Ban{{Source: guard.Key(strangerAddr.Addr()), Since: time.Now(), Until: time.Now().Add(time.Minute), Times: 1}})
		who := n.peer(strangerAddr)
		who.dial().send("OPTIONS", "")
		who.nothing()
		time.Sleep(time.Minute)
		who.dial().send("OPTIONS", "")
		who.expect("SIP/2.0 200")
	})
}

// A stranger's INVITE is refused once, and again when he repeats it: forged sources must not make this node
// send many messages for one. A trunk gets the repetitions of RFC 3261 17.2.1.
func TestStrangersAreRefusedOnce(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		who, gw := n.peer(strangerAddr), n.peer(gatewayAddr)
		d := who.dial()
		d.send("INVITE", offerSDP)
		n.SetDraining(true)
		gw.dial().send("INVITE", offerSDP)
		time.Sleep(20 * time.Second)
		require.Equal(t, []string{"SIP/2.0 403 Forbidden"}, starts(who.got()))
		require.Greater(t, len(gw.got()), 5)
		d.seq--
		d.branch--
		d.send("INVITE", offerSDP)
		who.expect("SIP/2.0 403")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Zero(t, n.open.transactions.Load())
	})
}

// A ban ends the source's connections, and no others.
func TestABanClosesConnections(t *testing.T) {
	n := startNode(t, nil)
	defer n.stop()
	bad := n.newConn(TCP, netip.MustParseAddrPort("192.0.2.66:4000"))
	good := n.newConn(TCP, netip.MustParseAddrPort("192.0.2.67:4000"))
	n.conns.add(bad)
	n.conns.add(good)
	_, err := n.Ban(bad.addr.Addr(), time.Hour, "", "op")
	require.NoError(t, err)
	require.False(t, bad.open())
	require.True(t, good.open())
	require.Nil(t, n.admit(TCP, bad.addr), "and takes no new ones")
	bad.end()
	good.end()
}
