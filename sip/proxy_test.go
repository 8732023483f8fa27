package sip

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
)

// asker is a phone that sends requests through the node to other phones.
type asker struct {
	*peer
	user   string
	callID string
	seq    int
	branch int
	via    string // sent-by
}

func (n *node) asker(at netip.AddrPort, callID string) *asker {
	return &asker{peer: n.peer(at), user: "1001", callID: callID, via: at.String()}
}

// request is one request, the same again when nothing has been counted up.
func (a *asker) request(method, ruri, extra, body string) string {
	if extra != "" {
		extra = "\n" + extra
	}
	if !strings.Contains(extra, "Max-Forwards") {
		extra = "\nMax-Forwards: 70" + extra
	}
	if !strings.Contains(extra, "\nTo:") {
		extra += "\nTo: <" + ruri + ">"
	}
	return fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK-%s-%d\nFrom: <sip:%s@hotline.local>;tag=ft\n"+
		"Call-ID: %s\nCSeq: %d %s\nContact: <sip:%s@%s>%s\n\n%s",
		method, ruri, a.via, a.callID, a.branch, a.user, a.callID, a.seq, method, a.user, a.via, extra, body)
}

// ask sends a request through the challenge; what follows is for the test.
func (a *asker) ask(method, ruri, extra, body string) {
	a.t.Helper()
	a.seq, a.branch = a.seq+1, a.branch+1
	a.send(a.request(method, ruri, extra, body))
	challenge := a.expect("SIP/2.0 407")
	if method == "INVITE" {
		a.send(a.request("ACK", ruri, "To: "+challenge.get("to"), ""))
		a.nothing()
	}
	proof, err := digest.Answer(challenge.all("proxy-authenticate"), digest.Login{
		Method: method, URI: ruri, User: a.user, Password: "pw-" + a.user, Count: 1,
	})
	require.NoError(a.t, err)
	a.seq, a.branch = a.seq+1, a.branch+1
	a.send(a.request(method, ruri, strings.TrimPrefix(extra+"\nProxy-Authorization: "+proof, "\n"), body))
}

// passing is a node whose site lets the usual requests pass, and calls between phones.
func passing(t *testing.T, edit func(*Options), f func(t *testing.T, n *node)) {
	t.Helper()
	bubble(t, edit, func(t *testing.T, n *node) {
		site := testSite()
		site.Passage = Passage{
			Methods: []string{"MESSAGE", "OPTIONS", "SUBSCRIBE", "NOTIFY"},
			Calls:   func(from, to string) bool { return from != to },
		}
		n.SetSite(site)
		synctest.Wait()
		f(t, n)
	})
}

const toPhone = "sip:1002@hotline.local"

// A MESSAGE goes from phone to phone, and its answer back, with nothing changed but what a proxy changes.
func TestMessagePasses(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "m1"), n.peer(phone2Addr)
		a.ask("MESSAGE", toPhone, "Content-Type: text/plain\nX-Odd: kept; as, it=is\nRequire: nobody-knows\nP-Asserted-Identity: <sip:boss@x>", "hello\n")
		m := b.expect("MESSAGE sip:1002@127.0.0.21:5070 SIP/2.0")
		require.Equal(t, "hello\r\n", m.body)
		require.Equal(t, "69", m.get("max-forwards"))
		require.Equal(t, "60", m.get("max-breadth"))
		require.Equal(t, "kept; as, it=is", m.get("x-odd"))
		require.Equal(t, "nobody-knows", m.get("require"), "what is required is the phone's to judge")
		require.False(t, m.has("proxy-authorization"), "our own credentials stay here")
		require.False(t, m.has("p-asserted-identity"))
		require.False(t, m.has("record-route"), "a MESSAGE makes no dialog")
		require.Len(t, m.list("via"), 2)
		require.Contains(t, m.list("via")[0], "127.0.0.1:5060")
		require.Contains(t, m.list("via")[1], "received=127.0.0.20;rport=5070")

		b.send(answerTo(m, "202 Kept For Later", "x", "", ""))
		back := a.expect("SIP/2.0 202 Kept For Later")
		require.Len(t, back.list("via"), 1)
		require.Contains(t, back.get("to"), "tag=x")
		a.send(a.request("MESSAGE", toPhone, "", ""))
		a.expect("SIP/2.0 202") // absorbed: the answer again, the phone hears nothing
		b.nothing()
		require.Zero(t, n.open.relays.Load())
	})
}

