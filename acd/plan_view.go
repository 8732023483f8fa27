package acd

import (
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// PlanView is one plan as it stands. Like View it gives times, not lengths.
type PlanView struct {
	Name        string         `json:"name"`
	Title       string         `json:"title,omitempty"`
	Queues      []string       `json:"queues"`
	Open        bool           `json:"open"` // within its hours
	Independent bool           `json:"independent,omitempty"`
	Figures     PlanFigures    `json:"figures"`
	Oldest      time.Time      `json:"oldest,omitzero"` // entry of who waits longest
	Steps       []PlanStepView `json:"steps"`
	Release     string         `json:"release,omitempty"` // the rule, in words
	// ReleaseDue is when the next step goes if nothing changes.
	ReleaseDue time.Time `json:"release_due,omitzero"`
	Staffing   Staffing  `json:"staffing"` // of its queues together
	// OffShift are those of its groups who are not signed in and have the skills, by agent number; not all, if they are many.
	OffShift []call.SeatID `json:"off_shift,omitempty"`
}

// PlanStepView is one step.
type PlanStepView struct {
	Name   string        `json:"name"`
	Active bool          `json:"active"`
	Since  time.Time     `json:"since,omitzero"` // it came, or went last
	Hold   Hold          `json:"hold"`
	By     string        `json:"by,omitempty"`    // whose hold it is
	When   string        `json:"when"`            // the rule, in words
	Do     []string      `json:"do"`              // its actions, in words
	Holds  time.Time     `json:"holds,omitzero"`  // since when its condition holds; zero: it does not
	Due    time.Time     `json:"due,omitzero"`    // when it comes if nothing changes
	Why    string        `json:"why,omitempty"`   // it came or went last
	Seats  []call.SeatID `json:"seats,omitempty"` // it lends now
	Short  int           `json:"short,omitempty"` // seats asked for and not found
}

func (e *Engine) viewPlans(v *View) {
	for _, p := range e.plans {
		v.Plans = append(v.Plans, e.viewPlan(p))
	}
}

func (e *Engine) viewPlan(p *plan) PlanView {
	v := PlanView{
		Name: p.Name, Title: p.Title, Queues: p.Queues, Open: p.open, Independent: p.Independent, Figures: e.figuresNow(p),
		Staffing: e.staffing(p.queues),
	}
	if entry, ok := p.oldest(); ok {
		v.Oldest = at(entry)
	}
	for _, s := range e.offShift(p) {
		if len(v.OffShift) < offShiftMost {
			v.OffShift = append(v.OffShift, s.agent.ID)
		}
	}
	if p.Release != nil {
		v.Release = p.Release.When.rule()
	}
	if _, due, ok := p.releaseDue(); ok {
		v.ReleaseDue = at(due)
	}
	for _, s := range p.steps {
		v.Steps = append(v.Steps, s.view())
	}
	return v
}

func (s *planStep) view() PlanStepView {
	v := PlanStepView{Name: s.Name, Active: s.active, Hold: s.hold, By: s.by, When: s.When.rule(), Why: s.why}
	if s.moved != 0 {
		v.Since = at(s.moved)
	}
	if s.holds.Holds {
		v.Holds = at(s.holds.Since)
	}
	if due, ok := s.plan.due(s); ok {
		v.Due = at(due)
	}
	for _, a := range s.Do {
		v.Do = append(v.Do, a.words())
	}
	for _, a := range s.adds {
		for _, seat := range a.seats {
			v.Seats = append(v.Seats, seat.agent.ID)
		}
		if s.active {
			v.Short += a.short()
		}
	}
	return v
}

// words says an action: add outbound, 3 seats.
func (a PlanAction) words() string {
	switch a.Do {
	case Add:
		text := "add " + a.Group
		if a.Seats > 0 {
			text += ", " + strconv.Itoa(a.Seats) + " seat"
			if a.Seats > 1 {
				text += "s"
			}
		}
		if a.Keep > 0 {
			text += ", keep " + strconv.Itoa(a.Keep)
		}
		return text
	case Page:
		return "page " + a.Page
	case Announce:
		return "announce " + a.Prompt
	case Divert, Raise:
		return a.bendWords()
	case StopCallbacks, CancelBreaks:
	}
	return strings.ReplaceAll(a.Do.String(), "_", " ")
}

// planSteps are the steps in force for a queue, plan by plan.
func (q *queue) planSteps() []string {
	var names []string
	for _, p := range q.plans {
		for _, s := range p.joined {
			names = append(names, p.Name+"/"+s.Name)
		}
	}
	return names
}
