package app

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
)

const visitedNumber = "13800138000"

// visitWorld is a book of survey calls on a clock of its own; calls are begun in mind only.
type visitWorld struct {
	*visits
	t     *testing.T
	app   *App
	clock time.Time
	rev   *revision
	rung  []visitNote
	full  string // why no call can be begun
	quits bool
	lot   int
}

func newVisitWorld(t *testing.T, change func(*config.Survey)) *visitWorld {
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	s := config.Survey{Name: "visit", Flow: "ask", Queues: []string{"general"}, Share: 50, After: time.Hour, Within: 5 * time.Hour, Tries: 2, Gap: 30 * time.Minute, AtOnce: 1, Again: 24 * time.Hour}
	if change != nil {
		change(&s)
	}
	w := &visitWorld{
		t: t, clock: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
		rev: &revision{site: &config.Site{Surveys: []config.Survey{s}, Numbers: []call.Number{{Number: "10000", Trunk: "gw"}}}, callers: map[string]call.Caller{"13800138099": {Class: call.CallerBlocked}}},
	}
	w.visits = newVisits(st, func() *revision { return w.rev }, zap.NewNop())
	w.now, w.draining, w.dice = func() time.Time { return w.clock }, func() bool { return w.quits }, func(int) int { return w.lot }
	w.begin = func(n visitNote, _ config.Survey) (call.ID, func() string) {
		return call.ID("v" + n.Number), func() string {
			if w.full == "" {
				w.rung = append(w.rung, n)
			}
			return w.full
		}
	}
	w.app = &App{visits: w.visits}
	w.app.rev.Store(w.rev)
	return w
}

// served has a customer's call end, answered by a seat.
func (w *visitWorld) served(number string, change ...func(*call.Record)) {
	w.entered(number)
	rec := call.Record{ID: "c1", Caller: number, Called: "10000", Trunk: "gw", Queue: "general", Outcome: call.OutcomeAnswered, AnsweredAt: call.StampOf(w.clock), EndedAt: call.StampOf(w.clock)}
	for _, c := range change {
		c(&rec)
	}
	w.ended(rec)
}

// came is what the survey call has come to.
func (w *visitWorld) came(outcome call.Outcome, cause call.Cause, answers ...string) {
	rec := call.Record{ID: "v" + visitedNumber, Caller: visitedNumber, SurveyCall: "visit", Direction: call.Outbound, Outcome: outcome, Cause: &cause}
	if outcome != call.OutcomeUnreached && outcome != call.OutcomeInterrupted {
		rec.Segments = []call.Segment{{Kind: call.SegmentSurvey}}
	}
	for _, a := range answers {
		rec.SurveyAnswers = append(rec.SurveyAnswers, call.SurveyAnswer{Question: "q", Answer: a})
	}
	w.ended(rec)
}

func (w *visitWorld) later(d time.Duration) {
	w.clock = w.clock.Add(d)
	w.look()
}

func (w *visitWorld) row() web.SurveyCall {
	rows := backends{w.app}.SurveyCalls()
	require.NotEmpty(w.t, rows)
	return rows[0]
}

// second is the row of the second customer.
func (w *visitWorld) second() (row web.SurveyCall) {
	for _, r := range (backends{w.app}).SurveyCalls() {
		if r.Number == "13800138001" {
			row = r
		}
	}
	return row
}

func TestACustomerIsVisitedAfterHisCall(t *testing.T) {
	w := newVisitWorld(t, nil)
	w.served(visitedNumber)
	w.later(59 * time.Minute)
	require.Empty(t, w.rung)
	require.Equal(t, 1.0, testutil.ToFloat64(onlyPlanned{visitCollector{w.visits}}))
	w.later(time.Minute)
	require.Len(t, w.rung, 1)
	require.Equal(t, visitedNumber, w.rung[0].Number)
	require.Equal(t, []any{"10000", "gw", call.ID("c1")}, []any{w.rung[0].Called, w.rung[0].Trunk, w.rung[0].Origin})
	w.later(time.Minute)
	require.Len(t, w.rung, 1, "once")
	w.came(call.OutcomeServedInIVR, call.CauseFlowEnd, "yes", "9")
	require.Equal(t, call.VisitDone, w.row().State)
	require.Len(t, w.row().Answers, 2)
	w.served(visitedNumber)
	w.later(2 * time.Hour)
	require.Len(t, w.rung, 1, "not again so soon")
	w.clock = w.clock.Add(25 * time.Hour)
	w.served(visitedNumber)
	w.later(2 * time.Hour)
	require.Len(t, w.rung, 2)
	w.came(call.OutcomeServedInIVR, call.CauseFlowEnd, "yes")
	w.later(8 * 24 * time.Hour)
	require.Empty(t, backends{w.app}.SurveyCalls(), "listed for a week")
	require.Empty(t, w.notes, "and forgotten")
	require.Empty(t, w.asked)
}

