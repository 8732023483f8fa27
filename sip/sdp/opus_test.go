package sdp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

// withOpus is our side where the site lists Opus.
func withOpus() call.LocalMedia {
	mine := local
	mine.Codecs = []call.Codec{call.CodecOpus, call.CodecPCMA, call.CodecPCMU}
	return mine
}

// TestOpusIsTakenWithACodecBesideIt: RFC 7587, and RFC 3264 6.1 of several formats in an answer.
func TestOpusIsTakenWithACodecBesideIt(t *testing.T) {
	answer, got, err := sdp.Negotiate(linphoneOffer, withOpus(), ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, call.MediaSpec{
		Remote: netip.MustParseAddrPort("192.0.2.40:7078"), RemoteRTCP: netip.MustParseAddrPort("192.0.2.40:7079"),
		Codec: call.CodecOpus, PayloadType: 96, Beside: call.CodecPCMU, BesideType: 0, DTMF: 100, WideDTMF: 101, Ptime: 20 * time.Millisecond,
	}, got)
	require.Contains(t, string(answer), string(crlf(`
m=audio 20000 RTP/AVP 96 0 100 101
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:0 PCMU/8000
a=rtpmap:100 telephone-event/8000
a=fmtp:100 0-16
a=rtpmap:101 telephone-event/48000
a=fmtp:101 0-16
a=ptime:20
`)))
	again, err := sdp.Reoffer(withOpus(), ident, call.SendOnly, answer)
	require.NoError(t, err)
	require.Contains(t, string(again), "m=audio 20000 RTP/AVP 96 0 8 100 101\r\n", "numbers stay, RFC 3264 section 8")
	back, mirrored, err := sdp.Negotiate(again, withOpus(), ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, call.CodecOpus, mirrored.Codec)
	require.EqualValues(t, 101, mirrored.WideDTMF)
	accepted, err := sdp.Accept(again, back)
	require.NoError(t, err)
	require.Equal(t, call.CodecPCMU, accepted.Beside)
}

// TestOpusIsTakenOnlyWhereListed: a site that does not name it is as it was.
func TestOpusIsTakenOnlyWhereListed(t *testing.T) {
	answer, got, err := sdp.Negotiate(linphoneOffer, local, ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, spec("192.0.2.40:7078", call.CodecPCMU, 0, 100), got)
	require.NotContains(t, string(answer), "48000")
	first := swap(linphoneOffer, "96 97 98 0 8 101", "0 96 97 98 8 101")
	_, got, err = sdp.Negotiate(first, withOpus(), ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, spec("192.0.2.40:7078", call.CodecPCMU, 0, 100), got, "who prefers another codec gets that one alone")
}

// TestOpusAloneNeedsWhoMakesIt: without an encoder an offer of nothing else is refused, in words; with one it is taken.
func TestOpusAloneNeedsWhoMakesIt(t *testing.T) {
	alone := swap(linphoneOffer, "96 97 98 0 8 101 99 100", "96 100")
	_, _, err := sdp.Negotiate(alone, withOpus(), ident, sdp.Options{})
	require.ErrorIs(t, err, sdp.ErrNoCodec)
	require.ErrorContains(t, err, "opus alone")
	mine := withOpus()
	mine.MakesOpus = true
	_, got, err := sdp.Negotiate(alone, mine, ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, call.CodecOpus, got.Codec)
	require.Equal(t, call.CodecNone, got.Beside)
	require.EqualValues(t, 100, got.DTMF)
	for _, wrong := range []string{"opus/48000", "opus/48000/1", "opus/8000/2"} {
		_, _, err = sdp.Negotiate(swap(alone, "opus/48000/2", wrong), mine, ident, sdp.Options{})
		require.ErrorIs(t, err, sdp.ErrNoCodec, wrong)
	}
}

// TestOpusIsOffered: with a number of its own, and what answers to it mean.
func TestOpusIsOffered(t *testing.T) {
	offer := sdp.Offer(withOpus(), ident, call.SendRecv)
	require.Contains(t, string(offer), "m=audio 20000 RTP/AVP 107 8 0 101 110\r\na=rtpmap:107 opus/48000/2\r\n")
	answer := func(formats string, maps ...string) []byte {
		return crlf("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP " + formats + "\n" + strings.Join(maps, "\n") + "\n")
	}
	got, err := sdp.Accept(offer, answer("107 8 101", "a=rtpmap:107 opus/48000/2", "a=rtpmap:101 telephone-event/8000"))
	require.NoError(t, err)
	require.Equal(t, []any{call.CodecOpus, uint8(107), call.CodecPCMA, uint8(8), uint8(101), uint8(0)},
		[]any{got.Codec, got.PayloadType, got.Beside, got.BesideType, got.DTMF, got.WideDTMF})
	got, err = sdp.Accept(offer, answer("8 107", "a=rtpmap:107 opus/48000/2"))
	require.NoError(t, err)
	require.Equal(t, []call.Codec{call.CodecPCMA, call.CodecOpus}, []call.Codec{got.Codec, got.Beside}, "both may come")
	got, err = sdp.Accept(offer, answer("98 8 99", "a=rtpmap:98 opus/48000/2", "a=rtpmap:99 telephone-event/48000"))
	require.NoError(t, err)
	require.Equal(t, []uint8{98, 107, 99, 110}, []uint8{got.PayloadType, got.PayloadTypeIn, got.WideDTMF, got.WideDTMFIn}, "renumbered")
	got, err = sdp.Accept(offer, answer("107", "a=rtpmap:107 opus/48000/2"))
	require.NoError(t, err)
	require.Equal(t, call.CodecNone, got.Beside)
	other := got
	require.Zero(t, sdp.Compare(got, other))
	other.Beside = call.CodecPCMA
	require.Equal(t, sdp.Recoded, sdp.Compare(got, other))
}

// TestNumbersAreFree: ours are no others' of the same dialog.
func TestNumbersAreFree(t *testing.T) {
	mine := local
	answer, _, err := sdp.Negotiate(swap(swap(sippOffer, "8 101", "8 107"), "101", "107"), mine, ident, sdp.Options{})
	require.NoError(t, err)
	again, err := sdp.Reoffer(withOpus(), ident, call.SendRecv, answer)
	require.NoError(t, err)
	require.Contains(t, string(again), "RTP/AVP 8 108 0 107 110\r\n")
}
