package acd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// window tells whether the plan is in its hours at now, and when to look again;
// a plan without hours is always, and need not be looked at again.
func (p *plan) window(now int64) (open bool, next int64) {
	if p.Hours == nil {
		return true, 0
	}
	return openSpans(p.Hours, now, p.dayIsPlans)
}

// openSpans tells whether one of a calendar's spans by weekday holds at now, on
// the days that count, and when to look again: at an edge, or at midnight.
func openSpans(c *call.Calendar, now int64, counts func(noon time.Time) bool) (open bool, next int64) {
	loc := c.Location()
	y, m, d := at(now).In(loc).Date()
	next = time.Date(y, m, d+1, 0, 0, 0, 0, loc).UnixNano()
	for off := -1; off <= 1; off++ {
		noon := time.Date(y, m, d+off, 12, 0, 0, 0, loc)
		if !counts(noon) {
			continue
		}
		for _, s := range c.Open[noon.Weekday()] {
			from, to := spanOn(y, m, d+off, s, loc)
			if from <= now && now < to {
				open = true
			}
			for _, edge := range []int64{from, to} {
				if edge > now {
					next = min(next, edge)
				}
			}
		}
	}
	return open, next
}

// spanOn is when a span of a day begins and ends; one whose end is before its
// start ends on the next day.
func spanOn(y int, m time.Month, d int, s call.Span, loc *time.Location) (from, to int64) {
	end := d
	if s.To <= s.From {
		end++
	}
	return time.Date(y, m, d, 0, s.From, 0, 0, loc).UnixNano(), time.Date(y, m, end, 0, s.To, 0, 0, loc).UnixNano()
}

// dayIsPlans tells whether the plan is for a day, given by its noon.
func (p *plan) dayIsPlans(noon time.Time) bool {
	days := &p.Days
	if len(days.Weekdays) == 0 && !days.Holiday && !days.Special {
		return true
	}
	if slices.Contains(days.Weekdays, noon.Weekday()) {
		return true
	}
	for _, c := range days.Calendars {
		if days.Holiday {
			if _, ok := c.HolidayAt(noon); ok {
				return true
			}
		}
		if days.Special && namesPlan(c, p.Name, noon) {
			return true
		}
	}
	return false
}

// namesPlan tells whether a special day of a calendar switches a plan on.
func namesPlan(c *call.Calendar, plan string, noon time.Time) bool {
	y, m, d := noon.Date()
	return slices.ContainsFunc(c.Special, func(s call.SpecialDay) bool {
		return s.Plan == plan && s.Date.Month == m && s.Date.Day == d && (s.Date.Year == 0 || s.Date.Year == y)
	})
}

// everyDay counts all days.
func everyDay(time.Time) bool { return true }

// sameSpans tells whether two conditions name the same time of day.
func sameSpans(a, b *call.Calendar) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Zone == b.Zone && maps.EqualFunc(a.Open, b.Open, slices.Equal[call.Spans])
}

// timeWords writes the spans of a day: 11:00-13:00, 17:00-19:00.
func timeWords(c *call.Calendar) string {
	spans := c.Open[time.Monday] // every day has the same
	words := make([]string, 0, len(spans))
	for _, s := range spans {
		words = append(words, clockWords(s.From)+"-"+clockWords(s.To))
	}
	return strings.Join(words, ", ")
}

func clockWords(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
