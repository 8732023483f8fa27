package harness

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ports are handed out in berths, below those the kernel gives to whoever asks
// for none in particular. A berth is held by an abstract socket of its name, so
// that test processes that run at the same time never share one, and none
// outlives its process.
const (
	berth      = 20 // ports
	firstBerth = 10_000 / berth
	lastBerth  = 32_000 / berth
)

// berths is where this process looks next: in turn, so that ports rest before they
// are used again, and not where another process that began at the same time looks.
var berths = struct {
	sync.Mutex
	next int
}{next: firstBerth + os.Getpid()*37%(lastBerth-firstBerth)}

// FreePorts gives the first of n consecutive ports (even) that are free for UDP
// and TCP on 127.0.0.1 and that no other test has until this one has ended.
func FreePorts(t testing.TB, n int) int {
	t.Helper()
	berths.Lock()
	defer berths.Unlock()
	need := (n + berth - 1) / berth
	for range lastBerth - firstBerth {
		if berths.next+need > lastBerth {
			berths.next = firstBerth
		}
		first := berths.next
		berths.next++
		if claim(t, first, need) {
			berths.next = first + need
			return first * berth
		}
	}
	require.Fail(t, "no free ports")
	return 0
}

// claim takes berths that nobody holds and whose ports are free.
func claim(t testing.TB, first, n int) bool {
	var held []net.PacketConn
	for b := first; b < first+n; b++ {
		l, err := net.ListenPacket("unixgram", fmt.Sprintf("@hotline-test-ports-%d", b))
		if err != nil {
			break
		}
		held = append(held, l)
	}
	release := func() {
		for _, l := range held {
			_ = l.Close() // nothing was ever sent on it
		}
	}
	if len(held) < n || !free(first*berth, n*berth) {
		release()
		return false
	}
	t.Cleanup(release)
	return true
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
