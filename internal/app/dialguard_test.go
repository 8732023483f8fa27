package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/call/live"
	"hotline/config"
	"hotline/store"
	"hotline/web"
)

func guardedApp(t *testing.T, st *store.Store) *App {
	t.Helper()
	a := &App{store: st, hub: web.NewHub(), log: zap.NewNop(), reg: prometheus.NewRegistry()}
	a.rev.Store(&revision{site: &config.Site{Dialling: config.Dialling{Rules: dialling.Rules{
		Agents: map[call.SeatID]*dialling.Right{"1001": {All: true, Limits: dialling.Limits{AtOnce: 1, Minutes: 5}, Trunk: "out", Show: "021"}},
		Trunks: map[string]dialling.Limits{"out": {AtOnce: 1}},
	}}}})
	a.dialled = newDialGuard(a)
	return a
}

func TestTheDialGuardStandsBeforeTheTrunk(t *testing.T) {
	dir := t.TempDir()
	open := func() *store.Store {
		st, err := store.Open(store.Options{Dir: dir, Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
		require.NoError(t, err)
		return st
	}
	st := open()
	a := guardedApp(t, st)
	m := newCallMedia(a, "C1", config.Trunk{})
	o := live.Outcall{Number: "13900000001", Seat: "1001", Phone: "8001", Leg: "L1"}
	require.NoError(t, m.allowed(&o))
	require.Equal(t, "out", o.Trunk, "by the right")
	require.Equal(t, "021", m.shownFor(o))
	owner := m.counted(o, "out")
	owner.(countedCall).guard.answered(m.tickets["L1"])
	require.ErrorContains(t, m.allowed(&o), "as many calls outside at once")
	require.NotNil(t, a.dialled.byTrunk("out", o.Number))
	m.hangLine("L1")
	require.Nil(t, a.dialled.byTrunk("out", o.Number))
	require.NoError(t, m.allowed(&o))

	other := live.Outcall{Number: "13900000001", Phone: "8001"}
	require.ErrorContains(t, m.allowed(&other), "phone 8001 may not dial other numbers")
	rules := live.Outcall{Number: "13900000001"}
	require.NoError(t, m.allowed(&rules), "the site's own rules ask nobody")
	require.Equal(t, m.actor, m.counted(rules, "out"))
	require.Equal(t, 2.0, testutil.ToFloat64(a.dialled.refused.WithLabelValues("at_once")))
	require.Equal(t, 2.0, testutil.ToFloat64(a.dialled.alarms.WithLabelValues("limit")))
	require.Equal(t, 0.0, testutil.ToFloat64(a.dialled.alarms.WithLabelValues("unusual")))
	rows := a.dialled.Dialling()
	require.Len(t, rows, 3)
	require.NoError(t, st.Close())

	st = open()
	defer st.Close()
	again := guardedApp(t, st)
	require.Eventually(t, func() bool { return len(again.dialled.Dialling()) == 2 }, time.Second, time.Millisecond, "agent and trunk are remembered")
	require.NoError(t, again.dialled.LiftDialling("agent", "1001"))
	require.Error(t, again.dialled.LiftDialling("agent", "7777"))
	require.Error(t, again.dialled.LiftDialling("queue", "1001"))
}
