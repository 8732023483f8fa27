package simulate

import (
	"slices"
	"time"
)

// Result is what a run shows: raw counts, of which the outputs make rates.
type Result struct {
	Site       string
	Zone       *time.Location
	From, To   time.Time
	Interval   time.Duration
	Ended      time.Time // the last call's end, or To
	Calls      int
	Steps      uint64 // inputs the engine took
	Unanswered int    // offers nobody picked up
	Urgent     int    // urgent prompts of plans that callers heard

	Queues []QueueResult // in the order of the site, those without calls left out
	All    Series        // each call once
	Groups []GroupResult // in the order of the site, those nobody was of left out

	Seats []GroupSeats // of SeatsFor; nil otherwise

	Notes        []Note
	NotesLeftOut int
}

// Series is counts by interval, with the time of the seats concerned.
type Series struct {
	Total     Counts
	Intervals []Counts
	Seats     SeatTime
	SeatSpans []SeatTime
}

// QueueResult is one queue: its Seats are those of its home groups, whatever they worked on.
type QueueResult struct {
	Name   string
	Target time.Duration
	Series
}

// GroupResult is one group of seats.
type GroupResult struct {
	Name   string
	Agents int // the site has
	Seats  SeatTime
	Spans  []SeatTime
}

// Queue finds a queue's result; nil if it had no calls.
func (r *Result) Queue(name string) *QueueResult {
	for i := range r.Queues {
		if r.Queues[i].Name == name {
			return &r.Queues[i]
		}
	}
	return nil
}

// Start is when an interval begins.
func (r *Result) Start(interval int) time.Time {
	return r.From.Add(time.Duration(interval) * r.Interval).In(r.Zone)
}

func (t *tally) result(s *Scenario, w *world) *Result {
	r := &Result{
		Site: s.Name, Zone: s.Zone, From: s.From, To: s.To, Interval: s.Interval,
		Ended: time.Unix(0, w.now).UTC(), Calls: len(s.Calls), Steps: w.engine.Steps(), Unanswered: t.unanswered, Urgent: t.urgent,
		Notes: t.notes, NotesLeftOut: t.leftOut,
	}
	everybody := make([]SeatTime, len(t.all))
	for _, g := range t.groups {
		sum := total(g.spans)
		for i, s := range g.spans {
			everybody[i].Add(s)
		}
		if sum != (SeatTime{}) {
			r.Groups = append(r.Groups, GroupResult{Name: g.Name, Agents: g.Agents, Seats: sum, Spans: g.spans})
		}
	}
	for _, q := range t.rows {
		if series := newSeries(q.spans, t.seatsOf(q.Groups)); series.Total.Offered > 0 {
			r.Queues = append(r.Queues, QueueResult{Name: q.Name, Target: q.Target, Series: series})
		}
	}
	r.All = newSeries(t.all, everybody)
	return r
}

func newSeries(spans []Counts, seats []SeatTime) Series {
	s := Series{Intervals: spans, SeatSpans: seats, Seats: total(seats)}
	for i := range spans {
		s.Total.Add(&spans[i])
	}
	return s
}

// seatsOf adds up the time of groups, each once.
func (t *tally) seatsOf(groups []string) []SeatTime {
	sum := make([]SeatTime, len(t.all))
	for i, name := range groups {
		g, known := t.byGroup[name]
		if !known || slices.Contains(groups[:i], name) {
			continue
		}
		for j, s := range t.groups[g].spans {
			sum[j].Add(s)
		}
	}
	return sum
}

func total(spans []SeatTime) (sum SeatTime) {
	for _, s := range spans {
		sum.Add(s)
	}
	return sum
}
