package harness

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ports lie below Linux's ephemeral ones.
const firstPort, lastPort = 10_000, 32_000

// portMu and nextPort hand out ports of this test process. They start at a
// place of the process's own, so that runs side by side seldom meet, and skip
// what is taken.
var (
	portMu   sync.Mutex
	nextPort = firstPort + os.Getpid()%220*100
)

// FreePorts gives the first of n consecutive ports (even) that are free for UDP
// and TCP on 127.0.0.1 and that no other test of this process has.
func FreePorts(t testing.TB, n int) int {
	t.Helper()
	portMu.Lock()
	defer portMu.Unlock()
	for range (lastPort - firstPort) / 2 {
		if nextPort+n > lastPort {
			nextPort = firstPort
		}
		first := nextPort
		if free(first, n) {
			nextPort += n + n%2
			return first
		}
		nextPort += 2
	}
	require.Fail(t, "no free ports")
	return 0
}

func free(first, n int) bool {
	for p := first; p < first+n; p++ {
		addr := fmt.Sprintf("127.0.0.1:%d", p)
		u, err := net.ListenPacket("udp4", addr)
		if err != nil {
			return false
		}
		_ = u.Close()
		l, err := net.Listen("tcp4", addr)
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}
