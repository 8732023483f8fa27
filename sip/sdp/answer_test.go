package sdp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

var (
	both  = []call.Codec{call.CodecPCMA, call.CodecPCMU}
	local = call.LocalMedia{Addr: netip.MustParseAddrPort("198.51.100.1:20000"), Codecs: both}
	ident = sdp.Origin{SessionID: 4711, Version: 1}
)

func TestNegotiateDevices(t *testing.T) {
	for _, c := range []struct {
		name   string
		offer  []byte
		codecs []call.Codec
		want   call.MediaSpec
	}{
		{"sipp", sippOffer, both, spec("127.0.0.1:6000", call.CodecPCMA, 8, 101)},
		{"baresip", baresipOffer, both, spec("192.0.2.33:21234", call.CodecPCMU, 0, 101)},
		{"baresip, PCMA only", baresipOffer, both[:1], spec("192.0.2.33:21234", call.CodecPCMA, 8, 101)},
		{"linphone: our clock's telephone-event", linphoneOffer, both, spec("192.0.2.40:7078", call.CodecPCMU, 0, 100)},
		{"asterisk", asteriskOffer, both, spec("198.51.100.7:14762", call.CodecPCMA, 8, 101)},
		{"gateway: static types without rtpmap", gatewayOffer, both, ptime(spec("203.0.113.10:16462", call.CodecPCMA, 8, 97), 30)},
		{"gateway: second choice", gatewayOffer, both[1:], ptime(spec("203.0.113.10:16462", call.CodecPCMU, 0, 97), 30)},
		{"softswitch: lower case", softswitchOffer, both, spec("10.20.30.40:30112", call.CodecPCMA, 8, 100)},
		{"ipv6, AVPF, a=rtcp", ipv6Offer, both, muxed(rtcp(spec("[2001:db8::5]:4000", call.CodecPCMU, 0, 0), "[2001:db8::6]:4011"))},
		{"plain stream beside a secure one", twoProfilesOffer, both, spec("192.0.2.50:50002", call.CodecPCMA, 8, 101)},
		{"dynamic payload types", dynamicOffer, both, spec("192.0.2.60:6002", call.CodecPCMA, 105, 106)},
		{"bare line feeds", swap(sippOffer, "\r\n", "\n"), both, spec("127.0.0.1:6000", call.CodecPCMA, 8, 101)},
		{"no s= and t=", swap(swap(sippOffer, "s=-\r\n", ""), "t=0 0\r\n", ""), both, spec("127.0.0.1:6000", call.CodecPCMA, 8, 101)},
	} {
		t.Run(c.name, func(t *testing.T) {
			mine := local
			mine.Codecs = c.codecs
			answer, got, err := sdp.Negotiate(c.offer, mine, ident, sdp.Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			requireAnswers(t, c.offer, answer, got)
		})
	}
}

// spec is what an ordinary exchange settles.
func spec(remote string, codec call.Codec, pt, dtmf uint8) call.MediaSpec {
	at := netip.MustParseAddrPort(remote)
	return call.MediaSpec{
		Remote: at, RemoteRTCP: netip.AddrPortFrom(at.Addr(), at.Port()+1),
		Codec: codec, PayloadType: pt, DTMF: dtmf, Ptime: 20 * time.Millisecond,
	}
}

func ptime(s call.MediaSpec, ms int) call.MediaSpec {
	s.Ptime = time.Duration(ms) * time.Millisecond
	return s
}

func muxed(s call.MediaSpec) call.MediaSpec {
	s.Mux = true
	return s
}

func rtcp(s call.MediaSpec, at string) call.MediaSpec {
	s.RemoteRTCP = netip.MustParseAddrPort(at)
	return s
}

// requireAnswers reads an answer with a parser that isn't ours and holds it
// against RFC 3264 section 6: a line for each line of the offer, in order, of
// the same kind and profile, one in use, with one codec and its digits.
func requireAnswers(t require.TestingT, offer, answer []byte, got call.MediaSpec) {
	var read pion.SessionDescription
	require.NoError(t, read.Unmarshal([]byte(strings.ReplaceAll(string(answer), "m=image 0 udptl", "m=application 0 UDP"))))
	asked := mediaLines(offer)
	given := mediaLines(answer)
	require.Len(t, given, len(asked))
	used := 0
	for i := range asked {
		want, have := strings.Fields(asked[i]), strings.Fields(given[i])
		require.Equal(t, want[0], have[0])
		require.Equal(t, want[2], have[2])
		if have[1] == "0" {
			continue
		}
		used++
		formats := 1
		if got.DTMF != 0 {
			formats = 2
		}
		require.Len(t, have[3:], formats)
		require.Subset(t, want[3:], have[3:])
	}
	require.Equal(t, 1, used)
}

func mediaLines(text []byte) []string {
	var out []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "m="); ok {
			out = append(out, value)
		}
	}
	return out
}

