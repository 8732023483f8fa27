package media

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"hotline/call"
)

// TestMain is also the way into the load generator of the benchmarks.
func TestMain(m *testing.M) {
	if ports := os.Getenv(generatorPorts); ports != "" {
		generate(ports)
		return
	}
	goleak.VerifyTestMain(m)
}

// queue is a Sink that keeps what it is told, but for the last word on a leg, which nobody may look at any more.
type queue chan call.SoundEvent

func (q queue) SoundEvent(_ call.LegID, e call.SoundEvent) {
	if _, last := e.(call.SoundEnded); !last {
		q <- e
	}
}

func (q queue) next(t testing.TB) call.SoundEvent {
	select {
	case e := <-q:
		return e
	case <-time.After(5 * time.Second):
		require.FailNow(t, "no event within 5 s")
		return nil
	}
}

// phone is a far end with a socket of its own.
type phone struct {
	testing.TB
	*net.UDPConn
	leg  *Leg
	told queue
	seq  uint16
}

func listen(t testing.TB) *net.UDPConn {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func newPhone(t testing.TB, e *Engine, leg call.LegID, spec call.MediaSpec) *phone {
	p := &phone{TB: t, UDPConn: listen(t), told: make(queue, 16)}
	var err error
	p.leg, err = e.Open("call", leg, p.told)
	require.NoError(t, err)
	spec.Remote, spec.Version = p.LocalAddr().(*net.UDPAddr).AddrPort(), 1
	p.leg.Negotiate(spec)
	return p
}

func (p *phone) say(payload []byte) {
	p.seq++
	b := encodeRTP(p, rtp.Header{PayloadType: ptPCMA, SequenceNumber: p.seq, Timestamp: 160 * uint32(p.seq), SSRC: 5}, payload)
	_, err := p.WriteToUDPAddrPort(b, p.leg.Local())
	require.NoError(p, err)
}

func (p *phone) hear() *rtp.Packet {
	b := make([]byte, 2000)
	require.NoError(p, p.SetReadDeadline(time.Now().Add(5*time.Second)))
	n, from, err := p.ReadFromUDPAddrPort(b)
	require.NoError(p, err)
	require.Equal(p, p.leg.Local().Port(), from.Port(), "sent from the leg's own port")
	return decodeRTP(p, b[:n])
}

func newEngine(t testing.TB, o Options) (*Engine, *prometheus.Registry) {
	o.Listen = netip.MustParseAddr("127.0.0.1")
	if o.Ports.First == 0 {
		o.Ports = PortRange{21000, 21099}
	}
	reg := prometheus.NewPedanticRegistry()
	e, err := New(o, zaptest.NewLogger(t), reg)
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e, reg
}

func TestEngineCarriesACall(t *testing.T) {
	for _, io := range []IO{IOEpoll, IOAuto} {
		t.Run(io.String(), func(t *testing.T) { engineCarriesACall(t, io) })
	}
}

func engineCarriesACall(t *testing.T, io IO) {
	e, reg := newEngine(t, Options{Threads: 2, Advertise: netip.MustParseAddr("127.0.0.1"), IO: io})
	a, b := newPhone(t, e, "a", pcma()), newPhone(t, e, "b", pcma())
	require.EqualValues(t, 0, a.leg.Local().Port()%2)

	id := a.leg.Play([]*Sound{tone(3 * frameBytes)}, false)
	var played []*rtp.Packet
	for range 3 {
		played = append(played, a.hear())
	}
	require.Equal(t, call.SoundPlayed{Play: id}, a.told.next(t))
	a.leg.Bridge(b.leg)
	require.Eventually(t, func() bool {
		b.say([]byte{7})
		require.NoError(t, a.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		buf := make([]byte, 2000)
		n, err := a.Read(buf)
		if err != nil {
			return false
		}
		p := decodeRTP(t, buf[:n])
		require.Equal(t, played[2].SequenceNumber+1, p.SequenceNumber)
		require.Equal(t, played[0].SSRC, p.SSRC)
		return true
	}, 5*time.Second, time.Millisecond)

	a.leg.Close()
	b.leg.Close()
	require.Eventually(t, func() bool {
		total, free := e.Capacity()
		return total == free
	}, 5*time.Second, time.Millisecond)
	require.NotZero(t, b.leg.Stats().PacketsIn)
	require.EqualValues(t, 4, a.leg.Stats().PacketsOut)
	n, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Equal(t, 18, n)
}

func TestOpenWhenAllPortsAreTaken(t *testing.T) {
	e, _ := newEngine(t, Options{Ports: PortRange{21101, 21106}}) // 21102 and 21104
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 21103})
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	leg, err := e.Open("c", "1", make(queue))
	require.NoError(t, err)
	require.EqualValues(t, 21104, leg.Local().Port(), "the pair someone else holds is passed over")
	_, err = e.Open("c", "2", make(queue))
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	e.loops[0].thread.mail.count.Store(mailMost + 1)
	_, err = e.Open("c", "3", make(queue))
	require.ErrorContains(t, err, "too far behind")
	e.loops[0].thread.mail.count.Store(0)
}

