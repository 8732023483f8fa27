package report

import (
	"maps"
	"slices"
	"time"

	"hotline/call"
)

// Agents adds up what agents did, from the records of calls and the moves of seats.
type Agents struct {
	from, to time.Time
	agents   map[call.SeatID]*Agent
	last     map[call.SeatID]seatMove
}

// Agent is one agent's work within a span of time.
type Agent struct {
	Agent    call.SeatID
	Handled  int // calls with a part of theirs
	Declined int // offers
	NoAnswer int // offers left to ring
	Talk     time.Duration
	Hold     time.Duration
	WrapUp   time.Duration
	SignedIn time.Duration // breaks included
	Breaks   time.Duration
}

type seatMove struct {
	at    time.Time
	state call.SeatState
}

// NewAgents begins counting.
func NewAgents(from, to time.Time) *Agents {
	return &Agents{from: from, to: to, agents: map[call.SeatID]*Agent{}, last: map[call.SeatID]seatMove{}}
}

func (a *Agents) agent(id call.SeatID) *Agent {
	g := a.agents[id]
	if g == nil {
		g = &Agent{Agent: id}
		a.agents[id] = g
	}
	return g
}

// Call takes the record of a call that began within the span.
func (a *Agents) Call(r *call.Record) {
	if r.Direction != call.Inbound {
		return // the report outbound has them
	}
	seen := map[call.SeatID]bool{}
	for i := range r.Segments {
		s := &r.Segments[i]
		length := time.Duration(s.Seconds() * float64(time.Second))
		switch s.Kind {
		case call.SegmentSeat:
			g := a.agent(s.Seat)
			g.Talk += length
			if !seen[s.Seat] {
				seen[s.Seat] = true
				g.Handled++
			}
		case call.SegmentHold:
			g := a.agent(s.Seat)
			g.Hold += length
			g.Talk -= length
		case call.SegmentWrapUp:
			a.agent(s.Seat).WrapUp += length
		case call.SegmentRing:
			a.rang(s)
		default:
		}
	}
}

func (a *Agents) rang(s *call.Segment) {
	switch {
	case s.Result == nil || s.Queue == "": // rung by a colleague, not by routing
	case *s.Result == call.OfferDeclined:
		a.agent(s.Seat).Declined++
	case *s.Result == call.OfferNoAnswer:
		a.agent(s.Seat).NoAnswer++
	}
}

// Move takes a move of a seat. They come in order; some from before the span tell how it began.
func (a *Agents) Move(seat call.SeatID, at time.Time, from, to call.SeatState) {
	last, known := a.last[seat]
	if !known {
		last = seatMove{a.from, from}
	}
	a.spend(seat, last, at)
	a.last[seat] = seatMove{at, to}
}

// spend adds the time a seat was in a state.
func (a *Agents) spend(seat call.SeatID, since seatMove, until time.Time) {
	from := since.at
	if from.Before(a.from) {
		from = a.from
	}
	if until.After(a.to) {
		until = a.to
	}
	if !until.After(from) || since.state == call.SeatOffline {
		return
	}
	g := a.agent(seat)
	g.SignedIn += until.Sub(from)
	if since.state == call.SeatBreak {
		g.Breaks += until.Sub(from)
	}
}

// All are the agents by number; now ends what lasts. Call it once.
func (a *Agents) All(now time.Time) []Agent {
	for seat, last := range a.last {
		a.spend(seat, last, now)
	}
	all := make([]Agent, 0, len(a.agents))
	for _, id := range slices.Sorted(maps.Keys(a.agents)) {
		all = append(all, *a.agents[id])
	}
	return all
}

// HandlingTime is AHT (平均处理时长): (talk + hold + wrap-up) / handled; false when nothing was.
func (g *Agent) HandlingTime() (time.Duration, bool) {
	if g.Handled == 0 {
		return 0, false
	}
	return g.work() / time.Duration(g.Handled), true
}

// Occupancy is 占用率: (talk + hold + wrap-up) / (signed in − breaks); false when that is nothing.
func (g *Agent) Occupancy() (float64, bool) {
	if g.SignedIn <= g.Breaks {
		return 0, false
	}
	return g.work().Seconds() / (g.SignedIn - g.Breaks).Seconds(), true
}

func (g *Agent) work() time.Duration { return g.Talk + g.Hold + g.WrapUp }