func TestWhoAndWhatMayPass(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		a := n.asker(phoneAddr, "w")
		for _, c := range []struct{ method, ruri, extra, want string }{
			{"MESSAGE", "sip:9999@hotline.local", "", "404"},
			{"MESSAGE", toPhone, "", "480"}, // not registered
			{"MESSAGE", "sip:1002@elsewhere.example", "", "403"},
			{"MESSAGE", toPhone, "Route: <sip:127.0.0.1:5060;lr>, <sip:victim.example;lr>", "403"},
			{"OPTIONS", "sip:9999@hotline.local", "", "404"},
		} {
			a.ask(c.method, c.ruri, c.extra, "")
			require.Contains(t, a.expect("SIP/2.0 ").start, c.want, c)
		}
		a.seq++
		a.branch++
		a.send(a.request("PUBLISH", toPhone, "", ""))
		a.expect("SIP/2.0 405")
		a.branch++
		a.send(a.request("OPTIONS", "sip:1001@hotline.local", "", ""))
		a.expect("SIP/2.0 200") // a phone's own keep-alive
		a.branch++
		a.send(a.request("MESSAGE", toPhone, "Proxy-Require: nobody-knows", ""))
		a.expect("SIP/2.0 420")
		a.branch++
		a.send(a.request("MESSAGE", toPhone, "Max-Forwards: 0", ""))
		a.expect("SIP/2.0 483")

		stranger := n.asker(strangerAddr, "s")
		stranger.send(strings.Replace(stranger.request("MESSAGE", toPhone, "", ""), "1001@hotline.local", "1001@other.example", 1))
		stranger.expect("SIP/2.0 405")
		for _, ruri := range []string{toPhone, "sip:9999@hotline.local"} { // which phones there are, nobody learns unasked
			stranger.branch++
			stranger.send(stranger.request("OPTIONS", ruri, "", ""))
			stranger.expect("SIP/2.0 407")
		}
	})
}

// A loop is told from a spiral by our own branch (16.3 step 4).
func TestLoopIsDetected(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		a, b := n.asker(phoneAddr, "l1"), n.peer(phone2Addr)
		a.ask("MESSAGE", toPhone, "", "")
		m := b.expect("MESSAGE")
		ours := m.list("via")[0]
		answer := answerTo(m, "200 OK", "x", "", "")
		a.branch++ // the same request comes again by way of somebody who sent it back
		again := strings.Replace(a.request("MESSAGE", toPhone, "", ""), "From:", "Via: "+ours+"\nFrom:", 1)
		a.send(again)
		challenge := a.expect("SIP/2.0 407")
		proof, err := digest.Answer(challenge.all("proxy-authenticate"), digest.Login{Method: "MESSAGE", URI: toPhone, User: "1001", Password: "pw-1001", Count: 1})
		require.NoError(t, err)
		a.branch++
		a.send(strings.Replace(a.request("MESSAGE", toPhone, "Proxy-Authorization: "+proof, ""), "From:", "Via: "+ours+"\nFrom:", 1))
		a.expect("SIP/2.0 482")
		require.Equal(t, 1.0, n.refusals("loop"))
		b.send(answer)
		a.expect("SIP/2.0 200")
	})
}

func TestRelaysAreBounded(t *testing.T) {
	passing(t, func(o *Options) { o.Limits.Relays = 2 }, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		n.peer(phone2Addr) // says nothing
		for i, want := range []string{"", "", "SIP/2.0 503"} {
			a := n.asker(phoneAddr, fmt.Sprint("b", i))
			a.ask("MESSAGE", toPhone, "", "")
			if want == "" {
				a.nothing()
				continue
			}
			require.NotEmpty(t, a.expect(want).get("retry-after"))
		}
		time.Sleep(40 * time.Second) // nobody answered: no 408 comes too late (RFC 4320), and nothing is held
		require.Zero(t, n.open.relays.Load())
		require.Zero(t, n.open.transactions.Load())
	})
}

func TestBreadth(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		n.register("1002", phone3Addr)
		a, b, c := n.asker(phoneAddr, "br"), n.peer(phone2Addr), n.peer(phone3Addr)
		a.ask("MESSAGE", toPhone, "Max-Breadth: 0", "")
		a.expect("SIP/2.0 440")
		a.ask("MESSAGE", toPhone, "Max-Breadth: 1", "")
		got := append(b.got(), c.got()...)
		require.Len(t, got, 1, "one branch is allowed, one is taken")
		require.Equal(t, "1", got[0].get("max-breadth"))
		a.ask("MESSAGE", toPhone, "Max-Breadth: 7", "")
		require.Equal(t, "3", b.expect("MESSAGE").get("max-breadth"))
		c.expect("MESSAGE")
	})
}

