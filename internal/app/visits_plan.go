package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
)

// entered notes that a customer is on the line.
func (v *visits) entered(number string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lines[number]++
}

// ended takes a call that is over: one of ours has come to something, after others a customer may be rung.
func (v *visits) ended(rec call.Record) {
	now := v.now()
	v.mu.Lock()
	if v.lines[rec.Caller]--; v.lines[rec.Caller] <= 0 {
		delete(v.lines, rec.Caller)
	}
	defer v.mu.Unlock()
	if rec.SurveyCall == "" {
		v.plan(rec, now)
		return
	}
	for _, n := range v.open { // not by the number: a reload may have changed how it is written
		if n.Call == rec.ID && n.State == call.VisitCalling {
			v.over(n, rec, now)
			v.nudge() // there is room for another
			return
		}
	}
}

// over is what a survey call has come to.
func (v *visits) over(n *visitNote, rec call.Record, now time.Time) {
	s, in := v.site().survey(n.Survey)
	n.Answers = rec.SurveyAnswers
	last := func(word string) bool {
		return slices.ContainsFunc(rec.SurveyAnswers, func(a call.SurveyAnswer) bool { return a.Answer == word })
	}
	again := func(reason string) {
		if n.Tries++; !in || n.Tries >= s.Tries || now.Add(s.Gap).After(n.Until) {
			v.keep(n, call.VisitFailed, reason, now)
			return
		}
		n.Due = now.Add(s.Gap)
		v.keep(n, call.VisitPlanned, reason, now)
	}
	switch {
	case last(call.AnswerOptOut):
		v.optOut(n.Number, "customer", now)
		v.keep(n, call.VisitOptedOut, "the customer wants no surveys", now)
	case last(call.AnswerLater):
		again("the customer wants to be rung later")
	case len(rec.SurveyAnswers) > 0:
		v.keep(n, call.VisitDone, "asked", now)
	case asked(rec):
		v.keep(n, call.VisitDone, "he answered the phone, and no question", now)
	case rec.Outcome == call.OutcomeInterrupted:
		n.Due = now.Add(time.Minute)
		v.keep(n, call.VisitPlanned, "the node stopped", now)
	case rec.Cause != nil && *rec.Cause == call.CauseUnknownNumber:
		v.keep(n, call.VisitFailed, "there is no such number", now)
	case rec.Cause != nil:
		again("not reached: " + rec.Cause.String())
	default:
		again("not reached")
	}
}

func (v *visits) optOut(number, by string, now time.Time) {
	if _, out := v.outs[number]; out || len(v.outs) >= outsMost {
		return
	}
	o := optOut{Number: number, At: now, By: by}
	v.outs[number] = o
	v.store.Put(store.KindOptOut, number, o)
}

// plan has the customer of an answered call rung, by the first survey of its queue whose lot he draws.
func (v *visits) plan(rec call.Record, now time.Time) {
	if rec.Direction != call.Inbound || rec.AnsweredAt.IsZero() || rec.Survey != nil || rec.CallerClass == call.CallerBlocked || !call.Dialable(rec.Caller) {
		return // who has rated in the call has been asked
	}
	for _, s := range v.site().site.Surveys {
		if slices.Contains(s.Queues, rec.Queue) && v.dice(100) < s.Share && v.mayAsk(rec.Caller, s, now) == "" {
			v.add(s, &visitNote{
				Number: rec.Caller, Due: rec.EndedAt.Add(s.After), Origin: rec.ID, Called: rec.Called, Trunk: rec.Trunk, By: s.Name, Reason: "after a call in " + rec.Queue,
			}, now)
			return
		}
	}
}

// mayAsk says why a number is not to be planned, or nothing.
func (v *visits) mayAsk(number string, s config.Survey, now time.Time) string {
	if _, out := v.outs[number]; out {
		return "the customer wants no surveys"
	}
	if v.open[number] != nil {
		return "the customer is planned already"
	}
	if last, was := v.asked[number]; was && now.Sub(last) < s.Again {
		return "the customer was rung for a survey not long ago"
	}
	if len(v.notes) >= visitsMost {
		return "too many surveys are planned"
	}
	return ""
}

func (v *visits) add(s config.Survey, n *visitNote, now time.Time) {
	n.ID, n.Survey, n.Created, n.Until = newULID(), s.Name, now, n.Due.Add(s.Within)
	if s.Shown != "" {
		n.Trunk, n.Called = v.site().outward(s.Shown)
	}
	v.notes[n.ID] = n
	v.keep(n, call.VisitPlanned, n.Reason, now)
	if n.Due.Before(now.Add(visitsLook)) { // later ones are looked at in time
		v.nudge()
	}
}

