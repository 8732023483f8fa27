package ivr

import (
	"fmt"
	"strings"

	"hotline/call"
)

// Known is what the site has beside its flows, for the checks.
type Known struct {
	Queues    map[string]bool
	Prompts   map[string]bool // shipped ones and the site's own
	Mailboxes map[string]bool // queues and agents
	Trunks    map[string]bool // by which public numbers can be called
	Sites     map[string]bool // other sites that a trunk leads to
	// Calendars in the order of their declaration: the first one that has a greeting
	// for the moment replaces the prompt "welcome" by it.
	Calendars []*call.Calendar
	Lists     map[string]*List // caller lists
	Services  map[string]bool  // that an http node may ask
	Webhooks  map[string]bool  // that a webhook node may tell
	// Speech are the services that a listen node may have hear the caller, each with the intents it has; none: not said.
	Speech map[string][]string
	// Experiences are the flows that waiting callers hear, each with a queue that has it.
	Experiences map[string]string
	// Onward are the flows that callers of a queue can come to with the variables they bring: what they hear, and what
	// its rules, or those of the queues these lead to, give them up into.
	Onward map[string][]string
}

// Problem is a mistake in a flow.
type Problem struct {
	Pos   Pos
	Wrong string // what is wrong
	Right string // what would be right
}

// The prompts the interpreter itself plays or replaces.
const (
	promptWelcome = "welcome"
	promptInvalid = "invalid_key"
	promptBeep    = "beep"
)

// Compile checks flows and makes the graph that sessions walk. It finds every
// mistake, in the order of the flows; with any, the graph is nil.
func Compile(flows []Flow, known Known) (*Graph, []Problem) {
	c := &compiler{
		known: known,
		graph: &Graph{flows: make(map[string]*flow, len(flows)), calendars: known.Calendars, lists: known.Lists, beep: []string{promptBeep}},
	}
	if known.Prompts[promptMusic] {
		c.graph.music = promptMusic
	}
	if known.Prompts[promptInvalid] {
		c.graph.invalid = []string{promptInvalid}
	}
	for i := range flows {
		c.declare(&flows[i])
	}
	for _, s := range c.sources {
		c.start(s)
	}
	vars := c.variables()
	c.varsOf = vars.scopes
	c.exprs = newExpressions(known, vars.secret)
	c.exprs.infer(vars)
	for _, d := range c.drafts {
		c.exprs.scope = vars.scopes[d.node.flow]
		c.node(d)
	}
	c.selfish(vars)
	c.subflows()
	c.experiences()
	c.verifications()
	for _, s := range c.sources {
		c.reach(s)
	}
	c.loops()
	c.menus()
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return c.graph, nil
}

// compiler is the work of one Compile.
type compiler struct {
	known    Known
	graph    *Graph
	exprs    *expressions
	varsOf   map[*flow]*scope
	sources  []source
	drafts   []*draft // by node.id
	problems []Problem
}

// source is a flow with what was written.
type source struct {
	flow *flow
	src  *Flow
	own  []draft
}

// draft is a node being checked, with what was written.
type draft struct {
	node  *node
	src   *Node
	links []link
	mark  mark
	// Where, if anywhere, it reads figures of the queue, and whether the walk for experiences has come to it
	// with a caller who waits, and with one who has left the queue.
	reads        Pos
	inside, left bool
}

// link is an edge as the checks see it.
type link struct {
	to     *node
	silent bool // can be taken without the caller, or an agent, doing anything
	pos    Pos
}

func (c *compiler) report(pos Pos, right string, wrong string, args ...any) {
	c.problems = append(c.problems, Problem{Pos: pos, Wrong: fmt.Sprintf(wrong, args...), Right: right})
}

// declare makes a flow's nodes, so that edges can be resolved in any order.
func (c *compiler) declare(src *Flow) {
	name := src.Name
	if !src.BuiltIn {
		c.name("flow", name, name.Pos)
	}
	f := &flow{name: name.Value, nodes: make(map[string]*node, len(src.Nodes)), announces: src.Announces}
	f.end = &node{flow: f, name: endName, kind: kindHangup, cause: call.CauseFlowEnd}
	if c.graph.flows[name.Value] != nil {
		c.report(name.Pos, "give each flow a name of its own", "flow %q is declared twice", name.Value)
	} else {
		c.graph.flows[name.Value] = f
	}
	f.ret = &node{flow: f, name: returnName, kind: kindReturn}
	// A flow's nodes lie together: a site may have hundreds of thousands.
	nodes, drafts := make([]node, len(src.Nodes)), make([]draft, len(src.Nodes)+2)
	for i := range src.Nodes {
		drafts[i] = draft{node: &nodes[i], src: &src.Nodes[i]}
		c.declareNode(f, &drafts[i])
		c.enrol(&drafts[i])
	}
	drafts[len(src.Nodes)] = draft{node: f.end}
	c.enrol(&drafts[len(src.Nodes)])
	drafts[len(src.Nodes)+1] = draft{node: f.ret}
	c.enrol(&drafts[len(src.Nodes)+1])
	c.sources = append(c.sources, source{flow: f, src: src, own: drafts[:len(src.Nodes)]})
}

func (c *compiler) declareNode(f *flow, d *draft) {
	n, src := d.node, d.src
	name := src.Name
	c.name("node", name, name.Pos)
	n.flow, n.name, n.kind = f, name.Value, c.kindOf(src)
	switch {
	case name.Value == endName || name.Value == returnName:
		c.report(name.Pos, "use another name", "node name %q is the built-in end's", name.Value)
	case f.nodes[name.Value] != nil:
		c.report(name.Pos, "give each node of a flow a name of its own", "node %q is declared twice in flow %q", name.Value, f.name)
	default:
		f.nodes[name.Value] = n
	}
}

// enrol gives a draft its number.
func (c *compiler) enrol(d *draft) {
	d.node.id = len(c.drafts)
	c.drafts = append(c.drafts, d)
}

// name checks that a name can be written as an edge.
func (c *compiler) name(what string, name At[string], pos Pos) {
	if name.Value == "" || strings.ContainsAny(name.Value, ": \t\r\n") {
		c.report(pos, "use letters, digits, _ and -", "%s name %q is empty or has a space or a colon", what, name.Value)
	}
}

// start resolves a flow's first node.
func (c *compiler) start(s source) {
	if len(s.src.Nodes) == 0 {
		c.report(s.src.Name.Pos, "give it at least one", "flow %q has no nodes", s.flow.name)
		return
	}
	first := s.src.Nodes[0].Name.Value
	if !s.src.Start.IsSet() {
		c.report(s.src.Name.Pos, fmt.Sprintf("add start: %s", first), "flow %q does not say where it starts", s.flow.name)
		return
	}
	name := s.src.Start.Value
	if s.flow.start = s.flow.nodes[name]; s.flow.start == nil {
		c.report(s.src.Start.Pos, suggest("nodes", name, keysOf(s.flow.nodes)), "flow %q starts at %q, which is no node of it", s.flow.name, name)
	}
}
