// Package media is the wire, sound: it leases RTP port pairs to a call's legs,
// forwards sound between them, plays prompts and music, hears digits (RFC 4733)
// and copies what a far end sends into a recorder's ring.
//
// A few operating-system threads own everything. Each has its sockets, an epoll
// set, a pacer and a queue of commands; all legs of one call live on one thread,
// so that no packet ever meets a lock or another thread. Between the threads and
// the rest of the program go commands one way, and call.SoundEvent the other.
// How the inside fits together is drawn in docs/media.md.
package media
