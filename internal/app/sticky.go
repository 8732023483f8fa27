package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
)

// lookUpLimit bounds how long a call may be kept from its queue by the search
// for the agent of the caller's last call; past it, it goes without.
const lookUpLimit = 200 * time.Millisecond

// memory answers who took a caller's last call. It is asked on the call's own
// goroutine, so that routing never waits for the store.
type memory struct{ *App }

// lastSeat is the agent of the caller's last call, where the queue goes by that.
func (m memory) lastSeat(queue string, caller call.Caller) acd.LastSeat {
	sticky := m.rev.Load().queues[queue].Sticky
	if sticky == nil || !isNumber(caller.Number) {
		return acd.LastSeat{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookUpLimit)
	defer cancel()
	seat, at, err := m.store.LastSeat(ctx, caller.Number, time.Now().Add(-sticky.Within))
	if err != nil {
		m.log.Warn("the agent of a caller's last call could not be looked up", zap.String("queue", queue), zap.Error(err))
		return acd.LastSeat{}
	}
	return acd.LastSeat{Seat: seat, At: at}
}

// isNumber tells a telephone number from "anonymous" and the like, which many callers share.
func isNumber(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
