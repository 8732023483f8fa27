package acd

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// QueueWhy explains a queue as it is now, in plain words: for those who wait why
// they still do, and for each seat that could have to do with it why it takes the
// next call or does not.
type QueueWhy struct {
	Queue string `json:"queue"`
	// Call is the call the seats are explained for; empty: the queue's next plain call.
	Call      call.ID   `json:"call,omitempty"`
	Strategy  Strategy  `json:"strategy"`
	Calls     []CallWhy `json:"calls"` // callers in the order of the queue, then callbacks by id
	MoreCalls int       `json:"more_calls,omitempty"`
	Seats     []SeatWhy `json:"seats"` // those who may take it first, then by agent number
	MoreSeats int       `json:"more_seats,omitempty"`
}

// CallWhy is why a call still waits.
type CallWhy struct {
	Call  call.ID `json:"call"`
	Place int     `json:"place"` // 1 is next; ringing calls and callbacks count; 0: held back
	Words string  `json:"words"`
}

// SeatWhy is why a seat takes the call now, or why not.
type SeatWhy struct {
	Seat  call.SeatID    `json:"seat"`
	May   bool           `json:"may"` // it may take the call at this moment, were it ready
	State call.SeatState `json:"state"`
	Words string         `json:"words"`
}

// Bounds of an explanation.
const (
	whyCalls = 100
	whySeats = 300
)

// Why explains a queue, and its seats for one of its calls or, with no call, for
// the next plain one, at a time. It changes nothing. CodeNotFound for a queue or call that is not there.
func (e *Engine) Why(now time.Time, name string, id call.ID) (*QueueWhy, error) {
	defer func(last int64) { e.now = last }(e.now)
	e.now = max(e.now, now.UnixNano())
	q := e.queues[name]
	if q == nil {
		return nil, call.Errorf(call.CodeNotFound, "there is no queue %s", name)
	}
	asked := &caller{q: q, set: q.sets[""]}
	if id != "" {
		asked = e.calls[id]
		if asked == nil || asked.stage == stageAway || asked.q != q {
			return nil, call.Errorf(call.CodeNotFound, "call %s does not wait in %s", id, name)
		}
	}
	if asked.stage == stageHeld { // which nobody widens meanwhile
		held := *asked
		held.level = q.levelAfter(e.index.now - held.joined)
		asked = &held
	}
	pools := map[*demand]string{}
	w := &QueueWhy{Queue: name, Call: id, Strategy: q.Strategy, Calls: []CallWhy{}, Seats: []SeatWhy{}}
	q.line.each(func(c *caller) {
		if len(w.Calls) == whyCalls {
			w.MoreCalls++
			return
		}
		w.Calls = append(w.Calls, CallWhy{Call: c.id, Place: c.placeInQueue(), Words: e.whyWaits(c, pools)})
	})
	for _, c := range e.callbacks() {
		switch {
		case c.q != q || c.stage == stageAway:
		case len(w.Calls) == whyCalls:
			w.MoreCalls++
		case c.stage == stageHeld:
			w.Calls = append(w.Calls, CallWhy{Call: c.id, Words: "callback held back: " + e.whyBack(c)})
		default:
			w.Calls = append(w.Calls, CallWhy{Call: c.id, Place: c.placeInQueue(), Words: "callback, " + e.whyWaits(c, pools)})
		}
	}
	e.whySeats(w, asked)
	return w, nil
}

// whySeats lists the seats of every group that could serve the queue, and those lent to it.
func (e *Engine) whySeats(w *QueueWhy, c *caller) {
	for _, may := range []bool{true, false} {
		for _, s := range e.roster {
			if e.eligible(c, s) != may || !may && !c.q.reaches(s) {
				continue
			}
			if len(w.Seats) == whySeats {
				w.MoreSeats++
				continue
			}
			w.Seats = append(w.Seats, SeatWhy{Seat: s.agent.ID, May: may, State: s.state, Words: e.whySeat(c, s, may)})
		}
	}
}

// reaches tells whether the seat's group is one that the queue names anywhere.
func (q *queue) reaches(s *seat) bool {
	return slices.ContainsFunc(q.alternatives(nil), func(a alternative) bool { return slices.Contains(a.groups, s.agent.Group) })
}

