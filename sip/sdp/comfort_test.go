package sdp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

// audioOffer is an offer of a phone with a media line and its attributes.
func audioOffer(m string, lines ...string) []byte {
	text := "\nv=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n" + m + "\n"
	for _, l := range lines {
		text += l + "\n"
	}
	return crlf(text)
}

// Comfort noise is agreed on where it is offered, for the codecs that have it.
func TestComfortNoiseIsAnswered(t *testing.T) {
	both := call.LocalMedia{Addr: local.Addr, Codecs: []call.Codec{call.CodecPCMA, call.CodecG722}}
	for _, c := range []struct {
		m     string
		lines []string
		want  uint8
	}{
		{"m=audio 4000 RTP/AVP 8 13 101", []string{"a=rtpmap:101 telephone-event/8000"}, 13},
		{"m=audio 4000 RTP/AVP 8 13", []string{"a=rtpmap:13 CN/8000"}, 13},
		{"m=audio 4000 RTP/AVP 8 98", []string{"a=rtpmap:98 cn/8000"}, 98},
		{"m=audio 4000 RTP/AVP 8 98", []string{"a=rtpmap:98 CN/16000"}, 0},
		{"m=audio 4000 RTP/AVP 8 13", []string{"a=rtpmap:13 VDVI/8000"}, 0},
		{"m=audio 4000 RTP/AVP 9 13", nil, 0},
		{"m=audio 4000 RTP/AVP 8", nil, 0},
	} {
		answer, spec, err := sdp.Negotiate(audioOffer(c.m, c.lines...), both, ident, sdp.Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, spec.Comfort, c)
		if c.want == 0 {
			require.NotContains(t, string(answer), "CN/8000")
		} else {
			require.Contains(t, string(answer), " CN/8000\r\n")
		}
	}
}

// It is offered where the other side of the call knows it, and counts only where the answer has it too.
func TestComfortNoiseIsOffered(t *testing.T) {
	plain := sdp.Offer(local, ident, call.SendRecv)
	require.NotContains(t, string(plain), "CN/8000")
	with := local
	with.Comfort = true
	offer := sdp.Offer(with, ident, call.SendRecv)
	require.Contains(t, string(offer), "a=rtpmap:13 CN/8000\r\n")
	takes, leaves := audioOffer("m=audio 4000 RTP/AVP 8 13"), audioOffer("m=audio 4000 RTP/AVP 8")
	for _, c := range []struct {
		offer, answer []byte
		want          uint8
	}{{offer, takes, 13}, {offer, leaves, 0}, {plain, takes, 0}} {
		spec, err := sdp.Accept(c.offer, c.answer)
		require.NoError(t, err)
		require.Equal(t, c.want, spec.Comfort)
	}
	again, err := sdp.Reoffer(local, ident, call.SendRecv, offer)
	require.NoError(t, err)
	require.Contains(t, string(again), "CN/8000", "what was offered once is offered on")
	require.Equal(t, sdp.Recoded, sdp.Compare(call.MediaSpec{}, call.MediaSpec{Comfort: 13}))
	with.Codecs = []call.Codec{call.CodecG722}
	require.NotContains(t, string(sdp.Offer(with, ident, call.SendRecv)), "CN/8000")
}
