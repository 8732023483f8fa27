package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/config"
	"hotline/sip"
)

func TestWhatANumberLeadsTo(t *testing.T) {
	site := &config.Site{
		Agents: []config.Agent{{ID: "1001"}},
		Phones: []config.Phone{{Ext: "8001"}},
		Queues: []config.Queue{{Name: "general"}, {Name: "7000"}},
	}
	r := &revision{
		agents: map[call.SeatID]config.Agent{"1001": site.Agents[0]},
		phones: map[string]bool{"8001": true},
		queues: map[string]config.Queue{"general": site.Queues[0], "7000": site.Queues[1]},
	}
	for dialled, want := range map[string]call.Destination{
		"1001":           {Kind: call.ToAgent, Agent: "1001"},
		"8001":           {Kind: call.ToPhone, Phone: "8001"},
		"general":        {Kind: call.ToQueue, Queue: "general"},
		"7000":           {Kind: call.ToQueue, Queue: "7000"},
		"*11":            {Kind: call.ToCode},
		"13900000001":    {Kind: call.ToNumber, Number: "13900000001"},
		"+8613900000001": {Kind: call.ToNumber, Number: "13900000001"},
		"110":            {Kind: call.ToNumber, Number: "110"},
		"12":             {},
		"nobody":         {},
		"":               {},
	} {
		want.Dialled = dialled
		require.Equal(t, want, r.destination(dialled), dialled)
	}
}

func TestTheLongestCodeIsTaken(t *testing.T) {
	named := func(words string) func(codeCall) (sip.Owner, *call.Refusal) {
		return func(c codeCall) (sip.Owner, *call.Refusal) { return nil, &call.Refusal{Words: words + c.rest} }
	}
	all := []shortCode{{"*1", named("one ")}, {"*11", named("eleven ")}}
	for dialled, want := range map[string]string{"*1110011234": "eleven 10011234", "*12": "one 2", "*1": "one "} {
		c, rest, ok := findCode(all, dialled)
		require.True(t, ok)
		_, no := c.take(codeCall{rest: rest})
		require.Equal(t, want, no.Words, dialled)
	}
	_, _, ok := findCode(all, "*2")
	require.False(t, ok)
}
