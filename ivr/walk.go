package ivr

import (
	"slices"
	"strings"
)

// mark is how far a walk over the drafts has come with one of them.
type mark uint8

const (
	markNone mark = iota
	markOpen      // on the path being walked
	markDone
)

// reach reports the nodes of a flow that no edge leads to.
func (c *compiler) reach(s source) {
	if s.flow.start == nil {
		return // reported already; every node would be
	}
	seen := map[*node]bool{s.flow.start: true}
	for todo := []*node{s.flow.start}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, l := range c.drafts[n.id].links {
			// What another flow leads to is that flow's business.
			if l.to.flow == s.flow && !seen[l.to] {
				seen[l.to] = true
				todo = append(todo, l.to)
			}
		}
	}
	for i := range s.own {
		d := &s.own[i]
		if !seen[d.node] && s.flow.nodes[d.node.name] == d.node {
			c.report(d.src.Name.Pos, "lead an edge to it, or remove it", "node %q can never be reached", d.node.name)
		}
	}
}

// visit is a draft on the path of the walk for loops, and its next link to try.
type visit struct {
	draft *draft
	link  int
}

// loops reports every way round in which neither caller nor agent does anything: it
// would hold a line that has gone dead for ever, or, without a prompt in it, the processor.
func (c *compiler) loops() {
	for _, d := range c.drafts {
		if d.mark == markNone {
			c.walk(d)
		}
	}
}

// walk goes depth first over the silent links from a draft. It keeps its own
// stack, as a flow may be as long as the site's owner likes.
func (c *compiler) walk(from *draft) {
	from.mark = markOpen
	for path := []visit{{draft: from}}; len(path) > 0; {
		top := &path[len(path)-1]
		if top.link == len(top.draft.links) {
			top.draft.mark = markDone
			path = path[:len(path)-1]
			continue
		}
		l := top.draft.links[top.link]
		top.link++
		to := c.drafts[l.to.id]
		switch {
		case !l.silent || to.mark == markDone:
		case to.mark == markOpen:
			c.report(l.pos, "lead one of these edges to a menu, a queue or hangup", "%s goes round without the caller doing anything", round(path, to))
		default:
			to.mark = markOpen
			path = append(path, visit{draft: to})
		}
	}
}

// mostNamed is how many nodes of a loop a problem names.
const mostNamed = 12

// round names the nodes of a loop in order.
func round(path []visit, to *draft) string {
	first := len(path) - 1
	for path[first].draft != to {
		first--
	}
	names := make([]string, 0, mostNamed+2)
	for _, v := range path[first:] {
		if len(names) == mostNamed {
			names = append(names, "…")
			break
		}
		names = append(names, v.draft.node.name)
	}
	return strings.Join(append(names, to.node.name), " → ")
}

// menus notes which flows can come to a menu, in themselves or in a flow they go on in.
func (c *compiler) menus() {
	for id, leads := range c.leadTo(kindMenu, kindListen) {
		if n := c.drafts[id].node; leads && n == n.flow.start {
			n.flow.hasMenu = true
		}
	}
}

// leadTo finds from which nodes, by their ids, a node of one of these kinds can be come to.
func (c *compiler) leadTo(which ...kind) []bool {
	from := make([][]*node, len(c.drafts)) // the links turned round
	var todo []*node
	for _, d := range c.drafts {
		if slices.Contains(which, d.node.kind) {
			todo = append(todo, d.node)
		}
		for _, l := range d.links {
			from[l.to.id] = append(from[l.to.id], d.node)
		}
	}
	leads := make([]bool, len(c.drafts))
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if leads[n.id] {
			continue
		}
		leads[n.id] = true
		todo = append(todo, from[n.id]...)
	}
	return leads
}
