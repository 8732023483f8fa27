package dialling

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func testRules(t testing.TB) *Rules {
	day, err := call.NewCalendar(call.Calendar{Name: "day", Zone: "UTC", Open: map[time.Weekday]call.Spans{time.Monday: {{From: 8 * 60, To: 20 * 60}}}})
	require.NoError(t, err)
	return &Rules{
		Zone: time.UTC, Unusual: Unusual{Calls: 4, Within: 10 * time.Minute},
		Classes: []Class{
			{Emergency, []*regexp.Regexp{regexp.MustCompile(`^110$`)}},
			{"premium", []*regexp.Regexp{regexp.MustCompile(`^168`)}},
			{"mobile", []*regexp.Regexp{regexp.MustCompile(`^1[3-9]`)}},
		},
		Calendars: map[string]*call.Calendar{"day": day},
		Agents: map[call.SeatID]*Right{
			"1001": {Classes: []string{"mobile"}, Limits: Limits{Hours: "day", Minutes: 10, AtOnce: 2}},
			"1002": nil, "9001": {All: true},
		},
		Phones: map[string]*Right{"8001": {Classes: []string{"mobile"}}},
		Trunks: map[string]Limits{"gw": {Minutes: 15, AtOnce: 3}},
	}
}

const mobile = "13900000001"

func TestWhoMayCallWhat(t *testing.T) {
	r, g := testRules(t), New()
	for _, c := range []struct {
		by     By
		number string
		want   string // reason; "" for allowed
	}{
		{By{Seat: "1001"}, mobile, ""},
		{By{Seat: "1001", Phone: "8001"}, "16812345", "not_allowed"},
		{By{Seat: "1001"}, "62345678", "not_allowed"},
		{By{Seat: "1002", Phone: "8001"}, mobile, "not_allowed"}, // the agent's right counts, not the desk's
		{By{Phone: "8001"}, mobile, ""},
		{By{Phone: "8002"}, mobile, "not_allowed"},
		{By{Seat: "9001"}, "16812345", ""},
		{By{Seat: "9001"}, "62345678", ""},
		{By{Seat: "1002"}, "110", ""},
		{By{}, "110", ""},
	} {
		no, _ := g.judge(noon, r, c.by, c.number)
		if c.want == "" {
			require.Nil(t, no, "%v", c)
			continue
		}
		require.NotNil(t, no, "%v", c)
		require.Equal(t, c.want, no.Reason.String(), "%v", c)
	}
	night := time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC)
	no, _ := g.judge(night, r, By{Seat: "1001"}, mobile)
	require.Equal(t, OutOfHours, no.Reason)
	no, _ = g.judge(night, r, By{Seat: "1001"}, "110")
	require.Nil(t, no)
}

func TestLimitsOfSomebodyAndOfATrunk(t *testing.T) {
	r, g := testRules(t), New()
	r.Unusual.Calls = 0
	by := By{Seat: "1001"}
	first, _ := g.begin(noon, r, by, "gw")
	second, _ := g.begin(noon, r, by, "gw")
	no, alarms := g.judge(noon, r, by, mobile)
	require.Equal(t, TooManyAtOnce, no.Reason)
	require.Equal(t, []Alarm{{Key{OfAgent, "1001"}, AlarmLimit, no.Words}}, alarms)
	_, alarms = g.judge(noon, r, by, mobile)
	require.Empty(t, alarms, "one a day")

	g.Answered(noon.Add(time.Minute), first)
	g.Answered(noon.Add(5*time.Minute), first) // again: it counts from the first
	require.Len(t, g.End(noon.Add(time.Minute), r, second), 2)
	no, _ = g.judge(noon.Add(10*time.Minute), r, by, mobile)
	require.Nil(t, no)
	no, _ = g.judge(noon.Add(11*time.Minute), r, by, mobile)
	require.Equal(t, OutOfMinutes, no.Reason, "a call that goes on counts")
	kept := g.End(noon.Add(12*time.Minute), r, first)
	require.Equal(t, Memory{Key{OfAgent, "1001"}, "2026-11-30", 2, 11 * time.Minute}, kept[0])
	require.Empty(t, g.End(noon, r, first), "once")

	other, _ := g.begin(noon, r, By{Seat: "9001"}, "gw")
	g.Answered(noon, other)
	no, _ = g.byTrunk(noon.Add(5*time.Minute), r, "gw", mobile)
	require.Equal(t, &Refusal{Key{OfTrunk, "gw"}, OutOfMinutes, "trunk gw has had its 15 minutes of today"}, no)
	no, _ = g.byTrunk(noon.Add(5*time.Minute), r, "gw", "110")
	require.Nil(t, no)
	rows := g.View(noon.Add(5*time.Minute), r)
	require.Equal(t, []string{"trunk gw", "agent 1001", "agent 9001"}, []string{rows[0].String(), rows[1].String(), rows[2].String()})
	require.NotEmpty(t, rows[1].Stopped)
	require.Empty(t, rows[2].Stopped)
	require.Equal(t, 1, rows[2].AtOnce)
	require.Equal(t, 3, rows[1].Refused)

	require.True(t, g.Lift(Key{OfAgent, "1001"}))
	require.False(t, g.Lift(Key{OfAgent, "7777"}))
	no, _ = g.judge(noon.Add(6*time.Minute), r, by, mobile)
	require.Nil(t, no)
	tomorrow := noon.AddDate(0, 0, 1)
	require.Len(t, g.View(tomorrow, r), 2, "only the call that goes on, and its trunk")
}

