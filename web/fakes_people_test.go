package web

import (
	"context"
	"fmt"

	"hotline/call"
)

// did notes what was asked of a live call.
func (r *rooms) did(id call.ID, format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.record(id); !one.Live() {
		return call.Errorf(call.CodeConflict, "call %s has ended", id)
	}
	r.deeds = append(r.deeds, string(id)+" "+fmt.Sprintf(format, args...))
	return nil
}

func (r *rooms) Hold(_ context.Context, id call.ID, by call.SeatID, on bool) error {
	return r.did(id, "hold %v by %s", on, by)
}

func (r *rooms) Transfer(_ context.Context, id call.ID, by call.SeatID, mode call.TransferMode, to string) error {
	return r.did(id, "transfer %s to %s by %s", mode, to, by)
}

func (r *rooms) Survey(_ context.Context, id call.ID, by call.SeatID) error {
	return r.did(id, "survey by %s", by)
}

func (r *rooms) VerifyCaller(_ context.Context, id call.ID, by call.SeatID, flow string, cancel bool) error {
	return r.did(id, "verify %s %v by %s", flow, cancel, by)
}

func (r *rooms) Part(_ context.Context, id call.ID, by call.SeatID) error {
	return r.did(id, "hung up by %s", by)
}

func (r *rooms) Help(_ context.Context, id call.ID, by call.SeatID, reason string) error {
	return r.did(id, "help by %s: %s", by, reason)
}

func (r *rooms) PickUp(_ context.Context, id call.ID, by call.SeatID, anyCall bool) error {
	return r.did(id, "picked up by %s, any %v", by, anyCall)
}

func (r *rooms) Dial(_ context.Context, agent call.SeatID, to string) (call.ID, error) {
	if to == "nobody" {
		return "", call.Errorf(call.CodeNotFound, "nobody is no agent, phone, queue or telephone number")
	}
	return "made", nil
}

func (r *rooms) Supervise(_ context.Context, id call.ID, by, of call.SeatID, mode call.SuperviseMode) error {
	return r.did(id, "%s of %s by %s", mode, of, by)
}

func (r *rooms) Unsupervise(_ context.Context, id call.ID, by call.SeatID) error {
	return r.did(id, "left by %s", by)
}

func (r *rooms) Follow(_ context.Context, by, agent call.SeatID, _ call.SuperviseMode) error {
	if agent == "nobody" {
		return call.Errorf(call.CodeNotFound, "there is no agent nobody")
	}
	return nil
}

func (r *rooms) FollowEnd(context.Context, call.SeatID, call.SeatID) error { return nil }
