package simulate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hotline/report"
)

// Line is one line of every output: a queue or all, over an interval or the
// whole run, with the rates made of its counts. A rate of nothing is nil.
type Line struct {
	From            time.Time      `json:"from"`
	To              time.Time      `json:"to"`
	Queue           string         `json:"queue"` // all: each call once
	Offered         int            `json:"offered"`
	Answered        int            `json:"answered"`
	AnsweredWithin  int            `json:"answered_within"`
	Abandoned       int            `json:"abandoned"`
	AbandonedWithin int            `json:"abandoned_within"`
	LeftRinging     int            `json:"abandoned_ringing"`
	ShortAbandons   int            `json:"short_abandons"`
	Overflowed      int            `json:"overflowed"`
	LeftOver        int            `json:"left_over"`
	SL1             *float64       `json:"sl1"`
	SL2             *float64       `json:"sl2"`
	SL3             *float64       `json:"sl3"`
	SL4             *float64       `json:"sl4"`
	ASA             *float64       `json:"asa_seconds"`
	Longest         float64        `json:"longest_wait_seconds"`
	AbandonRate     *float64       `json:"abandon_rate"`
	Seats           float64        `json:"seats"` // signed in and not on break, on average
	Occupancy       *float64       `json:"occupancy"`
	Overflows       map[string]int `json:"overflows,omitempty"`
}

// AllQueues is the name of the lines that count each call once.
const AllQueues = "all"

func (r *Result) line(queue string, n *Counts, seats SeatTime, from, to time.Time) Line {
	l := Line{
		From: from, To: to, Queue: queue, Offered: n.Offered,
		Answered: n.Answered, AnsweredWithin: n.AnsweredWithin, Abandoned: n.Abandoned, AbandonedWithin: n.AbandonedWithin,
		LeftRinging: n.LeftRinging, ShortAbandons: n.ShortAbandons, Overflowed: n.Overflowed, LeftOver: n.Interrupted,
		SL1: maybe(n.ServiceLevel(report.SL1)), SL2: maybe(n.ServiceLevel(report.SL2)),
		SL3: maybe(n.ServiceLevel(report.SL3)), SL4: maybe(n.ServiceLevel(report.SL4)),
		Longest: n.Longest.Seconds(), AbandonRate: maybe(n.AbandonRate()),
		Seats: float64(seats.SignedIn) / float64(to.Sub(from)), Occupancy: maybe(seats.Occupancy()), Overflows: n.Rules,
	}
	if asa, ok := n.SpeedOfAnswer(); ok {
		l.ASA = maybe(asa.Seconds(), true)
	}
	return l
}

func maybe(v float64, there bool) *float64 {
	if !there {
		return nil
	}
	return &v
}

// Totals are the lines of the whole run: one a queue, then all.
func (r *Result) Totals() []Line {
	from, to := r.From.In(r.Zone), r.To.In(r.Zone)
	var lines []Line
	for i := range r.Queues {
		q := &r.Queues[i]
		lines = append(lines, r.line(q.Name, &q.Total, q.Seats, from, to))
	}
	return append(lines, r.line(AllQueues, &r.All.Total, r.All.Seats, from, to))
}

// Intervals are the lines of a series, interval by interval.
func (r *Result) intervals(queue string, s *Series) []Line {
	lines := make([]Line, len(s.Intervals))
	for i := range s.Intervals {
		from := r.Start(i)
		to := from.Add(r.Interval)
		if to.After(r.To) {
			to = r.To.In(r.Zone)
		}
		lines[i] = r.line(queue, &s.Intervals[i], s.SeatSpans[i], from, to)
	}
	return lines
}

// ByInterval are the lines of every interval: all together, then queue by queue.
func (r *Result) ByInterval() []Line {
	lines := r.intervals(AllQueues, &r.All)
	for i := range r.Queues {
		lines = append(lines, r.intervals(r.Queues[i].Name, &r.Queues[i].Series)...)
	}
	return lines
}

// flow is one overflow rule's count.
type flow struct {
	queue, rule string
	times       int
}

// flows are the overflows of the run, the most frequent of a queue first.
func (r *Result) flows() []flow {
	var all []flow
	for i := range r.Queues {
		var own []flow
		for _, rule := range slices.Sorted(maps.Keys(r.Queues[i].Total.Rules)) {
			own = append(own, flow{r.Queues[i].Name, rule, r.Queues[i].Total.Rules[rule]})
		}
		slices.SortStableFunc(own, func(a, b flow) int { return cmp.Compare(b.times, a.times) })
		all = append(all, own...)
	}
	return all
}
