package sip

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// FuzzPassing takes any request that parses on its way through: what comes out must carry one Via of ours
// more, one hop less, and the body as it came; its answer must come back with that Via gone.
func FuzzPassing(f *testing.F) {
	f.Add("MESSAGE sip:1002@hotline.local SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.20:5070;branch=z9hG4bKx, SIP/2.0/TCP h;branch=z9hG4bKy\r\nf: <sip:1001@hotline.local>;tag=1\r\n" +
		"t: <sip:1002@hotline.local>\r\ni: c\r\nCSeq: 1 MESSAGE\r\nSubject: a\r\n folded\r\nProxy-Authorization: Digest realm=\"hotline.local\", x\r\nContent-Length: 2\r\n\r\nhi")
	f.Add("INVITE sip:AQ@127.0.0.1:5060;lr SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nRoute: <sip:a@b;lr>,<sip:127.0.0.1>\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n" +
		"Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 255\r\nMax-Breadth: 9999999999\r\n\r\n")
	n, _ := newFuzzNode(f)
	in := hop{proto: UDP, addr: phoneAddr, sock: n.udp[0]}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := n.parser.ParseSIP([]byte(text))
		req, ok := m.(*sip.Request)
		if err != nil || !ok {
			return
		}
		r, _ := n.readRequest(in, req, text)
		if r == nil || r.fault != nil {
			return
		}
		at, err := n.ourRoute(r)
		if err != nil {
			return
		}
		_ = breadthOf(r)
		p := passedOn(r, n.opt.Domain)
		p.record = n.workers[0].recording(r, ticket{caller: tagMark(r.fromTag), sides: [2]side{n.sideOf(r), {}}})
		out := (&outgoing{method: r.method(), uri: at.uri, branch: n.newBranch() + n.loopMark(r, at), passed: p}).write(n.Server, in)
		require.True(t, strings.HasSuffix(string(out), "\r\n\r\n"+string(req.Body())), "%s", out)
		again, err := n.parser.ParseSIP(out)
		if err != nil {
			return // the parser reads some headers in full only, and they are senseless
		}
		raw := readRaw(string(out))
		require.Len(t, raw.list("via"), len(r.raw.list("via"))+1)
		require.LessOrEqual(t, p.hops, uint64(255))
		require.True(t, strings.HasPrefix(raw.get("via"), "SIP/2.0/UDP 127.0.0.1:5060;"))
		require.NotContains(t, strings.ToLower(strings.Join(raw.all("proxy-authorization"), "")), `realm="hotline.local"`)

		res := &response{Response: sip.NewResponseFromRequest(again.(*sip.Request), 200, "OK", nil)}
		res.raw = readRaw(strings.Replace(string(out), raw.start, "SIP/2.0 200 OK", 1))
		back := readRaw(string(passBack(res, "")))
		require.Len(t, back.list("via"), len(r.raw.list("via")))
	})
}

// FuzzTicket reads any user part as a ticket: nothing but what was sealed is one.
func FuzzTicket(f *testing.F) {
	n, _ := newFuzzNode(f)
	sealed := n.seal(ticket{sides: [2]side{{proto: TLS, far: netip.MustParseAddrPort("[2001:db8::1]:5061"), near: nodeAddr}, {}}}, "c")
	f.Add(sealed)
	f.Add("AQAAAAD_")
	f.Fuzz(func(t *testing.T, user string) {
		if _, ok := n.unseal(user, "c"); ok {
			require.Equal(t, sealed, user)
		}
		for cut := range len(user) { // what its author signed may be short: reading it never fails badly
			_, _ = (&side{}).read([]byte(user[:cut]))
		}
	})
}
