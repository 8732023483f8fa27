package ivr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/vm"

	"hotline/call"
)

// expression is a checked condition of a branch.
type expression struct{ program *vm.Program }

// exprEnv is what an expression can see. The tags are its words.
type exprEnv struct {
	Caller  exprCaller        `expr:"caller"`
	Called  string            `expr:"called"`
	Trunk   string            `expr:"trunk"`
	Now     time.Time         `expr:"now"` // in the zone of the site's first calendar
	Open    func(string) bool `expr:"open"`
	Holiday func(string) bool `expr:"holiday"`
}

type exprCaller struct {
	Class  string `expr:"class"`
	Level  string `expr:"level"`
	Number string `expr:"number"`
	Name   string `expr:"name"`
}

// exprWords are the names above, for who mistypes one.
const exprWords = `use caller.class, caller.level, caller.number, caller.name, called, trunk, now, open("calendar"), holiday("calendar")`

// builtins are the functions of expr-lang that a condition may call: those that cost
// little, read no clock and give the same result each time.
var builtins = [...]string{"len", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "indexOf", "int", "float", "string", "abs", "min", "max", "date", "duration"}

// expressions compiles conditions, each text once. It takes expr-lang's stages one by
// one, as its Compile would build the same configuration anew for each text, which
// costs more than all the rest.
type expressions struct {
	config    *conf.Config
	calendars []*call.Calendar
	done      map[string]compiled
}

type compiled struct {
	expression   *expression
	wrong, right string
}

func newExpressions(calendars []*call.Calendar) *expressions {
	config := conf.CreateNew()
	for _, option := range []expr.Option{expr.Env(exprEnv{}), expr.AsBool(), expr.DisableAllBuiltins()} {
		option(config)
	}
	for _, name := range builtins {
		expr.EnableBuiltin(name)(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	return &expressions{config: config, calendars: calendars, done: make(map[string]compiled)}
}

// compile checks a condition: its syntax, its types, and the names it gives in quotes.
func (e *expressions) compile(text string) (_ *expression, wrong, right string) {
	c, ok := e.done[text]
	if !ok {
		c = e.make(text)
		e.done[text] = c
	}
	return c.expression, c.wrong, c.right
}

func (e *expressions) make(text string) compiled {
	if strings.TrimSpace(text) == "" {
		return compiled{wrong: "the condition is empty", right: `write one, such as caller.class == "vip"`}
	}
	tree, err := checker.ParseCheck(text, e.config)
	if err != nil {
		return compiled{wrong: fmt.Sprintf("condition %q: %s", text, exprWrong(err)), right: exprWords}
	}
	lint := &exprLint{calendars: e.calendars}
	if ast.Walk(&tree.Node, lint); lint.wrong != "" {
		return compiled{wrong: fmt.Sprintf("condition %q: %s", text, lint.wrong), right: lint.right}
	}
	if err := optimizer.Optimize(&tree.Node, e.config); err != nil {
		return compiled{wrong: fmt.Sprintf("condition %q: %s", text, exprWrong(err)), right: exprWords}
	}
	program, err := exprcompiler.Compile(tree, e.config)
	if err != nil {
		return compiled{wrong: fmt.Sprintf("condition %q: %s", text, exprWrong(err)), right: exprWords}
	}
	return compiled{expression: &expression{program: program}}
}

// exprWrong is an error of expr-lang on one line.
func exprWrong(err error) string {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Sprintf("%s (its character %d)", at.Message, at.From+1)
	}
	return err.Error()
}

// holds evaluates the condition. An error (a text that is no number, say) is for
// the timeline; the case does not hold then.
func (x *expression) holds(env *exprEnv) (bool, error) {
	v, err := expr.Run(x.program, env)
	if err != nil {
		return false, fmt.Errorf("evaluating a condition: %w", err)
	}
	holds, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("evaluating a condition: it gave a %T", v)
	}
	return holds, nil
}

// exprLint looks for what the types cannot show: calendars and classes that do
// not exist, and the clock of the machine. It changes nothing.
type exprLint struct {
	calendars    []*call.Calendar
	wrong, right string
}

// Visit is called for each part of a condition.
func (l *exprLint) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.CallNode:
		l.call(n)
	case *ast.BuiltinNode:
		if !slices.Contains(builtins[:], n.Name) { // any, all and their like are not switched off with the others
			l.wrong, l.right = n.Name+" is not available here", "use "+strings.Join(builtins[:], ", ")
		}
	case *ast.BinaryNode:
		l.compare(n)
	case *ast.MemberNode:
		if p, ok := n.Property.(*ast.StringNode); ok && p.Value == "Local" {
			l.wrong, l.right = "now.Local() depends on the machine", "use now, which has the zone of the first calendar"
		}
	}
}

// call checks that a calendar is named in place and exists.
func (l *exprLint) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 1 || callee.Value != "open" && callee.Value != "holiday" {
		return // the types say the rest
	}
	name, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		l.wrong, l.right = callee.Value+" needs the name of a calendar in quotes", callee.Value+`("service")`
		return
	}
	var names []string
	for _, c := range l.calendars {
		if names = append(names, c.Name); c.Name == name.Value {
			return
		}
	}
	l.wrong, l.right = fmt.Sprintf("calendar %q is unknown", name.Value), suggest("calendars", name.Value, names)
}

// compare checks the class a caller's is compared with, and that no range is counted out.
func (l *exprLint) compare(n *ast.BinaryNode) {
	if n.Operator == ".." {
		l.wrong, l.right = "a range is not available here", "compare with its ends, as in now.Hour() >= 8 && now.Hour() < 20"
	}
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		member, ok := pair[0].(*ast.MemberNode)
		text, isText := pair[1].(*ast.StringNode)
		if !ok || !isText || (n.Operator != "==" && n.Operator != "!=") || member.String() != "caller.class" {
			continue
		}
		var class call.CallerClass
		if class.UnmarshalText([]byte(text.Value)) != nil {
			l.wrong, l.right = fmt.Sprintf("no caller has the class %q", text.Value), "the classes are normal, vip, blocked"
		}
	}
}

// env is what an expression sees at a moment of a session.
func (g *Graph) env(now time.Time, v *Vars) *exprEnv {
	if len(g.calendars) > 0 {
		now = now.In(g.calendars[0].Location())
	}
	return &exprEnv{
		Caller: exprCaller{Class: v.Caller.Class.String(), Level: v.Caller.Level, Number: v.Caller.Number, Name: v.Caller.Name},
		Called: v.Called, Trunk: v.Trunk, Now: now,
		Open: func(name string) bool {
			c := g.calendar(name)
			return c != nil && c.IsOpen(now)
		},
		Holiday: func(name string) bool {
			c := g.calendar(name)
			if c == nil {
				return false
			}
			_, is := c.HolidayAt(now)
			return is
		},
	}
}

func (g *Graph) calendar(name string) *call.Calendar {
	for _, c := range g.calendars {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// greeting is the prompt that replaces welcome at a moment, or none.
func (g *Graph) greeting(now time.Time) string {
	for _, c := range g.calendars {
		if name := c.Greeting(now); name != "" {
			return name
		}
	}
	return ""
}