func TestAfterCloseNothingIsLeft(t *testing.T) {
	e, reg := newEngine(t, Options{})
	var legs []*Leg
	for range 10 {
		leg, err := e.Open("c", "l", make(queue, 1))
		require.NoError(t, err)
		legs = append(legs, leg)
	}
	legs[0].Bridge(legs[1])
	e.Close()
	total, free := e.Capacity()
	require.Equal(t, total, free)
	_, err := e.Open("c", "l", make(queue))
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	require.Equal(t, total, e.ports.idle())
	legs[0].Close()
	legs[0].Play(nil, false)
	n, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Zero(t, n)
	e.Close()
}

func TestWrongOptionsAreRefused(t *testing.T) {
	local := netip.MustParseAddr("127.0.0.1")
	for _, o := range []Options{
		{Ports: PortRange{20000, 20001}},
		{Listen: local},
		{Listen: local, Ports: PortRange{20001, 20002}},
		{Listen: local, Ports: PortRange{20002, 20000}},
		{Listen: local, Ports: PortRange{20000, 20001}, Threads: -1},
		{Listen: local, Listen6: local, Ports: PortRange{20000, 20001}},
		{Listen: netip.MustParseAddr("::1"), Listen6: netip.MustParseAddr("::1"), Ports: PortRange{20000, 20001}},
	} {
		_, err := New(o, zaptest.NewLogger(t), prometheus.NewRegistry())
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), o)
	}
}

// tone is a sound of n bytes that differ from silence.
func tone(n int) *Sound {
	mulaw, alaw := make([]byte, n), make([]byte, n)
	for i := range n {
		mulaw[i], alaw[i] = byte(i), byte(i)|1
	}
	return newSound(mulaw, alaw)
}

