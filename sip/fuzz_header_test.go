package sip

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// FuzzHeader reads a message's head by the functions that every message goes through; what a
// response echoes has no more lines than it should.
func FuzzHeader(f *testing.F) {
	f.Add("INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h;rport;branch=z9hG4bK1 , SIP/2.0/TCP [::1]:5\r\nContact: \"a,b\" <sip:a@b;x=y>;q=0.5, <sip:c>\r\n x\r\n\r\n")
	f.Add("OPTIONS\nVia:SIP/2.0/UDP \"\\\",;<\nTo : <<>>;tag=\"a;b\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := readRaw(text)
		for _, field := range m.fields {
			require.NotContains(t, field.name+field.value, "\n")
		}
		source := netip.MustParseAddrPort("192.0.2.7:5062")
		for _, via := range m.all("via") {
			stamped := stampVia(via, source)
			require.NotContains(t, stamped, "\n")
			sentBy(stamped)
			if _, ok := paramOf(via[:endOfValue(via, ',')], "rport"); ok && balanced(via) { // what does not close has no parameters after it
				port, _ := paramOf(stamped[:endOfValue(stamped, ',')], "rport")
				require.Equal(t, "5062", port, stamped)
			}
		}
		for _, name := range []string{"contact", "route", "record-route", "path", "p-asserted-identity", "diversion"} {
			for _, v := range m.list(name) {
				require.NotEmpty(t, v)
				uriText(v)
				if u, err := parseURI(v); err == nil {
					_, _ = targetOf(u)
				}
				paramOf(v, "tag")
				_ = balanced(v)
			}
			require.LessOrEqual(t, len(carried(&m, name)), carriedMost)
		}
		h := hop{proto: UDP, addr: source}
		e := echoOf(&m, h)
		replyHop(m.get("via"), h)
		out := string(e.write(&Server{}, reply{status: 200}))
		require.LessOrEqual(t, strings.Count(out, "\n"), len(m.fields)+4, "no header is split in two")
	})
}

// FuzzRegistration has a phone that has proved its password say anything in its REGISTER: the registrar takes it or refuses it, and stays whole.
func FuzzRegistration(f *testing.F) {
	f.Add("<sip:1001@10.0.0.1:5070;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;expires=60;q=0.3", "", "600")
	f.Add("*", "", "0")
	f.Add("<sips:a@b>, sip:c@d;expires=99999999999", "<sip:p;lr>, <sip:q;lr>", "x")
	f.Fuzz(func(t *testing.T, contact, path, expires string) {
		n, h := newFuzzNode(t)
		defer n.die()
		text := "REGISTER sip:hotline.local SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.20:5070;branch=z9hG4bK1\r\nFrom: <sip:1001@h>;tag=1\r\nTo: <sip:1001@h>\r\n" +
			"Call-ID: x\r\nCSeq: 1 REGISTER\r\nContact: " + contact + "\r\nPath: " + path + "\r\nExpires: " + expires + "\r\nContent-Length: 0\r\n\r\n"
		msg, err := n.parser.ParseSIP([]byte(text))
		if err != nil {
			return
		}
		m, ok := msg.(*sip.Request)
		if !ok {
			return
		}
		r, _ := n.readRequest(hop{proto: UDP, addr: phoneAddr, sock: n.udp[0]}, m, text)
		if r == nil || r.fault != nil {
			return
		}
		req, err := registration(r, "1001")
		if err != nil {
			return
		}
		bindings, changes, err := n.phones.reg.Register(r.received, req)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(bindings), 10)
		n.phones.apply(changes)
		n.work()
		require.Len(t, h.bindings, len(bindings))
		for _, line := range contactLines(bindings, r.received) {
			require.NotContains(t, line, "\n")
		}
	})
}
