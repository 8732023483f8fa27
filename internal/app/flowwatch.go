package app

import (
	"context"
	"sync"
	"time"

	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
	"hotline/web"
)

// flowNode is a node of a flow.
type flowNode struct{ flow, node string }

// flowEdge is a way between two nodes.
type flowEdge struct{ from, to flowNode }

// flowReturn is the built-in end of a flow that another runs as a part. Callers do not stay in it, so that no event tells of it.
const flowReturn = "return"

// mostEdges bounds what is counted: sites change, and what is gone is not forgotten before midnight.
const mostEdges = 200_000

// walker is a caller on his way through flows.
type walker struct {
	at     flowNode
	runs   bool       // the node runs another flow as a part
	inside []flowNode // the nodes that run the flows he is in, the outermost first
}

// flowWatch counts the callers in the nodes of flows, and how often each way was taken since midnight in the site's
// zone. All calls' goroutines tell it, hence the mutex.
type flowWatch struct {
	mu    sync.Mutex
	zone  func() *time.Location
	since time.Time // midnight
	where map[call.ID]*walker
	heard map[call.ID]*walker // of what those hear who wait in a queue, or are verified, beside where they stand

	present map[flowNode]int
	entered map[flowNode]int
	taken   map[flowEdge]int
}

func newFlowWatch(zone func() *time.Location) *flowWatch {
	return &flowWatch{
		zone: zone, where: map[call.ID]*walker{}, heard: map[call.ID]*walker{},
		present: map[flowNode]int{}, entered: map[flowNode]int{}, taken: map[flowEdge]int{},
	}
}

// turn begins the counts anew when a day has begun. Midnight never comes again: a zone changed by a reload, or an event
// that comes late, leaves the day as it is.
func (w *flowWatch) turn(now time.Time) {
	now = now.In(w.zone())
	y, m, d := now.Date()
	if midnight := time.Date(y, m, d, 0, 0, 0, 0, now.Location()); midnight.After(w.since) {
		w.since, w.entered, w.taken = midnight, map[flowNode]int{}, map[flowEdge]int{}
	}
}

// recount takes the events of the day so far, before the first call comes in. Of calls that were cut off nobody is left.
func (w *flowWatch) recount(e call.Envelope) { w.apply(e) }

func (w *flowWatch) recounted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.where)
	clear(w.heard)
	clear(w.present)
}

// apply takes an event of a call's life. A caller is in a node until he comes to the next, or the call ends.
func (w *flowWatch) apply(e call.Envelope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := e.Event.(type) {
	case call.NodeEntered:
		w.turn(e.At)
		at := w.where
		if ev.Waiting || ev.Verifying {
			at = w.heard
		}
		w.enter(at, e, ev)
	case call.Queued, call.VerifyEnded:
		w.leave(w.heard, e.Call)
	case call.OfferEnded:
		if ev.Result == call.OfferAnswered {
			w.leave(w.heard, e.Call)
		}
	case call.LeftQueue: // by what he heard: he goes on there
		if n, in := w.heard[e.Call]; in && (ev.Rule == live.RuleChoice || ev.Rule == live.RuleCallback) {
			delete(w.heard, e.Call)
			w.leave(w.where, e.Call)
			w.where[e.Call] = n
		}
		w.leave(w.heard, e.Call)
	case call.Ended, call.Refused:
		w.leave(w.where, e.Call)
		w.leave(w.heard, e.Call)
	}
}

func (w *flowWatch) enter(at map[call.ID]*walker, e call.Envelope, ev call.NodeEntered) {
	n, today := flowNode{ev.Flow, ev.Node}, !e.At.Before(w.since)
	c, in := at[e.Call]
	if in {
		for _, edge := range c.ways(n) {
			if _, known := w.taken[edge]; today && (known || len(w.taken) < mostEdges) {
				w.taken[edge]++
			}
		}
		w.gone(c.at)
	} else {
		c = &walker{}
		at[e.Call] = c
	}
	c.at, c.runs = n, ev.Type == "flow"
	w.present[n]++
	if today {
		w.entered[n]++
	}
}