// onlyPlanned is the collector's figure of planned calls.
type onlyPlanned struct{ visitCollector }

func (c onlyPlanned) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(visitsDesc, prometheus.GaugeValue, float64(c.figures()[[2]string{"visit", "planned"}]), "visit", "planned")
}

func TestWhoIsNotVisited(t *testing.T) {
	for name, change := range map[string]func(*visitWorld, *call.Record){
		"another queue":    func(_ *visitWorld, r *call.Record) { r.Queue = "vip" },
		"nobody answered":  func(_ *visitWorld, r *call.Record) { r.AnsweredAt = call.Stamp{} },
		"has rated":        func(_ *visitWorld, r *call.Record) { said := "satisfied"; r.Survey = &said },
		"blocked":          func(_ *visitWorld, r *call.Record) { r.CallerClass = call.CallerBlocked },
		"withheld":         func(_ *visitWorld, r *call.Record) { r.Caller = "anonymous" },
		"called out":       func(_ *visitWorld, r *call.Record) { r.Direction = call.Outbound },
		"drew another lot": func(w *visitWorld, _ *call.Record) { w.lot = 50 },
		"opted out": func(w *visitWorld, _ *call.Record) {
			require.NoError(w.t, backends{w.app}.OptOut(visitedNumber, "admin"))
		},
		"is planned already": func(w *visitWorld, _ *call.Record) { w.served(visitedNumber) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newVisitWorld(t, nil)
			w.served(visitedNumber, func(r *call.Record) { change(w, r) })
			all, _ := w.planned(w.now().AddDate(100, 0, 0))
			planned := len(all)
			if name == "is planned already" {
				planned--
			}
			require.Zero(t, planned)
		})
	}
}

func TestWhatBecomesOfAVisit(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*visitWorld)
		state   call.VisitState
		tries   int
	}{
		"answers nothing": {func(w *visitWorld) { w.came(call.OutcomeServedInIVR, call.CauseNormal) }, call.VisitDone, 0},
		"wants none":      {func(w *visitWorld) { w.came(call.OutcomeServedInIVR, call.CauseNormal, "opt_out") }, call.VisitOptedOut, 0},
		"later":           {func(w *visitWorld) { w.came(call.OutcomeServedInIVR, call.CauseNormal, "later") }, call.VisitPlanned, 1},
		"busy":            {func(w *visitWorld) { w.came(call.OutcomeUnreached, call.CauseBusy) }, call.VisitPlanned, 1},
		"no such number":  {func(w *visitWorld) { w.came(call.OutcomeUnreached, call.CauseUnknownNumber) }, call.VisitFailed, 0},
		"the node stops":  {func(w *visitWorld) { w.came(call.OutcomeInterrupted, call.CauseShutdown) }, call.VisitPlanned, 0},
		"busy twice": {func(w *visitWorld) {
			w.came(call.OutcomeUnreached, call.CauseBusy)
			w.later(31 * time.Minute)
			w.came(call.OutcomeUnreached, call.CauseBusy)
		}, call.VisitFailed, 2},
		"no time for a next": {func(w *visitWorld) {
			w.clock = w.clock.Add(5 * time.Hour)
			w.came(call.OutcomeUnreached, call.CauseBusy)
		}, call.VisitFailed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newVisitWorld(t, nil)
			w.served(visitedNumber)
			w.later(time.Hour)
			require.Len(t, w.rung, 1)
			c.happens(w)
			require.Equal(t, c.state, w.row().State, w.row().Reason)
			require.Equal(t, c.tries, w.row().Tries)
			if c.state == call.VisitOptedOut {
				require.Equal(t, "customer", backends{w.app}.OptOuts()[0].By)
			}
		})
	}
}

