package app

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/store"
	"hotline/web"
)

// shiftRoom is all that shifts work with, one phone included, which picks up and hangs up as it is told.
type shiftRoom struct {
	live.Media
	live.Phones
	live.Router
	live.Exchange
	mu    sync.Mutex
	lines map[call.ID]*live.Shift
	rung  []call.SeatID
	leg   call.LegID // rung last
	fails error
	deaf  bool // nobody answers a BYE
}

type shiftLeg struct {
	live.Leg
	room *shiftRoom
	of   *live.Shift
	id   call.LegID
}

func (l shiftLeg) End(call.Cause) {
	if !l.room.deaf {
		l.of.LegEvent(l.id, call.LegEnded{})
	}
}

func (r *shiftRoom) Ring(i live.Invite) (live.Leg, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rung, r.leg = append(r.rung, i.Seat), i.Leg
	return shiftLeg{room: r, of: r.lines[i.Call], id: i.Leg}, r.fails
}

func (r *shiftRoom) Negotiated(call.LegID, call.MediaSpec)     {}
func (r *shiftRoom) Arrange([]live.Hearing)                    {}
func (r *shiftRoom) Close(call.LegID) bool                     { return false }
func (r *shiftRoom) Engage(call.SeatID)                        {}
func (r *shiftRoom) Release(call.SeatID, time.Duration)        {}
func (r *shiftRoom) Lift(_ call.LegID, done func(any))         { done(nil) }
func (r *shiftRoom) Land(call.LegID, live.Leg, any, bool)      {}
func (r *shiftRoom) Drop(any)                                  {}
func (r *shiftRoom) Tell(id call.ID, _ live.Message) (ok bool) { return id == "c1" }

// shiftFloor is a floor whose supervisors' phones are fakes.
func shiftFloor(t *testing.T, at map[call.SeatID]acd.SeatChanged) (*App, *shiftRoom) {
	t.Helper()
	a, r := peopleFloor(t, at), &shiftRoom{lines: map[call.ID]*live.Shift{}}
	a.shifts.rooms = func(id call.ID) (live.ShiftDeps, func(*live.Shift)) {
		return live.ShiftDeps{Media: r, Bridge: r, Phones: r, Router: r, Exchange: r, IDs: a.ids}, func(s *live.Shift) { r.lines[id] = s }
	}
	return a, r
}

// endings demands of the audit log these ends that nobody asked the API for.
func endings(t *testing.T, a *App, want ...string) {
	t.Helper()
	var details []string
	require.EventuallyWithT(t, func(c *assert.CollectT) { // it is written in its own time
		entries, _, err := a.store.AuditLog(context.Background(), store.LogFilter{Limit: 100})
		require.NoError(c, err)
		details = nil
		for _, e := range entries {
			if e.Action == "seat.unsupervise" {
				details = append(details, e.Actor+" "+e.Object+": "+e.Detail)
			}
		}
		assert.Equal(c, want, details)
	}, 10*time.Second, 10*time.Millisecond)
}

