package call

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// serviceHours is the calendar of the shipped example, with a night span and days of every year added.
func serviceHours(t require.TestingT) *Calendar {
	day := Spans{{From: 8 * 60, To: 12 * 60}, {From: 13*60 + 30, To: 20 * 60}}
	weekend := Spans{{From: 9 * 60, To: 18 * 60}}
	c, err := NewCalendar(Calendar{
		Name: "service", Zone: "Asia/Shanghai",
		Open: map[time.Weekday]Spans{
			time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day,
			time.Friday:   append(day[:2:2], Span{From: 22 * 60, To: 2 * 60}), // into Saturday
			time.Saturday: weekend, time.Sunday: weekend,
		},
		Holidays: []Holiday{
			{From: Date{2027, 1, 1}, To: Date{2027, 1, 3}, Open: weekend, Greeting: "new_year"},
			{From: Date{0, 12, 30}, To: Date{0, 1, 1}, Greeting: "year_end"},
			{From: Date{2026, 10, 3}, To: Date{2026, 10, 3}}, // a Saturday
		},
		Workdays: []Date{{2027, 1, 9}},
		Special:  []SpecialDay{{Date: Date{0, 5, 17}, Plan: "holiday", Greeting: "telecom_day"}, {Date: Date{2027, 1, 1}, Greeting: "unused"}},
	})
	require.NoError(t, err)
	return c
}

func TestCalendarIsOpen(t *testing.T) {
	c := serviceHours(t)
	for _, tt := range []struct {
		at   string // Shanghai
		open bool
		why  string
	}{
		{"2026-11-02 07:59", false, "before"},
		{"2026-11-02 08:00", true, "the first minute is in"},
		{"2026-11-02 12:00", false, "the end is out: lunch"},
		{"2026-11-02 13:30", true, "the second span"},
		{"2026-11-02 20:00", false, "the evening"},
		{"2026-11-06 23:00", true, "Friday's night span"},
		{"2026-11-07 01:59", true, "runs into Saturday"},
		{"2026-11-07 02:00", false, "and ends there"},
		{"2026-11-08 01:00", false, "Saturday has none"},
		{"2026-10-03 01:00", true, "the night before a holiday is the working day's"},
		{"2026-10-03 10:00", false, "a holiday without hours is closed"},
		{"2027-01-01 08:30", false, "a holiday replaces Friday's hours"},
		{"2027-01-01 09:00", true, "by its own"},
		{"2027-01-01 23:00", false, "also its night span"},
		{"2026-12-31 10:00", false, "a holiday of every year"},
		{"2028-01-01 10:00", false, "that crosses New Year"},
		{"2028-01-02 10:00", true, "and ends"},
		{"2027-01-09 08:30", true, "a make-up Saturday has Monday's hours"},
		{"2027-01-09 19:30", true, "to the end"},
	} {
		require.Equal(t, tt.open, c.IsOpen(shanghai(t, tt.at)), "%s: %s", tt.at, tt.why)
		require.Equal(t, tt.open, c.IsOpen(shanghai(t, tt.at).UTC()), "the zone is the calendar's, not the clock's: %s", tt.at)
	}
}

func TestCalendarGreeting(t *testing.T) {
	c := serviceHours(t)
	require.Equal(t, "new_year", c.Greeting(shanghai(t, "2027-01-01 00:00")), "the holiday's before the special day's, the first listed before others")
	require.Equal(t, "year_end", c.Greeting(shanghai(t, "2027-12-30 12:00")))
	require.Equal(t, "telecom_day", c.Greeting(shanghai(t, "2031-05-17 12:00")))
	require.Empty(t, c.Greeting(shanghai(t, "2026-10-03 12:00")), "a holiday without a greeting")
	require.Empty(t, c.Greeting(shanghai(t, "2026-11-02 12:00")))

	special, ok := c.SpecialAt(shanghai(t, "2031-05-17 23:59"))
	require.True(t, ok)
	require.Equal(t, "holiday", special.Plan)
	_, ok = c.SpecialAt(shanghai(t, "2031-05-18 00:00"))
	require.False(t, ok)
	require.True(t, c.IsOpen(shanghai(t, "2027-05-17 09:00")), "a special day keeps its hours")
}

