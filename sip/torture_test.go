package sip

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// finals notes the final responses a node sends, in order.
func (n *node) finals() func() []string {
	var mu sync.Mutex
	var out []string
	n.net.mu.Lock()
	n.net.sent = func(b []byte, _ netip.AddrPort) {
		line, _, _ := strings.Cut(string(b), "\r\n")
		if strings.HasPrefix(line, "SIP/2.0 ") && !strings.HasPrefix(line, "SIP/2.0 1") {
			mu.Lock()
			out = append(out, line)
			mu.Unlock()
		}
	}
	n.net.mu.Unlock()
	return func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), out...)
	}
}

// tortureDir is where sipgo keeps the messages of RFC 4475.
func tortureDir(t testing.TB) string {
	t.Helper()
	dir, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	require.NoError(t, err)
	return filepath.Join(strings.TrimSpace(string(dir)), "sip", "testdata", "torture")
}

// Every message of RFC 4475 as it comes from our trunk: what is valid is served, what isn't
// gets the right answer, and responses and unanswerable pieces get none. "" is no final
// response: an INVITE that is taken, or nothing at all.
func TestTorture(t *testing.T) {
	dir := tortureDir(t)
	for _, c := range []struct{ file, want, why string }{
		{"valid/wsinv", "", "an INVITE that uses every freedom the grammar leaves: taken"},
		{"valid/intmeth", "405", "a method made of odd but legal characters"},
		{"valid/esc01", "", "escapes in the Request-URI"},
		{"valid/escnull", "401", "null characters escaped in a REGISTER"},
		{"valid/esc02", "405", "a method with a percent sign, which is no escape"},
		{"valid/lwsdisp", "200", "no blank between display name and bracket"},
		{"valid/longreq", "", "long values everywhere"},
		{"valid/dblreq", "401", "bytes after the end of the message are ignored"},
		{"valid/semiuri", "200", "a semicolon in the user part"},
		{"valid/transports", "200", "Via with transports of all kinds"},
		{"valid/mpart01", "405", "MESSAGE is not taken"},
		{"valid/unreason", "", "a response"},
		{"valid/noreason", "", "a response"},
		{"invalid/badinv01", "400", "extra commas and semicolons"},
		{"invalid/clerr", "400", "Content-Length larger than the message"},
		{"invalid/ncl", "400", "negative Content-Length"},
		{"invalid/scalar02", "400", "scalars over their range"},
		{"invalid/scalarlg", "", "a response"},
		{"invalid/quotbal", "400", "quotes that don't close"},
		{"invalid/ltgtruri", "400", "brackets around the Request-URI"},
		{"invalid/lwsruri", "400", "a blank inside the Request-URI"},
		{"invalid/lwsstart", "400", "more than one blank in the start line"},
		{"invalid/trws", "400", "blanks after the start line"},
		{"invalid/escruri", "400", "headers in the Request-URI"},
		{"invalid/baddate", "", "a Date in another zone hurts nobody here"},
		{"invalid/regbadct", "400", "a Contact that lacks its brackets"},
		{"invalid/badaspec", "400", "blanks inside an address"},
		{"invalid/baddn", "400", "a display name that isn't quoted"},
		{"invalid/badvers", "505", "SIP/7.0"},
		{"invalid/mismatch01", "400", "CSeq names another method"},
		{"invalid/mismatch02", "400", "CSeq names another method, both unknown"},
		{"invalid/bigcode", "", "a response with a status over 699"},
		{"invalid/badbranch", "400", "a branch that is the magic cookie alone"},
		{"invalid/insuf", "400", "no Call-ID, From or To"},
		{"invalid/unkscm", "416", "a Request-URI of an unknown scheme"},
		{"invalid/novelsc", "416", "a Request-URI of a known scheme that isn't SIP's"},
		{"invalid/unksm2", "400", "REGISTER for what is no SIP address"},
		{"invalid/bext01", "420", "unknown extensions required"},
		{"invalid/invut", "415", "a body of an unknown type"},
		{"invalid/regaut01", "401", "credentials of an unknown scheme"},
		{"invalid/multi01", "400", "single fields twice"},
		{"invalid/mcl01", "400", "Content-Length twice"},
		{"invalid/bcast", "", "a response to a broadcast address"},
		{"invalid/zeromf", "483", "Max-Forwards 0"},
		{"invalid/cparam01", "401", "a REGISTER with an unknown Contact parameter"},
		{"invalid/cparam02", "401", "a REGISTER with an unknown URI parameter"},
		{"invalid/regescrt", "401", "a REGISTER whose Contact has escaped headers"},
		{"invalid/sdp01", "", "an Accept that does not list SDP"},
		{"invalid/inv2543", "", "an INVITE of RFC 2543's days: taken"},
		{"invalid/test", "", "no Via: there is nowhere to answer to"},
	} {
		t.Run(c.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, c.file+".dat"))
			require.NoError(t, err)
			bubble(t, nil, func(t *testing.T, n *node) {
				finals := n.finals()
				gw := n.peer(gatewayAddr)
				_, err := gw.conn.WriteToUDPAddrPort(data, nodeAddr)
				require.NoError(t, err)
				got := finals()
				if c.want == "" {
					require.Empty(t, got, c.why)
					return
				}
				require.NotEmpty(t, got, c.why)
				require.True(t, strings.HasPrefix(got[0], "SIP/2.0 "+c.want), "%s: %s", c.why, got[0])
			})
		})
	}
}
