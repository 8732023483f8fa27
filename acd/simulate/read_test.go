package simulate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
)

func shanghai(tb testing.TB) *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(tb, err)
	return zone
}

func TestReadCalls(t *testing.T) {
	text := "\ufefftime,queue,class,priority,skills,talk,patience\n" +
		"# a comment\n" +
		"2026-11-23 08:00:05,general,,,,95,1m30s\n" +
		"2026-11-23T00:00:06Z, vip ,vip:gold,9,english:2 vip,,never\n" +
		"\"2026-11-23 08:01\",general,normal,,,0.5,\n"
	calls, err := ReadCalls("c.csv", []byte(text), small(), shanghai(t))
	require.NoError(t, err)
	first := time.Date(2026, 11, 23, 0, 0, 5, 0, time.UTC)
	for i := range calls {
		calls[i].At = calls[i].At.UTC()
	}
	require.Equal(t, []Call{
		{At: first, Queue: "general", Talk: 95 * time.Second, Patience: 90 * time.Second},
		{
			At: first.Add(time.Second), Queue: "vip", Class: call.CallerVIP, Level: "gold", Priority: 9,
			Skills: map[string]int{"english": 2, "vip": 1}, Talk: Unset, Patience: Never,
		},
		{At: first.Add(55 * time.Second), Queue: "general", Talk: time.Second / 2, Patience: Unset},
	}, calls)

	calls, err = ReadCalls("c.csv", []byte("id,started_at,queue,agent,talk_seconds,caller_class\n1,2026-11-23T00:00:05.000Z,general,1001,12.5,vip\n"), small(), time.UTC)
	require.NoError(t, err, "an export of call records will do")
	require.Equal(t, []Call{{At: first, Queue: "general", Class: call.CallerVIP, Talk: 12500 * time.Millisecond, Patience: Unset}}, calls)
}

// TestEveryMistakeIsTold: with its place in characters, all of a file at once.
func TestEveryMistakeIsTold(t *testing.T) {
	read := func(text string) error {
		_, err := ReadCalls("c.csv", []byte(text), small(), time.UTC)
		return err
	}
	for text, want := range map[string]string{
		"":                        "c.csv:1:1: the file is empty, begin with a heading: time,queue,class,priority,skills,talk,patience",
		"time,talk\n":             "c.csv:1:1: there is no column queue, the heading may name time, queue, class, priority, skills, talk, patience",
		"time,queue,colour,time":  "c.csv:1:12: column \"colour\" is unknown, the heading may name time, queue, class, priority, skills, talk, patience\nc.csv:1:19: column time is there twice, drop one",
		"time,queue\n1,2,3\na\n":  "c.csv:2:1: the line has another number of fields than the heading, write 2, empty ones too\nc.csv:3:1: the line has another number of fields than the heading, write 2, empty ones too",
		"time,queue\nx\"y,b\n":    "c.csv:2:2: a quote stands inside a field, put the whole field in quotes and double those in it: \"a \"\"b\"\"\"",
		"time,queue\n\"x,general": "c.csv:2:11: a quoted field does not end as it should, end it with a quote, and a comma or the end of the line after that",
		"queue,time,talk,class,priority,skills,patience\n" +
			"综合,2026-13-01 08:00,-5,gold,x,english:9 :2,soon\n" +
			"general,2026-11-23 08:00,5,,,,\n" +
			"general,,5,blocked,1001,,\n": strings.Join([]string{
			`c.csv:2:1: there is no queue "综合", the site has general, vip`,
			`c.csv:2:4: time "2026-13-01 08:00" is no time, write 2026-11-23 08:00:00, in the site's time zone, or 2026-11-23T08:00:00+08:00`,
			`c.csv:2:21: talk "-5" is no length of time from 0 to 30 days, write seconds (90) or 1m30s`,
			`c.csv:2:24: class "gold" is none that waits in a queue, write normal, vip or, with a level, vip:gold`,
			`c.csv:2:29: priority "x" is no whole number from 0 to 1000, write one, such as 5`,
			`c.csv:2:31: skill "english:9" has no level from 1 to 5, write names with levels, a space between: english:2 general:3`,
			`c.csv:2:31: skill ":2" has no level from 1 to 5, write names with levels, a space between: english:2 general:3`,
			`c.csv:2:44: patience "soon" is no length of time from 0 to 30 days, write seconds (90) or 1m30s`,
			`c.csv:4:9: time "" is no time, write 2026-11-23 08:00:00, in the site's time zone, or 2026-11-23T08:00:00+08:00`,
			`c.csv:4:12: class "blocked" is none that waits in a queue, write normal, vip or, with a level, vip:gold`,
			`c.csv:4:20: priority "1001" is no whole number from 0 to 1000, write one, such as 5`,
		}, "\n"),
	} {
		require.EqualError(t, read(text), want, text)
	}
	var many Problems
	require.ErrorAs(t, read("time,queue\n"+strings.Repeat("x,y\n", 5000)), &many)
	require.LessOrEqual(t, len(many), maxProblems+1)
}

