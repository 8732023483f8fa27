package app

import (
	"context"
	"sync"

	"hotline/call"
	"hotline/call/live"
	"hotline/web"
)

// flowNode is a node of a flow.
type flowNode struct{ flow, node string }

// flowEdge is a way between two nodes.
type flowEdge struct{ from, to flowNode }

// mostEdges bounds what is counted: sites change, and what is gone is not forgotten until a restart.
const mostEdges = 200_000

// flowWatch counts the callers in the nodes of flows, and how often each way was taken since the
// start. All calls' goroutines tell it, hence the mutex.
type flowWatch struct {
	mu      sync.Mutex
	where   map[call.ID]flowNode
	heard   map[call.ID]flowNode // of what those hear who wait in a queue, or are verified, beside where they stand
	present map[flowNode]int
	entered map[flowNode]int
	taken   map[flowEdge]int
}

func newFlowWatch() *flowWatch {
	return &flowWatch{where: map[call.ID]flowNode{}, heard: map[call.ID]flowNode{}, present: map[flowNode]int{}, entered: map[flowNode]int{}, taken: map[flowEdge]int{}}
}

// apply takes an event of a call's life. A caller is in a node until he comes to the next, or the call ends.
func (w *flowWatch) apply(e call.Envelope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := e.Event.(type) {
	case call.NodeEntered:
		at := w.where
		if ev.Waiting || ev.Verifying {
			at = w.heard
		}
		w.enter(at, e.Call, flowNode{ev.Flow, ev.Node})
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

func (w *flowWatch) enter(at map[call.ID]flowNode, id call.ID, n flowNode) {
	if from, in := at[id]; in {
		edge := flowEdge{from, n}
		if _, known := w.taken[edge]; known || len(w.taken) < mostEdges {
			w.taken[edge]++
		}
		w.leave(at, id)
	}
	at[id] = n
	w.present[n]++
	w.entered[n]++
}

func (w *flowWatch) leave(at map[call.ID]flowNode, id call.ID) {
	from, in := at[id]
	if !in {
		return
	}
	delete(at, id)
	if w.present[from]--; w.present[from] <= 0 {
		delete(w.present, from)
	}
}

// Flows lists the flows in force, with the callers in each.
func (b backends) Flows(context.Context) []web.FlowSummary {
	graph := b.rev.Load().graph
	b.flows.mu.Lock()
	defer b.flows.mu.Unlock()
	present, entered := map[string]int{}, map[string]int{}
	for n, count := range b.flows.present {
		present[n.flow] += count
	}
	out := []web.FlowSummary{}
	for _, name := range graph.Flows() {
		view := graph.View(name)
		if len(view) > 0 {
			entered[name] = b.flows.entered[flowNode{name, view[0].Name}]
		}
		out = append(out, web.FlowSummary{Name: name, Nodes: len(view), Callers: present[name], Entered: entered[name]})
	}
	return out
}

// Flow is one flow with live counts, and its picture.
func (b backends) Flow(_ context.Context, name string) (web.Flow, error) {
	graph := b.rev.Load().graph
	view := graph.View(name)
	if view == nil {
		return web.Flow{}, call.Errorf(call.CodeNotFound, "there is no flow %s", name)
	}
	out := web.Flow{Name: name, Nodes: []web.FlowNode{}, Mermaid: graph.Mermaid(name)}
	counts := map[string]int{}
	b.flows.mu.Lock()
	defer b.flows.mu.Unlock()
	for _, n := range view {
		from := flowNode{name, n.Name}
		counts[n.Name] = b.flows.present[from]
		row := web.FlowNode{Name: n.Name, Kind: n.Kind, Words: n.Words, Callers: counts[n.Name], Entered: b.flows.entered[from], Edges: []web.FlowEdge{}}
		for _, e := range n.Edges {
			row.Edges = append(row.Edges, web.FlowEdge{Label: e.Label, Flow: e.Flow, Node: e.Node, Taken: b.flows.taken[flowEdge{from, flowNode{e.Flow, e.Node}}]})
		}
		out.Nodes = append(out.Nodes, row)
	}
	out.SVG = graph.SVG(name, counts)
	return out, nil
}
