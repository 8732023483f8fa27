package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/acd"
	"hotline/call"
)

// timeHelp is what is right where a time is wrong.
const timeHelp = "write 2026-11-23 08:00:00, in the site's time zone, or 2026-11-23T08:00:00+08:00"

// Times outside these years are slips of the pen, and must not overflow nanoseconds.
const firstYear, lastYear = 1971, 2200

// ParseTime reads a time as files and flags have it: RFC 3339, or a local date and time.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02",
	} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && at.Year() >= firstYear && at.Year() <= lastYear {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; %s", text, timeHelp)
}

// at reads a time that must be there.
func (t *table) at(name string) time.Time {
	at, err := ParseTime(t.field(name), t.zone)
	if err != nil {
		t.reject(name, fmt.Sprintf("%s %q is no time", name, t.field(name)), timeHelp)
	}
	return at
}

// length reads a length of time; Unset where the field is empty.
func (t *table) length(name string) time.Duration {
	text := t.field(name)
	if text == "" {
		return Unset
	}
	d, err := ParseLength(text)
	if err != nil {
		t.reject(name, fmt.Sprintf("%s %q is no length of time from 0 to 30 days", name, text), "write seconds (90) or 1m30s")
	}
	return d
}

// patience may be never as well.
func (t *table) patience(name string) time.Duration {
	if t.field(name) == "never" {
		return Never
	}
	return t.length(name)
}

// whole reads a whole number; 0 where the field is empty.
func (t *table) whole(name string, low, high int) int {
	text := t.field(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		t.reject(name, fmt.Sprintf("%s %q is no whole number from %d to %d", name, text, low, high), fmt.Sprintf("write one, such as %d", min(high, max(low, 5))))
	}
	return n
}

// class reads normal or vip, with a level after a colon where there is one: vip:gold.
func (t *table) class(name string) (class call.CallerClass, level string) {
	word, level, _ := strings.Cut(t.field(name), ":")
	if word == "" {
		return call.CallerNormal, ""
	}
	if err := class.UnmarshalText([]byte(word)); err != nil || class == call.CallerBlocked {
		t.reject(name, fmt.Sprintf("%s %q is none that waits in a queue", name, word), "write normal, vip or, with a level, vip:gold")
	}
	return class, level
}

const maxLevel = 5

// skills reads "english:2 general:3": names with levels 1 to 5, a name alone is level 1.
func (t *table) skills(name string) map[string]int {
	var skills map[string]int
	for _, word := range strings.Fields(t.field(name)) {
		skill, text, levelled := strings.Cut(word, ":")
		level, err := 1, error(nil)
		if levelled {
			level, err = strconv.Atoi(text)
		}
		if err != nil || level < 1 || level > maxLevel || skill == "" {
			t.reject(name, fmt.Sprintf("skill %q has no level from 1 to 5", word), "write names with levels, a space between: english:2 general:3")
			continue
		}
		if skills == nil {
			skills = map[string]int{}
		}
		skills[skill] = level
	}
	return skills
}

// names checks that what a file names is there.
type names struct {
	what  string
	known map[string]bool
}

func queueNames(r acd.Rules) names {
	n := names{"queue", map[string]bool{}}
	for _, q := range r.Queues {
		n.known[q.Name] = true
	}
	return n
}

func groupNames(r acd.Rules) names {
	n := names{"group with agents", map[string]bool{}}
	for _, a := range r.Agents {
		n.known[a.Group] = true
	}
	return n
}

// manyNames is how many a mistake lists.
const manyNames = 20

func (n names) right() string {
	all := slices.Sorted(maps.Keys(n.known))
	if len(all) > manyNames {
		return fmt.Sprintf("the site has %s and %d more", strings.Join(all[:manyNames], ", "), len(all)-manyNames)
	}
	return "the site has " + strings.Join(all, ", ")
}

func (t *table) named(column string, n names) string {
	name := t.field(column)
	if !n.known[name] {
		t.reject(column, fmt.Sprintf("there is no %s %q", n.what, name), n.right())
	}
	return name
}
