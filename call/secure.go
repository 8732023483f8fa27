package call

import (
	"fmt"
)

// Encryption is whether a party's sound is encrypted (SRTP, RFC 3711).
type Encryption uint8

// The policies.
const (
	EncryptOff      Encryption = iota // plain RTP only
	EncryptOptional                   // whichever the far end takes, encrypted if it can
	EncryptRequired                   // never plain: a far end that can't is refused (488)
)

var encryptions = []string{"off", "optional", "required"}

func (e Encryption) String() string { return enumText(encryptions, e) }

// MarshalText gives the policy's name as the site writes it.
func (e Encryption) MarshalText() ([]byte, error) { return enumMarshal("srtp policy", encryptions, e) }

// UnmarshalText reads a policy's name.
func (e *Encryption) UnmarshalText(b []byte) (err error) {
	*e, err = enumParse[Encryption]("srtp policy", encryptions, b)
	return err
}

// CryptoSuite is an SRTP protection profile.
type CryptoSuite uint8

// The suites, by the names SDES gives them.
const (
	SuiteNone  CryptoSuite = iota
	SuiteSHA80             // AES counter mode, 80-bit tag (RFC 4568 6.2.1)
	SuiteSHA32             // the same with a 32-bit tag (RFC 4568 6.2.2)
	SuiteGCM               // AES-GCM (RFC 7714)
	suites
)

// Suites is how many values of CryptoSuite there are, SuiteNone included.
const Suites = int(suites)

var suiteNames = []string{"none", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"}

func (s CryptoSuite) String() string { return enumText(suiteNames, s) }

// MarshalText gives the suite's name as SDP writes it.
func (s CryptoSuite) MarshalText() ([]byte, error) { return enumMarshal("crypto suite", suiteNames, s) }

// UnmarshalText reads a suite's name.
func (s *CryptoSuite) UnmarshalText(b []byte) (err error) {
	*s, err = enumParse[CryptoSuite]("crypto suite", suiteNames, b)
	return err
}

// KeyBytes is the length of the suite's master key and SaltBytes that of its
// master salt; the two of SuiteNone are 0.
func (s CryptoSuite) KeyBytes() int {
	if s == SuiteNone {
		return 0
	}
	return 16
}

// SaltBytes is the length of the suite's master salt: 14, or 12 for AES-GCM (RFC 7714 12).
func (s CryptoSuite) SaltBytes() int {
	switch s {
	case SuiteNone:
		return 0
	case SuiteGCM:
		return 12
	default:
		return 14
	}
}

// MasterKey is a master key and, right behind it, its salt; what a suite does
// not need is zero. It shows itself to nobody: every way to print or encode it
// gives the word "hidden", so that it is in no log, no journal and no answer of the API.
type MasterKey [30]byte

const hidden = "hidden"

// Format is fmt.Formatter's, for every verb.
func (MasterKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText is encoding.TextMarshaler's.
func (MasterKey) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Protection is what an offer/answer settled on how a leg's sound is encrypted.
// Either keys come with the descriptions (SDES, RFC 4568): then Suite is set. Or
// the two ends agree on them on the sound's own way (DTLS-SRTP, RFC 5763): then Fingerprint is.
type Protection struct {
	Suite CryptoSuite `json:"suite,omitempty"`
	// Key is what the far end encrypts with. It is never encoded.
	Key MasterKey `json:"-"`
	// Fingerprint is the hash of the far end's certificate as SDP has it (RFC 8122): "sha-256 4A:AD:…".
	Fingerprint string `json:"fingerprint,omitempty"`
	// Connect tells that the handshake is ours to begin (we are setup:active, RFC 4145).
	Connect bool `json:"connect,omitempty"`
	// Ufrag is the far end's ICE name (RFC 8839 5.4); empty when it does without ICE.
	Ufrag string `json:"ufrag,omitempty"`
}

// LocalSecrets is our side of Protection for one leg: what our descriptions
// tell the far end. Like MasterKey it is shown to nobody.
type LocalSecrets struct {
	// Keys are what we encrypt with, one for each suite.
	Keys [Suites]MasterKey
	// Fingerprint is the hash of our certificate, as in Protection.
	Fingerprint string
	// Ufrag and Password are our ICE name and password (RFC 8839 5.4).
	Ufrag, Password string
	// SSRC and CNAME are of what we send, which browsers want to be told (RFC 5576).
	SSRC  uint32
	CNAME string
}

// Format is fmt.Formatter's, for every verb.
func (LocalSecrets) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalJSON is json.Marshaler's.
func (LocalSecrets) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
