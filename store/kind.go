package store

import (
	"encoding/json"

	"hotline/call"
)

// Kind is a kind of live state: things a restart must find again, by key.
type Kind string

// The kinds the rooms use today. A new one needs no change here.
const (
	KindDialog  Kind = "dialog"         // sip: a leg's dialog, by leg id
	KindBinding Kind = "binding"        // sip: a registration, by phone and contact
	KindSeat    Kind = "seat"           // app: a seat's state, by agent number
	KindSession Kind = "session"        // ivr: a caller's flow session, by call id
	KindSite    Kind = "site"           // app: the site revision in force
	KindPlan    Kind = "plan"           // app: an emergency plan's steps in force and held, by the plan's name
	KindWebhook Kind = "webhook"        // app: an event on its way to another system, by its id
	KindMemory  Kind = "memory"         // app: what routing has learnt, by piece
	KindBack    Kind = "callback"       // app: a callback, by its id
	KindBan     Kind = "ban"            // sip: a source that is not listened to, by its range
	KindMessage Kind = "message"        // app: a message left for a mailbox, by its recording
	KindTicket  Kind = "ticket"         // app: the last ticket number
	KindUrgent  Kind = "urgent"         // app: an urgent announcement, by name
	KindDialled Kind = "dialled"        // app: what somebody has dialled outside today, by who
	KindLost    Kind = "lost_call"      // app: a lost call, by the customer's number
	KindVisit   Kind = "survey_call"    // app: a customer to be rung for a survey, by id
	KindOptOut  Kind = "survey_opt_out" // app: who wants no surveys, by number
	KindHold    Kind = "hold"           // app: a legal hold, by the recording's id
)

// State is live state as it was last put.
type State map[Kind]map[string]json.RawMessage

func (s State) put(kind Kind, key string, value json.RawMessage) {
	if s[kind] == nil {
		s[kind] = map[string]json.RawMessage{}
	}
	s[kind][key] = value
}

func (s State) drop(kind Kind, key string) { delete(s[kind], key) }

func (s State) clone() State {
	c := State{}
	for kind, values := range s {
		for key, value := range values {
			c.put(kind, key, value)
		}
	}
	return c
}

// Recovered is what a former run of the node left behind. The composition root
// ends the dialogs and appends what closes the calls.
type Recovered struct {
	// Calls had not ended. The next event of each has the number LastSeq + 1 and
	// the new epoch.
	Calls []OpenCall
	// State is everything put and not deleted.
	State State
	// TornBytes is what was cut off the journal's end: writes nobody was told had happened.
	TornBytes int64
}

// OpenCall is a call that a former run left open.
type OpenCall struct {
	Record  call.Record
	LastSeq uint64
	Events  []call.Envelope
}