func TestCalendarWholeDayAndMidnight(t *testing.T) {
	c, err := NewCalendar(Calendar{Zone: "UTC", Open: map[time.Weekday]Spans{
		time.Monday:    {{From: 0, To: minutesADay}},
		time.Wednesday: {{From: 20 * 60, To: 0}},
		time.Friday:    {{From: 8 * 60, To: 8 * 60}}, // once around the clock
	}})
	require.NoError(t, err)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) } // the 2nd is a Monday
	require.True(t, c.IsOpen(at(2, 0, 0)))
	require.True(t, c.IsOpen(at(2, 23, 59)))
	require.False(t, c.IsOpen(at(3, 0, 0)))
	require.True(t, c.IsOpen(at(4, 23, 59)))
	require.False(t, c.IsOpen(at(5, 0, 0)))
	require.False(t, c.IsOpen(at(6, 7, 59)))
	require.True(t, c.IsOpen(at(6, 8, 0)))
	require.True(t, c.IsOpen(at(7, 7, 59)))
	require.False(t, c.IsOpen(at(7, 8, 0)))
}

func TestCalendarDaylightSaving(t *testing.T) {
	c, err := NewCalendar(Calendar{Zone: "Europe/Berlin", Open: map[time.Weekday]Spans{time.Sunday: {{From: 60, To: 150}}}}) // 01:00–02:30
	require.NoError(t, err)
	utc := func(s string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", s)
		require.NoError(t, err)
		return at
	}
	// 2026-10-25: 03:00 summer time becomes 02:00. The half hour from 02:00 comes twice.
	require.True(t, c.IsOpen(utc("2026-10-25 00:29")))
	require.False(t, c.IsOpen(utc("2026-10-25 00:30")), "02:30 summer time")
	require.True(t, c.IsOpen(utc("2026-10-25 01:00")), "02:00 again")
	require.False(t, c.IsOpen(utc("2026-10-25 01:30")))
	// 2026-03-29: 02:00 becomes 03:00. The half hour from 02:00 never comes.
	require.True(t, c.IsOpen(utc("2026-03-29 00:59")))
	require.False(t, c.IsOpen(utc("2026-03-29 01:00")), "03:00 summer time")
}

func TestCalendarWithoutZoneCountsInUTC(t *testing.T) {
	c := &Calendar{Zone: "Asia/Shanghai", Open: map[time.Weekday]Spans{time.Monday: {{From: 0, To: 60}}}}
	require.True(t, c.IsOpen(time.Date(2026, 11, 2, 0, 30, 0, 0, time.UTC)))
	require.Equal(t, time.UTC, c.Location())
}

func TestNewCalendarRefuses(t *testing.T) {
	for words, c := range map[string]Calendar{
		`zone "Asia/Peking" is unknown`:       {Zone: "Asia/Peking"},
		`zone "" is not a place`:              {},
		`zone "Local" is not a place`:         {Zone: "Local"},
		"minutes 1440 to 1500":                {Zone: "UTC", Open: map[time.Weekday]Spans{time.Monday: {{From: 1440, To: 1500}}}},
		"7 is no weekday":                     {Zone: "UTC", Open: map[time.Weekday]Spans{7: nil}},
		"2027-02-29 is no date":               {Zone: "UTC", Workdays: []Date{{2027, 2, 29}}},
		"02-30 is no date":                    {Zone: "UTC", Special: []SpecialDay{{Date: Date{0, 2, 30}}}},
		"both have a year":                    {Zone: "UTC", Holidays: []Holiday{{From: Date{2027, 1, 1}, To: Date{0, 1, 2}}}},
		"ends on 2027-01-01 before it":        {Zone: "UTC", Holidays: []Holiday{{From: Date{2027, 1, 2}, To: Date{2027, 1, 1}}}},
		"00-00 is no date":                    {Zone: "UTC", Holidays: []Holiday{{To: Date{2027, 1, 1}}}},
		"2027-13-01 is no date":               {Zone: "UTC", Holidays: []Holiday{{From: Date{2027, 1, 1}, To: Date{2027, 13, 1}}}},
		"a span of minutes -1 to 3":           {Zone: "UTC", Holidays: []Holiday{{From: Date{0, 1, 1}, To: Date{0, 1, 1}, Open: Spans{{From: -1, To: 3}}}}},
		"a span of minutes 10 to 1441 is not": {Zone: "UTC", Open: map[time.Weekday]Spans{time.Sunday: {{From: 10, To: 1441}}}},
	} {
		_, err := NewCalendar(c)
		require.ErrorContains(t, err, words)
		require.Equal(t, CodeInvalid, CodeOf(err))
	}
	_, err := NewCalendar(Calendar{Zone: "UTC", Special: []SpecialDay{{Date: Date{0, 2, 29}}}})
	require.NoError(t, err, "a leap day of every leap year")
}