func TestWhatHoldsAVisitBack(t *testing.T) {
	day, err := call.NewCalendar(call.Calendar{Name: "quiet", Zone: "UTC", Open: map[time.Weekday]call.Spans{time.Monday: {{From: 3 * 60, To: 4 * 60}}}})
	require.NoError(t, err)
	w := newVisitWorld(t, func(s *config.Survey) { s.Quiet = day })
	w.served(visitedNumber)
	w.clock = w.clock.Add(time.Second)
	w.served("13800138001")
	w.later(time.Hour)
	require.Empty(t, w.rung, "quiet")
	w.later(time.Hour)
	require.Len(t, w.rung, 1, "one at once")
	w.quits = true
	w.came(call.OutcomeServedInIVR, call.CauseNormal, "yes")
	w.later(time.Minute)
	require.Len(t, w.rung, 1, "the node is drained")
	w.quits, w.full = false, "the node has as many calls as it may"
	w.later(time.Minute)
	require.Equal(t, call.VisitPlanned, w.second().State)
	require.Zero(t, w.second().Tries)
	w.full = ""
	w.entered("13800138001")
	w.later(time.Minute)
	require.Equal(t, "on the line with us", w.second().Reason)
	w.rev.callers["13800138001"] = call.Caller{Class: call.CallerBlocked}
	w.later(time.Hour)
	require.Equal(t, call.VisitDropped, w.second().State, "put on the blacklist meanwhile")
}

func TestVisitsOverARestart(t *testing.T) {
	w := newVisitWorld(t, func(s *config.Survey) { s.AtOnce = 3 })
	for _, n := range []string{visitedNumber, "13800138001", "13800138002"} {
		w.served(n)
	}
	w.later(time.Hour)
	require.Len(t, w.rung, 3)
	found := store.Recovered{State: store.State{store.KindVisit: {}}}
	for id, n := range w.notes {
		raw, err := json.Marshal(n)
		require.NoError(t, err)
		found.State[store.KindVisit][id] = raw
	}
	again := newVisitWorld(t, nil)
	again.clock = w.clock
	again.recall(found, func(id call.ID) (call.Record, bool) {
		switch id {
		case "v" + visitedNumber: // he was being asked
			return call.Record{Outcome: call.OutcomeInterrupted, SurveyAnswers: []call.SurveyAnswer{{Question: "q", Answer: "yes"}}}, true
		case "v13800138001": // he was rung
			return call.Record{Outcome: call.OutcomeUnreached}, true
		}
		return call.Record{}, false
	})
	states := map[string]call.VisitState{}
	for _, n := range again.notes {
		states[n.Number] = n.State
		require.Zero(t, n.Tries)
	}
	require.Equal(t, map[string]call.VisitState{visitedNumber: call.VisitDone, "13800138001": call.VisitPlanned, "13800138002": call.VisitPlanned}, states)
}

func TestVisitsByTheAPI(t *testing.T) {
	w := newVisitWorld(t, nil)
	b := backends{w.app}
	add := func(survey, number string) (web.SurveyCall, error) {
		return b.AddSurveyCall(t.Context(), web.NewSurveyCall{Survey: survey, Number: number}, "admin")
	}
	_, err := add("none", visitedNumber)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	_, err = add("visit", "withheld")
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	_, err = add("visit", "13800138099")
	require.ErrorContains(t, err, "blocked")
	row, err := add("visit", visitedNumber)
	require.NoError(t, err)
	require.Equal(t, []any{call.VisitPlanned, "admin"}, []any{row.State, row.By})
	_, err = add("visit", visitedNumber)
	require.ErrorContains(t, err, "planned already")
	require.NoError(t, b.DropSurveyCall(t.Context(), row.ID, "admin"))
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.DropSurveyCall(t.Context(), row.ID, "admin")))
	row, err = add("visit", visitedNumber)
	require.NoError(t, err, "who was dropped may be asked")
	w.look()
	require.Equal(t, call.CodeConflict, call.CodeOf(b.DropSurveyCall(t.Context(), row.ID, "admin")))
	require.NoError(t, b.OptOut("13800138005", "admin"))
	_, err = add("visit", "13800138005")
	require.ErrorContains(t, err, "wants no surveys")
	require.NoError(t, b.OptIn("13800138005"))
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.OptIn("13800138005")))
	require.Equal(t, call.CodeInvalid, call.CodeOf(b.OptOut("x", "admin")))
}
