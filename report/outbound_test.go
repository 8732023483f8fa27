package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// aRecord folds events a second apart.
func aRecord(t *testing.T, events ...call.Event) *call.Record {
	t.Helper()
	var list []call.Envelope
	for i, e := range events {
		list = append(list, call.Envelope{Call: "C", Seq: uint64(i + 1), At: time.Unix(int64(1000+i), 0), Event: e})
	}
	r, err := call.Fold(list...)
	require.NoError(t, err)
	return &r
}

func TestOutboundConnectRate(t *testing.T) {
	entered := call.Entered{Direction: call.Outbound, Phone: "8001", Seat: "1001", Called: "13911112222"}
	o := Outbound{}
	o.Add(aRecord(t, call.Entered{}, call.Ended{}))
	o.Add(aRecord(t, call.Entered{Direction: call.Internal, Seat: "1001"}, call.Ended{}))
	o.Add(aRecord(t, entered, call.CustomerAnswered{Result: call.DialAnswered},
		call.SeatCallEnded{Seat: "1001", Result: call.OfferAnswered}, call.Connected{Seat: "1001"}, call.Ended{By: call.PartyCaller}))
	for _, cause := range []call.Cause{call.CauseBusy, call.CauseNoAnswer, call.CauseDeclined, call.CauseUnknownNumber, call.CauseNoPorts} {
		o.Add(aRecord(t, entered, call.Ended{Cause: cause}))
	}
	o.Add(aRecord(t, entered, call.Ended{By: call.PartyAgent}))
	f := o["1001"]
	require.Equal(t, &OutboundFigures{
		Dialled: 7, Answered: 1, Busy: 1, NoAnswer: 1, Declined: 1, Wrong: 1, Failed: 1, Cancelled: 1, Talk: 2,
	}, f)
	rate, ok := f.ConnectRate()
	require.True(t, ok)
	require.InDelta(t, 1.0/7, rate, 1e-9)
	_, ok = (&OutboundFigures{}).ConnectRate()
	require.False(t, ok)
	table := o.Table()
	require.Len(t, table.Rows, 2)
	require.Contains(t, string(table.Text()), "connect_rate")
}

func TestCallsOfOurOwnAreInNoFigureOfTheHotline(t *testing.T) {
	today := NewToday(time.UTC, 0)
	p := NewPeriod(time.Unix(0, 0), time.Unix(1e6, 0), 0, 0)
	agents := NewAgents(time.Unix(0, 0), time.Unix(1e6, 0))
	events := []call.Event{
		call.Entered{Direction: call.Internal, Seat: "1001"},
		call.Queued{Queue: "help"},
		call.Offered{Offer: "O", Seat: "1002", Queue: "help"},
		call.OfferEnded{Offer: "O", Seat: "1002", Queue: "help", Result: call.OfferAnswered},
		call.Ended{},
	}
	for i, e := range events {
		env := call.Envelope{Call: "C", Seq: uint64(i + 1), At: time.Unix(int64(1000+i), 0), Event: e}
		today.Apply(env)
		p.Apply(env)
	}
	agents.Call(aRecord(t, events...))
	require.Zero(t, today.Queue("help", time.Unix(2000, 0)))
	require.Empty(t, p.Queues())
	require.Empty(t, agents.All(time.Unix(2000, 0)))
}
