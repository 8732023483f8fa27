package app

import (
	"time"

	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
	"hotline/sip"
)

// people finds whom a number leads to, now.
type people struct{ *App }

// Find tells where somebody is to be had: an agent where he is signed in, else at the phone with his own
// number; a phone with the agent who is signed in there. Who is in a call can't be called.
func (p people) Find(dialled string) (call.Destination, error) {
	rev := p.rev.Load()
	for range forwardsMost {
		to, err := p.find(rev, dialled)
		next := rev.forwards(&to, err)
		if next == "" {
			return to, err
		}
		dialled = next
	}
	return call.Destination{Dialled: dialled}, call.Errorf(call.CodeUnavailable, "%s forwards in a circle", dialled)
}

// find is Find as if nobody forwarded.
func (p people) find(rev *revision, dialled string) (call.Destination, error) {
	to := rev.destination(dialled)
	switch to.Kind {
	case call.ToNobody:
		return to, call.Errorf(call.CodeNotFound, "%s is no agent, phone, queue or telephone number", dialled)
	case call.ToAgent:
		return p.agent(rev, to)
	case call.ToPhone:
		to.Agent = p.floor.desks.at(to.Phone)
		if to.Agent != "" {
			return p.agent(rev, to)
		}
	case call.ToQueue, call.ToNumber, call.ToCode:
	}
	return to, nil
}

// agent finds an agent's phone.
func (p people) agent(rev *revision, to call.Destination) (call.Destination, error) {
	at, in := p.floor.desks.seat(to.Agent)
	switch {
	case !in && rev.agents[to.Agent].Password.Empty():
		return to, call.Errorf(call.CodeUnavailable, "agent %s is not signed in", to.Agent)
	case !in:
		to.Phone = string(to.Agent)
	case at.state.InCall():
		return to, call.Errorf(call.CodeConflict, "agent %s is in a call", to.Agent)
	case at.state == call.SeatUnreachable:
		return to, call.Errorf(call.CodeUnavailable, "phone %s of agent %s can't be reached", at.phone, to.Agent)
	default:
		to.Phone = at.phone
	}
	return to, nil
}

// inside takes a phone's call to a colleague, another phone or a queue.
func (d desk) inside(in call.Incoming, leg *sip.Leg) (sip.Owner, *call.Refusal) {
	to, err := people(d).Find(in.To)
	if err == nil && (to.Phone == in.Phone && to.Phone != "") {
		err = call.Errorf(call.CodeConflict, "phone %s calls itself", in.Phone)
	}
	if err != nil {
		return nil, &call.Refusal{Cause: causeOf(err), Words: err.Error()}
	}
	a, no := d.ownCall(in, leg, live.PhoneCall{Phone: in.Phone, To: to})
	if no != nil { // an interface around no actor would be one
		return nil, no
	}
	return a, nil
}

// outside takes a phone's call to an outside number.
func (d desk) outside(in call.Incoming, leg *sip.Leg, to call.Destination) (sip.Owner, *call.Refusal) {
	a, no := d.ownCall(in, leg, live.PhoneCall{Phone: in.Phone, To: to, Record: d.recordsOwn(to)})
	if no != nil {
		return nil, no
	}
	return a, nil
}

// causeOf is how a phone is told why whom it calls can't be called.
func causeOf(err error) call.Cause {
	switch call.CodeOf(err) {
	case call.CodeNotFound:
		return call.CauseUnknownNumber
	case call.CodeConflict:
		return call.CauseBusy
	case call.CodeForbidden:
		return call.CauseForbidden
	default:
		return call.CauseNoAnswer
	}
}

// ownCall makes the actor of a call that a phone of ours began: in and leg are its INVITE; for click to dial
// there is no leg, and in has an id and a time only. Trunk and Shown of p may be left empty.
func (d desk) ownCall(in call.Incoming, leg *sip.Leg, p live.PhoneCall) (*live.Actor, *call.Refusal) {
	rev := d.rev.Load()
	if p.Seat == "" {
		p.Seat = d.floor.desks.at(p.Phone)
	}
	trunk, shown := rev.outward("")
	if p.Trunk == "" {
		p.Trunk = trunk
	}
	if p.Shown == (call.Shown{}) {
		p.Shown.Number = shown
	}
	caller := rev.caller(p.To.Number, rev.trunks[p.Trunk].Area)
	m := newCallMedia(d.App, in.ID, rev.trunks[p.Trunk])
	m.about = forkedCall{trunk: p.Trunk, caller: caller.Number, called: p.Shown.Number}
	m.codecs, m.srtp, m.keys = rev.phoneCodecs(p.Phone), rev.srtp[p.Phone], call.KeysAuto
	deps := m.deps(p.Shown.Number, p.Shown.Number, p.Trunk, caller)
	deps.Flow = &afterTry{rev: d.rev.Load, vars: ivr.Vars{Revision: rev.number, Caller: caller, Called: p.Shown.Number, Trunk: p.Trunk}}
	if leg != nil {
		deps.Leg = leg
		if m.far = leg.Source(); in.Offer != nil {
			m.far = in.Offer.Remote.Addr()
		}
	}
	m.actor = live.New(live.Brief{
		Node: d.node.Name, Epoch: d.epoch, Incoming: in, Caller: caller, Called: p.Shown.Number, Revision: rev.number, Phone: &p,
	}, deps)
	if full := d.calls.add(m.actor, "", limits{node: d.maxCalls}); full != "" {
		return nil, &call.Refusal{Cause: call.CauseCapacity, Words: full, RetryAfter: retryAfter}
	}
	return m.actor, nil
}

// click rings an agent's phone and then whom he wants (click to dial).
func (a *App) click(agent call.SeatID, dialled string) (call.ID, error) {
	at, in := a.floor.desks.seat(agent)
	switch {
	case !in:
		return "", call.Errorf(call.CodeConflict, "agent %s is not signed in", agent)
	case at.state.InCall():
		return "", call.Errorf(call.CodeConflict, "agent %s is in a call", agent)
	case at.state == call.SeatUnreachable:
		return "", call.Errorf(call.CodeConflict, "phone %s of agent %s can't be reached", at.phone, agent)
	}
	if no := (desk{a}).closed(); no != nil {
		return "", call.Errorf(call.CodeUnavailable, "%s", no.Words)
	}
	to, err := people{a}.Find(dialled)
	if err != nil {
		return "", err
	}
	if to.Agent == agent || to.Kind == call.ToCode {
		return "", call.Errorf(call.CodeInvalid, "agent %s can't call %s", agent, dialled)
	}
	id := a.ids.Call()
	_, no := desk{a}.ownCall(call.Incoming{ID: id, Received: time.Now()}, nil, live.PhoneCall{
		Phone: at.phone, Seat: agent, To: to, Click: true, Record: a.recordsOwn(to),
	})
	if no != nil {
		return "", call.Errorf(call.CodeCapacity, "%s", no.Words)
	}
	return id, nil
}

// recordsOwn tells whether a call that a phone begins is recorded: one to an outside number as the site's
// queues are by default, one among ourselves not.
func (a *App) recordsOwn(to call.Destination) bool {
	return to.Kind == call.ToNumber && drawn(a.rev.Load().site.Defaults.Record)
}
