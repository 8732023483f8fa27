package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tick is the unit of CPU times in /proc: USER_HZ is 100 on Linux, whatever the kernel's own is.
const tick = 10 * time.Millisecond

// usage is what a process has taken so far.
type usage struct {
	cpu time.Duration // user and system
	rss int           // bytes resident
}

// usageOf reads a process's CPU time (fields 14 and 15 of stat) and resident memory.
func usageOf(t testing.TB, pid int) usage {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	_, rest, ok := bytes.Cut(b, []byte(") ")) // the name before may hold anything
	require.True(t, ok, "%s", b)
	f := strings.Fields(string(rest))
	user, err := strconv.ParseInt(f[11], 10, 64)
	require.NoError(t, err)
	system, err := strconv.ParseInt(f[12], 10, 64)
	require.NoError(t, err)
	pages, err := strconv.Atoi(f[21])
	require.NoError(t, err)
	return usage{cpu: time.Duration(user+system) * tick, rss: pages * os.Getpagesize()}
}

// machine says where the figures were taken.
func machine() string {
	model := "unknown CPU"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d × %s, Linux %s, %s", runtime.NumCPU(), model, firstWord("/proc/sys/kernel/osrelease"), runtime.Version())
}

// load is the machine's load average of the last minute, and who listens in: what else ran on it.
func load() string {
	return fmt.Sprintf("%s, %d packet captures", firstWord("/proc/loadavg"), listeners())
}

// listeners is how many sockets listen to the wire itself, as packet capture
// does. On loopback the sender of a packet pays for each of their copies.
func listeners() int {
	b, err := os.ReadFile("/proc/net/packet")
	if err != nil {
		return 0
	}
	return max(bytes.Count(b, []byte("\n"))-1, 0)
}

func firstWord(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	word, _, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	return word
}
