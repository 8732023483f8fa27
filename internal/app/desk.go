package app

import (
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
	"hotline/sip"
)

// retryAfter is what a caller over capacity is told to wait.
const retryAfter = 5 * time.Second

// desk decides about calls at the door, and passes the phones' health on. Its
// methods are called on the signalling room's workers and return at once.
type desk struct{ *App }

// Incoming takes a call or says why not.
func (d desk) Incoming(in call.Incoming, leg *sip.Leg) (sip.Owner, *call.Refusal) {
	if in.Phone != "" {
		return d.fromPhone(in, leg)
	}
	rev := d.rev.Load()
	who := d.who(rev, in)
	if no := d.refuse(who); no != nil {
		d.refused(who, *no)
		return nil, no
	}
	a := d.actor(rev, who, leg)
	trunk := rev.trunks[in.Trunk]
	if full := d.calls.add(a, in.Trunk, limits{node: d.maxCalls, trunk: trunk.MaxCalls}); full != "" {
		no := call.Refusal{Cause: call.CauseCapacity, Words: full, RetryAfter: retryAfter}
		d.refused(who, no)
		return nil, &no
	}
	d.limitVisit(a, in.Trunk, rev.site.Try)
	return a, nil
}

// visitor is a call at the door and what the site knows about it.
type visitor struct {
	in     call.Incoming
	caller call.Caller
	number call.Number // zero: nobody answers it
	rev    int
}

// who looks the caller and the called number up.
func (d desk) who(rev *revision, in call.Incoming) visitor {
	trunk := rev.trunks[in.Trunk]
	return visitor{
		in: in, caller: rev.caller(in.From, trunk.Area),
		number: rev.numbers[dialled{in.Trunk, call.NormalizeNumber(in.To, trunk.Area)}], rev: rev.number,
	}
}

// refuse says why a call is not taken, if it is not; the trunk's and the
// node's limits come last, with the call in hand.
func (d desk) refuse(v visitor) *call.Refusal {
	switch {
	case v.number.Flow == "":
		return &call.Refusal{Cause: call.CauseUnknownNumber, Words: "no flow answers " + v.in.To + " on trunk " + v.in.Trunk}
	case v.caller.Class == call.CallerBlocked && !v.number.AnswerBlocked:
		return &call.Refusal{Cause: call.CauseBlocked, Words: "the caller is on the block list"}
	}
	return d.closed()
}

// closed says why no new call is taken at all, if none is.
func (d desk) closed() *call.Refusal {
	if d.draining.Load() {
		return &call.Refusal{Cause: call.CauseDraining, Words: "the node is stopping", RetryAfter: retryAfter}
	}
	if err := d.store.Writable(); err != nil {
		return &call.Refusal{Cause: call.CauseStoreDown, Words: "the journal can't be written: " + err.Error(), RetryAfter: retryAfter}
	}
	return nil
}

// actor makes the actor of an accepted call and joins it to the rooms.
func (d desk) actor(rev *revision, v visitor, leg *sip.Leg) *live.Actor {
	id := v.in.ID
	m := newCallMedia(d.App, id, rev.trunks[v.in.Trunk])
	m.about = forkedCall{trunk: v.in.Trunk, caller: v.caller.Number, called: v.in.To}
	if m.far = leg.Source(); v.in.Offer != nil {
		m.far = v.in.Offer.Remote.Addr()
	}
	deps := m.deps(v.in.To, v.number.Number, v.in.Trunk, v.caller)
	deps.Leg, deps.Flow, deps.LineFree = leg, d.session(rev, v), func() { d.calls.lineFree(v.in.Trunk) }
	m.actor = live.New(live.Brief{
		Node: d.node.Name, Epoch: d.epoch, Incoming: v.in, Caller: v.caller,
		Called: v.in.To, Flow: v.number.Flow, Fork: rev.trunks[v.in.Trunk].Fork, Language: v.number.Language, Revision: v.rev,
	}, deps)
	return m.actor
}

// session starts the caller's flow on this revision; it finishes there.
func (d desk) session(rev *revision, v visitor) *flowSession {
	return &flowSession{rev: d.rev.Load, graph: rev.graph, session: ivr.NewSession(rev.graph, ivr.Vars{
		Revision: v.rev, Flow: v.number.Flow, Caller: v.caller, Called: v.in.To, Trunk: v.in.Trunk,
		Language: v.number.Language, Calls: d.repeats.came(v.in.Received, v.caller.Number),
	})}
}

// refused keeps the record of a call that was not taken.
func (d desk) refused(v visitor, no call.Refusal) {
	d.log.Info("call refused", zap.String("trunk", v.in.Trunk), zap.String("called", v.in.To),
		zap.Stringer("cause", no.Cause), zap.String("why", no.Words))
	events := []call.Event{
		call.Entered{
			Trunk: v.in.Trunk, Caller: v.caller, Called: v.in.To, Flow: v.number.Flow,
			Revision: v.rev, Leg: v.in.Leg, SIPCallID: v.in.SIPCallID, PASSporT: v.in.PASSporT,
		},
		call.Refused{Cause: no.Cause, Words: no.Words},
	}
	var envelopes []call.Envelope
	for i, ev := range events {
		envelopes = append(envelopes, call.Envelope{
			Node: d.node.Name, Epoch: d.epoch, Call: v.in.ID, Seq: uint64(i + 1), At: v.in.Received, Event: ev,
		})
	}
	d.clerk.file(envelopes)
	d.metrics.calls.WithLabelValues(v.in.Trunk, call.OutcomeRefused.String()).Inc()
}

// Refused keeps the record of a call that the signalling room refused itself.
func (d desk) Refused(in call.Incoming, no call.Refusal) {
	if in.Phone != "" {
		d.refusedPhone(in, no)
		return
	}
	d.refused(d.who(d.rev.Load(), in), no)
}

// PhoneUp tells routing that a phone can be rung.
func (d desk) PhoneUp(phone string) { d.phone(acd.PhoneUp{Phone: phone}) }

// PhoneDown tells routing that a phone can't be rung, and why.
func (d desk) PhoneDown(phone, words string) { d.phone(acd.PhoneDown{Phone: phone, Words: words}) }

func (d desk) phone(in acd.Input) {
	if err := d.acd.Send(in); err != nil {
		d.log.Error("routing did not hear of a phone", zap.String("input", in.Kind()), zap.Error(err))
	}
}
