package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// Carrier is the far end of a trunk that calls go out by: a SIPp that takes calls
// the way its plan says, one after another, and gives back the sound it gets.
type Carrier struct {
	*Process
	t    testing.TB
	dir  string
	Host string
	Port int
	RTP  int // its media port
}

// CarrierPlan is what a carrier does with a call. The zero plan rings, answers
// and waits for BYE.
type CarrierPlan struct {
	Host    string        // 127.0.0.4 when empty
	Refuse  int           // final status instead of an answer
	NoRing  bool          // no 180 before it
	Silent  bool          // rings until CANCEL
	Login   bool          // asks for a password first (407); what it gets is "login" in the log
	HangUp  time.Duration // BYE so long after the answer; waits for one when zero
	EarlyMS int           // so many ms of sound before the answer (183 with SDP)
	// Says is the frequency of what it says before the answer, as an announcement; 0: it gives back what it hears.
	Says float64
	// Plays is what it sends after the answer, keys included; nil: it gives back what it hears.
	Plays []Piece
}

// StartCarrier writes the scenario and starts SIPp.
func StartCarrier(t testing.TB, p CarrierPlan) *Carrier {
	t.Helper()
	c := &Carrier{t: t, dir: t.TempDir(), Host: p.Host, Port: FreePorts(t, 1)}
	if c.Host == "" {
		c.Host = "127.0.0.4"
	}
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "carrier.xml"), []byte(p.scenario()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "says.pcap"), pcapOf(Sound(Tone(time.Minute)), max(p.Says, 1), call.CodecPCMA, 8), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "plays.pcap"), pcapOf(append(p.Plays, Tone(time.Minute)), 500, call.CodecPCMA, 8), 0o600))
	c.RTP = FreePorts(t, 4)
	args := []string{
		"-sf", "carrier.xml", "-i", c.Host, "-mi", c.Host, "-p", fmt.Sprint(c.Port),
		"-mp", fmt.Sprint(c.RTP), "-t", "u1", "-aa", "-nostdin", "-trace_logs", "-log_file", "log", "-trace_err", "-error_file", "errors.log",
	}
	if p.Says == 0 && p.Plays == nil {
		args = append(args, "-rtp_echo")
	}
	c.Process = start(t, c.dir, "sipp", args...)
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(c.dir, "errors.log")) // there may be none
			t.Logf("--- carrier's errors:\n%s", tail(string(b), 3000))
		}
	})
	return c
}

// URI is the carrier as a trunk's proxy.
func (c *Carrier) URI() string { return fmt.Sprintf("sip:%s:%d", c.Host, c.Port) }

// Saw are the lines of the log that begin so: "invite" with From and P-Asserted-Identity,
// "login", "answered", "cancelled", "over".
func (c *Carrier) Saw(what string) (all []string) {
	b, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if !os.IsNotExist(err) { // SIPp makes it with the first line
		require.NoError(c.t, err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, what+" "); ok && strings.HasSuffix(line, "\n") {
			all = append(all, strings.TrimSpace(rest))
		}
	}
	return all
}

// WaitSaw waits until so many of these lines are there and gives the last.
func (c *Carrier) WaitSaw(count int, what string) string {
	c.t.Helper()
	var all []string
	require.Eventually(c.t, func() bool { all = c.Saw(what); return len(all) == count }, patience, 20*time.Millisecond,
		"the carrier should have %d %q", count, what)
	return all[count-1]
}

func (p CarrierPlan) scenario() string {
	var s strings.Builder
	s.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"carrier\">\n")
	if p.Login {
		challenge := `Proxy-Authenticate: Digest realm="carrier", nonce="n0nce", qop="auth", algorithm=MD5` + "\n"
		s.WriteString(`<recv request="INVITE"/>` + reply("407 Proxy Authentication Required", true, challenge, "") + `<recv request="ACK"/>`)
	}
	s.WriteString(`<recv request="INVITE" rrs="true"><action>
<ereg regexp="INVITE sip:[^ ]*" search_in="msg" assign_to="ruri"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="P-Asserted-Identity:" assign_to="pai"/>
<ereg regexp=".*" search_in="hdr" header="X-Hotline-Call:" assign_to="handover"/>
<ereg regexp=".*" search_in="hdr" header="Proxy-Authorization:" assign_to="login"/>
<log message="login [$login]"/>
<log message="invite [$ruri] from [$from] pai [$pai] handover [$handover]"/></action></recv>
`)
	if !p.NoRing {
		s.WriteString(reply("180 Ringing", true, "", ""))
	}
	if p.EarlyMS > 0 {
		s.WriteString(reply("183 Session Progress", true, "", offer("8")))
		if p.Says > 0 {
			s.WriteString(`<nop><action><exec play_pcap_audio="says.pcap"/></action></nop>` + "\n")
		}
		s.WriteString(Pause(p.EarlyMS))
	}
	s.WriteString(p.rest())
	s.WriteString("<Reference variables=\"from,pai,ruri,handover,login\"/>\n</scenario>\n")
	return s.String()
}

// rest is what comes after the ringing.
func (p CarrierPlan) rest() string {
	const over = "<nop><action><log message=\"over [call_id]\"/></action></nop>\n"
	switch {
	case p.Silent: // the CANCEL's 200, then the INVITE's own 487
		return `<recv request="CANCEL" timeout="60000"><action><log message="cancelled [call_id]"/></action></recv>` + reply("200 OK", true, "", "") +
			strings.Replace(reply("487 Request Terminated", true, "", ""), "[last_CSeq:]", "CSeq: 1 INVITE", 1) + `<recv request="ACK"/>` + over
	case p.Refuse != 0:
		return reply(fmt.Sprintf("%d No", p.Refuse), true, "", "") + `<recv request="ACK"/>` + over
	}
	answered := reply("200 OK", true, "", offer("8")) + `<recv request="ACK"><action>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="us"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="them"/>
<log message="answered [call_id]"/></action></recv><Reference variables="us,them"/>`
	if p.Plays != nil {
		answered += `<nop><action><exec play_pcap_audio="plays.pcap"/></action></nop>` + "\n"
	}
	if p.HangUp == 0 {
		return answered + `<recv request="BYE" timeout="60000"/>` + reply("200 OK", false, "", "") + over
	}
	return answered + Pause(int(p.HangUp.Milliseconds())) + `<send retrans="500"><![CDATA[

BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From:[$us]
To:[$them]
Call-ID: [call_id]
CSeq: 1 BYE
Content-Length: 0

]]></send><recv response="200"/>` + over
}

// reply answers the last request; outside a dialog it gives the To tag.
func reply(status string, tagged bool, extra, body string) string {
	tag, tail := "", "Content-Length: 0\n\n"
	if tagged {
		tag = ";tag=cc[call_number]"
	}
	if body != "" {
		tail = "Content-Type: application/sdp\nContent-Length: [len]\n\n" + body
	}
	return `<send><![CDATA[

SIP/2.0 ` + status + `
[last_Via:]
[last_From:]
[last_To:]` + tag + `
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>
` + extra + tail + `]]></send>
`
}
