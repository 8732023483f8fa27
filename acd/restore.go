package acd

import (
	"encoding/json"

	"hotline/call"
)

// Restore makes an engine that goes on exactly where the snapshot was taken. A
// snapshot that does not hold together is refused with call.CodeInvalid.
func Restore(data []byte) (*Engine, error) {
	var f frozen
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, call.Errorf(call.CodeInvalid, "acd snapshot: %w", err)
	}
	if f.Version != snapshotVersion {
		return nil, call.Errorf(call.CodeInvalid, "acd snapshot: version %d, this engine reads %d", f.Version, snapshotVersion)
	}
	e := New(f.Seed)
	e.now, e.steps, e.offersMade, e.rules = f.Now, f.Steps, f.Offers, f.Rules
	e.late.kept = f.Late
	e.changeQueues(f.Rules.Queues)
	for _, p := range f.Phones {
		e.phones[p.Name] = &phone{name: p.Name, up: p.Up, dead: p.Dead, words: p.Words}
	}
	for i := range f.Seats {
		e.thawSeat(&f.Seats[i])
	}
	if err := e.thawCalls(&f); err != nil {
		return nil, err
	}
	if err := e.rebind(&f); err != nil {
		return nil, err
	}
	e.reroll()
	e.reindex()
	e.index.settleDown()
	return e, nil
}

func (e *Engine) thawSeat(f *frozenSeat) {
	s := newSeat(f.Agent)
	s.removed, s.state, s.since, s.reason, s.minutes = f.Removed, f.State, f.Since, f.Reason, f.Minutes
	s.want, s.idle, s.free, s.queue, s.wrapUp = f.Want, f.Idle, f.Free, f.Queue, f.WrapUp
	s.offer, s.unregistered = f.Offer, f.Unregistered
	if f.Phone != "" {
		s.phone = e.phoneNamed(f.Phone)
		s.phone.seat = s
		s.counted = s.phone.works() && !s.removed
	}
	if f.Timer != 0 {
		e.arm(&s.timer, f.Timer)
	}
	e.seats[s.agent.ID] = s
}

func (e *Engine) thawCalls(f *frozen) error {
	gone := map[string]*queue{}
	for _, r := range f.Gone {
		gone[r.Name] = newQueue(r)
		gone[r.Name].removed = true
	}
	for i := range f.Calls {
		w := &f.Calls[i]
		c := &caller{
			id: w.ID, node: w.Node, who: w.Caller, left: w.Left, stage: w.Stage, skills: w.Skills, entry: w.Entry,
			joined: w.Joined, open: w.Open, priority: w.Priority, ownPrio: w.OwnPrio, visited: w.Visited,
		}
		c.timer = timer{id: string(c.id), caller: c}
		if w.Gone {
			c.q = gone[w.Queue]
		} else {
			c.q = e.queues[w.Queue]
		}
		if c.stage != stageAway && c.q == nil {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s waits in queue %q, which is not in it", c.id, w.Queue)
		}
		e.calls[c.id] = c
	}
	return nil
}

// rebind joins seats and calls again.
func (e *Engine) rebind(f *frozen) error {
	for i := range f.Seats {
		s := e.seats[f.Seats[i].Agent.ID]
		if f.Seats[i].Call != "" {
			if s.caller = e.calls[f.Seats[i].Call]; s.caller == nil {
				return call.Errorf(call.CodeInvalid, "acd snapshot: agent %s has call %q, which is not in it", s.agent.ID, f.Seats[i].Call)
			}
		}
		if s.offer != "" {
			e.offers[s.offer] = s
		}
		if bound := s.state.InCall() || s.state == call.SeatWrapUp; bound != (s.caller != nil) || s.state != call.SeatOffline && s.phone == nil {
			return call.Errorf(call.CodeInvalid, "acd snapshot: agent %s is %s without what belongs to it", s.agent.ID, s.state)
		}
	}
	for i := range f.Calls {
		c := e.calls[f.Calls[i].ID]
		for _, id := range append([]call.SeatID{f.Calls[i].Ringer}, f.Calls[i].Seats...) {
			if s := e.seats[id]; id != "" && (s == nil || s.caller != c) {
				return call.Errorf(call.CodeInvalid, "acd snapshot: call %s and agent %q do not agree", c.id, id)
			}
		}
		c.ringer = e.seats[f.Calls[i].Ringer]
		for _, id := range f.Calls[i].Seats {
			c.seats = append(c.seats, e.seats[id])
		}
		if (c.stage == stageRinging) != (c.ringer != nil) {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s rings and does not ring", c.id)
		}
	}
	return nil
}
