package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// HandsetCall is a call that a phone of ours makes, by SIPp: with the account's password, and with header lines that
// softphones seldom send.
type HandsetCall struct {
	User, Password string
	To             string
	Headers        []string
	Hz             float64 // of the tone it sends from the ACK on; 440 when zero
	Expect         int     // final status; 200 when zero. Once answered it waits for the node's BYE
}

// StartHandset makes the call.
func StartHandset(t testing.TB, n *Node, h HandsetCall) *Caller {
	t.Helper()
	c := &Caller{t: t, dir: t.TempDir(), RTP: FreePorts(t, 4), Hz: h.Hz}
	if c.Hz == 0 {
		c.Hz = 440
	}
	c.write("sound.pcap", pcapOf(Sound(Tone(30e9)), c.Hz, call.CodecPCMA, 8))
	c.write("call.xml", []byte(h.scenario()))
	c.Process = sippAt(t, c.dir, n, FreePorts(t, 1), "call.xml", "-s", h.To, "-auth_uri", h.To+"@hotline.local", "-mi", "127.0.0.1", "-mp", fmt.Sprint(c.RTP))
	return c
}

// sippAt runs a scenario once, from a port of 127.0.0.1.
func sippAt(t testing.TB, dir string, n *Node, port int, scenario string, more ...string) *Process {
	t.Helper()
	return start(t, dir, "sipp", append([]string{
		n.SIPAddr(), "-sf", scenario, "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-t", "u1", "-m", "1", "-nostdin", "-trace_err", "-error_file", "errors.log",
	}, more...)...)
}

func (c *Caller) write(name string, b []byte) {
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, name), b, 0o600))
}

func (h HandsetCall) scenario() string {
	var s strings.Builder
	s.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"handset\">\n")
	s.WriteString(h.invite(1, ""))
	s.WriteString("<recv response=\"407\" auth=\"true\"/>\n" + h.ack(1, "-2", ""))
	s.WriteString(h.invite(2, fmt.Sprintf("[authentication username=%s password=%s]\n", h.User, h.Password)))
	s.WriteString("<recv response=\"100\" optional=\"true\"/>\n<recv response=\"180\" optional=\"true\"/>\n")
	if h.Expect != 0 {
		fmt.Fprintf(&s, "<recv response=\"%d\"/>\n%s</scenario>\n", h.Expect, h.ack(2, "-4", ""))
		return s.String()
	}
	s.WriteString("<recv response=\"200\" rrs=\"true\"/>\n" + h.ack(2, "", "[routes]\n"))
	s.WriteString("<nop><action><exec play_pcap_audio=\"sound.pcap\"/></action></nop>\n" + strings.Replace(ending(false), `<action><log message="over [call_id]"/></action>`, "", 1))
	s.WriteString("</scenario>\n")
	return s.String()
}

// invite is its INVITE. The first one is challenged.
func (h HandsetCall) invite(seq int, authorization string) string {
	return "<send retrans=\"500\"><![CDATA[\n\nINVITE sip:[service]@hotline.local SIP/2.0\n" + h.head(seq, "INVITE", "[branch]", "") +
		"Contact: <sip:" + h.User + "@[local_ip]:[local_port]>\n" + authorization + strings.Join(append(h.Headers, ""), "\n") +
		"Content-Type: application/sdp\nContent-Length: [len]\n\n" + offer("8") + "]]></send>\n"
}

// ack is for a refusal, of the branch of some messages ago, or for a 200, of a branch of its own.
func (h HandsetCall) ack(seq int, ago, routes string) string {
	to := "sip:[service]@hotline.local"
	if ago == "" {
		to = "[next_url]"
	}
	return "<send><![CDATA[\n\nACK " + to + " SIP/2.0\n" + h.head(seq, "ACK", "[branch"+ago+"]", "[peer_tag_param]") + routes + "Content-Length: 0\n\n]]></send>\n"
}

func (h HandsetCall) head(seq int, method, branch, peer string) string {
	return "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=" + branch + "\nMax-Forwards: 70\n" +
		"From: <sip:" + h.User + "@hotline.local>;tag=h[pid]x[call_number]\nTo: <sip:[service]@hotline.local>" + peer + "\n" +
		"Call-ID: [call_id]\nCSeq: " + fmt.Sprint(seq) + " " + method + "\n"
}

// StartDiverting registers a phone, of SIPp, that answers the one call it gets with 302 to somebody else.
func StartDiverting(t testing.TB, n *Node, user, password, to string) *Process {
	t.Helper()
	c := &Caller{t: t, dir: t.TempDir()}
	h, port := HandsetCall{User: user}, FreePorts(t, 1)
	register := func(seq int, authorization string) string {
		return "<send retrans=\"500\"><![CDATA[\n\nREGISTER sip:hotline.local SIP/2.0\n" + strings.Replace(h.head(seq, "REGISTER", "[branch]", ""), "[service]", user, 1) +
			"Contact: <sip:" + user + "@[local_ip]:[local_port]>\nExpires: 120\n" + authorization + "Content-Length: 0\n\n]]></send>\n"
	}
	c.write("register.xml", []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"register\">\n"+register(1, "")+
		"<recv response=\"401\" auth=\"true\"/>\n"+register(2, fmt.Sprintf("[authentication username=%s password=%s]\n", user, password))+
		"<recv response=\"200\"/>\n</scenario>\n"))
	c.write("divert.xml", []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"divert\">\n"+
		"<recv request=\"OPTIONS\" optional=\"true\" next=\"1\"/>\n<recv request=\"INVITE\"/>\n"+
		strings.Replace(reply("302 Moved Temporarily", true, "", ""), "sip:carrier@[local_ip]:[local_port];transport=[transport]", "sip:"+to+"@hotline.local", 1)+"<recv request=\"ACK\" next=\"2\"/>\n"+
		"<label id=\"1\"/>\n"+reply("200 OK", true, "", "")+"<label id=\"2\"/>\n<nop/>\n</scenario>\n"))
	require.Equal(t, 0, sippAt(t, c.dir, n, port, "register.xml", "-auth_uri", "hotline.local").Wait(patience), "the phone should register")
	return sippAt(t, c.dir, n, port, "divert.xml", "-m", "50")
}
