package app

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/ivr"
	"hotline/store"
)

// The bounds of the book of survey calls.
const (
	visitsMost  = 20_000
	outsMost    = 1_000_000
	visitsLook  = time.Minute // quiet hours, a full node and reloads are looked at anew so often
	visitsFirst = 16          // calls begun in one look
)

// visitNote is all that is kept of a call-back survey of one customer.
type visitNote struct {
	ID      string              `json:"id"`
	Survey  string              `json:"survey"`
	State   call.VisitState     `json:"state"`
	Number  string              `json:"number"`
	Due     time.Time           `json:"due"`
	Until   time.Time           `json:"until"`
	Tries   int                 `json:"tries"`
	Origin  call.ID             `json:"origin,omitempty"` // the call it asks about
	Called  string              `json:"called,omitempty"` // the number he called, which he sees
	Trunk   string              `json:"trunk,omitempty"`  // he came by
	Call    call.ID             `json:"call,omitempty"`   // in which he is rung, or was last
	Answers []call.SurveyAnswer `json:"answers,omitempty"`
	By      string              `json:"by"` // the survey, or who asked for it
	Reason  string              `json:"reason"`
	Created time.Time           `json:"created"`
	Updated time.Time           `json:"updated"`
}

// optOut is a customer who wants no surveys.
type optOut struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	By     string    `json:"by"` // customer, or who wrote it down
}

// visits rings customers for call-back surveys (回访), kept over restarts. Calls and the API tell it, hence the mutex; its own
// goroutine alone begins calls.
type visits struct {
	store *store.Store
	site  func() *revision
	// begin prepares a call; start begins it, or says why there is none now.
	begin    func(visitNote, config.Survey) (id call.ID, start func() string)
	draining func() bool
	now      func() time.Time
	dice     func(int) int // 0 to n−1
	log      *zap.Logger

	mu     sync.Mutex
	notes  map[string]*visitNote
	open   map[string]*visitNote // those that are not over, by the number
	asked  map[string]time.Time  // when what became of a customer's last one was known, by the number
	outs   map[string]optOut
	lines  map[string]int // customers on the line with us, by number
	pruned time.Time

	wake, quit, done chan struct{}
}

