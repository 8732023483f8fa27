package sdp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/sdp"
)

const (
	theirKey = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR" // of RFC 4568 section 9.1's length
	gcmKey   = "u8m0tWg8bN7Vb3uJ2dGq8rKp0s4QyXoT5zHhZQ=="
	hash     = "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:AC:1E:2E:45:8B:7A:0F:6E:0A:17:88"
)

// secrets are ours, all different.
func secrets() *call.LocalSecrets {
	s := &call.LocalSecrets{Fingerprint: "sha-256 " + strings.Repeat("AA:", 31) + "BB", Ufrag: "ourU", Password: "our-password-of-22-chars", SSRC: 4321, CNAME: "c"}
	for i := range s.Keys {
		for j := range s.Keys[i] {
			s.Keys[i][j] = byte(16*i + j)
		}
	}
	return s
}

// secureLocal is our side under a policy.
func secureLocal(policy call.Encryption) call.LocalMedia {
	l := local
	l.SRTP = policy
	if policy != call.EncryptOff {
		l.Secrets = secrets()
	}
	return l
}

func keys(suite call.CryptoSuite, first byte) (k call.MasterKey) {
	for j := range suite.KeyBytes() + suite.SaltBytes() {
		k[j] = first + byte(j)
	}
	return k
}

func sdesOffer(proto string, lines ...string) []byte {
	return withLines(swap(sippOffer, "RTP/AVP", proto), lines...)
}

func TestKeysOfAnOffer(t *testing.T) {
	sha80 := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + theirKey
	sha32 := "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" + theirKey + "|2^20"
	gcm := "a=crypto:7 AEAD_AES_128_GCM inline:" + gcmKey
	for _, c := range []struct {
		name   string
		offer  []byte
		policy call.Encryption
		suite  call.CryptoSuite // SuiteNone: plain
		answer string           // a line of it
	}{
		{"SHA-80", sdesOffer("RTP/SAVP", sha80), call.EncryptOptional, call.SuiteSHA80, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:EBES"},
		{"the first that we know", sdesOffer("RTP/SAVP", "a=crypto:9 F8_128_HMAC_SHA1_80 inline:"+theirKey, sha32, sha80), call.EncryptRequired, call.SuiteSHA32, "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:ICEi"},
		{"AES-GCM", sdesOffer("RTP/SAVPF", gcm, sha80), call.EncryptRequired, call.SuiteGCM, "a=crypto:7 AEAD_AES_128_GCM inline:MDEy"},
		{"keys beside the plain profile", sdesOffer("RTP/AVP", sha80), call.EncryptOptional, call.SuiteSHA80, "m=audio 20000 RTP/AVP 8 101"},
		{"the same, required", sdesOffer("RTP/AVP", sha80), call.EncryptRequired, call.SuiteSHA80, "a=crypto:1 "},
		{"the same, off", sdesOffer("RTP/AVP", sha80), call.EncryptOff, call.SuiteNone, "m=audio 20000 RTP/AVP 8 101"},
		{"plain", sippOffer, call.EncryptOptional, call.SuiteNone, "RTP/AVP"},
		{"an MKI is passed over", sdesOffer("RTP/SAVP", sha80+"|1:4", sha32), call.EncryptOptional, call.SuiteSHA32, "a=crypto:2 "},
		{"so are two keys", sdesOffer("RTP/SAVP", sha80+";inline:"+theirKey, sha32), call.EncryptOptional, call.SuiteSHA32, "a=crypto:2 "},
		{"and what changes the packets", sdesOffer("RTP/SAVP", sha80+" UNENCRYPTED_SRTP", sha80+" KDR=1", sha32+" WSH=128"), call.EncryptOptional, call.SuiteSHA32, "a=crypto:2 "},
		{"and a key of a wrong length", sdesOffer("RTP/SAVP", sha80+"AAAA", sha80[:len(sha80)-4], sha32), call.EncryptOptional, call.SuiteSHA32, "a=crypto:2 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, got, err := sdp.Negotiate(c.offer, secureLocal(c.policy), ident, sdp.Options{})
			require.NoError(t, err)
			require.Contains(t, string(answer), c.answer)
			if c.suite == call.SuiteNone {
				require.Nil(t, got.Protection)
				require.NotContains(t, string(answer), "crypto")
				return
			}
			require.Equal(t, c.suite, got.Protection.Suite)
			require.NotZero(t, got.Protection.Key)
			require.Equal(t, 1, strings.Count(string(answer), "a=crypto:"))
			require.NotContains(t, string(answer), theirKey, "our key, not theirs")

			// Only looked at, nothing is needed of us.
			_, looked, err := sdp.Negotiate(c.offer, call.LocalMedia{Codecs: both, SRTP: c.policy}, ident, sdp.Options{})
			require.NoError(t, err)
			require.Equal(t, got, looked)
		})
	}
}

