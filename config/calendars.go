package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// weekdays are the days' names, by value.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// minutesADay is 24:00.
const minutesADay = 24 * 60

func (b *builder) readCalendars() {
	b.site.Calendars = make(map[string]*call.Calendar, len(b.sections[sectionCalendars]))
	for _, v := range b.sections[sectionCalendars] {
		f := b.fields(v, "a calendar")
		name := f.name()
		c := call.Calendar{Name: name.Value, Zone: b.zone(f.word("zone"), b.site.Zone.String()).String()}
		c.Open = b.openDays(f.must("open"))
		for _, h := range f.list("holidays") {
			c.Holidays = append(c.Holidays, b.holiday(h)...)
		}
		for _, w := range f.words("workdays") {
			if d, ok := b.date(w, "workday"); ok {
				c.Workdays = append(c.Workdays, d)
			}
		}
		for _, s := range f.list("special") {
			c.Special = append(c.Special, b.specialDay(s)...)
		}
		f.close()
		b.addCalendar(name, c)
	}
}

// addCalendar keeps a calendar; what its own check finds beyond ours stands at its name.
func (b *builder) addCalendar(name word, c call.Calendar) {
	made, err := call.NewCalendar(c)
	if err != nil {
		if len(b.problems) == 0 {
			b.wrong(name.Pos, err.Error(), "days and hours that exist")
		}
		return
	}
	b.site.Calendars[name.Value] = made
}

// openDays reads days to spans: {mon-fri: ["08:00-12:00"], sat: "09:00-12:00"}.
func (b *builder) openDays(v *value) map[time.Weekday]call.Spans {
	open := map[time.Weekday]call.Spans{}
	if v == nil {
		return open
	}
	if v.kind != kindMap {
		b.wrong(v.at, "open is "+kinds[v.kind], `days with their hours, as {mon-fri: ["08:00-20:00"]}`)
		return open
	}
	from := map[time.Weekday]string{}
	for _, p := range v.pairs {
		days, ok := b.days(word{Value: p.key.text, Pos: p.key.at})
		spans := b.spans(p.value, "hours")
		if !ok {
			continue
		}
		for _, d := range days {
			if other, twice := from[d]; twice {
				b.wrong(p.key.at, fmt.Sprintf("%s is in %q already", weekdays[d], other), "each day once")
				continue
			}
			from[d], open[d] = p.key.text, spans
		}
	}
	return open
}

// days reads one day or a range of days: mon, mon-fri, sat-mon.
func (b *builder) days(w word) ([]time.Weekday, bool) {
	first, last, isRange := strings.Cut(w.Value, "-")
	from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
	if !isRange {
		to = from
	}
	if from < 0 || to < 0 {
		b.wrong(w.Pos, fmt.Sprintf("day %q is unknown", clip(w.Value)), "mon, tue, wed, thu, fri, sat, sun or a range, as mon-fri")
		return nil, false
	}
	out := []time.Weekday{time.Weekday(from)}
	for d := from; d != to; {
		d = (d + 1) % len(weekdays)
		out = append(out, time.Weekday(d))
	}
	return out, true
}

// spans reads one span or several: "08:00-12:00". An empty list is closed all day.
func (b *builder) spans(v *value, of string) call.Spans {
	if v == nil {
		return nil
	}
	if v.kind == kindEmpty {
		b.wrong(v.at, of+" have no value", `spans as ["08:00-12:00"], [] for closed`)
		return nil
	}
	out := call.Spans{}
	for _, w := range b.words(v, of) {
		s, ok := b.span(w)
		if !ok {
			continue
		}
		if slices.ContainsFunc(out, func(o call.Span) bool { return overlap(o, s) }) {
			b.wrong(w.Pos, fmt.Sprintf("span %q overlaps with one before it", w.Value), "spans that follow one another")
			continue
		}
		out = append(out, s)
	}
	return out
}

