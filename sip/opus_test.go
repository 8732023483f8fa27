package sip

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

const opusSDP = "v=0\no=ph 1 1 IN IP4 127.0.0.20\ns=-\nc=IN IP4 127.0.0.20\nt=0 0\nm=audio 40000 RTP/AVP 107 101\n" +
	"a=rtpmap:107 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"

// opusMedia is our side where the site lists Opus.
func opusMedia(makes bool) call.LocalMedia {
	m := ourMedia
	m.Codecs, m.MakesOpus = append([]call.Codec{call.CodecOpus}, m.Codecs...), makes
	return m
}

// TestOpusAloneIsOfferedAgainWithoutIt: a phone that takes nothing but Opus out of our offer (RFC 3264 6.1 lets it) is
// asked for a codec that this node can make; one that can make it leaves it at that.
func TestOpusAloneIsOfferedAgainWithoutIt(t *testing.T) {
	for _, makes := range []bool{false, true} {
		bubble(t, nil, func(t *testing.T, n *node) {
			phone := n.peer(phoneAddr)
			n.register("1001", phoneAddr)
			n.Ring(Ring{Call: "C1", Leg: "L1", Phone: "1001", Local: opusMedia(makes)}, n.house)
			inv := phone.expect("INVITE ")
			require.Contains(t, inv.body, "RTP/AVP 107 8 0 101 110")
			phone.send(answerTo(inv, "200 OK", "x", "sip:1001@127.0.0.20:5070", opusSDP))
			got := phone.got()
			require.Equal(t, call.CodecOpus, n.house.seen()[0].(call.LegAnswered).Media.Codec)
			again := slices.IndexFunc(got, func(m message) bool { return strings.HasPrefix(m.start, "INVITE ") })
			if makes {
				require.Negative(t, again)
				return
			}
			require.Positive(t, again)
			require.NotContains(t, got[again].body, "opus")
			phone.send(answerTo(&got[again], "200 OK", "", "sip:1001@127.0.0.20:5070", phoneSDP))
			phone.expect("ACK ")
			require.Equal(t, call.CodecPCMA, n.house.seen()[1].(call.LegChanged).Media.Codec)
			phone.nothing()
		})
	}
}

// TestOpusAloneIsRefusedInWords: an offer of nothing else, where it can't be made.
func TestOpusAloneIsRefusedInWords(t *testing.T) {
	for _, makes := range []bool{false, true} {
		bubble(t, func(o *Options) { o.MakesOpus = makes }, func(t *testing.T, n *node) {
			site := testSite()
			site.Trunks[0].Codecs = opusMedia(makes).Codecs
			n.SetSite(site)
			gw := n.peer(gatewayAddr)
			gw.dial().send("INVITE", opusSDP)
			if makes {
				gw.nothing()
				require.Len(t, n.house.calls, 1)
				return
			}
			last := gw.expect("SIP/2.0 488")
			require.Contains(t, last.get("warning"), `305 hotline "`)
			require.Contains(t, last.get("warning"), "opus alone")
			require.Contains(t, n.house.refused[0].Words, "PCMA or PCMU beside it")
		})
	}
}
