package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/config"
)

func TestWhatIsRecorded(t *testing.T) {
	policy := func(m config.RecordMode, percent int) *config.RecordPolicy {
		return &config.RecordPolicy{Mode: m, Percent: percent}
	}
	for _, c := range []struct {
		queue, agent  *config.RecordPolicy
		record, asked bool
		words         string
	}{
		{policy(config.RecordAlways, 0), nil, true, true, ""},
		{policy(config.RecordNever, 0), nil, false, false, "queue general is never recorded"},
		{policy(config.RecordNever, 0), policy(config.RecordAlways, 0), false, false, "queue general is never recorded"},
		{policy(config.RecordOnDemand, 0), nil, false, true, "queue general is recorded when somebody asks"},
		{policy(config.RecordOnDemand, 0), policy(config.RecordAlways, 0), true, true, ""},
		{policy(config.RecordAlways, 0), policy(config.RecordNever, 0), false, false, "agent 1001 is never recorded"},
		{policy(config.RecordPercent, 100), nil, true, true, "queue general is recorded by lot, 100 % of the conversations"},
	} {
		var app App
		app.rev.Store(&revision{
			queues: map[string]config.Queue{"general": {Name: "general", Record: *c.queue, RecordNotice: "notice", RecordKey: "*1"}},
			agents: map[call.SeatID]config.Agent{"1001": {ID: "1001", Record: c.agent}},
		})
		rule := house{&app}.Recorded("general", "1001")
		require.Equal(t, c.record, rule.Record, "%v", c)
		require.Equal(t, c.asked, rule.Asked, "%v", c)
		require.Equal(t, c.words, rule.Words)
		require.Equal(t, []string{"notice"}, rule.Announce)
		require.Equal(t, "*1", rule.Key)
		require.False(t, house{&app}.Recorded("gone", "1001").Record)
	}
	drew := 0
	for range 1000 {
		if drawn(*policy(config.RecordPercent, 30)) {
			drew++
		}
	}
	require.InDelta(t, 300, drew, 80)
}
