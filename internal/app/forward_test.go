package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/config"
)

// A call for who has his calls forwarded is ours, whatever may pass from phone to phone.
func TestForwardedCallsDoNotPassBy(t *testing.T) {
	site := &config.Site{Phones: []config.Phone{{Ext: "8001"}, {Ext: "8002", Forward: &config.Forward{Busy: "8001"}}}}
	site.Proxy.Calls = true
	rev := &revision{own: forwardings(site), site: site}
	a := &App{floor: &floor{desks: newSeating()}}
	passes := a.sipSite(rev).Passage.Calls
	require.True(t, passes("8002", "8001"))
	require.False(t, passes("8001", "8002"))
}

func TestWhereCallsGoInstead(t *testing.T) {
	r := &revision{own: forwardings(&config.Site{
		Agents: []config.Agent{
			{ID: "1001"},
			{ID: "1002", Divert: config.DivertNever},
			{ID: "1003", Forward: &config.Forward{Always: "8001"}},
			{ID: "1004", Forward: &config.Forward{Busy: "1001", NoAnswer: "1002", After: 20 * time.Second}},
		},
		Phones: []config.Phone{{Ext: "8001"}},
	})}
	agent := func(id string) *call.Destination {
		return &call.Destination{Kind: call.ToAgent, Agent: call.SeatID(id)}
	}
	busy, away := call.Errorf(call.CodeConflict, "in a call"), call.Errorf(call.CodeUnavailable, "signed out")
	for _, c := range []struct {
		to   *call.Destination
		err  error
		next string
		in   *call.Instead
	}{
		{agent("1001"), nil, "", &call.Instead{Divert: true}},
		{agent("1002"), nil, "", nil},
		{agent("1003"), nil, "8001", nil},
		{agent("1003"), away, "8001", nil},
		{agent("1004"), busy, "1001", nil},
		{agent("1004"), away, "1002", nil},
		{agent("1004"), nil, "", &call.Instead{Busy: "1001", NoAnswer: "1002", After: 20 * time.Second, Divert: true}},
		{&call.Destination{Kind: call.ToPhone, Phone: "8001"}, nil, "", &call.Instead{Divert: true}},
		{&call.Destination{Kind: call.ToQueue, Queue: "general"}, nil, "", nil},
	} {
		require.Equal(t, c.next, r.forwards(c.to, c.err), "%v", c)
		require.Equal(t, c.in, c.to.Instead, "%v", c)
	}
}
