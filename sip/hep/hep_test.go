package hep

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// decode reads HEP version 3 as the specification lays it out: a decoder of the test's own.
func decode(t testing.TB, b []byte) map[uint16][]byte {
	t.Helper()
	require.GreaterOrEqual(t, len(b), 6)
	require.Equal(t, "HEP3", string(b[:4]))
	require.Equal(t, len(b), int(binary.BigEndian.Uint16(b[4:])), "the length is the whole packet's")
	out := map[uint16][]byte{}
	for b = b[6:]; len(b) > 0; {
		require.GreaterOrEqual(t, len(b), 6)
		require.Zero(t, binary.BigEndian.Uint16(b), "vendor")
		kind, n := binary.BigEndian.Uint16(b[2:]), int(binary.BigEndian.Uint16(b[4:]))
		require.GreaterOrEqual(t, n, 6)
		require.GreaterOrEqual(t, len(b), n)
		require.NotContains(t, out, kind)
		out[kind], b = b[6:n], b[n:]
	}
	return out
}

// A packet byte by byte, as the HEP3 specification (rev. 10 and later) lays chunks out.
func TestLayoutOfTheSpecification(t *testing.T) {
	p := Packet{
		At: time.Unix(1313440309, 54543000).UTC(), Src: netip.MustParseAddrPort("212.202.0.1:12010"),
		Dst: netip.MustParseAddrPort("82.116.0.211:5060"), Text: "INVITE sip:bob",
	}
	want := "48455033" + "007c" + // "HEP3", 124 bytes
		"0000" + "0001" + "0007" + "02" + // family: IPv4
		"0000" + "0002" + "0007" + "11" + // protocol: UDP
		"0000" + "0003" + "000a" + "d4ca0001" + // source 212.202.0.1
		"0000" + "0004" + "000a" + "527400d3" + // destination 82.116.0.211
		"0000" + "0007" + "0008" + "2eea" + // source port 12010
		"0000" + "0008" + "0008" + "13c4" + // destination port 5060
		"0000" + "0009" + "000a" + "4e498235" + // seconds
		"0000" + "000a" + "000a" + "0000d50f" + // microseconds
		"0000" + "000b" + "0007" + "01" + // payload: SIP
		"0000" + "000c" + "000a" + "000000e4" + // agent 228
		"0000" + "000e" + "000b" + hex.EncodeToString([]byte("myHep")) +
		"0000" + "000f" + "0014" + hex.EncodeToString([]byte("INVITE sip:bob"))
	got := hex.EncodeToString(Append(nil, Options{ID: 228, Password: "myHep"}, p))
	require.Equal(t, want, got)
}

func TestRoundTrip(t *testing.T) {
	p := Packet{
		At: time.Unix(1_790_000_000, 123_456_000), Src: netip.MustParseAddrPort("[2001:db8::1]:5061"), Dst: netip.MustParseAddrPort("[2001:db8::2]:33333"),
		TCP: true, Correlation: "01KA6ZB5M0", Text: strings.Repeat("x", 70_000),
	}
	b := Append(nil, Options{ID: 7}, p)
	require.LessOrEqual(t, len(b), mostBytes, "it fits into a datagram")
	c := decode(t, b)
	require.Equal(t, []byte{family6}, c[chunkFamily])
	require.Equal(t, []byte{protoTCP}, c[chunkProtocol])
	require.Equal(t, p.Src.Addr().AsSlice(), c[chunkSrc6])
	require.Equal(t, p.Dst.Addr().AsSlice(), c[chunkDst6])
	require.EqualValues(t, 33333, binary.BigEndian.Uint16(c[chunkDstPort]))
	require.EqualValues(t, 123456, binary.BigEndian.Uint32(c[chunkMicros]))
	require.Equal(t, "01KA6ZB5M0", string(c[chunkCorrelation]))
	require.NotContains(t, c, uint16(chunkKey))
	require.NotContains(t, c, uint16(chunkSrc4))
}

// Copies arrive, without secrets; nobody waits for a collector.
func TestSend(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s, err := New(Options{To: pc.LocalAddr().String(), ID: 9}, zap.NewNop())
	require.NoError(t, err)
	at := netip.MustParseAddrPort("127.0.0.1:5060")
	s.Send(Packet{At: time.Now(), Src: at, Dst: at, Text: "REGISTER sip:h SIP/2.0\r\nAuthorization: Digest response=\"s3cr3t\"\r\n\r\n"})
	b := make([]byte, 65536)
	require.NoError(t, pc.SetReadDeadline(time.Now().Add(5*time.Second)))
	n, _, err := pc.ReadFrom(b)
	require.NoError(t, err)
	c := decode(t, b[:n])
	require.NotContains(t, string(c[chunkPayload]), "s3cr3t")
	require.Contains(t, string(c[chunkPayload]), "REGISTER sip:h")
	s.Stop()
	s.Stop()
	sent, _, _ := s.Counts()
	require.EqualValues(t, 1, sent)
	require.NoError(t, pc.Close())

	none, err := New(Options{}, zap.NewNop())
	require.NoError(t, err)
	none.Send(Packet{})
	none.Stop()
}

// A queue that is full loses copies and nothing else.
func TestAFullQueueDrops(t *testing.T) {
	s := &Sender{queue: make(chan Packet, 2)}
	for range 5 {
		s.Send(Packet{})
	}
	_, dropped, _ := s.Counts()
	require.EqualValues(t, 3, dropped)
}

func FuzzAppend(f *testing.F) {
	f.Add("INVITE", "key", "corr", []byte{1, 2, 3, 4}, true)
	f.Fuzz(func(t *testing.T, text, key, correlation string, address []byte, tcp bool) {
		if len(key) > 1024 || len(correlation) > 64 {
			return
		}
		a, _ := netip.AddrFromSlice(address)
		p := Packet{At: time.Unix(1, 0), Src: netip.AddrPortFrom(a, 1), Dst: netip.AddrPortFrom(netip.IPv6Loopback(), 2), TCP: tcp, Correlation: correlation, Text: text}
		if a.Is4() || !a.IsValid() {
			p.Dst = netip.AddrPortFrom(a, 2)
		}
		c := decode(t, Append(nil, Options{Password: key}, p))
		require.True(t, strings.HasPrefix(text, string(c[chunkPayload])))
		require.Equal(t, key, string(c[chunkKey]))
	})
}
