package sdp

import (
	"net/netip"
	"strings"

	"hotline/call"
)

// Change is what a new negotiation altered for a leg; a set of bits.
type Change uint8

// The changes.
const (
	Held    Change = 1 << iota // the far end listens no more
	Resumed                    // the far end listens again
	Moved                      // another address or port
	Recoded                    // another codec, payload type, packet length or encryption
	Muted                      // the far end sends no more, or sends again
)

var changeNames = []string{"held", "resumed", "moved", "recoded", "muted"}

// String lists the changes for a log: "held,moved", "none".
func (c Change) String() string {
	var out []string
	for i, name := range changeNames {
		if c&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	if out == nil {
		return "none"
	}
	return strings.Join(out, ",")
}

// Compare tells what differs between two negotiations of one leg; 0 is nothing.
// The address a far end gives while it holds (0.0.0.0) is no move.
func Compare(before, after call.MediaSpec) Change {
	var c Change
	switch {
	case before.Direction.MaySend() && !after.Direction.MaySend():
		c |= Held
	case !before.Direction.MaySend() && after.Direction.MaySend():
		c |= Resumed
	}
	if before.Direction.MayReceive() != after.Direction.MayReceive() {
		c |= Muted
	}
	if !after.Remote.Addr().IsUnspecified() &&
		(before.Remote != after.Remote || before.RemoteRTCP != after.RemoteRTCP) {
		c |= Moved
	}
	if formats(&before) != formats(&after) || before.Ptime != after.Ptime || before.Mux != after.Mux ||
		!sameProtection(before.Protection, after.Protection) {
		c |= Recoded
	}
	return c
}

// formats is what a negotiation says of codecs, events and comfort noise, and of their payload types.
func formats(m *call.MediaSpec) call.MediaSpec {
	return call.MediaSpec{
		Codec: m.Codec, PayloadType: m.PayloadType, PayloadTypeIn: m.PayloadTypeIn,
		Beside: m.Beside, BesideType: m.BesideType, BesideTypeIn: m.BesideTypeIn,
		DTMF: m.DTMF, DTMFIn: m.DTMFIn, WideDTMF: m.WideDTMF, WideDTMFIn: m.WideDTMFIn, Comfort: m.Comfort,
	}
}

func sameProtection(a, b *call.Protection) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// BehindNAT tells that the address in spec can't be where packets come from,
// seen from the address the signalling came from, so that the source must be
// learned. That is so when the description names no address or a private one
// that isn't the source, or when the peer is on this machine. A public address that differs from the source is not
// NAT but a gateway whose sound lives on another machine: learning there would
// only let a stranger in (see docs/decisions/0411).
func BehindNAT(spec call.MediaSpec, source netip.Addr) bool {
	at, source := spec.Remote.Addr().Unmap(), source.Unmap().WithZone("")
	switch {
	case at == source:
		return false
	case !at.IsValid() || at.IsUnspecified():
		return true
	case source.IsLoopback():
		// A peer on this machine that describes itself by a network card's address
		// sends to a loopback listener from the loopback address.
		return true
	default:
		return unroutable(at)
	}
}

// unroutable tells that an address means something on its own network only:
// RFC 1918, RFC 4193, RFC 6598 (carrier NAT), link-local, loopback.
func unroutable(a netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}
