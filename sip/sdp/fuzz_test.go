package sdp_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/sip/sdp"
)

func samples() [][]byte {
	return [][]byte{
		sippOffer, baresipOffer, linphoneOffer, asteriskOffer, gatewayOffer, softswitchOffer, ipv6Offer,
		twoProfilesOffer, dynamicOffer, crlf(phoneAnswer),
	}
}

// FuzzNegotiate: no text brings the parser down, and whatever is answered can
// be read again, agrees with its spec, and is an answer to that offer.
func FuzzNegotiate(f *testing.F) {
	for _, s := range samples() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, offer []byte) {
		answer, got, err := sdp.Negotiate(offer, local, ident, sdp.Options{})
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			return
		}
		requireConsistent(t, offer, answer, got)
	})
}

// requireConsistent holds an answer against its spec and its offer.
func requireConsistent(t require.TestingT, offer, answer []byte, got call.MediaSpec) {
	require.Contains(t, both, got.Codec)
	require.NotZero(t, got.Remote.Port())
	require.Len(t, mediaLines(answer), len(mediaLines(offer)))

	// Our answer, taken as an offer by the like of us, settles the same codec the other way round.
	back, mirrored, err := sdp.Negotiate(answer, local, ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, local.Addr, mirrored.Remote)
	require.Equal(t, got.Codec, mirrored.Codec)
	require.Equal(t, got.PayloadType, mirrored.PayloadType)
	require.Equal(t, got.DTMF, mirrored.DTMF)
	require.Equal(t, got.Ptime, mirrored.Ptime)
	require.Equal(t, got.Direction.MaySend(), mirrored.Direction.MayReceive())
	require.Equal(t, got.Direction.MayReceive(), mirrored.Direction.MaySend())
	accepted, err := sdp.Accept(answer, back)
	require.NoError(t, err)
	require.Equal(t, got.Codec, accepted.Codec)

	// It is a state to go on from.
	again, err := sdp.Reoffer(local, ident, got.Direction, answer)
	require.NoError(t, err)
	require.Len(t, mediaLines(again), len(mediaLines(answer)))
}

// FuzzProtection: the same for what descriptions say of encryption, under every
// policy; and what is stored of them holds no key.
func FuzzProtection(f *testing.F) {
	for _, s := range append(samples(), browserOffer, sdesOffer("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+theirKey+"|2^31 WSH=64")) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, policy := range []call.Encryption{call.EncryptOptional, call.EncryptRequired} {
			mine := secureLocal(policy)
			answer, got, err := sdp.Negotiate(text, mine, ident, sdp.Options{})
			if err == nil {
				require.False(t, policy == call.EncryptRequired && got.Protection == nil)
				_, err = sdp.Reoffer(mine, ident, got.Direction, answer)
				require.NoError(t, err)
				require.NotContains(t, string(sdp.Redact(answer)), "EBES")
			}
			for _, offer := range [][]byte{sdp.Offer(mine, ident, call.SendRecv), sdp.OfferDTLS(mine, ident, call.SendRecv)} {
				if got, err := sdp.Accept(offer, text); err == nil && policy == call.EncryptRequired {
					require.NotNil(t, got.Protection)
				}
			}
		}
	})
}

// FuzzAccept: the same for what comes back to an offer of ours.
func FuzzAccept(f *testing.F) {
	for _, s := range samples() {
		f.Add(s)
	}
	offer := sdp.Offer(local, ident, call.SendRecv)
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := sdp.Accept(offer, answer)
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			return
		}
		require.Contains(t, both, got.Codec)
		require.False(t, got.Remote.Addr().IsUnspecified() && got.Direction.MaySend(), "nothing is sent to nowhere")
	})
}

// FuzzBody: a body is found or refused, never more than there was.
func FuzzBody(f *testing.F) {
	f.Add("application/sdp", sippOffer)
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--"))
	f.Fuzz(func(t *testing.T, ctype string, body []byte) {
		got, err := sdp.Body(ctype, body)
		if err != nil {
			require.Nil(t, got)
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
		}
		require.LessOrEqual(t, len(got), len(body))
	})
}

