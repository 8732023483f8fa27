package acd

import (
	"time"

	"hotline/call"
)

// A callback (排队回呼) is a queue entry without anybody on the line: it has the
// entry time, priority and needs of the caller who gave up waiting, and stands in
// the same total order as live callers. It differs in this: it does not count as
// waiting, no overflow rule takes it away, and it may be held back (docs/callbacks.md)
// without losing its place. A seat that picks up has the customer dialled.

// CallbackRules are a queue's rules for callbacks and lost calls.
type CallbackRules struct {
	Tries int           `json:"tries,omitempty"` // dialled so often before it has failed; 0: 3
	Gap   time.Duration `json:"gap,omitempty"`   // between two tries; 0: 10 min
	// Quiet is when nobody is dialled; only the spans by weekday count. nil: never quiet.
	Quiet *call.Calendar `json:"quiet,omitempty"`
	// PeakSeats is how many seats may be on the queue's callbacks at once while live
	// callers wait in it; 0: no limit.
	PeakSeats int `json:"peak_seats,omitempty"`
}

const (
	defaultTries = 3
	defaultGap   = 10 * time.Minute
	cutGap       = 15 * time.Second // after a call that its own owner gave up
)

// CallbackQueued is a customer who is to be called back: the caller of From, who
// takes his place along; or, without From, somebody else by Number, Queue and Entry.
type CallbackQueued struct {
	ID       call.CallbackID `json:"id"`
	From     call.ID         `json:"from,omitempty"` // waits in a queue, and leaves it by this
	Queue    string          `json:"queue,omitempty"`
	Skills   map[string]int  `json:"skills,omitempty"`
	Priority int             `json:"priority,omitempty"` // 0: the queue's own
	Entry    time.Time       `json:"entry,omitzero"`     // zero: now, or NotBefore if that is later
	Caller   call.Caller     `json:"caller"`             // whom to call, a number of digits; none with From: the caller of From
	Node     string          `json:"node"`               // holds the calls made for it
	// NotBefore is when the customer may first be dialled; zero: at once.
	NotBefore time.Time `json:"not_before,omitzero"`
	Tries     int       `json:"tries,omitempty"` // made already
	// Lost: a lost call (呼损回拨). It kept no place: all callers and callbacks come first.
	Lost bool `json:"lost,omitempty"`
	// Seat, when given, is the one who has taken it: nobody else is offered it.
	Seat call.SeatID `json:"seat,omitempty"`
}

// CallbackDialled is what became of dialling the customer.
type CallbackDialled struct {
	Call   call.ID         `json:"call"`
	Result call.DialResult `json:"result"` // cancelled: the agent was gone; no try is counted
	Words  string          `json:"words,omitempty"`
}

// CallbackDropped takes a callback away at any stage before the customer has answered.
type CallbackDropped struct {
	ID    call.CallbackID `json:"id"`
	Words string          `json:"words"` // why
}

// CallbacksPaused holds all callbacks back, or lets them go on: a node that stops takes no new calls.
type CallbacksPaused struct {
	Paused bool `json:"paused"`
}

// CallbackMoved tells everything of a callback whenever its state changes, so that
// a restart can ask for it again just as it was.
type CallbackMoved struct {
	ID       call.CallbackID    `json:"id"`
	State    call.CallbackState `json:"state"`
	Call     call.ID            `json:"call,omitempty"` // of the coming or present try; of a new call when a try has failed
	From     call.ID            `json:"from,omitempty"` // the call that became a callback in this step
	Queue    string             `json:"queue"`
	Skills   map[string]int     `json:"skills,omitempty"`
	Priority int                `json:"priority,omitempty"` // 0: the queue's own
	Entry    time.Time          `json:"entry"`
	Caller   call.Caller        `json:"caller"`
	// NotBefore is when the next try may be; zero: at once.
	NotBefore time.Time   `json:"not_before,omitzero"`
	Tries     int         `json:"tries"`
	Lost      bool        `json:"lost,omitempty"`
	Seat      call.SeatID `json:"seat,omitempty"` // offered, or on it; of one taken by an agent, that agent
	Reason    string      `json:"reason"`
	Node      string      `json:"node,omitempty"`
}

// CallbackOffered asks a call's owner to offer the caller to be called back: he
// goes on waiting meanwhile. It comes once in a queue.
type CallbackOffered struct {
	Call   call.ID `json:"call"`
	Queue  string  `json:"queue"`
	Reason string  `json:"reason"`
	Node   string  `json:"node,omitempty"`
}

// Kind names inputs and effects in recorded logs; the names never change.

func (CallbackQueued) Kind() string  { return "callback_queued" }
func (CallbackDialled) Kind() string { return "callback_dialled" }
func (CallbackDropped) Kind() string { return "callback_dropped" }
func (CallbacksPaused) Kind() string { return "callbacks_paused" }
func (CallbackMoved) Kind() string   { return "callback_moved" }
func (CallbackOffered) Kind() string { return "callback_offered" }

// CallbackHold is what keeps a callback from being offered now.
type CallbackHold uint8

// The holds, in the order in which they are looked for.
const (
	HoldNothing CallbackHold = iota
	HoldPaused               // the node is stopping
	HoldLater                // not before, or the gap between two tries
	HoldQuiet                // quiet hours
	HoldStopped              // a plan's step stops callbacks
	HoldPeak                 // as many seats as may be are on callbacks, and live callers wait
)

var callbackHolds = []string{"", "paused", "later", "quiet_hours", "stopped_by_plan", "peak"}

func (h CallbackHold) String() string { return name(callbackHolds, h) }

// MarshalText gives the hold's name; empty when nothing holds it back.
func (h CallbackHold) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads a hold's name.
func (h *CallbackHold) UnmarshalText(b []byte) (err error) {
	*h, err = parse[CallbackHold]("callback hold", callbackHolds, b)
	return err
}
