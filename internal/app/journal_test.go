package app

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/store"
)

// A seat whose phone only rang hears no more of the call; one that had it before does.
func TestLostOfferIsNoBusinessOfTheSeat(t *testing.T) {
	shown := []call.SeatID{"1001", "1002", "1001"}
	j := &callJournal{seats: shown}
	j.lost("1001")
	require.Equal(t, []call.SeatID{"1001", "1002"}, j.seats)
	j.lost("1002")
	j.lost("1003")
	require.Equal(t, []call.SeatID{"1001"}, j.seats)
	require.Equal(t, []call.SeatID{"1001", "1002", "1001"}, shown, "events that were shown keep theirs")
}

// Who is rung by somebody in the call, or as a supervisor, hears of it from then on; who did not pick up, or has left, no more.
func TestWhoseBusinessACallIs(t *testing.T) {
	j := &callJournal{}
	for _, step := range []struct {
		event call.Event
		want  []call.SeatID
	}{
		{call.Offered{Seat: "1001"}, []call.SeatID{"1001"}},
		{call.OfferEnded{Seat: "1001", Result: call.OfferAnswered}, []call.SeatID{"1001"}},
		{call.SeatCalled{Seat: "1900", By: "1900", Aside: true}, []call.SeatID{"1001", "1900"}},
		{call.SeatCallEnded{Seat: "1900", Result: call.OfferAnswered, Aside: true}, []call.SeatID{"1001", "1900"}},
		{call.SupervisorLeft{Seat: "1900"}, []call.SeatID{"1001"}},
		{call.SeatCalled{Seat: "1002", By: "1001"}, []call.SeatID{"1001", "1002"}},
		{call.SeatCallEnded{Seat: "1002", Result: call.OfferDeclined}, []call.SeatID{"1001"}},
		{call.SeatCalled{Phone: "8001", By: "1001"}, []call.SeatID{"1001"}}, // a phone at which nobody is signed in
		{call.Offered{Seat: "1003"}, []call.SeatID{"1001", "1003"}},
		{call.OfferEnded{Seat: "1003", Result: call.OfferNoAnswer}, []call.SeatID{"1001"}},
	} {
		j.comes(step.event)
		j.goes(step.event)
		require.Equal(t, step.want, j.seats, "after %#v", step.event)
	}
}

// Every join of a supervisor is in the audit log, whatever brought him into the call.
func TestAJoinIsAudited(t *testing.T) {
	a := peopleFloor(t, nil)
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	newCallJournal(a).audited(call.Envelope{Call: "c1", At: at}, call.SupervisorJoined{Seat: "1900", Mode: call.Whisper, Of: "1001"})
	require.EventuallyWithT(t, func(c *assert.CollectT) { // it is written in its own time
		entries, _, err := a.store.AuditLog(context.Background(), store.LogFilter{Limit: 1})
		require.NoError(c, err)
		assert.Equal(c, []store.AuditEntry{{At: call.StampOf(at), Actor: "1900", Action: "call.join", Object: "c1", Detail: "whisper of 1001"}}, entries)
	}, 10*time.Second, 10*time.Millisecond)
}
