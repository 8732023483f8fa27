package harness

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// rate is samples a second of every sound here.
const rate = 8000

// Caller is a customer behind the gateway: a SIPp scenario.
type Caller struct {
	*Process
	t   testing.TB
	dir string
	RTP int // its media port
	// Hz is the frequency of the tone it sends.
	Hz float64
}

// Plan is what a caller does. The zero plan calls 10000, sends a 440 Hz tone and
// waits for the node to hang up.
type Plan struct {
	To       string
	From     string // calling number
	Hz       float64
	Sound    []Piece  // what it sends from the ACK on; half a minute of tone when empty
	Codecs   string   // payload types offered, in order; "8 0" when empty
	NoEvents bool     // no telephone-event is offered
	Late     bool     // no SDP in the INVITE, the answer comes in the ACK
	Source   string   // source address; 127.0.0.1 when empty
	Steps    []string // scenario steps between ACK and the end; see Pause, Info, Hold
	Bye      bool     // hangs up after the steps; else waits for BYE
	Expect   int      // final status; 200 when zero
	Calls    int      // 1 when zero
	Rate     int      // new calls a second; 10 when zero
	AtOnce   int      // how many of these are up at the same time; 1, one after another, when zero
	TCP      bool
	IPv6     bool   // from ::1 to the node's ::1
	Proxy    string // address that the calls go through; straight to the node when empty
}

// Pause waits so many milliseconds.
func Pause(ms int) string { return fmt.Sprintf(`<pause milliseconds="%d"/>`, ms) }

// Info presses a key by SIP INFO.
func Info(key string) string {
	return fmt.Sprintf(`<send retrans="500"><![CDATA[

INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From: <sip:[$from]@[local_ip]:[local_port]>;tag=c[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: [cseq] INFO
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=%s
Duration=160
]]></send><recv response="200"/>`, key)
}

// Hold and Resume are re-INVITEs with a direction.
func Hold() string { return reinvite("sendonly") }

// Resume takes the call off hold.
func Resume() string { return reinvite("sendrecv") }

func reinvite(direction string) string {
	return `<send retrans="500"><![CDATA[

INVITE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From: <sip:[$from]@[local_ip]:[local_port]>;tag=c[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: [cseq] INVITE
Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
Content-Type: application/sdp
Content-Length: [len]

` + strings.ReplaceAll(offer("8 0"), "a=sendrecv", "a="+direction) + `]]></send>
<recv response="100" optional="true"/>
<recv response="200" rrs="true"><action><ereg regexp="a=(sendrecv|recvonly|sendonly|inactive)" search_in="body" assign_to="direction"/></action></recv>
` + ack()
}

func offer(codecs string) string {
	return `v=0
o=- 1 [cseq] IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP ` + codecs + ` 101
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
`
}

func ack() string {
	return `<send><![CDATA[

ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From: <sip:[$from]@[local_ip]:[local_port]>;tag=c[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: [cseq] ACK
Content-Length: 0

]]></send>
`
}

// StartCaller writes the scenario and the tone and starts SIPp.
func StartCaller(t testing.TB, n *Node, p Plan) *Caller {
	t.Helper()
	c := &Caller{t: t, dir: t.TempDir(), RTP: FreePorts(t, 4), Hz: p.Hz}
	if c.Hz == 0 {
		c.Hz = 440
	}
	codecs := p.Codecs
	if codecs == "" {
		codecs = "8 0"
	}
	codec, pt := call.CodecPCMA, byte(8)
	if strings.HasPrefix(codecs, "0") {
		codec, pt = call.CodecPCMU, 0
	}
	sound := p.Sound
	if len(sound) == 0 {
		sound = Sound(Tone(30 * time.Second))
	}
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "sound.pcap"), pcapOf(sound, c.Hz, codec, pt), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "caller.xml"), []byte(scenario(p, codecs)), 0o600))
	to, source, calls := p.To, p.Source, p.Calls
	if to == "" {
		to = "10000"
	}
	if source == "" {
		source = "127.0.0.1"
	}
	transport := "u1"
	if p.TCP {
		transport = "t1"
	}
	addr := n.SIPAddr()
	if p.IPv6 {
		source, addr = "::1", n.SIPAddr6()
	}
	c.Process = start(t, c.dir, "sipp", cmp.Or(p.Proxy, addr), "-sf", "caller.xml", "-s", to, "-i", source, "-mi", source,
		"-p", fmt.Sprint(FreePorts(t, 1)), "-mp", fmt.Sprint(c.RTP),
		"-t", transport, "-m", fmt.Sprint(max(calls, 1)), "-l", fmt.Sprint(max(p.AtOnce, 1)), "-r", fmt.Sprint(cmp.Or(p.Rate, 10)), "-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_logs", "-log_file", "log",
		"-cid_str", "%u-%p@gateway")
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(c.dir, "errors.log")) // there may be none
			t.Logf("--- sipp errors:\n%s", tail(string(b), 3000))
		}
	})
	return c
}

