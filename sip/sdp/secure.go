package sdp

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"hotline/call"
)

// maxCrypto bounds the a=crypto lines of a stream that are read.
const maxCrypto = 32

// profile is how a stream's profile word and its attributes say that it is protected.
type profile uint8

const (
	profileUnknown profile = iota
	profilePlain           // RTP/AVP(F) without keys
	profileSDES            // keys in the description, RFC 4568
	profileDTLS            // keys by DTLS on the sound's own way, RFC 5764
)

// dtlsOffer is the profile of our offers to browsers (RFC 8829 5.1.2), secureOffer
// that of our offers to phones which have to encrypt (RFC 4568).
const (
	plainOffer  = "RTP/AVP"
	secureOffer = "RTP/SAVP"
	dtlsOffer   = "UDP/TLS/RTP/SAVPF"
)

// ourMid names our one stream where we offer (RFC 5888).
const ourMid = "0"

// suitesOffered is the order of preference of our offers: AES-GCM costs a third of the others.
var suitesOffered = [...]call.CryptoSuite{call.SuiteGCM, call.SuiteSHA80, call.SuiteSHA32}

// crypto is one a=crypto line (RFC 4568 section 9.1) that can be taken.
type crypto struct {
	tag   string
	suite call.CryptoSuite
	key   call.MasterKey
}

// handshake is what a stream says of DTLS and ICE (RFC 8122, RFC 4145, RFC 8839).
// Each may stand on the session instead.
type handshake struct {
	fingerprint string // "sha-256 AB:CD…"
	setup       string
	ufrag, pwd  string
}

// take reads one attribute, if it is one of these.
func (h *handshake) take(key, value string) {
	switch key {
	case "fingerprint":
		// Several hashes of one certificate may be told (RFC 8122 5.1); SHA-256 is the one all have.
		if f := fingerprint(value); f != "" && h.fingerprint == "" {
			h.fingerprint = f
		}
	case "setup":
		h.setup = strings.ToLower(value)
	case "ice-ufrag":
		h.ufrag = iceWord(value, 256)
	case "ice-pwd":
		h.pwd = iceWord(value, 256)
	}
}

// over completes what a stream says with what the session says.
func (h handshake) over(session handshake) handshake {
	if h.fingerprint == "" {
		h.fingerprint = session.fingerprint
	}
	if h.setup == "" {
		h.setup = session.setup
	}
	if h.ufrag == "" {
		h.ufrag, h.pwd = session.ufrag, session.pwd
	}
	return h
}

// fingerprint checks and normalises "SHA-256 ab:cd…"; "" where it can't be one.
func fingerprint(value string) string {
	kind, hash, ok := strings.Cut(value, " ")
	hash = strings.ToUpper(strings.TrimSpace(hash))
	if !ok || !strings.EqualFold(kind, "sha-256") || len(hash) != 32*3-1 {
		return ""
	}
	for i := range len(hash) {
		if (hash[i] == ':') != (i%3 == 2) || hash[i] != ':' && strings.IndexByte("0123456789ABCDEF", hash[i]) < 0 {
			return ""
		}
	}
	return "sha-256 " + hash
}

// iceWord is an ICE name or password (RFC 8839 5.4: 4 or 22 to 256 ice-chars); "" where it can't be one.
func iceWord(value string, most int) string {
	if len(value) < 4 || len(value) > most || !printable(value) {
		return ""
	}
	return value
}

