package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
)

// callOn names a call that lives on another thread than id does.
func (e *Engine) callElsewhere(id call.ID) call.ID {
	for {
		other := id + "x"
		if e.loopOf(other) != e.loopOf(id) {
			return other
		}
		id = other
	}
}

// A leg goes from one call to another, which another thread carries: the far end goes on hearing one stream.
func TestALegGoesOverToAnotherCall(t *testing.T) {
	e, _ := newEngine(t, Options{Threads: 2, Advertise: netip.MustParseAddr("127.0.0.1")})
	a, b := newPhone(t, e, "a", pcma()), newPhone(t, e, "b", pcma())
	a.leg.Bridge(b.leg)
	heard := func(from, by *phone, mark byte) (seq uint16, ssrc uint32) {
		t.Helper()
		require.Eventually(t, func() bool {
			from.say([]byte{mark})
			require.NoError(t, by.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
			buf := make([]byte, 2000)
			n, err := by.Read(buf)
			if err != nil {
				return false
			}
			p := decodeRTP(t, buf[:n])
			seq, ssrc = p.SequenceNumber, p.SSRC
			return p.Payload[0] == mark
		}, 5*time.Second, time.Millisecond)
		return seq, ssrc
	}
	before, ssrc := heard(b, a, 7)

	lifted := make(chan struct{})
	a.leg.Lift(func() { close(lifted) })
	<-lifted
	told := make(queue, 16)
	there := e.callElsewhere("call")
	c := &phone{TB: t, UDPConn: listen(t), told: make(queue, 16)}
	var err error
	c.leg, err = e.Open(there, "c", c.told)
	require.NoError(t, err)
	spec := pcma()
	spec.Remote, spec.Version = netip.MustParseAddrPort(c.LocalAddr().String()), 1
	c.leg.Negotiate(spec)
	e.Land(a.leg, there, told)
	a.leg.Bridge(c.leg)
	after, same := heard(c, a, 9)
	require.Equal(t, ssrc, same)
	require.Less(t, after-before, uint16(1000), "numbered on")
	heard(a, c, 8)

	id := a.leg.Play([]*Sound{tone(frameBytes)}, false)
	require.Equal(t, call.SoundPlayed{Play: id}, told.next(t), "the new owner hears of it")
	for _, p := range []*phone{a, b, c} {
		p.leg.Close()
	}
	everythingFree(t, e)
}

func everythingFree(t *testing.T, e *Engine) {
	t.Helper()
	require.Eventually(t, func() bool { total, free := e.Capacity(); return total == free }, 5*time.Second, time.Millisecond)
}

// Whoever was to take a leg over may be gone.
func TestALiftedLegIsClosed(t *testing.T) {
	e, _ := newEngine(t, Options{Threads: 2, Advertise: netip.MustParseAddr("127.0.0.1")})
	a, b := newPhone(t, e, "a", pcma()), newPhone(t, e, "b", pcma())
	a.leg.Bridge(b.leg)
	for _, p := range []*phone{a, b} {
		lifted := make(chan struct{})
		p.leg.Lift(func() { close(lifted) })
		<-lifted
	}
	a.leg.Close()
	a.leg.Close()
	e.Land(b.leg, e.callElsewhere("call"), b.told)
	b.leg.Close()
	everythingFree(t, e)
}

func TestALegIsLiftedFromAClosedEngine(t *testing.T) {
	e, err := New(Options{Listen: netip.MustParseAddr("127.0.0.1"), Ports: PortRange{21310, 21313}, Threads: 1}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	a, err := e.Open("one", "a", make(queue, 1))
	require.NoError(t, err)
	e.Close()
	done := false
	a.Lift(func() { done = true })
	require.True(t, done)
	e.Land(a, "two", make(queue, 1))
	a.Close()
}