// Done waits until the scenario has run as planned.
func (c *Caller) Done() {
	c.t.Helper()
	require.Equal(c.t, 0, c.Wait(3*patience), "SIPp's scenario did not run as planned: %s", tail(c.Output(), 2500))
}

// Finished is Done for a caller whose scenario may have gone otherwise: it waits
// until SIPp has ended and says how.
func (c *Caller) Finished() error {
	c.t.Helper()
	if code := c.Wait(3 * patience); code != 0 {
		return fmt.Errorf("SIPp ended with %d: %s", code, tail(c.Output(), 2500))
	}
	return nil
}

// LeaveOff has SIPp begin no more calls and waits until those that are up have
// ended, well or not.
func (c *Caller) LeaveOff() {
	c.t.Helper()
	c.Signal(syscall.SIGUSR1)
	c.Wait(3 * patience)
}

// Answered are the Call-IDs of the calls that were accepted so far.
func (c *Caller) Answered() []string { return c.logged("answered ") }

// Over are the Call-IDs of the calls that either side has ended with a BYE.
func (c *Caller) Over() []string { return c.logged("over ") }

func (c *Caller) logged(what string) []string {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if !os.IsNotExist(err) { // SIPp makes it with the first line
		require.NoError(c.t, err)
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		if id, ok := strings.CutPrefix(line, what); ok && strings.HasSuffix(line, "\n") {
			all = append(all, strings.TrimSpace(id))
		}
	}
	return all
}

func scenario(p Plan, codecs string) string {
	from := p.From
	if from == "" {
		from = "13912345678"
	}
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<nop><action><assignstr assign_to="from" value="` + from + `"/></action></nop>
`)
	s.WriteString(invite(p, codecs))
	if p.Expect != 0 {
		fmt.Fprintf(&s, `<recv response="100" optional="true"/>
<recv response="%d"/>
`, p.Expect)
		s.WriteString(strings.NewReplacer( // it belongs to the INVITE's transaction, three messages before: RFC 3261 17.1.1.3
			"branch=[branch]", "branch=[branch-3]", "[next_url]", "sip:[service]@[remote_ip]:[remote_port]",
		).Replace(ack()))
		s.WriteString("<Reference variables=\"from\"/>\n</scenario>\n")
		return s.String()
	}
	s.WriteString(`<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"><action><log message="answered [call_id]"/></action></recv>
`)
	if p.Late {
		s.WriteString(lateAck(codecs))
	} else {
		s.WriteString(ack())
	}
	s.WriteString("<nop><action><exec play_pcap_audio=\"sound.pcap\"/></action></nop>\n")
	for _, step := range p.Steps {
		s.WriteString(step + "\n")
	}
	s.WriteString(ending(p.Bye))
	s.WriteString("<Reference variables=\"from\"/>\n")
	if strings.Contains(s.String(), `assign_to="direction"`) {
		s.WriteString("<Reference variables=\"direction\"/>\n")
	}
	s.WriteString("</scenario>\n")
	return s.String()
}

func invite(p Plan, codecs string) string {
	sdp := offer(codecs)
	if p.NoEvents {
		sdp = strings.NewReplacer(" 101\n", "\n", "a=rtpmap:101 telephone-event/8000\n", "", "a=fmtp:101 0-15\n", "").Replace(sdp)
	}
	body := "Content-Type: application/sdp\nContent-Length: [len]\n\n" + sdp
	if p.Late {
		body = "Content-Length: 0\n\n"
	}
	return `<send retrans="500"><![CDATA[

INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:[$from]@[local_ip]:[local_port]>;tag=c[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO
` + body + `]]></send>
`
}

func lateAck(codecs string) string {
	return strings.Replace(strings.Replace(ack(), "Content-Length: 0\n", "Content-Type: application/sdp\nContent-Length: [len]\n", 1),
		"\n\n]]>", "\n\n"+offer(strings.Fields(codecs)[0])+"]]>", 1)
}

func ending(bye bool) string {
	if !bye {
		return `<recv request="BYE" timeout="60000"><action><log message="over [call_id]"/></action></recv>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
`
	}
	return `<send retrans="500"><![CDATA[

BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From: <sip:[$from]@[local_ip]:[local_port]>;tag=c[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: [cseq] BYE
Content-Length: 0

]]></send>
<recv response="200"><action><log message="over [call_id]"/></action></recv>
`
}
