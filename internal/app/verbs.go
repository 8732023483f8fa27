package app

import (
	"context"
	"errors"

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

// Supervise brings a supervisor into a call at the phone he is signed in at, or by the line he is on already to follow
// an agent. Cutting a call needs no phone.
func (b backends) Supervise(ctx context.Context, id call.ID, by, of call.SeatID, mode call.SuperviseMode) error {
	at, in := b.floor.desks.seat(by)
	line := call.ID("")
	if s := b.shifts.by(by); s != nil {
		at.phone, in, line = s.phone, true, s.ID()
	}
	if !in && mode != call.Release {
		return call.Errorf(call.CodeConflict, "%s is not signed in at a phone that could be rung; sign in first", by)
	}
	return b.inCall(ctx, id, func(r live.Reply) live.Message {
		return live.Supervise{By: by, Phone: at.phone, Of: of, Mode: mode, Shift: line, Reply: r}
	})
}

// Unsupervise takes a supervisor out of a call.
func (b backends) Unsupervise(ctx context.Context, id call.ID, by call.SeatID) error {
	return b.inCall(ctx, id, func(r live.Reply) live.Message { return live.Unsupervise{By: by, Reply: r} })
}
