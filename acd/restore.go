package acd

import (
	"encoding/json"
	"slices"

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
	return thaw(&f)
}

// thaw makes the engine of a state.
func thaw(f *frozen) (*Engine, error) {
	e := New(f.Seed)
	e.now, e.steps, e.offersMade, e.rules = f.Now, f.Steps, f.Offers, f.Rules
	e.callsMade, e.paused = f.CallsMade, f.Paused
	e.late.kept = slices.Clip(f.Late)
	e.changeQueues(f.Rules.Queues)
	e.thawPlaces(f.Kept)
	for _, p := range f.Paces {
		if q := e.queues[p.Queue]; q != nil {
			q.pace = p.pace
		}
	}
	if err := e.thawLoads(f.Loads); err != nil {
		return nil, err
	}
	for _, p := range f.Phones {
		e.phones[p.Name] = &phone{name: p.Name, up: p.Up, dead: p.Dead, words: p.Words}
	}
	for i := range f.Seats {
		if id := f.Seats[i].Agent.ID; e.seats[id] != nil {
			return nil, call.Errorf(call.CodeInvalid, "acd snapshot: agent %s is there twice", id)
		}
		e.thawSeat(&f.Seats[i])
	}
	if err := e.thawCalls(f); err != nil {
		return nil, err
	}
	if err := e.rebind(f); err != nil {
		return nil, err
	}
	e.reroll()
	if err := e.thawPlans(f); err != nil {
		return nil, err
	}
	e.reindex(f.Asked)
	for _, q := range e.queues {
		q.back.gate = q.gateOf()
	}
	e.gates = nil
	e.index.settleDown()
	e.plansSeen() // nothing has changed: they were looked at before the snapshot was taken
	return e, nil
}

func (e *Engine) thawLoads(loads []frozenLoad) error {
	for _, l := range loads {
		q := e.queues[l.Queue]
		w, ok := thawWindow(l.frozenWindow, e.now)
		if q == nil || !ok || w.asked != int64(staffingOver) {
			return call.Errorf(call.CodeInvalid, "acd snapshot: the load of queue %s is not what can be", l.Queue)
		}
		q.load = w
	}
	return nil
}

func (e *Engine) thawSeat(f *frozenSeat) {
	s := newSeat(f.Agent)
	s.removed, s.state, s.since, s.reason, s.minutes = f.Removed, f.State, f.Since, f.Reason, f.Minutes
	s.want, s.idle, s.free, s.queue, s.wrapUp = f.Want, f.Idle, f.Free, f.Queue, f.WrapUp
	s.picked = f.Picked
	s.offer, s.unregistered, s.turn, s.calls, s.pause = f.Offer, f.Unregistered, f.Turn, f.Calls, f.Break
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
		gone[r.Name] = newQueue(r, e.now)
		gone[r.Name].removed = true
	}
	for i := range f.Calls {
		w := &f.Calls[i]
		c := &caller{
			id: w.ID, node: w.Node, who: w.Caller, left: w.Left, stage: w.Stage, skills: w.Skills, entry: w.Entry,
			joined: w.Joined, open: w.Open, priority: w.Priority, ownPrio: w.OwnPrio, again: w.Again, heard: w.Heard, visited: w.Visited, failed: w.Failed, last: w.Last, paced: w.Paced, told: w.Told, alone: w.Alone, picked: w.Picked, asked: w.Asked,
		}
		c.timer = timer{id: string(c.id), caller: c}
		c.guard = timer{id: string(c.id), caller: c, guard: true}
		if w.Guard != 0 {
			e.arm(&c.guard, w.Guard)
		}
		if w.Gone {
			c.q = gone[w.Queue]
		} else {
			c.q = e.queues[w.Queue]
		}
		if !e.thawBack(c, w.Back) {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s is no sound callback", c.id)
		}
		if c.stage > stageHeld || c.queued() && c.q == nil {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s is nowhere: stage %d in queue %q", c.id, w.Stage, w.Queue)
		}
		if e.calls[c.id] != nil {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s is there twice", c.id)
		}
		e.calls[c.id] = c
	}
	return nil
}

// rebind joins seats and calls again, and refuses what does not fit together.
func (e *Engine) rebind(f *frozen) error {
	for i := range f.Seats {
		s := e.seats[f.Seats[i].Agent.ID]
		s.caller = e.calls[f.Seats[i].Call]
		for _, id := range f.Seats[i].Engaged {
			s.engaged = append(s.engaged, e.calls[id])
		}
		if s.offer != "" {
			e.offers[s.offer] = s
		}
	}
	for i := range f.Calls {
		c := e.calls[f.Calls[i].ID]
		for _, id := range f.Calls[i].Ringers {
			c.ringers = append(c.ringers, e.seats[id])
		}
		c.known = e.seats[f.Calls[i].Known]
		for _, id := range f.Calls[i].Seats {
			c.seats = append(c.seats, e.seats[id])
		}
		for _, id := range f.Calls[i].Engaged {
			c.engaged = append(c.engaged, e.seats[id])
		}
		if !c.sound() {
			return call.Errorf(call.CodeInvalid, "acd snapshot: call %s and its seats do not agree", c.id)
		}
	}
	for i := range f.Seats {
		s := e.seats[f.Seats[i].Agent.ID]
		if !s.sound() {
			return call.Errorf(call.CodeInvalid, "acd snapshot: agent %s is %s without what belongs to it", s.agent.ID, s.state)
		}
		s.shown = s.callID()
	}
	return nil
}

// sound tells whether a call's seats are there and bound to it.
func (c *caller) sound() bool {
	if c.known != nil && c.stage != stageWaiting {
		return false
	}
	if (c.stage == stageRinging) != (len(c.ringers) > 0) || c.stage == stageAway && len(c.seats)+len(c.engaged) == 0 {
		return false
	}
	if slices.ContainsFunc(c.engaged, func(s *seat) bool { return s == nil || !slices.Contains(s.engaged, c) }) {
		return false
	}
	for _, s := range c.seats {
		if s == nil || s.caller != c {
			return false
		}
	}
	return !slices.ContainsFunc(c.ringers, func(s *seat) bool { return s == nil || s.caller != c })
}

// sound tells whether a seat has what its state needs: a phone of its own, a
// call bound to it, a lease with an end.
func (s *seat) sound() bool {
	if (s.state == call.SeatOffline) != (s.phone == nil) || s.phone != nil && s.phone.seat != s {
		return false
	}
	if slices.ContainsFunc(s.engaged, func(c *caller) bool { return c == nil || !slices.Contains(c.engaged, s) }) {
		return false
	}
	if len(s.engaged) > 0 && !s.inTalk() && s.state != call.SeatWrapUp {
		return false
	}
	switch s.state {
	case call.SeatReady:
		return s.caller == nil && s.phone.works()
	case call.SeatOffered:
		return s.caller != nil && slices.Contains(s.caller.ringers, s) && s.offer != "" && s.timer.pos != 0
	case call.SeatAnnouncing, call.SeatTalking, call.SeatHeld:
		if s.caller == nil {
			return len(s.engaged) > 0 && s.state != call.SeatAnnouncing
		}
		return s.caller != nil && s.offer != "" && slices.Contains(s.caller.seats, s)
	case call.SeatWrapUp:
		return s.caller != nil && s.timer.pos != 0 && slices.Contains(s.caller.seats, s)
	default:
		return s.caller == nil
	}
}
