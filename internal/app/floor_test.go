package app

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// remembered is what a restart would find of a seat after these moves.
func remembered(t *testing.T, moves ...acd.SeatChanged) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	open := func() *store.Store {
		s, err := store.Open(store.Options{Dir: dir, Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
		require.NoError(t, err)
		return s
	}
	s := open()
	f := newFloor(s, web.NewHub(), &report.Today{}, zap.NewNop())
	for _, m := range moves {
		m.Seat = "1001"
		f.remember(m)
	}
	require.NoError(t, s.Close())
	s = open()
	defer func() { require.NoError(t, s.Close()) }()
	raw, ok := s.Recovered().State[store.KindSeat]["1001"]
	return string(raw), ok
}

func TestARestartSignsNobodyOut(t *testing.T) {
	ready := acd.SeatChanged{To: call.SeatReady, Next: call.SeatReady, Phone: "8001"}
	lunch := acd.SeatChanged{To: call.SeatBreak, Next: call.SeatBreak, Phone: "8001", Reason: "lunch", Minutes: 30}
	for name, c := range map[string]struct {
		moves []acd.SeatChanged
		want  string
	}{
		"ready":                   {[]acd.SeatChanged{ready}, `{"state":"ready","phone":"8001"}`},
		"in a call":               {[]acd.SeatChanged{ready, {To: call.SeatTalking, Next: call.SeatReady, Phone: "8001"}}, `{"state":"ready","phone":"8001"}`},
		"on break":                {[]acd.SeatChanged{ready, lunch}, `{"state":"break","reason":"lunch","minutes":30,"phone":"8001"}`},
		"on break, phone lost":    {[]acd.SeatChanged{lunch, {To: call.SeatUnreachable, Next: call.SeatBreak, Phone: "8001", Reason: "expired"}}, `{"state":"break","reason":"lunch","minutes":30,"phone":"8001"}`},
		"signed out":              {[]acd.SeatChanged{ready, {To: call.SeatOffline}}, ``},
		"to sign out after it":    {[]acd.SeatChanged{ready, {To: call.SeatTalking, Next: call.SeatOffline}}, ``},
		"signed in without phone": {[]acd.SeatChanged{{To: call.SeatUnreachable, Next: call.SeatReady, Phone: "8001"}}, `{"state":"ready","phone":"8001"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := remembered(t, c.moves...)
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want, got)
		})
	}
}
