// Package deptest reads the source tree and reports where it breaks rules 1–4
// of docs/architecture.md: which room may import which, and what a pure room
// may not do. It works on the source alone, every build tag included, so that a
// room that does not build at the moment is judged like the others.
package deptest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path of this module; imports below it are rooms.
const module = "hotline"

// Breach is one place where a rule is broken.
type Breach struct {
	File  string // from the root
	Line  int
	Rule  int    // of docs/architecture.md
	Words string // what is wrong, and what would be right
}

func (b Breach) String() string {
	return fmt.Sprintf("%s:%d: rule %d: %s", b.File, b.Line, b.Rule, b.Words)
}

// Check reads every Go file below root and returns the breaches, by file and
// line. Test files and the folder test may import what they need; they are
// not judged. An error means that the tree could not be read.
func Check(root fs.FS) ([]Breach, error) {
	var breaches []Breach
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(file, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		found, err := checkFile(file, text)
		breaches = append(breaches, found...)
		return err
	})
	slices.SortFunc(breaches, func(a, b Breach) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return breaches, err
}

// skipped is folders without judged source: tests, data, foreign code.
func skipped(dir, name string) bool {
	return dir == "test" || name == "testdata" || name == "node_modules" || name == "vendor" ||
		name != "." && strings.HasPrefix(name, ".")
}

// checker judges one file.
type checker struct {
	file     string
	set      *token.FileSet
	breaches []Breach
}

func checkFile(file string, text []byte) ([]Breach, error) {
	c := &checker{file: file, set: token.NewFileSet()}
	tree, err := parser.ParseFile(c.set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("deptest: %w", err)
	}
	dir := path.Dir(file)
	r, known := roomOf(dir)
	if !known {
		c.add(tree.Package, 4, "folder %s is in no room; a new one needs a line in internal/deptest and a reason in docs/decisions", dir)
		return c.breaches, nil
	}
	for _, spec := range tree.Imports {
		c.checkImport(dir, r, spec)
	}
	if r.pure {
		c.checkPure(tree)
	}
	return c.breaches, nil
}

func (c *checker) add(at token.Pos, rule int, words string, args ...any) {
	c.breaches = append(c.breaches, Breach{
		File: c.file, Line: c.set.Position(at).Line, Rule: rule, Words: fmt.Sprintf(words, args...),
	})
}

func (c *checker) checkImport(dir string, r room, spec *ast.ImportSpec) {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return // the parser has accepted it, so it can be unquoted
	}
	inner, ours := strings.CutPrefix(name, module+"/")
	switch {
	case ours && !r.may(dir, inner):
		c.add(spec.Pos(), r.rule(), "%s may not import %s; it may import %s", dir, inner, list(r.imports))
	case ours:
	case !r.pure:
	case standard(name) && !pureStandard(name):
		c.add(spec.Pos(), 1, "%s is pure and may not import %s", dir, name)
	case !standard(name) && !slices.ContainsFunc(r.libraries, func(l string) bool { return within(name, l) }):
		c.add(spec.Pos(), 1, "%s is pure and may not import %s; of libraries it may import %s", dir, name, list(r.libraries))
	}
	if r.pure && spec.Name != nil && spec.Name.Name == "." {
		c.add(spec.Pos(), 1, "a dot import hides what a pure package calls; import %s by name", name)
	}
}

// checkPure looks for what a pure package must not do: start goroutines, ask
// the clock, wait, print.
func (c *checker) checkPure(tree *ast.File) {
	names := map[string]string{} // as used in the file, to import path
	for _, spec := range tree.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // as above
		}
		as := path.Base(name)
		if spec.Name != nil {
			as = spec.Name.Name
		}
		names[as] = name
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			c.add(n.Pos(), 1, "a pure package starts no goroutine")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && impure(names[x.Name], n.Sel.Name) {
				c.add(n.Pos(), 1, "a pure package does not use %s.%s; time comes in with the input, words go out with the output", x.Name, n.Sel.Name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
				c.add(n.Pos(), 1, "a pure package prints nothing")
			}
		}
		return true
	})
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// standard is true for packages of the standard library, whose first element has no dot.
func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".")
}

// within is true for a package and those below it.
func within(name, parent string) bool { return name == parent || strings.HasPrefix(name, parent+"/") }
