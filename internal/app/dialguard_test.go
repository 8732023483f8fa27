package app

import (
	"net/netip"
	"regexp"
	"sync"
	"sync/atomic"
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
	"hotline/sip"
	"hotline/store"
	"hotline/web"
)

func guardedApp(t *testing.T, st *store.Store) *App {
	t.Helper()
	a := &App{store: st, hub: web.NewHub(), log: zap.NewNop(), reg: prometheus.NewRegistry(), calls: newTable()}
	var err error
	a.sip, err = sip.New(sip.Options{Domain: "hotline.local", Listen: []sip.Listen{{Transport: sip.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:0")}}}, nil, nil, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	way := []config.Target{{URI: "sip:192.0.2.1"}}
	a.rev.Store(&revision{site: &config.Site{Trunks: []config.Trunk{{Name: "gw", Targets: way}, {Name: "out", Targets: way}}, Dialling: config.Dialling{Rules: dialling.Rules{
		Classes: []dialling.Class{{Name: dialling.Emergency, Match: []*regexp.Regexp{regexp.MustCompile("^110$")}}},
		Agents:  map[call.SeatID]*dialling.Right{"1001": {All: true, Limits: dialling.Limits{AtOnce: 1, Minutes: 5}, Trunk: "out", Show: "021"}},
		Trunks:  map[string]dialling.Limits{"out": {AtOnce: 1}},
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
	trunk, err := m.line(o)
	require.NoError(t, err)
	require.Equal(t, "out", trunk.Name, "by the right")
	require.Equal(t, "021", m.shownFor(o))
	m.countedOwner("L1").(countedCall).guard.answered(m.tickets["L1"])
	_, err = m.line(o)
	require.ErrorContains(t, err, "as many calls outside at once")
	require.Equal(t, call.CodeForbidden, call.CodeOf(err))
	desk := live.Outcall{Number: "110", Phone: "8001", Trunk: "out", Only: true, Leg: "L2"}
	trunk, err = m.line(desk)
	require.NoError(t, err, "an emergency number is beyond all of it")
	require.Equal(t, "out", trunk.Name)
	m.hangLine("L2")
	desk.Number = "13900000001"
	_, err = m.line(desk)
	require.ErrorContains(t, err, "phone 8001 may not dial other numbers")
	m.hangLine("L1")
	require.Empty(t, m.tickets)
	require.Empty(t, m.lines)
	require.Equal(t, map[string]int{"out": 0}, a.calls.trunks, "who is refused leaves no line taken")
	_, err = m.line(o)
	require.NoError(t, err)
	m.hangLine("L1")

	rules := live.Outcall{Number: "13900000001", Leg: "L3"}
	trunk, err = m.line(rules)
	require.NoError(t, err, "the site's own rules ask nobody")
	require.Equal(t, "gw", trunk.Name)
	require.Equal(t, m.actor, m.countedOwner("L3"))
	require.Equal(t, 1.0, testutil.ToFloat64(a.dialled.refused.WithLabelValues("at_once")))
	require.Equal(t, 1.0, testutil.ToFloat64(a.dialled.alarms.WithLabelValues("limit")))
	require.Equal(t, 0.0, testutil.ToFloat64(a.dialled.alarms.WithLabelValues("unusual")))
	rows := a.dialled.Dialling()
	require.Len(t, rows, 3)
	require.NoError(t, st.Close())

	st = open()
	defer st.Close()
	again := guardedApp(t, st)
	require.Eventually(t, func() bool { return len(again.dialled.Dialling()) == 3 }, time.Second, time.Millisecond, "agent, phone and trunk are remembered")
	require.NoError(t, again.dialled.LiftDialling("agent", "1001"))
	require.Error(t, again.dialled.LiftDialling("agent", "7777"))
	require.Error(t, again.dialled.LiftDialling("queue", "1001"))
}

// However many calls ask at once, no more begin than may: between the judging of one and its count there is no room for another.
func TestCallsThatAskAtOnce(t *testing.T) {
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	defer st.Close()
	a := guardedApp(t, st)
	var begun atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			m := newCallMedia(a, "C1", config.Trunk{})
			if _, err := m.line(live.Outcall{Number: "13900000001", Seat: "1001", Leg: "L1"}); err == nil {
				begun.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int32(1), begun.Load())
	require.Equal(t, 1, a.calls.trunks["out"])
}