func TestPolicyRefuses(t *testing.T) {
	for _, c := range []struct {
		name, words string
		offer       []byte
		policy      call.Encryption
	}{
		{"plain where required", "required", sippOffer, call.EncryptRequired},
		{"secure where off", "srtp: off", sdesOffer("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+theirKey), call.EncryptOff},
		{"secure without keys", "a=crypto", sdesOffer("RTP/SAVP"), call.EncryptOptional},
		{"only suites we don't know", "a=crypto", sdesOffer("RTP/SAVP", "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:"+theirKey), call.EncryptRequired},
		{"DTLS without a fingerprint", "fingerprint", sdesOffer("UDP/TLS/RTP/SAVPF"), call.EncryptOptional},
		{"another hash", "fingerprint", sdesOffer("UDP/TLS/RTP/SAVPF", "a=fingerprint:sha-1 4A:AD"), call.EncryptOptional},
		{"another profile", "is not spoken", sdesOffer("TCP/RTP/AVP"), call.EncryptOptional},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := sdp.Negotiate(c.offer, secureLocal(c.policy), ident, sdp.Options{})
			require.ErrorIs(t, err, sdp.ErrNoCodec)
			require.ErrorContains(t, err, c.words)
			require.NotContains(t, err.Error(), theirKey)
		})
	}
}

// TestSecureLineIsPreferred: of two streams the encrypted one is taken, unless none may be.
func TestSecureLineIsPreferred(t *testing.T) {
	offer := withLines(sippOffer, "m=audio 7000 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+theirKey)
	for policy, port := range map[call.Encryption]uint16{call.EncryptOff: 6000, call.EncryptOptional: 7000, call.EncryptRequired: 7000} {
		_, got, err := sdp.Negotiate(offer, secureLocal(policy), ident, sdp.Options{})
		require.NoError(t, err)
		require.Equal(t, port, got.Remote.Port(), policy)
	}
}

// TestOfferOfKeys: what we offer under each policy, and what an answer makes of it.
func TestOfferOfKeys(t *testing.T) {
	plain := crlf(phoneAnswer)
	withKey := func(proto, line string) []byte {
		return withLines(swap(plain, "RTP/AVP", proto), line)
	}
	sha80 := "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + theirKey
	for _, c := range []struct {
		name   string
		policy call.Encryption
		offer  string
		answer []byte
		suite  call.CryptoSuite
		words  string // of the error
	}{
		{"off", call.EncryptOff, "RTP/AVP 8 0 101", plain, call.SuiteNone, ""},
		{"off, answered with a key", call.EncryptOff, "RTP/AVP", withKey("RTP/AVP", sha80), call.SuiteNone, ""},
		{"optional, answered plain", call.EncryptOptional, "RTP/AVP 8 0 101", plain, call.SuiteNone, ""},
		{"optional, answered with a key", call.EncryptOptional, "a=crypto:1 AEAD_AES_128_GCM inline:MDEy", withKey("RTP/AVP", sha80), call.SuiteSHA80, ""},
		{"optional, answered with the secure profile", call.EncryptOptional, "a=crypto:3 ", withKey("RTP/SAVP", sha80), call.SuiteSHA80, ""},
		{"required", call.EncryptRequired, "RTP/SAVP 8 0 101", withKey("RTP/SAVP", sha80), call.SuiteSHA80, ""},
		{"required, answered plain", call.EncryptRequired, "RTP/SAVP", plain, 0, "required"},
		{"required, answered without a key", call.EncryptRequired, "RTP/SAVP", swap(plain, "RTP/AVP", "RTP/SAVP"), 0, "a=crypto"},
		{"a key that was not offered", call.EncryptRequired, "RTP/SAVP", withKey("RTP/SAVP", strings.Replace(sha80, ":2", ":4", 1)), 0, "not offered"},
		{"a suite of another key", call.EncryptRequired, "RTP/SAVP", withKey("RTP/SAVP", strings.Replace(sha80, "_80", "_32", 1)), 0, "not offered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			offer := sdp.Offer(secureLocal(c.policy), ident, call.SendRecv)
			require.Contains(t, string(offer), c.offer)
			got, err := sdp.Accept(offer, c.answer)
			if c.words != "" {
				require.ErrorIs(t, err, sdp.ErrNoCodec)
				require.ErrorContains(t, err, c.words)
				return
			}
			require.NoError(t, err)
			if c.suite == call.SuiteNone {
				require.Nil(t, got.Protection)
				return
			}
			require.Equal(t, c.suite, got.Protection.Suite)
		})
	}
}