func TestManyTriesAreUnusual(t *testing.T) {
	r, g := testRules(t), New()
	by := By{Seat: "1002"}
	var alarms []Alarm
	for i := range 5 { // refused ones count: who tries numbers out gets no further
		_, more := g.judge(noon.Add(time.Duration(i)*time.Minute), r, by, "16800000")
		alarms = append(alarms, more...)
	}
	require.Equal(t, []Alarm{{Key{OfAgent, "1002"}, AlarmUnusual, "agent 1002 has dialled 4 outside numbers within 10m0s"}}, alarms)
	for i := range 8 {
		_, more := g.judge(noon.Add(time.Duration(20+4*i)*time.Minute), r, by, "16800000")
		require.Empty(t, more, "as slowly as that is usual")
	}
}

func TestWhatWasDialledOutlivesARestart(t *testing.T) {
	r, g := testRules(t), New()
	ticket, _ := g.begin(noon, r, By{Seat: "1001"}, "gw")
	g.Answered(noon, ticket)
	back := New()
	for _, m := range g.End(noon.Add(10*time.Minute), r, ticket) {
		b, err := json.Marshal(m)
		require.NoError(t, err)
		var again Memory
		require.NoError(t, json.Unmarshal(b, &again))
		back.Restore(again)
	}
	no, _ := back.judge(noon.Add(11*time.Minute), r, By{Seat: "1001"}, mobile)
	require.Equal(t, OutOfMinutes, no.Reason)
	no, _ = back.judge(noon.AddDate(0, 0, 7), r, By{Seat: "1001"}, mobile)
	require.Nil(t, no)
}

// Who dials is judged first, then the trunks in their order; what they refuse is told.
func TestAdmitChoosesATrunk(t *testing.T) {
	r, g := testRules(t), New()
	r.Unusual.Calls = 0
	r.Trunks["gw"] = Limits{AtOnce: 1}
	lines := map[string]int{"gw": 5, "second": 1}
	wanted := func(by By, trunks ...string) Wanted {
		return Wanted{By: by, Number: mobile, Trunks: trunks, Take: func(trunk string) string {
			if lines[trunk] == 0 {
				return trunk + " is full"
			}
			lines[trunk]--
			return ""
		}}
	}
	boss := By{Seat: "9001"}
	got := g.Admit(noon, r, wanted(boss, "gw", "second"))
	require.Equal(t, Admitted{Trunk: "gw", Ticket: 1}, got)
	got = g.Admit(noon, r, wanted(boss, "gw", "second"))
	require.Equal(t, "second", got.Trunk, "the first may have one at once")
	require.Empty(t, got.Full)
	require.Len(t, got.Refusals, 1)
	require.Equal(t, []Alarm{{Key{OfTrunk, "gw"}, AlarmLimit, got.Refusals[0].Words}}, got.Alarms)
	got = g.Admit(noon, r, wanted(boss, "gw", "second"))
	require.Equal(t, "second is full", got.Full)
	require.Nil(t, got.Barred)
	require.Equal(t, Admitted{}, g.Admit(noon, r, wanted(boss)), "no trunk leads there")
	got = g.Admit(noon, r, wanted(By{Phone: "8002"}, "gw"))
	require.Equal(t, NotAllowed, got.Barred.Reason)
	require.Equal(t, []*Refusal{got.Barred}, got.Refusals)
	require.Equal(t, map[string]int{"gw": 4, "second": 0}, lines, "who may not takes no line")
	require.Equal(t, 2, g.accounts[Key{OfAgent, "9001"}].Calls)
}

// Whatever happens in whatever order, nothing is left at once when all calls have ended, and no limit is passed by more than what was begun.
func TestNothingIsLeftAtOnce(t *testing.T) {
	r := testRules(t)
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		g, now := New(), noon
		var open []Ticket
		for range 200 {
			now = now.Add(time.Duration(rnd.IntN(120)) * time.Second)
			by := []By{{Seat: "1001"}, {Seat: "9001"}, {Phone: "8001"}}[rnd.IntN(3)]
			switch {
			case len(open) > 0 && rnd.IntN(2) == 0:
				i := rnd.IntN(len(open))
				g.Answered(now, open[i])
				g.End(now.Add(time.Second), r, open[i])
				open = append(open[:i], open[i+1:]...)
			default:
				in := g.Admit(now, r, Wanted{by, mobile, []string{"gw"}, func(string) string { return "" }})
				require.Equal(t, in.Trunk == "", in.Barred != nil || in.Full != "")
				if in.Trunk != "" {
					open = append(open, in.Ticket)
				}
				require.LessOrEqual(t, g.accounts[Key{OfTrunk, "gw"}].atOnce, 3)
			}
		}
		for _, ticket := range open {
			g.End(now, r, ticket)
		}
		for _, row := range g.View(now, r) {
			require.Zero(t, row.AtOnce, row.Key)
		}
	}
}
