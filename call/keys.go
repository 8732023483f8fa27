package call

// KeysBy is how a far end tells of keys pressed in its sound. SIP INFO is heard in any case.
type KeysBy uint8

// The ways.
const (
	KeysAuto   KeysBy = iota // by telephone-events (RFC 4733) where they were agreed on, else as tones
	KeysEvents               // by telephone-events or SIP INFO: tones are not listened for
	KeysInband               // as tones, whatever was agreed on; the first telephone-event ends that
)

var keysBy = []string{"auto", "rfc4733", "inband"}

// KeysBys lists the ways.
func KeysBys() []KeysBy { return []KeysBy{KeysAuto, KeysEvents, KeysInband} }

func (k KeysBy) String() string { return enumText(keysBy, k) }

// MarshalText gives the way's name as in the site.
func (k KeysBy) MarshalText() ([]byte, error) { return enumMarshal("dtmf", keysBy, k) }

// UnmarshalText reads a way's name.
func (k *KeysBy) UnmarshalText(b []byte) (err error) {
	*k, err = enumParse[KeysBy]("dtmf", keysBy, b)
	return err
}
