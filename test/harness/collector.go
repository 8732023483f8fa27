package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Collector is a Kamailio with its capture module, as Homer has one at its door: it unpacks the HEP packets it
// gets and says of each SIP message what it took from it, a line each:
//
//	HEP INVITE <Call-ID> <source>
type Collector struct {
	*Process
	// Addr is where it takes HEP, by UDP.
	Addr string
}

// StartCollector starts it and waits until it listens.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	dir := t.TempDir()
	c := &Collector{Addr: fmt.Sprintf("127.0.0.7:%d", FreePorts(t, 1))}
	path := filepath.Join(dir, "collector.cfg")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "db"), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(fmt.Sprintf(`#!KAMAILIO
debug=0
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:%s
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "db_text.so"
loadmodule "sipcapture.so"
modparam("sipcapture", "db_url", "text://%s/db")
modparam("sipcapture", "capture_on", 1)
modparam("sipcapture", "hep_capture_on", 1)
modparam("xlog", "force_color", 0)
request_route { xlog("L_ALERT", "HEP $rm $ci $si:$sp\n"); exit; }
onreply_route { xlog("L_ALERT", "HEP $rs $ci $si:$sp\n"); exit; }
`, c.Addr, dir)), 0o600))
	// A process namespace of its own: see StartEdge.
	c.Process = start(t, dir, "unshare", "-p", "-f", "--kill-child", "kamailio", "-f", path, "-DD", "-E", "-e", "-m", "16", "-M", "4", "-w", dir, "-Y", dir)
	c.name = "kamailio"
	return c
}
