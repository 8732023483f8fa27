package harness

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/internal/certs/authority"
)

// AdminPassword is the bootstrap administrator's in every test.
const AdminPassword = "test-admin"

// Node is a running hotline.
type Node struct {
	*Process
	*API
	t     testing.TB
	Dir   string
	SIP   int // port, UDP and TCP
	TLS   int // port of SIP by TLS; 0 without
	HTTP  int
	RTP   int // first port
	args  []string
	disk  int  // MiB of a disk of its own; 0: the machine's
	apart bool // the recordings on another one
}

// Config is what a test's node is made of.
type Config struct {
	Site map[string]string // file name → content; %SIP% etc. are not needed: the site knows no port but the proxy's
	// Extra is added to the node file.
	Extra string
	// Storage is its storage part; SQLite and files when empty.
	Storage string
	// RTPPorts is how many media ports it has; 100 when zero.
	RTPPorts int
	// RTPFirst is the first of them, unclaimed: the node passes over those that are taken. 0 claims free ones.
	RTPFirst int
	// Digest is sip.digest; [MD5] when empty.
	Digest string
	// Log is log.level; debug when empty.
	Log string
	// Args are more arguments for serve.
	Args []string
	// Media is more of the node file's media part, as "rtp_timeout: 2s".
	Media string
	// Secure has the node listen by TLS, for SIP on TLSAddr and for HTTP, with certificates of this authority.
	Secure *authority.CA
	// IPv6 has it listen on ::1 as well, for SIP and sound.
	IPv6 bool
	// SIPExtra is more lines of the node file's sip part, with their indent.
	SIPExtra string
	// DataMiB puts the node's data on a file system of its own of so many MiB, which can be filled; Apart the recordings on
	// another one, which can be mounted anew (Node.Remount).
	DataMiB int
	Apart   bool
}

// Binary is bin/hotline of this tree, or what HOTLINE_BINARY names.
func Binary(t testing.TB) string {
	t.Helper()
	bin := cmp.Or(os.Getenv("HOTLINE_BINARY"), filepath.Join(Root(), "bin", "hotline"))
	_, err := os.Stat(bin)
	require.NoError(t, err, "bin/hotline is needed: run `make build`")
	return bin
}

// Root is the top of this tree: the folder of go.mod, above the one a test runs in.
func Root() string {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
	return "."
}

// StartNode writes a node file and a site and starts the binary with them.
func StartNode(t testing.TB, c Config) *Node {
	t.Helper()
	n := &Node{t: t, Dir: t.TempDir(), args: c.Args, disk: c.DataMiB, apart: c.Apart}
	rtp := c.RTPPorts
	if rtp == 0 {
		rtp = 100
	}
	n.SIP, n.HTTP, n.RTP = FreePorts(t, 1), FreePorts(t, 1), c.RTPFirst
	if n.RTP == 0 {
		n.RTP = FreePorts(t, rtp)
	}
	digest := c.Digest
	if digest == "" {
		digest = "[MD5]"
	}
	more := c.Media
	if more != "" {
		more = ", " + more
	}
	level := c.Log
	if level == "" {
		level = "debug"
	}
	listen, sip, sound, secure := fmt.Sprintf("udp://127.0.0.1:%[1]d, tcp://127.0.0.1:%[1]d", n.SIP), c.SIPExtra, "127.0.0.1", ""
	if c.IPv6 {
		listen += fmt.Sprintf(`, "udp://[::1]:%[1]d", "tcp://[::1]:%[1]d"`, n.SIP)
		sound = `[127.0.0.1, "::1"]`
	}
	if c.Secure != nil {
		c.Secure.Files(t, n.Dir, "hotline.local", "localhost", "127.0.0.1", "::1")
		n.TLS = FreePorts(t, 1)
		listen += fmt.Sprintf(", tls://127.0.0.1:%d", n.TLS)
		sip += "  tls: {cert: cert.pem, key: key.pem, client_ca: ca.pem, server_ca: ca.pem}\n"
		secure = ", tls: {cert: cert.pem, key: key.pem}"
	}
	n.write("hotline.yaml", fmt.Sprintf(`node: {name: test, data: ./data}
sip:
  domain: hotline.local
  listen: [%[1]s]
  digest: %[2]s
%[10]smedia: {listen: %[11]s, ports: %[3]d-%[4]d%[8]s}
http: {listen: 127.0.0.1:%[5]d%[9]s}
storage: %[12]s
site: ./site
log: {level: %[6]s, format: console}
%[7]s`, listen, digest, n.RTP, n.RTP+rtp-1, n.HTTP, level, c.Extra, more, secure, sip, sound, cmp.Or(c.Storage, "{database: sqlite, recordings: file}")))
	for name, text := range c.Site {
		n.write("site/"+name, text)
	}
	n.API = &API{t: t, base: fmt.Sprintf("http://127.0.0.1:%d", n.HTTP), client: http.DefaultClient}
	if c.Secure != nil {
		n.base = fmt.Sprintf("https://127.0.0.1:%d", n.HTTP)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.Secure.Pool()}}
		n.client = &http.Client{Transport: transport}
		t.Cleanup(transport.CloseIdleConnections)
	}
	n.Start()
	return n
}

