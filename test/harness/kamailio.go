package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Edge is a Kamailio between a node and its peers, as a site has one at its
// border: it stays in every dialog by Record-Route and in every registration by
// Path, and keeps no call of its own. It has 127.0.0.3 to itself.
type Edge struct {
	*Process
	t    testing.TB
	port int
	node int // the node's port
}

// EdgeHost is the address of every edge, for a trunk's from.
const EdgeHost = "127.0.0.3"

// EdgeConfig is how an edge behaves.
type EdgeConfig struct {
	// TCP has it speak to the node by TCP, and so enter two Record-Routes; else UDP.
	TCP bool
	// LoseAck has it lose the first ACK of a 2xx that comes along.
	LoseAck bool
	// Recorder is where what the node sends to the user recorder goes.
	Recorder string
}

// StartEdge starts a Kamailio in front of a node.
func StartEdge(t testing.TB, n *Node, c EdgeConfig) *Edge {
	t.Helper()
	e := &Edge{t: t, port: FreePorts(t, 1), node: n.SIP}
	dir := t.TempDir()
	path := filepath.Join(dir, "kamailio.cfg")
	require.NoError(t, os.WriteFile(path, []byte(e.config(c)), 0o600))
	// A process namespace of its own: Kamailio's processes end with the one that the test ends.
	e.Process = start(t, dir, "unshare", "-p", "-f", "--kill-child", "kamailio", "-f", path, "-DD", "-E", "-e",
		"-m", "16", "-M", "4", "-w", dir, "-Y", dir)
	e.name = "kamailio"
	e.WaitOutput("edge is up")
	return e
}

// Addr is where callers and phones send.
func (e *Edge) Addr() string { return fmt.Sprintf("%s:%d", EdgeHost, e.port) }

// Saw counts the requests of a method that passed, retransmissions among them,
// by whether the node sent them.
func (e *Edge) Saw(method string, fromNode bool) (n int) {
	for line := range strings.Lines(e.Output()) {
		_, said, ok := strings.Cut(line, "edge request ")
		if f := strings.Fields(said); ok && len(f) == 2 && f[0] == method && (f[1] == "node") == fromNode {
			n++
		}
	}
	return n
}

// WaitSaw waits until so many requests of a method have passed.
func (e *Edge) WaitSaw(count int, method string, fromNode bool) {
	e.t.Helper()
	require.Eventually(e.t, func() bool { return e.Saw(method, fromNode) == count }, patience, 20*time.Millisecond,
		"%d %s should have passed, from the node: %v; %d have", count, method, fromNode, e.Saw(method, fromNode))
}

// config is kamailio.cfg: a plain border proxy, after Kamailio's own documentation of rr and path.
func (e *Edge) config(c EdgeConfig) string {
	toNode, listen := fmt.Sprintf("sip:127.0.0.1:%d", e.node), fmt.Sprintf("listen=udp:%s\n", e.Addr())
	transport, socket := "disable_tcp=yes", "udp:"+e.Addr()
	if c.TCP {
		toNode += ";transport=tcp"
		listen += fmt.Sprintf("listen=tcp:%s\n", e.Addr())
		transport, socket = "tcp_children=1", "tcp:"+e.Addr()
	}
	lose := 0
	if c.LoseAck {
		lose = 1
	}
	return fmt.Sprintf(`#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
%s
%s
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "path.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "xlog.so"
modparam("pv", "shvset", "lose=i:%d")
modparam("rr", "enable_double_rr", 1)

event_route[core:worker-one-init] {
	xlog("L_ALERT", "edge is up\n");
}

request_route {
	if ($si == "127.0.0.1" && ($sp == %d || $proto == "tcp")) {
		$var(from) = "node";
	} else {
		$var(from) = "peer";
	}
	xlog("L_ALERT", "edge request $rm $var(from)\n");
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	if (is_method("ACK") && $shv(lose) > 0 && has_totag()) {
		$shv(lose) = 0;
		exit;
	}
	if (has_totag()) {
		if (loose_route()) {
			if (is_method("INVITE|UPDATE")) record_route();
			t_relay();
			exit;
		}
		if (is_method("ACK")) {
			if (t_check_trans()) t_relay();
			exit;
		}
		sl_send_reply("404", "Not A Dialog Of This Edge");
		exit;
	}
	if (is_method("INVITE")) record_route();
	if ($var(from) == "node") {
		if ($rU == "recorder") $ru = "%s";
		loose_route(); # takes this edge off; without a To tag it says no when that was all
		t_relay();
		exit;
	}
	remove_hf("Route"); # a phone's word for this edge
	if (is_method("REGISTER")) add_path();
	$fs = "%s";
	$du = "%s";
	t_relay();
}
`, listen, transport, lose, e.node, c.Recorder, socket, toNode)
}
