package web

import (
	"context"

	"hotline/acd"
	"hotline/call"
)

type whyIn struct {
	Name string `path:"name" maxLength:"64" example:"general"`
	Call string `query:"call" maxLength:"64" doc:"explains the seats for this call of the queue; default: for the next plain one"`
}

// Why explains a queue as it is now.
type Why struct {
	Queue     string        `json:"queue"`
	Call      call.ID       `json:"call,omitempty"`
	Strategy  string        `json:"strategy"`
	Calls     []acd.CallWhy `json:"calls" doc:"in the order of the queue, with why each still waits"`
	MoreCalls int           `json:"more_calls" doc:"that are not listed"`
	Seats     []SeatWhy     `json:"seats" doc:"who may take the call first; then whose group could"`
	MoreSeats int           `json:"more_seats" doc:"that are not listed"`
}

// SeatWhy is why a seat takes the call, or why not.
type SeatWhy struct {
	Seat  call.SeatID `json:"seat"`
	May   bool        `json:"may" doc:"it may take the call at this moment, were it ready"`
	State string      `json:"state"`
	Words string      `json:"words"`
}

type whyOut struct{ Body Why }

// why explains why who still waits, and why which seat does not take it.
func (s *Server) why(ctx context.Context, in *whyIn) (*whyOut, error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	w, err := s.b.Floor.Why(ctx, in.Name, call.ID(in.Call))
	if err != nil {
		return nil, s.fail(err)
	}
	out := Why{
		Queue: w.Queue, Call: w.Call, Strategy: w.Strategy.String(), Calls: w.Calls,
		MoreCalls: w.MoreCalls, Seats: []SeatWhy{}, MoreSeats: w.MoreSeats,
	}
	for _, one := range w.Seats {
		out.Seats = append(out.Seats, SeatWhy{Seat: one.Seat, May: one.May, State: one.State.String(), Words: one.Words})
	}
	return &whyOut{out}, nil
}