func TestReadForecast(t *testing.T) {
	loads, err := ReadForecast("f.csv", []byte("time,queue,calls\n2026-11-23 08:00,general,87.5\n"), small(), time.UTC, time.Hour)
	require.NoError(t, err)
	require.Equal(t, []Load{{Queue: "general", From: at("08:00"), To: at("09:00"), Calls: 87.5, Talk: Unset, Patience: Unset}}, loads)
	_, err = ReadForecast("f.csv", []byte("time,queue,calls\n2026-11-23 08:00,general,-1\n2026-11-23 08:00,general,\n"), small(), time.UTC, time.Hour)
	require.EqualError(t, err, `f.csv:2:26: calls "-1" is no number from 0 to 1000000, write how many are expected in the interval, such as 87.5
f.csv:3:26: calls "" is no number from 0 to 1000000, write how many are expected in the interval, such as 87.5`)
}

func TestReadRoster(t *testing.T) {
	text := "from,to,agent,group,seats,breaks\n" +
		"08:00,16:00,1001,,,12:00-12:30 14:00-14:10\n" +
		"22:00,06:00,,vip,2,02:00-02:30\n" +
		"2026-11-24 08:00,2026-11-24 09:00,,general,0,\n"
	plan, err := ReadRoster("r.csv", []byte(text), small(), time.UTC, at("00:00"), at("23:00"))
	require.NoError(t, err)
	require.Equal(t, []Shift{{
		Agent: "1001", From: at("08:00"), To: at("16:00"),
		Breaks: []Break{{at("12:00"), at("12:30")}, {at("14:00"), at("14:10")}},
	}}, plan.Shifts)
	day := 24 * time.Hour
	require.Equal(t, []Need{
		{Group: "vip", Seats: 2, From: at("22:00").Add(-day), To: at("06:00"), Breaks: []Break{{at("02:00"), at("02:30")}}},
		{Group: "vip", Seats: 2, From: at("22:00"), To: at("06:00").Add(day), Breaks: []Break{{at("02:00").Add(day), at("02:30").Add(day)}}},
		{Group: "general", From: at("08:00").Add(day), To: at("09:00").Add(day)},
	}, plan.Needs)

	_, err = ReadRoster("r.csv", []byte("from,to,agent,group,seats,breaks\n"+
		"08:00,16:00,9,,,\n"+
		"08:00,16:00,,,,\n"+
		"08:00,16:00,1001,vip,,\n"+
		"08:00,16:00,1001,,2,\n"+
		"08:00,16:00,,night,3,\n"+
		"08:00,16:00,,vip,,12:00\n"+
		"08:00,2026-11-24 09:00,,vip,1,\n"+
		"2026-11-24 09:00,08:00,,vip,1,\n"+
		"2026-11-24 09:00,2026-11-24 08:00,,vip,1,\n"+
		"x,y,,vip,many,\n"), small(), time.UTC, at("00:00"), at("23:00"))
	require.EqualError(t, err, strings.Join([]string{
		`r.csv:2:13: there is no agent "9", the site has 1001, 1002, 2001`,
		`r.csv:3:1: the line names neither agent nor group, name one of them`,
		`r.csv:4:1: the line names both agent and group, name one of them`,
		`r.csv:5:19: an agent is one seat, leave seats empty beside an agent`,
		`r.csv:6:14: there is no group with agents "night", the site has general, vip`,
		`r.csv:7:14: the group has no number of seats, say how many in the column seats`,
		`r.csv:7:19: break "12:00" is no span of a day, write 12:00-12:30, with a space before the next one`,
		`r.csv:8:7: from is a time of day and to is not, write both in the same way`,
		`r.csv:9:1: to is a time of day and from is not, write both in the same way`,
		`r.csv:10:18: the shift ends before it begins, write a later time`,
		`r.csv:11:1: from "x" is no time, write 2026-11-23 08:00:00, in the site's time zone, or 2026-11-23T08:00:00+08:00`,
		`r.csv:11:3: to "y" is no time, write 2026-11-23 08:00:00, in the site's time zone, or 2026-11-23T08:00:00+08:00`,
		`r.csv:11:10: seats "many" is no whole number from 0 to 100000, write one, such as 5`,
	}, "\n"))
}

