// Package simulate runs the real routing engine, with its queues, skills,
// overflow rules and plans, on a virtual clock: calls arrive as recorded or as
// drawn, seats come and go by a roster, callers give up. It is pure: a run
// depends on its Scenario alone, and the same one gives the same result to the byte.
package simulate

import (
	"slices"
	"time"

	"hotline/acd"
	"hotline/call"
)

// Scenario is all that a run depends on.
type Scenario struct {
	Name  string         // of the site, as shown
	Rules acd.Rules      // queues, agents and plans, as the node would give them to the engine
	Zone  *time.Location // in which times are shown; nil: UTC
	Calls []Call         // in order of time, talk and patience drawn: see Draw
	// Roster is who sits there when; empty: every agent of the site, all the time.
	Roster []Shift
	// From and To bound the report; zero: from the first call's interval to the last one's.
	// The run itself goes on until every call has ended, for Overtime at most.
	From, To time.Time
	Interval time.Duration // of the report; 0: 30 min

	Ring         Dist          // time a phone rings until its agent picks up
	NoAnswer     float64       // share of offers nobody picks up, 0 to 1
	Return       time.Duration // after an offer not answered, until the agent is ready again
	Announcement time.Duration // of the agent number, after pick-up
	ShortAbandon time.Duration // who leaves sooner is counted apart; 0: call.DefaultShortAbandon
	Seed         uint64

	// Watch, when set, sees each input and what the engine made of it, before
	// the run goes on: for recording. The slice is valid during the call only.
	Watch func(at time.Time, in acd.Input, out []acd.Effect)
}

// Defaults of a Scenario, and its bounds.
const (
	DefaultInterval = 30 * time.Minute
	DefaultReturn   = time.Minute
	// Overtime bounds how long a run goes on after To, for callers whom nobody
	// ever answers and who never give up. Who still waits then is told as left over.
	Overtime = 4 * time.Hour
	// MaxIntervals bounds a report: a year in half hours, with room to spare.
	MaxIntervals = 20_000
	// MaxCalls bounds a run.
	MaxCalls = 5_000_000
)

// Run plays the scenario. The error has call.CodeInvalid: the scenario asks for what can't be.
func Run(s Scenario) (*Result, error) {
	if err := s.settle(); err != nil {
		return nil, err
	}
	w := newWorld(&s)
	w.run()
	return w.tally.result(&s, w), nil
}

// settle fills in the defaults and refuses what can't be run.
func (s *Scenario) settle() error {
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Interval == 0 {
		s.Interval = DefaultInterval
	}
	if s.ShortAbandon == 0 {
		s.ShortAbandon = call.DefaultShortAbandon
	}
	if s.Return <= 0 {
		s.Return = DefaultReturn
	}
	if s.Interval < time.Second {
		return call.Errorf(call.CodeInvalid, "an interval of %v is too short; give 1s at least", s.Interval)
	}
	if len(s.Calls) > MaxCalls {
		return call.Errorf(call.CodeInvalid, "%d calls are too many; a run takes up to %d", len(s.Calls), MaxCalls)
	}
	s.bound()
	switch n := s.intervals(); {
	case s.From.IsZero():
		return call.Errorf(call.CodeInvalid, "there are no calls, and no time to be without them; give arrivals")
	case n <= 0:
		return call.Errorf(call.CodeInvalid, "the run would end (%s) before it begins (%s)", s.To, s.From)
	case n > MaxIntervals:
		return call.Errorf(call.CodeInvalid, "%d intervals of %v are too many; a report has up to %d", n, s.Interval, MaxIntervals)
	}
	s.Rules.Agents = slices.Clone(s.Rules.Agents)
	for i := range s.Rules.Agents {
		s.Rules.Agents[i].ReadyOnRegister = false // the roster alone signs agents in
	}
	if len(s.Roster) == 0 {
		for _, a := range s.Rules.Agents {
			s.Roster = append(s.Roster, Shift{Agent: a.ID, From: s.From, To: s.To.Add(Overtime)})
		}
	}
	return nil
}

// bound sets From and To where they were not given, on the clock's intervals.
func (s *Scenario) bound() {
	if len(s.Calls) == 0 {
		return
	}
	if s.From.IsZero() {
		s.From = startOf(s.Calls[0].At, s.Interval, s.Zone)
	}
	if s.To.IsZero() {
		s.To = startOf(s.Calls[len(s.Calls)-1].At, s.Interval, s.Zone).Add(s.Interval)
	}
}

// startOf is the beginning of the interval a time lies in, counted from local midnight.
func startOf(t time.Time, interval time.Duration, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, zone)
	return midnight.Add(t.Sub(midnight).Truncate(interval))
}

// intervals is how many the report has.
func (s *Scenario) intervals() int {
	return int((s.To.Sub(s.From) + s.Interval - 1) / s.Interval)
}
