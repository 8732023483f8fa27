package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// TestKamailioReadsOurCopies: every message of a call reaches a capture server nobody here wrote, with the address it came
// from. (What else is in a packet is held against the specification in package hep.)
func TestKamailioReadsOurCopies(t *testing.T) {
	t.Parallel()
	collector := harness.StartCollector(t)
	n := harness.StartNode(t, harness.Config{Site: site(), SIPExtra: "  hep: {to: \"" + collector.Addr + "\", id: 77, password: geheim}\n"})
	harness.StartCaller(t, n, harness.Plan{To: "99999", Expect: 404}).Done() // until the collector listens what is sent to it is lost
	c := harness.StartCaller(t, n, harness.Plan{Steps: []string{harness.Pause(300)}, Bye: true})
	c.Done()
	call := c.Answered()[0]
	var lines []string
	n.Eventually(func() bool {
		lines = nil
		for line := range strings.Lines(collector.Output()) {
			if _, said, ok := strings.Cut(line, "HEP "); ok && strings.Contains(said, call) {
				lines = append(lines, strings.TrimSpace(said))
			}
		}
		return len(lines) >= 5
	}, "copies of a whole call: %q", lines)
	from := func(what, addr string) {
		t.Helper()
		require.Contains(t, strings.Join(lines, "\n"), what+" "+call+" "+addr)
	}
	for _, method := range []string{"INVITE", "ACK", "BYE"} {
		from(method, "127.0.0.1:")
	}
	require.NotContains(t, lines[0], n.SIPAddr(), "a request has its sender as source")
	from("200", n.SIPAddr())
}
