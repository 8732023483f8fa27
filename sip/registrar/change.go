package registrar

import "fmt"

// ChangeKind is what happened to a binding.
type ChangeKind uint8

// The kinds. After Added and Refreshed the binding is to be kept, after the
// others forgotten.
const (
	Added ChangeKind = iota
	Refreshed
	Removed // by the phone, or with its account
	Expired
	Dropped // its connection closed
)

var kinds = []string{"added", "refreshed", "removed", "expired", "dropped"}

func (k ChangeKind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("invalid(%d)", uint8(k))
}

// MarshalText gives the kind's name.
func (k ChangeKind) MarshalText() ([]byte, error) {
	if int(k) >= len(kinds) {
		return nil, fmt.Errorf("change: value %d has no name", uint8(k))
	}
	return []byte(kinds[k]), nil
}

// UnmarshalText reads a kind's name.
func (k *ChangeKind) UnmarshalText(b []byte) error {
	for i, n := range kinds {
		if n == string(b) {
			*k = ChangeKind(i)
			return nil
		}
	}
	return fmt.Errorf("change %q is unknown; one of %q", b, kinds)
}

// Change is one binding's change, with the edge it made for the account: the
// seat's eligibility hangs on these.
type Change struct {
	Kind    ChangeKind `json:"kind"`
	Binding Binding    `json:"binding"`
	Up      bool       `json:"up,omitempty"`   // the account had no binding before
	Down    bool       `json:"down,omitempty"` // the account has none any more
}
