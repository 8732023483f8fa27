package ivr

import "strings"

// onward tells the flows that a node's edges name. They are not resolved yet when it is asked: what leads into another
// flow is known by how it is written. A test looks that no edge of any kind is left out.
func (n *Node) onward(lead func(flow string)) {
	n.eachEdge(func(to At[string]) {
		if name, out := strings.CutPrefix(to.Value, "flow:"); out {
			lead(name)
		}
	})
}

func (n *Node) eachEdge(see func(At[string])) {
	keys := func(all []Key) {
		for i := range all {
			see(all[i].Next)
		}
	}
	see(n.Next)
	see(n.OnFault)
	n.asksEdges(see, keys)
	n.forkEdges(see)
	if n.HTTP != nil {
		keys(n.HTTP.OnStatus)
	}
	if n.Wait != nil {
		keys(n.Wait.Keys)
	}
}

// asksEdges are those of what asks somebody.
func (n *Node) asksEdges(see func(At[string]), keys func([]Key)) {
	if m := n.Menu; m != nil {
		keys(m.Keys)
		see(m.OnTimeout)
		see(m.OnInvalid)
	}
	if c := n.Collect; c != nil {
		see(c.OnTimeout)
		see(c.OnInvalid)
	}
	if l := n.Listen; l != nil {
		keys(l.Intents)
		keys(l.Keys)
		see(l.OnTimeout)
		see(l.OnNoMatch)
		see(l.OnDigits)
	}
	if t := n.Transfer; t != nil {
		see(t.OnBusy)
		see(t.OnNoAnswer)
		see(t.OnFailed)
	}
}

// forkEdges are those of what goes on by several ways.
func (n *Node) forkEdges(see func(At[string])) {
	if b := n.Branch; b != nil {
		for i := range b.Cases {
			see(b.Cases[i].Next)
		}
		see(b.Else)
	}
	if s := n.Split; s != nil {
		for i := range s.Shares {
			see(s.Shares[i].Next)
		}
	}
	if c := n.Calendar; c != nil {
		see(c.Open)
		see(c.Closed)
		see(c.Holiday)
	}
	if l := n.List; l != nil {
		see(l.Found)
		see(l.Else)
	}
}
