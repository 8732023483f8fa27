package web

import (
	"context"

	"hotline/call"
)

// Dialling is who of the house has dialled outside numbers today.
type Dialling interface {
	Dialling() []Dialled
	// LiftDialling lets somebody's limits of today begin anew; call.CodeNotFound where nothing is known.
	LiftDialling(kind, name string) error
}

// Dialled is what an agent, a phone nobody is signed in at, or a trunk has had today.
type Dialled struct {
	Kind        string     `json:"kind" enum:"agent,phone,trunk"`
	Name        string     `json:"name"`
	Calls       int        `json:"calls" doc:"that went out since local midnight"`
	TalkSeconds float64    `json:"talk_seconds"`
	AtOnce      int        `json:"at_once" doc:"going on now"`
	Refused     int        `json:"refused"`
	LastRefusal string     `json:"last_refusal,omitempty"`
	Stopped     string     `json:"stopped,omitempty" doc:"why nothing more may be dialled now, emergency numbers apart"`
	Limits      DialLimits `json:"limits" doc:"0 and empty: none"`
}

// DialLimits are what the site allows.
type DialLimits struct {
	Hours   string `json:"hours,omitempty" doc:"calendar"`
	Minutes int    `json:"minutes" doc:"of talk a day"`
	AtOnce  int    `json:"at_once"`
}

// DialAlarm is a live event: a limit was reached, or somebody dials more than is usual.
type DialAlarm struct {
	At    call.Stamp `json:"at"`
	Kind  string     `json:"kind"`
	Name  string     `json:"name"`
	Alarm string     `json:"alarm"`
	Words string     `json:"words"`
}

// listDialling tells who has dialled what.
func (s *Server) listDialling(ctx context.Context, _ *struct{}) (*list[Dialled], error) {
	if who(ctx).may(watchDialling) == nobody {
		return nil, forbidden("see who dials outside")
	}
	return listOf(s.b.Dialling.Dialling(), ""), nil
}

type liftDiallingIn struct {
	Kind string `path:"kind" enum:"agent,phone,trunk"`
	Name string `path:"name" maxLength:"64"`
}

// liftDialling lets limits begin anew.
func (s *Server) liftDialling(ctx context.Context, in *liftDiallingIn) (*struct{}, error) {
	if who(ctx).may(watchDialling) == nobody {
		return nil, forbidden("lift limits of dialling")
	}
	if err := s.b.Dialling.LiftDialling(in.Kind, in.Name); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "dialling.lift", in.Kind+" "+in.Name, "")
	return nil, nil //nolint:nilnil // 204 has no body
}
