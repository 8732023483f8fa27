package call

import (
	"encoding/json"
	"fmt"
	"time"
	_ "time/tzdata" // a container may have no zone files of its own
)

// minutesADay is 24:00, the latest end of a span.
const minutesADay = 24 * 60

// Calendar is a set of service hours: open spans by weekday, holidays, make-up
// working days and special days, in one time zone. It is made by NewCalendar or
// by decoding, which look the zone up; a Calendar made otherwise counts in UTC.
// The methods are pure and may be called from anywhere.
type Calendar struct {
	Name     string                 `json:"name"`
	Zone     string                 `json:"zone"` // IANA name
	Open     map[time.Weekday]Spans `json:"open"`
	Holidays []Holiday              `json:"holidays,omitempty"`
	Workdays []Date                 `json:"workdays,omitempty"` // 调休: has Monday's hours whatever the weekday
	Special  []SpecialDay           `json:"special,omitempty"`

	loc *time.Location // of Zone; nil: not looked up
}

// Date is a day of the calendar. Year 0 means every year.
type Date struct {
	Year  int        `json:"year,omitempty"`
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
}

// Span is part of a day in minutes from midnight; To ≤ From crosses midnight, 1440 is 24:00.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Spans is a day's open spans.
type Spans []Span

// Holiday is a range of days with hours and a greeting of its own; it replaces the weekday's.
type Holiday struct {
	From     Date   `json:"from"`
	To       Date   `json:"to"`
	Open     Spans  `json:"open,omitempty"` // none: closed all day
	Greeting string `json:"greeting,omitempty"`
}

// SpecialDay has normal hours and only switches a plan or a greeting.
type SpecialDay struct {
	Date     Date   `json:"date"`
	Plan     string `json:"plan,omitempty"`
	Greeting string `json:"greeting,omitempty"`
}

// NewCalendar checks a calendar and looks its time zone up. The error names
// what is wrong and has CodeInvalid.
func NewCalendar(c Calendar) (*Calendar, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	return &c, nil
}

// UnmarshalJSON reads a calendar, checks it and looks its zone up.
func (c *Calendar) UnmarshalJSON(b []byte) error {
	type plain Calendar // without this method
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("calendar: %w", err)
	}
	*c = Calendar(p)
	return c.resolve()
}

// Location is the calendar's time zone.
func (c *Calendar) Location() *time.Location {
	if c.loc == nil {
		return time.UTC
	}
	return c.loc
}

// IsOpen reports whether t is within service hours. A span that crosses
// midnight belongs to the day it begins on, also where the day it ends on is a
// holiday. A minute that daylight saving repeats counts twice, one it skips never.
func (c *Calendar) IsOpen(t time.Time) bool {
	t = t.In(c.Location())
	today := dateOf(t)
	minute := t.Hour()*60 + t.Minute()
	for _, s := range c.spans(today) {
		if s.crosses() && minute >= s.From || s.From <= minute && minute < s.To {
			return true
		}
	}
	for _, s := range c.spans(today.before()) {
		if s.crosses() && minute < s.To {
			return true
		}
	}
	return false
}

// HolidayAt gives the holiday that the local day of t is in; of several, the first listed.
func (c *Calendar) HolidayAt(t time.Time) (Holiday, bool) {
	return c.holidayOn(dateOf(t.In(c.Location())))
}

// SpecialAt gives the special day that the local day of t is; of several, the first listed.
func (c *Calendar) SpecialAt(t time.Time) (SpecialDay, bool) {
	day := dateOf(t.In(c.Location()))
	for _, s := range c.Special {
		if s.Date.is(day) {
			return s, true
		}
	}
	return SpecialDay{}, false
}

// Greeting is the prompt that greets callers at t in the place of the usual one:
// the holiday's, else the special day's, else none.
func (c *Calendar) Greeting(t time.Time) string {
	if h, ok := c.HolidayAt(t); ok && h.Greeting != "" {
		return h.Greeting
	}
	s, _ := c.SpecialAt(t)
	return s.Greeting
}

// spans gives the open spans that begin on a day. A holiday replaces the day,
// also a make-up working day.
func (c *Calendar) spans(d Date) Spans {
	if h, ok := c.holidayOn(d); ok {
		return h.Open
	}
	for _, w := range c.Workdays {
		if w.is(d) {
			return c.Open[time.Monday]
		}
	}
	return c.Open[d.weekday()]
}

func (c *Calendar) holidayOn(d Date) (Holiday, bool) {
	for _, h := range c.Holidays {
		if h.includes(d) {
			return h, true
		}
	}
	return Holiday{}, false
}

// crosses reports whether the span ends on the day after it begins.
func (s Span) crosses() bool { return s.To <= s.From }

// includes reports whether a day is in the holiday. A range without years comes
// every year and may cross New Year.
func (h Holiday) includes(d Date) bool {
	if h.From.Year != 0 {
		return h.From.order() <= d.order() && d.order() <= h.To.order()
	}
	d.Year = 0
	if h.From.order() <= h.To.order() {
		return h.From.order() <= d.order() && d.order() <= h.To.order()
	}
	return h.From.order() <= d.order() || d.order() <= h.To.order()
}

// dateOf is the day of t in t's own zone.
func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// is reports whether day is this date; a date without a year is that day of every year.
func (d Date) is(day Date) bool {
	return d.Month == day.Month && d.Day == day.Day && (d.Year == 0 || d.Year == day.Year)
}

// before is the day before. Days are counted in UTC, where each has 24 hours.
func (d Date) before() Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day-1, 0, 0, 0, 0, time.UTC))
}

func (d Date) weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// order is a number that grows with the date.
func (d Date) order() int { return (d.Year*100+int(d.Month))*100 + d.Day }

// String writes the date as the site does: 2027-01-04, or 05-17 for every year.
func (d Date) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}
