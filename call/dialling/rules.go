// Package dialling judges calls that phones of ours make to outside numbers: who may call what, when and how much
// of it (外线权限), and what of it is unusual. It stands between the right and the trunk.
//
// It is pure: the clock is an argument, the rules are those of the site's newest revision, and what has been
// dialled today encodes, so that a restart forgets none of it.
package dialling

import (
	"regexp"
	"slices"
	"time"

	"hotline/call"
)

// Rules are what a site says about dialling outside.
type Rules struct {
	Zone      *time.Location // whose days count; UTC when nil
	Classes   []Class        // the first that matches is a number's
	Unusual   Unusual
	Calendars map[string]*call.Calendar
	Agents    map[call.SeatID]*Right // nil: nothing but emergency numbers
	Phones    map[string]*Right      // while nobody is signed in there
	Trunks    map[string]Limits
}

// Class is a kind of number (号码类别).
type Class struct {
	Name  string
	Match []*regexp.Regexp // of the number, normalised
}

// The classes that mean something by themselves. Emergency numbers may be dialled by everybody, at any time and without any
// limit; what no class has is other.
const (
	Emergency = "emergency"
	Other     = "other"
)

// Unusual is how many tries of one agent or phone within a time raise an alarm; 0 calls: none do.
type Unusual struct {
	Calls  int
	Within time.Duration
}

// Right is what somebody may call, and how much of it.
type Right struct {
	Classes []string
	All     bool // every class there is
	Limits  Limits
	Trunk   string // to go out by; empty: the first that can
	Show    string // number shown to who is called; empty: as the trunk's identity says
}

// Limits bound calls. A zero is no limit.
type Limits struct {
	Hours   string // calendar; empty: at any time
	Minutes int    // of talk a day
	AtOnce  int
}

// Class is the class of a number.
func (r *Rules) Class(number string) string {
	for _, c := range r.Classes {
		for _, re := range c.Match {
			if re.MatchString(number) {
				return c.Name
			}
		}
	}
	return Other
}

// Allows tells whether a class may be dialled.
func (r *Right) Allows(class string) bool {
	return class == Emergency || r != nil && (r.All || slices.Contains(r.Classes, class))
}

// By is who dials: an agent, at whatever phone, else a phone nobody is signed in at.
type By struct {
	Seat  call.SeatID
	Phone string
}

// Right is somebody's; nil: none.
func (r *Rules) Right(by By) *Right {
	if by.Seat != "" {
		return r.Agents[by.Seat]
	}
	return r.Phones[by.Phone]
}

// open tells whether a calendar is open; one there is none of is.
func (r *Rules) open(hours string, now time.Time) bool {
	c := r.Calendars[hours]
	return c == nil || c.IsOpen(now)
}

// day names the day a moment is in.
func (r *Rules) day(now time.Time) string {
	if r.Zone != nil {
		now = now.In(r.Zone)
	}
	return now.Format(time.DateOnly)
}
