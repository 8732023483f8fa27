package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/digest"
)

// softphone is a peer that registers.
type softphone struct {
	*peer
	user, password string
	via            string // sent-by it writes
	contact        string
	callID         string
	cseq           int
	nonces         uint32
}

func (n *node) softphone(user string, at netip.AddrPort) *softphone {
	return &softphone{
		peer: n.peer(at), user: user, password: "pw-" + user, via: at.String(),
		contact: fmt.Sprintf("<sip:%s@%s>", user, at), callID: "reg-" + at.String(),
	}
}

// register sends one REGISTER; auth is its Authorization, "" for none.
func (p *softphone) register(contact string, expires int, auth string) *message {
	p.t.Helper()
	p.cseq++
	lines := ""
	if auth != "" {
		lines += "Authorization: " + auth + "\n"
	}
	if contact != "" {
		lines += "Contact: " + contact + "\n"
	}
	p.send(fmt.Sprintf("REGISTER sip:hotline.local SIP/2.0\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK-r%d-%s\nMax-Forwards: 70\n"+
		"From: <sip:%s@hotline.local>;tag=rt\nTo: <sip:%s@hotline.local>\nCall-ID: %s\nCSeq: %d REGISTER\nExpires: %d\n%s\n",
		p.via, p.cseq, p.callID, p.user, p.user, p.callID, p.cseq, expires, lines))
	return p.expect("SIP/2.0 ")
}

// login registers with the password, through the challenge.
func (p *softphone) login(contact string, expires int) *message {
	p.t.Helper()
	challenge := p.register(contact, expires, "")
	require.Contains(p.t, challenge.start, "401")
	return p.register(contact, expires, p.prove(challenge))
}

func (p *softphone) prove(challenge *message) string {
	p.t.Helper()
	p.nonces++
	var challenges []string // a digest challenge has commas of its own
	for _, f := range challenge.fields {
		if f.name == "www-authenticate" {
			challenges = append(challenges, f.value)
		}
	}
	auth, err := digest.Answer(challenges, digest.Login{
		Method: "REGISTER", URI: "sip:hotline.local", User: p.user, Password: p.password, Count: 1,
	})
	require.NoError(p.t, err)
	return auth
}

func TestRegister(t *testing.T) {
	for _, algorithms := range [][]string{{"MD5"}, {"SHA-256", "MD5"}, {"SHA-256"}} {
		t.Run(strings.Join(algorithms, "+"), func(t *testing.T) {
			bubble(t, func(o *Options) { o.Digest = algorithms }, func(t *testing.T, n *node) {
				p := n.softphone("1001", phoneAddr)
				challenge := p.register(p.contact, 600, "")
				require.Equal(t, len(algorithms), challenge.count("www-authenticate"))
				require.Contains(t, challenge.get("www-authenticate"), algorithms[0])
				ok := p.register(p.contact, 600, p.prove(challenge))
				require.Equal(t, "SIP/2.0 200 OK", ok.start)
				require.Equal(t, "<sip:1001@127.0.0.20:5070>;expires=600", ok.get("contact"))
				require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
				require.Len(t, n.house.bindings, 1)

				ok = p.login("*", 0)
				require.False(t, ok.has("contact"))
				require.Equal(t, []string{"+1001", "-1001"}, n.house.phoneEdges())
				require.Empty(t, n.house.bindings)
			})
		})
	}
}

func TestRegisterRefused(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		p.password = "wrong"
		require.Contains(t, p.login(p.contact, 600).start, "403")
		who := n.softphone("9999", phone2Addr)
		require.Contains(t, who.login(who.contact, 600).start, "403", "an unknown user looks like a wrong password")
		p.password = "pw-1001"
		short := p.login(p.contact, 10)
		require.Contains(t, short.start, "423")
		require.Equal(t, "60", short.get("min-expires"))
		require.Contains(t, p.register("<sip:1001@127.0.0.20", 600, "").start, "400")
		require.Contains(t, p.login("<mailto:1001@hotline.local>", 600).start, "400")
		other := n.softphone("1002", phone2Addr)
		challenge := p.register(p.contact, 600, "")
		require.Contains(t, p.register(p.contact, 600, other.prove(challenge)).start, "403", "another's password")
		require.Empty(t, n.house.phoneEdges())
		require.Equal(t, 3.0, n.refusals("password"))
	})
}

