package web

import (
	"context"
	"strings"

	"hotline/acd"
	"hotline/call"
)

// listQueues shows the queues as they are now.
func (s *Server) listQueues(ctx context.Context, _ *struct{}) (*list[Queue], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return listOf(s.b.Floor.Queues(), ""), nil
}

// listSeats shows the seats as they are now.
func (s *Server) listSeats(ctx context.Context, _ *struct{}) (*list[Seat], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return listOf(s.b.Floor.Seats(), ""), nil
}

type getSeatIn struct {
	Agent string `path:"agent" maxLength:"32" example:"1001"`
}

// getSeat shows one seat as it is now.
func (s *Server) getSeat(ctx context.Context, in *getSeatIn) (*seatOut, error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return s.seatNow(call.SeatID(in.Agent))
}

type setSeatIn struct {
	Agent string `path:"agent" maxLength:"32" example:"1001"`
	Body  struct {
		State   string `json:"state" enum:"ready,busy,break,offline"`
		Reason  string `json:"reason,omitempty" maxLength:"200" example:"lunch"`
		Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"720" doc:"asked-for length of a busy or break"`
		Phone   string `json:"phone,omitempty" maxLength:"32" doc:"where to sign in; default: the phone of the agent's own number"`
	} `nameHint:"SeatRequest"`
}

type seatOut struct{ Body Seat }

// setSeat asks for a seat's state: one's own, or another's as its team lead or supervisor.
func (s *Server) setSeat(ctx context.Context, in *setSeatIn) (*seatOut, error) {
	id, seat := who(ctx), call.SeatID(in.Agent)
	if !id.overCall(setSeats, []call.SeatID{seat}, s.teams()) {
		return nil, forbidden("set this seat's state")
	}
	var state call.SeatState
	if err := state.UnmarshalText([]byte(in.Body.State)); err != nil {
		return nil, problem(call.Errorf(call.CodeInvalid, "%w", err))
	}
	err := s.b.Floor.SetSeat(ctx, acd.SeatStateSet{
		Seat: seat, State: state, Reason: in.Body.Reason, Minutes: in.Body.Minutes, Phone: in.Body.Phone,
		Forced: seat != id.Agent,
	})
	if err != nil {
		return nil, s.fail(err)
	}
	if seat != id.Agent { // the own moves are in the seat log
		s.audit(ctx, "seat.set", in.Agent, strings.TrimSpace(in.Body.State+" "+in.Body.Reason))
	}
	return s.seatNow(seat)
}

// listTrunks shows the trunks as they are now.
func (s *Server) listTrunks(ctx context.Context, _ *struct{}) (*list[Trunk], error) {
	if who(ctx).may(seeTrunks) == nobody {
		return nil, forbidden("see the trunks")
	}
	return listOf(s.b.Trunks.Trunks(), ""), nil
}
