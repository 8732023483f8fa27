// Package guard decides before anything is parsed whether a source's message is
// looked at: lists of who may and may not, rates, and bans for those who guess
// passwords or scan.
//
// Peers are the sources a node has a reason to know: the trunks' ranges, phones
// that are registered, the far ends of dialogs. They are held to a rate far above
// what honest ones reach and are never banned on the guard's own account, for a
// datagram's source can be forged and a NAT hides a whole floor behind one
// address. Everybody else is a stranger with a token bucket.
//
// All tables are bounded, whatever sources are made up.
package guard
