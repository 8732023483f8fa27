package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
)

// sent keeps what routing is told.
type sent []acd.Input

func (s *sent) Send(in acd.Input) error {
	*s = append(*s, in)
	return nil
}

func TestWhatACallTellsRouting(t *testing.T) {
	var got sent
	entry := time.Unix(1_700_000_000, 0)
	last := acd.LastSeat{Seat: "1001", At: entry.Add(-time.Hour)}
	r := router{call: "c", node: "n", acd: &got, log: zap.NewNop(), lastSeat: func(queue string, caller call.Caller) acd.LastSeat {
		require.Equal(t, "q", queue)
		require.Equal(t, "138", caller.Number)
		return last
	}}
	r.Enqueue(live.Entry{Queue: "q", Caller: call.Caller{Number: "138"}})
	r.Enqueue(live.Entry{Queue: "q", Priority: 3, Entry: entry, Skills: map[string]int{"en": 2}, Return: true})
	r.Enqueue(live.Entry{
		Queue: "q", Entry: entry, Joined: entry, Return: true, Failed: []live.OverflowTarget{{Number: "139"}, {Site: "province"}},
	})
	r.Offer("o", live.OfferPickedUp, "")
	r.Offer("o", live.OfferRefused, "")
	r.Offer("o", live.OfferNotReached, "no answer at all")
	r.Seat("1001", live.SeatConnected)
	r.Seat("1001", live.SeatHeld)
	r.Seat("1001", live.SeatResumed)
	r.Seat("1001", live.SeatLegEnded)
	r.Left(live.CallerLeft)
	r.Left(live.Disposed)
	require.Equal(t, sent{
		acd.CallQueued{Call: "c", Queue: "q", Caller: call.Caller{Number: "138"}, Node: "n", Sticky: last},
		acd.CallQueued{Call: "c", Queue: "q", Priority: 3, Entry: entry, Skills: map[string]int{"en": 2}, Node: "n", Return: true},
		acd.CallQueued{
			Call: "c", Queue: "q", Entry: entry, Joined: entry, Node: "n", Return: true,
			Failed: []acd.Target{{Kind: acd.ToNumber, Name: "139"}, {Kind: acd.ToSite, Name: "province"}},
		},
		acd.OfferAnswered{Offer: "o"},
		acd.OfferRefused{Offer: "o"},
		acd.OfferUnreachable{Offer: "o", Words: "no answer at all"},
		acd.CallConnected{Call: "c", Seat: "1001"},
		acd.SeatHeld{Call: "c", Seat: "1001"},
		acd.SeatResumed{Call: "c", Seat: "1001"},
		acd.SeatLegEnded{Call: "c", Seat: "1001"},
		acd.CallLeft{Call: "c"},
		acd.DispositionSet{Call: "c"},
	}, got)
}

