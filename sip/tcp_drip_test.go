package sip

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/guard"
)

// A message that comes drip by drip has 30 s, whatever came before it on the connection.
func TestSlowSendersAreCutOff(t *testing.T) {
	options := wire("OPTIONS sip:hotline.local SIP/2.0\nVia: SIP/2.0/TCP 127.0.0.10:5080;branch=z9hG4bK-x\nFrom: <sip:a@b>;tag=1\n" +
		"To: <sip:c@d>\nCall-ID: o\nCSeq: 1 OPTIONS\nMax-Forwards: 1\n")
	for name, before := range map[string]string{"the first message": "", "a later one": options} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				far, near := net.Pipe()
				c := n.newConn(TCP, netip.AddrPortFrom(gatewayAddr.Addr(), 40000))
				n.conns.add(c)
				n.readers.Go(func() { c.run(stream{near}) })
				n.readers.Go(func() { _, _ = io.Copy(io.Discard, far) }) // until it is closed
				_, err := far.Write([]byte(before))
				require.NoError(t, err)
				if before != "" {
					time.Sleep(5 * time.Minute) // between messages there is time
				}
				start := time.Now()
				for err == nil {
					_, err = far.Write([]byte("X"))
					time.Sleep(time.Second)
				}
				require.InDelta(t, 31, time.Since(start).Seconds(), 1.5, "the write after it fails, and a second passes")
				require.NoError(t, far.Close())
			})
		})
	}
}

// Strangers leave connections to those we know.
func TestStrangersLeaveConnectionsToPeers(t *testing.T) {
	g := &gate{Guard: guard.New(guard.Options{})}
	peer := netip.MustParseAddr("10.0.0.1")
	g.hold(peer)
	all := newConns(100)
	taken := 0
	for i := range 200 {
		a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		if all.room(a, g) {
			all.add(&conn{addr: netip.AddrPortFrom(a, 5060)})
			taken++
		}
	}
	require.Equal(t, 75, taken)
	require.True(t, all.room(peer, g))
}
