package app

import (
	"sync"

	"hotline/acd"
	"hotline/call"
)

// seating is who sits at which phone, for decisions that can't wait for routing. It follows SeatChanged.
type seating struct {
	mu     sync.RWMutex
	agents map[string]call.SeatID // by phone
	phones map[call.SeatID]seated
}

// seated is an agent who is signed in.
type seated struct {
	phone string
	state call.SeatState
	call  call.ID // the agent is in, or wraps up
}

func newSeating() *seating {
	return &seating{agents: map[string]call.SeatID{}, phones: map[call.SeatID]seated{}}
}

// follow takes a move of a seat.
func (s *seating) follow(c acd.SeatChanged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.phones[c.Seat].phone; old != "" && s.agents[old] == c.Seat {
		delete(s.agents, old)
	}
	if c.To == call.SeatOffline || c.Phone == "" {
		delete(s.phones, c.Seat)
		return
	}
	s.agents[c.Phone], s.phones[c.Seat] = c.Seat, seated{c.Phone, c.To, c.Call}
}

// at is who is signed in at a phone; "" when nobody is.
func (s *seating) at(phone string) call.SeatID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.agents[phone]
}

// of is the phone an agent is signed in at; "" when at none.
func (s *seating) of(agent call.SeatID) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.phones[agent].phone
}

// seat is how an agent stands who is signed in; false: he is not.
func (s *seating) seat(agent call.SeatID) (seated, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, in := s.phones[agent]
	return at, in
}

// in are those who are in a call.
func (s *seating) in(id call.ID) (agents []call.SeatID) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for agent, at := range s.phones {
		if at.call == id && at.state != call.SeatWrapUp {
			agents = append(agents, agent)
		}
	}
	return agents
}

// passesBy tells that a call between two phones may pass by us: nobody is signed in at either, whom routing would
// take for free meanwhile, and the one called is not an agent who sits somewhere else.
func (s *seating) passesBy(from, to string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.agents[from] == "" && s.agents[to] == "" && s.phones[call.SeatID(to)].phone == ""
}
