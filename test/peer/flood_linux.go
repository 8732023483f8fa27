package peer

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Flood is somebody who sends more than anybody should, from whatever source he likes: packets with a
// source of his choice, which takes root.
type Flood struct {
	t      testing.TB
	fd     int
	server netip.AddrPort
}

// NewFlood opens a raw socket towards a server of IPv4.
func NewFlood(t testing.TB, server netip.AddrPort) *Flood {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	require.NoError(t, err, "a raw socket, which takes root")
	t.Cleanup(func() { require.NoError(t, unix.Close(fd)) })
	return &Flood{t: t, fd: fd, server: server}
}

// Run sends rate messages a second until stop is closed, and gives how many went out: the i-th is
// what make gives, from its source. Bursts are of a millisecond; what the machine can't do is not made up for.
func (f *Flood) Run(rate int, stop <-chan struct{}, make func(i int) (netip.AddrPort, string)) (sent int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	to := unix.SockaddrInet4{Addr: f.server.Addr().As4()}
	owed := 0.0
	last := time.Now()
	for {
		select {
		case <-stop:
			return sent
		case now := <-tick.C:
			owed = min(owed+now.Sub(last).Seconds()*float64(rate), float64(rate)/20)
			last = now
			for ; owed >= 1; owed-- {
				from, text := make(sent)
				if err := unix.Sendto(f.fd, forged(from, f.server, text), 0, &to); err == nil {
					sent++
				}
			}
		}
	}
}

// forged is a datagram with headers of its own; the kernel writes the IP checksum, UDP has none.
func forged(from, to netip.AddrPort, text string) []byte {
	const ip, udp = 20, 8
	b := make([]byte, ip+udp, ip+udp+len(text))
	b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(b[2:], uint16(ip+udp+len(text)))
	src, dst := from.Addr().As4(), to.Addr().As4()
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	binary.BigEndian.PutUint16(b[20:], from.Port())
	binary.BigEndian.PutUint16(b[22:], to.Port())
	binary.BigEndian.PutUint16(b[24:], uint16(udp+len(text)))
	return append(b, text...)
}
