package app

import (
	"context"
	"errors"
	"sync"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
)

// answerOf posts a message to a call and waits for its answer, or until ctx is over. gone: there is no such
// call, or it ended without an answer.
func (a *App) answerOf(ctx context.Context, id call.ID, m func(live.Reply) live.Message) (gone bool, err error) {
	c := a.calls.get(id)
	reply := make(chan error, 1)
	if c == nil || !c.Post(m(live.Reply(reply))) {
		return true, nil
	}
	select {
	case err := <-reply:
		return false, err
	case <-c.Done():
		select {
		case err := <-reply: // it was the last thing the call did
			return false, err
		default:
			return true, nil
		}
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// inCall has a live call do something and waits for its answer, for answerTimeout.
func (a *App) inCall(ctx context.Context, id call.ID, m func(live.Reply) live.Message) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	gone, err := a.answerOf(ctx, id, m)
	switch {
	case gone:
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	case err != nil && errors.Is(err, ctx.Err()):
		return call.Errorf(call.CodeUnavailable, "the call did not answer in time")
	}
	return err
}

// Hold puts a caller on hold, or takes him off it.
func (b backends) Hold(ctx context.Context, id call.ID, by call.SeatID, on bool) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Hold{By: by, On: on, Reply: r} })
}

// Transfer hands a caller on.
func (b backends) Transfer(ctx context.Context, id call.ID, by call.SeatID, mode call.TransferMode, to string) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Transfer{By: by, Mode: mode, To: to, Reply: r} })
}

// Survey sends a caller to the rating.
func (b backends) Survey(ctx context.Context, id call.ID, by call.SeatID) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Survey{By: by, Reply: r} })
}

// VerifyCaller sends a caller to key in a secret, or takes him back.
func (b backends) VerifyCaller(ctx context.Context, id call.ID, by call.SeatID, flow string, cancel bool) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Verify{By: by, Flow: flow, Cancel: cancel, Reply: r} })
}

// Part ends an agent's part of a call.
func (b backends) Part(ctx context.Context, id call.ID, by call.SeatID) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Part{By: by, Reply: r} })
}

// Help marks that an agent wants the supervisor.
func (b backends) Help(ctx context.Context, id call.ID, by call.SeatID, reason string) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Help{By: by, Reason: reason, Reply: r} })
}

// Dial rings an agent's phone, and then whom he wants.
func (b backends) Dial(_ context.Context, agent call.SeatID, to string) (call.ID, error) {
	return b.click(agent, to)
}

// Supervise brings a supervisor into a call at the phone he is signed in at. Cutting a call needs no phone.
func (b backends) Supervise(ctx context.Context, id call.ID, by, of call.SeatID, mode call.SuperviseMode) error {
	at, in := b.floor.desks.seat(by)
	if !in && mode != call.Release {
		return call.Errorf(call.CodeConflict, "%s is not signed in at a phone that could be rung; sign in first", by)
	}
	return b.inCall(ctx, id, func(r live.Reply) live.Message {
		return live.Supervise{By: by, Phone: at.phone, Of: of, Mode: mode, Reply: r}
	})
}

// Unsupervise takes a supervisor out of a call.
func (b backends) Unsupervise(ctx context.Context, id call.ID, by call.SeatID) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Unsupervise{By: by, Reply: r} })
}

// followers are the supervisors who follow an agent from call to call (全程监听). They
// are forgotten by a restart, as the calls are.
type followers struct {
	mu  sync.Mutex
	all map[call.SeatID]map[call.SeatID]call.SuperviseMode // by agent, then supervisor
}

// followersMost bounds how many supervisors follow one agent.
const followersMost = 2

// follow begins to follow an agent; false: enough do.
func (f *followers) follow(by, agent call.SeatID, mode call.SuperviseMode) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[call.SeatID]map[call.SeatID]call.SuperviseMode{}
	}
	if _, known := f.all[agent][by]; !known && len(f.all[agent]) >= followersMost {
		return false
	}
	if f.all[agent] == nil {
		f.all[agent] = map[call.SeatID]call.SuperviseMode{}
	}
	f.all[agent][by] = mode
	return true
}

// end tells whether somebody followed.
func (f *followers) end(by, agent call.SeatID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, known := f.all[agent][by]
	delete(f.all[agent], by)
	return known
}

func (f *followers) of(agent call.SeatID) map[call.SeatID]call.SuperviseMode {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[call.SeatID]call.SuperviseMode, len(f.all[agent]))
	for by, mode := range f.all[agent] {
		out[by] = mode
	}
	return out
}

// Follow has a supervisor follow an agent, from the call he is in, or his next.
func (b backends) Follow(ctx context.Context, by, agent call.SeatID, mode call.SuperviseMode) error {
	switch _, in := b.floor.desks.seat(by); {
	case !in:
		return call.Errorf(call.CodeConflict, "%s is not signed in at a phone that could be rung; sign in first", by)
	case by == agent:
		return call.Errorf(call.CodeInvalid, "nobody follows himself")
	}
	if _, known := b.rev.Load().agents[agent]; !known {
		return call.Errorf(call.CodeNotFound, "there is no agent %s", agent)
	}
	if !b.followers.follow(by, agent, mode) {
		return call.Errorf(call.CodeCapacity, "%d supervisors follow agent %s already", followersMost, agent)
	}
	at, _ := b.floor.desks.seat(agent)
	if at.call == "" || at.state != call.SeatTalking && at.state != call.SeatHeld {
		return nil // his next call
	}
	sup, _ := b.floor.desks.seat(by)
	return b.inCall(ctx, at.call, func(r live.Reply) live.Message {
		return live.Supervise{By: by, Phone: sup.phone, Of: agent, Mode: mode, Follow: true, Reply: r}
	})
}

// FollowEnd ends it, also in the call of now.
func (b backends) FollowEnd(ctx context.Context, by, agent call.SeatID) error {
	if !b.followers.end(by, agent) {
		return call.Errorf(call.CodeNotFound, "%s does not follow agent %s", by, agent)
	}
	if at, _ := b.floor.desks.seat(agent); at.call != "" {
		err := b.Unsupervise(ctx, at.call, by)
		b.log.Debug("following ends", zap.String("agent", string(agent)), zap.Error(err)) // he may not have been in it
	}
	return nil
}

// seatTalks brings those who follow an agent into the call he talks in now. It is called on routing's goroutine and returns at once.
func (a *App) seatTalks(c acd.SeatChanged) {
	if c.To != call.SeatTalking || c.From == call.SeatHeld || c.Call == "" {
		return
	}
	for by, mode := range a.followers.of(c.Seat) {
		at, in := a.floor.desks.seat(by)
		if !in {
			continue
		}
		reply := make(chan error, 1) // one fits: nobody waits for it
		if !a.calls.post(c.Call, live.Supervise{By: by, Phone: at.phone, Of: c.Seat, Mode: mode, Follow: true, Reply: live.Reply(reply)}) {
			a.log.Debug("a call was gone before its supervisor came", zap.String("call", string(c.Call)))
		}
	}
}