// TestReofferKeepsKeys: what was settled is offered again, and the text stays the same.
func TestReofferKeepsKeys(t *testing.T) {
	mine := secureLocal(call.EncryptRequired)
	answer, _, err := sdp.Negotiate(sdesOffer("RTP/SAVP", "a=crypto:5 AES_CM_128_HMAC_SHA1_32 inline:"+theirKey), mine, ident, sdp.Options{})
	require.NoError(t, err)
	hold, err := sdp.Reoffer(mine, ident, call.SendOnly, answer)
	require.NoError(t, err)
	require.Contains(t, string(hold), "RTP/SAVP")
	line := func(text []byte) string {
		_, after, _ := strings.Cut(string(text), "a=crypto:")
		return after
	}
	require.Equal(t, line(answer), line(hold))
	again, err := sdp.Reoffer(mine, ident, call.SendOnly, hold)
	require.NoError(t, err)
	require.Equal(t, string(hold), string(again))

	back, err := sdp.Accept(hold, withLines(swap(swap(crlf(phoneAnswer), "RTP/AVP 0", "RTP/SAVP 8"), "0 PCMU", "8 PCMA"), "a=crypto:5 AES_CM_128_HMAC_SHA1_32 inline:"+theirKey))
	require.NoError(t, err)
	require.Equal(t, call.SuiteSHA32, back.Protection.Suite)
}

func TestRekeyIsAChange(t *testing.T) {
	before := spec("192.0.2.1:4000", call.CodecPCMA, 8, 101)
	before.Protection = &call.Protection{Suite: call.SuiteSHA80, Key: keys(call.SuiteSHA80, 1)}
	same, after := before, before
	same.Protection = &call.Protection{Suite: call.SuiteSHA80, Key: keys(call.SuiteSHA80, 1)}
	require.Equal(t, "none", sdp.Compare(before, same).String())
	after.Protection = &call.Protection{Suite: call.SuiteSHA80, Key: keys(call.SuiteSHA80, 2)}
	require.Equal(t, "recoded", sdp.Compare(before, after).String())
	after.Protection = nil
	require.Equal(t, "recoded", sdp.Compare(before, after).String())
}

// browserOffer is Chromium's, cut to what matters.
var browserOffer = crlf(`
v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 0b1c7f4e-1.local 50000 typ host
a=ice-ufrag:Zk3y
a=ice-pwd:0123456789abcdefghijklmn
a=ice-options:trickle
a=fingerprint:sha-256 ` + hash + `
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
`)

