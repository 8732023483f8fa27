package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// planEvent is a live event of an emergency plan.
type planEvent struct {
	Plan string     `json:"plan"`
	Step string     `json:"step"`
	What string     `json:"what"` // on, off, page, lent, returned
	At   call.Stamp `json:"at"`
	planFigures
	Seats    []call.SeatID `json:"seats,omitempty"`     // lent or let go; of a page, whom to call in
	Short    int           `json:"short,omitempty"`     // seats asked for and not found
	List     string        `json:"list,omitempty"`      // of a page
	OffShift []call.SeatID `json:"off_shift,omitempty"` // of a page: others who could be called in
	Staffing *web.Staffing `json:"staffing,omitempty"`  // of a page
	By       string        `json:"by,omitempty"`
	Reason   string        `json:"reason"`
}

// planFigures are the figures behind what a plan did.
type planFigures struct {
	Waiting              int            `json:"waiting,omitempty"`
	LongestWaitSeconds   float64        `json:"longest_wait_seconds,omitempty"`
	SeatsReady           int            `json:"seats_ready,omitempty"`
	EstimatedWaitSeconds *float64       `json:"estimated_wait_seconds,omitempty"`
	ServiceLevels        []serviceLevel `json:"service_levels,omitempty"`
}

// serviceLevel is one that a plan's conditions look at.
type serviceLevel struct {
	WindowSeconds float64 `json:"window_seconds"`
	Level         float64 `json:"service_level"` // 0–1; 1 when no call was decided
	Formula       string  `json:"formula"`
	Answered      int     `json:"answered"`
	Within        int     `json:"answered_within"`
	Left          int     `json:"abandoned"`
	LeftSoon      int     `json:"abandoned_within"`
}

func newPlanFigures(f acd.PlanFigures) planFigures {
	out := planFigures{Waiting: f.Waiting, LongestWaitSeconds: f.LongestWait.Seconds(), SeatsReady: f.SeatsReady}
	if f.EstimatedWait != nil {
		seconds := f.EstimatedWait.Seconds()
		out.EstimatedWaitSeconds = &seconds
	}
	for _, l := range f.Levels {
		within, of := l.SL4()
		out.ServiceLevels = append(out.ServiceLevels, serviceLevel{
			WindowSeconds: l.Window.Seconds(), Level: float64(within) / float64(of), Formula: report.SL4.String(),
			Answered: l.Answered, Within: l.Within, Left: l.Left, LeftSoon: l.LeftSoon,
		})
	}
	return out
}

func newPlanEvent(now time.Time, ef acd.Effect) planEvent {
	ev := planEvent{At: call.StampOf(now)}
	figures := acd.PlanFigures{}
	switch e := ef.(type) {
	case acd.PlanStepOn:
		ev.Plan, ev.Step, ev.What, ev.Seats, ev.Short, ev.By, ev.Reason = e.Plan, e.Step, "on", e.Seats, e.Short, e.By, e.Reason
		figures = e.Figures
	case acd.PlanStepOff:
		ev.Plan, ev.Step, ev.What, ev.Seats, ev.By, ev.Reason = e.Plan, e.Step, "off", e.Seats, e.By, e.Reason
		figures = e.Figures
	case acd.PlanPage:
		ev.Plan, ev.Step, ev.What, ev.Seats, ev.List, ev.Reason = e.Plan, e.Step, "page", e.Call, e.List, e.Reason
		figures = e.Figures
	case acd.SeatLent:
		ev.Plan, ev.Step, ev.What, ev.Seats, ev.Reason = e.Plan, e.Step, "lent", []call.SeatID{e.Seat}, e.Reason
	case acd.SeatReturned:
		ev.Plan, ev.Step, ev.What, ev.Seats, ev.Reason = e.Plan, e.Step, "returned", []call.SeatID{e.Seat}, e.Reason
	}
	ev.planFigures = newPlanFigures(figures)
	return ev
}

// planned logs, keeps and shows what an emergency plan did. It is called on the
// routing driver's goroutine, in order.
func (f *floor) planned(now time.Time, ef acd.Effect) {
	ev := newPlanEvent(now, ef)
	fields := []zap.Field{
		zap.String("plan", ev.Plan), zap.String("step", ev.Step), zap.String("what", ev.What),
		zap.Any("seats", ev.Seats), zap.String("why", ev.Reason),
	}
	switch ef.(type) {
	case acd.SeatLent, acd.SeatReturned:
		f.log.Debug("emergency plan", fields...)
	default:
		f.log.Warn("emergency plan", append(fields, zap.Int("waiting", ev.Waiting), zap.Int("short", ev.Short), zap.String("list", ev.List))...)
		f.auditPlan(now, ev)
	}
	if p, isPage := ef.(acd.PlanPage); isPage {
		f.pager.post(now, p) // its event carries the shortfall, which takes its time
		return
	}
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventPlan, Data: ev})
	}
}

// auditPlan keeps a step's coming and going, and pages, in the audit log. A
// step that a supervisor forced is there as his deed too.
func (f *floor) auditPlan(now time.Time, ev planEvent) {
	actor := ev.By
	if actor == "" {
		actor = "plan"
	}
	err := f.store.Audit(store.AuditEntry{
		At: call.StampOf(now), Actor: actor, Action: "plan." + ev.What, Object: ev.Plan + "/" + ev.Step, Detail: ev.Reason,
	})
	if err != nil {
		f.log.Error("a plan's step is missing from the audit log", zap.String("plan", ev.Plan), zap.String("step", ev.Step), zap.Error(err))
	}
}

// Plans are the emergency plans as they stand.
func (b backends) Plans() []web.Plan {
	now, view := time.Now(), b.acd.Snapshot()
	out := make([]web.Plan, 0, len(view.Plans))
	for i := range view.Plans {
		out = append(out, planRow(now, &view.Plans[i]))
	}
	return out
}

func planRow(now time.Time, p *acd.PlanView) web.Plan {
	row := web.Plan{
		Name: p.Name, Title: p.Title, Queues: append([]string{}, p.Queues...), Open: p.Open, Independent: p.Independent,
		Waiting: p.Figures.Waiting, SeatsReady: p.Figures.SeatsReady,
		Release: p.Release, ReleaseDue: call.StampOf(p.ReleaseDue), Steps: []web.PlanStep{},
	}
	if !p.Oldest.IsZero() {
		row.LongestWaitSeconds = max(0, now.Sub(p.Oldest).Seconds())
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		row.Steps = append(row.Steps, web.PlanStep{
			Name: s.Name, Active: s.Active, Since: call.StampOf(s.Since), Hold: s.Hold.String(), By: s.By, When: s.When,
			Do: append([]string{}, s.Do...), HoldsSince: call.StampOf(s.Holds), Due: call.StampOf(s.Due), Why: s.Why,
			Seats: append([]call.SeatID{}, s.Seats...), Short: s.Short,
		})
	}
	return row
}

// ForceStep puts a supervisor's hand on a step, and waits until routing has taken it.
func (b backends) ForceStep(_ context.Context, in acd.PlanForce) error {
	found := false
	for _, p := range b.acd.Snapshot().Plans {
		for _, s := range p.Steps {
			found = found || p.Name == in.Plan && s.Name == in.Step
		}
	}
	if !found {
		return call.Errorf(call.CodeNotFound, "there is no step %s of plan %s", in.Step, in.Plan)
	}
	if err := b.acd.Send(in); err != nil {
		return err
	}
	b.keeper.keepNow() // what was sent before has been decided when this returns, and a restart knows of it
	return nil
}
