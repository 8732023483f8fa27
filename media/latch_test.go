package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func admits(l *latch, from string, at time.Duration) bool {
	sa := newSockaddr(netip.MustParseAddrPort(from))
	return l.admit(&sa, int64(at))
}

func negotiated(remote string, nat bool, version uint32) *call.MediaSpec {
	return &call.MediaSpec{Remote: netip.MustParseAddrPort(remote), NAT: nat, Version: version}
}

func TestLatchOnTheNegotiatedAddress(t *testing.T) {
	for _, host := range []string{"10.0.0.1", "[2001:db8::1]"} {
		var l latch
		require.False(t, admits(&l, host+":4000", 0), "nothing is negotiated")
		l.negotiate(negotiated(host+":4000", false, 1), 0)
		require.False(t, admits(&l, "10.0.0.2:4000", 0))
		require.False(t, admits(&l, "[2001:db8::2]:4000", 0))
		require.True(t, admits(&l, host+":4000", 0))
		require.False(t, admits(&l, host+":4002", 0))
		require.True(t, admits(&l, host+":4000", time.Hour))
	}
}

func TestLatchPrefersTheExactPort(t *testing.T) {
	var l latch
	l.negotiate(negotiated("10.0.0.1:4000", false, 1), 0)
	require.True(t, admits(&l, "10.0.0.1:4002", 0), "some phones send from another port")
	require.False(t, admits(&l, "10.0.0.1:4004", 0))
	require.Equal(t, "10.0.0.1:4000", addrPort(l.target()).String(), "sound goes where SDP says")
	require.True(t, admits(&l, "10.0.0.1:4000", time.Hour))
	require.False(t, admits(&l, "10.0.0.1:4002", time.Hour))
}

func TestLatchBehindNATLearnsOnce(t *testing.T) {
	var l latch
	l.negotiate(negotiated("192.168.1.5:4000", true, 1), 0)
	require.Equal(t, "192.168.1.5:4000", addrPort(l.target()).String())
	require.True(t, admits(&l, "198.51.100.1:777", 0))
	require.Equal(t, "198.51.100.1:777", addrPort(l.target()).String())
	require.False(t, admits(&l, "198.51.100.1:778", 0))
	require.False(t, admits(&l, "192.168.1.5:4000", 0))
}

func TestLatchIsArmedAgainOnlyByANewAddress(t *testing.T) {
	var l latch
	l.negotiate(negotiated("192.168.1.5:4000", true, 1), 0)
	require.True(t, admits(&l, "198.51.100.1:777", 0))
	l.negotiate(negotiated("192.168.1.5:4000", true, 2), 0)
	require.False(t, admits(&l, "203.0.113.9:1", 0), "the same address again")
	l.negotiate(negotiated("192.168.1.6:4000", true, 2), 0)
	require.False(t, admits(&l, "203.0.113.9:1", 0), "no new version")
	l.negotiate(negotiated("192.168.1.6:4000", true, 3), 0)
	require.True(t, admits(&l, "198.51.100.1:777", 0), "packets on the way don't take the place")
	require.True(t, admits(&l, "198.51.100.2:888", 0))
	require.False(t, admits(&l, "198.51.100.1:777", 0))
	l.negotiate(negotiated("10.0.0.1:4000", false, 4), 0)
	require.False(t, admits(&l, "198.51.100.2:888", 0))
	require.True(t, admits(&l, "10.0.0.1:4000", 0))
}

// A far end that holds by 0.0.0.0 has not moved: nobody takes its place, and it is heard when it comes back.
func TestLatchStaysOnHoldByNoAddress(t *testing.T) {
	for _, nat := range []bool{false, true} {
		var l latch
		l.negotiate(negotiated("10.0.0.1:4000", nat, 1), 0)
		require.True(t, admits(&l, "10.0.0.1:4000", 0))
		l.negotiate(negotiated("0.0.0.0:4000", true, 2), 0)
		require.False(t, admits(&l, "203.0.113.9:1", 0), "nat %v", nat)
		l.negotiate(negotiated("10.0.0.1:4000", nat, 3), 0)
		require.False(t, admits(&l, "203.0.113.9:1", 0), "nat %v", nat)
		require.True(t, admits(&l, "10.0.0.1:4000", 0))
		require.Equal(t, "10.0.0.1:4000", addrPort(l.target()).String())
	}
}

func TestLatchGraceEnds(t *testing.T) {
	var l latch
	l.negotiate(negotiated("192.168.1.5:4000", true, 1), 0)
	require.True(t, admits(&l, "198.51.100.1:777", 0))
	l.negotiate(negotiated("192.168.1.6:4000", true, 2), 0)
	require.True(t, admits(&l, "198.51.100.1:777", time.Second))
	require.False(t, admits(&l, "203.0.113.9:1", latchGrace), "the source has evidently not changed")
	require.True(t, admits(&l, "198.51.100.1:777", latchGrace))
}
