// Package call is the domain in plain types: a customer's call, its legs and
// segments, the causes it ends with, the typed events of its life, and the
// call record as a fold over those events.
//
// The package is pure: no I/O, no goroutines, no clock. Every other room
// imports it and speaks its words; it imports the standard library only.
package call

// ID names one call, a customer's whole journey from INVITE to archive. It is a ULID.
type ID string

// LegID names one leg: a SIP dialog with its media. It is a ULID.
type LegID string

// OfferID names one offer, the lease by which a seat is asked to take a call. It is a ULID.
// It decides races: an answer that carries an offer no longer standing is released.
type OfferID string

// SeatID names a seat. As an agent number (工号) has one session at a time, the
// seat's id is the agent number, at whatever phone the agent signed in.
type SeatID string

// RecordingID names one recording. It is a ULID.
type RecordingID string
