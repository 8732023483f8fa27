package ivr

import (
	"fmt"
	"slices"
)

// SubFlow runs another flow as a part of this one. It has variables of its own, which With
// gives it, and ends by the edge "return"; then Results are taken over and this flow goes on at Next.
type SubFlow struct {
	Flow    At[string]
	With    []SetValue // its variables, from expressions over ours
	Results []Result
}

// Result takes a variable of the sub-flow over.
type Result struct {
	Name At[string] // ours
	Of   At[string] // its own
}

// returnName is the edge by which a sub-flow ends.
const returnName = "return"

// maxDepth bounds flows inside flows; none can be inside itself.
const maxDepth = 16

// subflow is a checked one.
type subflow struct {
	flow    *flow
	with    []setting
	results [][2]string // ours, its own
	back    int         // the draft's link to next
}

// Frame is a flow that waits for the one it runs.
type Frame struct {
	Flow   string            `json:"flow"`
	Node   string            `json:"node"` // the node that runs it
	Values map[string]string `json:"values,omitempty"`
}

func (c *compiler) subflow(d *draft) {
	src, n := d.src.SubFlow, d.node
	s := &subflow{flow: c.graph.flows[src.Flow.Value]} // nil: reported below
	n.sub = s
	start, _ := c.resolveFlow(n.flow, src.Flow)
	d.links = append(d.links, link{to: start, silent: true, pos: src.Flow.Pos})
	s.with = c.settings(d, src.With)
	for _, r := range src.Results {
		switch its := c.varsOf[s.flow]; {
		case !isWord(r.Name.Value):
			c.report(r.Name.Pos, variableRule, "variable %q can't be read as vars.NAME", r.Name.Value)
		case c.exprs.secret[r.Of.Value]:
			c.report(r.Of.Pos, "compare it in the flow itself and give back what came of it", "the variable %q is secret", r.Of.Value)
		case its != nil && its.variable(r.Of.Value) == nil:
			c.report(r.Of.Pos, suggest("variables", r.Of.Value, its.names()), "no node of flow %q, or that it leads to, sets the variable %q", s.flow.name, r.Of.Value)
		}
		s.results = append(s.results, [2]string{r.Name.Value, r.Of.Value})
	}
	n.next = c.next(d, false) // whether it is silent is told when all flows are known
	s.back = len(d.links) - 1
}

// subflows checks, once all edges are known, that no flow runs inside itself, and finds which
// of them can come back without the caller doing anything.
func (c *compiler) subflows() {
	var runs []*draft
	for _, d := range c.drafts {
		if d.node.kind == kindSubFlow && d.node.sub != nil {
			runs = append(runs, d)
		}
	}
	if len(runs) == 0 {
		return
	}
	leads := c.leads()
	for _, d := range runs {
		if to := d.node.sub.flow; to != nil && inside(leads, to, d.node.flow) {
			c.report(d.src.SubFlow.Flow.Pos, "lead there by an edge, flow:"+to.name+", or give the part they share a flow of its own", "flow %q would run inside itself", d.node.flow.name)
			d.links[0].silent = false // told once
		}
	}
	backs := &returns{c: c, known: map[*node]bool{}}
	for _, d := range runs {
		if sub := d.node.sub; sub.flow != nil && sub.flow.start != nil && sub.back < len(d.links) {
			d.links[sub.back].silent = backs.silently(sub.flow.start)
		}
	}
}

// leads are the flows that each flow leads into, by edges and as sub-flows.
func (c *compiler) leads() map[*flow]map[*flow]bool {
	leads := map[*flow]map[*flow]bool{}
	for _, d := range c.drafts {
		for _, l := range d.links {
			if from := d.node.flow; l.to.flow != from {
				if leads[from] == nil {
					leads[from] = map[*flow]bool{}
				}
				leads[from][l.to.flow] = true
			}
		}
	}
	return leads
}

// inside reports whether one flow is, or leads to, another.
func inside(leads map[*flow]map[*flow]bool, from, to *flow) bool {
	seen := map[*flow]bool{from: true}
	for todo := []*flow{from}; len(todo) > 0; {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if f == to {
			return true
		}
		for next := range leads[f] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}

// returns finds which flows come back by silent edges alone.
type returns struct {
	c     *compiler
	known map[*node]bool
}

func (r *returns) silently(start *node) bool {
	if back, ok := r.known[start]; ok {
		return back
	}
	r.known[start] = false // of a flow inside itself, which has been told
	seen := map[*node]bool{start: true}
	for todo := []*node{start}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.kind == kindReturn {
			r.known[start] = true
			return true
		}
		for i, l := range r.c.drafts[n.id].links {
			silent := l.silent
			if n.sub != nil {
				silent = i == n.sub.back && n.sub.flow != nil && n.sub.flow.start != nil && r.silently(n.sub.flow.start)
			}
			if silent && !seen[l.to] {
				seen[l.to] = true
				todo = append(todo, l.to)
			}
		}
	}
	return false
}

// run begins a sub-flow.
func (st *step) run(n *node) (*node, string) {
	if len(st.Stack) >= maxDepth {
		return st.giveUp(n, fmt.Sprintf("flows run %d deep in one another already", maxDepth))
	}
	env, values, why := st.graph.env(st.now, &st.Vars), map[string]string{}, "run by "+n.flow.name+"/"+n.name
	for _, s := range n.sub.with {
		v, err := s.value.value(env)
		text := textOf(v)
		if err != nil || len(text) > longestText {
			why += fmt.Sprintf(", %s = %q could not be had", s.name, s.text)
			continue
		}
		values[s.name] = text
	}
	st.Stack = append(st.Stack, Frame{Flow: n.flow.name, Node: n.name, Values: st.Vars.Values})
	st.Vars.Values = values
	return n.sub.flow.start, why
}

// giveBack ends a sub-flow: the flow that ran it goes on, with its own variables and the results.
func (st *step) giveBack(n *node) (*node, string) {
	if len(st.Stack) == 0 {
		if st.waits() {
			return st.giveUp(n, "nothing more is said")
		}
		return n.flow.end, fmt.Sprintf("flow %s is nobody's part", n.flow.name)
	}
	top := st.Stack[len(st.Stack)-1]
	st.Stack = slices.Clip(st.Stack[:len(st.Stack)-1])
	its := st.Vars.Values
	st.Vars.Values = top.Values
	by := st.graph.find(top.Flow, top.Node)
	if by == nil || by.sub == nil {
		return st.giveUp(n, "what ran this flow is not there any more")
	}
	why := fmt.Sprintf("flow %s has ended", n.flow.name)
	for _, r := range by.sub.results {
		text, set := its[r[1]]
		if !set { // then ours is not either
			delete(st.Vars.Values, r[0])
			continue
		}
		if !st.assign(r[0], text) {
			why += fmt.Sprintf(", but there is no room for %s", r[0])
		}
	}
	return by.next, why
}

// find gives a node by name, or nil.
func (g *Graph) find(flow, node string) *node {
	if f := g.flows[flow]; f != nil {
		return f.nodes[node]
	}
	return nil
}
