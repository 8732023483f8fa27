package app

import (
	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip"
)

// fromPhone takes a call that a phone of ours makes, or says why not.
func (d desk) fromPhone(in call.Incoming, leg *sip.Leg) (sip.Owner, *call.Refusal) {
	owner, no := d.connect(in, leg)
	if no != nil {
		d.refusedPhone(in, *no)
	}
	return owner, no
}

// connect decides by the number.
func (d desk) connect(in call.Incoming, leg *sip.Leg) (sip.Owner, *call.Refusal) {
	rev := d.rev.Load()
	to := rev.destination(in.To)
	if in.Replaces != nil { // of a call that is there: also while no new ones are taken
		return d.replaces(in, leg)
	}
	if no := d.closed(); no != nil {
		return nil, no
	}
	switch to.Kind {
	case call.ToCode:
		if c, rest, ok := findCode(codes(), in.To); ok {
			return c.take(codeCall{desk: d, in: in, leg: leg, rest: rest})
		}
		return nil, &call.Refusal{Cause: call.CauseUnknownNumber, Words: "there is no code " + call.ShownDialled(in.To)}
	case call.ToNobody:
		return nil, &call.Refusal{Cause: call.CauseUnknownNumber, Words: in.To + " is no agent, phone, queue or telephone number"}
	case call.ToAgent, call.ToPhone, call.ToQueue:
		return d.inside(in, leg)
	case call.ToNumber: // Lines.Dial asks for the right
		return d.outside(in, leg, to)
	}
	return nil, &call.Refusal{Cause: call.CauseInternal, Words: "nobody knows how to call " + in.To}
}

// refusedPhone notes a phone's call that was not taken. There is no record of it: no customer called.
func (d desk) refusedPhone(in call.Incoming, no call.Refusal) {
	d.log.Info("a phone's call is refused", zap.String("phone", in.Phone), zap.String("called", call.ShownDialled(in.To)),
		zap.Stringer("cause", no.Cause), zap.String("why", no.Words))
}
