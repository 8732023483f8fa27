package acd

import (
	"time"

	"hotline/call"
)

// Input is something that happened and that routing must know. The driver
// hands inputs to Engine.Step one at a time, with the time they happened.
type Input interface{ Kind() string }

// RulesChanged brings a site revision: the first input of an engine, and every reload.
type RulesChanged struct {
	Rules Rules `json:"rules"`
}

// CallQueued is a call entering a queue from its flow.
type CallQueued struct {
	Call     call.ID        `json:"call"`
	Queue    string         `json:"queue"`
	Skills   map[string]int `json:"skills,omitempty"`   // added to the queue's own
	Priority int            `json:"priority,omitempty"` // 0: the queue's own
	Entry    time.Time      `json:"entry"`              // zero: now. Kept through overflow and missed offers
	Caller   call.Caller    `json:"caller"`
	Node     string         `json:"node"` // holds the call; Offer, Connect, ReleaseLeg are addressed to it
	// Return is set when the call had a place already and lost the seat that had
	// picked up: hours and the limit of the queue are not judged again. Widen steps
	// and waited rules count from now, since time with a seat was no waiting.
	Return bool `json:"return,omitempty"`
	// Failed are the overflow targets that this caller was sent to in vain: rules that
	// lead there are passed over for him. With Joined set, he comes back from the last of
	// them: widen steps and waited rules count on from when he joined the queue.
	Failed []Target  `json:"failed,omitempty"`
	Joined time.Time `json:"joined,omitzero"`
	// Sticky is who picked up the caller's last call; zero: nobody, or unknown.
	Sticky LastSeat `json:"sticky,omitzero"`
}

// CallLeft is the caller gone, at whatever stage: waiting, ringing, announcing, talking.
type CallLeft struct {
	Call call.ID `json:"call"`
}

// QueueLeft is a waiting caller who has chosen something else than an agent and whose call goes on. Overflowed with
// RuleChoice answers, or Rejected when a seat was quicker.
type QueueLeft struct {
	Call  call.ID `json:"call"`
	Queue string  `json:"queue"` // the one he means: another may have got the call meanwhile
	To    string  `json:"to"`    // what he has chosen, in a word
}

// OfferAnswered is the seat's phone picked up. A stale offer is answered with ReleaseLeg.
type OfferAnswered struct {
	Offer call.OfferID `json:"offer"`
}

// OfferRefused is the agent declining: 486, 600, 603, 3xx. The seat goes on break `declined`.
type OfferRefused struct {
	Offer call.OfferID `json:"offer"`
}

// OfferUnreachable is a phone that could not be rung. The seat is unreachable
// until its phone is up again, and remembers the state it was asked for.
type OfferUnreachable struct {
	Offer call.OfferID `json:"offer"`
	Words string       `json:"words"`
}

// CallConnected is the end of the agent-number announcement: both can talk.
type CallConnected struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
}

// SeatHeld and SeatResumed are hold and resume in the seat's call.
type SeatHeld struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
}

// SeatResumed ends a hold.
type SeatResumed struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
}

// SeatLegEnded is the end of a seat's leg after it had answered, by whomever. The seat goes to wrap-up, unless it talks on.
type SeatLegEnded struct {
	Call call.ID     `json:"call"`
	Seat call.SeatID `json:"seat"`
	// Offer, when given, names the offer that brought the leg: the late end of a
	// leg that was released then can't end a newer one of the same call and seat.
	Offer call.OfferID `json:"offer,omitempty"`
	// On: it talks on in another call, which engages it: wrap-up comes after that one.
	On bool `json:"on,omitempty"`
}

// DispositionSet ends the wrap-up of the seats of the call.
type DispositionSet struct {
	Call call.ID `json:"call"`
}

// SeatStateSet asks for a state: ready, busy, break or offline. Asked for in a
// call, it takes effect after it (and after wrap-up). From offline it signs in, at Phone.
type SeatStateSet struct {
	Seat    call.SeatID    `json:"seat"`
	State   call.SeatState `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"` // asked-for length of a busy or break
	Phone   string         `json:"phone,omitempty"`   // empty: the phone of the agent's own number
	Forced  bool           `json:"forced,omitempty"`  // set by a supervisor: needs no approval
}

// PhoneUp is a phone with a live binding, or one that answers OPTIONS again.
type PhoneUp struct {
	Phone string `json:"phone"`
}

// PhoneDown is a phone whose last binding expired or that no longer answers at all.
type PhoneDown struct {
	Phone string `json:"phone"`
	Words string `json:"words"`
}

// Tick lets deadlines that have come take effect. The driver sends it when Deadline says.
type Tick struct{}

// Kind names an input in recorded logs; the names never change.

func (RulesChanged) Kind() string     { return "rules_changed" }
func (CallQueued) Kind() string       { return "call_queued" }
func (CallLeft) Kind() string         { return "call_left" }
func (QueueLeft) Kind() string        { return "queue_left" }
func (OfferAnswered) Kind() string    { return "offer_answered" }
func (OfferRefused) Kind() string     { return "offer_refused" }
func (OfferUnreachable) Kind() string { return "offer_unreachable" }
func (CallConnected) Kind() string    { return "call_connected" }
func (SeatHeld) Kind() string         { return "seat_held" }
func (SeatResumed) Kind() string      { return "seat_resumed" }
func (SeatLegEnded) Kind() string     { return "seat_leg_ended" }
func (DispositionSet) Kind() string   { return "disposition_set" }
func (SeatStateSet) Kind() string     { return "seat_state_set" }
func (PhoneUp) Kind() string          { return "phone_up" }
func (PhoneDown) Kind() string        { return "phone_down" }
func (Tick) Kind() string             { return "tick" }
