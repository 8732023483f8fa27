package live

import (
	"hotline/call"
)

// attended brings two calls together (docs/people.md): the caller of this one, and whom the seat talks to in another.
func (a *Actor) attended(s *seat, ref referral, other call.LegRef) {
	ref.leg.Referred(ref.event, 501, "attended transfer is not taken yet")
	_, _ = s, other
}
