package call

import (
	"strings"
	"time"
)

// DestinationKind is what a number dialled inside the house leads to.
type DestinationKind uint8

// The kinds.
const (
	ToNobody DestinationKind = iota // nothing of ours, and no telephone number
	ToAgent                         // an agent, at whatever phone he has signed in
	ToPhone                         // a desk phone, whoever sits there
	ToQueue
	ToNumber // an outside number, through a trunk
	ToCode   // begins with *: the node answers itself
)

var destinationKinds = []string{"nobody", "agent", "phone", "queue", "number", "code"}

func (k DestinationKind) String() string { return enumText(destinationKinds, k) }

// MarshalText gives the kind's name.
func (k DestinationKind) MarshalText() ([]byte, error) {
	return enumMarshal("destination", destinationKinds, k)
}

// UnmarshalText reads a kind's name.
func (k *DestinationKind) UnmarshalText(b []byte) (err error) {
	*k, err = enumParse[DestinationKind]("destination", destinationKinds, b)
	return err
}

// ShownDialled is a number as it may be logged, kept and shown: what follows a code may be a PIN.
func ShownDialled(dialled string) string {
	const code = len("*11")
	if strings.HasPrefix(dialled, "*") && len(dialled) > code {
		return dialled[:code] + "…"
	}
	return dialled
}

// Instead is where a call between people goes that whom it is for does not take (呼叫转移); empty: nowhere.
type Instead struct {
	Busy     string        `json:"busy,omitempty"`
	NoAnswer string        `json:"no_answer,omitempty"`
	After    time.Duration `json:"after,omitempty"`  // of ringing
	Divert   bool          `json:"divert,omitempty"` // the phone's own diversion (302) is followed
}

// Destination is where a call leads that a phone, a transfer or the API makes. Kind says which
// of the others is set; Dialled always is.
type Destination struct {
	Kind    DestinationKind `json:"kind"`
	Dialled string          `json:"dialled"` // as it was asked for
	Agent   SeatID          `json:"agent,omitempty"`
	Phone   string          `json:"phone,omitempty"`
	Queue   string          `json:"queue,omitempty"`
	Number  string          `json:"number,omitempty"`  // normalised
	Instead *Instead        `json:"instead,omitempty"` // of an agent or phone
}
