// Package sip is the wire, signalling: it listens on UDP and TCP, guards the
// door, keeps the transactions and dialogs of RFC 3261, registers the agents'
// phones, and turns every dialog into a Leg that the rest of the house can ring,
// answer and end without knowing SIP.
//
// Messages are parsed by sipgo. Everything that lives longer than a message
// (transactions, dialogs, legs) is owned by one of a few workers, chosen by the
// Call-ID, so that messages of one call are handled in the order in which they
// came and nothing needs a lock. A worker never waits: not for a socket, not for
// a name server, not for the call's actor. docs/sip.md draws the protocols.
package sip
