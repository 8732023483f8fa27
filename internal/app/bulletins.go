package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/store"
	"hotline/web"
)

// mostBulletins bounds the urgent announcements there may be at once.
const mostBulletins = 50

// bulletins are the urgent announcements that are switched on, kept over restarts. Requests and
// calls come here from everywhere, hence the mutex; nothing is waited for under it.
type bulletins struct {
	store *store.Store
	now   func() time.Time

	mu  sync.RWMutex
	all map[string]web.Announcement
}

func newBulletins(st *store.Store, log *zap.Logger) *bulletins {
	b := &bulletins{store: st, now: time.Now, all: map[string]web.Announcement{}}
	for name, raw := range st.Recovered().State[store.KindUrgent] {
		var one web.Announcement
		if err := json.Unmarshal(raw, &one); err != nil {
			log.Error("a stored announcement can't be read", zap.String("announcement", name), zap.Error(err))
			continue
		}
		b.all[name] = one
	}
	return b
}

// list gives those in force, by name.
func (b *bulletins) list() []web.Announcement {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := []web.Announcement{}
	for _, one := range b.all {
		if !b.over(&one) {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(x, y web.Announcement) int { return strings.Compare(x.Name, y.Name) })
	return out
}

func (b *bulletins) over(one *web.Announcement) bool {
	return !one.Until.IsZero() && !b.now().Before(one.Until.Time)
}

// put switches one on, or changes it.
func (b *bulletins) put(one web.Announcement) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, old := range b.all { // what is over makes room
		if b.over(&old) {
			delete(b.all, name)
			b.store.Delete(store.KindUrgent, name)
		}
	}
	if _, there := b.all[one.Name]; !there && len(b.all) >= mostBulletins {
		return call.Errorf(call.CodeConflict, "%d announcements are on already", len(b.all))
	}
	b.all[one.Name] = one
	b.store.Put(store.KindUrgent, one.Name, one)
	return nil
}

// drop switches one off and reports whether it was on.
func (b *bulletins) drop(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, on := b.all[name]
	delete(b.all, name)
	if on {
		b.store.Delete(store.KindUrgent, name)
	}
	return on
}

// prompts are what is to be said to callers of a number, or to those who wait in a queue.
func (b *bulletins) prompts(number, queue string) (out []string) {
	b.mu.RLock()
	none := len(b.all) == 0
	b.mu.RUnlock()
	if none {
		return nil
	}
	for _, one := range b.list() {
		names, name := one.Numbers, number
		if queue != "" {
			names, name = one.Queues, queue
		}
		if slices.Contains(names, everyOne) || slices.Contains(names, name) {
			out = append(out, one.Prompt)
		}
	}
	return out
}

// everyOne stands for all numbers or queues.
const everyOne = "*"

// Announcements lists the urgent announcements.
func (b backends) Announcements(context.Context) []web.Announcement { return b.bulletins.list() }

// Announce switches one on: calls to its numbers hear it from now on, who waits in its queues hears it at once.
func (b backends) Announce(_ context.Context, one web.Announcement) (web.Announcement, error) {
	rev := b.rev.Load()
	if rev.sounds.all[defaultLanguage][one.Prompt] == nil {
		return one, call.Errorf(call.CodeNotFound, "there is no prompt %s", one.Prompt)
	}
	for i, n := range one.Numbers {
		if n = rev.numberOf(n); n == "" {
			return one, call.Errorf(call.CodeNotFound, "no flow answers number %s", one.Numbers[i])
		}
		one.Numbers[i] = n
	}
	for _, q := range one.Queues {
		if _, ok := rev.queues[q]; !ok && q != everyOne {
			return one, call.Errorf(call.CodeNotFound, "there is no queue %s", q)
		}
	}
	one.At = call.StampOf(time.Now())
	if err := b.bulletins.put(one); err != nil {
		return one, err
	}
	if len(one.Queues) > 0 {
		m := live.Pressing{Queues: one.Queues, Prompt: one.Prompt, Reason: "the urgent announcement " + one.Name + " was switched on"}
		for _, a := range b.calls.all() {
			a.Post(m)
		}
	}
	b.log.Info("an urgent announcement is on", zap.String("announcement", one.Name), zap.String("prompt", one.Prompt), zap.String("by", one.By))
	return one, nil
}

// Unannounce switches one off.
func (b backends) Unannounce(_ context.Context, name string) error {
	if !b.bulletins.drop(name) {
		return call.Errorf(call.CodeNotFound, "no announcement %s is on", name)
	}
	b.log.Info("an urgent announcement is off", zap.String("announcement", name))
	return nil
}

// numberOf finds a number of the site as it is answered, or "*".
func (r *revision) numberOf(number string) string {
	if number == everyOne {
		return number
	}
	for _, n := range r.site.Numbers {
		if n.Number == number || n.Number == call.NormalizeNumber(number, r.trunks[n.Trunk].Area) {
			return n.Number
		}
	}
	return ""
}
