package acd

import (
	"time"

	"hotline/call"
)

// View is all queues and seats at one moment, for the API and for metrics:
// plain data that the engine does not touch any more. It gives times instead of
// lengths, so that it does not age while nothing happens.
type View struct {
	At       time.Time   `json:"at"` // of the engine's last step
	Steps    uint64      `json:"steps"`
	Revision int         `json:"revision"`
	Queues   []QueueView `json:"queues"` // in the order of the site
	Seats    []SeatView  `json:"seats"`  // by agent number
	Plans    []PlanView  `json:"plans,omitempty"`
	// Callbacks are those that are not over, by id.
	Callbacks []CallbackView `json:"callbacks,omitempty"`
}

// QueueView is one queue.
type QueueView struct {
	Name    string        `json:"name"`
	Title   string        `json:"title,omitempty"`
	Waiting []WaitingView `json:"waiting"` // in the order of the queue; a call whose seat rings still waits
	// Oldest is the earliest entry of those who wait, zero when nobody does:
	// the longest wait counts from here.
	Oldest time.Time `json:"oldest,omitzero"`
	// EstimatedWait is what a plain call that comes in now has to expect; nil
	// while it can't be told.
	EstimatedWait *time.Duration `json:"estimated_wait,omitempty"`
	// Seats counts the seats whose own work this queue is, for every state that occurs.
	Seats map[call.SeatState]int `json:"seats"`
	// Reserve counts those who may take its calls after a widen step, likewise.
	Reserve map[call.SeatState]int `json:"reserve,omitempty"`
	// Lent counts those that a plan lends to it, likewise.
	Lent map[call.SeatState]int `json:"lent,omitempty"`
	// PlanSteps are the steps in force for it, as plan/step, in the order they came.
	PlanSteps []string `json:"plan_steps,omitempty"`
	// CallbacksStopped: a step says that none is worked now.
	CallbacksStopped bool `json:"callbacks_stopped,omitempty"`
	// Staffing is the present load and who is at work for it.
	Staffing Staffing `json:"staffing"`
}

// LongestWait is how long the one who waits longest has waited by now.
func (q *QueueView) LongestWait(now time.Time) time.Duration {
	if q.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(q.Oldest))
}

// WaitingView is one call in a queue.
type WaitingView struct {
	Call     call.ID        `json:"call"`
	Caller   call.Caller    `json:"caller"`
	Entry    time.Time      `json:"entry"`
	Priority int            `json:"priority"`
	Skills   map[string]int `json:"skills,omitempty"`
	Widened  int            `json:"widened,omitempty"` // widen steps in force
	Offered  []call.SeatID  `json:"offered,omitempty"` // whose phones ring for it, the first first
	Known    call.SeatID    `json:"known,omitempty"`   // the agent of the caller's last call, who alone is waited for
}

// SeatView is one agent of the site, or one removed from it who is still in a call.
type SeatView struct {
	Agent   call.SeatID    `json:"agent"`
	Group   string         `json:"group"`
	Team    string         `json:"team,omitempty"`
	Phone   string         `json:"phone,omitempty"`
	State   call.SeatState `json:"state"`
	Since   time.Time      `json:"since,omitzero"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
	Next    *NextView      `json:"next,omitempty"`  // asked for, and in force when nothing keeps the seat any more
	Break   *BreakView     `json:"break,omitempty"` // that waits for approval
	Call    call.ID        `json:"call,omitempty"`
	// Callback names the callback that the call is a try of.
	Callback call.CallbackID `json:"callback,omitempty"`
	Until    time.Time       `json:"until,omitzero"` // the deadline of an offer or of wrap-up
	Queues   []string        `json:"queues"`         // whose calls are this seat's own work; shared, don't change
	Reserve  []string        `json:"reserve,omitempty"`
	Lent     []string        `json:"lent,omitempty"`    // queues a plan lends it to
	LentBy   []string        `json:"lent_by,omitempty"` // as plan/step
	Removed  bool            `json:"removed,omitempty"` // leaves after the call
}

// NextView is a state asked for that has not come yet.
type NextView struct {
	State   call.SeatState `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
}

// BreakView is a break an agent has asked for and no supervisor has decided on yet.
type BreakView struct {
	Reason  string    `json:"reason,omitempty"`
	Minutes int       `json:"minutes,omitempty"`
	Since   time.Time `json:"since"`
}