func TestWhatRoutingTellsACall(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		effect acd.Effect
		want   live.Message
	}{
		{acd.Queued{Call: "c", Queue: "q", Position: 2, Reason: "r"}, live.Placed{Queue: "q", Position: 2, Reason: "r"}},
		{acd.Offer{Call: "c", Offer: "o", Seat: "s", Phone: "p", Deadline: at}, live.Ring{Offer: "o", Seat: "s", Phone: "p", Deadline: at}},
		{acd.OfferOver{Call: "c", Offer: "o", Result: call.OfferNoAnswer}, live.OfferOver{Offer: "o", Result: call.OfferNoAnswer}},
		{acd.Connect{Call: "c", Offer: "o", Seat: "s", Queue: "q"}, live.Connect{Offer: "o", Seat: "s", Queue: "q"}},
		{acd.ReleaseLeg{Call: "c", Offer: "o"}, live.Release{Offer: "o"}},
		{acd.Overflowed{Call: "c", Queue: "q", Rule: "full", To: acd.Target{Kind: acd.ToQueue, Name: "z"}}, live.Overflowed{From: "q", Rule: "full", Queue: "z"}},
		{acd.Overflowed{Call: "c", Queue: "q", To: acd.Target{Kind: acd.ToFlow, Name: "f"}}, live.Overflowed{From: "q", Flow: "f"}},
		{acd.Overflowed{Call: "c", Queue: "q", To: acd.Target{Kind: acd.ToHangup}}, live.Overflowed{From: "q"}},
		{
			acd.Overflowed{Call: "c", Queue: "q", Rule: "closed", To: acd.Target{Kind: acd.ToNumber, Name: "139"}, Place: &acd.Place{Entry: at, Joined: at, Priority: 7}},
			live.Overflowed{From: "q", Rule: "closed", Number: "139", AtDoor: true, Place: live.Place{Entry: at, Joined: at, Priority: 7}},
		},
		{
			acd.Overflowed{Call: "c", Queue: "q", Rule: "waited", To: acd.Target{Kind: acd.ToSite, Name: "province"}},
			live.Overflowed{From: "q", Rule: "waited", Site: "province"},
		},
		{acd.WrapUp{Call: "c", Seat: "s", Deadline: at}, live.WrapUp{Seat: "s", Deadline: at}},
		{acd.WrapUpOver{Call: "c", Seat: "s", Reason: "r"}, live.WrapUpOver{Seat: "s", Reason: "r"}},
		{acd.Forgotten{Call: "c"}, live.Forgotten{}},
	} {
		id, got := toCall(c.effect)
		require.Equal(t, call.ID("c"), id, c.effect.Kind())
		require.Equal(t, c.want, got, c.effect.Kind())
	}
}

// watched keeps what is told of seats.
type watched struct {
	moved    []acd.SeatChanged
	rejected []acd.Rejected
	breaks   []acd.BreakAsked
	plans    []acd.Effect
	wraps    []acd.WrapUpMoved
}

func (w *watched) seatChanged(_ time.Time, c acd.SeatChanged) { w.moved = append(w.moved, c) }
func (w *watched) seatRejected(r acd.Rejected)                { w.rejected = append(w.rejected, r) }
func (w *watched) planned(_ time.Time, ef acd.Effect)         { w.plans = append(w.plans, ef) }
func (w *watched) breakAsked(_ time.Time, b acd.BreakAsked)   { w.breaks = append(w.breaks, b) }
func (w *watched) wrapUpMoved(_ time.Time, m acd.WrapUpMoved) { w.wraps = append(w.wraps, m) }

func TestRefusalsAndSeatMovesGoWhereTheyBelong(t *testing.T) {
	w := &watched{}
	nudges := 0
	o := outlet{calls: newTable(), seats: w, nudge: func() { nudges++ }, log: zap.NewNop()}
	o.Effect(time.Now(), acd.SeatChanged{Seat: "1001", To: call.SeatReady})
	o.Effect(time.Now(), acd.Rejected{Input: "seat_state_set", Seat: "1001", Words: "no such agent"})
	o.Effect(time.Now(), acd.Rejected{Input: "call_queued", Call: "gone"})
	o.Effect(time.Now(), acd.Forgotten{Call: "gone"})
	o.Effect(time.Now(), acd.Rejected{Input: "break_decided", Seat: "1001", Words: "nothing was asked for"})
	o.Effect(time.Now(), acd.PlanStepOn{Plan: "day", Step: "qa"})
	o.Effect(time.Now(), acd.SeatLent{Seat: "7001", Plan: "day", Step: "qa"})
	require.Equal(t, []acd.Effect{acd.PlanStepOn{Plan: "day", Step: "qa"}, acd.SeatLent{Seat: "7001", Plan: "day", Step: "qa"}}, w.plans)
	o.Effect(time.Now(), acd.BreakAsked{Seat: "1001", Verdict: acd.BreakPending})
	o.Effect(time.Now(), acd.WrapUpMoved{Seat: "1001", Call: "gone"})
	require.Len(t, w.moved, 1)
	require.Len(t, w.rejected, 2)
	require.Len(t, w.breaks, 1)
	require.Len(t, w.wraps, 1)
	require.Equal(t, 3, nudges, "plans and breaks are worth keeping at once")
}