// ways are the edges by which he has come to a node: one, but for him who comes back from a part. He went by its end, and
// then by that of the node that ran it; and so on, where that was the last of a part itself.
func (c *walker) ways(to flowNode) (edges []flowEdge) {
	from := c.at
	if c.runs && to.flow != from.flow {
		c.inside = append(c.inside, from)
		return []flowEdge{{from, to}}
	}
	depth := len(c.inside)
	for i, n := range c.inside {
		if n.flow == to.flow && from.flow != to.flow {
			depth = i
			break
		}
	}
	for len(c.inside) > depth {
		by := c.inside[len(c.inside)-1]
		c.inside = c.inside[:len(c.inside)-1]
		edges = append(edges, flowEdge{from, flowNode{from.flow, flowReturn}})
		from = by
	}
	return append(edges, flowEdge{from, to})
}

func (w *flowWatch) leave(at map[call.ID]*walker, id call.ID) {
	if c, in := at[id]; in {
		delete(at, id)
		w.gone(c.at)
	}
}

func (w *flowWatch) gone(from flowNode) {
	if w.present[from]--; w.present[from] <= 0 {
		delete(w.present, from)
	}
}

// flowOutline is what a list shows of a flow, apart from its counts.
type flowOutline struct {
	name  string
	start flowNode
	nodes int
}

// outlinesOf walks all of a site's nodes: a fifth of a second for the largest site. So it is done once a revision, and
// not while callers' steps wait to be counted.
func outlinesOf(graph *ivr.Graph) []flowOutline {
	var out []flowOutline
	for _, name := range graph.Flows() {
		o := flowOutline{name: name}
		if view := graph.View(name); len(view) > 0 {
			o.start, o.nodes = flowNode{name, view[0].Name}, len(view)
		}
		out = append(out, o)
	}
	return out
}

// Flows lists the flows in force, with the callers in each.
func (b backends) Flows(context.Context) []web.FlowSummary {
	rev := b.rev.Load()
	return b.flows.summaries(rev.flows(), rev.number, time.Now())
}

func (w *flowWatch) summaries(flows []flowOutline, revision int, now time.Time) []web.FlowSummary {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(now)
	present := map[string]int{}
	for n, count := range w.present {
		present[n.flow] += count
	}
	out := []web.FlowSummary{}
	for _, f := range flows {
		out = append(out, web.FlowSummary{
			Name: f.name, Revision: revision, Nodes: f.nodes, Callers: present[f.name], Entered: w.entered[f.start], Since: call.StampOf(w.since),
		})
	}
	return out
}

// Flow is one flow with live counts, and its picture.
func (b backends) Flow(_ context.Context, name string) (web.Flow, error) {
	rev := b.rev.Load()
	f, err := b.flows.picture(rev.graph, name, time.Now())
	f.Revision = rev.number
	return f, err
}

func (w *flowWatch) picture(graph *ivr.Graph, name string, now time.Time) (web.Flow, error) {
	view := graph.View(name)
	if view == nil {
		return web.Flow{}, call.Errorf(call.CodeNotFound, "there is no flow %s", name)
	}
	counts := ivr.Counts{Callers: map[string]int{}, Taken: map[ivr.Way]int{}}
	out := w.counted(view, name, &counts, now)
	out.Mermaid, out.SVG = graph.Mermaid(name, counts), graph.SVG(name, counts) // drawn while callers go on
	return out, nil
}

// counted is a flow with its counts, without a picture; counts takes them for one.
func (w *flowWatch) counted(view []ivr.NodeView, name string, counts *ivr.Counts, now time.Time) web.Flow {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(now)
	out := web.Flow{Name: name, Nodes: []web.FlowNode{}, Since: call.StampOf(w.since)}
	for _, n := range view {
		from := flowNode{name, n.Name}
		counts.Callers[n.Name] = w.present[from]
		row := web.FlowNode{Name: n.Name, Kind: n.Kind, Words: n.Words, Callers: w.present[from], Entered: w.entered[from], Edges: []web.FlowEdge{}}
		for _, e := range n.Edges {
			taken := w.taken[flowEdge{from, flowNode{e.Flow, e.Node}}]
			counts.Taken[ivr.Way{From: n.Name, Flow: e.Flow, Node: e.Node}] = taken
			row.Edges = append(row.Edges, web.FlowEdge{Label: e.Label, Flow: e.Flow, Node: e.Node, Taken: taken})
		}
		out.Nodes = append(out.Nodes, row)
	}
	return out
}
