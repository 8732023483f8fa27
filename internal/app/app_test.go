package app

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const smallSite = `
trunks:
  - {name: gw, from: [127.0.0.1/32], codecs: [PCMA]}
numbers:
  - {number: "10000", trunk: gw, flow: main}
groups:
  - {name: general}
agents:
  - {id: "1001", name: 张一, password: "pw-1001", group: general, skills: {general: 3}}
queues:
  - {name: general, groups: [general], skills: {general: 1}}
flows:
  - name: main
    start: q
    nodes: {q: {queue: general, next: hangup}}
`

// shout is a writer that may be read while it is written.
type shout struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shout) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.b.String(), words)
}

// nodeFile writes a node and its site, on ports the kernel gives out.
func nodeFile(t *testing.T, site string) (dir string, http string) {
	t.Helper()
	dir = t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	http = l.Addr().String()
	require.NoError(t, l.Close())
	require.NoError(t, os.Mkdir(filepath.Join(dir, "site"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site", "site.yaml"), []byte(site), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hotline.yaml"), []byte(fmt.Sprintf(`node: {name: n, data: ./data}
sip: {domain: d, listen: [udp://127.0.0.1:%d]}
media: {listen: 127.0.0.1, ports: 12000-12099}
http: {listen: "%s"}
site: ./site
`, freeUDP(t), http)), 0o600))
	return dir, http
}

func freeUDP(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

func TestANodeStartsReloadsAndStops(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	t.Setenv(adminEnv, "")
	dir, addr := nodeFile(t, smallSite)
	site := filepath.Join(dir, "site", "site.yaml")
	var out, log shout
	signals := make(chan os.Signal, 4)
	ended := make(chan error, 1)
	run := func() {
		ended <- Run(context.Background(), Options{ConfigPath: filepath.Join(dir, "hotline.yaml"), Stdout: &out, Stderr: &log, Version: VersionInfo{Version: "t"}}, signals)
	}
	go run()
	wait := func(cond func() bool, words string) {
		t.Helper()
		require.Eventually(t, cond, 20*time.Second, 5*time.Millisecond, words)
	}
	wait(func() bool { return out.has("Hotline is ready") }, "ready")
	require.True(t, out.has("log in as    admin"), "the password made at the first start is shown")
	require.True(t, out.has("1001"))

	resp, err := http.Get("http://" + addr + "/readyz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)

	require.NoError(t, os.WriteFile(site, []byte("queues: [{nam: x}]"), 0o600))
	signals <- syscall.SIGHUP
	wait(func() bool { return log.has("the site is refused, revision 1 stays") && log.has("site.yaml:1:") }, "a bad site is refused with its mistakes")

	require.NoError(t, os.WriteFile(site, []byte(strings.ReplaceAll(smallSite, "general: 3", "general: 4")), 0o600))
	signals <- syscall.SIGHUP
	wait(func() bool { return log.has("site loaded") }, "a good one is taken")
	signals <- syscall.SIGHUP
	wait(func() bool { return log.has("the site has not changed") }, "the same again is no revision")

	nodeText, err := os.ReadFile(filepath.Join(dir, "hotline.yaml"))
	require.NoError(t, err)
	node := func(domain string) {
		text := strings.Replace(string(nodeText), "sip: {domain: d,", "sip: {domain: "+domain, 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "hotline.yaml"), []byte(text), 0o600))
		signals <- syscall.SIGHUP
	}
	node("d, guard: {rate: 0},")
	wait(func() bool { return log.has("the node file is refused") && log.has("hotline.yaml:2:") }, "a bad node file is refused with its mistakes")
	require.False(t, log.has("taken anew"))
	node("d, guard: {rate: 7}, acl: {deny: [192.0.2.0/24]},")
	wait(func() bool { return log.has("sip.guard and sip.acl are taken anew") }, "the guard is taken")
	require.False(t, log.has("counts from the next start"))
	node("e,")
	wait(func() bool { return log.has("counts from the next start") }, "all else is not")
	node("d,")

	signals <- syscall.SIGTERM
	require.NoError(t, <-ended)

	out.mu.Lock()
	out.b.Reset()
	out.mu.Unlock()
	go run()
	wait(func() bool { return out.has("Hotline is ready") }, "a second start")
	require.False(t, out.has("log in as"), "shown once")
	require.True(t, log.has(`"revision": 2`), "the revision's number lasts")
	signals <- syscall.SIGTERM
	require.NoError(t, <-ended)
}

func TestABadSiteIsTheUsersMistake(t *testing.T) {
	dir, _ := nodeFile(t, "queues: [{name: q, groups: [nobody]}]")
	var out shout
	err := Run(context.Background(), Options{ConfigPath: filepath.Join(dir, "hotline.yaml"), Stdout: &out, Stderr: &out}, nil)
	require.ErrorIs(t, err, ErrInput)
	require.True(t, out.has("nobody"))
	err = Run(context.Background(), Options{ConfigPath: filepath.Join(dir, "none.yaml"), Stdout: &out, Stderr: &out}, nil)
	require.ErrorIs(t, err, ErrInput)
}

func TestATakenPortIsNotTheUsersMistake(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir, addr := nodeFile(t, smallSite)
	l, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	defer l.Close()
	var out shout
	err = Run(context.Background(), Options{ConfigPath: filepath.Join(dir, "hotline.yaml"), Stdout: &out, Stderr: &out}, nil)
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrInput)
}
