package harness

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything may take that should happen at once. Machines
// are shared: it is generous, and no test waits for it unless it fails.
const patience = 20 * time.Second

// Process is a program started by a test.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	err  error
}

// output keeps what a program prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Run runs a program in a folder for as long as the test lasts.
func Run(t testing.TB, dir, name string, args ...string) *Process {
	t.Helper()
	return start(t, dir, name, args...)
}

// start runs a program in a folder; it is killed at the end of the test, and
// what it printed is shown if the test failed.
func start(t testing.TB, dir, name string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, name: filepath.Base(name), cmd: exec.Command(name, args...), out: &output{}, done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.out, p.out
	p.cmd.Env = append(os.Environ(), "HOTLINE_ADMIN_PASSWORD="+AdminPassword, "TERM=dumb")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.cmd.Start(), "%s is needed; `make tools` installs it", name)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("--- %s printed:\n%s", p.name, tail(p.out.String(), 6000))
		}
	})
	return p
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what it has printed.
func (p *Process) Output() string { return p.out.String() }

// WaitOutput waits until it has printed something.
func (p *Process) WaitOutput(words string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.Output(), words) }, patience, 20*time.Millisecond,
		"%s should have said %q", p.name, words)
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) { require.NoError(p.t, p.cmd.Process.Signal(s)) }

// Kill ends it at once, as kill -9 does, and waits.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Wait waits for its end and returns its exit code.
func (p *Process) Wait(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		require.Fail(p.t, p.name+" did not end in time", p.Output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Ended reports whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
