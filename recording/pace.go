package recording

import (
	"context"
	"sync"
	"time"
)

// pace keeps the looking-through of recordings within a share of one core,
// whoever does it.
type pace struct {
	share float64 // 1: as much as there is

	mu   sync.Mutex
	paid time.Time // when the work done so far will have been within the share
}

const (
	// workSlice is how long is worked before resting.
	workSlice = 5 * time.Millisecond
	// ahead is how much of the share short work may take before its time, so that
	// recordings that end together need not wait for one another.
	ahead = time.Second
)

// free tells whether short work may be done now.
func (p *pace) free() bool { return p.debt() <= ahead }

// debt is for how long nothing more should be done.
func (p *pace) debt() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.paid)
}

// did accounts for work.
func (p *pace) did(work time.Duration) {
	if p.share >= 1 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.paid.Before(now) {
		p.paid = now
	}
	p.paid = p.paid.Add(time.Duration(float64(work) * (1 - p.share) / p.share))
}

// shift is one piece of work.
type shift struct {
	p     *pace
	rests bool
	began time.Time
}

// begin begins a piece of work of any length, which rests as the share asks for.
func (p *pace) begin() *shift { return &shift{p: p, rests: true, began: time.Now()} }

// hurry begins short work, which somebody waits for: it is done in one go, and later work pays for it.
func (p *pace) hurry() *shift { return &shift{p: p, began: time.Now()} }

func (s *shift) end() { s.p.did(time.Since(s.began)) }

// breathe rests as long as the share asks for, once there was work enough.
func (s *shift) breathe(ctx context.Context) error {
	worked := time.Since(s.began)
	if !s.rests || worked < workSlice {
		return ctx.Err()
	}
	s.p.did(worked)
	rest := time.NewTimer(s.p.debt())
	defer rest.Stop()
	select {
	case <-rest.C:
		s.began = time.Now()
		return nil
	case <-ctx.Done():
		s.began = time.Now()
		return ctx.Err()
	}
}
