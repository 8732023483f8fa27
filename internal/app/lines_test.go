package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
)

// The trunk asked for comes first, if it is up; another site's trunk carries no public calls.
func TestWhichTrunkCarriesACall(t *testing.T) {
	way := []config.Target{{URI: "sip:192.0.2.1"}}
	all := []config.Trunk{
		{Name: "in_only"},
		{Name: "a", Targets: way},
		{Name: "b", Targets: way},
		{Name: "c", Targets: way},
		{Name: "province", Targets: way, Site: "province"},
	}
	names := func(o live.Outcall, up ...string) []string {
		state := map[string]bool{}
		for _, n := range up {
			state[n] = true
		}
		var out []string
		for _, t := range candidates(all, o, state) {
			out = append(out, t.Name)
		}
		return out
	}
	require.Equal(t, []string{"b", "a", "c"}, names(live.Outcall{Trunk: "b"}, "a", "b", "c"))
	require.Equal(t, []string{"a", "c", "b"}, names(live.Outcall{Trunk: "b"}, "a", "c"), "it is down")
	require.Equal(t, []string{"a", "b", "c"}, names(live.Outcall{Trunk: "in_only"}, "a", "b", "c"))
	require.Equal(t, []string{"b"}, names(live.Outcall{Trunk: "b", Only: true}))
	require.Equal(t, []string{"province"}, names(live.Outcall{Trunk: "b", Site: "province"}))
	require.Empty(t, names(live.Outcall{Site: "city"}))
}

func TestWhoseNumberIsShown(t *testing.T) {
	o := live.Outcall{Called: "10000", Shown: call.Shown{Number: "138", Private: true}}
	require.Equal(t, o.Shown, shownBy(config.Identity{}, o, ""))
	require.Equal(t, call.Shown{Number: "10000"}, shownBy(config.Identity{Show: config.ShowCalled}, o, ""))
	require.Equal(t, call.Shown{Number: "021"}, shownBy(config.Identity{Show: config.ShowNumber, Number: "021"}, o, ""))
	require.Equal(t, call.Shown{Number: "022"}, shownBy(config.Identity{Show: config.ShowCalled}, o, "022"))
}

// Lines are counted both ways together.
func TestLinesOfATrunk(t *testing.T) {
	tb := newTable()
	require.Empty(t, tb.takeLine("gw", 2))
	require.Empty(t, tb.takeLine("gw", 2))
	require.Contains(t, tb.takeLine("gw", 2), "as many calls as it may")
	require.Empty(t, tb.takeLine("other", 2))
	tb.hangLine("gw")
	require.Empty(t, tb.takeLine("gw", 2))
	require.Empty(t, tb.takeLine("gw", 0), "no limit")
}
