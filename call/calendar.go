package call

import "time"

// Calendar is a set of service hours: open spans by weekday, holidays, make-up
// working days and special days, in one time zone.
type Calendar struct {
	Name     string                 `json:"name"`
	Zone     string                 `json:"zone"` // IANA name
	Open     map[time.Weekday]Spans `json:"open"`
	Holidays []Holiday              `json:"holidays,omitempty"`
	Workdays []Date                 `json:"workdays,omitempty"` // 调休: has Monday's hours whatever the weekday
	Special  []SpecialDay           `json:"special,omitempty"`

	loc *time.Location // of Zone
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
