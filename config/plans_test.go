package config

import (
	"fmt"
	"testing"
	"testing/fstest"
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

func TestConditionsOnEstimateLevelAndTime(t *testing.T) {
	s, err := loadText(`plans: [{name: p, queues: [general], steps: [{name: s, do: [cancel_breaks],
  when: {estimated_wait: ">= 2m", service_level: "< 80%", window: 30m, time: ["11:00-13:00", "23:00-01:00"]}}],
  release: {when: {service_level: ">= 85 %"}}}]`)
	require.NoError(t, err)
	p := s.Rules.Plans[len(s.Rules.Plans)-1]
	when := p.Steps[0].When
	require.Equal(t, []acd.PlanTest{
		{Figure: acd.EstimatedWait, Compare: acd.AtLeast, Length: 2 * time.Minute},
		{Figure: acd.ServiceLevel, Compare: acd.Below, Number: 80, Window: 30 * time.Minute},
	}, when.All)
	require.Equal(t, call.Spans{{From: 11 * 60, To: 13 * 60}, {From: 23 * 60, To: 60}}, when.Time.Open[time.Sunday])
	require.Equal(t, s.Zone.String(), when.Time.Zone)
	require.Equal(t, []acd.PlanTest{{Figure: acd.ServiceLevel, Compare: acd.AtLeast, Number: 85, Window: 15 * time.Minute}}, p.Release.When.All)
}

func TestActionsThatAnnounceDivertAndLift(t *testing.T) {
	s, err := loadText(`queues: [{name: vip, groups: [general]}]
plans: [{name: p, queues: [general], hours: "08:00-20:00", steps: [{name: s, when: {waiting: "> 1"},
  do: [{announce: all_busy}, {overflow: "queue:vip", after: 60s}, {overflow: "flow:main", after: 5m}, {priority: +2}, {priority: -1}, {priority: "=9"}]}]}]`)
	require.NoError(t, err)
	require.Equal(t, []acd.PlanAction{
		{Do: acd.Announce, Prompt: "all_busy"},
		{Do: acd.Divert, After: time.Minute, To: acd.Target{Kind: acd.ToQueue, Name: "vip"}},
		{Do: acd.Divert, After: 5 * time.Minute, To: acd.Target{Kind: acd.ToFlow, Name: "main"}},
		{Do: acd.Raise, Points: 2},
		{Do: acd.Raise, Points: -1},
		{Do: acd.Raise, Points: 9, Exact: true},
	}, s.Rules.Plans[len(s.Rules.Plans)-1].Steps[0].Do)
}

func TestAPlanSendsCallersToAMailbox(t *testing.T) {
	load := func(to string) (*Site, error) {
		return LoadSite(fstest.MapFS{"base.yaml": {Data: []byte(base)}, "x.yaml": {Data: []byte(`plans: [{name: p, queues: [general], hours: "08:00-20:00",
  steps: [{name: s, when: {waiting: "> 1"}, do: [{overflow: "` + to + `", after: 60s}]}]}]`)}}, ".", SiteOptions{Prompts: shipped()})
	}
	s, err := load("voicemail:1001")
	require.NoError(t, err)
	to := s.Rules.Plans[len(s.Rules.Plans)-1].Steps[0].Do[0].To
	require.Equal(t, acd.Target{Kind: acd.ToFlow, Name: "voicemail:1001"}, to)
	require.True(t, s.Graph.Has(to.Name))
	_, err = load("voicemail")
	require.ErrorContains(t, err, "x.yaml:2:61: a plan does not send callers to voicemail, queue:NAME, flow:NAME, voicemail:MAILBOX")
}

func TestAWebhookOfACallInList(t *testing.T) {
	s, err := loadText(`oncall: [{name: duty, webhook: {url: "https://duty.example.com/hook?token=abc", secret: "0123456789abcdef"}}]
plans: [{name: p, queues: [general], hours: "08:00-20:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{page: duty}, {page: nobody}]}]}]`)
	require.NoError(t, err)
	l := s.OnCall[len(s.OnCall)-1]
	require.Equal(t, "https://duty.example.com/hook?token=abc", l.Webhook.URL.Reveal())
	require.Equal(t, "0123456789abcdef", l.Webhook.Secret.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v", l), "abc", "neither address nor key is printed")
	require.NotContains(t, fmt.Sprint(s.Hints, s.NotYet), "duty")
	shown := fmt.Sprint(s.Documents(true))
	require.NotContains(t, shown, "token=abc")
	require.NotContains(t, shown, "0123456789abcdef")
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
		"level": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {service_level: "> 100%"}, do: [{add: helpers}]}]`,
			"plan p: step s waits for service_level > 100%, which can't be: it is from 0% to 100%",
		},
		"estimate": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {estimated_wait: "< 0s"}, do: [{add: helpers}]}]`,
			"plan p: step s waits for estimated_wait < 0s, which can't be",
		},
		"time": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1", time: "09:00-10:00"}, do: [{add: helpers}]}]`,
			"plan p: step s waits for a time of day that is not in the plan's hours",
		},
		"short time": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1", time: "08:00-08:10", for: 10m}, do: [{add: helpers}]}]`,
			"plan p: step s must hold for 10m, and its time of day is no longer",
		},
		"longest wait": {
			"overflow: [{when: waited, after: 60s, to: 'flow:main'}]", `hours: "08:00-09:00", steps: [{name: s, when: {longest_wait: "> 90s"}, do: [{add: helpers}]}]`,
			"plan p: step s waits for longest_wait > 1m30s, but its queues' own rules send callers on after 1m",
		},
		"late overflow": {
			"overflow: [{when: waited, after: 60s, to: 'flow:main'}]", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{overflow: 'queue:general', after: 90s}]}]`,
			"plan p: step s overflows after 1m30s, but its queues' own rules send callers on before",
		},
		"overflow into itself": {
			"", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{overflow: 'queue:q', after: 90s}]}]`,
			"plan p: step s overflows to q, the only queue the plan is for",
		},
		"same priority": {
			"priority: 7", `hours: "08:00-09:00", steps: [{name: s, when: {waiting: "> 1"}, do: [{priority: "=7"}]}]`,
			"plan p: step s gives the priority 7, which its queues have anyway",
		},
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
