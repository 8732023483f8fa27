package harness

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/tone"
)

// Phone is a baresip registered at a node as an agent's softphone. It plays a
// tone of its own and keeps what it hears in a file.
type Phone struct {
	*Process
	t    testing.TB
	dir  string
	ctrl int
	Port int // SIP
	RTP  int // the first of twenty ports it may take for its sound
}

// PhoneConfig is how a phone behaves.
type PhoneConfig struct {
	User     string
	Password string
	Hz       float64 // of its tone
	Answer   bool    // picks up at once; else it rings until told
	Codec    string  // PCMA, PCMU, G722, opus with PCMA behind it, or opus alone; the first two when empty
	Encrypt  string  // baresip's mediaenc: srtp (if the other side can), srtp-mand, dtls_srtp; none when empty
	Gateway  bool    // registers nowhere: it calls as the trunk does
	Proxy    string  // address it sends everything to; the node's when empty
	TLS      bool    // by TLS, with the node's authority
	Watches  string  // the number of a phone whose presence it subscribes to; "-": it tells its own to who asks
}

// StartPhone registers a phone and waits until the node has its binding.
func StartPhone(t testing.TB, n *Node, c PhoneConfig) *Phone {
	t.Helper()
	p := &Phone{t: t, dir: t.TempDir(), ctrl: FreePorts(t, 1), Port: FreePorts(t, 1)}
	p.RTP = FreePorts(t, 20)
	rtp := p.RTP
	modules := "module g711.so\nmodule g722.so\n"
	if strings.HasPrefix(c.Codec, "opus") {
		modules += "module opus.so\n"
	}
	if c.Encrypt != "" {
		module, _, _ := strings.Cut(c.Encrypt, "-")
		modules += "module " + module + ".so\n"
	}
	buddies := ""
	if c.Watches != "" {
		modules += "module contact.so\nmodule presence.so\n"
	}
	if c.Watches != "" && c.Watches != "-" {
		buddies = fmt.Sprintf("\"%[1]s\" <sip:%[1]s@hotline.local>;presence=p2p\n", c.Watches)
	}
	trust := ""
	if c.TLS {
		trust = "sip_cafile " + filepath.Join(n.Dir, "ca.pem") + "\n"
	}
	played, codecs := rate, fmt.Sprintf("%s/%d/1", c.Codec, rate)
	switch c.Codec {
	case "G722":
		played = 2 * rate // as baresip counts; on the wire its clock is 8000
		codecs = fmt.Sprintf("G722/%d/1", played)
	case "opus":
		played, codecs = 6*rate, fmt.Sprintf("opus/%d/2,PCMA/%d/1", 6*rate, rate)
	case "opus alone":
		played, codecs = 6*rate, fmt.Sprintf("opus/%d/2", 6*rate)
	}
	sound := [][]int16{tone.Sine(c.Hz, 120, played)}
	if strings.HasPrefix(c.Codec, "opus") {
		sound = append(sound, sound[0])
	}
	p.write("mine.wav", tone.WAV(played, sound...))
	p.write("config", []byte(fmt.Sprintf(`module_path %s
%smodule aufile.so
module account.so
module menu.so
module ctrl_tcp.so
module sndfile.so
snd_path %s
ctrl_tcp_listen 127.0.0.1:%d
audio_source aufile,%s
audio_alert aufile,%s
net_interface 127.0.0.1
sip_listen 127.0.0.1:%d
rtp_ports %d-%d
call_max_calls 4
rtcp_mux yes
%s`, moduleFolder(t), modules, p.dir, p.ctrl, filepath.Join(p.dir, "mine.wav"), filepath.Join(p.dir, "alert.wav"), p.Port, rtp, rtp+19, trust)))
	answer := "manual"
	if c.Answer {
		answer = "auto"
	}
	proxy := cmp.Or(c.Proxy, n.SIPAddr())
	if c.TLS {
		proxy = n.TLSAddr() + ";transport=tls"
	}
	account := fmt.Sprintf(`<sip:%s@hotline.local>;auth_pass=%s;outbound="sip:%s";answermode=%s;regint=60`, c.User, c.Password, proxy, answer)
	if c.Codec != "" {
		account += ";audio_codecs=" + codecs
	}
	if c.Encrypt != "" {
		account += ";mediaenc=" + c.Encrypt
	}
	if c.Gateway {
		account = strings.Replace(account, "regint=60", "regint=0", 1)
	}
	p.write("accounts", []byte(account+"\n"))
	p.write("contacts", []byte(buddies))
	before := n.Metric("hotline_registrations")
	p.Process = start(t, p.dir, "baresip", "-4", "-f", p.dir)
	if c.Gateway {
		p.WaitOutput("baresip is ready")
		return p
	}
	n.WaitMetric(before+1, "hotline_registrations")
	return p
}

func moduleFolder(t testing.TB) string {
	for _, dir := range []string{"/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules"} {
		if _, err := os.Stat(filepath.Join(dir, "g711.so")); err == nil {
			return dir
		}
	}
	require.Fail(t, "baresip's modules are not where Debian puts them")
	return ""
}

func (p *Phone) write(name string, b []byte) {
	require.NoError(p.t, os.WriteFile(filepath.Join(p.dir, name), b, 0o600))
}

// Do gives the phone a command: hangup, hold, resume, or "dial URI".
func (p *Phone) Do(command string) {
	p.t.Helper()
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", p.ctrl), patience)
	require.NoError(p.t, err)
	defer conn.Close()
	word, params, _ := strings.Cut(command, " ")
	body, err := json.Marshal(map[string]string{"command": word, "params": params, "token": word})
	require.NoError(p.t, err)
	_, err = fmt.Fprintf(conn, "%d:%s,", len(body), body) // a netstring
	require.NoError(p.t, err)
	require.NoError(p.t, conn.SetReadDeadline(time.Now().Add(patience)))
	var said strings.Builder // events come in between
	answer := make([]byte, 4096)
	for !strings.Contains(said.String(), `"response":true`) {
		k, err := conn.Read(answer)
		require.NoError(p.t, err, "baresip said %s", said.String())
		said.Write(answer[:k])
	}
	require.Contains(p.t, said.String(), `"ok":true`, "baresip refused %s", command)
}

// Accept picks up the call that rings, or will in a moment: a seat is offered a call before its phone has heard of it.
func (p *Phone) Accept() {
	p.t.Helper()
	taken := func() int { return strings.Count(p.Output(), "Call established") }
	before := taken()
	require.Eventually(p.t, func() bool {
		p.Do("accept")
		return taken() > before
	}, patience, 100*time.Millisecond, "baresip should have picked up")
}

// HeardSamples is what the phone has decoded in its calls, the older first. baresip writes a file's length only as it
// closes it, a moment after the call has ended and been told of: the samples are waited for until then. A phone whose
// codec changes within a call keeps nothing: harness.Wire hears what it is sent.
func (p *Phone) HeardSamples() []int16 {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	require.NoError(p.t, err)
	var all []int16
	for _, f := range files {
		var b []byte
		require.Eventually(p.t, func() bool {
			b, err = os.ReadFile(f)
			return err == nil && len(b) >= 8 && int(binary.LittleEndian.Uint32(b[4:]))+8 == len(b)
		}, patience, 10*time.Millisecond, "baresip should have closed %s", f)
		w, err := tone.ReadWAV(b)
		require.NoError(p.t, err)
		all = append(all, w.Channels[0]...)
	}
	return all
}
