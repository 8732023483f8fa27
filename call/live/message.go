package live

import (
	"time"

	"hotline/call"
)

// Message is anything that happens to a call.
type Message interface{ message() }

// LegNews is an event of one of the call's dialogs.
type LegNews struct {
	Leg   call.LegID
	Event call.LegEvent
}

// SoundNews is an event in the sound of one of the call's legs.
type SoundNews struct {
	Leg   call.LegID
	Event call.SoundEvent
}

// Placed confirms a place in a queue.
type Placed struct {
	Queue    string
	Entry    time.Time
	Priority int
	Skills   map[string]int
	Position int
	Resumed  call.ID // the caller's earlier call, whose place this one has
	Reason   string
}

// Where answers Router.Place.
type Where struct {
	Queue string
	Ahead int            // callers who stand before this one
	Wait  *time.Duration // what it has still to expect; nil: nobody knows
}

// Next tells, once in a queue that wants it told, that nobody stands before the call any more.
type Next struct {
	Queue  string
	Reason string
}

// Urgent has a waiting caller hear a prompt, once, before any other notice.
type Urgent struct {
	Prompt string
	Reason string
}

// Ring asks the call to ring a seat, until the router says otherwise.
type Ring struct {
	Offer     call.OfferID
	Seat      call.SeatID
	Phone     string
	Group     string
	Queue     string
	Deadline  time.Time
	FreeSince time.Time
	PickUp    bool // the seat has asked for the call
	Reason    string
}

// OfferOver is the router's word on how an offer ended.
type OfferOver struct {
	Offer  call.OfferID
	Seat   call.SeatID
	Queue  string
	Result call.OfferResult
	Reason string
}

// Connect accepts the pick-up.
type Connect struct {
	Offer call.OfferID
	Seat  call.SeatID
	Queue string
}

// Release answers a pick-up that came too late.
type Release struct{ Offer call.OfferID }

// Overflowed takes the call out of a queue: to another Queue (Placed follows), a
// Flow, a Number or a Site; with none of these the node's bad-case edge is taken.
type Overflowed struct {
	From   string
	Rule   string
	Flow   string
	Queue  string
	Number string
	Site   string
	Reason string
	// Place is what the call takes along to a number or site, and needs to come back.
	Place Place
	// AtDoor: the rule is one that is judged when a call comes in, so that it is judged again if the
	// call comes back: closed, full, estimated_wait.
	AtDoor bool
	// Callback: the caller is to be called back; with Ask if he agrees.
	Callback, Ask bool
}

// Place is a place in a queue.
type Place struct {
	Entry    time.Time
	Joined   time.Time // came into this queue
	Priority int
}

// target is where the overflow leads, as the record has it.
func (m Overflowed) target() string {
	switch {
	case m.Queue != "":
		return "queue:" + m.Queue
	case m.Flow != "":
		return "flow:" + m.Flow
	case m.Number != "":
		return "number:" + m.Number
	case m.Site != "":
		return "site:" + m.Site
	}
	return ""
}

// RuleChoice is Overflowed's rule for a caller who has chosen to leave (Router.LeaveQueue).
const RuleChoice = "choice"

// Stays answers Router.LeaveQueue when a seat was quicker, or another rule.
type Stays struct{ Words string }

// WrapUp is the start of a seat's work after the call.
type WrapUp struct {
	Seat     call.SeatID
	Deadline time.Time
}

// WrapUpOver is its end.
type WrapUpOver struct {
	Seat   call.SeatID
	Reason string
}

// Forgotten answers Router.Left(CallerLeft), once: routing holds nothing more about the call.
type Forgotten struct{}

// NotPlaced tells that the queue does not exist any more.
type NotPlaced struct{ Words string }

// RecordingDone is a recording closed.
type RecordingDone struct {
	Recording call.RecordingID
	Facts     call.RecordingFacts
	Err       error
}

// Record pauses the recording, lets it go on, or begins one on demand (Paused
// false and none there); Reply gets nil or why not, once.
type Record struct {
	Paused bool
	Party  call.Party
	Reason string // who asked, in plain words
	Reply  Reply
}

// Late is an event about the call found out elsewhere after it happened: a
// recording analysed, or erased.
type Late struct {
	Event call.Event
	Reply Reply // gets nil, once, when it is written
}

// Dispose files a disposition; Reply gets nil or why not, once.
type Dispose struct {
	Seat  call.SeatID
	Code  string
	Notes string
	Reply Reply
}

// Hangup ends the call from outside (API).
type Hangup struct {
	Cause call.Cause
	Words string
}

// Drain ends the call because the node stops: a caller still waiting hears
// Prompt first, everyone gets BYE, the record ends interrupted.
type Drain struct{ Prompt string }

// Leave ends the actor of a call whose caller is gone without waiting for
// wrap-up and routing: the node has no more time.
type Leave struct{}

func (Record) message()        {}
func (Late) message()          {}
func (Stays) message()         {}
func (Leave) message()         {}
func (LegNews) message()       {}
func (SoundNews) message()     {}
func (Placed) message()        {}
func (Where) message()         {}
func (Next) message()          {}
func (Urgent) message()        {}
func (Ring) message()          {}
func (OfferOver) message()     {}
func (Connect) message()       {}
func (Release) message()       {}
func (Overflowed) message()    {}
func (WrapUp) message()        {}
func (WrapUpOver) message()    {}
func (Forgotten) message()     {}
func (NotPlaced) message()     {}
func (RecordingDone) message() {}
func (Dispose) message()       {}
func (Hangup) message()        {}
func (Drain) message()         {}
