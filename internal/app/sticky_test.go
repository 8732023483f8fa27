package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/store"
)

func TestWhoTookTheCallersLastCall(t *testing.T) {
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	began := time.Now().Add(-time.Hour)
	for _, number := range []string{"13800000001", "anonymous"} {
		for i, ev := range []call.Event{
			call.Entered{Caller: call.Caller{Number: number}, Leg: "l"},
			call.Accepted{},
			call.Queued{Queue: "q", Entry: began},
			call.Offered{Offer: "o", Seat: "1001", Queue: "q", Leg: "s"},
			call.OfferEnded{Offer: "o", Seat: "1001", Queue: "q", Result: call.OfferAnswered},
			call.Connected{Seat: "1001", Leg: "s"},
			call.SeatLeft{Seat: "1001", Leg: "s"},
			call.Ended{},
		} {
			require.NoError(t, st.Append(call.Envelope{Node: "n", Call: call.ID("c" + number), Seq: uint64(i + 1), At: began, Event: ev}))
		}
	}
	a := &App{store: st, log: zap.NewNop()}
	a.rev.Store(&revision{queues: map[string]config.Queue{
		"day": {Sticky: &acd.Sticky{Within: 24 * time.Hour}}, "minute": {Sticky: &acd.Sticky{Within: time.Minute}}, "none": {},
	}})
	m := memory{a}
	who := call.Caller{Number: "13800000001"}
	require.Equal(t, acd.LastSeat{Seat: "1001", At: call.StampOf(began).Time}, m.lastSeat("day", who))
	require.Zero(t, m.lastSeat("minute", who), "too long ago")
	require.Zero(t, m.lastSeat("none", who), "the queue does not want it")
	require.Zero(t, m.lastSeat("gone", who))
	require.Zero(t, m.lastSeat("day", call.Caller{Number: "13900000000"}))
	require.Zero(t, m.lastSeat("day", call.Caller{Number: "anonymous"}), "no number, nobody's")
}
