package sdp_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

func TestOfferText(t *testing.T) {
	require.Equal(t, string(crlf(`
v=0
o=- 4711 1 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
`)), string(sdp.Offer(local, ident, call.SendRecv)))
	six := local
	six.Addr = netip.MustParseAddrPort("[2001:db8::1]:20002")
	require.Contains(t, string(sdp.Offer(six, ident, call.Inactive)), "o=- 4711 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\n")
}

// phoneAnswer answers our offer as a phone does.
const phoneAnswer = `
v=0
o=- 9 9 IN IP4 192.0.2.33
s=-
c=IN IP4 192.0.2.33
t=0 0
m=audio 21234 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=sendrecv
`

func TestAccept(t *testing.T) {
	answer := crlf(phoneAnswer)
	usual := spec("192.0.2.33:21234", call.CodecPCMU, 0, 101)
	held := usual
	held.Direction = call.RecvOnly
	renumbered := usual
	renumbered.DTMF, renumbered.DTMFIn = 96, 101
	digitless := usual
	digitless.DTMF = 0
	for _, c := range []struct {
		name   string
		answer []byte
		want   call.MediaSpec
	}{
		{"usual", answer, usual},
		{"several codecs: the first counts", swap(answer, "AVP 0 101", "AVP 0 8 101"), usual},
		{"a codec we never offered comes first", swap(answer, "AVP 0 101", "AVP 18 0 101"), usual},
		{"held at once", swap(answer, "sendrecv", "sendonly"), held},
		{"telephone-event renumbered", swap(answer, "101", "96"), renumbered},
		{"no telephone-event", swap(answer, "AVP 0 101", "AVP 0"), digitless},
		{"more streams than offered", withLines(answer, "m=video 0 RTP/AVP 96"), usual},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := sdp.Accept(sdp.Offer(local, ident, call.SendRecv), c.answer)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAcceptRefuses(t *testing.T) {
	offer, answer := sdp.Offer(local, ident, call.SendRecv), crlf(phoneAnswer)
	for _, c := range []struct {
		name           string
		offer, answer  []byte
		want           error
		words, machine string
	}{
		{"refused stream", offer, swap(answer, "21234", "0"), sdp.ErrNoCodec, "port 0", "invalid"},
		{"codec not offered", offer, swap(answer, "AVP 0 101", "AVP 18 101"), sdp.ErrNoCodec, "none was offered", "invalid"},
		{"codec of a narrower offer", sdp.Offer(call.LocalMedia{Addr: local.Addr, Codecs: both[:1]}, ident, call.SendRecv), answer, sdp.ErrNoCodec, "PCMU", "invalid"},
		{"no stream", offer, []byte("v=0\r\n"), sdp.ErrBad, "m= lines", "invalid"},
		{"another kind", offer, swap(answer, "m=audio", "m=video"), sdp.ErrBad, "video", "invalid"},
		{"garbage", offer, []byte("?"), sdp.ErrBad, "x=…", "invalid"},
		{"our offer lost", nil, answer, sdp.ErrBad, "our own offer", "internal"},
		{"our offer without audio", []byte("v=0\r\n"), answer, nil, "no audio stream", "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := sdp.Accept(c.offer, c.answer)
			require.ErrorContains(t, err, c.words)
			require.Equal(t, c.machine, call.CodeOf(err).String())
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

// TestAcceptHold: while we hold, a far end that answers sendrecv does not resume us.
func TestAcceptHold(t *testing.T) {
	for _, c := range []struct {
		ours  call.Direction
		their string
		want  call.Direction
	}{
		{call.SendOnly, "recvonly", call.SendOnly},
		{call.SendOnly, "sendrecv", call.SendOnly},
		{call.SendOnly, "inactive", call.Inactive},
		{call.Inactive, "inactive", call.Inactive},
		{call.Inactive, "sendrecv", call.Inactive},
		{call.SendRecv, "recvonly", call.SendOnly},
	} {
		got, err := sdp.Accept(sdp.Offer(local, ident, c.ours), swap(crlf(phoneAnswer), "sendrecv", c.their))
		require.NoError(t, err)
		require.Equal(t, c.want, got.Direction)
	}
}

// TestReoffer keeps what a dialog has settled: lines, numbers, the codec spoken (RFC 3264 section 8).
func TestReoffer(t *testing.T) {
	answer, _, err := sdp.Negotiate(gatewayOffer, local, ident, sdp.Options{})
	require.NoError(t, err)
	mine := local
	mine.Codecs = []call.Codec{call.CodecPCMU, call.CodecPCMA}

	hold, err := sdp.Reoffer(mine, ident, call.SendOnly, answer)
	require.NoError(t, err)
	require.Equal(t, string(crlf(`
v=0
o=- 4711 2 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
m=audio 20000 RTP/AVP 8 0 97
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:97 telephone-event/8000
a=fmtp:97 0-16
a=ptime:30
a=sendonly
m=image 0 udptl t38
`)), string(hold))

	again, err := sdp.Reoffer(mine, ident, call.SendOnly, hold)
	require.NoError(t, err)
	require.Equal(t, string(hold), string(again))

	dynamic, _, err := sdp.Negotiate(dynamicOffer, local, ident, sdp.Options{})
	require.NoError(t, err)
	next, err := sdp.Reoffer(local, ident, call.SendRecv, dynamic)
	require.NoError(t, err)
	require.Contains(t, string(next), "m=audio 20000 RTP/AVP 105 0 106\r\n")
}

// TestReofferAddsDigits: a far end that offered none may still take them.
func TestReofferAddsDigits(t *testing.T) {
	for _, c := range []struct{ offer, want string }{
		{"m=audio 6000 RTP/AVP 8", "RTP/AVP 8 0 101\r\n"},
		{"m=audio 6000 RTP/AVP 101\r\na=rtpmap:101 PCMA/8000", "RTP/AVP 101 0 102\r\n"},
	} {
		offer := "v=0\r\nc=IN IP4 192.0.2.1\r\n" + c.offer + "\r\n"
		answer, _, err := sdp.Negotiate([]byte(offer), local, ident, sdp.Options{})
		require.NoError(t, err)
		next, err := sdp.Reoffer(local, ident, call.SendRecv, answer)
		require.NoError(t, err)
		require.Contains(t, string(next), c.want)
	}
}

func TestReofferNeedsOurs(t *testing.T) {
	for _, last := range []string{"", "v=0\r\n", "nonsense"} {
		_, err := sdp.Reoffer(local, ident, call.SendRecv, []byte(last))
		require.Equal(t, call.CodeInternal, call.CodeOf(err), last)
	}
}

func TestBody(t *testing.T) {
	text := string(sippOffer)
	mixed := strings.Join([]string{
		"--b1", "Content-Type: application/ISUP;version=nxv3", "Content-Disposition: signal;handling=optional", "", "\x01\x10\x00",
		"--b1", "Content-Type: Application/SDP", "", text + "--b1--", "",
	}, "\r\n")
	for _, c := range []struct {
		name, ctype, body string
		want              any // nil, text or an error
	}{
		{"plain", "application/sdp", text, text},
		{"upper case, parameter", "Application/SDP; charset=utf-8", text, text},
		{"beside ISUP", `multipart/mixed; boundary="b1"`, mixed, strings.TrimSuffix(text, "\r\n")},
		{"no part fits", `multipart/mixed;boundary=b1`, strings.ReplaceAll(mixed, "/SDP", "/x"), nil},
		{"nothing", "", "", nil},
		{"blank", "application/sdp", "\r\n", nil},
		{"other", "application/dtmf-relay", "Signal=1", sdp.ErrType},
		{"none named", "", text, sdp.ErrType},
		{"no boundary", "multipart/mixed", mixed, sdp.ErrType},
		{"boundary never met", "multipart/mixed;boundary=b2", mixed, sdp.ErrBad},
		{"too many parts", "multipart/mixed;boundary=b1", strings.Repeat("--b1\r\n\r\nx\r\n", 20), sdp.ErrBad},
		{"too long", "application/sdp", strings.Repeat("x", sdp.MaxSize+1), sdp.ErrBad},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := sdp.Body(c.ctype, []byte(c.body))
			switch want := c.want.(type) {
			case error:
				require.ErrorIs(t, err, want)
			case string:
				require.NoError(t, err)
				require.Equal(t, want, string(got))
			default:
				require.NoError(t, err)
				require.Nil(t, got)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	base := spec("192.0.2.1:4000", call.CodecPCMA, 8, 101)
	for _, c := range []struct {
		want   string
		change func(*call.MediaSpec)
	}{
		{"none", func(*call.MediaSpec) {}},
		{"none", func(s *call.MediaSpec) { s.Version++ }},
		{"held", func(s *call.MediaSpec) { s.Direction = call.RecvOnly }},
		{"held,muted", func(s *call.MediaSpec) { s.Direction = call.Inactive }},
		{"muted", func(s *call.MediaSpec) { s.Direction = call.SendOnly }},
		{"moved", func(s *call.MediaSpec) { s.Remote = netip.MustParseAddrPort("192.0.2.1:4002") }},
		{"moved", func(s *call.MediaSpec) { s.RemoteRTCP = netip.MustParseAddrPort("192.0.2.1:4009") }},
		{"held", func(s *call.MediaSpec) {
			s.Remote, s.Direction = netip.MustParseAddrPort("0.0.0.0:4000"), call.RecvOnly
		}},
		{"recoded", func(s *call.MediaSpec) { s.Codec, s.PayloadType = call.CodecPCMU, 0 }},
		{"recoded", func(s *call.MediaSpec) { s.DTMF = 96 }},
		{"recoded", func(s *call.MediaSpec) { s.Ptime *= 2 }},
	} {
		after := base
		c.change(&after)
		require.Equal(t, c.want, sdp.Compare(base, after).String())
		require.Equal(t, strings.Replace(c.want, "held", "resumed", 1), strings.Replace(sdp.Compare(withRemote(after, base), base).String(), "held", "resumed", 1))
	}
}

// withRemote puts a real address where a hold had none.
func withRemote(s, from call.MediaSpec) call.MediaSpec {
	if s.Remote.Addr().IsUnspecified() {
		s.Remote = from.Remote
	}
	return s
}

func TestBehindNAT(t *testing.T) {
	for _, c := range []struct {
		remote, source string
		want           bool
	}{
		{"192.0.2.1:4000", "192.0.2.1", false},
		{"192.168.1.5:4000", "192.168.1.5", false},    // a phone on our own network
		{"192.168.1.5:4000", "203.0.113.7", true},     // behind a router
		{"10.0.0.2:4000", "10.0.0.1", true},           // can't be told apart from two routers
		{"100.64.3.4:4000", "203.0.113.7", true},      // carrier NAT
		{"169.254.1.1:4000", "203.0.113.7", true},     // no address at all
		{"127.0.0.1:4000", "203.0.113.7", true},       // a phone that doesn't know itself
		{"0.0.0.0:4000", "203.0.113.7", true},         // the same
		{"203.0.113.9:4000", "203.0.113.7", false},    // a gateway's sound on another machine
		{"[2001:db8::1]:4000", "2001:db8::2", false},  // the same in IPv6
		{"[fd00::1]:4000", "2001:db8::2", true},       // a private IPv6 network
		{"192.0.2.1:4000", "::ffff:192.0.2.1", false}, // a dual-stack socket's way to say it
		{"[fe80::1]:4000", "fe80::1%eth0", false},     // the zone is the socket's
		{"100.128.0.1:4000", "203.0.113.7", false},    // just outside 100.64/10
	} {
		got := sdp.BehindNAT(call.MediaSpec{Remote: netip.MustParseAddrPort(c.remote)}, netip.MustParseAddr(c.source))
		require.Equal(t, c.want, got, c)
	}
	require.True(t, sdp.BehindNAT(call.MediaSpec{}, netip.MustParseAddr("203.0.113.7")))
}
