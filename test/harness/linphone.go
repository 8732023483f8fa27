package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/tone"
)

// Linphone is a linphonec registered at a node as an agent's softphone: another
// stack than baresip's, with another Contact, more codecs and its own ways to
// hold. It takes its sound from a file and keeps what it hears in another.
type Linphone struct {
	*Process
	t        testing.TB
	dir      string
	commands *os.File
}

// StartLinphone registers a phone that plays a tone, and waits until the node has its binding.
func StartLinphone(t testing.TB, n *Node, user, password string, hz float64) *Linphone {
	t.Helper()
	p := &Linphone{t: t, dir: t.TempDir()}
	for _, folder := range []string{".local/share/linphone", ".config/linphone"} { // it stops without a word where these are missing
		require.NoError(t, os.MkdirAll(filepath.Join(p.dir, folder), 0o700))
	}
	p.write("mine.wav", tone.WAV(rate, tone.Sine(hz, 60, rate)))
	p.write("linphonerc", []byte(fmt.Sprintf(`[sip]
sip_port=%d
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
default_proxy=0
[rtp]
audio_rtp_port=%d
[proxy_0]
reg_proxy=<sip:%[3]s>
reg_route=<sip:%[3]s>
reg_identity=<sip:%[4]s@hotline.local>
reg_expires=60
reg_sendregister=1
[auth_info_0]
username=%[4]s
passwd=%[5]s
realm=hotline.local
domain=hotline.local
`, FreePorts(t, 1), FreePorts(t, 4), n.SIPAddr(), user, password)))
	p.write("commands", nil)
	var err error
	p.commands, err = os.OpenFile(filepath.Join(p.dir, "commands"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.commands.Close()) })
	before := n.Metric("hotline_registrations")
	// A process namespace of its own: the pipe ends with the process that the test ends.
	p.Process = start(t, p.dir, "unshare", "-p", "-f", "--kill-child", "sh", "-c",
		`export HOME="$PWD"; tail -n +1 -f commands | linphonec -c linphonerc -d 5 -l log -S`)
	p.name = "linphonec"
	p.Do("soundcard use files")
	p.WaitOutput("Using wav files")
	p.Do("play mine.wav")
	p.Do("record heard.wav")
	n.WaitMetric(before+1, "hotline_registrations")
	return p
}

func (p *Linphone) write(name string, b []byte) {
	require.NoError(p.t, os.WriteFile(filepath.Join(p.dir, name), b, 0o600))
}

// Do gives the phone a command: answer, pause, resume, terminate, or a digit.
func (p *Linphone) Do(command string) {
	p.t.Helper()
	_, err := fmt.Fprintln(p.commands, command)
	require.NoError(p.t, err)
}
