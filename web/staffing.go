package web

import (
	"context"

	"hotline/acd"
	"hotline/call"
)

// Staffing is the present load of a queue, or of a plan's queues together, and
// the seats it needs beside those that are at work.
type Staffing struct {
	Of              string        `json:"of" enum:"queue,plan"`
	Name            string        `json:"name"`
	OverSeconds     float64       `json:"over_seconds" doc:"the time looked at: the last 15 minutes, or since the node began to count; 0 in its first minute"`
	Arrivals        int           `json:"arrivals" doc:"calls that came to wait in that time"`
	Waiting         int           `json:"waiting" doc:"live callers not yet answered"`
	Handled         int           `json:"handled" doc:"calls whose seat has finished in that time"`
	HandleSeconds   float64       `json:"handle_seconds" doc:"mean time from pick-up to the end of wrap-up; 0 when none has finished"`
	Left            int           `json:"left" doc:"callers who gave up, short abandons apart"`
	PatienceSeconds float64       `json:"patience_seconds" doc:"mean time after which a waiting caller gives up; 0 when nobody has"`
	TargetPercent   int           `json:"target_percent" doc:"of a plan the strictest of its queues"`
	TargetSeconds   float64       `json:"target_seconds"`
	SeatsAtWork     int           `json:"seats_at_work" doc:"ready, in a call or in wrap-up, lent ones included"`
	SeatsNeeded     *int          `json:"seats_needed" doc:"for the target, by Erlang A; null while too little is known"`
	Shortfall       *int          `json:"shortfall" doc:"needed and not at work"`
	OffShift        []call.SeatID `json:"off_shift" doc:"who is not signed in and could be called in, by agent number"`
}

// NewStaffing works out what follows from routing's figures.
func NewStaffing(of, name string, s acd.Staffing, off []call.SeatID) Staffing {
	row := Staffing{
		Of: of, Name: name, OverSeconds: s.Over.Seconds(), Arrivals: s.Arrived, Waiting: s.Waiting, Handled: s.Handled,
		HandleSeconds: s.Handle.Seconds(), Left: s.Left, PatienceSeconds: s.Patience.Seconds(), TargetPercent: s.Percent,
		TargetSeconds: s.Within.Seconds(), SeatsAtWork: s.AtWork, OffShift: append([]call.SeatID{}, off...),
	}
	if needed, known := s.Needed(); known {
		short := max(0, needed-s.AtWork)
		row.SeatsNeeded, row.Shortfall = &needed, &short
	}
	return row
}

// listStaffing shows how many seats the present load needs.
func (s *Server) listStaffing(ctx context.Context, _ *struct{}) (*list[Staffing], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	return listOf(s.b.Floor.Staffing(), ""), nil
}