func TestAnswerText(t *testing.T) {
	answer, _, err := sdp.Negotiate(gatewayOffer, local, ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, string(crlf(`
v=0
o=- 4711 1 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 8 97
a=rtpmap:8 PCMA/8000
a=rtpmap:97 telephone-event/8000
a=fmtp:97 0-16
a=ptime:30
a=sendrecv
m=image 0 udptl t38
`)), string(answer))
}

func TestNegotiateRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		offer []byte
		want  error
		words string
	}{
		{"only G.729", swap(gatewayOffer, " 18 8 0 97", " 18 97"), sdp.ErrNoCodec, "allowed"},
		{"port 0", swap(sippOffer, "audio 6000", "audio 0"), sdp.ErrNoCodec, "port 0"},
		{"secure only", swap(sippOffer, "RTP/AVP", "RTP/SAVP"), sdp.ErrNoCodec, "RTP/SAVP"},
		{"browser", swap(sippOffer, "RTP/AVP", "UDP/TLS/RTP/SAVPF"), sdp.ErrNoCodec, "SAVPF"},
		{"host name", swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP4 gw.example.com"), sdp.ErrNoCodec, "gw.example.com"},
		{"multicast", swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP4 233.252.0.1/127"), sdp.ErrNoCodec, "multicast"},
		{"no audio", swap(sippOffer, "m=audio", "m=video"), sdp.ErrNoCodec, "no audio"},
		{"no stream", swap(sippOffer, "m=audio", "x=audio"), sdp.ErrNoCodec, "no audio"},
		{"static type redefined", swap(sippOffer, "8 PCMA/8000", "8 PCMU/8000"), sdp.ErrNoCodec, "offered"},
		{"wide-band under the name", swap(dynamicOffer, "PcMa/8000/1", "PCMA/16000"), sdp.ErrNoCodec, "offered"},
		{"stereo", swap(dynamicOffer, "PcMa/8000/1", "PCMA/8000/2"), sdp.ErrNoCodec, "offered"},
		{"no c=", swap(sippOffer, "c=IN IP4 127.0.0.1\r\n", ""), sdp.ErrBad, "no c= line"},
		{"empty", nil, sdp.ErrBad, "empty"},
		{"no SDP", []byte("hello there"), sdp.ErrBad, "x=…"},
		{"version 1", swap(sippOffer, "v=0", "v=1"), sdp.ErrBad, "v=0"},
		{"port out of range", swap(sippOffer, "audio 6000", "audio 66000"), sdp.ErrBad, "66000"},
		{"negative port", swap(sippOffer, "audio 6000", "audio -1"), sdp.ErrBad, "port"},
		{"m= cut short", swap(sippOffer, "6000 RTP/AVP 8 101", "6000"), sdp.ErrBad, "lacks fields"},
		{"c= of another net", swap(sippOffer, "c=IN IP4", "c=ATM NSAP"), sdp.ErrBad, "c="},
		{"too long", withLines(sippOffer, "a="+strings.Repeat("x", sdp.MaxSize)), sdp.ErrBad, "at most"},
		{"too many streams", withLines(sippOffer, strings.Repeat("m=audio 1 RTP/AVP 8\r\n", 40)), sdp.ErrBad, "m= lines"},
		{"too many formats", swap(sippOffer, " 8 101", strings.Repeat(" 8", 200)), sdp.ErrBad, "formats"},
		{"too many rtpmaps", withLines(sippOffer, strings.Repeat("a=rtpmap:9 G722/8000\r\n", 200)), sdp.ErrBad, "rtpmap"},
		{"control characters", swap(sippOffer, "RTP/AVP 8", "RTP/AVP \x018"), sdp.ErrBad, "control"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, _, err := sdp.Negotiate(c.offer, local, ident, sdp.Options{})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.words)
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			require.Nil(t, answer)
		})
	}
}

// TestDirections is the table of RFC 3264 6.1 with the old hold of 8.4.
func TestDirections(t *testing.T) {
	for _, c := range []struct {
		name    string
		offer   []byte
		want    call.Direction
		wish    call.Direction
		settled call.Direction
	}{
		{"nothing said", sippOffer, call.SendRecv, call.SendRecv, call.SendRecv},
		{"sendrecv", withLines(sippOffer, "a=sendrecv"), call.SendRecv, call.SendRecv, call.SendRecv},
		{"hold", withLines(sippOffer, "a=sendonly"), call.RecvOnly, call.SendRecv, call.RecvOnly},
		{"hold without music", withLines(sippOffer, "a=inactive"), call.Inactive, call.SendRecv, call.Inactive},
		{"listens only", withLines(sippOffer, "a=recvonly"), call.SendOnly, call.SendRecv, call.SendOnly},
		{"on the session", swap(sippOffer, "t=0 0", "t=0 0\r\na=sendonly"), call.RecvOnly, call.SendRecv, call.RecvOnly},
		{"stream before session", withLines(swap(sippOffer, "t=0 0", "t=0 0\r\na=inactive"), "a=sendrecv"), call.SendRecv, call.SendRecv, call.SendRecv},
		{"old hold", swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), call.RecvOnly, call.SendRecv, call.RecvOnly},
		{"old hold, IPv6", swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP6 ::"), call.RecvOnly, call.SendRecv, call.RecvOnly},
		{"old hold, said twice", withLines(swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), "a=inactive"), call.Inactive, call.SendRecv, call.Inactive},
		{"old hold of a listener", withLines(swap(sippOffer, "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), "a=recvonly"), call.Inactive, call.SendRecv, call.Inactive},
		{"we hold, refreshed", sippOffer, call.SendRecv, call.SendOnly, call.SendOnly},
		{"both hold", withLines(sippOffer, "a=sendonly"), call.RecvOnly, call.SendOnly, call.Inactive},
		{"we are silent", sippOffer, call.SendRecv, call.Inactive, call.Inactive},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, got, err := sdp.Negotiate(c.offer, local, ident, sdp.Options{Direction: c.wish})
			require.NoError(t, err)
			require.Equal(t, c.settled, got.Direction)
			require.Contains(t, string(answer), "\r\na="+c.settled.String()+"\r\n")
			if c.wish == call.SendRecv {
				require.Equal(t, c.want, got.Direction)
			}
		})
	}
}