// With an address of each family a leg has its far end's; each family has all the ports.
func TestEngineOfTwoFamilies(t *testing.T) {
	four, six := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")
	e, err := New(Options{
		Listen: four, Listen6: six, Advertise6: netip.MustParseAddr("2001:db8::1"), Ports: PortRange{21210, 21211},
	}, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.NoError(t, err)
	defer e.Close()
	for far, want := range map[netip.Addr]string{six: "[2001:db8::1]:21210", netip.MustParseAddr("::ffff:127.0.0.1"): "127.0.0.1:21210"} {
		l, err := e.OpenFor(far, "c", call.LegID(want), make(queue, 4))
		require.NoError(t, err)
		require.Equal(t, want, l.Local().String())
		_, err = e.OpenFor(far, "c", "another", make(queue, 4))
		require.Equal(t, call.CodeCapacity, call.CodeOf(err))
		l.Close()
		require.Eventually(t, func() bool { // the ports go back where they came from
			l, err := e.OpenFor(far, "c", "again", make(queue, 4))
			if err == nil {
				l.Close()
			}
			return err == nil
		}, 5*time.Second, time.Millisecond)
	}
}

func TestEngineSpeaksIPv6(t *testing.T) {
	o := Options{Listen: netip.MustParseAddr("::1"), Ports: PortRange{21200, 21203}}
	e, err := New(o, zaptest.NewLogger(t), prometheus.NewRegistry())
	require.NoError(t, err)
	defer e.Close()
	conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	p := &phone{TB: t, UDPConn: conn, told: make(queue, 4)}
	p.leg, err = e.Open("c", "l", p.told)
	require.NoError(t, err)
	spec := pcma()
	spec.Remote, spec.Version = conn.LocalAddr().(*net.UDPAddr).AddrPort(), 1
	p.leg.Negotiate(spec)
	p.leg.Play([]*Sound{tone(frameBytes)}, false)
	require.EqualValues(t, ptPCMA, p.hear().PayloadType)
	ring := NewRing(1 << 12)
	p.leg.Tap(ring)
	require.Eventually(t, func() bool {
		p.say([]byte{1, 2, 3})
		heard := 0
		ring.Read(func(f Frame) {
			require.Equal(t, []byte{1, 2, 3}, f.Payload)
			require.InDelta(t, e.Now(), f.Arrival, float64(time.Second))
			heard++
		})
		return heard > 0
	}, 5*time.Second, time.Millisecond)
}

// Sound that differs in law, a key, silence and a stranger, all by sockets.
func TestEngineBetweenTwoLaws(t *testing.T) {
	e, _ := newEngine(t, Options{RTPTimeout: 200 * time.Millisecond})
	a, b := newPhone(t, e, "a", pcma()), newPhone(t, e, "b", pcmu())
	a.leg.Bridge(b.leg)
	heard := make(chan *rtp.Packet, 1)
	go func() { heard <- b.hear() }()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for done := false; !done; {
		select {
		case p := <-heard: // what came before the bridge was not forwarded
			require.Equal(t, []byte{CompressMuLaw(ExpandALaw(9))}, p.Payload)
			require.EqualValues(t, ptPCMU, p.PayloadType)
			done = true
		case <-ticker.C:
			a.say([]byte{9})
		}
	}
	stranger := listen(t)
	_, err := stranger.WriteToUDPAddrPort(encodeRTP(t, rtp.Header{PayloadType: ptPCMA}, []byte{6}), a.leg.Local())
	require.NoError(t, err)
	key := encodeRTP(t, rtp.Header{PayloadType: 101, SequenceNumber: a.seq + 1, SSRC: 5}, []byte{9, 0x80, 1, 0x40})
	for range 3 {
		_, err := a.WriteToUDPAddrPort(key, a.leg.Local())
		require.NoError(t, err)
	}
	require.Equal(t, call.SoundDigit{Digit: '9', Duration: 40 * time.Millisecond}, a.told.next(t))
	require.GreaterOrEqual(t, a.told.next(t).(call.SoundTimeout).Silent, 200*time.Millisecond)
	require.Eventually(t, func() bool { return a.leg.Stats().Strangers == 1 }, 5*time.Second, time.Millisecond)
	require.Empty(t, a.told)
}

func TestLegsOfDifferentCallsAreNotBridged(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	e, err := New(Options{
		Listen: netip.MustParseAddr("127.0.0.1"), Ports: PortRange{21300, 21303}, Threads: 1,
	}, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	a, err := e.Open("one", "a", make(queue, 1))
	require.NoError(t, err)
	b, err := e.Open("other", "b", make(queue, 1))
	require.NoError(t, err)
	a.Bridge(b)
	require.Equal(t, 1, logs.FilterMessageSnippet("different calls").Len())
	e.Close()
}
