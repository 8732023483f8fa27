package sdp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

// keptBy is a recorder's description of two streams in a profile, with a line for both of them.
func keptBy(profile, line string) []byte {
	stream := "m=audio %d " + profile + " 8\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\n" + line
	return []byte("v=0\r\no=srs 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" +
		fmt.Sprintf(stream, 7000) + fmt.Sprintf(stream, 7002))
}

// A recording's two streams are encrypted by the rules of any other's, each by a key of its own.
func TestARecordingsKeys(t *testing.T) {
	const sha80 = "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + theirKey + "\r\n"
	for name, c := range map[string]struct {
		policy          call.Encryption
		profile, answer string // the answer's
		secured, taken  bool
	}{
		"required, with a key":        {call.EncryptRequired, "RTP/SAVP", sha80, true, true},
		"required, without":           {call.EncryptRequired, "RTP/AVP", "", false, false},
		"required, a key not offered": {call.EncryptRequired, "RTP/SAVP", strings.Replace(sha80, ":2 ", ":9 ", 1), false, false},
		"optional, with a key":        {call.EncryptOptional, "RTP/AVP", sha80, true, true},
		"optional, without":           {call.EncryptOptional, "RTP/AVP", "", false, true},
		"off":                         {call.EncryptOff, "RTP/AVP", "", false, true},
		"off, with a key":             {call.EncryptOff, "RTP/SAVP", sha80, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := sdp.Recording{Locals: [2]call.LocalMedia{secureLocal(c.policy), secureLocal(c.policy)}}
			if c.policy != call.EncryptOff {
				r.Locals[1].Secrets.Keys[call.SuiteSHA80][0]++
			}
			offer := sdp.OfferRecording(r, ident, nil)
			lines := cryptoLines(offer)
			require.Equal(t, c.policy != call.EncryptOff, len(lines) == 6, "three suites a stream: %q", lines)
			require.Equal(t, c.policy == call.EncryptRequired, strings.Contains(string(offer), "RTP/SAVP"))
			if len(lines) > 0 {
				require.NotEqual(t, lines[1], lines[4], "a key is one stream's")
			}
			specs, err := sdp.AcceptRecording(r, offer, keptBy(c.profile, c.answer))
			if !c.taken {
				require.ErrorIs(t, err, sdp.ErrNoCodec)
				return
			}
			require.NoError(t, err)
			for _, s := range specs {
				require.Equal(t, c.secured, s.Protection != nil)
			}
			r.Quiet = true
			require.Equal(t, lines, cryptoLines(sdp.OfferRecording(r, ident, offer)), "keys stay for the dialog")
			r.Quiet = false

			answer, specs, err := sdp.AnswerRecording(keptBy(c.profile, c.answer), r, ident, offer) // an offer of its own
			require.NoError(t, err)
			require.Equal(t, 2, strings.Count(string(answer), c.profile+" "))
			for i, s := range specs {
				require.Equal(t, c.secured, s.Protection != nil)
				if c.secured {
					require.Equal(t, lines[3*i+1], cryptoLines(answer)[i], "ours for that suite")
				}
			}
		})
	}
}

// cryptoLines are a description's, in order.
func cryptoLines(text []byte) (out []string) {
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "a=crypto:") {
			out = append(out, line)
		}
	}
	return out
}