// addCrypto reads a=crypto:<tag> <suite> inline:<key||salt>[|lifetime][|MKI:length] [<params>].
// A line that we can't do is passed over: an unknown suite, several keys, an
// MKI, or a parameter that changes what goes over the wire (RFC 4568 6.3).
func (s *stream) addCrypto(value string) {
	f := strings.Fields(value)
	if len(f) < 3 || len(s.crypto) == maxCrypto || !isTag(f[0]) {
		return
	}
	for _, param := range f[3:] {
		if !strings.HasPrefix(param, "WSH=") && !strings.HasPrefix(param, "-") {
			return
		}
	}
	c := crypto{tag: f[0]}
	if c.suite.UnmarshalText([]byte(f[1])) != nil || c.suite == call.SuiteNone {
		return
	}
	inline, ok := strings.CutPrefix(f[2], "inline:")
	if !ok || strings.Contains(inline, ";") {
		return
	}
	parts := strings.Split(inline, "|")
	if slices.ContainsFunc(parts[1:], func(p string) bool { return strings.Contains(p, ":") }) {
		return
	}
	raw, err := base64.StdEncoding.DecodeString(parts[0])
	if err != nil {
		raw, err = base64.RawStdEncoding.DecodeString(parts[0])
	}
	if err != nil || len(raw) != c.suite.KeyBytes()+c.suite.SaltBytes() {
		return
	}
	copy(c.key[:], raw)
	s.crypto = append(s.crypto, c)
}

// isTag tells a crypto line's tag: up to nine digits (RFC 4568 section 9.2).
func isTag(s string) bool { return s != "" && len(s) <= 9 && strings.Trim(s, "0123456789") == "" }

// profile tells how a stream is protected.
func (d *description) profile(s *stream) profile {
	switch strings.ToUpper(s.proto) {
	case "RTP/AVP", "RTP/AVPF":
		// Phones that encrypt if they can write keys beside the plain profile.
		if len(s.crypto) > 0 {
			return profileSDES
		}
		return profilePlain
	case "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		return profileDTLS
	case "RTP/SAVP", "RTP/SAVPF":
		if len(s.crypto) == 0 && d.handshake(s).fingerprint != "" { // as before RFC 5764 had a profile
			return profileDTLS
		}
		return profileSDES
	default:
		return profileUnknown
	}
}

// plainProfile tells a profile word that means nothing else than plain RTP where no keys are used.
func plainProfile(proto string) bool {
	return strings.EqualFold(proto, "RTP/AVP") || strings.EqualFold(proto, "RTP/AVPF")
}

func (d *description) handshake(s *stream) handshake { return s.over(d.session) }

// protect says how a stream of theirs is to be protected by a policy: nil for
// plain RTP, and the tag of the crypto line chosen. The error tells that the two don't meet.
func (d *description) protect(s *stream, policy call.Encryption) (*call.Protection, string, error) {
	p := d.profile(s)
	if policy == call.EncryptOff && p == profileSDES && plainProfile(s.proto) {
		p = profilePlain
	}
	switch p {
	case profilePlain:
		if policy == call.EncryptRequired {
			return nil, "", unfit("profile %s without keys is plain RTP; here sound is encrypted (srtp: required)", clip(s.proto))
		}
		return nil, "", nil
	case profileSDES, profileDTLS:
		if policy == call.EncryptOff {
			return nil, "", unfit("profile %s is not spoken here, RTP/AVP is (srtp: off)", clip(s.proto))
		}
	case profileUnknown:
		return nil, "", unfit("profile %s is not spoken here, RTP/AVP and RTP/SAVP are", clip(s.proto))
	}
	if p == profileSDES {
		if len(s.crypto) == 0 {
			return nil, "", unfit("no a=crypto line of its audio stream can be taken; one of %v would", suitesOffered)
		}
		c := s.crypto[0]
		return &call.Protection{Suite: c.suite, Key: c.key}, c.tag, nil
	}
	h := d.handshake(s)
	if h.fingerprint == "" {
		return nil, "", unfit("profile %s without a sha-256 fingerprint", clip(s.proto))
	}
	return &call.Protection{Fingerprint: h.fingerprint, Connect: h.setup == "passive", Ufrag: h.ufrag}, "", nil
}

// secured is what our own stream says of its protection.
type secured struct {
	keys    []crypto
	dtls    bool
	ice     bool
	setup   string
	mid     string
	bundled bool
	mux     bool
	secrets *call.LocalSecrets
}

