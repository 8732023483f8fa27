package web

import (
	"context"
	"strings"

	"hotline/acd"
	"hotline/call"
)

// Plan is the live view of an emergency plan (应急预案).
type Plan struct {
	Name               string     `json:"name"`
	Title              string     `json:"title,omitempty"`
	Queues             []string   `json:"queues"`
	Open               bool       `json:"open" doc:"within its hours and days"`
	Independent        bool       `json:"independent" doc:"each step stands alone; else they are a ladder"`
	Waiting            int        `json:"waiting" doc:"live callers in its queues, not yet answered"`
	LongestWaitSeconds float64    `json:"longest_wait_seconds"`
	SeatsReady         int        `json:"seats_ready" doc:"that may take calls of its queues at once"`
	Release            string     `json:"release,omitempty" doc:"when its steps are taken back, in words"`
	ReleaseDue         call.Stamp `json:"release_due" doc:"when the next step goes if nothing changes"`
	Steps              []PlanStep `json:"steps"`
}

// PlanStep is one step of it.
type PlanStep struct {
	Name       string        `json:"name"`
	Active     bool          `json:"active"`
	Since      call.Stamp    `json:"since" doc:"when it came or went last"`
	Hold       string        `json:"hold" enum:"auto,on,off" doc:"a supervisor's hand on it"`
	By         string        `json:"by,omitempty" doc:"whose hold it is"`
	When       string        `json:"when" doc:"its condition, in words"`
	Do         []string      `json:"do" doc:"what it does, in words"`
	HoldsSince call.Stamp    `json:"holds_since" doc:"since when its condition holds; null: it does not"`
	Due        call.Stamp    `json:"due" doc:"when it comes if nothing changes"`
	Why        string        `json:"why,omitempty" doc:"it came or went last"`
	Seats      []call.SeatID `json:"seats" doc:"lent by it now"`
	Short      int           `json:"short" doc:"seats it asks for that were not found"`
}

// listPlans shows the emergency plans as they stand.
func (s *Server) listPlans(ctx context.Context, _ *struct{}) (*list[Plan], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return listOf(s.b.Floor.Plans(), ""), nil
}

type forceStepIn struct {
	Name string `path:"name" maxLength:"64" example:"day"`
	Step string `path:"step" maxLength:"64" example:"experts"`
	Body struct {
		Active *bool  `json:"active,omitempty" doc:"in force, or not, until the end of the plan's hours or another word"`
		Auto   bool   `json:"auto,omitempty" doc:"the step does again what the plan says"`
		Reason string `json:"reason,omitempty" maxLength:"200" example:"known fault in the north"`
	} `nameHint:"StepRequest"`
}

type planOut struct{ Body Plan }

// forceStep puts a supervisor's hand on a step.
func (s *Server) forceStep(ctx context.Context, in *forceStepIn) (*planOut, error) {
	id := who(ctx)
	if id.may(forcePlans) != everything {
		return nil, forbidden("force a plan's step")
	}
	force := acd.PlanForce{Plan: in.Name, Step: in.Step, By: id.User, Reason: in.Body.Reason}
	switch {
	case in.Body.Auto == (in.Body.Active != nil):
		return nil, problem(call.Errorf(call.CodeInvalid, "give either active, true or false, or auto: true"))
	case in.Body.Auto:
		force.Hold = acd.Auto
	case *in.Body.Active:
		force.Hold = acd.HoldOn
	default:
		force.Hold = acd.HoldOff
	}
	if err := s.b.Floor.ForceStep(ctx, force); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "plan.force", in.Name+"/"+in.Step, strings.TrimSpace(force.Hold.String()+" "+in.Body.Reason))
	for _, p := range s.b.Floor.Plans() {
		if p.Name == in.Name {
			return &planOut{p}, nil
		}
	}
	return nil, problem(call.Errorf(call.CodeNotFound, "there is no plan %s", in.Name))
}
