package ivr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// binder puts the reading of a variable by its type in the place of vars.NAME, so that expr-lang checks what is
// done with it, and finds variables that nobody sets.
type binder struct {
	scope  *scope
	secret map[string]bool // that may not be read here
	loose  bool            // one has no type
	bare   int             // how often vars stands by itself
	names  []string

	wrong, right string
}

func (b *binder) bind(tree *ast.Node) {
	ast.Walk(tree, b)
	if b.bare > 0 && b.wrong == "" {
		b.wrong, b.right = "vars needs the name of a variable", "vars.amount"
	}
}

// Visit is called for each part of an expression, what stands inside first.
func (b *binder) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.IdentifierNode:
		switch n.Value {
		case "vars":
			b.bare++
		case "$env": // by it all could be read
			b.wrong, b.right = "$env is not available here", exprWords
		}
	case *ast.MemberNode:
		if of, ok := n.Node.(*ast.IdentifierNode); ok && of.Value == "vars" {
			b.member(at, n)
		}
	case *ast.CallNode:
		if of, ok := n.Callee.(*ast.IdentifierNode); ok && of.Value == "has" && len(n.Arguments) == 1 {
			b.set(n.Arguments[0])
		}
	}
}

// member is a vars.NAME.
func (b *binder) member(at *ast.Node, n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return // stays bare
	}
	b.bare--
	b.names = append(b.names, name.Value)
	if b.scope == nil || !b.known(name.Value) {
		return
	}
	is := b.scope.variable(name.Value).is
	b.loose = b.loose || is == typeNone
	if is != typeText {
		ast.Patch(at, &ast.CallNode{Callee: &ast.IdentifierNode{Value: accessors[is]}, Arguments: []ast.Node{name}})
	}
}

// set is a has("NAME").
func (b *binder) set(arg ast.Node) {
	name, ok := arg.(*ast.StringNode)
	if !ok {
		b.wrong, b.right = "has needs the name of a variable in quotes", `has("amount")`
		return
	}
	b.names = append(b.names, name.Value)
	if b.scope != nil {
		b.known(name.Value)
	}
}

// known checks that a variable is set by a node from which callers can come here, and may be read.
func (b *binder) known(name string) bool {
	if b.secret[name] {
		b.wrong, b.right = fmt.Sprintf("the variable %q is secret", name), "compare it in a branch; it can't be said or copied"
		return false
	}
	switch v := b.scope.variable(name); {
	case v == nil:
		b.wrong, b.right = fmt.Sprintf("no node sets the variable %q", name), suggest("variables", name, b.scope.names())
	case v.clash != nil:
		b.wrong = fmt.Sprintf("the variable %q is %s at %s, and %s at %s", name, v.is, v.by, v.clash.is, v.clash.name.Pos)
		b.right = "give it one type, by string(…), int(…) or float(…), or another name"
	default:
		return true
	}
	return false
}

// reads are the variables that a text names, in order.
func (e *expressions) reads(text string) []string {
	if !strings.Contains(text, "vars") && !strings.Contains(text, "has") {
		return nil
	}
	names, known := e.read[text]
	if !known {
		if tree, err := parser.ParseWithConfig(text, e.values); err == nil {
			b := &binder{}
			b.bind(&tree.Node)
			slices.Sort(b.names)
			names = slices.Compact(b.names)
		}
		e.read[text] = names
	}
	return names
}

// key tells apart what a text can be: by the types of the variables it reads.
func (e *expressions) key(text string) string {
	names := e.reads(text)
	if len(names) == 0 {
		return text
	}
	key := []byte(text)
	for _, name := range names {
		v := e.scope.variable(name)
		switch {
		case v == nil: // what is there instead is told
			key = append(key, 0, '-')
			key = append(key, e.scope.of.name...)
		case v.clash != nil:
			key = append(key, 0, '!')
			key = append(key, e.scope.of.name...)
		default:
			key = append(key, 0, '0'+byte(v.is))
		}
	}
	return string(key)
}
