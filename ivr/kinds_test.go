package ivr

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryKindIsWhole names what has been forgotten of a kind of node: its name, its check, what it does, its line in the docs.
func TestEveryKindIsWhole(t *testing.T) {
	require.Len(t, kinds, len(nodeKinds), "a name for each kind")
	docs, err := os.ReadFile("../docs/ivr.md")
	require.NoError(t, err)
	does := casesOfPerform(t)
	for k := kindPlay; k < kindReturn; k++ {
		require.NotNil(t, nodeKinds[k].is, "%s can't be written", k)
		require.NotNil(t, nodeKinds[k].check, "%s is not checked", k)
		require.Contains(t, string(docs), "\n| "+k.String()+" | ", "%s has no line in docs/ivr.md", k)
		require.True(t, does[k] || k == kindHangup, "%s does nothing", k)
	}
}

// casesOfPerform are the kinds that perform has cases for: how many kinds it names, one for one with those above.
func casesOfPerform(t *testing.T) map[kind]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "step.go", nil, 0)
	require.NoError(t, err)
	named := map[string]bool{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "perform" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CaseClause); ok {
				for _, e := range c.List {
					named[e.(*ast.Ident).Name] = true
				}
			}
			return true
		})
	}
	constants, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, 0)
	require.NoError(t, err)
	does, next := map[kind]bool{}, kindNone
	ast.Inspect(constants, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "kind") && v.Names[0].Name != "kinds" {
			does[next] = named[v.Names[0].Name]
			next++
		}
		return true
	})
	require.Equal(t, kindReturn+1, next)
	return does
}