// span reads HH:MM-HH:MM; an end before its start crosses midnight.
func (b *builder) span(w word) (call.Span, bool) {
	from, to, ok := strings.Cut(strings.ReplaceAll(w.Value, "–", "-"), "-")
	a, ok1 := clock(strings.TrimSpace(from))
	z, ok2 := clock(strings.TrimSpace(to))
	switch {
	case !ok || !ok1 || !ok2:
		b.wrong(w.Pos, fmt.Sprintf("span %q is no time of day", clip(w.Value)), `HH:MM-HH:MM, as "08:00-12:00", from 00:00 to 24:00`)
	case a == minutesADay:
		b.wrong(w.Pos, fmt.Sprintf("span %q begins at 24:00", clip(w.Value)), "a day begins at 00:00")
	case a == z:
		b.wrong(w.Pos, fmt.Sprintf("span %q is empty", clip(w.Value)), `"00:00-24:00" for the whole day, [] for closed`)
	default:
		return call.Span{From: a, To: z}, true
	}
	return call.Span{}, false
}

// clock reads HH:MM as minutes from midnight.
func clock(s string) (int, bool) {
	hours, minutes, ok := strings.Cut(s, ":")
	if !ok || !isDigits(hours) || !isDigits(minutes) || len(hours) > 2 || len(minutes) != 2 {
		return 0, false
	}
	h, err1 := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(minutes)
	n := h*60 + m
	return n, err1 == nil && err2 == nil && m < 60 && n <= minutesADay
}

// overlap reports whether two spans share a minute of the day they begin on.
func overlap(a, b call.Span) bool {
	end := func(s call.Span) int {
		if s.To <= s.From {
			return s.To + minutesADay
		}
		return s.To
	}
	return a.From < end(b) && b.From < end(a)
}

// holiday reads {from, to, open, greeting}, or {date, open, greeting} for a single day.
func (b *builder) holiday(v *value) []call.Holiday {
	f := b.fields(v, "a holiday")
	defer f.close()
	single := f.word("date")
	from, to := f.word("from"), f.word("to")
	h := call.Holiday{Open: b.spans(f.get("open"), "open"), Greeting: b.prompt(f.word("greeting"))}
	var ok1, ok2 bool
	switch {
	case single.Value != "":
		h.From, ok1 = b.date(single, "date")
		h.To, ok2 = h.From, ok1
		if from.Value != "" || to.Value != "" {
			b.wrong(single.Pos, "a holiday has both a date and a range", "date, or from and to")
		}
	case from.Value == "" || to.Value == "":
		if f.kind == kindMap {
			b.wrong(v.at, "a holiday has no from and to", "from and to, or date")
		}
	default:
		h.From, ok1 = b.date(from, "from")
		h.To, ok2 = b.date(to, "to")
	}
	if !ok1 || !ok2 {
		return nil
	}
	if err := h.Check(); err != nil {
		b.wrong(v.at, err.Error(), "from is the first day, to the last one")
		return nil
	}
	return []call.Holiday{h}
}

// specialDay reads {date, plan, greeting}.
func (b *builder) specialDay(v *value) []call.SpecialDay {
	f := b.fields(v, "a special day")
	defer f.close()
	w := f.mustWord("date")
	s := call.SpecialDay{Plan: b.ref(sectionPlans, f.word("plan")), Greeting: b.prompt(f.word("greeting"))}
	d, ok := b.date(w, "date")
	if !ok {
		return nil
	}
	s.Date = d
	return []call.SpecialDay{s}
}

// date reads YYYY-MM-DD, or MM-DD for every year.
func (b *builder) date(w word, of string) (call.Date, bool) {
	if w.Value == "" {
		return call.Date{}, false
	}
	parts := strings.Split(w.Value, "-")
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	var d call.Date
	ok := len(parts) == 3 && (parts[0] == "" || (len(parts[0]) == 4 && isDigits(parts[0]))) &&
		len(parts[1]) == 2 && isDigits(parts[1]) && len(parts[2]) == 2 && isDigits(parts[2])
	if ok {
		month, _ := strconv.Atoi(parts[1])
		d.Month = time.Month(month)
		d.Day, _ = strconv.Atoi(parts[2])
		if parts[0] != "" {
			d.Year, _ = strconv.Atoi(parts[0])
			ok = d.Year > 0
		}
	}
	if !ok || d.Check() != nil {
		b.wrong(w.Pos, fmt.Sprintf("%s %q is no date", of, clip(w.Value)), "YYYY-MM-DD, or MM-DD for every year")
		return call.Date{}, false
	}
	return d, true
}
