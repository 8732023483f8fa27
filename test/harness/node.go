package harness

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// AdminPassword is the bootstrap administrator's in every test.
const AdminPassword = "test-admin"

// Node is a running hotline.
type Node struct {
	*Process
	*API
	t    testing.TB
	Dir  string
	SIP  int // port, UDP and TCP
	HTTP int
	RTP  int // first port
	args []string
	disk int // MiB of a disk of its own; 0: the machine's
}

// Config is what a test's node is made of.
type Config struct {
	Site map[string]string // file name → content; %SIP% etc. are not needed: the site knows no port but the proxy's
	// Extra is added to the node file.
	Extra string
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
	// DataMiB puts the node's data on a file system of its own of so many MiB, which can be filled.
	DataMiB int
}

// Binary is bin/hotline of this tree, or what HOTLINE_BINARY names.
func Binary(t testing.TB) string {
	t.Helper()
	bin := cmp.Or(os.Getenv("HOTLINE_BINARY"), filepath.Join(Root(), "bin", "hotline"))
	_, err := os.Stat(bin)
	require.NoError(t, err, "bin/hotline is needed: run `make build`")
	return bin
}

// Root is the top of this tree.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// StartNode writes a node file and a site and starts the binary with them.
func StartNode(t testing.TB, c Config) *Node {
	t.Helper()
	n := &Node{t: t, Dir: t.TempDir(), args: c.Args, disk: c.DataMiB}
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
	n.write("hotline.yaml", fmt.Sprintf(`node: {name: test, data: ./data}
sip:
  domain: hotline.local
  listen: [udp://127.0.0.1:%[1]d, tcp://127.0.0.1:%[1]d]
  digest: %[2]s
media: {listen: 127.0.0.1, ports: %[3]d-%[4]d%[8]s}
http: {listen: 127.0.0.1:%[5]d}
storage: {database: sqlite, recordings: file}
site: ./site
log: {level: %[6]s, format: console}
%[7]s`, n.SIP, digest, n.RTP, n.RTP+rtp-1, n.HTTP, level, c.Extra, more))
	for name, text := range c.Site {
		n.write("site/"+name, text)
	}
	n.API = &API{t: t, base: fmt.Sprintf("http://127.0.0.1:%d", n.HTTP)}
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
	script := fmt.Sprintf(`mkdir -p data && mount -t tmpfs -o size=%dm tmpfs data && exec "$@"`, n.disk)
	return start(n.t, n.Dir, "unshare", append([]string{"-m", "sh", "-c", script, "sh", Binary(n.t)}, args...)...)
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

// SIPAddr is where trunks and phones send.
func (n *Node) SIPAddr() string { return fmt.Sprintf("127.0.0.1:%d", n.SIP) }
