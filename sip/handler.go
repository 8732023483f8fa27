package sip

import (
	"hotline/call"
	"hotline/sip/guard"
)

// Handler is who decides about calls and learns of phones. Its methods are
// called on a worker's goroutine and must return at once; they may call the
// Leg's methods and the Server's.
type Handler interface {
	// Incoming is an INVITE from a known trunk, or from a phone that has proved its password (Incoming.Phone
	// is set then). The owner gets the leg's events from then on; a refusal is sent as the final response.
	Incoming(call.Incoming, *Leg) (Owner, *call.Refusal)
	// Refused tells that sip itself refused a known sender's call (no codec, bad SDP).
	Refused(call.Incoming, call.Refusal)
	// PhoneUp tells that a phone has its first binding, or answers again; and once
	// more at its next sign of life (REGISTER, an answered OPTIONS) after a
	// LegFailed of it that was OfferUnreachable.
	PhoneUp(phone string)
	// PhoneDown tells that a phone's last binding is gone or no longer answers.
	PhoneDown(phone, words string)
}

// Owner takes a leg's events, in order, on a worker's goroutine; it puts them into
// its mailbox and returns.
type Owner interface {
	LegEvent(call.LegID, call.LegEvent)
}

// Vault is the journal, in sip's words. Its methods must be cheap.
type Vault interface {
	SaveDialog(DialogState)
	DropDialog(call.LegID)
	SaveBinding(Binding)
	DropBinding(phone, key string)
	SaveBan(guard.Ban)
	DropBan(guard.Ban)
}
