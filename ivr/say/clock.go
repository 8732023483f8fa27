package say

import (
	"strconv"
	"time"
)

// Date says a day in the zone of t: 二零二六年十一月二十九日 · November twenty-ninth, twenty twenty-six.
// Years outside 1–9999 are left out.
func Date(lang string, t time.Time) []string {
	year, month, day := t.Date()
	if lang == English {
		parts := append([]string{"month_" + strconv.Itoa(int(month))}, twoDigits(int64(day), "ordinal_")...)
		return append(parts, englishYear(year)...)
	}
	var parts []string
	if year >= 1 && year <= 9999 {
		for _, d := range strconv.Itoa(year) {
			parts = append(parts, "number_"+string(d))
		}
		parts = append(parts, "date_year")
	}
	parts = append(parts, "number_"+strconv.Itoa(int(month)), "date_month")
	parts = append(parts, chinese(int64(day), nothing)...)
	return append(parts, "date_day")
}

// englishYear: nineteen ninety-nine, two thousand five, twenty twenty-six.
func englishYear(year int) []string {
	century, rest := int64(year/100), int64(year%100)
	switch {
	case year < 1 || year > 9999:
		return nil
	case year < 1000 || rest < 10:
		return english(int64(year))
	}
	return append(twoDigits(century, "number_"), twoDigits(rest, "number_")...)
}

// hourOf and the rest are what follows a number of a clock or a length.
var (
	clockHour   = unit{"time_hour", 3}
	clockMinute = unit{"time_minute", 1}
	lengths     = []struct {
		unit  unit
		worth time.Duration
	}{
		{unit{"unit_day", 1}, 24 * time.Hour},
		{unit{"unit_hour", 3}, time.Hour},
		{unit{"unit_minute", 1}, time.Minute},
		{unit{"unit_second", 3}, time.Second},
	}
)

// Clock says a time of day in the zone of t: 下午两点零五分 · two oh five p.m. Seconds are left out.
func Clock(lang string, t time.Time) []string {
	h, m := t.Hour(), t.Minute()
	hour := int64(h)
	if h > 12 {
		hour -= 12
	}
	if lang == English {
		return englishClock(max(hour, int64(12*b(h == 0))), int64(m), h >= 12)
	}
	parts := append([]string{dayPart(h)}, chinese(hour, clockHour)...)
	parts = append(parts, clockHour.name)
	switch {
	case m == 0:
		return append(parts, "time_exact")
	case m < 10:
		return append(parts, "number_0", "number_"+strconv.Itoa(m), clockMinute.name)
	}
	return append(append(parts, chinese(int64(m), clockMinute)...), clockMinute.name)
}

// b is 1 for true.
func b(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// dayPart is the word before the hour: 凌晨, 上午, 中午, 下午, 晚上.
func dayPart(hour int) string {
	switch {
	case hour < 6:
		return "time_night"
	case hour < 12:
		return "time_morning"
	case hour == 12:
		return "time_noon"
	case hour < 18:
		return "time_afternoon"
	}
	return "time_evening"
}

func englishClock(hour, minute int64, pm bool) []string {
	parts := english(hour)
	switch {
	case minute == 0:
		parts = append(parts, "time_exact")
	case minute < 10:
		parts = append(parts, "time_oh", "number_"+strconv.FormatInt(minute, 10))
	default:
		parts = append(parts, twoDigits(minute, "number_")...)
	}
	if pm {
		return append(parts, "time_pm")
	}
	return append(parts, "time_am")
}

// Length says how long something takes, rounded to seconds, by its two greatest
// units: 两小时三分钟 · two hours three minutes. Its sign is left out.
func Length(lang string, d time.Duration) []string {
	d = d.Abs().Round(time.Second)
	var parts []string
	said := 0
	for i, l := range lengths {
		n := int64(d / l.worth)
		d %= l.worth
		if n > 0 {
			parts = append(parts, counted(lang, n, l.unit)...)
		}
		if said += b(n > 0 || said > 0); said == 2 {
			break
		}
		if i == len(lengths)-1 && len(parts) == 0 {
			return counted(lang, 0, l.unit)
		}
	}
	return parts
}
