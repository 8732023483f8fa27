package ivr

import (
	"maps"
	"slices"

	"hotline/call"
)

// variable is a variable as the nodes of one flow see it: by what can have set it before a caller comes to them.
type variable struct {
	is      varType
	by      Pos // the node that gave it its type
	setters []*setter
	// clash is a setter whose type does not fit, or nil. Only who reads the variable is told.
	clash *setter
}

// scope is what a flow sees of variables: those its nodes set, and those of flows that lead to it: by edges, and
// by queues to what is heard there and to where they give callers up. A flow run as a part sees only what it is given.
type scope struct {
	of    *flow
	above map[*flow]bool // the flows that lead here, this one too; nil: not looked for yet
	vars  map[string]*variable
	all   *names
}

// setter is a node's giving a variable a value. Its type is what the node says, else what the expression
// gives as its flow sees it, else that of the variable of a part.
type setter struct {
	name At[string]
	home *flow // that has the variable: of what a part is given, the part
	said varType
	text At[string]
	in   *scope
	from *variable

	is   varType // as far as it is known
	sees []*variable
}

// names gathers who sets what.
type names struct {
	scopes  map[*flow]*scope
	from    map[*flow][]*flow // the flows that lead to each
	secret  map[string]bool   // by name, over the whole site: what is secret somewhere is so wherever it can come to
	setters map[string][]*setter
	order   []*setter
}

// variables finds the flows that see one another's variables, and what each of their nodes sets.
func (c *compiler) variables() *names {
	v := &names{scopes: map[*flow]*scope{}, from: c.ledFrom(), secret: map[string]bool{}, setters: map[string][]*setter{}}
	for _, s := range c.sources {
		v.scopes[s.flow] = &scope{of: s.flow, vars: map[string]*variable{}, all: v}
	}
	for _, s := range c.sources {
		for j := range s.src.Nodes {
			v.node(c, s.flow, &s.src.Nodes[j])
		}
	}
	return v
}

func (v *names) node(c *compiler, f *flow, n *Node) {
	if n.Set != nil {
		v.settings(n.Set.Values, f, f)
	}
	if n.SubFlow != nil {
		v.part(c, f, n.SubFlow)
	}
	if n.Collect != nil {
		v.add(f, n.Collect.Into, typeText, n.Collect.Secret.Value)
	}
	if n.Survey != nil && n.Survey.Into.IsSet() {
		v.add(f, n.Survey.Into, typeText, false)
	}
	if n.List != nil {
		v.columns(c, f, n.List)
	}
	if n.HTTP != nil {
		v.picks(f, n.HTTP.Into)
	}
	if n.Listen != nil {
		v.picks(f, n.Listen.Into)
		if digits := n.Listen.Digits; digits != nil {
			v.add(f, digits.Into, typeText, false)
		}
	}
	if n.Ticket != nil && n.Ticket.Number.IsSet() {
		v.add(f, n.Ticket.Number, typeText, false)
	}
}

// columns notes what is taken over from a caller list. Of a list or column that is not there, which is told elsewhere, nothing is known.
func (v *names) columns(c *compiler, f *flow, n *ListNode) {
	l := c.known.Lists[n.List.Value]
	for _, p := range n.Into {
		is, secret := typeNone, false
		if l != nil {
			if at := l.column(p.Column.Value); at >= 0 {
				is, secret = pickedTypes[l.Columns[at].Type], l.Columns[at].Secret
			}
		}
		v.add(f, p.Name, is, secret)
	}
}

// picks notes what is taken over from a service's answer.
func (v *names) picks(f *flow, into []Pick) {
	for _, p := range into {
		v.add(f, p.Name, pickType(p.Type.Value), p.Secret.Value)
	}
}

// part notes what a flow run as a part is given, and what it gives back. Of one that is not there, which is told
// elsewhere, nothing is known.
func (v *names) part(c *compiler, f *flow, src *SubFlow) {
	its := c.graph.flows[src.Flow.Value]
	v.settings(src.With, its, f)
	for _, r := range src.Results {
		s := v.sets(&setter{name: r.Name, home: f})
		if its != nil {
			s.from = &variable{} // until all setters are known
			s.in, s.text = v.scopes[its], r.Of
		}
	}
}

func (v *names) settings(values []SetValue, home, in *flow) {
	for _, s := range values {
		v.sets(&setter{name: s.Name, home: home, text: s.Value, in: v.scopes[in]})
	}
}

func (v *names) add(home *flow, name At[string], is varType, secret bool) {
	v.sets(&setter{name: name, home: home, said: is})
	if secret {
		v.secret[name.Value] = true
	}
}

func (v *names) sets(s *setter) *setter {
	v.setters[s.name.Value] = append(v.setters[s.name.Value], s)
	v.order = append(v.order, s)
	return s
}

// variable is the one of a name as the flow sees it, or nil: nothing that leads here sets it.
func (s *scope) variable(name string) *variable {
	if v, known := s.vars[name]; known {
		return v
	}
	var v *variable
	for _, by := range s.all.setters[name] {
		if !s.under(by.home) {
			continue
		}
		if v == nil {
			v = &variable{}
		}
		v.setters, by.sees = append(v.setters, by), append(by.sees, v)
	}
	if s.vars[name] = v; v != nil {
		v.settle()
	}
	return v
}

// under reports whether a flow leads here.
func (s *scope) under(f *flow) bool {
	if s.above == nil {
		s.above = map[*flow]bool{s.of: true}
		for todo := []*flow{s.of}; len(todo) > 0; todo = todo[1:] {
			for _, from := range s.all.from[todo[0]] {
				if !s.above[from] {
					s.above[from] = true
					todo = append(todo, from)
				}
			}
		}
	}
	return s.above[f]
}

// names are the variables that the flow can see.
func (s *scope) names() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(s.all.setters)) {
		if s.variable(name) != nil {
			all = append(all, name)
		}
	}
	return all
}

// pickType is the type of what is taken over from a service's answer.
func pickType(word string) varType {
	var t call.PickType
	if word != "" && t.UnmarshalText([]byte(word)) != nil {
		return typeText // reported where it is written
	}
	return pickedTypes[t]
}

// pickedTypes are what variables hold that take such values over.
var pickedTypes = [...]varType{call.PickText: typeText, call.PickNumber: typeNumber, call.PickWhole: typeWhole, call.PickTruth: typeTruth, call.PickDate: typeMoment}