// View takes the picture. It costs a visit to every seat and waiting call, so
// it is not for the way of a decision.
func (e *Engine) View() *View {
	v := &View{
		At: at(e.now), Steps: e.steps, Revision: e.rules.Revision,
		Queues: make([]QueueView, 0, len(e.rules.Queues)),
		Seats:  make([]SeatView, 0, len(e.roster)),
	}
	serves := e.serves()
	rows := make(map[string]*QueueView, len(e.queues))
	for i := range e.rules.Queues {
		q := e.queues[e.rules.Queues[i].Name]
		if rows[q.Name] != nil {
			continue
		}
		v.Queues = append(v.Queues, viewQueue(q))
		rows[q.Name] = &v.Queues[len(v.Queues)-1]
		if wait, ok := e.estimate(q, q.pace.pooled+1); ok {
			rows[q.Name].EstimatedWait = &wait
		}
		rows[q.Name].Staffing = e.staffing([]*queue{q})
	}
	for _, s := range e.roster {
		w := serves[s.class]
		v.Seats = append(v.Seats, s.view(w))
		tally(rows, w.home, s.state, func(q *QueueView) *map[call.SeatState]int { return &q.Seats })
		tally(rows, w.reserve, s.state, func(q *QueueView) *map[call.SeatState]int { return &q.Reserve })
		tally(rows, w.lent, s.state, func(q *QueueView) *map[call.SeatState]int { return &q.Lent })
	}
	e.viewPlans(v)
	e.viewCallbacks(v)
	return v
}

func tally(rows map[string]*QueueView, queues []string, s call.SeatState, of func(*QueueView) *map[call.SeatState]int) {
	for _, name := range queues {
		m := of(rows[name])
		if *m == nil {
			*m = map[call.SeatState]int{}
		}
		(*m)[s]++
	}
}

func viewQueue(q *queue) QueueView {
	v := QueueView{
		Name: q.Name, Title: q.Title, Waiting: make([]WaitingView, 0, q.line.len()),
		PlanSteps: q.planSteps(), CallbacksStopped: q.callbacksStopped(),
	}
	oldest := int64(0)
	q.line.each(func(c *caller) {
		w := WaitingView{
			Call: c.id, Caller: c.who, Entry: at(c.entry), Priority: c.urgency(), Skills: c.skills, Widened: c.level,
			Offered: c.rungBy(),
		}
		if c.known != nil {
			w.Known = c.known.agent.ID
		}
		if oldest == 0 || c.entry < oldest {
			oldest = c.entry
		}
		v.Waiting = append(v.Waiting, w)
	})
	if oldest != 0 {
		v.Oldest = at(oldest)
	}
	return v
}

// work is the queues a supply serves.
type work struct{ home, reserve, lent []string }

// serves lists for each kind of seat the queues whose plain calls it may take.
func (e *Engine) serves() map[*supply]work {
	all := make(map[*supply]work, len(e.index.supplies))
	for _, r := range e.rules.Queues {
		q := e.queues[r.Name]
		set := q.sets[""]
		if set == nil {
			continue
		}
		for _, l := range set.levels[len(set.levels)-1].supplies {
			w := all[l.supply]
			switch {
			case l.tier == tierHome:
				w.home = append(w.home, q.Name)
			case l.lentTo(q):
				w.lent = append(w.lent, q.Name)
			default:
				w.reserve = append(w.reserve, q.Name)
			}
			all[l.supply] = w
		}
	}
	return all
}

func (s *seat) view(w work) SeatView {
	v := SeatView{
		Agent: s.agent.ID, Group: s.agent.Group, Team: s.agent.Team, State: s.state, Reason: s.reason,
		Minutes: s.minutes, Queues: w.home, Reserve: w.reserve, Lent: w.lent, Removed: s.removed,
	}
	for _, a := range s.loans {
		v.LentBy = append(v.LentBy, a.where())
	}
	if s.since != 0 {
		v.Since = at(s.since)
	}
	if s.phone != nil {
		v.Phone = s.phone.name
		if next := s.nextAsk(); next.State != s.state {
			v.Next = &NextView{State: next.State, Reason: next.Reason, Minutes: next.Minutes}
		}
	}
	if s.pause != nil {
		v.Break = &BreakView{Reason: s.pause.Reason, Minutes: s.pause.Minutes, Since: at(s.pause.Since)}
	}
	v.Call = s.callID()
	if s.caller != nil {
		v.Callback = s.caller.callbackID()
	}
	if s.timer.pos != 0 && !s.inTalk() {
		v.Until = at(s.timer.at)
	}
	return v
}

// nextAsk is what the seat will be when nothing keeps it.
func (s *seat) nextAsk() ask {
	if s.removed || s.unregistered {
		return ask{State: call.SeatOffline}
	}
	return s.want
}