func TestRegistrationRunsOut(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		require.Contains(t, p.login(`"desk" <sip:1001@127.0.0.20:5070;x=y>;expires=90;q=0.5, <sip:1001@127.0.0.21:5070>`, 120).start, "200")
		require.Len(t, n.phones.live("1001"), 2)
		time.Sleep(100 * time.Second)
		synctest.Wait()
		require.Len(t, n.phones.live("1001"), 1)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Empty(t, n.phones.live("1001"))
		require.Equal(t, []string{"+1001", "-1001"}, n.house.phoneEdges())
	})
}

// Where a phone is rung: at its Contact, unless its Via shows that it is behind NAT.
func TestNATRepair(t *testing.T) {
	behind := netip.MustParseAddrPort("127.0.0.30:40001")
	for _, c := range []struct {
		name, via, contact string
		rung               netip.AddrPort
	}{
		{"plain", behind.String(), "<sip:1001@127.0.0.21:5070>", phone2Addr},
		{"behind NAT", "192.168.1.5:5060", "<sip:1001@192.168.1.5:5060>", behind},
		{"browser-like", behind.String(), "<sip:1001@xyz.invalid>", behind},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				p := n.softphone("1001", behind)
				other := n.peer(phone2Addr)
				p.via = c.via
				require.Contains(t, p.login(c.contact, 600).start, "200")
				n.ring("L1")
				at, not := p.peer, other
				if c.rung == phone2Addr {
					at, not = other, p.peer
				}
				inv := at.expect("INVITE " + strings.Trim(c.contact, "<>"))
				not.nothing()
				at.send(answerTo(inv, "200 OK", "x", strings.Trim(c.contact, "<>"), phoneSDP))
				at.expect("ACK " + strings.Trim(c.contact, "<>"))
				not.nothing()
			})
		})
	}
}

// A phone is down when two OPTIONS in a row get no answer at all; any final response is health.
func TestPhoneHealth(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		ask, took := phone.await(31 * time.Second)
		require.Contains(t, ask.start, "OPTIONS sip:1001@127.0.0.20:5070")
		require.LessOrEqual(t, took, 30*time.Second)
		phone.send(answerTo(ask, "404 What", "x", "", ""))
		phone.nothing()
		ask, took = phone.await(31 * time.Second)
		require.Contains(t, ask.start, "OPTIONS")
		require.InDelta(t, 30*time.Second, took, float64(20*time.Millisecond))

		time.Sleep(7900 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, []string{"+1001"}, n.house.phoneEdges(), "one miss is none")
		time.Sleep(200 * time.Millisecond)
		require.NotEmpty(t, phone.got())
		require.Equal(t, []string{"+1001", "-1001"}, n.house.phoneEdges())

		for _, pause := range []time.Duration{2, 4, 8, 16, 30, 30} { // it is asked again, soon at first
			ask, took = phone.await(31 * time.Second)
			require.Contains(t, ask.start, "OPTIONS")
			require.InDelta(t, pause*time.Second, took, float64(100*time.Millisecond)) // the test looked after the edge
			time.Sleep(3990 * time.Millisecond)
			require.NotEmpty(t, phone.got(), "sent again")
			time.Sleep(10 * time.Millisecond)
		}
		ask, _ = phone.await(31 * time.Second)
		phone.send(answerTo(ask, "200 OK", "x", "", ""))
		phone.nothing()
		require.Equal(t, []string{"+1001", "-1001", "+1001"}, n.house.phoneEdges())
	})
}

func TestRegistrationIsASignOfLife(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		require.Contains(t, p.login(p.contact, 600).start, "200")
		time.Sleep(45 * time.Second)
		p.got()
		require.Equal(t, []string{"+1001", "-1001"}, n.house.phoneEdges())
		require.Contains(t, p.login(p.contact, 600).start, "200")
		require.Equal(t, []string{"+1001", "-1001", "+1001"}, n.house.phoneEdges())
	})
}

