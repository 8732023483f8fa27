package ivr

// HandsOn names a node, as flow/node, by which callers of a flow can come to somebody else: a queue, a transfer or a
// callback. Empty: none can.
func (g *Graph) HandsOn(name string) string {
	f := g.flows[name]
	if f == nil || f.start == nil {
		return ""
	}
	seen := map[*node]bool{f.start: true}
	for todo := []*node{f.start}; len(todo) > 0; todo = todo[1:] {
		n := todo[0]
		switch n.kind {
		case kindQueue, kindTransfer, kindCallback:
			return n.flow.name + "/" + n.name
		default:
		}
		for _, e := range n.edges() {
			if !seen[e.to] {
				seen[e.to] = true
				todo = append(todo, e.to)
			}
		}
	}
	return ""
}
