package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Registrar is a Kamailio as a carrier has one: it takes registrations of the user
// "hotline" with the password "secret", brings calls for that user to where it is
// registered, and passes the node's own calls on once the node has proved itself.
// It has 127.0.0.8 to itself.
type Registrar struct {
	*Process
	t    testing.TB
	port int
}

// RegistrarHost is the address of every registrar, for a trunk's from.
const RegistrarHost = "127.0.0.8"

// NewRegistrar reserves the address, which the node's site has to name.
func NewRegistrar(t testing.TB) *Registrar { return &Registrar{t: t, port: FreePorts(t, 1)} }

// Addr is where the node and its callers send.
func (r *Registrar) Addr() string { return fmt.Sprintf("%s:%d", RegistrarHost, r.port) }

// Start starts Kamailio for a node; calls out go on to next, host:port.
func (r *Registrar) Start(n *Node, next string) {
	r.t.Helper()
	dir := r.t.TempDir()
	path := filepath.Join(dir, "kamailio.cfg")
	require.NoError(r.t, os.WriteFile(path, []byte(r.config(n.SIP, next)), 0o600))
	r.Process = start(r.t, dir, "unshare", "-p", "-f", "--kill-child", "kamailio", "-f", path, "-DD", "-E", "-e",
		"-m", "16", "-M", "4", "-w", dir, "-Y", dir)
	r.name = "kamailio"
	r.WaitOutput("carrier is up")
}

// Saw counts the lines of the log that say what.
func (r *Registrar) Saw(what string) int { return strings.Count(r.Output(), "carrier "+what+"\n") }

// config is kamailio.cfg, after Kamailio's own documentation of auth, registrar and rr.
func (r *Registrar) config(node int, next string) string {
	return fmt.Sprintf(`#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:%[1]s
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("registrar", "default_expires", 60)
modparam("registrar", "min_expires", 60)

event_route[core:worker-one-init] {
	xlog("L_ALERT", "carrier is up\n");
}

request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	if (has_totag()) {
		if (loose_route()) {
			t_relay();
			exit;
		}
		if (is_method("ACK") && t_check_trans()) t_relay();
		exit;
	}
	if (is_method("OPTIONS")) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("carrier.example", "secret", "0")) {
			www_challenge("carrier.example", "1");
			exit;
		}
		if ($hdr(Expires) == "0") {
			xlog("L_ALERT", "carrier unregistered\n");
		} else {
			xlog("L_ALERT", "carrier registered\n");
		}
		save("location");
		exit;
	}
	if (!is_method("INVITE")) {
		if (is_method("ACK")) exit;
		sl_send_reply("405", "Method Not Allowed");
		exit;
	}
	if ($si == "127.0.0.1" && $sp == %[2]d) {
		if (!pv_proxy_authenticate("carrier.example", "secret", "0")) {
			proxy_challenge("carrier.example", "1");
			exit;
		}
		consume_credentials();
		xlog("L_ALERT", "carrier passes a call on\n");
		record_route();
		$du = "sip:%[3]s";
		t_relay();
		exit;
	}
	if (!lookup("location")) {
		sl_send_reply("404", "Not Registered");
		exit;
	}
	xlog("L_ALERT", "carrier brings a call\n");
	record_route();
	t_relay();
}
`, r.Addr(), node, next)
}
