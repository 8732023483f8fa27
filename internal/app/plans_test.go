package app

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/store"
)

// planned is the small site with a plan whose one step lends the helpers.
func planned() string {
	site := strings.Replace(smallSite, "  - {name: general}\n", "  - {name: general}\n  - {name: helpers}\n", 1)
	return strings.Replace(site, "\nqueues:", `
  - {id: "7001", group: helpers, skills: {general: 1}}
plans:
  - name: day
    title: 预案
    queues: [general]
    steps:
      - {name: all, when: {waiting: "> 5", for: 5m}, do: [{add: helpers}, {page: overtime}]}
    release: {when: {waiting: "< 5", for: 1m}}
oncall:
  - {name: overtime, agents: ["1001"]}
queues:`, 1)
}

// A supervisor forces a step: routing takes it, and it shows in the plans, the
// queue, the figures and the audit log.
func TestAForcedStepIsSeenEverywhere(t *testing.T) {
	t.Setenv(adminEnv, "")
	dir, _ := nodeFile(t, planned())
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	defer func() { require.NoError(t, a.closeRooms(context.Background())) }()
	b := backends{a}
	require.NoError(t, a.acd.Send(acd.PhoneUp{Phone: "7001"}))
	require.NoError(t, b.SetSeat(context.Background(), acd.SeatStateSet{Seat: "7001", State: call.SeatReady}))

	steps := func() float64 {
		families, err := a.reg.Gather()
		require.NoError(t, err)
		for _, f := range families {
			if f.GetName() == "hotline_plan_step_active" {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		return -1
	}
	require.Equal(t, 0.0, steps())
	var missing *call.Error
	require.ErrorAs(t, b.ForceStep(context.Background(), acd.PlanForce{Plan: "day", Step: "none"}), &missing)
	require.Equal(t, call.CodeNotFound, missing.Code)
	require.NoError(t, b.ForceStep(context.Background(), acd.PlanForce{Plan: "day", Step: "all", Hold: acd.HoldOn, By: "9001", Reason: "storm"}))

	require.Equal(t, 1.0, steps())
	p := b.Plans()[0]
	require.Equal(t, "预案", p.Title)
	require.Equal(t, "waiting < 5 for 1 min", p.Release)
	require.True(t, p.Steps[0].Active)
	require.Equal(t, "on", p.Steps[0].Hold)
	require.Equal(t, []call.SeatID{"7001"}, p.Steps[0].Seats)
	require.Equal(t, []string{"day/all"}, b.Queues()[0].PlanSteps)
	for _, s := range b.Seats() {
		require.Equal(t, []string{"general"}, s.Queues, "its own, or lent")
	}
	require.NoError(t, a.store.Flush(context.Background()))
	entries, _, err := a.store.AuditLog(context.Background(), store.LogFilter{})
	require.NoError(t, err)
	actions := map[string]string{}
	for _, e := range entries {
		actions[e.Action] = e.Actor + " " + e.Object + " " + e.Detail
	}
	require.Equal(t, "9001 day/all forced on by 9001: storm", actions["plan.on"])
	require.Contains(t, actions["plan.page"], "plan day/all")
}

func TestPlanEventsSayWhatHappened(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	f := acd.PlanFigures{
		Waiting: 7, LongestWait: 90 * time.Second, SeatsReady: 1, EstimatedWait: new(2 * time.Minute),
		Levels: []acd.PlanLevel{{Window: 15 * time.Minute, LevelCounts: acd.LevelCounts{Answered: 6, Within: 3, Left: 3, LeftSoon: 1}}},
	}
	shown := planFigures{
		Waiting: 7, LongestWaitSeconds: 90, SeatsReady: 1, EstimatedWaitSeconds: new(120.0),
		ServiceLevels: []serviceLevel{{WindowSeconds: 900, Level: 3.0 / 8, Formula: "SL-4", Answered: 6, Within: 3, Left: 3, LeftSoon: 1}},
	}
	for _, c := range []struct {
		effect acd.Effect
		want   planEvent
	}{
		{
			acd.PlanStepOn{Plan: "p", Step: "s", Figures: f, Seats: []call.SeatID{"1"}, Short: 2, Reason: "r"},
			planEvent{Plan: "p", Step: "s", What: "on", planFigures: shown, Seats: []call.SeatID{"1"}, Short: 2, Reason: "r"},
		},
		{
			acd.PlanStepOff{Plan: "p", Step: "s", Figures: f, By: "9001", Reason: "r"},
			planEvent{Plan: "p", Step: "s", What: "off", planFigures: shown, By: "9001", Reason: "r"},
		},
		{
			acd.PlanPage{Plan: "p", Step: "s", List: "l", Call: []call.SeatID{"1"}, Reason: "r"},
			planEvent{Plan: "p", Step: "s", What: "page", List: "l", Seats: []call.SeatID{"1"}, Reason: "r"},
		},
		{acd.SeatLent{Seat: "1", Plan: "p", Step: "s"}, planEvent{Plan: "p", Step: "s", What: "lent", Seats: []call.SeatID{"1"}}},
		{acd.SeatReturned{Seat: "1", Plan: "p", Step: "s"}, planEvent{Plan: "p", Step: "s", What: "returned", Seats: []call.SeatID{"1"}}},
	} {
		c.want.At = call.StampOf(now)
		require.Equal(t, c.want, newPlanEvent(now, c.effect))
	}
}