func TestBrowserOffer(t *testing.T) {
	answer, got, err := sdp.Negotiate(browserOffer, secureLocal(call.EncryptOptional), ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, &call.Protection{Fingerprint: "sha-256 " + hash, Ufrag: "Zk3y"}, got.Protection)
	require.True(t, got.Mux)
	require.Equal(t, call.SendRecv, got.Direction, "0.0.0.0 is no hold where ICE finds the address")
	require.EqualValues(t, 126, got.DTMF)
	require.Equal(t, string(crlf(`
v=0
o=- 4711 1 IN IP4 198.51.100.1
s=-
c=IN IP4 198.51.100.1
t=0 0
a=ice-lite
a=group:BUNDLE 0
m=audio 20000 UDP/TLS/RTP/SAVPF 0 126
a=rtpmap:0 PCMU/8000
a=rtpmap:126 telephone-event/8000
a=fmtp:126 0-16
a=ptime:20
a=sendrecv
a=mid:0
a=rtcp-mux
a=setup:passive
a=fingerprint:sha-256 `+strings.Repeat("AA:", 31)+`BB
a=ssrc:4321 cname:c
a=msid:hotline sound
a=ice-ufrag:ourU
a=ice-pwd:our-password-of-22-chars
a=candidate:1 1 udp 2130706431 198.51.100.1 20000 typ host
a=end-of-candidates
`)), string(answer))

	_, waits, err := sdp.Negotiate(swap(browserOffer, "actpass", "passive"), secureLocal(call.EncryptOptional), ident, sdp.Options{})
	require.NoError(t, err)
	require.True(t, waits.Protection.Connect, "who only waits for the handshake has to be met")
	onSession := swap(swap(browserOffer, "a=fingerprint:sha-256 "+hash+"\r\n", ""), "t=0 0", "t=0 0\r\na=fingerprint:SHA-256 "+strings.ToLower(hash))
	_, same, err := sdp.Negotiate(onSession, secureLocal(call.EncryptRequired), ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, got.Protection, same.Protection)
	_, _, err = sdp.Negotiate(browserOffer, secureLocal(call.EncryptOff), ident, sdp.Options{})
	require.ErrorIs(t, err, sdp.ErrNoCodec)
}

func TestOfferToABrowser(t *testing.T) {
	mine := secureLocal(call.EncryptOptional)
	offer := sdp.OfferDTLS(mine, ident, call.SendRecv)
	require.Contains(t, string(offer), "a=setup:actpass")
	answer, spec, err := sdp.Negotiate(offer, mine, ident, sdp.Options{})
	require.NoError(t, err)
	require.Equal(t, "ourU", spec.Protection.Ufrag)
	got, err := sdp.Accept(offer, swap(answer, "setup:passive", "setup:active"))
	require.NoError(t, err)
	require.Equal(t, &call.Protection{Fingerprint: mine.Secrets.Fingerprint, Ufrag: "ourU"}, got.Protection)
	require.True(t, got.Mux)
	hold, err := sdp.Reoffer(mine, ident, call.SendOnly, offer)
	require.NoError(t, err)
	require.Equal(t, strings.Replace(strings.Replace(string(offer), "- 4711 1", "- 4711 2", 1), "sendrecv", "sendonly", 1), string(hold))
	_, err = sdp.Accept(offer, crlf(phoneAnswer))
	require.ErrorIs(t, err, sdp.ErrNoCodec, "a plain answer")
}

// TestKeysAreNeverShown: neither printed nor encoded nor left in what is stored.
func TestKeysAreNeverShown(t *testing.T) {
	mine := secureLocal(call.EncryptRequired)
	offer := sdesOffer("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+theirKey)
	answer, got, err := sdp.Negotiate(offer, mine, ident, sdp.Options{})
	require.NoError(t, err)
	asJSON, err := json.Marshal(map[string]any{"spec": got, "local": mine, "key": got.Protection.Key, "secrets": mine.Secrets})
	require.NoError(t, err)
	shown := string(asJSON) + fmt.Sprintf("%v %+v %#v %s %x %v", got.Protection, *got.Protection, got.Protection.Key, mine.Secrets, got.Protection.Key, mine.Secrets.Keys)
	stored := string(sdp.Redact(offer)) + string(sdp.Redact(answer)) + string(sdp.Redact(browserOffer))
	for _, text := range []string{shown, stored} {
		require.NotContains(t, text, theirKey)
		require.NotContains(t, text, "PS1u")
		require.NotContains(t, text, "EBES")
		require.NotContains(t, text, "0123456789abcdefghijklmn")
		require.NotContains(t, text, "our-password")
		require.NotContains(t, text, "3d2d6e40", "their key in hexadecimal")
		require.NotContains(t, text, "61 45 110", "or as numbers")
	}
	require.Contains(t, stored, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hidden\r\n")
	require.Equal(t, &sippOffer[0], &sdp.Redact(sippOffer)[0], "what has no keys is not copied")
	var back call.MediaSpec
	asJSON, err = json.Marshal(got)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(asJSON, &back))
	require.Equal(t, got.Protection.Suite, back.Protection.Suite)
}