func TestSeat(t *testing.T) {
	half := func(n int) time.Time { return at("08:00").Add(time.Duration(n) * 30 * time.Minute) }
	rules, shifts, err := Seat(small(), []Shift{{Agent: "1002", From: half(0), To: half(1)}}, []Need{
		{Group: "general", Seats: 1, From: half(0), To: half(1)},
		{Group: "general", Seats: 4, From: half(1), To: half(2)},
	})
	require.NoError(t, err)
	require.Equal(t, []Shift{
		{Agent: "1001", From: half(0), To: half(2)}, // stays: one shift
		{Agent: "1002", From: half(0), To: half(2)},
		{Agent: "general+1", From: half(1), To: half(2)},
		{Agent: "general+2", From: half(1), To: half(2)},
	}, shifts)
	require.Len(t, rules.Agents, 5)
	require.Equal(t, acd.Agent{ID: "general+2", Group: "general"}, rules.Agents[4])
	require.Len(t, small().Agents, 3)
	_, _, err = Seat(small(), nil, []Need{{Group: "night", Seats: 1}})
	require.ErrorContains(t, err, `group "night" has no agent`)
	_, _, err = Seat(small(), nil, []Need{{Group: "vip", Seats: maxRosterSeats + 1}})
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}

func TestParse(t *testing.T) {
	for _, text := range []string{"9999-01-01", "0001-01-01 00:00", "2026-02-30", "08:00", ""} {
		_, err := ParseTime(text, time.UTC)
		require.ErrorContains(t, err, "is no time; write", text)
	}
	target, err := ParseTarget("85/30s")
	require.NoError(t, err)
	require.Equal(t, "85/30s", TargetWords(target))
	target, err = ParseTarget(" 80% / 20 ")
	require.NoError(t, err)
	require.Equal(t, "80/20s", TargetWords(target))
	for _, text := range []string{"", "85", "85/", "/30s", "0/30s", "101/30s", "x/30s", "NaN/30s"} {
		_, err := ParseTarget(text)
		require.ErrorContains(t, err, "such as 85/30s", text)
	}
	for text, want := range map[string]float64{"2%": 0.02, "0.02": 0.02, "100%": 1, "0": 0} {
		share, err := ParseShare(text)
		require.NoError(t, err)
		require.InDelta(t, want, share, 1e-12)
	}
	for _, text := range []string{"2", "-1%", "x", "", "NaN"} {
		_, err := ParseShare(text)
		require.Error(t, err, text)
	}
	for text, want := range map[string]float64{"general=210/h": 420, "general = 1/min": 120, "general=24/day": 2, "general=1/s": 7200} {
		l, err := ParseRate(text, small(), at("08:00"), at("10:00"))
		require.NoError(t, err)
		require.Equal(t, Load{Queue: "general", From: at("08:00"), To: at("10:00"), Calls: want, Talk: Unset, Patience: Unset}, l)
	}
	for _, text := range []string{"general", "general=5", "general=5/week", "general=-1/h", "night=5/h", "general=NaN/h"} {
		_, err := ParseRate(text, small(), at("08:00"), at("10:00"))
		require.Error(t, err, text)
	}
}

func FuzzReadCalls(f *testing.F) {
	f.Add("time,queue,class,priority,skills,talk,patience\n2026-11-23 08:00:05,general,vip:gold,5,english:2,95,never\n")
	f.Add("time,queue\n\"x,general\n")
	f.Fuzz(func(t *testing.T, text string) {
		calls, err := ReadCalls("f", []byte(text), small(), time.UTC)
		check(t, err)
		for _, c := range calls {
			if err == nil {
				require.True(t, c.Talk >= Unset && c.Patience >= Never && c.Queue != "")
			}
		}
	})
}

func FuzzReadRoster(f *testing.F) {
	f.Add("from,to,agent,group,seats,breaks\n08:00,16:00,1001,,,12:00-12:30\n22:00,06:00,,vip,2,\n")
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := ReadRoster("f", []byte(text), small(), time.UTC, at("00:00"), at("23:00"))
		check(t, err)
		for _, s := range plan.Shifts {
			require.True(t, s.To.After(s.From))
		}
	})
}

func FuzzReadForecast(f *testing.F) {
	f.Add("time,queue,calls\n2026-11-23 08:00,general,87.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := ReadForecast("f", []byte(text), small(), time.UTC, time.Hour)
		check(t, err)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"exp:3m", "lognormal:3m,1.2", "empirical:1,2", "85/30s", "2%", "general=3/h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDist(text); err == nil {
			dice := newDice(1, 2, 3)
			require.GreaterOrEqual(t, d.draw(&dice), Never)
		}
		if g, err := ParseTarget(text); err == nil {
			require.True(t, g.Share > 0 && g.Share <= 1 && g.Within >= 0)
		}
		if l, err := ParseRate(text, small(), at("08:00"), at("10:00")); err == nil {
			require.GreaterOrEqual(t, l.Calls, 0.0)
		}
	})
}

// check holds an error to its form: mistakes with places, within bounds.
func check(t *testing.T, err error) {
	if err == nil {
		return
	}
	var list Problems
	require.ErrorAs(t, err, &list)
	for _, p := range list {
		require.True(t, p.Line >= 1 && p.Column >= 1 && p.Wrong != "" && p.Right != "", "%+v", p)
	}
}
