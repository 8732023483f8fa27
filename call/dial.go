package call

import "time"

// DialResult is what became of a call to an outside number (外呼结果).
type DialResult uint8

// The results. Busy, no answer, declined and wrong number are the number's own;
// failed is the way there: trunk, carrier, codec.
const (
	DialAnswered    DialResult = iota
	DialBusy                   // 占线: 486, 600
	DialNoAnswer               // 无人接听: it rang too long, 408, 480, 487
	DialDeclined               // 拒接: 603, 607, 608
	DialWrongNumber            // 空号: 404, 410, 484, 604
	DialFailed                 // 呼叫失败: no way to the number
	DialCancelled              // whoever it was dialled for has left
)

var dialResults = []string{"answered", "busy", "no_answer", "declined", "wrong_number", "failed", "cancelled"}

// DialResults lists every result in order.
func DialResults() []DialResult {
	all := make([]DialResult, len(dialResults))
	for i := range all {
		all[i] = DialResult(i)
	}
	return all
}

func (r DialResult) String() string { return enumText(dialResults, r) }

// MarshalText gives the result's name.
func (r DialResult) MarshalText() ([]byte, error) { return enumMarshal("dial result", dialResults, r) }

// UnmarshalText reads a result's name.
func (r *DialResult) UnmarshalText(b []byte) (err error) {
	*r, err = enumParse[DialResult]("dial result", dialResults, b)
	return err
}

// Shown is who a called party sees calling.
type Shown struct {
	Number string `json:"number"` // empty: nobody's, the call is anonymous
	Name   string `json:"name,omitempty"`
	// Private asks that the number is kept from the called party (RFC 3323): From is
	// anonymous, a trunk that is trusted with it gets the number asserted (RFC 3325).
	Private bool `json:"private,omitempty"`
}

// Handover is what one site tells another of a call it sends there (城市 ↔ 省中心),
// so that the caller keeps his place. It is believed from that site's trunk only.
type Handover struct {
	ID       ID        `json:"id"`    // of the call at the site that sent it
	Entry    time.Time `json:"entry"` // decides the place
	Priority int       `json:"priority"`
	Hops     int       `json:"hops"` // sites the call has passed; 1 at the first that receives it
}

// MaxHops is how many sites a call may pass.
const MaxHops = 4

// MaxHandoverAge bounds how far back a handed-over entry time may lie.
const MaxHandoverAge = 4 * time.Hour

// Forwarding is what an INVITE says of where the call has been before, kept when the
// call goes out again: Diversion (RFC 5806) and History-Info (RFC 7044) values as
// they came, the newest first and the oldest first.
type Forwarding struct {
	Diversion []string `json:"diversion,omitempty"`
	History   []string `json:"history,omitempty"`
}
