package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
	"hotline/web"
)

// walkedGraph has a flow that runs a part, which runs another as its last node.
func walkedGraph(t *testing.T) *ivr.Graph {
	w := func(s string) ivr.At[string] { return ivr.At[string]{Value: s} }
	play := func(name, next string) ivr.Node {
		return ivr.Node{Name: w(name), Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, Next: w(next)}
	}
	part := func(name, flow, next string) ivr.Node {
		return ivr.Node{Name: w(name), SubFlow: &ivr.SubFlow{Flow: w(flow)}, Next: w(next)}
	}
	g, problems := ivr.Compile([]ivr.Flow{
		{Name: w("a"), Start: w("first"), Nodes: []ivr.Node{play("first", "runs"), part("runs", "b", "last"), play("last", "hangup")}},
		{Name: w("b"), Start: w("one"), Nodes: []ivr.Node{play("one", "deeper"), part("deeper", "c", "return")}},
		{Name: w("c"), Start: w("only"), Nodes: []ivr.Node{play("only", "return")}},
	}, ivr.Known{Prompts: map[string]bool{"welcome": true}})
	require.Empty(t, problems)
	return g
}

type walked struct {
	*flowWatch
	now time.Time
}

func newWalked() *walked {
	zone := time.FixedZone("site", 8*3600)
	return &walked{newFlowWatch(func() *time.Location { return zone }), time.Date(2026, 11, 29, 23, 50, 0, 0, zone)}
}

func (w *walked) event(id call.ID, ev call.Event) {
	w.apply(call.Envelope{Call: id, At: w.now, Event: ev})
}

// walk has a caller come to nodes, as flow/node; one that runs a part ends with a +.
func (w *walked) walk(id call.ID, nodes ...string) {
	for _, n := range nodes {
		kind := "play"
		if n[len(n)-1] == '+' {
			n, kind = n[:len(n)-1], "flow"
		}
		w.event(id, call.NodeEntered{Flow: n[:1], Node: n[2:], Type: kind})
	}
}

// taken are the counts at the edges of a flow, as from>to.
func (w *walked) taken(t *testing.T, g *ivr.Graph, flow string) map[string]int {
	f, err := w.picture(g, flow, w.now)
	require.NoError(t, err)
	out := map[string]int{}
	for _, n := range f.Nodes {
		for _, e := range n.Edges {
			if e.Taken > 0 {
				out[n.Name+">"+e.Flow+"/"+e.Node] = e.Taken
			}
		}
	}
	return out
}

func TestEdgesAreCountedThroughParts(t *testing.T) {
	g, w := walkedGraph(t), newWalked()
	w.walk("1", "a/first", "a/runs+", "b/one", "b/deeper+", "c/only", "a/last", "a/hangup")
	w.walk("2", "a/first", "a/runs+", "b/one")
	require.Equal(t, map[string]int{"first>a/runs": 2, "runs>b/one": 2, "runs>a/last": 1, "last>a/hangup": 1}, w.taken(t, g, "a"))
	require.Equal(t, map[string]int{"one>b/deeper": 1, "deeper>c/only": 1, "deeper>b/return": 1}, w.taken(t, g, "b"))
	require.Equal(t, map[string]int{"only>c/return": 1}, w.taken(t, g, "c"))
	w.event("1", call.Ended{})
	all := w.summaries(outlinesOf(g), 3, w.now)
	require.Equal(t, []int{0, 1, 0}, []int{all[0].Callers, all[1].Callers, all[2].Callers})
	require.Equal(t, []int{2, 2, 1}, []int{all[0].Entered, all[1].Entered, all[2].Entered})

	f, err := w.picture(g, "a", w.now)
	require.NoError(t, err)
	require.Contains(t, f.SVG, `<tspan fill="#b00">×2</tspan>`)
	require.Contains(t, f.Mermaid, `-->|"×1"|`)
	_, err = w.picture(g, "none", w.now)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
}

func TestCountsBeginAnewAtMidnight(t *testing.T) {
	g, w := walkedGraph(t), newWalked()
	w.walk("1", "a/first", "a/runs+")
	w.now = w.now.Add(20 * time.Minute)
	require.Empty(t, w.taken(t, g, "a"))
	all := w.summaries(outlinesOf(g), 3, w.now)
	require.Equal(t, web.FlowSummary{Name: "a", Revision: 3, Nodes: 4, Callers: 1, Since: call.StampOf(time.Date(2026, 11, 30, 0, 0, 0, 0, w.now.Location()))}, all[0], "who is there stays there")
	w.walk("1", "b/one")
	late := call.Envelope{Call: "2", At: w.now.Add(-time.Hour), Event: call.NodeEntered{Flow: "a", Node: "first"}}
	w.apply(late)
	require.Equal(t, map[string]int{"runs>b/one": 1}, w.taken(t, g, "a"))
	require.Zero(t, w.summaries(outlinesOf(g), 3, w.now)[0].Entered, "what comes late is yesterday's")
}

func TestCountsComeBackAfterARestart(t *testing.T) {
	g, w := walkedGraph(t), newWalked()
	w.walk("1", "a/first", "a/runs+", "b/one")
	again := newWalked()
	for _, node := range []string{"first", "runs", "last"} {
		again.recount(call.Envelope{Call: "1", At: w.now, Event: call.NodeEntered{Flow: "a", Node: node}})
	}
	again.recounted()
	require.Equal(t, map[string]int{"first>a/runs": 1, "runs>a/last": 1}, again.taken(t, g, "a"))
	require.Zero(t, again.summaries(outlinesOf(g), 3, w.now)[0].Callers, "whom the crash cut off is in no node")
}

// TestWhoLeavesAQueueByItsExperience checks that his way goes on where he heard the experience.
func TestWhoLeavesAQueueByItsExperience(t *testing.T) {
	g, w := walkedGraph(t), newWalked()
	w.walk("1", "a/first")
	w.event("1", call.NodeEntered{Flow: "b", Node: "one", Waiting: true})
	w.event("1", call.LeftQueue{Rule: live.RuleChoice})
	w.walk("1", "b/deeper+")
	require.Equal(t, map[string]int{"one>b/deeper": 1}, w.taken(t, g, "b"))
	require.Equal(t, 0, w.summaries(outlinesOf(g), 3, w.now)[0].Callers)
	require.Equal(t, 1, w.summaries(outlinesOf(g), 3, w.now)[1].Callers)
}
