package app

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/ivr/code"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// peopleFloor is a floor with a few agents, of whom these sit at phones.
func peopleFloor(t *testing.T, at map[call.SeatID]acd.SeatChanged) *App {
	t.Helper()
	site := &config.Site{
		Teams: []config.Team{{Name: "a", Leader: "1900"}, {Name: "b", Leader: "1900"}},
		Agents: []config.Agent{
			{ID: "1001", Group: "general", Team: "a"},
			{ID: "1002", Group: "general", Team: "b"},
			{ID: "2001", Group: "vip", Team: "a"},
			{ID: "4001", Group: "complaint", Team: "c"},
			{ID: "5001", Group: "qa"},
			{ID: "5002", Group: "other"},
			{ID: "1900", Group: "leads", Roles: []config.Role{config.RoleAgent, config.RoleTeamLead}},
			{ID: "1950", Group: "leads", Roles: []config.Role{config.RoleSupervisor}},
		},
		Phones: []config.Phone{{Ext: "8001"}},
	}
	rev := &revision{site: site, agents: map[call.SeatID]config.Agent{}, phones: map[string]bool{"8001": true}, queues: map[string]config.Queue{}, own: forwardings(site)}
	for _, a := range site.Agents {
		rev.agents[a.ID] = a
	}
	st, err := store.Open(store.Options{Dir: t.TempDir(), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	a := &App{log: zap.NewNop(), store: st, calls: newTable(), bells: newBells(), floor: newFloor(st, web.NewHub(), &report.Today{}, zap.NewNop())}
	a.rev.Store(rev)
	a.shifts = newShifts(a)
	for seat, c := range at {
		c.Seat = seat
		if c.Phone == "" {
			c.Phone = string(seat)
		}
		a.floor.desks.follow(c)
	}
	return a
}

func TestWhoPicksUpForWhomAndWhoLeads(t *testing.T) {
	rev := peopleFloor(t, nil).rev.Load()
	for pair, want := range map[[2]call.SeatID]bool{
		{"1001", "1002"}: true, {"1001", "2001"}: true, {"1002", "2001"}: false, {"5001", "5002"}: false, {"1001", "nobody"}: false, {"nobody", "nobody"}: false,
	} {
		require.Equal(t, want, rev.together(pair[0], pair[1]), pair)
	}
	for pair, want := range map[[2]call.SeatID]bool{
		{"1900", "1001"}: true, {"1900", "1002"}: true, {"1900", "4001"}: false, {"1900", "5001"}: false, {"1950", "4001"}: true, {"1001", "2001"}: false, {"", "1001"}: false,
	} {
		require.Equal(t, want, rev.leads(pair[0], pair[1]), pair)
	}
}

func TestWhichPhonesRing(t *testing.T) {
	b := newBells()
	see := func(id call.ID, events ...call.Event) {
		for _, ev := range events {
			b.apply(call.Envelope{Call: id, Event: ev})
		}
	}
	anybody := func(call.SeatID) bool { return true }
	longest := func() call.ID { one, _ := b.longest(anybody); return one.call }
	see("c1", call.Entered{}, call.Offered{Offer: "o1", Seat: "1001", Leg: "l1"})
	see("c2", call.SeatCalled{Leg: "l2", Seat: "1002"})
	see("c3", call.SeatCalled{Leg: "l3", Seat: "1003", By: "1001", Aside: true}, call.SeatCalled{Leg: "l4", Seat: "1004", By: "1004"}, call.SeatCalled{Leg: "l5", Phone: "8001"})
	see("c4", call.Entered{Callback: "b1"}, call.Offered{Offer: "o4", Seat: "1005", Leg: "l6"})
	require.Len(t, b.byLeg, 4, "neither own wishes, as of supervisors, nor phones of nobody")
	one, found := b.longest(func(s call.SeatID) bool { return s == "1003" })
	require.True(t, found, "a consultation")
	require.Equal(t, call.ID("c3"), one.call)
	see("c3", call.SeatCallEnded{Leg: "l3", Aside: true})
	require.Equal(t, call.ID("c1"), longest())
	one, found = b.longest(func(s call.SeatID) bool { return s == "1002" })
	require.True(t, found)
	require.Equal(t, call.ID("c2"), one.call)
	see("c1", call.OfferEnded{Offer: "o1"})
	require.Equal(t, call.ID("c2"), longest())
	see("c2", call.SeatCallEnded{Leg: "l2"})
	require.Equal(t, call.ID("c4"), longest(), "a callback")
	see("c4", call.Ended{})
	_, found = b.longest(anybody)
	require.False(t, found)
	require.Empty(t, b.byLeg)
}

func TestThePickUpCodeSaysWhyNot(t *testing.T) {
	a := peopleFloor(t, map[call.SeatID]acd.SeatChanged{
		"1001": {To: call.SeatOffered}, "1002": {To: call.SeatBusy, Phone: "8001"}, "2001": {To: call.SeatTalking}, "4001": {To: call.SeatReady}, "1900": {To: call.SeatReady},
	})
	a.bells.apply(call.Envelope{Call: "gone", Event: call.Offered{Offer: "o1", Seat: "1001", Leg: "l1"}})
	for name, c := range map[string]struct {
		phone   string
		of      call.SeatID
		cause   call.Cause
		outcome code.Outcome
	}{
		"nobody is signed in":     {"7001", "", call.CauseForbidden, code.NotSignedIn},
		"in a call":               {"2001", "", call.CauseBusy, code.NotNow},
		"no such agent":           {"8001", "9999", call.CauseUnknownNumber, code.NotNow},
		"of other group and team": {"4001", "1001", call.CauseForbidden, code.NotNow},
		"none of the own rings":   {"4001", "", call.CauseNoAnswer, code.NotNow},
		"that one does not ring":  {"1900", "1002", call.CauseNoAnswer, code.NotNow},
		"the call has ended":      {"8001", "1001", call.CauseNoSuchCall, code.NotNow},
		"and by a lead":           {"1900", "1001", call.CauseNoSuchCall, code.NotNow},
	} {
		owner, outcome, no := codeCall{desk: desk{a}, in: call.Incoming{Phone: c.phone}}.pickUp(c.of)
		require.Nil(t, owner, name)
		require.NotNil(t, no, name)
		require.Equal(t, c.cause, no.Cause, name)
		require.Equal(t, c.outcome, outcome, name)
		require.NotEmpty(t, no.Words, name)
	}
	found, rest, ok := findCode(codes(), "*16*1001")
	require.True(t, ok)
	require.Equal(t, "*16", found.prefix)
	require.Equal(t, "*1001", rest)
}

func TestWhoMayTakeALegOver(t *testing.T) {
	a := peopleFloor(t, map[call.SeatID]acd.SeatChanged{"1001": {To: call.SeatTalking, Call: "c1"}, "4001": {To: call.SeatTalking, Call: "c2"}, "1002": {To: call.SeatWrapUp, Call: "c2"}})
	d := desk{a}
	require.True(t, d.mayTakeOver("1900", "c1"))
	require.False(t, d.mayTakeOver("1900", "c2"), "not of a team of his")
	require.True(t, d.mayTakeOver("1950", "c2"))
	require.False(t, d.mayTakeOver("1001", "c2"))
	require.False(t, d.mayTakeOver("1900", "c3"), "nobody of ours is in it")
	require.False(t, d.mayTakeOver("", "c1"))
	a.draining.Store(true) // it is no new call
	_, no := d.connect(call.Incoming{Phone: "1900", Replaces: &call.LegRef{Call: "c1", Leg: "l"}}, nil)
	require.Equal(t, call.CauseNoSuchCall, no.Cause)
}

func TestPickUpByTheAPI(t *testing.T) {
	b := backends{peopleFloor(t, map[call.SeatID]acd.SeatChanged{
		"1001": {To: call.SeatReady}, "2001": {To: call.SeatTalking}, "4001": {To: call.SeatUnreachable}, "5001": {To: call.SeatOffered},
	})}
	for by, want := range map[call.SeatID]string{
		"1002": "sign in first", "2001": "is in a call", "4001": "can't be reached", "1001": "call c1 has ended", "5001": "call c1 has ended",
	} {
		err := b.PickUp(context.Background(), "c1", by, false)
		require.Equal(t, call.CodeConflict, call.CodeOf(err))
		require.ErrorContains(t, err, want)
	}
}

func TestClickToDialSaysWhyNot(t *testing.T) {
	a := peopleFloor(t, map[call.SeatID]acd.SeatChanged{
		"1001": {To: call.SeatReady, Phone: "8001"}, "2001": {To: call.SeatTalking}, "4001": {To: call.SeatUnreachable}, "1002": {To: call.SeatWrapUp},
	})
	for _, c := range []struct {
		agent   call.SeatID
		to      string
		code    call.Code
		because string
	}{
		{"1900", "1001", call.CodeConflict, "not signed in"},
		{"2001", "1001", call.CodeConflict, "is in a call"},
		{"4001", "1001", call.CodeConflict, "can't be reached"},
		{"1001", "2001", call.CodeConflict, "is in a call"},
		{"1001", "4001", call.CodeUnavailable, "can't be reached"},
		{"1001", "1900", call.CodeUnavailable, "not signed in"},
		{"1001", "who", call.CodeNotFound, "who is no agent"},
		{"1001", "1001", call.CodeInvalid, "can't call 1001"},
		{"1001", "*11", call.CodeInvalid, "can't call *11"},
	} {
		_, err := a.click(c.agent, c.to)
		require.Equal(t, c.code, call.CodeOf(err), "%v: %v", c, err)
		require.ErrorContains(t, err, c.because)
	}
	a.draining.Store(true)
	_, err := a.click("1001", "1002")
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	require.ErrorContains(t, err, "stopping")
}
