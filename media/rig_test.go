package media

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"hotline/call"
)

// datagram is something on the fake wire.
type datagram struct {
	fd   int
	addr netip.AddrPort // the other end
	b    []byte
}

// fakeWire is a wire without sockets: tests put datagrams in and look at what was sent.
type fakeWire struct {
	inbox   map[int][]datagram
	sent    []datagram
	watched map[int]int32
	reports map[int]int32 // watched for RTCP
	news    map[int]bool  // something has come that ready has not told of
	closed  map[int]int
	reads   int
}

func newFakeWire() *fakeWire {
	return &fakeWire{inbox: map[int][]datagram{}, watched: map[int]int32{}, reports: map[int]int32{}, news: map[int]bool{}, closed: map[int]int{}}
}

func (w *fakeWire) receive(fd int, room []byte, from *sockaddr) ([]byte, bool) {
	w.reads++
	queue := w.inbox[fd]
	if len(queue) == 0 {
		return nil, false
	}
	w.inbox[fd] = queue[1:]
	*from = newSockaddr(queue[0].addr)
	if len(queue[0].b) > len(room) {
		return room[:0], true
	}
	return room[:copy(room, queue[0].b)], true
}

func (w *fakeWire) send(fd int, to *sockaddr, b []byte) bool {
	w.sent = append(w.sent, datagram{fd: fd, addr: addrPort(to), b: append([]byte(nil), b...)})
	return true
}

func (w *fakeWire) receiveMany(fd int, in *batch) int { return receiveSingly(w, fd, in) }
func (w *fakeWire) flush() uint64                     { return 0 }
func (w *fakeWire) forget(int)                        {}

func (w *fakeWire) watch(fd int, slot int32) error {
	w.watched[fd] = slot
	w.news[fd] = len(w.inbox[fd]) > 0
	return nil
}
func (w *fakeWire) watchReports(fd int, slot int32) error { w.reports[fd] = ^slot; return nil }
func (w *fakeWire) unwatchReports(fd int) error           { delete(w.reports, fd); return nil }
func (w *fakeWire) unwatch(fd int) error                  { delete(w.watched, fd); return nil }
func (w *fakeWire) close(fd int) error                    { w.closed[fd]++; return nil }

func (w *fakeWire) ready(slots []int32) int {
	n := 0
	for _, set := range []map[int]int32{w.watched, w.reports} {
		for fd, slot := range set {
			if w.news[fd] && n < len(slots) {
				w.news[fd] = false
				slots[n] = slot
				n++
			}
		}
	}
	return n
}

// addrPort is a kernel address in words.
func addrPort(s *sockaddr) netip.AddrPort {
	switch {
	case !s.valid():
		return netip.AddrPort{}
	case s.isV4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s.raw[4:8])), s.port())
	default:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(s.raw[8:24])), s.port())
	}
}

// heardEvent is what a Sink was told.
type heardEvent struct {
	leg   call.LegID
	event call.SoundEvent
}

// rig is a thread with a clock and a wire of the test's own.
type rig struct {
	*testing.T
	thread *thread
	leases *ports
	wire   *fakeWire
	events []heardEvent
	now    int64
}

// graded collects what legs were like at their end.
type graded []Stats

func (g *graded) ended(s *Stats) { *g = append(*g, *s) }

func newRig(t *testing.T) *rig {
	r := &rig{T: t, wire: newFakeWire(), now: int64(time.Hour)}
	p := newPorts(netip.MustParseAddr("127.0.0.1"), PortRange{20000, 20999})
	fd := 100
	p.bind = func(netip.AddrPort) (int, error) { fd++; return fd, nil }
	p.shut = r.wire.close
	o, err := Options{Listen: p.addr, Ports: PortRange{20000, 20999}}.filled()
	require.NoError(t, err)
	r.leases = p
	r.thread = newThread(r.wire, &o, zaptest.NewLogger(t), &graded{})
	r.thread.random = rand.New(rand.NewPCG(1, 2))
	r.thread.pass(r.now)
	return r
}

// SoundEvent makes the rig a Sink.
func (r *rig) SoundEvent(leg call.LegID, e call.SoundEvent) {
	r.events = append(r.events, heardEvent{leg, e})
}

// run lets time go by, tick by tick.
func (r *rig) run(d time.Duration) {
	for end := r.now + int64(d); r.now < end; {
		r.now += int64(tick)
		r.thread.pass(r.now)
	}
}

// stall lets time go by in one go.
func (r *rig) stall(d time.Duration) {
	r.now += int64(d)
	r.thread.pass(r.now)
}

func (r *rig) apply(c command) { require.True(r, r.thread.mail.post(c)); r.stall(0) }

// party is a far end on the rig, with its leg.
type party struct {
	*rig
	*stream
	addr netip.AddrPort
	seq  uint16
	ts   uint32
	ssrc uint32
}

func (r *rig) party(id call.LegID, host string, spec call.MediaSpec) *party {
	got, err := r.leases.lease()
	require.NoError(r, err)
	p := &party{rig: r, stream: &stream{id: id, sink: r, ports: got}, seq: 65530, ts: 1<<32 - 400, ssrc: 0xabc}
	r.apply(openLeg{p.stream})
	p.addr = netip.MustParseAddrPort(host)
	spec.Remote = p.addr
	spec.Version = 1
	p.negotiate(spec)
	return p
}

func (p *party) negotiate(spec call.MediaSpec) { p.apply(negotiateLeg{p.stream, spec}) }

// pcma and pcmu are specs of a usual leg.
func pcma() call.MediaSpec {
	return call.MediaSpec{Codec: call.CodecPCMA, PayloadType: ptPCMA, DTMF: 101}
}

func pcmu() call.MediaSpec {
	return call.MediaSpec{Codec: call.CodecPCMU, PayloadType: ptPCMU, DTMF: 96}
}

// packet encodes RTP with a library that is not ours.
func encodeRTP(t testing.TB, h rtp.Header, payload []byte) []byte {
	h.Version = 2
	b, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	require.NoError(t, err)
	return b
}

func decodeRTP(t testing.TB, b []byte) *rtp.Packet {
	p := new(rtp.Packet)
	require.NoError(t, p.Unmarshal(b))
	return p
}

// arrive puts a datagram on the leg's wire.
func (p *party) arrive(from netip.AddrPort, b []byte) {
	fd := p.ports.rtp
	p.wire.news[fd] = true
	p.wire.inbox[fd] = append(p.wire.inbox[fd], datagram{fd: fd, addr: from, b: b})
}

// say sends the next 20 ms of sound from the far end.
func (p *party) say(payload ...byte) {
	if len(payload) == 0 {
		payload = make([]byte, frameBytes)
	}
	p.arrive(p.addr, encodeRTP(p, rtp.Header{
		PayloadType: p.spec.PayloadType, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: p.ssrc,
	}, payload))
	p.seq++
	p.ts += uint32(len(payload))
}

// hears takes what was sent to the far end since the last look.
func (p *party) hears() []*rtp.Packet {
	var heard []*rtp.Packet
	rest := p.wire.sent[:0]
	for _, d := range p.wire.sent {
		if d.fd == p.ports.rtp {
			require.Equal(p, addrPort(p.latch.target()), d.addr)
			heard = append(heard, decodeRTP(p, d.b))
		} else {
			rest = append(rest, d)
		}
	}
	p.wire.sent = rest
	return heard
}

// told takes the events since the last look.
func (r *rig) told() []heardEvent {
	e := r.events
	r.events = nil
	return e
}

func newAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
