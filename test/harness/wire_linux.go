package harness

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// wireBuffer is how many bytes may wait to be heard: a busy machine gives who listens no turn for a while, and what is
// lost by then looks as if it had never been sent.
const wireBuffer = 32 << 20

// OpenLoopback hears the packets of IPv4 on the loopback interface that a filter lets through, each from its IP header
// on; a read waits for 50 ms. It needs root, as the end-to-end tests do.
func OpenLoopback(t testing.TB, filter []unix.SockFilter) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, int(htons(unix.ETH_P_IP)))
	require.NoError(t, err, "hearing the loopback wire needs root")
	lo, err := net.InterfaceByName("lo")
	require.NoError(t, err)
	require.NoError(t, unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}))
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, wireBuffer))
	require.NoError(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000}))
	require.NoError(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_IP), Ifindex: lo.Index}))
	return fd
}

// onlyRTP lets UDP through whose payload begins as RTP and RTCP do, with version 2.
func onlyRTP() []unix.SockFilter {
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 9}, // protocol
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.IPPROTO_UDP, Jf: 4},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0}, // length of the IP header
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_IND, K: 8},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xc0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0x80, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16},
	}
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }
