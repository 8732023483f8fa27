package acd

import (
	"time"

	"hotline/call"
)

// Began is the first input of a node's engine: the site's rules, and how things
// stood when the former run ended. It is one step, so that no plan sees a floor
// that is half signed in. Calls and offers do not come back: their dialogs end with the process.
type Began struct {
	Rules Rules `json:"rules"`
	// Phones have a registration that is still good. Nobody is signed in by it:
	// whoever was, is among Seats.
	Phones []string       `json:"phones,omitempty"`
	Seats  []SeatStateSet `json:"seats,omitempty"` // who was signed in, and what was asked for
	Memory *Memory        `json:"memory,omitempty"`
}

// Kind names the input in recorded logs.
func (Began) Kind() string { return "began" }

// Memory is what an engine has learnt that nobody else knows: who was rung last,
// how fast queues are served, which steps of plans are in force. It may be older than the site it
// comes back to, and older than Began.Seats: whatever does not fit is passed over.
type Memory struct {
	At     time.Time     `json:"at"`
	Offers uint64        `json:"offers"` // made so far: turns count them
	Queues []QueueMemory `json:"queues,omitempty"`
	Seats  []SeatMemory  `json:"seats,omitempty"`
	Plans  []PlanMemory  `json:"plans,omitempty"`
	Places []PlaceMemory `json:"places,omitempty"` // of callers who left while waiting, as left
	Loads  []LoadMemory  `json:"loads,omitempty"`
}

// QueueMemory is how fast a queue is served.
type QueueMemory = frozenPace

// LoadMemory is what was asked of a queue lately.
type LoadMemory = frozenLoad

// PlanMemory is how a plan stands.
type PlanMemory = frozenPlan

// SeatMemory is what is remembered of a seat that is signed in.
type SeatMemory struct {
	Seat  call.SeatID    `json:"seat"`
	Phone string         `json:"phone"`
	State call.SeatState `json:"state"`
	Since int64          `json:"since"` // of the state; ns since 1970
	Idle  int64          `json:"idle"`
	Turn  uint64         `json:"turn,omitempty"`
	Calls uint64         `json:"calls,omitempty"`
	Break *breakRequest  `json:"break,omitempty"` // it waits for a supervisor's word
}

// Memory is what is worth remembering at now. It shares nothing with the engine.
func (e *Engine) Memory(now time.Time) *Memory {
	m := &Memory{At: now.UTC(), Offers: e.offersMade, Queues: e.paces(), Places: e.freezePlaces()}
	for _, l := range e.loads() {
		if len(l.Slots) > 0 {
			m.Loads = append(m.Loads, l)
		}
	}
	for _, s := range e.roster {
		if s.phone == nil {
			continue
		}
		w := SeatMemory{Seat: s.agent.ID, Phone: s.phone.name, State: s.state, Since: s.since, Idle: s.idle, Turn: s.turn, Calls: s.calls}
		if s.pause != nil {
			pause := *s.pause
			w.Break = &pause
		}
		m.Seats = append(m.Seats, w)
	}
	for _, p := range e.plans {
		m.Plans = append(m.Plans, p.freeze(e.now))
	}
	return m
}

// began takes up what the former run left.
func (e *Engine) began(in Began) {
	if e.steps > 1 {
		e.emit(Rejected{Input: in.Kind(), Code: call.CodeConflict, Words: "routing has begun already"})
		return
	}
	e.rulesChanged(in.Rules)
	for _, name := range in.Phones {
		e.phoneNamed(name).up = true
	}
	for _, s := range in.Seats {
		e.seatStateSet(s)
	}
	if in.Memory != nil {
		e.recall(in.Memory)
	}
}

// recall puts back what was remembered. Times to come are none: a clock that was set back must stop nothing.
func (e *Engine) recall(m *Memory) {
	e.offersMade = max(e.offersMade, m.Offers)
	for _, w := range m.Queues {
		if q := e.queues[w.Queue]; q != nil {
			q.pace.Taken, q.pace.Work = max(0, w.Taken), min(max(0, w.Work), paceMost)
		}
	}
	e.thawPlaces(m.Places)
	for _, l := range m.Loads {
		w, ok := thawWindow(l.upTo(e.now), e.now)
		if q := e.queues[l.Queue]; q != nil && ok && l.Length == int64(staffingOver) {
			q.load = w
		}
	}
	for i := range m.Seats {
		if s := e.seats[m.Seats[i].Seat]; s != nil && s.phone != nil && s.phone.name == m.Seats[i].Phone {
			e.recallSeat(s, &m.Seats[i])
		}
	}
	for i := range m.Plans {
		e.recallPlan(&m.Plans[i], m.At.UnixNano())
	}
	for i := range m.Plans {
		e.recallLoans(&m.Plans[i])
	}
	for i := range m.Seats { // last: a plan may want them approved
		s := e.seats[m.Seats[i].Seat]
		if b := m.Seats[i].Break; b != nil && s != nil && s.phone != nil && s.want.State != call.SeatBreak {
			e.recallBreak(s, *b)
		}
	}
}

// recallSeat gives a seat its place back, in all orders. Who was ready and is,
// has been so all the while.
func (e *Engine) recallSeat(s *seat, w *SeatMemory) {
	ready := s.state == call.SeatReady
	if ready {
		s.class.remove(s)
	}
	s.turn, s.calls = min(w.Turn, e.offersMade), w.Calls
	if ready && (w.State == call.SeatReady || w.State == call.SeatOffered) {
		s.idle = min(w.Idle, e.now)
	}
	if s.state == w.State {
		s.since = min(w.Since, e.now)
	}
	if ready {
		s.class.push(s)
	}
}

func (e *Engine) recallBreak(s *seat, b breakRequest) {
	b.Since = min(b.Since, e.now)
	s.pause = &b
	if why := e.whyApprove(s); why != "" {
		e.tellBreak(s, BreakPending, why)
		return
	}
	e.grantBreak(s, "breaks of group "+s.agent.Group+" need no approval any more")
}
