package harness

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sofia is a user agent of Sofia-SIP, the stack that FreeSWITCH speaks SIP by: one more reading of the RFCs, which acknowledges
// ringing, asks for session timers and registers by flows on its own accord. It sends no sound.
type Sofia struct {
	*Process
	t        testing.TB
	commands *os.File
}

// SofiaConfig is how it behaves.
type SofiaConfig struct {
	User     string
	Password string // none: it calls as a gateway does
	Answer   bool   // picks up at once; else it rings until told
	TCP      bool
	Port     int // where it listens; a free one when zero
}

// StartSofia builds the agent out of test/sofia and starts it; with a password it is registered when this returns.
func StartSofia(t testing.TB, n *Node, c SofiaConfig) *Sofia {
	t.Helper()
	dir := t.TempDir()
	buildSofia(t, filepath.Join(dir, "ua"))
	commands := filepath.Join(dir, "commands")
	require.NoError(t, os.WriteFile(commands, nil, 0o600))
	p := &Sofia{t: t}
	var err error
	p.commands, err = os.OpenFile(commands, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.commands.Close()) })
	if c.Port == 0 {
		c.Port = FreePorts(t, 1)
	}
	by := ""
	if c.TCP {
		by = ";transport=tcp"
	}
	answer := "0"
	if c.Answer {
		answer = "1"
	}
	before := n.Metric("hotline_registrations")
	// A process namespace of its own: the pipe ends with the process that the test ends.
	p.Process = start(t, dir, "unshare", "-p", "-f", "--kill-child", "sh", "-c", `u=$1; shift; tail -n +1 -f commands | ./ua "$u" "$@"`, "sofia",
		c.User, c.Password, "sip:"+n.SIPAddr()+by, fmt.Sprintf("sip:127.0.0.1:%d%s", c.Port, by), fmt.Sprint(FreePorts(t, 2)), answer)
	p.name = cmp.Or(c.User, "sofia")
	if c.Password != "" {
		p.Do("register")
		n.WaitMetric(before+1, "hotline_registrations")
	}
	return p
}

// buildSofia makes the program. It is read here, so that a result of the tests is none of an older one's.
func buildSofia(t testing.TB, program string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(Root(), "test", "sofia", "ua.c"))
	require.NoError(t, err)
	cc := exec.CommandContext(t.Context(), "cc", "-x", "c", "-", "-o", program, "-I/usr/include/sofia-sip-1.12", "-lsofia-sip-ua")
	cc.Stdin = bytes.NewReader(source)
	said, err := cc.CombinedOutput()
	require.NoError(t, err, "libsofia-sip-ua-dev is needed; `make tools` installs it: %s", said)
}

// Do gives it a command: call or late WHOM, answer, hold, resume, update, refer WHOM, bye.
func (p *Sofia) Do(command string) {
	p.t.Helper()
	_, err := fmt.Fprintln(p.commands, command)
	require.NoError(p.t, err)
}
