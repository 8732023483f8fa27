package call

// CallbackID names one callback (排队回呼), from the caller's wish to its end. It is a ULID.
type CallbackID string

// CallbackState is where a callback is.
type CallbackState uint8

// The states. A callback that is held back (quiet hours, a plan, the gap between two tries) waits.
const (
	CallbackWaiting   CallbackState = iota // in its place
	CallbackRinging                        // a seat is offered it
	CallbackDialling                       // a seat has picked up, the customer is dialled
	CallbackConnected                      // the customer has answered: over
	CallbackFailed                         // every try came to nothing: over
	CallbackDropped                        // the customer rang back, or somebody cancelled it: over
	CallbackReturned                       // the agent who had taken a lost call is gone: over, the lost call is on the list again
)

var callbackStates = []string{"waiting", "offered", "dialling", "connected", "failed", "dropped", "returned"}

// CallbackStates lists every state in order.
func CallbackStates() []CallbackState {
	all := make([]CallbackState, len(callbackStates))
	for i := range all {
		all[i] = CallbackState(i)
	}
	return all
}

// Over tells whether nothing more comes of it.
func (s CallbackState) Over() bool { return s >= CallbackConnected }

func (s CallbackState) String() string { return enumText(callbackStates, s) }

// MarshalText gives the state's name.
func (s CallbackState) MarshalText() ([]byte, error) {
	return enumMarshal("callback state", callbackStates, s)
}

// UnmarshalText reads a state's name.
func (s *CallbackState) UnmarshalText(b []byte) (err error) {
	*s, err = enumParse[CallbackState]("callback state", callbackStates, b)
	return err
}

// Dialable tells a telephone number, which can be called back, from "anonymous",
// the empty string and internal names. What is given must be normalised (NormalizeNumber).
func Dialable(number string) bool {
	if len(number) < 3 || len(number) > 20 {
		return false
	}
	for _, c := range number {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