// prune forgets, once an hour, what has been over for long enough.
func (v *visits) prune(now time.Time) {
	if now.Sub(v.pruned) < time.Hour {
		return
	}
	v.pruned = now
	keep := map[string]time.Duration{}
	longest := backKept
	for _, s := range v.site().site.Surveys {
		keep[s.Name] = max(backKept, s.Again)
		longest = max(longest, s.Again)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, n := range v.notes {
		if n.State.Over() && now.Sub(n.Updated) > max(backKept, keep[n.Survey]) {
			delete(v.notes, id)
			v.store.Delete(store.KindVisit, id)
		}
	}
	maps.DeleteFunc(v.asked, func(_ string, at time.Time) bool { return now.Sub(at) > longest })
}

// figures counts what is not over, by survey and state.
func (v *visits) figures() map[[2]string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := map[[2]string]int{}
	for _, s := range v.site().site.Surveys {
		out[[2]string{s.Name, call.VisitPlanned.String()}], out[[2]string{s.Name, call.VisitCalling.String()}] = 0, 0
	}
	for _, n := range v.open {
		out[[2]string{n.Survey, n.State.String()}]++
	}
	return out
}

var visitsDesc = prometheus.NewDesc("hotline_survey_calls", "Customers to be rung for call-back surveys, by state.", []string{"survey", "state"}, nil)

// visitCollector shows the book's figures.
type visitCollector struct{ *visits }

// Describe implements prometheus.Collector.
func (c visitCollector) Describe(ch chan<- *prometheus.Desc) { ch <- visitsDesc }

// Collect implements prometheus.Collector.
func (c visitCollector) Collect(ch chan<- prometheus.Metric) {
	for key, n := range c.figures() {
		ch <- prometheus.MustNewConstMetric(visitsDesc, prometheus.GaugeValue, float64(n), key[0], key[1])
	}
}

func (n *visitNote) row() web.SurveyCall {
	return web.SurveyCall{
		ID: n.ID, Survey: n.Survey, State: n.State, Number: n.Number, Due: call.StampOf(n.Due), Until: call.StampOf(n.Until), Tries: n.Tries, Origin: n.Origin,
		Call: n.Call, Answers: append([]call.SurveyAnswer{}, n.Answers...), By: n.By, Reason: n.Reason, CreatedAt: call.StampOf(n.Created), UpdatedAt: call.StampOf(n.Updated),
	}
}

// SurveyCalls lists them, the newest first.
func (b backends) SurveyCalls() []web.SurveyCall {
	v := b.visits
	v.mu.Lock()
	defer v.mu.Unlock()
	out := []web.SurveyCall{}
	for _, n := range v.notes {
		if !n.State.Over() || v.now().Sub(n.Updated) < backKept {
			out = append(out, n.row())
		}
	}
	slices.SortFunc(out, func(x, y web.SurveyCall) int {
		if c := y.CreatedAt.Compare(x.CreatedAt.Time); c != 0 {
			return c
		}
		return strings.Compare(y.ID, x.ID)
	})
	return out
}

// AddSurveyCall has a customer rung that no call asked for.
func (b backends) AddSurveyCall(_ context.Context, in web.NewSurveyCall, by string) (web.SurveyCall, error) {
	v, rev := b.visits, b.rev.Load()
	s, ok := rev.survey(in.Survey)
	if !ok {
		return web.SurveyCall{}, call.Errorf(call.CodeNotFound, "there is no survey %s", in.Survey)
	}
	trunk, shown := rev.outward(s.Shown)
	caller := rev.caller(strings.TrimSpace(in.Number), rev.trunks[trunk].Area)
	switch {
	case !call.Dialable(caller.Number):
		return web.SurveyCall{}, call.Errorf(call.CodeInvalid, "%s can't be called", in.Number)
	case caller.Class == call.CallerBlocked:
		return web.SurveyCall{}, call.Errorf(call.CodeConflict, "the customer is blocked")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	if words := v.mayAsk(caller.Number, s, now); words != "" {
		return web.SurveyCall{}, call.Errorf(call.CodeConflict, "%s", words)
	}
	n := &visitNote{Number: caller.Number, Due: now, Origin: in.Origin, Called: shown, Trunk: trunk, By: by, Reason: "asked for by " + by}
	if in.NotBefore.After(now) {
		n.Due = in.NotBefore
	}
	v.add(s, n, now)
	return n.row(), nil
}

// DropSurveyCall takes one back that is planned.
func (b backends) DropSurveyCall(_ context.Context, id, by string) error {
	v := b.visits
	v.mu.Lock()
	defer v.mu.Unlock()
	switch n := v.notes[id]; {
	case n == nil || n.State.Over():
		return call.Errorf(call.CodeNotFound, "there is no such survey call")
	case n.State == call.VisitCalling:
		return call.Errorf(call.CodeConflict, "the customer is being rung")
	default:
		v.keep(n, call.VisitDropped, "cancelled by "+by, v.now())
		return nil
	}
}

// OptOuts lists who wants no surveys, by number.
func (b backends) OptOuts() []web.OptOut {
	v := b.visits
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]web.OptOut, 0, len(v.outs))
	for _, o := range v.outs {
		out = append(out, web.OptOut{Number: o.Number, At: call.StampOf(o.At), By: o.By})
	}
	slices.SortFunc(out, func(x, y web.OptOut) int { return strings.Compare(x.Number, y.Number) })
	return out
}

// OptOut writes a customer down who wants no surveys.
func (b backends) OptOut(number, by string) error {
	v, rev := b.visits, b.rev.Load()
	trunk, _ := rev.outward("")
	number = rev.caller(strings.TrimSpace(number), rev.trunks[trunk].Area).Number
	if !call.Dialable(number) {
		return call.Errorf(call.CodeInvalid, "%s is no telephone number", number)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.optOut(number, by, v.now())
	return nil
}

// OptIn takes a customer off that list.
func (b backends) OptIn(number string) error {
	v := b.visits
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, out := v.outs[number]; !out {
		return call.Errorf(call.CodeNotFound, "%s is not on the list", number)
	}
	delete(v.outs, number)
	v.store.Delete(store.KindOptOut, number)
	return nil
}