// Start starts the node, again after a Kill, and waits until it is ready.
func (n *Node) Start() {
	n.t.Helper()
	n.Process = n.serve()
	require.Eventually(n.t, func() bool {
		return strings.Contains(n.Output(), "Hotline is ready") || n.Ended()
	}, patience, 10*time.Millisecond)
	require.False(n.t, n.Ended(), "hotline ended: %s", n.Output())
	n.LogIn("admin", AdminPassword)
}

// serve starts the binary, on a small disk of its own if it is to have one: a
// file system in a mount namespace that ends with the process.
func (n *Node) serve() *Process {
	args := append([]string{"serve", "-c", "hotline.yaml"}, n.args...)
	if n.disk == 0 {
		return start(n.t, n.Dir, Binary(n.t), args...)
	}
	script := fmt.Sprintf("mkdir -p data && mount -t tmpfs -o size=%dm tmpfs data", n.disk)
	if n.apart {
		script += " && mkdir data/recordings && mount -t tmpfs tmpfs data/recordings"
	}
	script += ` && exec "$@"`
	return start(n.t, n.Dir, "unshare", append([]string{"-m", "sh", "-c", script, "sh", Binary(n.t)}, args...)...)
}

// Remount has the file system of the recordings be "ro" or "rw", as soon as nothing is written there.
func (n *Node) Remount(how string) {
	n.t.Helper()
	n.Eventually(func() bool {
		return exec.Command("nsenter", "-t", strconv.Itoa(n.PID()), "-m", "mount", "-o", "remount,"+how, filepath.Join(n.Dir, "data", "recordings")).Run() == nil
	}, "remounted "+how)
}

// DataPath is where a file of the node's data is for the test, on whatever disk it lies.
func (n *Node) DataPath(name string) string {
	if n.disk == 0 {
		return filepath.Join(n.Dir, "data", name)
	}
	return filepath.Join(fmt.Sprintf("/proc/%d/root", n.PID()), n.Dir, "data", name)
}

func (n *Node) write(name, text string) {
	path := filepath.Join(n.Dir, name)
	require.NoError(n.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(n.t, os.WriteFile(path, []byte(text), 0o600))
}

// WriteSite replaces a file of the site; a SIGHUP makes the node read it.
func (n *Node) WriteSite(name, text string) { n.write("site/"+name, text) }

// TLSAddr is where those send who speak TLS.
func (n *Node) TLSAddr() string { return fmt.Sprintf("127.0.0.1:%d", n.TLS) }

// WebSocketURL is where browsers' phones connect.
func (n *Node) WebSocketURL() string { return "ws" + strings.TrimPrefix(n.base, "http") + "/sip" }

// SIPAddr6 is SIPAddr of IPv6.
func (n *Node) SIPAddr6() string { return fmt.Sprintf("[::1]:%d", n.SIP) }

// SIPAddr is where trunks and phones send.
func (n *Node) SIPAddr() string { return fmt.Sprintf("127.0.0.1:%d", n.SIP) }
