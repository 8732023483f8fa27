package app

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/store"
)

// The bounds of who is remembered.
const (
	repeatMost  = 500_000 // calls; the oldest are forgotten first
	repeatEach  = 255     // of one caller
	repeatStart = 100_000 // calls read at a start
)

// repeats counts callers' calls within a window: a small index over what the store has, so
// that a flow's question costs nothing. Calls come in on several threads, hence the mutex.
type repeats struct {
	window func() time.Duration

	mu    sync.Mutex
	calls []repeatCall // in order; head is the first that counts
	head  int
	count map[string]int
}

// repeatCall is one call of a caller.
type repeatCall struct {
	at     time.Time
	number string
}

func newRepeats(window func() time.Duration) *repeats {
	return &repeats{window: window, count: map[string]int{}}
}

// came notes a call and gives how many the caller has made within the window before it. Numbers
// that many callers share (anonymous) are not counted.
func (r *repeats) came(now time.Time, number string) int {
	if !isNumber(number) {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now.Add(-r.window()))
	before := r.count[number]
	r.calls = append(r.calls, repeatCall{now, number})
	r.count[number]++
	return min(before, repeatEach)
}

// forget drops what is too old, or too much.
func (r *repeats) forget(before time.Time) {
	for r.head < len(r.calls) && (r.calls[r.head].at.Before(before) || len(r.calls)-r.head >= repeatMost) {
		number := r.calls[r.head].number
		if r.count[number]--; r.count[number] <= 0 {
			delete(r.count, number)
		}
		r.calls[r.head].number = ""
		r.head++
	}
	if r.head > len(r.calls)/2 && r.head > 1024 {
		r.calls = append([]repeatCall(nil), r.calls[r.head:]...)
		r.head = 0
	}
}

// recall reads the calls of the window from the store, newest first, as a start finds them.
func (r *repeats) recall(ctx context.Context, st *store.Store, now time.Time, log *zap.Logger) {
	var found []repeatCall
	f := store.CallFilter{From: now.Add(-r.window()), Limit: store.MaxLimit}
	for len(found) < repeatStart {
		page, next, err := st.Calls(ctx, f)
		if err != nil {
			log.Warn("who has called lately is not known", zap.Error(err))
			return
		}
		for i := range page {
			if page[i].Callback == "" && isNumber(page[i].Caller) {
				found = append(found, repeatCall{page[i].StartedAt.Time, page[i].Caller})
			}
		}
		if f.Cursor = next; next == "" {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = make([]repeatCall, 0, len(found))
	for i := len(found) - 1; i >= 0; i-- {
		r.calls = append(r.calls, found[i])
		r.count[found[i].number]++
	}
}
