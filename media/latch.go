package media

import (
	"time"

	"hotline/call"
)

// latchState is how sure a leg is of where its sound comes from.
type latchState uint8

const (
	latchOpen  latchState = iota // nothing heard since the negotiation
	latchLoose                   // a source is taken, but a better one may replace it once
	latchShut                    // only the source is heard
)

// latchGrace is how long after a renegotiation the source of before may go on,
// so that its last packets on the way don't take the place of the new one.
const latchGrace = 3 * time.Second

// latch decides whose packets a leg hears, so that nobody else can slip sound
// in or have the stream sent elsewhere ("RTPbleed").
//
// Without NAT only the negotiated host is heard: its negotiated port, or, until
// that port speaks, the first other port that does. Behind NAT the first source
// heard after a negotiation is taken. Either way the choice is made once for
// each negotiation that moved the far end.
type latch struct {
	state   latchState
	nat     bool
	version uint32
	remote  sockaddr // negotiated
	source  sockaddr // heard
	grace   int64    // while latchLoose behind NAT: the source is final from then on
}

// negotiate takes what an offer/answer settled. The latch is re-armed only by a
// newer version that has another remote address. The address 0.0.0.0, by which
// old phones hold (RFC 3264 8.4), is no address: the far end has not moved, and
// a stranger is not to be taken for it meanwhile.
func (l *latch) negotiate(spec *call.MediaSpec, now int64) {
	remote := newSockaddr(spec.Remote)
	if l.version != 0 && spec.Remote.Addr().IsUnspecified() {
		l.version = max(l.version, spec.Version)
		return
	}
	if l.version != 0 && (spec.Version <= l.version || (l.remote == remote && l.nat == spec.NAT)) {
		l.version = max(l.version, spec.Version)
		return
	}
	l.version, l.remote, l.nat = spec.Version, remote, spec.NAT
	switch {
	case !l.source.valid():
		l.state = latchOpen
	case l.nat:
		l.state, l.grace = latchLoose, now+int64(latchGrace)
	default:
		l.state, l.source = latchOpen, sockaddr{}
	}
}

// admit tells whether a packet from this address is heard, and makes the choice.
func (l *latch) admit(from *sockaddr, now int64) bool {
	if l.state != latchOpen && l.source.same(from) {
		return true
	}
	switch l.state {
	case latchOpen:
		return l.admitFirst(from)
	case latchLoose:
		return l.admitBetter(from, now)
	default:
		return false
	}
}

func (l *latch) admitFirst(from *sockaddr) bool {
	switch {
	case !l.remote.valid(): // nothing negotiated yet
		return false
	case l.nat || l.remote.same(from):
		l.state = latchShut
	case l.remote.sameHost(from):
		l.state = latchLoose
	default:
		return false
	}
	l.source = *from
	return true
}

func (l *latch) admitBetter(from *sockaddr, now int64) bool {
	if l.nat {
		if now >= l.grace {
			l.state = latchShut
			return false
		}
	} else if !l.remote.same(from) {
		return false
	}
	l.state, l.source = latchShut, *from
	return true
}

// pin takes a source that has shown who it is by other means than where it is: the
// far end's address is what ICE found (RFC 8445), whatever the description says.
func (l *latch) pin(source *sockaddr) {
	l.nat, l.state, l.source = true, latchShut, *source
}

// target is where the leg's sound goes: the negotiated address, or behind NAT
// the source once it is known (RFC 4961 is what makes that work).
func (l *latch) target() *sockaddr {
	if l.nat && l.source.valid() {
		return &l.source
	}
	return &l.remote
}