func TestCalendarJSONKeepsTheZone(t *testing.T) {
	c := serviceHours(t)
	b, err := json.Marshal(c)
	require.NoError(t, err)
	var back Calendar
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, *c, back)
	require.Equal(t, "Asia/Shanghai", back.Location().String())
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(b), string(again))

	require.ErrorContains(t, json.Unmarshal([]byte(`{"zone":"Moon/Base"}`), &back), "unknown")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"zone":7}`), &back), "calendar")
}

// TestCalendarAgainstNaiveTwin compares with the slowest reading of the words: walk
// every span of two days minute by minute.
func TestCalendarAgainstNaiveTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		at := time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 12*minutesADay).Draw(t, "minute")) * time.Minute)
		local := at.In(c.Location())
		want := false
		for back := range 2 {
			y, m, d := local.AddDate(0, 0, -back).Date()
			begin := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
			for _, s := range c.spans(Date{y, m, d}) {
				end := s.To
				if end <= s.From {
					end += minutesADay
				}
				for minute := s.From; minute < end; minute++ {
					w := begin.Add(time.Duration(minute) * time.Minute)
					want = want || w.Format("2006-01-02 15:04") == local.Format("2006-01-02 15:04")
				}
			}
		}
		require.Equal(t, want, c.IsOpen(at), "%s", local)
	})
}

func anyCalendar(t *rapid.T) *Calendar {
	spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Span {
		return Span{From: rapid.IntRange(0, minutesADay-1).Draw(t, "from"), To: rapid.IntRange(0, minutesADay).Draw(t, "to")}
	}), 0, 2)
	c := Calendar{Zone: "Asia/Shanghai", Open: map[time.Weekday]Spans{}}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Open[d] = spans.Draw(t, d.String())
	}
	day := rapid.IntRange(1, 8)
	c.Workdays = []Date{{2027, 1, day.Draw(t, "workday")}}
	from := day.Draw(t, "holiday")
	c.Holidays = []Holiday{{From: Date{2027, 1, from}, To: Date{2027, 1, from + 1}, Open: spans.Draw(t, "holiday hours")}}
	made, err := NewCalendar(c)
	require.NoError(t, err)
	return made
}

func FuzzCalendarJSON(f *testing.F) {
	f.Add([]byte(`{"zone":"Asia/Shanghai","open":{"1":[{"from":480,"to":1200}]},"workdays":[{"year":2027,"month":1,"day":4}]}`), int64(1_800_000_000))
	f.Add([]byte(`{"zone":"Europe/Berlin","holidays":[{"from":{"month":12,"day":30},"to":{"month":1,"day":2},"greeting":"x"}]}`), int64(0))
	f.Fuzz(func(t *testing.T, b []byte, unix int64) {
		var c Calendar
		if json.Unmarshal(b, &c) != nil {
			return
		}
		at := time.Unix(unix%1e11, 0)
		open, greeting := c.IsOpen(at), c.Greeting(at)
		encoded, err := json.Marshal(&c)
		require.NoError(t, err)
		var back Calendar
		require.NoError(t, json.Unmarshal(encoded, &back))
		require.Equal(t, open, back.IsOpen(at))
		require.Equal(t, greeting, back.Greeting(at))
	})
}

func BenchmarkCalendarIsOpen(b *testing.B) {
	c := serviceHours(b)
	at := time.Date(2026, 11, 2, 5, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		c.IsOpen(at)
	}
}

func shanghai(t *testing.T, s string) time.Time {
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	require.NoError(t, err)
	return at
}
