package peer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/tone"
)

const (
	packetTime = 20 * time.Millisecond
	packetLen  = tone.Rate / 50 // samples, and bytes in G.711
)

// Sound is one RTP endpoint: it plays a tone, and keeps what it hears. What it
// sends to is what Towards was told last, whatever any description says.
type Sound struct {
	t     testing.TB
	conn  *net.UDPConn
	local netip.AddrPort
	codec call.Codec

	mu      sync.Mutex
	to      netip.AddrPort
	ssrc    uint32
	seq     uint16
	stamp   uint32
	heard   []rtp.Packet
	sources map[netip.AddrPort]int
}

// NewSound opens an RTP port on 127.0.0.1.
func NewSound(t testing.TB, codec call.Codec) *Sound { return NewSoundFrom(t, "127.0.0.1", codec) }

// NewSoundFrom opens an RTP port on another address, as a stranger or a phone behind NAT has.
func NewSoundFrom(t testing.TB, host string, codec call.Codec) *Sound {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
	require.NoError(t, err)
	s := &Sound{
		t: t, conn: conn, local: netip.MustParseAddrPort(conn.LocalAddr().String()), codec: codec,
		ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), stamp: rand.Uint32(), sources: map[netip.AddrPort]int{},
	}
	var done sync.WaitGroup
	done.Go(s.listen)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		done.Wait()
	})
	return s
}

// listen keeps what comes until the port is closed.
func (s *Sound) listen() {
	b := make([]byte, 2048)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(append([]byte(nil), b[:n]...)) != nil {
			continue
		}
		s.mu.Lock()
		s.heard = append(s.heard, p)
		s.sources[from]++
		s.mu.Unlock()
	}
}

// Addr is the RTP port.
func (s *Sound) Addr() netip.AddrPort { return s.local }

// payloadType is the codec's static one.
func (s *Sound) payloadType() uint8 {
	if s.codec == call.CodecPCMA {
		return 8
	}
	return 0
}

// SDP describes this endpoint: its codec, telephone-event 101, and a direction.
func (s *Sound) SDP(dir call.Direction) string {
	family := "IP4"
	if s.local.Addr().Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\no=peer 1 1 IN %[1]s %[2]s\ns=-\nc=IN %[1]s %[2]s\nt=0 0\nm=audio %[3]d RTP/AVP %[4]d 101\n"+
		"a=rtpmap:%[4]d %[5]s/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na=%[6]s\n",
		family, s.local.Addr(), s.local.Port(), s.payloadType(), s.codec, dir)
}

// Towards sets where sound goes: what the far end's description says, read by the test's own eyes.
func (s *Sound) Towards(sdp string) {
	at, err := mediaAddr(sdp)
	require.NoError(s.t, err)
	s.TowardsAddr(at)
}

// TowardsAddr is Towards for an address.
func (s *Sound) TowardsAddr(at netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = at
}

// NewSSRC goes on as another source, as a gateway does after a transfer.
func (s *Sound) NewSSRC() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ssrc, s.seq, s.stamp = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32()
}

// Play sends a tone in real time and returns when it has been sent.
func (s *Sound) Play(freq float64, d time.Duration) {
	payload := tone.Generate(freq, d.Seconds(), s.codec)
	tick := time.NewTicker(packetTime)
	defer tick.Stop()
	for first := true; len(payload) >= packetLen; payload = payload[packetLen:] {
		s.packet(s.payloadType(), first, payload[:packetLen], packetLen)
		first = false
		<-tick.C
	}
}

// Digit sends a key by RFC 4733, pressed for 100 ms.
func (s *Sound) Digit(key byte) { s.Press(key, 5*packetTime) }

// Press sends a key by RFC 4733, at most for 8 s: a packet for each 20 ms that it lasts and three that end it.
func (s *Sound) Press(key byte, d time.Duration) {
	event, packets := eventOf(key), int(d/packetTime)
	tick := time.NewTicker(packetTime)
	defer tick.Stop()
	for i := range packets + 3 {
		lasted := min(i+1, packets) * packetLen
		body := []byte{event, 10, 0, 0}
		if i >= packets {
			body[1] |= 0x80
		}
		binary.BigEndian.PutUint16(body[2:], uint16(lasted))
		s.packet(101, i == 0, body, 0)
		<-tick.C
	}
	s.mu.Lock()
	s.stamp += uint32(packets * packetLen)
	s.mu.Unlock()
}

// eventOf numbers a key (RFC 4733 table 3).
func eventOf(key byte) byte {
	switch key {
	case '*':
		return 10
	case '#':
		return 11
	default:
		return key - '0'
	}
}

// packet sends one packet; the clock goes on by advance samples.
func (s *Sound) packet(pt uint8, marker bool, payload []byte, advance uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: pt, Marker: marker, SequenceNumber: s.seq, Timestamp: s.stamp, SSRC: s.ssrc},
		Payload: payload,
	}
	s.seq++
	s.stamp += advance
	b, err := p.Marshal()
	if err != nil {
		s.t.Errorf("RTP packet: %v", err)
		return
	}
	if _, err := s.conn.WriteToUDPAddrPort(b, s.to); err != nil {
		s.t.Logf("RTP to %s: %v", s.to, err) // nobody listens there any more
	}
}

// Packets is how many packets have come.
func (s *Sound) Packets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

// Sources tells from where how many packets came.
func (s *Sound) Sources() map[netip.AddrPort]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[netip.AddrPort]int{}
	for from, n := range s.sources {
		out[from] = n
	}
	return out
}

// Heard gives the sound that has come since the packet numbered from (0 is the first), in the order it came.
func (s *Sound) Heard(from int) []int16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []int16
	for _, p := range s.heard[min(from, len(s.heard)):] {
		switch p.PayloadType {
		case 0:
			out = append(out, tone.Decode(p.Payload, call.CodecPCMU)...)
		case 8:
			out = append(out, tone.Decode(p.Payload, call.CodecPCMA)...)
		}
	}
	return out
}

// Digits gives the keys that have come by RFC 4733, each once, under payload type pt.
func (s *Sound) Digits(pt uint8) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []byte
	seen := map[[2]uint32]bool{}
	for _, p := range s.heard {
		id := [2]uint32{p.SSRC, p.Timestamp}
		if p.PayloadType != pt || len(p.Payload) < 4 || p.Payload[0] > 11 || seen[id] {
			continue
		}
		seen[id] = true
		out = append(out, "0123456789*#"[p.Payload[0]])
	}
	return string(out)
}

// WaitHeard waits until a frequency has been heard for a time since packet from.
func (s *Sound) WaitHeard(from int, freq float64, d time.Duration) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return tone.Heard(s.Heard(from), tone.Rate, freq) >= d }, Patience, packetTime,
		"%s never heard %.0f Hz for %s", s.local, freq, d)
}