var phone3Addr = netip.MustParseAddrPort("127.0.0.22:5070")

// Which of several failures goes back, by 16.7 step 6.
func TestBestResponse(t *testing.T) {
	for _, c := range []struct{ one, two, want string }{
		{"486 Busy Here", "603 Decline", "603"},
		{"603 Decline", "401 Unauthorized", "603"},
		{"500 Oh", "404 Not Here", "404"},
		{"302 Moved", "404 Not Here", "302"}, // passed on, never followed
		{"480 Away", "486 Busy Here", "486"},
		{"404 Not Here", "415 What", "415"},
		{"404 Not Here", "407 Who", "407"},
		{"503 Full", "503 Full", "500"},
		{"503 Full", "500 Oh", "500"},
		{"408 Late", "480 Away", "480"},
	} {
		t.Run(c.one+", "+c.two, func(t *testing.T) {
			passing(t, nil, func(t *testing.T, n *node) {
				n.register("1001", phoneAddr)
				n.register("1002", phone2Addr)
				n.register("1002", phone3Addr)
				a, p2, p3 := n.asker(phoneAddr, "best"), n.peer(phone2Addr), n.peer(phone3Addr)
				a.ask("SUBSCRIBE", toPhone, "Event: presence\nExpires: 60", "")
				p2.send(answerTo(p2.expect("SUBSCRIBE"), c.one, "p2", "", ""))
				a.nothing() // the other may still say yes
				p3.send(answerTo(p3.expect("SUBSCRIBE"), c.two, "p3", "", ""))
				require.Equal(t, c.want, strings.Fields(a.expect("SIP/2.0 ").start)[1])
			})
		})
	}
}

// The sender learns of every password it is asked for (16.7 step 7).
func TestChallengesAreGathered(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		n.register("1002", phone3Addr)
		a, p2, p3 := n.asker(phoneAddr, "auth"), n.peer(phone2Addr), n.peer(phone3Addr)
		a.ask("MESSAGE", toPhone, "", "")
		ask := func(p *peer, status, line string) {
			p.send(strings.TrimRight(answerTo(p.expect("MESSAGE"), status, p.addr.String(), "", ""), "\n") + "\n" + line + "\n\n")
		}
		ask(p2, "401 Who", "WWW-Authenticate: Digest realm=\"two\", nonce=\"1\"")
		ask(p3, "407 Who", "Proxy-Authenticate: Digest realm=\"three\", nonce=\"1\"")
		all := a.expect("SIP/2.0 40")
		require.Contains(t, all.get("www-authenticate"), "two")
		require.Contains(t, all.get("proxy-authenticate"), "three")
	})
}

// The first yes to a request that is no INVITE is the only one; nobody takes the others back.
func TestFirstYes(t *testing.T) {
	passing(t, nil, func(t *testing.T, n *node) {
		n.register("1001", phoneAddr)
		n.register("1002", phone2Addr)
		n.register("1002", phone3Addr)
		a, p2, p3 := n.asker(phoneAddr, "yes"), n.peer(phone2Addr), n.peer(phone3Addr)
		a.ask("MESSAGE", toPhone, "", "")
		m2, m3 := p2.expect("MESSAGE"), p3.expect("MESSAGE")
		p2.send(answerTo(m2, "200 OK", "p2", "", ""))
		a.expect("SIP/2.0 200")
		p3.nothing()
		p3.send(answerTo(m3, "200 OK", "p3", "", ""))
		a.nothing()
		require.Zero(t, n.open.relays.Load())
	})
}

// tagOf is the tag of the To of what came.
func tagOf(m *message) string {
	tag, _ := paramOf(m.get("to"), "tag")
	return tag
}

// within is a request of the dialog that a response made, from the side that began it.
func (a *asker) within(method string, answer *message, extra string) string {
	if method != "ACK" {
		a.seq++
	}
	a.branch++
	routes := answer.list("record-route")
	var b strings.Builder
	for i := len(routes) - 1; i >= 0; i-- {
		b.WriteString("Route: " + routes[i] + "\n")
	}
	return a.request(method, cmp.Or(uriText(answer.get("contact")), toPhone), strings.TrimRight(b.String()+"To: "+answer.get("to")+"\n"+extra, "\n"), "")
}
