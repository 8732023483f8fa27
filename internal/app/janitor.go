package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// janitor erases recordings whose time is over, and looks every night for those that
// are missing (漏录). One goroutine; erase may be called from others.
type janitor struct {
	app  *App
	quit context.CancelFunc
	wg   sync.WaitGroup
	mu   sync.Mutex // of erasing: nothing is held in the middle of it
}

// How often it looks, and how much it does at a time.
const (
	janitorFirst = time.Minute
	janitorEvery = time.Hour
	erasePage    = 200
	checkHour    = 3 // local: the day before is over and settled
)

func (j *janitor) start() {
	ctx, cancel := context.WithCancel(context.Background())
	j.quit = cancel
	j.wg.Go(func() { j.run(ctx) })
}

func (j *janitor) stop() {
	if j.quit != nil {
		j.quit()
	}
	j.wg.Wait()
}

func (j *janitor) run(ctx context.Context) {
	due := time.NewTimer(janitorFirst)
	defer due.Stop()
	var checked time.Time // the day that was looked at
	for {
		select {
		case <-due.C:
		case <-ctx.Done():
			return
		}
		j.eraseOld(ctx, time.Now())
		if day := j.yesterday(time.Now()); !day.Equal(checked) {
			if _, err := j.check(ctx, day, day.AddDate(0, 0, 1)); err == nil {
				checked = day
			}
		}
		due.Reset(janitorEvery)
	}
}

// yesterday is the last day that is over and settled, in the site's zone.
func (j *janitor) yesterday(now time.Time) time.Time {
	zone := j.app.rev.Load().site.Zone
	y, m, d := now.In(zone).Add(-checkHour * time.Hour).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, zone)
}

// eraseOld erases what each queue keeps no longer. What can't be erased now is left
// for the next time; what is held is passed over.
func (j *janitor) eraseOld(ctx context.Context, now time.Time) {
	for _, q := range j.app.rev.Load().site.Queues {
		if q.KeepRecordings <= 0 {
			continue
		}
		reason := fmt.Sprintf("queue %s keeps recordings for %d days", q.Name, q.KeepRecordings/(24*time.Hour))
		if err := j.eraseOf(ctx, q.Name, now.Add(-q.KeepRecordings), reason); err != nil && ctx.Err() == nil {
			j.app.log.Error("recordings whose time is over could not be erased; tried again in an hour", zap.String("queue", q.Name), zap.Error(err))
		}
	}
}

func (j *janitor) eraseOf(ctx context.Context, queue string, before time.Time, reason string) error {
	after := time.UnixMilli(1)
	seen := map[call.RecordingID]bool{}
	for {
		page, err := j.app.store.RecordingsOf(ctx, queue, before, after, erasePage)
		if err != nil {
			return err
		}
		fresh := 0
		for _, f := range page {
			if seen[f.ID] {
				continue
			}
			fresh++
			seen[f.ID] = true
			after = f.Started
			err := j.erase(ctx, f, "system", reason)
			if err != nil && call.CodeOf(err) != call.CodeConflict {
				return err
			}
		}
		if fresh == 0 || len(page) < erasePage {
			return nil
		}
	}
}

// erase destroys a recording, then says so: in its call's events, and in the audit
// log, where it stays. call.CodeConflict: it is held, or being made.
func (j *janitor) erase(ctx context.Context, f call.RecordingFacts, by, reason string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	a := j.app
	if h := a.holds.of(f.ID); h != nil {
		return call.Errorf(call.CodeConflict, "recording %s is under legal hold by %s: %s", f.ID, h.By, h.Reason)
	}
	if err := a.archive.Erase(ctx, f); err != nil {
		return err
	}
	if err := a.late(ctx, f.Call, call.RecordingErased{Recording: f.ID, By: by, Reason: reason}); err != nil {
		return err
	}
	return a.store.Audit(store.AuditEntry{
		At: call.StampOf(time.Now()), Actor: by, Action: "recording.erased", Object: string(f.ID),
		Detail: fmt.Sprintf("of call %s, begun %s, %s: %s", f.Call, f.Started.UTC().Format(time.RFC3339), f.Length.Round(time.Millisecond), reason),
	})
}

// check looks for calls of a span that should have a recording and have none, or one
// whose file is nowhere to be found, and shows how many.
func (j *janitor) check(ctx context.Context, from, to time.Time) ([]report.MissingCall, error) {
	found, err := j.missing(ctx, from, to)
	if err != nil {
		if ctx.Err() == nil {
			j.app.log.Error("missing recordings could not be looked for", zap.Error(err))
		}
		return nil, err
	}
	j.app.metrics.missing.Set(float64(len(found)))
	for _, m := range found {
		j.app.log.Error("a recording is missing", zap.String("call", string(m.Call)), zap.String("queue", m.Queue),
			zap.String("seat", string(m.Seat)), zap.String("what", m.Words))
	}
	return found, nil
}

func (j *janitor) missing(ctx context.Context, from, to time.Time) ([]report.MissingCall, error) {
	var m report.Missing
	f := store.CallFilter{From: from, To: to, Limit: store.MaxLimit}
	for {
		records, next, err := j.app.store.Calls(ctx, f)
		if err != nil {
			return nil, err
		}
		for i := range records {
			if err := j.look(ctx, &m, &records[i]); err != nil {
				return nil, err
			}
		}
		if next == "" {
			return m.Calls, nil
		}
		f.Cursor = next
	}
}

// look takes one record; then its recordings' files, which it can't know of.
func (j *janitor) look(ctx context.Context, m *report.Missing, r *call.Record) error {
	before := len(m.Calls)
	m.Add(r)
	if len(m.Calls) > before || r.Live() {
		return nil
	}
	for _, one := range r.Recordings {
		if !one.ErasedAt.IsZero() || one.Mailbox != "" || one.Seconds == 0 {
			continue
		}
		facts, err := j.app.store.Recording(ctx, one.ID)
		if err == nil {
			err = j.app.archive.Has(ctx, facts)
		}
		switch {
		case call.CodeOf(err) == call.CodeNotFound:
			m.Calls = append(m.Calls, report.MissingCall{
				Call: r.ID, Started: r.StartedAt.Time, Queue: r.Queue, Words: fmt.Sprintf("the file of recording %s is nowhere", one.ID),
			})
		case err != nil:
			return err
		}
	}
	return nil
}

// MissingRecordings lists calls that should have a recording and have none.
func (b backends) MissingRecordings(ctx context.Context, from, to time.Time) ([]web.MissingRecording, error) {
	found, err := b.janitor.missing(ctx, from, to)
	out := make([]web.MissingRecording, 0, len(found))
	for _, m := range found {
		out = append(out, web.MissingRecording{Call: m.Call, StartedAt: call.StampOf(m.Started), Queue: m.Queue, Seat: m.Seat, What: m.Words})
	}
	return out, err
}
