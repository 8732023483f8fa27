// Package acd decides who gets which call (话务分配): queues, seats, skills and
// offers, as a pure engine. It has no I/O, no goroutine, no clock and no
// randomness of its own: the same inputs give the same effects, so that a bug
// report is a list of inputs and a simulation runs the real thing.
package acd

import (
	"time"

	"hotline/call"
)

// Rules is the part of a site the engine obeys. A new revision arrives as the
// input RulesChanged and is applied as a diff: waiting calls keep their place
// and take the new rules, a removed agent leaves after the call, a removed queue empties
// by its closed rule.
type Rules struct {
	Revision int     `json:"revision"`
	Queues   []Queue `json:"queues"`
	Agents   []Agent `json:"agents"`
	// PhysicalSeats is how many desks the site has: plans lend no more seats than
	// fit; 0: no limit.
	PhysicalSeats int    `json:"physical_seats,omitempty"`
	Plans         []Plan `json:"plans,omitempty"`
}

// Queue is a skill queue (技能队列): where calls of one intent wait.
type Queue struct {
	Name           string         `json:"name"`
	Title          string         `json:"title,omitempty"`
	Strategy       Strategy       `json:"strategy"`
	Groups         []string       `json:"groups"`   // home groups: who serves it
	Skills         map[string]int `json:"skills"`   // what a seat needs, and at what level 1–5
	Priority       int            `json:"priority"` // higher is more urgent
	Target         time.Duration  `json:"target"`   // service level: answered within
	TargetPercent  int            `json:"target_percent"`
	OfferTimeout   time.Duration  `json:"offer_timeout"`
	WrapUp         time.Duration  `json:"wrap_up"`                 // 0: none
	MaxWaiting     int            `json:"max_waiting"`             // 0: no limit
	PriorityCredit time.Duration  `json:"priority_credit"`         // a point of priority counts as so much waiting; default 60 s
	Hours          *call.Calendar `json:"hours,omitempty"`         // nil: 24 h
	RingMost       int            `json:"ring_most,omitempty"`     // of ring_all: seats rung at once, 1–50; 0: 5
	Sticky         *Sticky        `json:"sticky,omitempty"`        // nil: the agent of the last call is not preferred
	TellNext       bool           `json:"tell_next,omitempty"`     // a caller hears when he becomes the first
	ResumeWithin   time.Duration  `json:"resume_within,omitempty"` // who left while waiting and rings again has his place so long; 0: not at all
	Widen          []Widen        `json:"widen,omitempty"`
	Overflow       []Overflow     `json:"overflow,omitempty"`
	Callbacks      CallbackRules  `json:"callbacks,omitzero"`
}

// Widen adds whom else may take a call that has waited (bullseye). It adds an
// alternative, its groups with its skills; earlier pools stay.
type Widen struct {
	After  time.Duration  `json:"after"`
	Groups []string       `json:"groups"`
	Skills map[string]int `json:"skills"`
}

// Overflow is a rule by which a call leaves a queue without an answer. Rules are tried in order.
type Overflow struct {
	When  OverflowWhen  `json:"when"`
	After time.Duration `json:"after,omitempty"` // for waited and estimated_wait
	To    Target        `json:"to"`
	Ask   bool          `json:"ask,omitempty"` // of ToCallback: the caller is asked first
}

// Target is where an overflow leads.
type Target struct {
	Kind TargetKind `json:"kind"`
	Name string     `json:"name,omitempty"`
}

// Agent is a person who may sign in, and what a seat of theirs can take.
type Agent struct {
	ID     call.SeatID    `json:"id"` // agent number (工号)
	Group  string         `json:"group"`
	Team   string         `json:"team,omitempty"`
	Skills map[string]int `json:"skills,omitempty"`
	// ApproveBreaks: a break asked for by the agent waits for a supervisor's word.
	ApproveBreaks bool `json:"approve_breaks,omitempty"`
	Weight        int  `json:"weight,omitempty"` // lots in queues of strategy weighted, 1–1000; 0: 1
	// ReadyOnRegister signs the agent in, ready, when the phone of the same
	// number registers, and out when it unregisters.
	ReadyOnRegister bool `json:"ready_on_register,omitempty"`
}
