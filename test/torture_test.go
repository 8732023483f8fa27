package test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// torture is one message of RFC 4475 or RFC 5118 and what the running node says to it: the status
// of its first final response, or "-" for silence.
type torture struct {
	name     string // of RFC 4475: its file in sipgo's testdata
	text     string // of RFC 5118
	udp, tcp string
	why      string
}

// row is the case as docs/sip-torture.md has it.
func (c torture) row() string {
	return fmt.Sprintf("| %s | %s | %s | %s |", c.name, c.udp, c.tcp, c.why)
}

// TestTortureOverTheWire sends every message of both RFCs to running nodes, as from their trunk,
// and holds the answers against the table, which is also the page's.
func TestTortureOverTheWire(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(harness.Root(), "docs", "sip-torture.md"))
	require.NoError(t, err)
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	require.NoError(t, err)
	open := site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "127.0.0.1/32", "127.0.0.0/8", 1)
	})
	var wrong []string
	for _, network := range []string{"udp", "tcp"} { // a node each: to the other it would be a retransmission
		n := harness.StartNode(t, harness.Config{Site: open})
		for i, c := range tortures() {
			message := []byte(strings.ReplaceAll(c.text, "\n", "\r\n"))
			if c.text == "" {
				message, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "sip", "testdata", "torture", c.name+".dat"))
				require.NoError(t, err)
			}
			want := c.udp
			if network == "tcp" {
				want = c.tcp
			}
			// Two of the files share a transaction with an earlier one; here each has its own.
			message = bytes.ReplaceAll(message, []byte("z9hG4bKkdjuw"), fmt.Appendf(nil, "z9hG4bKkdjuw%d", i))
			got := finals(t, network, n.SIPAddr(), fmt.Sprintf("127.44.75.%d", i+1), message, want)
			if got != want {
				wrong = append(wrong, fmt.Sprintf("%s by %s: %s, not %s: %s", c.name, network, got, want, c.why))
			}
			require.Contains(t, string(page), c.row())
		}
		require.Zero(t, n.Metric("hotline_sip_legs"), "none of them has left anything")
		require.NotContains(t, n.Output(), "panic")
	}
	require.Empty(t, wrong)
}

// sentByPort is where a response by UDP goes (RFC 3261 18.2.2).
func sentByPort(message []byte) string {
	m := regexp.MustCompile(`(?im)^v(?:ia)?\s*:[^;,]*?:(\d+)\s*(?:;|,|$)`).FindSubmatch(message)
	if m == nil {
		return "5060"
	}
	return string(m[1])
}

// finals sends a message from an address of its own and gives the status of the first final response, "-" for none; or
// of as many as are wanted, in order of their numbers.
func finals(t tb, network, to, from string, message []byte, want string) string {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	if network == "udp" {
		local, err := net.ResolveUDPAddr("udp", net.JoinHostPort(from, sentByPort(message)))
		require.NoError(t, err)
		d.LocalAddr = local
	}
	conn, err := d.DialContext(t.Context(), network, to)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write(message)
	require.NoError(t, err)
	wait := 10 * time.Second
	if want == "-" {
		wait = 600 * time.Millisecond // it would come at once
	}
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
	var all []byte
	b := make([]byte, 65536)
	for {
		k, err := conn.Read(b)
		all = append(all, b[:k]...)
		got := statuses(all)
		if len(got) > strings.Count(want, "+") {
			return strings.Join(got, "+")
		}
		if err != nil { // the time is over, or the node has closed the connection
			return "-"
		}
	}
}

// statuses are those of the final responses in what came.
func statuses(all []byte) (out []string) {
	for line := range bytes.Lines(all) {
		if status, ok := bytes.CutPrefix(line, []byte("SIP/2.0 ")); ok && len(status) > 3 && status[0] >= '2' {
			out = append(out, string(status[:3]))
		}
	}
	slices.Sort(out)
	return out
}
