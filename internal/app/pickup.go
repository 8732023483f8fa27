package app

import (
	"context"
	"strings"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/ivr/code"
	"hotline/sip"
	"hotline/web"
)

// pickUpCode is dialled to take a call that rings at a colleague's (代答): *16 of the own group or team, *16*1002 at that agent's.
const pickUpCode = "*16"

// Together tells that two agents are of one group or team, and so pick up for one another.
func (p people) Together(a, b call.SeatID) bool { return p.rev.Load().together(a, b) }

func (r *revision) together(a, b call.SeatID) bool {
	x, known := r.agents[a]
	y, there := r.agents[b]
	return known && there && (x.Group == y.Group || x.Team != "" && x.Team == y.Team)
}

// leads tells that an agent may act on another's calls: a supervisor or administrator on everybody's, a team's
// lead on the team's.
func (r *revision) leads(by, of call.SeatID) bool {
	for _, role := range r.agents[by].Roles {
		switch {
		case role == config.RoleSupervisor || role == config.RoleAdmin:
			return true
		case role == config.RoleTeamLead && r.ledBy(by, r.agents[of].Team):
			return true
		}
	}
	return false
}

func (r *revision) ledBy(by call.SeatID, team string) bool {
	for _, t := range r.site.Teams {
		if t.Leader == by && t.Name == team {
			return true
		}
	}
	return false
}

// mayComeIn finds out who is at a phone that wants to come into a call, and is free for it.
func (d desk) mayComeIn(phone string) (call.SeatID, *call.Refusal) {
	agent := d.floor.desks.at(phone)
	if agent == "" {
		return "", &call.Refusal{Cause: call.CauseForbidden, Words: "nobody is signed in at phone " + phone}
	}
	if at, _ := d.floor.desks.seat(agent); at.state.InCall() && at.state != call.SeatOffered {
		return "", &call.Refusal{Cause: call.CauseBusy, Words: "agent " + string(agent) + " is in a call"}
	}
	return agent, nil
}

// takePickUp takes the call that rings at a colleague's to the phone that dials for it.
func (c codeCall) takePickUp() (sip.Owner, *call.Refusal) {
	owner, outcome, no := c.pickUp(call.SeatID(strings.Trim(c.rest, "*#")))
	c.metrics.codes.WithLabelValues(pickUpCode, outcome.String()).Inc()
	return owner, no
}

func (c codeCall) pickUp(of call.SeatID) (sip.Owner, code.Outcome, *call.Refusal) {
	rev := c.rev.Load()
	by, no := c.mayComeIn(c.in.Phone)
	switch {
	case by == "" && no.Cause == call.CauseForbidden:
		return nil, code.NotSignedIn, no
	case no != nil:
		return nil, code.NotNow, no
	case of != "" && rev.agents[of].ID == "":
		return nil, code.NotNow, &call.Refusal{Cause: call.CauseUnknownNumber, Words: "there is no agent " + string(of)}
	case of != "" && !rev.together(by, of) && !rev.leads(by, of):
		return nil, code.NotNow, &call.Refusal{Cause: call.CauseForbidden, Words: "agent " + string(by) + " is of no group or team with " + string(of)}
	}
	one, found := c.bells.longest(func(seat call.SeatID) bool {
		if of != "" {
			return seat == of
		}
		return seat != by && rev.together(by, seat)
	})
	if !found {
		return nil, code.NotNow, &call.Refusal{Cause: call.CauseNoAnswer, Words: "no phone of a colleague rings"}
	}
	owner, no := c.comesIn(one.call, c.leg, live.PickUp{
		By: by, Phone: c.in.Phone, Any: rev.leads(by, one.seat), Here: &live.Arrival{Incoming: c.in, Leg: c.leg},
	})
	if no != nil {
		return nil, code.NotNow, no
	}
	c.note(by, one)
	return owner, code.Done, nil
}

// note puts a pick-up by phone into the audit log.
func (c codeCall) note(by call.SeatID, one bell) {
	codeWork{App: c.App, phone: c.in.Phone, from: c.leg.Source().String()}.note(
		"call.pickup", string(by), string(one.call), "at phone "+c.in.Phone+", rang at "+string(one.seat))
}

// comesIn gives a phone's INVITE to the call that it wants to come into: the leg's events are that call's from now on.
func (d desk) comesIn(id call.ID, leg *sip.Leg, m live.Message) (sip.Owner, *call.Refusal) {
	if s := d.shifts.get(id); s != nil && s.Tell(m) {
		leg.Adopt(id, s, false)
		return s, nil
	}
	a := d.calls.get(id)
	if a == nil || !a.Post(m) {
		return nil, &call.Refusal{Cause: call.CauseNoSuchCall, Words: "the call has ended"}
	}
	leg.Adopt(id, a, false)
	return a, nil
}

// replaces serves an INVITE that is to take a leg of ours over (RFC 3891).
func (d desk) replaces(in call.Incoming, leg *sip.Leg) (sip.Owner, *call.Refusal) {
	by := d.floor.desks.at(in.Phone)
	owner, no := d.comesIn(in.Replaces.Call, leg, live.TakenOver{
		By: by, Phone: in.Phone, Any: d.mayTakeOver(by, in.Replaces.Call), Old: in.Replaces.Leg, Here: &live.Arrival{Incoming: in, Leg: leg},
	})
	if no == nil {
		d.log.Info("a phone asks for a leg of a call", zap.String("phone", in.Phone), zap.String("seat", string(by)), zap.String("call", string(in.Replaces.Call)))
		backends(d).Audit(context.Background(), web.AuditEntry{
			At: in.Received, User: string(by), From: leg.Source().String(), Action: "call.replace", Object: string(in.Replaces.Call), Detail: "at phone " + in.Phone,
		})
	}
	return owner, no
}

// mayTakeOver tells that somebody leads all those whom the call has been with.
func (d desk) mayTakeOver(by call.SeatID, id call.ID) bool {
	rev := d.rev.Load()
	with := d.floor.desks.in(id)
	for _, seat := range with {
		if !rev.leads(by, seat) {
			return false
		}
	}
	return by != "" && len(with) > 0
}

// PickUp has an agent take a call, at the phone he is signed in at. anyCall: whatever his group and skills.
func (b backends) PickUp(ctx context.Context, id call.ID, by call.SeatID, anyCall bool) error {
	at, in := b.floor.desks.seat(by)
	switch {
	case !in:
		return call.Errorf(call.CodeConflict, "%s is not signed in at a phone that could be rung; sign in first", by)
	case at.state.InCall() && at.state != call.SeatOffered:
		return call.Errorf(call.CodeConflict, "agent %s is in a call", by)
	case at.state == call.SeatUnreachable:
		return call.Errorf(call.CodeConflict, "phone %s of agent %s can't be reached", at.phone, by)
	}
	return b.inCall(ctx, id, func(r live.Reply) live.Message {
		return live.PickUp{By: by, Phone: at.phone, Any: anyCall, Reply: r}
	})
}
