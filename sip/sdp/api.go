package sdp

import (
	"net/netip"

	"hotline/call"
)

// Negotiate answers an offer (RFC 3264 section 6): with the offerer's first
// codec that local allows, its telephone-event, and nothing else. The spec is
// complete but for NAT (see BehindNAT) and Version, which the dialog counts.
// The error wraps ErrNoCodec or ErrBad.
func Negotiate(offer []byte, local call.LocalMedia, o Origin, opts Options) ([]byte, call.MediaSpec, error) {
	return nil, call.MediaSpec{}, call.Errorf(call.CodeInvalid, "%w", ErrBad)
}

// Offer makes the first description of a dialog in which we offer: the codecs
// of local in their order, telephone-event 101, 20 ms packets.
func Offer(local call.LocalMedia, o Origin, dir call.Direction) []byte { return nil }

// Reoffer makes a later offer of ours in a dialog whose last description from
// us was last: the same media lines in the same order, the same payload types
// (RFC 3264 section 8), and last itself if nothing changed.
func Reoffer(local call.LocalMedia, o Origin, dir call.Direction, last []byte) ([]byte, error) {
	return nil, nil
}

// Accept reads the far end's answer to an offer of ours.
// The error wraps ErrNoCodec (the far end refused or answered what we never offered) or ErrBad.
func Accept(offered, answer []byte) (call.MediaSpec, error) { return call.MediaSpec{}, nil }

// Body finds the session description in a message body: the body itself, or
// the application/sdp part of a multipart one (RFC 5621). It is nil without an
// error when there is no description. The error wraps ErrType or ErrBad.
func Body(contentType string, body []byte) ([]byte, error) { return nil, nil }

// BehindNAT tells that the address in spec can't be where packets come from.
func BehindNAT(spec call.MediaSpec, source netip.Addr) bool { return false }

// Change is what a new negotiation altered for a leg; a set of bits.
type Change uint8

// The changes.
const (
	Held    Change = 1 << iota // the far end listens no more
	Resumed                    // the far end listens again
	Moved                      // another address or port
	Recoded                    // another codec, payload type or packet length
)

// Compare tells what differs between two negotiations of one leg; 0 is nothing.
func Compare(before, after call.MediaSpec) Change { return 0 }