// A phone that stays registered but could not be reached by a call is told up
// again by its next sign of life: its seat would wait for ever otherwise.
func TestUnreachedPhoneIsUpAgainByASignOfLife(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		require.Contains(t, p.login(p.contact, 600).start, "200")
		n.ring("L1")
		p.send(answerTo(p.expect("INVITE "), "480 Temporarily Unavailable", "x", "", ""))
		p.expect("ACK ")
		require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
		require.Contains(t, p.login(p.contact, 600).start, "200")
		require.Equal(t, []string{"+1001", "+1001"}, n.house.phoneEdges())
		require.Contains(t, p.login(p.contact, 600).start, "200")
		require.Equal(t, []string{"+1001", "+1001"}, n.house.phoneEdges(), "told once")

		n.ring("L2")
		p.send(answerTo(p.expect("INVITE "), "503 Service Unavailable", "x", "", ""))
		p.expect("ACK ")
		ask, _ := p.await(31 * time.Second)
		require.Contains(t, ask.start, "OPTIONS")
		p.send(answerTo(ask, "200 OK", "x", "", ""))
		p.nothing()
		require.Equal(t, []string{"+1001", "+1001", "+1001"}, n.house.phoneEdges())
	})
}

func TestAccountLeavesTheSite(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		site := testSite()
		site.Accounts = site.Accounts[1:]
		n.SetSite(site)
		synctest.Wait()
		require.Equal(t, []string{"+1001", "+1002", "-1001"}, n.house.phoneEdges())
	})
}

func TestTrunkHealth(t *testing.T) {
	bubble(t, func(o *Options) { o.Timers.Health = 30 * time.Second }, func(t *testing.T, n *node) {
		proxy := n.peer(netip.MustParseAddrPort("127.0.0.50:5080"))
		site := testSite()
		site.Trunks = append(site.Trunks, Trunk{Name: "carrier", Targets: []Target{{URI: "sip:127.0.0.50:5080"}}, MaxCalls: 5})
		n.SetSite(site)
		ask, _ := proxy.await(31 * time.Second)
		proxy.send(answerTo(ask, "503 Busy", "x", "", ""))
		proxy.nothing()
		require.True(t, n.Trunks()[1].Up, "any final response is a sign of life")
		require.False(t, n.Trunks()[1].Checked.IsZero())
		time.Sleep(40 * time.Second)
		proxy.got()
		require.False(t, n.Trunks()[1].Up)
		require.NotEmpty(t, n.Trunks()[1].Words)
		require.True(t, n.Trunks()[0].Up, "a trunk that only sends calls is up")
		n.SetSite(testSite())
		synctest.Wait()
		require.Len(t, n.Trunks(), 1)
	})
}

func TestTrunkCallsAreCounted(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := n.establish(gw)
		require.Equal(t, TrunkState{Name: "gateway", Up: true, Calls: 1, MaxCalls: 10}, n.Trunks()[0])
		d.send("BYE", "")
		gw.expect("SIP/2.0 200")
		require.Zero(t, n.Trunks()[0].Calls)
	})
}

// What was registered is rung after a restart, before the phone has come back.
func TestBindingsComeBack(t *testing.T) {
	var kept []Binding
	bubble(t, nil, func(t *testing.T, n *node) {
		p := n.softphone("1001", phoneAddr)
		p.login(p.contact, 600)
		for _, b := range n.house.bindings {
			kept = append(kept, b)
		}
	})
	bubble(t, nil, func(t *testing.T, n *node) {
		for i := range kept {
			kept[i].Expires = time.Now().Add(time.Minute)
		}
		n.RestoreBindings(kept)
		synctest.Wait()
		phone := n.peer(phoneAddr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(answerTo(inv, "486 Busy", "x", "", ""))
		phone.expect("ACK ")
		require.Equal(t, call.OfferDeclined, n.house.seen()[0].(call.LegFailed).Result)
	})
}
