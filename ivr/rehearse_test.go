package ivr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func words(all ...string) (out []ivr.At[string]) {
	for i, s := range all {
		out = append(out, at(s, 10+i, 1))
	}
	return out
}

// rehearsed plays a test and gives what it says.
func rehearsed(t *testing.T, change func(*ivr.Rehearsal)) (lines []string) {
	r := &ivr.Rehearsal{Name: at("t", 1, 1), Flow: w("main"), Moment: noon, Caller: call.Caller{Number: "13800000001"}, Called: "10000"}
	change(r)
	for _, p := range exampleGraph(t).Rehearse(r, noon) {
		lines = append(lines, p.String())
	}
	return lines
}

func TestRehearsals(t *testing.T) {
	for name, change := range map[string]func(*ivr.Rehearsal){
		"a key": func(r *ivr.Rehearsal) {
			r.Do, r.Path, r.Ends = words("press 1"), words("welcome", "by_class", "menu", "general"), w("queue general")
		},
		"to the end": func(r *ivr.Rehearsal) {
			r.Do, r.Says, r.Ends = words("press 1", "served", "silence"), words("welcome", "recording_notice", "main_menu", "rate_us", "thank_you"), w("hangup flow_end")
		},
		"ahead": func(r *ivr.Rehearsal) {
			r.Do, r.Says, r.Ends = words("ahead 2"), words("welcome", "recording_notice"), w("queue value_added")
		},
		"a queue gives him up": func(r *ivr.Rehearsal) {
			r.Do, r.Ends = words("press 1", "overflow closed", "message 5s"), w("hangup flow_end")
		},
		"services": func(r *ivr.Rehearsal) {
			r.Flow = w("ask")
			r.Answers = []ivr.StubAnswer{
				{Service: w("crm"), Path: "/customers/13800000001/bills?year=2026", Status: 200, Body: []byte(`{"account":{"balance":12.5}}`)},
				{Service: w("crm"), Path: "/verify", Fault: "no answer in time"},
			}
			r.Do, r.Path = words("press 0007"), words("crm", "owes", "pin", "verify", "tell", "ticket", "say", "back", "hangup")
		},
		"a part, and a language": func(r *ivr.Rehearsal) {
			r.Flow, r.Language, r.Urgent = w("look"), "en", []string{"all_busy"}
			r.Do, r.Ends = words("press 123"), w("queue general")
		},
		"an hour later": func(r *ivr.Rehearsal) { r.Do, r.Path = words("later 24h"), words("welcome", "by_class", "menu") },
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, rehearsed(t, change)) })
	}
}

func TestRehearsalsTellWhatCameInstead(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*ivr.Rehearsal)
		want   string
	}{
		"no flow":       {func(r *ivr.Rehearsal) { r.Flow = at("mian", 2, 2) }, `flows.yaml:2:2: there is no flow "mian", did you mean "main"?`},
		"nothing":       {func(*ivr.Rehearsal) {}, `flows.yaml:1:1: test "t" expects nothing, add path:, says: or ends:`},
		"another node":  {func(r *ivr.Rehearsal) { r.Path = words("welcome", "menu") }, `flows.yaml:11:1: test "t": number 2 of path is "by_class", not "menu", path: [welcome, by_class, menu]`},
		"too short":     {func(r *ivr.Rehearsal) { r.Path = words("welcome", "by_class") }, `flows.yaml:11:1: test "t": path goes on with menu, path: [welcome, by_class, menu]`},
		"too long":      {func(r *ivr.Rehearsal) { r.Says = words("welcome", "recording_notice", "main_menu", "bye") }, `flows.yaml:13:1: test "t": number 4 of says is nothing, not "bye", says: [welcome, recording_notice, main_menu]`},
		"another end":   {func(r *ivr.Rehearsal) { r.Ends = at("queue vip", 3, 3) }, `flows.yaml:3:3: test "t": it ends "menu", ends: menu`},
		"no such deed":  {func(r *ivr.Rehearsal) { r.Do, r.Ends = words("dance"), w("menu") }, `flows.yaml:10:1: test "t": "dance" does not happen in a test, press 12#, ahead 1, speak bill 90, silence, served, overflow FLOW, message 10s, fault WORDS, transfer answered, later 5m, place 1 2m, answered`},
		"no key":        {func(r *ivr.Rehearsal) { r.Do, r.Ends = words("press x"), w("menu") }, `flows.yaml:10:1: test "t": "x" is no key, 0 to 9, * and #`},
		"does not fit":  {func(r *ivr.Rehearsal) { r.Do, r.Ends = words("served"), w("menu") }, `flows.yaml:10:1: test "t": "served" is nothing to the flow where it stands (menu), something that fits`},
		"no stub":       {func(r *ivr.Rehearsal) { r.Flow, r.Ends = w("ask"), w("hangup flow_end") }, `flows.yaml:1:1: test "t": the flow asks crm for /customers/13800000001/bills?year=2026, and nothing answers, answers: [{service: crm, status: 200, body: {…}}]`},
		"quiet, served": {func(r *ivr.Rehearsal) { r.Do, r.Ends = words("press 1", "silence"), w("x") }, `flows.yaml:11:1: test "t": nobody waits for a key (queue general), silence after a menu, a survey or a collect`},
	} {
		t.Run(name, func(t *testing.T) { require.Contains(t, rehearsed(t, tt.change), tt.want) })
	}
}

func TestPictures(t *testing.T) {
	g := exampleGraph(t)
	require.Empty(t, g.Mermaid("none", ivr.Counts{}))
	require.Empty(t, g.SVG("none", ivr.Counts{}))
	require.Nil(t, g.View("none"))
	for _, name := range g.Flows() {
		m, svg := g.Mermaid(name, ivr.Counts{}), g.SVG(name, ivr.Counts{Callers: map[string]int{"welcome": 3}})
		view := g.View(name)
		for _, n := range view {
			require.Contains(t, m, "\""+n.Name, name)
			require.Contains(t, svg, ">"+n.Name+"<", name)
		}
		edges := 0
		for _, n := range view {
			edges += len(n.Edges)
		}
		require.Equal(t, edges, strings.Count(m, "-->"), name)
		require.Equal(t, edges, strings.Count(svg, "marker-end"), name)
	}
	require.Contains(t, g.Mermaid("main", ivr.Counts{}), `-->|"caller.class == #quot;vip#quot;"|`)
	require.Contains(t, g.Mermaid("main", ivr.Counts{}), `-->|"0, 1, no key, wrong key"|`)
	require.Contains(t, g.Mermaid("look", ivr.Counts{}), `["flow closed"]`)
	require.Contains(t, g.SVG("main", ivr.Counts{Callers: map[string]int{"welcome": 3}}), `fill="#b00">3</text>`)
	counts := ivr.Counts{Callers: map[string]int{"menu": 2}, Taken: map[ivr.Way]int{{From: "welcome", Flow: "main", Node: "by_class"}: 7, {From: "by_class", Flow: "main", Node: "vip"}: 1}}
	require.Contains(t, g.Mermaid("main", counts), `-->|"×7"|`)
	require.Contains(t, g.Mermaid("main", counts), `-->|"caller.class == #quot;vip#quot; ×1"|`)
	require.Contains(t, g.Mermaid("main", counts), `menu: main_menu<br/>(2)`)
	require.Contains(t, g.SVG("main", counts), `== &quot;vip&quot; <tspan fill="#b00">×1</tspan></text>`)
	require.Equal(t, []ivr.EdgeView{{Label: "runs", Flow: "identify", Node: "begin"}, {Flow: "look", Node: "known"}}, g.View("look")[7].Edges)
}
