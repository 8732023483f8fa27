package web

import (
	"context"
	"strconv"
	"strings"

	"hotline/acd"
	"hotline/call"
)

type decideBreakIn struct {
	Agent string `path:"agent" maxLength:"32" example:"1001"`
	Body  struct {
		Approve bool   `json:"approve"`
		Reason  string `json:"reason,omitempty" maxLength:"200" example:"too many wait"`
	} `nameHint:"BreakDecision"`
}

// decideBreak approves or refuses the break an agent has asked for. Nobody
// decides on the own, but for those who may set every seat.
func (s *Server) decideBreak(ctx context.Context, in *decideBreakIn) (*seatOut, error) {
	id, seat := who(ctx), call.SeatID(in.Agent)
	if !id.overCall(decideBreaks, []call.SeatID{seat}, s.teams()) || seat == id.Agent && id.may(decideBreaks) != everything {
		return nil, forbidden("decide on this seat's break")
	}
	err := s.b.Floor.DecideBreak(ctx, acd.BreakDecided{Seat: seat, Approve: in.Body.Approve, By: id.User, Reason: in.Body.Reason})
	if err != nil {
		return nil, s.fail(err)
	}
	verdict := "refused"
	if in.Body.Approve {
		verdict = "approved"
	}
	s.audit(ctx, "seat.break", in.Agent, strings.TrimSpace(verdict+" "+in.Body.Reason))
	return s.seatNow(seat)
}

type setWrapUpIn struct {
	Agent string `path:"agent" maxLength:"32" example:"1001"`
	Body  struct {
		Minutes int  `json:"minutes,omitempty" minimum:"0" maximum:"60" doc:"the wrap-up ends so many minutes from now"`
		End     bool `json:"end,omitempty" doc:"the wrap-up ends now"`
	} `nameHint:"WrapUpRequest"`
}

// setWrapUp extends a seat's wrap-up or ends it: one's own, or another's as its team lead or supervisor.
func (s *Server) setWrapUp(ctx context.Context, in *setWrapUpIn) (*seatOut, error) {
	id, seat := who(ctx), call.SeatID(in.Agent)
	if !id.overCall(setSeats, []call.SeatID{seat}, s.teams()) {
		return nil, forbidden("set this seat's wrap-up")
	}
	if in.Body.End == (in.Body.Minutes > 0) {
		return nil, problem(call.Errorf(call.CodeInvalid, "give either minutes, 1 to 60, or end: true"))
	}
	err := s.b.Floor.SetWrapUp(ctx, acd.WrapUpSet{Seat: seat, Minutes: in.Body.Minutes, By: id.User})
	if err != nil {
		return nil, s.fail(err)
	}
	if seat != id.Agent {
		detail := "end"
		if !in.Body.End {
			detail = strconv.Itoa(in.Body.Minutes) + " min"
		}
		s.audit(ctx, "seat.wrap_up", in.Agent, detail)
	}
	return s.seatNow(seat)
}

// seatNow is a seat as it is now.
func (s *Server) seatNow(seat call.SeatID) (*seatOut, error) {
	for _, one := range s.b.Floor.Seats() {
		if one.Agent == seat {
			return &seatOut{one}, nil
		}
	}
	return nil, problem(call.Errorf(call.CodeNotFound, "there is no agent %s", seat))
}
