package config

import (
	"slices"
	"time"

	"hotline/acd"
	"hotline/call"
)

// whenHints tells of conditions that never hold.
func (b *builder) whenHints(p *acd.Plan, of string, w acd.PlanWhen, hint func(string, ...any)) {
	if w.Time != nil && !meets(p, w.Time) {
		hint("%s waits for a time of day that is not in the plan's hours", of)
	}
	if w.Time != nil && w.For > 0 && w.For >= longestSpan(w.Time) {
		hint("%s must hold for %s, and its time of day is no longer", of, short(w.For))
	}
	for _, t := range w.All {
		switch t.Figure {
		case acd.ServiceLevel:
			if never(t.Compare, t.Number, 0, 100) {
				hint("%s waits for service_level %s %d%%, which can't be: it is from 0%% to 100%%", of, t.Compare, t.Number)
			}
		case acd.LongestWait:
			b.waitHint(p, of, t, hint)
		case acd.EstimatedWait:
			if t.Length == 0 && t.Compare == acd.Below {
				hint("%s waits for estimated_wait < 0s, which can't be", of)
			}
		case acd.Waiting, acd.SeatsReady:
		}
	}
}

// never tells whether a comparison holds for no number from low to high.
func never(c acd.Compare, n, low, high int) bool {
	switch c {
	case acd.Above:
		return n >= high
	case acd.AtLeast:
		return n > high
	case acd.Below:
		return n <= low
	case acd.AtMost:
		return n < low
	case acd.Equal:
	}
	return n < low || n > high
}

// longestSpan is how long a time of day lasts at most; a whole day goes on into the next.
func longestSpan(c *call.Calendar) time.Duration {
	longest := 0
	for _, s := range c.Open[time.Monday] { // every day has the same
		length := s.To - s.From
		if length <= 0 {
			length += minutesADay
		}
		if length == minutesADay {
			return maxDuration
		}
		longest = max(longest, length)
	}
	return time.Duration(longest) * time.Minute
}

// waitHint tells of a longest wait that nobody reaches, as every queue's own rules send callers on before.
func (b *builder) waitHint(p *acd.Plan, of string, t acd.PlanTest, hint func(string, ...any)) {
	if t.Compare == acd.Below || t.Compare == acd.AtMost || len(p.Queues) == 0 {
		return
	}
	longest := time.Duration(0)
	for _, name := range p.Queues {
		limit, limited := b.sentOn(name)
		if !limited {
			return
		}
		longest = max(longest, limit)
	}
	if t.Length > longest {
		hint("%s waits for longest_wait %s %s, but its queues' own rules send callers on after %s", of, t.Compare, short(t.Length), short(longest))
	}
}

// sentOn is after how long a queue's own rules take callers out of it at the latest;
// a ringing phone apart. Rules to queues are passed over, as they may lead to one of the plan's.
func (b *builder) sentOn(name string) (limit time.Duration, limited bool) {
	q := b.queueRules(name)
	if q == nil {
		return 0, false
	}
	for _, r := range q.Overflow {
		if r.When == acd.WhenWaited && r.To.Kind != acd.ToQueue && (!limited || r.After < limit) {
			limit, limited = r.After, true
		}
	}
	return limit, limited
}

// divertHints tells of a rule that sends nobody anywhere.
func (b *builder) divertHints(p *acd.Plan, step string, a acd.PlanAction, hint func(string, ...any)) {
	if a.To.Kind == acd.ToQueue && !slices.ContainsFunc(p.Queues, func(name string) bool { return name != a.To.Name }) {
		hint("step %s overflows to %s, the only queue the plan is for", step, a.To.Name)
		return
	}
	for _, name := range p.Queues {
		limit, limited := b.sentOn(name)
		if !limited || limit > a.After {
			return
		}
	}
	if len(p.Queues) > 0 {
		hint("step %s overflows after %s, but its queues' own rules send callers on before", step, short(a.After))
	}
}

// raiseHints tells of a change of priority that changes nothing.
func (b *builder) raiseHints(p *acd.Plan, step string, a acd.PlanAction, hint func(string, ...any)) {
	if !a.Exact || len(p.Queues) == 0 {
		return
	}
	for _, name := range p.Queues {
		if q := b.queueRules(name); q == nil || q.Priority != a.Points {
			return
		}
	}
	hint("step %s gives the priority %d, which its queues have anyway", step, a.Points)
}
