package live

import (
	"hotline/call"
)

// referral is a phone that has asked for the transfer under way (REFER), and is told how it goes.
type referral struct {
	leg   referrer // nil: nobody is told
	event uint32
	to    string // whom the caller is handed to, for the record
	early bool   // he rings still, in another call
}

// referrer is a leg that can be told of a transfer it asked for.
type referrer interface {
	// Referred tells the far end how it goes; a status of 200 and above is the last.
	Referred(event uint32, status int, words string)
}

// tellReferrer says how the transfer goes. The last word ends it.
func (a *Actor) tellReferrer(status int, words string) {
	if a.refer.leg == nil {
		return
	}
	a.flush()
	a.refer.leg.Referred(a.refer.event, status, words)
	if status >= 200 {
		a.refer.leg = nil
	}
}

// referred is a phone's wish to hand whom it talks to on.
func (a *Actor) referred(leg call.LegID, m call.LegRefer) {
	s, from := a.whoRefers(leg)
	if from == nil {
		return
	}
	no := func(err error) { from.Referred(m.Event, statusOf(err), err.Error()) }
	switch {
	case s == nil:
		no(call.Errorf(call.CodeConflict, "this phone talks to nobody it could hand on"))
	case a.refer.leg != nil || a.stage != StageTalking:
		no(call.Errorf(call.CodeConflict, "the caller is being handed on already"))
	case m.Replaces != nil:
		a.attended(referral{leg: from, event: m.Event, to: m.To, early: m.Early}, *m.Replaces)
	default:
		to, err := a.whither(s, m.To)
		if err != nil {
			no(err)
			return
		}
		from.Referred(m.Event, 100, "")
		a.blind(s, to, referral{leg: from, event: m.Event})
	}
}

// whoRefers finds the seat whose leg asks, and the leg to answer. A phone that began the call changes roles with
// whom it called. The seat is nil where nobody can be handed on.
func (a *Actor) whoRefers(leg call.LegID) (*seat, referrer) {
	own, asks := a.deps.Leg, a.current()
	if leg != a.caller.id {
		s := a.seats[leg]
		if s == nil {
			return nil, nil
		}
		own = s.leg
		if s != asks {
			asks = nil
		}
	}
	from, ok := own.(referrer)
	if !ok {
		return nil, nil
	}
	if asks == nil || asks.state != seatTalking || a.stage != StageTalking {
		return nil, from
	}
	if leg == a.caller.id {
		if a.caller.phone == "" { // a trunk's: nobody it could hand on
			return nil, from
		}
		a.changeRoles(asks)
		asks = a.current()
	}
	return asks, from
}

// statusOf is how a phone is told why its wish can't be done.
func statusOf(err error) int {
	switch call.CodeOf(err) {
	case call.CodeNotFound:
		return 404
	case call.CodeForbidden:
		return 403
	case call.CodeConflict:
		return 486
	case call.CodeCapacity, call.CodeUnavailable:
		return 503
	default:
		return 480
	}
}
