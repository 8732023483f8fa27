package bench

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"
)

// A packet of the generator: RTP header, then the moment it left and its number
// in its stream, then silence. G.711 of 20 ms, as from a telephone.
const (
	packetTime = 20 * time.Millisecond
	slots      = 20 // the packets of one packet time leave in so many portions
	headSize   = 12
	packetSize = headSize + 160
	mark       = "BNCH"
)

// sound is the callers' and the agents' audio, each side on one socket: the
// callers' side sends to whoever has sent to it, the agents' side sends each
// packet back. So a packet that returns has passed the node twice.
type sound struct {
	t       testing.TB
	callers *net.UDPConn
	agents  *net.UDPConn
	done    sync.WaitGroup
	stop    chan struct{}

	mu      sync.Mutex
	streams map[netip.AddrPort]*stream
	order   []*stream
	taking  bool            // a measured stretch is running
	trips   []time.Duration // there and back, in that stretch
}

// stream is what goes to one call.
type stream struct {
	to    *net.UDPAddr
	ssrc  uint32
	next  uint32 // number of the packet that goes next
	heard time.Time
	// The measured stretch: packets numbered from first to before last, and how
	// many of them came back.
	first, last uint32
	back        int
}

// soundFacts is what a measured stretch of sound was like.
type soundFacts struct {
	streams, sent, lost int
	p50, p99            time.Duration // there and back
}

// startSound opens both sides.
func startSound(t testing.TB) *sound {
	t.Helper()
	s := &sound{t: t, callers: listen(t), agents: listen(t), stop: make(chan struct{}), streams: map[netip.AddrPort]*stream{}}
	s.done.Go(func() { receive(s.callers, s.take) })
	s.done.Go(func() {
		out := ipv4.NewPacketConn(s.agents)
		receive(s.agents, func(in []ipv4.Message, _ time.Time) { write(out, in) })
	})
	s.done.Go(s.send)
	t.Cleanup(func() {
		close(s.stop)
		require.NoError(t, s.callers.Close())
		require.NoError(t, s.agents.Close())
		s.done.Wait()
	})
	return s
}

func listen(t testing.TB) *net.UDPConn {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, c.SetReadBuffer(8<<20))
	require.NoError(t, c.SetWriteBuffer(8<<20))
	return c
}

func portOf(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// receive hands over what comes, many packets at a time, until the socket is closed.
func receive(c *net.UDPConn, take func([]ipv4.Message, time.Time)) {
	pc := ipv4.NewPacketConn(c)
	in := make([]ipv4.Message, 64)
	backing := make([][512]byte, len(in))
	for {
		for i := range in {
			in[i].Buffers = [][]byte{backing[i][:]}
		}
		n, err := pc.ReadBatch(in, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a refusal of an earlier packet
		}
		for i := range in[:n] {
			in[i].Buffers[0] = in[i].Buffers[0][:in[i].N]
		}
		take(in[:n], time.Now())
	}
}

func write(pc *ipv4.PacketConn, out []ipv4.Message) {
	for len(out) > 0 {
		n, err := pc.WriteBatch(out, 0)
		if err != nil {
			return // closed, or no room: it counts as lost
		}
		out = out[n:]
	}
}

// take learns where streams go and counts what has come back.
func (s *sound) take(in []ipv4.Message, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range in {
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok {
			continue
		}
		b := m.Buffers[0]
		st := s.streams[from.AddrPort()]
		if st == nil {
			st = &stream{to: from, ssrc: uint32(len(s.order) + 1)}
			s.streams[from.AddrPort()] = st
			s.order = append(s.order, st)
		}
		st.heard = now
		if len(b) != packetSize || string(b[headSize:headSize+len(mark)]) != mark {
			continue // music or a prompt
		}
		if number := binary.BigEndian.Uint32(b[headSize+12:]); number >= st.first && (s.taking || number < st.last) {
			st.back++
		}
		if s.taking {
			s.trips = append(s.trips, time.Duration(now.UnixNano()-int64(binary.BigEndian.Uint64(b[headSize+4:]))))
		}
	}
}

// send sends a packet to each live stream every packet time.
func (s *sound) send() {
	out := ipv4.NewPacketConn(s.callers)
	clock := time.NewTicker(packetTime / slots)
	defer clock.Stop()
	start := time.Now()
	var turn int
	for {
		select {
		case <-s.stop:
			return
		case <-clock.C:
		}
		for due := int(time.Since(start) / (packetTime / slots)); turn < due; turn++ {
			write(out, s.portion(turn%slots))
		}
	}
}

// portion makes the packets of one slot. A stream that nothing has come from for a while has ended.
func (s *sound) portion(slot int) []ipv4.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var out []ipv4.Message
	for i := slot; i < len(s.order); i += slots {
		if st := s.order[i]; now.Sub(st.heard) < 2*time.Second {
			out = append(out, ipv4.Message{Buffers: [][]byte{st.packet(now)}, Addr: st.to})
		}
	}
	return out
}

func (st *stream) packet(now time.Time) []byte {
	b := make([]byte, packetSize)
	b[0] = 0x80 // version 2, payload type 0: PCMU (RFC 3551)
	binary.BigEndian.PutUint16(b[2:], uint16(st.next))
	binary.BigEndian.PutUint32(b[4:], st.next*160)
	binary.BigEndian.PutUint32(b[8:], st.ssrc)
	copy(b[headSize:], mark)
	binary.BigEndian.PutUint64(b[headSize+4:], uint64(now.UnixNano()))
	binary.BigEndian.PutUint32(b[headSize+12:], st.next)
	for i := headSize + 16; i < len(b); i++ {
		b[i] = 0xff
	}
	st.next++
	return b
}

// begin starts a measured stretch.
func (s *sound) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taking, s.trips = true, nil
	for _, st := range s.order {
		st.first, st.last, st.back = st.next, 0, 0
	}
}

// finish ends the stretch, lets what is on its way arrive, and counts.
func (s *sound) finish() soundFacts {
	s.mu.Lock()
	s.taking = false
	for _, st := range s.order {
		st.last = st.next
	}
	s.mu.Unlock()
	<-time.After(500 * time.Millisecond)
	f, trips := s.count()
	slices.Sort(trips) // millions of them, while the sound goes on
	f.p50, f.p99 = quantile(trips, 0.5), quantile(trips, 0.99)
	return f
}

func (s *sound) count() (f soundFacts, trips []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.order {
		if sent := int(st.last - st.first); sent > 0 {
			f.streams++
			f.sent += sent
			f.lost += max(sent-st.back, 0)
		}
	}
	return f, s.trips
}

// quantile of sorted values; zero when there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