func TestPacketLength(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  int
	}{
		{nil, 20},
		{[]string{"a=ptime:10"}, 10},
		{[]string{"a=ptime:30"}, 30},
		{[]string{"a=ptime:25"}, 20},
		{[]string{"a=ptime:5"}, 20},
		{[]string{"a=ptime:200"}, 60},
		{[]string{"a=ptime:20.000"}, 20},
		{[]string{"a=ptime:soon"}, 20},
		{[]string{"a=ptime:-20"}, 20},
		{[]string{"a=ptime:40", "a=maxptime:30"}, 30},
		{[]string{"a=maxptime:150"}, 20},
		{[]string{"a=maxptime:10"}, 10},
		{[]string{"a=maxptime:1"}, 20},
	} {
		answer, got, err := sdp.Negotiate(withLines(sippOffer, c.lines...), local, ident, sdp.Options{})
		require.NoError(t, err)
		require.Equal(t, time.Duration(c.want)*time.Millisecond, got.Ptime, c.lines)
		require.Contains(t, string(answer), "a=ptime:"+got.Ptime.String()[:2]+"\r\n")
	}
}

func TestRTCP(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"a=rtcp:7001", "127.0.0.1:7001"},
		{"a=rtcp:7001 IN IP4 192.0.2.9", "192.0.2.9:7001"},
		{"a=rtcp:7001 IN IP4 gw.example.com", "127.0.0.1:7001"},
		{"a=rtcp:x", "127.0.0.1:6001"},
		{"a=rtcp:", "127.0.0.1:6001"},
		{"a=rtcp-mux", "127.0.0.1:6001"},
	} {
		answer, got, err := sdp.Negotiate(withLines(sippOffer, c.line), local, ident, sdp.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, got.RemoteRTCP.String(), c.line)
		require.Equal(t, c.line == "a=rtcp-mux", strings.Contains(string(answer), "a=rtcp-mux\r\n"), "agreed to where offered (RFC 5761 5.1.1)")
		require.Equal(t, c.line == "a=rtcp-mux", got.Mux)
	}
	_, got, err := sdp.Negotiate(swap(sippOffer, "6000", "65535"), local, ident, sdp.Options{})
	require.NoError(t, err)
	require.False(t, got.RemoteRTCP.IsValid())
}

// TestVersion: the version counts texts, not messages (RFC 3264 section 8).
func TestVersion(t *testing.T) {
	first, _, err := sdp.Negotiate(sippOffer, local, ident, sdp.Options{})
	require.NoError(t, err)
	again, _, err := sdp.Negotiate(sippOffer, local, ident, sdp.Options{Last: first})
	require.NoError(t, err)
	require.Equal(t, string(first), string(again))
	held, _, err := sdp.Negotiate(withLines(sippOffer, "a=sendonly"), local, ident, sdp.Options{Last: again})
	require.NoError(t, err)
	require.Contains(t, string(held), "o=- 4711 2 IN IP4 198.51.100.1\r\n")
	resumed, _, err := sdp.Negotiate(sippOffer, local, ident, sdp.Options{Last: held})
	require.NoError(t, err)
	require.Equal(t, string(swap(first, "o=- 4711 1 ", "o=- 4711 3 ")), string(resumed))
}

// TestNoLeak: nothing but the advertised address is told.
func TestNoLeak(t *testing.T) {
	o := sdp.Origin{SessionID: 1, Version: 1, Addr: netip.MustParseAddr("198.51.100.99")}
	answer, _, err := sdp.Negotiate(linphoneOffer, local, o, sdp.Options{})
	require.NoError(t, err)
	require.Contains(t, string(answer), "o=- 1 1 IN IP4 198.51.100.99\r\ns=-\r\nc=IN IP4 198.51.100.1\r\n")
	require.NotContains(t, string(answer), "192.0.2.40")
	require.NotContains(t, string(answer), "Talk")
}