func newVisits(st *store.Store, site func() *revision, log *zap.Logger) *visits {
	return &visits{
		store: st, site: site, now: time.Now, log: log, notes: map[string]*visitNote{}, open: map[string]*visitNote{}, asked: map[string]time.Time{}, outs: map[string]optOut{}, lines: map[string]int{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// run begins the calls that are due until stop is called.
func (v *visits) run() {
	defer close(v.done)
	for {
		t := time.NewTimer(v.look())
		select {
		case <-t.C:
		case <-v.wake:
		case <-v.quit:
			t.Stop()
			return
		}
		t.Stop()
	}
}

func (v *visits) stop() {
	close(v.quit)
	<-v.done
}

// nudge has the calls that are due looked at.
func (v *visits) nudge() {
	select {
	case v.wake <- struct{}{}:
	default: // it will look anyhow
	}
}

// look begins what is due, and tells when to look again.
func (v *visits) look() time.Duration {
	now, rev := v.now(), v.site()
	v.prune(now)
	if v.draining() {
		return visitsLook
	}
	next := now.Add(visitsLook)
	for range visitsFirst {
		n, s, due := v.next(now, rev)
		if due.Before(next) {
			next = due
		}
		if n == nil {
			break
		}
		id, start := v.begin(*n, s)
		v.called(n.ID, id)                 // before it begins: it may be over at once
		if words := start(); words != "" { // never under the mutex: the call's first event comes here
			v.notNow(n.ID, words, now)
			return visitsLook
		}
	}
	return max(next.Sub(now), 10*time.Millisecond)
}

// next is the note that is to be rung now, already marked so, or nil; and when the next one is due. Those that may not be
// rung any more are dropped on the way.
func (v *visits) next(now time.Time, rev *revision) (_ *visitNote, s config.Survey, due time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	under := map[string]int{}
	for _, n := range v.open {
		if n.State == call.VisitCalling {
			under[n.Survey]++
		}
	}
	ready, due := v.planned(now)
	for _, n := range ready {
		s, in := rev.survey(n.Survey)
		switch {
		case v.goesNowhere(n, in, rev, now):
		case s.Quiet != nil && s.Quiet.IsOpen(now), under[n.Survey] >= s.AtOnce:
		case v.lines[n.Number] > 0:
			n.Due = now.Add(s.Gap)
			v.keep(n, n.State, "on the line with us", now)
		default:
			v.keep(n, call.VisitCalling, "being rung", now)
			copied := *n
			return &copied, s, now
		}
	}
	return nil, s, due
}

// goesNowhere ends what must not be rung any more.
func (v *visits) goesNowhere(n *visitNote, in bool, rev *revision, now time.Time) bool {
	switch _, out := v.outs[n.Number]; {
	case !in:
		v.keep(n, call.VisitDropped, "the survey is not in the site any more", now)
	case out:
		v.keep(n, call.VisitDropped, "the customer wants no surveys", now)
	case rev.caller(n.Number, rev.trunks[n.Trunk].Area).Class == call.CallerBlocked:
		v.keep(n, call.VisitDropped, "the customer is blocked", now)
	case now.After(n.Until):
		v.keep(n, call.VisitFailed, "not reached in time", now)
	default:
		return false
	}
	return true
}

// planned are the notes that are to be rung by now, the first due first; and when the next is, a look from now at the latest. Of
// the many that are planned few are due, and all calls wait for the mutex meanwhile.
func (v *visits) planned(now time.Time) (ready []*visitNote, due time.Time) {
	due = now.Add(visitsLook)
	for _, n := range v.open {
		switch {
		case n.State != call.VisitPlanned:
		case !n.Due.After(now):
			ready = append(ready, n)
		case n.Due.Before(due):
			due = n.Due
		}
	}
	slices.SortFunc(ready, func(a, b *visitNote) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return a.Created.Compare(b.Created)
	})
	return ready, due
}

// called notes the call of a note.
func (v *visits) called(id string, by call.ID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := v.notes[id]
	n.Call = by
	v.store.Put(store.KindVisit, n.ID, *n)
}

// notNow notes why there is no call: no try is counted.
func (v *visits) notNow(id, words string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep(v.notes[id], call.VisitPlanned, words, now)
}

// keep is the one place where a note's state changes.
func (v *visits) keep(n *visitNote, to call.VisitState, reason string, now time.Time) {
	n.State, n.Reason, n.Updated = to, reason, now
	v.index(n)
	v.store.Put(store.KindVisit, n.ID, *n)
	v.log.Info("survey call", zap.String("survey", n.Survey), zap.Stringer("state", to), zap.String("call", string(n.Call)), zap.Int("tries", n.Tries), zap.String("why", reason))
}

// index keeps what is looked up by the number.
func (v *visits) index(n *visitNote) {
	switch {
	case !n.State.Over():
		v.open[n.Number] = n
		return
	case v.open[n.Number] == n:
		delete(v.open, n.Number)
	}
	if n.State != call.VisitDropped && n.Updated.After(v.asked[n.Number]) {
		v.asked[n.Number] = n.Updated
	}
}

// recall takes the notes of the last run. Whoever was being asked has been asked; who was only rung is rung again.
func (v *visits) recall(found store.Recovered, record func(call.ID) (call.Record, bool)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, raw := range found.State[store.KindVisit] {
		n := &visitNote{}
		if err := json.Unmarshal(raw, n); err != nil {
			v.log.Error("a stored survey call can't be read", zap.String("survey_call", key), zap.Error(err))
			continue
		}
		v.notes[n.ID] = n
		v.index(n)
	}
	for number, raw := range found.State[store.KindOptOut] {
		var o optOut
		if err := json.Unmarshal(raw, &o); err != nil {
			v.log.Error("a stored opt-out can't be read", zap.Error(err))
			continue
		}
		v.outs[number] = o
	}
	for _, n := range v.notes {
		if n.State != call.VisitCalling {
			continue
		}
		rec, known := record(n.Call)
		if known && n.Call != "" && (len(rec.SurveyAnswers) > 0 || asked(rec)) {
			v.over(n, rec, v.now())
			continue
		}
		v.keep(n, call.VisitPlanned, "the node was started again", v.now())
	}
}

// recordOf finds the record of a call, if there is one.
func (a *App) recordOf(id call.ID) (call.Record, bool) {
	rec, _, err := a.store.Call(context.Background(), id)
	return rec, err == nil
}

// asked reports whether a flow has begun to talk to the customer.
func asked(rec call.Record) bool {
	return rec.Outcome != call.OutcomeUnreached && len(rec.Segments) > 0
}

// visitActor makes the actor of a survey call.
func (a *App) visitActor(n visitNote, s config.Survey) *live.Actor {
	rev, id := a.rev.Load(), a.ids.Call()
	caller := rev.caller(n.Number, rev.trunks[n.Trunk].Area)
	m := newCallMedia(a, id, rev.trunks[n.Trunk])
	m.about = forkedCall{trunk: n.Trunk, caller: caller.Number, called: n.Called}
	vars := ivr.Vars{Revision: rev.number, Flow: s.Flow, Caller: caller, Called: n.Called, Trunk: n.Trunk}
	deps := m.deps(n.Called, n.Called, n.Trunk, caller)
	deps.Flow = newFlowSession(a.rev.Load, vars)
	m.actor = live.New(live.Brief{
		Node: a.node.Name, Epoch: a.epoch, Caller: caller, Called: n.Called, Flow: s.Flow, Revision: rev.number,
		Incoming: call.Incoming{ID: id, Trunk: n.Trunk, Received: time.Now()},
		Visit:    &live.Visit{Survey: s.Name, Origin: n.Origin, Trunk: n.Trunk, Shown: call.Shown{Number: n.Called}, Ring: s.Ring},
	}, deps)
	return m.actor
}

// beginVisit prepares the call in which a customer is rung.
func (a *App) beginVisit(n visitNote, s config.Survey) (call.ID, func() string) {
	actor := a.visitActor(n, s)
	return actor.ID(), func() string { return a.calls.add(actor, "", limits{node: a.maxCalls}) }
}

// survey finds one of the site's.
func (r *revision) survey(name string) (config.Survey, bool) {
	for _, s := range r.site.Surveys {
		if s.Name == name {
			return s, true
		}
	}
	return config.Survey{}, false
}