// TestNegotiateProperty: for any offer of known and unknown codecs the answer
// holds the offerer's first that is allowed, and there is an answer exactly if
// there is such a codec.
func TestNegotiateProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOffer(t)
		allowed := rapid.SliceOfDistinct(rapid.SampledFrom(both), rapid.ID[call.Codec]).Draw(t, "allowed")
		mine := call.LocalMedia{Addr: local.Addr, Codecs: allowed}
		answer, got, err := sdp.Negotiate(o.text(), mine, ident, sdp.Options{})
		want := o.first(allowed)
		if want == nil {
			require.ErrorIs(t, err, sdp.ErrNoCodec)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.codec, got.Codec)
		require.Equal(t, want.pt, got.PayloadType)
		require.Equal(t, o.dtmf, got.DTMF)
		requireAnswers(t, o.text(), answer, got)
		requireConsistent(t, o.text(), answer, got)
	})
}

// drawn is a generated offer and what is known about it.
type drawn struct {
	lines []drawnCodec
	dtmf  uint8
	video bool // before the audio
	dir   string
}

type drawnCodec struct {
	codec call.Codec // CodecNone for one nobody here knows
	pt    uint8
	name  string // of its rtpmap; empty for none
}

func drawOffer(t *rapid.T) drawn {
	o := drawn{video: rapid.Bool().Draw(t, "video"), dir: rapid.SampledFrom([]string{"", "sendrecv", "sendonly", "recvonly", "inactive"}).Draw(t, "dir")}
	numbers := rapid.Permutation(span(96, 127)).Draw(t, "numbers")
	if rapid.Bool().Draw(t, "dtmf") {
		o.dtmf = numbers[31]
	}
	known := []drawnCodec{
		{call.CodecPCMU, 0, ""},
		{call.CodecPCMU, 0, "PCMU/8000"},
		{call.CodecPCMA, 8, ""},
		{call.CodecPCMA, 8, "pcma/8000/1"},
		{call.CodecPCMA, numbers[0], "PCMA/8000"},
		{call.CodecPCMU, numbers[1], "pCmU/8000"},
		{call.CodecNone, 18, ""},
		{call.CodecG722, 9, "G722/8000"},
		{call.CodecNone, numbers[2], "opus/48000/2"},
		{call.CodecNone, numbers[3], "PCMA/16000"},
		{call.CodecNone, numbers[4], ""},
	}
	o.lines = rapid.SliceOfNDistinct(rapid.SampledFrom(known), 1, 6, func(c drawnCodec) uint8 { return c.pt }).Draw(t, "codecs")
	return o
}

func span(from, to uint8) []uint8 {
	var out []uint8
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

func (o drawn) text() []byte {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n")
	if o.video {
		b.WriteString("m=video 5000 RTP/AVP 31\r\n")
	}
	b.WriteString("m=audio 4000 RTP/AVP")
	for _, c := range o.lines {
		fmt.Fprintf(&b, " %d", c.pt)
	}
	if o.dtmf != 0 {
		fmt.Fprintf(&b, " %d\r\na=rtpmap:%d telephone-event/8000", o.dtmf, o.dtmf)
	}
	b.WriteString("\r\n")
	for _, c := range o.lines {
		if c.name != "" {
			fmt.Fprintf(&b, "a=rtpmap:%d %s\r\n", c.pt, c.name)
		}
	}
	if o.dir != "" {
		fmt.Fprintf(&b, "a=%s\r\n", o.dir)
	}
	return []byte(b.String())
}

func (o drawn) first(allowed []call.Codec) *drawnCodec {
	for i := range o.lines {
		if slices.Contains(allowed, o.lines[i].codec) {
			return &o.lines[i]
		}
	}
	return nil
}

// TestDamagedOffers mangles real offers at random; what can still be answered is answered soundly.
func TestDamagedOffers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	answered := 0
	for range 5000 {
		offer := slices.Clone(samples()[r.IntN(len(samples()))])
		for range 1 + r.IntN(4) {
			at := r.IntN(len(offer))
			switch r.IntN(3) {
			case 0:
				offer[at] = byte(r.IntN(256))
			case 1:
				offer = slices.Delete(offer, at, min(len(offer), at+1+r.IntN(20)))
			default:
				offer = slices.Insert(offer, at, "\r\n 0/=:x"[r.IntN(8)])
			}
		}
		answer, got, err := sdp.Negotiate(offer, local, ident, sdp.Options{})
		if err != nil {
			require.Equal(t, call.CodeInvalid, call.CodeOf(err))
			continue
		}
		answered++
		require.NotEqual(t, netip.Addr{}, got.Remote.Addr())
		requireConsistent(t, offer, answer, got)
	}
	require.Greater(t, answered, 1000)
}