// whyWaits says why a call still waits. What is the same for all calls of a pool is worked out once.
func (e *Engine) whyWaits(c *caller, pools map[*demand]string) string {
	words := "waiting " + span(e.waitedFor(c)) + "; "
	switch {
	case c.stage == stageRinging:
		var who []string
		for _, s := range c.ringers {
			who = append(who, string(s.agent.ID)+" (for "+e.left(s.timer.at)+" more)")
		}
		return words + "rings at " + strings.Join(who, ", ")
	case c.known != nil && c.back != nil:
		return words + "only for agent " + string(c.known.agent.ID) + ", who has taken it and is " + c.known.state.String()
	case c.known != nil:
		return words + "for " + e.left(c.stickUntil()) + " more only for agent " + string(c.known.agent.ID) +
			", who took the caller's last call and is " + c.known.state.String()
	}
	if pools[c.in] == "" {
		pools[c.in] = c.in.whyNobody()
	}
	words += pools[c.in]
	if next, ok := c.q.nextWiden(c.level); ok {
		words += "; the search is widened in " + e.left(later(c.joined, next))
	}
	return words
}

// whyNobody counts the seats that may take the pool's calls by what keeps them from it.
func (d *demand) whyNobody() string {
	states := map[call.SeatState]int{}
	for _, l := range d.supplies {
		for _, s := range l.members {
			states[s.state]++
		}
	}
	if len(states) == 0 {
		return "no agent of the site may take it now"
	}
	signedOut := states[call.SeatOffline]
	delete(states, call.SeatOffline)
	if len(states) == 0 {
		return "nobody who may take it is signed in"
	}
	var parts []string
	for _, s := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, strconv.Itoa(states[s])+" "+s.String())
	}
	words := "none of those who may take it is ready: " + strings.Join(parts, ", ")
	if signedOut > 0 {
		words += ", " + strconv.Itoa(signedOut) + " signed out"
	}
	return words
}

// whySeat says why a seat takes the call next, or what is in the way.
func (e *Engine) whySeat(c *caller, s *seat, may bool) string {
	if !may {
		return e.whyNotEligible(c, s)
	}
	how := "may take it as "
	switch l := c.set.levels[c.level].linkOf(s.class); l.tier {
	case tierWidened:
		how += "the search was widened; "
	case tierLent:
		how += "a plan lends it to the queue; "
	default:
		how += "one of the queue's own seats; "
	}
	return how + e.whyBusy(c, s)
}

// whyBusy says what a seat that may take the call is doing.
func (e *Engine) whyBusy(c *caller, s *seat) string {
	since := " for " + span(time.Duration(e.now-s.since))
	switch s.state {
	case call.SeatReady:
		if c.known != nil {
			return "is ready, but the call waits for agent " + string(c.known.agent.ID)
		}
		if c.stage == stageRinging {
			return "is ready, and there for the next call; this one rings"
		}
		return "is ready" + since
	case call.SeatOffered:
		return "rings for call " + string(s.caller.id) + " from " + s.queue
	case call.SeatAnnouncing, call.SeatTalking, call.SeatHeld:
		if s.caller == nil {
			return "is in call " + string(s.callID()) + " of its own (" + s.state.String() + since + ")"
		}
		return "is in call " + string(s.caller.id) + " from " + s.queue + " (" + s.state.String() + since + ")"
	case call.SeatWrapUp:
		return "is in wrap-up for " + e.left(s.timer.at) + " more"
	case call.SeatOffline:
		return "is signed out"
	case call.SeatUnreachable:
		return "has a phone that can't be reached: " + s.reason
	default:
		return "is on " + s.state.String() + bracketed(s.reason) + since
	}
}

func bracketed(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// whyNotEligible says why a seat whose group the queue names may not take the call.
func (e *Engine) whyNotEligible(c *caller, s *seat) string {
	missing := ""
	for level, a := range c.q.alternatives(c.skills) {
		if !slices.Contains(a.groups, s.agent.Group) {
			continue
		}
		if level > 0 && passes(s.agent.Skills, a.need) { // a step that is not in force yet
			return "may take it after " + span(c.q.Widen[level-1].After) + " of waiting"
		}
		if missing == "" {
			missing = lacks(s.agent.Skills, a.need)
		}
	}
	return "lacks " + missing
}

// lacks names the skills that are missing, in a fixed order.
func lacks(has, need map[string]int) string {
	var missing []string
	for _, skill := range slices.Sorted(maps.Keys(need)) {
		if has[skill] < need[skill] {
			missing = append(missing, skill+" "+strconv.Itoa(need[skill])+" (has "+strconv.Itoa(has[skill])+")")
		}
	}
	return strings.Join(missing, ", ")
}

// left is how long it is until a time.
func (e *Engine) left(until int64) string { return span(max(0, time.Duration(until-e.now))) }
