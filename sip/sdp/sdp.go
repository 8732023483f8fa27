// Package sdp answers and makes the session descriptions of one audio stream:
// offer/answer as RFC 3264 has it, over the text of RFC 8866, for the codecs
// that package call knows, with telephone-event (RFC 4733).
//
// The package is pure: bytes and plain facts in, bytes and plain facts out. A
// dialog keeps the last description it sent (its text is the state: session
// id, version, payload types and the order of the media lines are read from
// there), so a leg can be rebuilt from what the journal holds.
package sdp

import (
	"errors"
	"net/netip"

	"hotline/call"
)

// MaxSize is the longest body that is looked at, in bytes. A browser's offer
// with all its codecs has some 8,000.
const MaxSize = 32 << 10

// What a description can be wrong in. Each error of this package wraps one of
// them and a call.Error with words for the log and the Warning header.
var (
	// ErrNoCodec: the description can be read, but holds no audio stream that
	// we can take: no codec in common, a secure profile, a host name as
	// address, every stream refused. The SIP status is 488.
	ErrNoCodec = errors.New("nothing in the session description that can be taken")
	// ErrBad: the description breaks RFC 8866 so that it can't be read. The SIP status is 400.
	ErrBad = errors.New("session description malformed")
	// ErrType: the body is of a content type we don't read. The SIP status is 415.
	ErrType = errors.New("content type not supported")
)

// Origin is the o= line of our descriptions (RFC 8866 5.2).
type Origin struct {
	// SessionID is unique for the dialog among those of this node; a random number below 2^62 will do.
	SessionID uint64
	// Version of the first description; later ones count on from the last text by themselves.
	Version uint64
	// Addr is what the far end may see of us, normally LocalMedia's address;
	// the zero Addr means just that one.
	Addr netip.Addr
}

// Options bound an answer. The zero value is an ordinary first answer.
type Options struct {
	// Direction is the most we want: SendOnly or Inactive while this side
	// holds the leg, so that a far end's refresh doesn't resume it.
	Direction call.Direction
	// Last is our previous description in the same dialog, nil for the first.
	// An answer that says the same is that text again; another one carries
	// its version plus one (RFC 3264 section 8).
	Last []byte
}
