package config

import (
	"fmt"
	"slices"
	"time"

	"hotline/acd"
	"hotline/call"
)

// planHints tells what of a plan can hardly be meant: queues that are closed in
// its hours, figures that can't be reached, seats that are not there.
func (b *builder) planHints(p *acd.Plan) {
	hint := func(format string, args ...any) {
		b.site.Hints = append(b.site.Hints, "plan "+p.Name+": "+fmt.Sprintf(format, args...))
	}
	room := 0 // how many can wait in its queues; −1: no limit
	for _, name := range p.Queues {
		q := b.queueRules(name)
		if q == nil {
			continue // a mistake, told already
		}
		if !meets(p, q.Hours) {
			hint("queue %s is closed in its hours", name)
		}
		if q.MaxWaiting == 0 || room < 0 {
			room = -1
		} else {
			room += q.MaxWaiting
		}
	}
	for _, s := range p.Steps {
		if t, ok := unreachable(s.When, room); ok {
			hint("step %s waits for waiting %s %d, which can't be: its queues hold %d callers", s.Name, t.Compare, t.Number, max(room, 0))
		}
		b.whenHints(p, "step "+s.Name, s.When, hint)
		for _, a := range s.Do {
			switch a.Do {
			case acd.Add:
				b.addHints(p, s.Name, a, hint)
			case acd.Divert:
				b.divertHints(p, s.Name, a, hint)
			case acd.Raise:
				b.raiseHints(p, s.Name, a, hint)
			case acd.Page, acd.StopCallbacks, acd.CancelBreaks, acd.Announce:
			}
		}
	}
	if p.Release == nil && p.Hours == nil {
		hint("it has neither release nor hours, so that only a supervisor takes its steps back")
	} else if p.Release != nil {
		if t, ok := unreachable(p.Release.When, room); ok {
			hint("it is released at waiting %s %d, which can't be", t.Compare, t.Number)
		}
		b.whenHints(p, "release", p.Release.When, hint)
	}
}

// addHints tells of a group that has not the seats a step asks for.
func (b *builder) addHints(p *acd.Plan, step string, a acd.PlanAction, hint func(string, ...any)) {
	able := 0
	for _, agent := range b.site.Rules.Agents {
		if agent.Group == a.Group && slices.ContainsFunc(p.Queues, func(name string) bool {
			q := b.queueRules(name)
			return q != nil && skilled(agent.Skills, q.Skills)
		}) {
			able++
		}
	}
	switch {
	case able == 0:
		hint("step %s adds %s, where nobody has the skills its queues need", step, a.Group)
	case able < a.Seats+a.Keep:
		hint("step %s asks for %d seats of %s, where %d have the skills its queues need", step, a.Seats+a.Keep, a.Group, able)
	case a.Counted && p.MaxAdded > 0 && a.Seats > p.MaxAdded:
		hint("step %s asks for %d seats, but max_added is %d", step, a.Seats, p.MaxAdded)
	}
}

func (b *builder) queueRules(name string) *acd.Queue {
	for i := range b.site.Rules.Queues {
		if b.site.Rules.Queues[i].Name == name {
			return &b.site.Rules.Queues[i]
		}
	}
	return nil
}

// unreachable finds a test of the number waiting that never holds when at most so many wait (−1: any number).
func unreachable(w acd.PlanWhen, room int) (acd.PlanTest, bool) {
	for _, t := range w.All {
		if t.Figure != acd.Waiting {
			continue
		}
		never := false
		switch t.Compare {
		case acd.Above:
			never = room >= 0 && t.Number >= room
		case acd.AtLeast, acd.Equal:
			never = room >= 0 && t.Number > room
		case acd.Below:
			never = t.Number == 0
		case acd.AtMost:
		}
		if never {
			return t, true
		}
	}
	return acd.PlanTest{}, false
}

// meets tells whether a queue is open at some time of a plan's usual week:
// either a span of the one begins within the other, or the other way round.
func meets(p *acd.Plan, queue *call.Calendar) bool {
	if p.Hours == nil || queue == nil {
		return true
	}
	usual := *queue // holidays have hours of their own
	usual.Holidays, usual.Workdays = nil, nil
	if p.Days.Holiday || p.Days.Special {
		return true // the hours of such days are each their own
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		day := time.Date(2026, 1, 4+int(d), 0, 0, 0, 0, p.Hours.Location()) // the fourth was a Sunday
		if len(p.Days.Weekdays) > 0 && !slices.Contains(p.Days.Weekdays, d) {
			continue
		}
		for _, s := range p.Hours.Open[d] {
			if usual.IsOpen(minuteOf(day, s.From)) {
				return true
			}
		}
		for _, s := range usual.Open[d] {
			if p.Hours.IsOpen(minuteOf(day, s.From)) {
				return true
			}
		}
	}
	return false
}

func minuteOf(day time.Time, minute int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, minute, 0, 0, day.Location())
}
