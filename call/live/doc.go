// Package live is the actor that lives one call from INVITE to archive.
//
// One goroutine owns each call. Everything that happens to it, on its legs, in
// its sound, in routing, from the API, arrives as a message in its mailbox and
// is handled one at a time; everything the call wants done goes out through
// the interfaces in doors.go. Each transition is emitted as a call.Event and is
// in the journal before the actor acts upon it.
//
// docs/live.md draws the states and the losing races.
package live
