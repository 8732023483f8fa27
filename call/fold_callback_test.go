package call

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// told folds events that come a second after one another.
func told(t *testing.T, events ...Event) Record {
	t.Helper()
	f := NewFolder(0)
	for i, ev := range events {
		e := wrap(i+1, ev)
		e.At = noon.Add(time.Duration(i) * time.Second)
		require.NoError(t, f.Apply(e))
	}
	return f.Record()
}

func TestWhoIsCalledBackHasNotAbandoned(t *testing.T) {
	r := told(t,
		Entered{Trunk: "gw", Caller: Caller{Number: "13800138000"}, Called: "10086", Leg: "L1"}, Accepted{}, FlowBegan{Flow: "main"},
		Queued{Queue: "general", Entry: noon, Position: 1}, CallbackOffered{Queue: "general"},
		LeftQueue{Queue: "general", Rule: "callback", To: "callback"},
		CallbackTaken{Callback: "B1", Number: "13800138000", Queue: "general", Entry: noon},
		Ended{By: PartySystem, Cause: CauseFlowEnd})
	require.Equal(t, OutcomeCallback, r.Outcome)
	require.Equal(t, LostNone, r.LostCause)
	require.Equal(t, CallbackID("B1"), r.Callback)
	require.InDelta(t, 2, r.WaitSeconds, 0.001)
}

// try is the beginning of a call to the customer, up to the seat's pick-up.
func try() []Event {
	return []Event{
		Entered{Trunk: "gw", Caller: Caller{Number: "13800138000"}, Called: "10086", Callback: "B1", Origin: "C0"},
		Offered{Offer: "O1", Seat: "1001", Queue: "general", Leg: "L2"},
		OfferEnded{Offer: "O1", Seat: "1001", Queue: "general", Result: OfferAnswered},
		CustomerDialled{Leg: "L3", Number: "13800138000", Shown: "10086", Trunk: "gw"},
	}
}

func TestATryIsAnsweredByTheCustomer(t *testing.T) {
	r := told(t, append(try(), CustomerRinging{}, CustomerAnswered{Result: DialAnswered, Trunk: "gw2"},
		Connected{Seat: "1001", Leg: "L2"}, SeatLeft{Seat: "1001", Leg: "L2", By: PartyAgent}, Ended{By: PartyAgent})...)
	require.Equal(t, OutcomeAnswered, r.Outcome)
	require.Equal(t, StampOf(noon.Add(5*time.Second)), r.AnsweredAt)
	require.Equal(t, ID("C0"), r.Origin)
	require.Equal(t, "gw2", r.Trunk)
	require.Equal(t, "general", r.Queue)
	require.Zero(t, r.WaitSeconds)
	require.InDelta(t, 5, r.TalkSeconds, 0.001, "the agent's part is from pick-up")
}

func TestATryThatReachesNobody(t *testing.T) {
	r := told(t, append(try(), CustomerAnswered{Result: DialBusy, Status: 486}, SeatLeft{Seat: "1001", Leg: "L2"}, Ended{})...)
	require.Equal(t, OutcomeUnreached, r.Outcome)
	require.True(t, r.AnsweredAt.IsZero())
	require.Equal(t, SeatID("1001"), r.Agent)
	require.Equal(t, LostNone, r.LostCause)
	require.Equal(t, OutcomeUnreached, told(t, try()[0], Ended{}).Outcome, "nobody picked up at all")
}
