package simulate

import (
	"fmt"
	"strings"
	"time"

	"hotline/acd"
	"hotline/call"
)

// Plan is a roster as a file has it: agents by name, groups by number, or both.
type Plan struct {
	Shifts []Shift
	Needs  []Need
}

// ReadRoster reads who sits there when. Columns: from, to, and agent, or group
// with seats; and if wanted breaks ("12:00-12:30 15:00-15:15"). Times are a date and
// time, or a time of day, which stands for every day of the run (from first to last).
// The error is Problems.
func ReadRoster(file string, text []byte, rules acd.Rules, zone *time.Location, first, last time.Time) (Plan, error) {
	t, ok := open(file, text, zone, []column{
		{name: "from", must: true},
		{name: "to", must: true},
		{name: "agent"},
		{name: "group"},
		{name: "seats"},
		{name: "breaks"},
	}, nil)
	r := rosterReader{table: t, groups: groupNames(rules), agents: names{"agent", map[string]bool{}}, first: first.In(zone), last: last}
	for _, a := range rules.Agents {
		r.agents.known[string(a.ID)] = true
	}
	for ok && t.next() {
		r.line()
	}
	return r.plan, t.err()
}

type rosterReader struct {
	*table
	agents, groups names
	first, last    time.Time
	plan           Plan
}

// span is a stretch of time; within a day, or between two dates.
type span struct{ from, to time.Time }

// line reads one, for each day it stands for.
func (r *rosterReader) line() {
	mistakes := len(r.bad)
	agent, group := r.field("agent"), r.field("group")
	seats := r.whole("seats", 0, maxRosterSeats)
	switch {
	case (agent == "") == (group == ""):
		r.wrong(0, "the line names "+map[bool]string{true: "neither agent nor group", false: "both agent and group"}[agent == ""], "name one of them")
	case agent != "":
		r.named("agent", r.agents)
		if r.field("seats") != "" {
			r.reject("seats", "an agent is one seat", "leave seats empty beside an agent")
		}
	default:
		r.named("group", r.groups)
		if r.field("seats") == "" {
			r.wrong(r.columns["group"], "the group has no number of seats", "say how many in the column seats")
		}
	}
	days, pauses := r.spans(), r.pauses()
	if len(r.bad) > mistakes {
		return
	}
	for _, day := range days {
		breaks := r.place(pauses, day)
		if agent != "" {
			r.plan.Shifts = append(r.plan.Shifts, Shift{Agent: call.SeatID(agent), From: day.from, To: day.to, Breaks: breaks})
		} else {
			r.plan.Needs = append(r.plan.Needs, Need{Group: group, Seats: seats, From: day.from, To: day.to, Breaks: breaks})
		}
	}
}

// spans reads from and to.
func (r *rosterReader) spans() []span {
	from, errFrom := clock(r.field("from"))
	to, errTo := clock(r.field("to"))
	switch {
	case errFrom == nil && errTo == nil:
		return r.daily(from, to)
	case errFrom == nil:
		r.reject("to", "from is a time of day and to is not", "write both in the same way")
		return nil
	case errTo == nil:
		r.reject("from", "to is a time of day and from is not", "write both in the same way")
		return nil
	}
	mistakes := len(r.bad)
	s := span{r.at("from"), r.at("to")}
	if len(r.bad) == mistakes && !s.to.After(s.from) {
		r.reject("to", "the shift ends before it begins", "write a later time")
	}
	return []span{s}
}

// daily gives a time of day to every day of the run, and to the one before, whose night may reach into it.
func (r *rosterReader) daily(from, to int) []span {
	if to <= from {
		to += minutesADay
	}
	var days []span
	y, m, d := r.first.Date()
	for n := -1; n < maxDays; n++ {
		day := span{onDay(y, m, d+n, from, r.zone), onDay(y, m, d+n, to, r.zone)}
		if day.from.After(r.last) {
			break
		}
		if day.to.After(r.first) {
			days = append(days, day)
		}
	}
	return days
}

const (
	minutesADay = 24 * 60
	maxDays     = 400
)

// onDay is a minute of a day by the clock on the wall, summer time or not.
func onDay(y int, m time.Month, d, minute int, zone *time.Location) time.Time {
	return time.Date(y, m, d, minute/60, minute%60, 0, 0, zone)
}

// clock reads 00:00 to 24:00, in minutes.
func clock(text string) (int, error) {
	if text == "24:00" {
		return minutesADay, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// pause is a break as a time of day, in minutes.
type pause struct{ from, to int }

// pauses reads the column breaks.
func (r *rosterReader) pauses() []pause {
	var pauses []pause
	for _, word := range strings.Fields(r.field("breaks")) {
		a, b, _ := strings.Cut(word, "-")
		from, errFrom := clock(a)
		to, errTo := clock(b)
		if errFrom != nil || errTo != nil || from >= to {
			r.reject("breaks", fmt.Sprintf("break %q is no span of a day", word), "write 12:00-12:30, with a space before the next one")
			continue
		}
		pauses = append(pauses, pause{from, to})
	}
	return pauses
}

// place puts pauses where they fall within a shift; those of a night shift may lie on its second day.
func (r *rosterReader) place(pauses []pause, shift span) []Break {
	var breaks []Break
	y, m, d := shift.from.In(r.zone).Date()
	for n := range maxDays {
		if onDay(y, m, d+n, 0, r.zone).After(shift.to) {
			break
		}
		for _, p := range pauses {
			at := Break{onDay(y, m, d+n, p.from, r.zone), onDay(y, m, d+n, p.to, r.zone)}
			if at.From.Before(shift.to) && at.To.After(shift.from) {
				breaks = append(breaks, at)
			}
		}
	}
	return breaks
}