// answerKeys is our side of a protection that was settled by an offer.
func answerKeys(s *stream, p *call.Protection, tag string, mux bool, secrets *call.LocalSecrets) secured {
	out := secured{mux: mux}
	if p == nil {
		return out
	}
	if secrets == nil {
		secrets = &call.LocalSecrets{} // only looked at, never sent
	}
	out.secrets = secrets
	if p.Suite != call.SuiteNone {
		out.keys = []crypto{{tag: tag, suite: p.Suite, key: secrets.Keys[p.Suite]}}
		return out
	}
	out.dtls, out.ice, out.mid = true, p.Ufrag != "", s.mid
	out.setup = "passive"
	if p.Connect {
		out.setup = "active"
	}
	return out
}

// offerKeys is our side of an offer to a phone: keys where the policy has any,
// beside the plain profile where the phone may do without.
func offerKeys(local call.LocalMedia) (string, secured) {
	if local.SRTP == call.EncryptOff || local.Secrets == nil {
		return plainOffer, secured{}
	}
	out := secured{secrets: local.Secrets}
	for i, suite := range suitesOffered {
		out.keys = append(out.keys, crypto{tag: string(rune('1' + i)), suite: suite, key: local.Secrets.Keys[suite]})
	}
	if local.SRTP == call.EncryptRequired {
		return secureOffer, out
	}
	return plainOffer, out
}

// again is our side of a later offer: what our last description said, with the same keys.
func (d *description) again(s *stream, secrets *call.LocalSecrets) secured {
	out := secured{mux: s.mux, secrets: secrets, mid: s.mid}
	if secrets == nil {
		return out
	}
	for _, c := range s.crypto {
		c.key = secrets.Keys[c.suite]
		out.keys = append(out.keys, c)
	}
	if h := d.handshake(s); h.fingerprint != "" {
		// The handshake is over; actpass says that it need not be done again (RFC 8842 5.3).
		out.dtls, out.ice, out.setup = true, h.ufrag != "", "actpass"
		out.bundled = out.mid != "" && slices.Contains(d.bundle, out.mid)
	}
	return out
}

// protection writes what a stream of ours says of its encryption.
func (w *writer) protection(a *ours) {
	s := &a.secured
	if s.mid != "" {
		w.put("a=mid:%s\r\n", s.mid)
	}
	if s.mux {
		w.put("a=rtcp-mux\r\n")
	}
	for _, c := range s.keys {
		key := base64.StdEncoding.EncodeToString(c.key[:c.suite.KeyBytes()+c.suite.SaltBytes()])
		w.put("a=crypto:%s %s inline:%s\r\n", c.tag, c.suite, key)
	}
	if !s.dtls {
		return
	}
	w.put("a=setup:%s\r\na=fingerprint:%s\r\n", s.setup, s.secrets.Fingerprint)
	w.put("a=ssrc:%d cname:%s\r\na=msid:hotline sound\r\n", s.secrets.SSRC, s.secrets.CNAME)
	if s.ice { // RFC 8839: one candidate, and lite on the session
		at := a.media.Addr
		w.put("a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=candidate:1 1 udp 2130706431 %s %d typ host\r\na=end-of-candidates\r\n",
			s.secrets.Ufrag, s.secrets.Password, at.Addr().Unmap().WithZone(""), at.Port())
	}
}

// Redact gives a description as it may be stored: without keys and ICE
// passwords. One that has none is given back as it is.
func Redact(text []byte) []byte {
	if !bytes.Contains(text, []byte("a=crypto:")) && !bytes.Contains(text, []byte("a=ice-pwd:")) {
		return text
	}
	out := make([]byte, 0, len(text))
	for line := range bytes.SplitAfterSeq(text, []byte("\n")) {
		if i := bytes.Index(line, []byte("inline:")); i >= 0 && bytes.HasPrefix(line, []byte("a=crypto:")) {
			line = append(bytes.Clone(line[:i]), "inline:hidden\r\n"...)
		} else if bytes.HasPrefix(line, []byte("a=ice-pwd:")) {
			line = []byte("a=ice-pwd:hidden\r\n")
		}
		out = append(out, line...)
	}
	return out
}
