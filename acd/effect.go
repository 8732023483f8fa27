package acd

import (
	"time"

	"hotline/call"
)

// Effect is something the engine has decided. The driver carries effects to
// the calls in order. Effects that concern a call name the node that holds it.
type Effect interface{ Kind() string }

// Queued confirms the entry, or an overflow into another queue.
type Queued struct {
	Call     call.ID        `json:"call"`
	Queue    string         `json:"queue"`
	Entry    time.Time      `json:"entry"`
	Priority int            `json:"priority"`       // the call's own, or else the queue's: it goes with the call
	Lift     int            `json:"lift,omitempty"` // added to it here, while plans say so
	Skills   map[string]int `json:"skills,omitempty"`
	Position int            `json:"position"`          // in the queue, 1 is next
	Resumed  call.ID        `json:"resumed,omitempty"` // the caller's earlier call, whose place this one has
	Reason   string         `json:"reason"`
	Node     string         `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// Offer asks the call's owner to ring a seat. It is a lease: at Deadline the
// engine withdraws it (OfferOver with OfferNoAnswer).
type Offer struct {
	Offer    call.OfferID `json:"offer"`
	Call     call.ID      `json:"call"`
	Seat     call.SeatID  `json:"seat"`
	Phone    string       `json:"phone"`
	Group    string       `json:"group"`
	Queue    string       `json:"queue"`
	Deadline time.Time    `json:"deadline"`
	// FreeSince is when the seat could first have taken a waiting call: the later of
	// the seat becoming free and the call entering; hotline_offer_delay_seconds counts from it.
	FreeSince time.Time `json:"free_since"`
	// Callback, when given, says that nobody is on the line: the customer is dialled once the seat has picked up.
	Callback call.CallbackID `json:"callback,omitempty"`
	PickUp   bool            `json:"pick_up,omitempty"` // the seat has asked for this call
	Reason   string          `json:"reason"`
	Node     string          `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// OfferOver tells the call's owner how an offer ended, so that it stops the phone
// ringing (no answer, withdrawn) and marks the timeline (all results).
type OfferOver struct {
	Offer  call.OfferID     `json:"offer"`
	Call   call.ID          `json:"call"`
	Seat   call.SeatID      `json:"seat"`
	Queue  string           `json:"queue"`
	Result call.OfferResult `json:"result"`
	Reason string           `json:"reason"`
	Node   string           `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// Connect accepts the answer: announce the agent number, bridge, record.
type Connect struct {
	Offer  call.OfferID `json:"offer"`
	Call   call.ID      `json:"call"`
	Seat   call.SeatID  `json:"seat"`
	Queue  string       `json:"queue"`
	Node   string       `json:"node,omitempty"` // holds the call: the effect is addressed to it
	Reason string       `json:"reason"`
}

// ReleaseLeg answers an OfferAnswered that came too late: end that leg.
type ReleaseLeg struct {
	Offer  call.OfferID `json:"offer"`
	Call   call.ID      `json:"call"`
	Seat   call.SeatID  `json:"seat"`
	Node   string       `json:"node,omitempty"` // holds the call: the effect is addressed to it
	Reason string       `json:"reason"`
}

// Overflowed takes a call out of a queue by a rule. To another queue, a Queued
// follows by itself; to a flow, the owner goes on there; a number or a site the owner
// calls, and if that fails it queues the call again, with Failed.
type Overflowed struct {
	Call  call.ID `json:"call"`
	Queue string  `json:"queue"`
	Rule  string  `json:"rule"` // closed, no_seats, full, waited, removed, choice
	To    Target  `json:"to"`
	// Ask: to a callback, only if the caller agrees; else there is nowhere to go.
	Ask    bool   `json:"ask,omitempty"`
	Reason string `json:"reason"`
	Node   string `json:"node,omitempty"` // holds the call: the effect is addressed to it
	// Place is what the call takes along to a number or a site, or by its caller's choice, and needs to come back.
	Place *Place `json:"place,omitempty"`
}

// Place is a call's place in a queue.
type Place struct {
	Entry    time.Time `json:"entry"`
	Joined   time.Time `json:"joined"` // when it came into this queue
	Priority int       `json:"priority"`
}

// WrapUp is the start of a seat's work after a call.
type WrapUp struct {
	Call     call.ID     `json:"call"`
	Seat     call.SeatID `json:"seat"`
	Deadline time.Time   `json:"deadline"`
	Node     string      `json:"node,omitempty"` // holds the call: the effect is addressed to it
	Reason   string      `json:"reason"`
}

// WrapUpOver is its end.
type WrapUpOver struct {
	Call   call.ID     `json:"call"`
	Seat   call.SeatID `json:"seat"`
	Reason string      `json:"reason"`
	Node   string      `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// Forgotten answers every CallLeft exactly once: as soon as no offer, no seat and no
// wrap-up is bound to the call any more (at once, if none was; also for a call the engine
// does not know). The call's owner archives then. It is never sent without a CallLeft.
type Forgotten struct {
	Call call.ID `json:"call"`
	Node string  `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// SeatChanged is every move of a seat's state, for the seat log, the wallboard and metrics.
type SeatChanged struct {
	Seat    call.SeatID    `json:"seat"`
	Phone   string         `json:"phone,omitempty"`
	From    call.SeatState `json:"from"`
	To      call.SeatState `json:"to"`
	Call    call.ID        `json:"call,omitempty"`
	Reason  string         `json:"reason,omitempty"` // no_answer, declined, or what the agent gave
	Minutes int            `json:"minutes,omitempty"`
	// Next is what the seat will be when nothing keeps it any more: the state asked
	// for, by which a restart can sign the seat in again. A state asked for during
	// a call shows in the next move.
	Next call.SeatState `json:"next"`
	Why  string         `json:"why,omitempty"` // in plain words; Reason is the short code or the agent's own
}

// Rejected answers an input that asked for something impossible (an unknown
// agent, a phone in use, an unknown queue), in words that say what would be right.
type Rejected struct {
	Input string      `json:"input"` // its Kind
	Call  call.ID     `json:"call,omitempty"`
	Seat  call.SeatID `json:"seat,omitempty"`
	// Callback is the one that could not be taken on or taken away.
	Callback call.CallbackID `json:"callback,omitempty"`
	Code     call.Code       `json:"code"`
	Words    string          `json:"words"`
}

// Kind names an effect in golden scripts and logs; the names never change.

func (Queued) Kind() string      { return "queued" }
func (Offer) Kind() string       { return "offer" }
func (OfferOver) Kind() string   { return "offer_over" }
func (Connect) Kind() string     { return "connect" }
func (ReleaseLeg) Kind() string  { return "release_leg" }
func (Overflowed) Kind() string  { return "overflowed" }
func (WrapUp) Kind() string      { return "wrap_up" }
func (WrapUpOver) Kind() string  { return "wrap_up_over" }
func (Forgotten) Kind() string   { return "forgotten" }
func (SeatChanged) Kind() string { return "seat_changed" }
func (Rejected) Kind() string    { return "rejected" }
