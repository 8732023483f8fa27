package web

import (
	"context"
	"time"

	"hotline/call"
)

// Surveys are the customers who are rung for call-back surveys (回访), and those who want none.
type Surveys interface {
	// SurveyCalls lists them, the newest first; those that are over for a week.
	SurveyCalls() []SurveyCall
	// AddSurveyCall has a customer rung; call.CodeNotFound for no such survey, call.CodeConflict when he may not be asked.
	AddSurveyCall(ctx context.Context, in NewSurveyCall, by string) (SurveyCall, error)
	// DropSurveyCall takes one back; call.CodeNotFound if none is planned, call.CodeConflict while he is rung.
	DropSurveyCall(ctx context.Context, id, by string) error
	OptOuts() []OptOut
	OptOut(number, by string) error
	// OptIn takes a number off the list; call.CodeNotFound if it is not on it.
	OptIn(number string) error
}

// NewSurveyCall is a customer to be rung.
type NewSurveyCall struct {
	Survey    string
	Number    string
	NotBefore time.Time
	Origin    call.ID
}

// SurveyCall is a customer who is, or was, to be rung for a survey.
type SurveyCall struct {
	ID        string              `json:"id"`
	Survey    string              `json:"survey"`
	State     call.VisitState     `json:"state" enum:"planned,calling,done,opted_out,failed,dropped"`
	Number    string              `json:"number"`
	Due       call.Stamp          `json:"due" doc:"when he is rung, at the earliest"`
	Until     call.Stamp          `json:"until" doc:"after which he is not rung any more"`
	Tries     int                 `json:"tries" doc:"that did not reach him, or were answered with later"`
	Origin    call.ID             `json:"origin,omitempty" doc:"the call it asks about"`
	Call      call.ID             `json:"call,omitempty" doc:"in which he is rung, or was last"`
	Answers   []call.SurveyAnswer `json:"answers" doc:"of the last call"`
	By        string              `json:"by" doc:"the survey, or the user who asked for it"`
	Reason    string              `json:"reason" doc:"why it is where it is"`
	CreatedAt call.Stamp          `json:"created_at"`
	UpdatedAt call.Stamp          `json:"updated_at"`
}

// OptOut is a customer who wants no surveys.
type OptOut struct {
	Number string     `json:"number"`
	At     call.Stamp `json:"at"`
	By     string     `json:"by" doc:"customer, who said so by key, or the user who wrote it down"`
}

func (s *Server) listSurveyCalls(ctx context.Context, _ *struct{}) (*list[SurveyCall], error) {
	id := who(ctx)
	if id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	items := s.b.Surveys.SurveyCalls()
	for i := range items {
		if !s.seesNumber(id, "") {
			items[i].Number = maskNumber(items[i].Number)
		}
	}
	return listOf(items, ""), nil
}

type surveyCallOut struct{ Body SurveyCall }

type addSurveyCallIn struct {
	Body struct {
		Survey    string    `json:"survey" maxLength:"64" example:"visit"`
		Number    string    `json:"number" minLength:"3" maxLength:"32" example:"13800138000"`
		NotBefore time.Time `json:"not_before,omitempty" doc:"when to ring. Default: now, as soon as the survey's quiet hours allow"`
		Origin    string    `json:"origin,omitempty" maxLength:"32" doc:"the call it asks about"`
	} `nameHint:"SurveyCallRequest"`
}

func (s *Server) addSurveyCall(ctx context.Context, in *addSurveyCallIn) (*surveyCallOut, error) {
	id := who(ctx)
	if id.may(workCallbacks) != everything {
		return nil, forbidden("have a customer rung for a survey")
	}
	c, err := s.b.Surveys.AddSurveyCall(ctx, NewSurveyCall{
		Survey: in.Body.Survey, Number: in.Body.Number, NotBefore: in.Body.NotBefore, Origin: call.ID(in.Body.Origin),
	}, id.User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "survey_call.add", c.ID, c.Number+" "+c.Survey)
	return &surveyCallOut{c}, nil
}

type surveyCallIn struct {
	ID string `path:"id" maxLength:"32"`
}

func (s *Server) dropSurveyCall(ctx context.Context, in *surveyCallIn) (*struct{}, error) {
	id := who(ctx)
	if id.may(workCallbacks) != everything {
		return nil, forbidden("cancel a survey call")
	}
	if err := s.b.Surveys.DropSurveyCall(ctx, in.ID, id.User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "survey_call.drop", in.ID, "")
	return nil, nil //nolint:nilnil // 204
}

func (s *Server) listOptOuts(ctx context.Context, _ *struct{}) (*list[OptOut], error) {
	id := who(ctx)
	if id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	items := s.b.Surveys.OptOuts()
	for i := range items {
		if !s.seesNumber(id, "") {
			items[i].Number = maskNumber(items[i].Number)
		}
	}
	return listOf(items, ""), nil
}

type optOutIn struct {
	Number string `path:"number" minLength:"3" maxLength:"32"`
}

func (s *Server) putOptOut(ctx context.Context, in *optOutIn) (*struct{}, error) {
	id := who(ctx)
	if id.may(workCallbacks) != everything {
		return nil, forbidden("write down who wants no surveys")
	}
	if err := s.b.Surveys.OptOut(in.Number, id.User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "survey_opt_out.put", in.Number, "")
	return nil, nil //nolint:nilnil // 204
}

func (s *Server) dropOptOut(ctx context.Context, in *optOutIn) (*struct{}, error) {
	if who(ctx).may(workCallbacks) != everything {
		return nil, forbidden("take a customer off the list of who wants no surveys")
	}
	if err := s.b.Surveys.OptIn(in.Number); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "survey_opt_out.drop", in.Number, "")
	return nil, nil //nolint:nilnil // 204
}
