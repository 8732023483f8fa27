package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NodeView is a node of a checked flow, for pictures and lists.
type NodeView struct {
	Name  string
	Kind  string
	Words string // what it does, in a few words
	Edges []EdgeView
}

// EdgeView is a way on from a node.
type EdgeView struct {
	Label string // a key, a condition, open, timeout, …; empty: what just follows
	Flow  string
	Node  string
}

// View gives a flow's nodes: its start first, then in the order in which edges lead to them; the
// built-in ends last, where an edge leads to them. nil: there is no such flow.
func (g *Graph) View(name string) []NodeView {
	f := g.flows[name]
	if f == nil || f.start == nil {
		return nil
	}
	var out []NodeView
	seen := map[*node]bool{f.start: true}
	for todo := []*node{f.start}; len(todo) > 0; todo = todo[1:] {
		n := todo[0]
		v := NodeView{Name: n.name, Kind: n.kind.String(), Words: n.brief()}
		for _, e := range n.edges() {
			v.Edges = append(v.Edges, EdgeView{Label: e.label, Flow: e.to.flow.name, Node: e.to.name})
			if e.to.flow == f && !seen[e.to] {
				seen[e.to] = true
				todo = append(todo, e.to)
			}
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b NodeView) int { return ends(a) - ends(b) })
	return out
}

// ends puts the built-in ends last.
func ends(v NodeView) int {
	if (v.Name == endName || v.Name == returnName) && len(v.Edges) == 0 {
		return 1
	}
	return 0
}

// way is an edge while it is gathered.
type way struct {
	label string
	to    *node
}

// edges are a node's ways on, those that lead to the same node as one.
func (n *node) edges() []way {
	var ways []way
	add := func(label string, to *node) {
		if to == nil {
			return
		}
		for i := range ways {
			if ways[i].to == to {
				if ways[i].label != "" && label != "" { // a bad case that goes where it goes anyhow is not told
					ways[i].label += ", " + label
				}
				return
			}
		}
		ways = append(ways, way{label, to})
	}
	if n.listen != nil {
		for _, intent := range n.listen.verb.Intents {
			add(intent, n.listen.intents[intent])
		}
	}
	if n.choice != nil {
		for i, to := range n.choice.keys {
			add(string(keyNames[i]), to)
		}
	}
	for i := range n.cases {
		add(n.cases[i].text, n.cases[i].next)
	}
	for i := range n.shares {
		add(fmt.Sprintf("%d %%", n.shares[i].percent), n.shares[i].next)
	}
	n.lookWays(add)
	n.nextWays(add)
	return ways
}

// lookWays are the edges of what looks outwards.
func (n *node) lookWays(add func(string, *node)) {
	if l := n.look; l != nil {
		add("open", l.open)
		add("closed", l.closed)
		add("holiday", l.holiday)
		add("found", l.found)
		add("else", l.none)
	}
	if n.ask != nil {
		for _, status := range slices.Sorted(maps.Keys(n.ask.statuses)) {
			add(fmt.Sprint(status), n.ask.statuses[status])
		}
	}
	if n.sub != nil && n.sub.flow != nil {
		add("runs", n.sub.flow.start)
	}
}

// nextWays are what follows, and the bad cases.
func (n *node) nextWays(add func(string, *node)) {
	switch n.kind {
	case kindBranch:
		add("else", n.next)
	case kindWait:
		add("", n.next)
	case kindVerify:
	case kindMenu: // its next stands behind the bad cases
		add("no key", n.choice.onTimeout)
		add("wrong key", n.choice.onInvalid)
		add("fault", n.onFault)
	case kindListen:
		add("digits", n.listen.digits)
		add("silence", n.choice.onTimeout)
		add("no match", n.choice.onInvalid)
		add("fault", n.onFault)
	case kindCollect:
		add("", n.next)
		add("no digit", n.choice.onTimeout)
		add("wrong", n.choice.onInvalid)
		add("fault", n.onFault)
	case kindTransfer:
		add("", n.next)
		add("busy", n.transfer.busy)
		add("no answer", n.transfer.noAnswer)
		add("failed", n.transfer.failed)
	default:
		add("", n.next)
		add("fault", n.onFault)
	}
}

// brief says in short what a node does.
func (n *node) brief() string {
	switch n.kind {
	case kindPlay, kindSay, kindMenu, kindSurvey, kindCollect:
		return n.words.brief()
	case kindListen:
		return strings.TrimSpace(n.words.brief() + " " + n.listen.verb.Service)
	case kindSplit:
		return fmt.Sprintf("%d ways", len(n.shares))
	case kindQueue:
		return n.queue
	case kindVoicemail:
		return n.mailbox
	case kindTransfer:
		return strings.TrimSpace(n.transfer.dial.Number + " " + n.transfer.dial.Site)
	case kindLanguage:
		return n.language
	case kindHTTP, kindWebhook, kindTicket, kindCallback:
		return n.ask.name
	case kindCalendar:
		return n.look.calendar.Name
	case kindList:
		return n.look.list.Name
	case kindSubFlow:
		return n.sub.flow.name
	case kindWait:
		return strings.TrimSpace(n.wait.after.String() + " " + n.wait.music)
	case kindHangup:
		return n.cause.String()
	case kindSet:
		var names []string
		for _, s := range n.sets {
			names = append(names, s.name)
		}
		return strings.Join(names, ", ")
	default:
		return ""
	}
}