func TestAnAgentIsFollowedFromCallToCall(t *testing.T) {
	a, room := shiftFloor(t, map[call.SeatID]acd.SeatChanged{
		"1001": {To: call.SeatReady}, "1002": {To: call.SeatReady}, "1900": {To: call.SeatBusy}, "1950": {To: call.SeatBusy},
		"2001": {To: call.SeatTalking, Call: "c9"}, "5001": {To: call.SeatReady},
	})
	b, ctx := backends{a}, context.Background()
	require.Equal(t, call.CodeConflict, call.CodeOf(b.Follow(ctx, "5002", "1001", call.Monitor)), "signed out")
	require.Equal(t, call.CodeInvalid, call.CodeOf(b.Follow(ctx, "1900", "1900", call.Monitor)))
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.Follow(ctx, "1900", "9999", call.Monitor)))
	require.Equal(t, call.CodeConflict, call.CodeOf(b.Follow(ctx, "1900", "4001", call.Monitor)), "the agent is signed out")
	require.ErrorContains(t, b.Follow(ctx, "2001", "1001", call.Monitor), "is in a call")
	room.fails = call.Errorf(call.CodeCapacity, "no ports")
	require.ErrorContains(t, b.Follow(ctx, "1900", "1001", call.Monitor), "no ports")
	room.fails = nil
	require.NoError(t, b.Follow(ctx, "1900", "1001", call.Monitor))
	require.NoError(t, b.Follow(ctx, "1950", "1001", call.Whisper))
	require.NoError(t, b.Follow(ctx, "1900", "1001", call.Whisper), "another mode is no other follower")
	require.Equal(t, []call.SeatID{"1900", "1900", "1950"}, room.rung, "each once, but for the try without ports")
	require.Equal(t, call.CodeCapacity, call.CodeOf(b.Follow(ctx, "5001", "1001", call.Monitor)))
	require.ErrorContains(t, b.Follow(ctx, "1900", "1002", call.Monitor), "follows agent 1001 already")
	require.Equal(t, call.Whisper, a.shifts.by("1900").mode)

	actor := live.New(live.Brief{Incoming: call.Incoming{ID: "c1"}}, live.Deps{})
	a.calls.calls["c1"] = actor
	for _, c := range []acd.SeatChanged{
		{Seat: "1001", From: call.SeatOffered, To: call.SeatAnnouncing, Call: "c1"},
		{Seat: "1001", From: call.SeatAnnouncing, To: call.SeatTalking, Call: "c1"},
		{Seat: "1001", From: call.SeatTalking, To: call.SeatHeld, Call: "c1"},
		{Seat: "1001", From: call.SeatHeld, To: call.SeatTalking, Call: "c1"},
		{Seat: "1001", From: call.SeatTalking, To: call.SeatWrapUp, Call: "c1"},
		{Seat: "1001", From: call.SeatReady, To: call.SeatTalking, Call: "gone"},
		{Seat: "1002", From: call.SeatReady, To: call.SeatTalking, Call: "c1"},
	} {
		a.shifts.seatMoved(c)
	}
	require.Equal(t, 2, actor.Waiting(), "asked once for each: as the agent picks up, not after a hold, not for another agent")
	a.shifts.seatMoved(acd.SeatChanged{Seat: "1001", From: call.SeatReady, To: call.SeatTalking, Call: "c1"})
	require.Equal(t, 4, actor.Waiting(), "a call of the agent's own")
	a.shifts.seatMoved(acd.SeatChanged{Seat: "1001", From: call.SeatHeld, To: call.SeatTalking, Call: "other"})
	a.shifts.seatMoved(acd.SeatChanged{Seat: "1001", From: call.SeatTalking, To: call.SeatTalking, Call: "c1"})
	require.Equal(t, 6, actor.Waiting(), "one he was handed into")

	require.Equal(t, call.CodeNotFound, call.CodeOf(b.FollowEnd(ctx, "5001", "1001")))
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.FollowEnd(ctx, "1900", "1002")))
	require.NoError(t, b.FollowEnd(ctx, "1900", "1001"))
	require.Equal(t, call.CodeNotFound, call.CodeOf(b.FollowEnd(ctx, "1900", "1001")))
	endings(t, a) // the API notes what it is asked
	a.shifts.seatMoved(acd.SeatChanged{Seat: "1001", From: call.SeatReady, To: call.SeatOffline})
	a.shifts.runs.Wait()
	endings(t, a, "1950 1001: agent 1001 has signed out")
	require.Empty(t, a.shifts.all)
}

// A seat is never shown in a call of a shift's id: there is none.
func TestInWhichCallOneWhoFollowsIsShown(t *testing.T) {
	a, room := shiftFloor(t, map[call.SeatID]acd.SeatChanged{"1001": {To: call.SeatReady}, "1900": {To: call.SeatBusy}})
	sh, err := a.shifts.begin("1900", "1900", "1001", call.Monitor)
	require.NoError(t, err)
	require.Empty(t, a.shifts.shown(sh.ID()))
	require.Equal(t, call.ID("c7"), a.shifts.shown("c7"))
	require.Equal(t, map[call.SeatID]*web.Follows{"1900": {Agent: "1001", Mode: "monitor"}}, a.shifts.list())
	room.lines[sh.ID()].LegEvent(room.leg, call.LegAnswered{})
	sh.Tell(live.Borrow{By: "c1"})
	require.Eventually(t, func() bool { return a.shifts.shown(sh.ID()) == "c1" }, 5*time.Second, time.Millisecond)
	sh.Tell(live.Returned{Words: "hung up"})
	<-sh.Done()
	require.Empty(t, a.shifts.list())
	endings(t, a, "1900 1001: hung up")
}

// The node waits for the phones' goodbyes, but not for ever.
func TestShiftsEndWithTheNode(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		a, room := shiftFloor(t, map[call.SeatID]acd.SeatChanged{"1001": {To: call.SeatReady}, "1900": {To: call.SeatBusy}})
		room.deaf = deaf
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			sh, err := a.shifts.begin("1900", "1900", "1001", call.Monitor)
			require.NoError(t, err)
			sh.asked = true // the audit log has a clock of its own
			a.shifts.stop(t.Context())
			require.Equal(t, deaf, time.Since(began) == shiftsDown)
		})
		_, err := a.shifts.begin("1900", "1900", "1001", call.Monitor)
		require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	}
}
