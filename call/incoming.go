package call

import "time"

// CallerClass is how a caller is treated.
type CallerClass uint8

// The classes.
const (
	CallerNormal CallerClass = iota
	CallerVIP
	CallerBlocked
)

var callerClasses = []string{"normal", "vip", "blocked"}

func (c CallerClass) String() string { return enumText(callerClasses, c) }

// MarshalText gives the class's name.
func (c CallerClass) MarshalText() ([]byte, error) {
	return enumMarshal("caller class", callerClasses, c)
}

// UnmarshalText reads a class's name.
func (c *CallerClass) UnmarshalText(b []byte) (err error) {
	*c, err = enumParse[CallerClass]("caller class", callerClasses, b)
	return err
}

// Caller is who calls, as far as the site knows (主叫 / 客户).
type Caller struct {
	Number string      `json:"number"` // normalised: see NormalizeNumber
	Class  CallerClass `json:"class"`
	Level  string      `json:"level,omitempty"` // diamond, gold, silver for a VIP
	Name   string      `json:"name,omitempty"`
}

// Number is a called number (接入号) and the flow that answers it.
type Number struct {
	Number        string `json:"number"`
	Trunk         string `json:"trunk"` // calls come in on this trunk only
	Flow          string `json:"flow"`
	Language      string `json:"language,omitempty"`       // its callers hear at first; empty: the house's
	AnswerBlocked bool   `json:"answer_blocked,omitempty"` // blocked callers hear the flow instead of 603
}

// Incoming is a call at the door: what the INVITE from a known trunk says,
// before anybody has decided whether it is taken.
type Incoming struct {
	ID    ID     `json:"id"`
	Leg   LegID  `json:"leg"`
	Trunk string `json:"trunk"`
	// Phone is the account of ours that sent the INVITE, proven by digest; Trunk is empty then.
	Phone     string `json:"phone,omitempty"`
	From      string `json:"from"` // user part of From, or of P-Asserted-Identity, as the trunk sent it
	FromName  string `json:"from_name,omitempty"`
	To        string `json:"to"` // user part of the Request-URI
	SIPCallID string `json:"sip_call_id"`
	// Private is the caller's wish that the number is kept from called parties (RFC 3323).
	Private bool `json:"private,omitempty"`
	// Forwarding is where the call has been before it came here.
	Forwarding Forwarding `json:"forwarding,omitzero"`
	// Handover is another site's word on the call; nil unless its trunk is that site's.
	Handover *Handover `json:"handover,omitempty"`
	// Replaces is the leg of ours that the INVITE takes over (RFC 3891).
	Replaces *LegRef `json:"replaces,omitempty"`
	// EarlyOnly, with Replaces: only while that leg rings (RFC 3891 section 6.1).
	EarlyOnly bool `json:"early_only,omitempty"`
	// PASSporT is the caller's attested identity (RFC 8224, Identity header) as it came; nil when there is none.
	PASSporT *PASSporT `json:"passport,omitempty"`
	Received time.Time `json:"received"` // when the INVITE came
	// Offer is what the caller's SDP settles with our codecs; nil for a late offer,
	// where the 200 carries ours and the ACK the answer (RFC 3261 13.2.1).
	Offer *MediaSpec `json:"offer,omitempty"`
}

// LegRef names a leg of a live call.
type LegRef struct {
	Call ID    `json:"call"`
	Leg  LegID `json:"leg"`
}

// PASSporT is what an Identity header says of the caller (RFC 8225, RFC 8588). It is shown and
// passed on; whether its signature holds is the carrier's to judge.
type PASSporT struct {
	Raw    string    `json:"raw"`              // the header's value, for passing on
	Attest string    `json:"attest,omitempty"` // A, B or C (RFC 8588); empty: none, or not readable
	OrigID string    `json:"orig_id,omitempty"`
	Orig   string    `json:"orig,omitempty"` // the number attested
	Issued time.Time `json:"issued,omitzero"`
	// More are further Identity headers as they came, such as those of diversions (RFC 8946).
	More []string `json:"more,omitempty"`
}

// Refusal is why a call is not taken: the final response to its INVITE.
type Refusal struct {
	Cause      Cause         `json:"cause"`
	Words      string        `json:"words"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
}
