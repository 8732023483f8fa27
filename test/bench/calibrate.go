package bench

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// calibrate measures what this machine's kernel takes, right now, for the least
// that forwarding needs: one send and one receive of a telephone's packet over
// loopback, in unhurried portions. Times 100 packets it is the floor of a
// call-second. It says how far figures of different hours can be compared.
func calibrate(t testing.TB) time.Duration {
	t.Helper()
	const sockets, rounds = 400, 40
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var fds [sockets]int
	var names [sockets]unix.Sockaddr
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		fds[i] = fd
		t.Cleanup(func() { require.NoError(t, unix.Close(fd)) })
		require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte(net.IPv4(127, 0, 0, 1).To4())}))
		names[i], err = unix.Getsockname(fd)
		require.NoError(t, err)
	}
	b := make([]byte, packetSize)
	start := threadTime(t)
	for range rounds {
		for i, fd := range fds {
			require.NoError(t, unix.Sendto(fd, b, 0, names[(i+1)%sockets]))
		}
		for _, fd := range fds {
			_, _, err := unix.Recvfrom(fd, b, 0)
			require.NoError(t, err)
		}
	}
	return (threadTime(t) - start) / (sockets * rounds)
}

// threadTime is the CPU time of the calling thread.
func threadTime(t testing.TB) time.Duration {
	var ts unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts))
	return time.Duration(ts.Nano())
}
