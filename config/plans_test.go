package config

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
)

func TestThePlansOfTheContract(t *testing.T) {
	r := contractSite(t).Rules
	require.Equal(t, 40, r.PhysicalSeats)
	day, holiday, peak := r.Plans[0], r.Plans[2], r.Plans[3]
	above := func(n int) []acd.PlanTest {
		return []acd.PlanTest{{Figure: acd.Waiting, Compare: acd.Above, Number: n}}
	}
	require.Equal(t, acd.PlanStep{
		Name: "experts", When: acd.PlanWhen{All: above(5), For: 5 * time.Minute}, Do: []acd.PlanAction{{Do: acd.Add, Group: "expert"}},
	}, day.Steps[0], "the experts do not count")
	require.Equal(t, []acd.PlanAction{{Do: acd.Add, Group: "outbound", Seats: 3, Counted: true}}, day.Steps[1].Do)
	require.Equal(t, []acd.PlanAction{{Do: acd.Page, Page: "overtime", OnCall: []call.SeatID{"1003", "6003", "8103"}}}, day.Steps[4].Do)
	require.Equal(t, time.Minute, day.Release.When.For)
	require.Equal(t, call.Spans{{From: 8 * 60, To: 20 * 60}}, day.Hours.Open[time.Sunday])
	require.True(t, holiday.Days.Holiday && holiday.Days.Special)
	require.NotEmpty(t, holiday.Days.Calendars)
	require.NotNil(t, holiday.Hours, "the whole of such days")
	require.True(t, peak.Independent)
	require.Nil(t, peak.Hours)
}

func TestConditionsOfPlans(t *testing.T) {
	s, err := loadText(`plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: ">= 2", longest_wait: "> 90s", seats_ready: "== 0", for: 10s}, do: [{add: expert, counted: true, keep: 1}]}],
  release: {when: {longest_wait: "< 30s"}, order: forward}}]`)
	require.NoError(t, err)
	p := s.Rules.Plans[len(s.Rules.Plans)-1]
	require.Equal(t, []acd.PlanTest{
		{Figure: acd.Waiting, Compare: acd.AtLeast, Number: 2},
		{Figure: acd.LongestWait, Compare: acd.Above, Length: 90 * time.Second},
		{Figure: acd.SeatsReady, Compare: acd.Equal},
	}, p.Steps[0].When.All)
	require.Equal(t, []acd.PlanAction{{Do: acd.Add, Group: "expert", Keep: 1, Counted: true}}, p.Steps[0].Do)
	require.True(t, p.Release.Forward)
}

func TestPlansThatAreHardlyMeantAreHinted(t *testing.T) {
	for name, c := range map[string]struct{ queue, plan, hint string }{
		"closed": {
			"hours: days", `hours: "20:00-23:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers}]}]`,
			"plan p: queue q is closed in its hours",
		},
		"open when the plan begins the evening before": {"hours: days", `hours: "20:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers}]}]`, ""},
		"too many": {
			"max_waiting: 5", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 5"}, do: [{add: helpers}]}]`,
			"plan p: step s waits for waiting > 5, which can't be: its queues hold 5 callers",
		},
		"just enough": {"max_waiting: 5", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: ">= 5"}, do: [{add: helpers}]}]`, ""},
		"few seats": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers, seats: 3}]}]`,
			"plan p: step s asks for 3 seats of helpers, where 1 have the skills its queues need",
		},
		"nobody": {
			"skills: {z: 1}", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers}]}]`,
			"plan p: step s adds helpers, where nobody has the skills its queues need",
		},
		"ceiling": {"", `hours: "08:00-09:00", max_added: 0, steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers, seats: 1}]}]`, ""},
		"never released": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{add: helpers}]}], release: {when: {waiting: "< 0"}}`,
			"plan p: it is released at waiting < 0, which can't be",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := loadText(fmt.Sprintf(`groups: [{name: helpers}]
agents: [{id: "77", group: helpers}]
calendars: [{name: days, open: {mon-sun: ["08:00-18:00"]}}]
queues: [{name: q, groups: [general], %s}]
plans: [{name: p, queues: [q], %s}]`, c.queue, c.plan))
			require.NoError(t, err)
			var got []string
			for _, h := range s.Hints {
				if len(h) > 7 && h[:7] == "plan p:" {
					got = append(got, h)
				}
			}
			if c.hint == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, c.hint)
		})
	}
}
