package ivr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"hotline/call"
)

// expression is a checked condition of a branch, or a checked value.
type expression struct{ program *vm.Program }

// exprEnv is what an expression can see. The tags are its words.
type exprEnv struct {
	Caller  exprCaller        `expr:"caller"`
	Called  string            `expr:"called"`
	Trunk   string            `expr:"trunk"`
	Now     time.Time         `expr:"now"` // in the zone of the site's first calendar
	Open    func(string) bool `expr:"open"`
	Holiday func(string) bool `expr:"holiday"`
	Vars    map[string]string `expr:"vars"` // what nodes have set; empty before

	Language string            `expr:"language"` // zh or en
	Listed   func(string) bool `expr:"listed"`   // on a caller list
	Queue    exprQueue         `expr:"queue"`    // he waits in; in an experience only

	Same func(string, string) bool `expr:"same"` // of two secrets

	Has func(string) bool `expr:"has"` // a variable has been set
	// Variables by their type: the binder puts these in the place of vars.NAME.
	Any    func(string) any           `expr:"any of vars"`
	Whole  func(string) int           `expr:"whole of vars"`
	Number func(string) float64       `expr:"number of vars"`
	Truth  func(string) bool          `expr:"truth of vars"`
	Moment func(string) time.Time     `expr:"moment of vars"`
	Length func(string) time.Duration `expr:"length of vars"`
}

type exprCaller struct {
	Class  string `expr:"class"`
	Level  string `expr:"level"`
	Number string `expr:"number"`
	Name   string `expr:"name"`
	Calls  int    `expr:"calls"` // he has made lately, before this one
}

// builtins are the functions of expr-lang that a condition may call: those that cost
// little, read no clock and give the same result each time.
var builtins = [...]string{"len", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "indexOf", "int", "float", "string", "abs", "min", "max", "date", "duration"}

// expressions compiles conditions, each text once. It takes expr-lang's stages one by
// one, as its Compile would build the same configuration anew for each text, which
// costs more than all the rest.
type expressions struct {
	config *conf.Config // of conditions
	values *conf.Config // of what gives any value
	known  Known
	scope  *scope              // of the flow whose node is checked
	secret map[string]bool     // variables that may be compared, and sent to a service, only
	read   map[string][]string // the variables a text reads
	// By the text, and the types of what it reads.
	done     map[string]compiled
	valued   map[string]compiled
	sendable map[string]compiled

	readQueue, readPlace bool // by the expressions of the node being checked
	readWho              bool // who calls, by those looked at since it was reset
}

type compiled struct {
	queue, place bool // it reads something of the queue, or figures of the caller's place
	who          bool // it reads the caller's number or name

	expression   *expression
	gives        string // the name of its type in Go; empty: it can't be told before
	loose        bool   // as a variable in it has no type, which is told elsewhere
	wrong, right string
}

func newExpressions(known Known, secret map[string]bool) *expressions {
	return &expressions{
		config: exprConfig(expr.AsBool()), values: exprConfig(expr.AsAny()), known: known, secret: secret, read: make(map[string][]string),
		done: make(map[string]compiled), valued: make(map[string]compiled), sendable: make(map[string]compiled),
	}
}

func exprConfig(result expr.Option) *conf.Config {
	config := conf.CreateNew()
	for _, option := range []expr.Option{expr.Env(exprEnv{}), result, expr.DisableAllBuiltins()} {
		option(config)
	}
	for _, name := range builtins {
		expr.EnableBuiltin(name)(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	return config
}

// compile checks a condition: its syntax, its types, and the names it gives in quotes.
func (e *expressions) compile(text string) (_ *expression, wrong, right string) {
	key := e.key(text)
	c, ok := e.done[key]
	if !ok {
		c = e.make("condition", `caller.class == "vip"`, text, e.config, nil)
		e.done[key] = c
	}
	e.note(c)
	return c.expression, c.wrong, c.right
}

// value checks an expression that gives any value, likewise.
func (e *expressions) value(text string) compiled {
	key := e.key(text)
	c, ok := e.valued[key]
	if !ok {
		c = e.make("value", suchValue, text, e.values, e.secret)
		e.valued[key] = c
	}
	e.note(c)
	return c
}

// suchValue shows what a value may be.
const suchValue = `"text", 12 or vars.amount`

// sent checks the expression of a value that goes to a service and may be secret.
func (e *expressions) sent(text string) compiled {
	key := e.key(text)
	c, ok := e.sendable[key]
	if !ok {
		c = e.make("value", suchValue, text, e.values, nil)
		e.sendable[key] = c
	}
	e.note(c)
	return c
}

func (e *expressions) note(c compiled) {
	e.readQueue, e.readPlace, e.readWho = e.readQueue || c.queue, e.readPlace || c.place, e.readWho || c.who
}

func (e *expressions) make(what, such, text string, config *conf.Config, secret map[string]bool) compiled {
	bad := func(wrong, right string) compiled {
		return compiled{wrong: fmt.Sprintf("%s %q: %s", what, text, wrong), right: right}
	}
	if strings.TrimSpace(text) == "" {
		return compiled{wrong: "the " + what + " is empty", right: "write one, such as " + such}
	}
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return bad(e.mistake(err, text))
	}
	vars := &binder{scope: e.scope, secret: secret}
	if vars.bind(&tree.Node); vars.wrong != "" {
		return bad(vars.wrong, vars.right)
	}
	if _, err = checker.Check(tree, config); err != nil {
		return bad(e.mistake(err, text))
	}
	lint := &exprLint{known: &e.known}
	if ast.Walk(&tree.Node, lint); lint.wrong != "" {
		return bad(lint.wrong, lint.right)
	}
	gives := typeOf(tree.Node)
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return bad(e.mistake(err, text))
	}
	program, err := exprcompiler.Compile(tree, config)
	if err != nil {
		return bad(e.mistake(err, text))
	}
	return compiled{expression: &expression{program: program}, gives: gives, loose: vars.loose, queue: lint.queue, place: lint.place, who: lint.who}
}

// typeOf names what a part of an expression gives.
func typeOf(n ast.Node) string {
	if t := n.Type(); t != nil && t.String() != "interface {}" {
		return t.String()
	}
	return ""
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

// value evaluates an expression that gives any value.
func (x *expression) value(env *exprEnv) (any, error) {
	v, err := expr.Run(x.program, env)
	if err != nil {
		return nil, fmt.Errorf("evaluating a value: %w", err)
	}
	return v, nil
}

// exprLint looks for what the types cannot show: calendars and classes that do
// not exist, and the clock of the machine. It changes nothing.
type exprLint struct {
	known        *Known
	queue, place bool // see compiled
	who          bool
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
		p, named := n.Property.(*ast.StringNode)
		if named && p.Value == "Local" {
			l.wrong, l.right = "now.Local() depends on the machine", "use now, which has the zone of the first calendar"
		}
		of, ok := n.Node.(*ast.IdentifierNode)
		switch {
		case ok && of.Value == "queue":
			l.queue = true
			l.place = l.place || p != nil && isPlaceWord(p.Value)
		case ok && of.Value == "caller":
			l.who = l.who || !named || p.Value == "number" || p.Value == "name"
		}
	}
}

// call checks that a calendar or list is named in place and exists.
func (l *exprLint) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 1 {
		return // the types say the rest
	}
	what, such, names := "calendar", "service", []string(nil)
	switch callee.Value {
	case "open", "holiday":
		for _, c := range l.known.Calendars {
			names = append(names, c.Name)
		}
	case "listed":
		what, such, names = "list", "debtors", keysOf(l.known.Lists)
	default:
		return
	}
	name, ok := n.Arguments[0].(*ast.StringNode)
	switch {
	case !ok:
		l.wrong, l.right = callee.Value+" needs the name of a "+what+" in quotes", fmt.Sprintf("%s(%q)", callee.Value, such)
	case !slices.Contains(names, name.Value):
		l.wrong, l.right = fmt.Sprintf("%s %q is unknown", what, name.Value), suggest(what+"s", name.Value, names)
	}
}

// compare checks the class a caller's is compared with, or the language, and that no range is counted out.
func (l *exprLint) compare(n *ast.BinaryNode) {
	if n.Operator == ".." {
		l.wrong, l.right = "a range is not available here", "compare with its ends, as in now.Hour() >= 8 && now.Hour() < 20"
	}
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		text, isText := pair[1].(*ast.StringNode)
		if !isText || n.Operator != "==" && n.Operator != "!=" {
			continue
		}
		var class call.CallerClass
		switch of := pair[0].String(); {
		case of == "caller.class" && class.UnmarshalText([]byte(text.Value)) != nil:
			l.wrong, l.right = fmt.Sprintf("no caller has the class %q", text.Value), "the classes are normal, vip, blocked"
		case of == "language" && !isLanguage(text.Value):
			l.wrong, l.right = fmt.Sprintf("nobody speaks %q here", text.Value), "one of "+strings.Join(Languages(), ", ")
		}
	}
}

// local is a moment in the zone in which flows tell the time.
func (g *Graph) local(now time.Time) time.Time {
	if len(g.calendars) > 0 {
		now = now.In(g.calendars[0].Location())
	}
	return now
}

// env is what an expression sees at a moment of a session.
func (g *Graph) env(now time.Time, v *Vars) *exprEnv {
	now = g.local(now)
	vars := values(v.Values)
	return &exprEnv{
		Has: vars.has, Any: vars.any, Whole: vars.whole, Number: vars.number, Truth: vars.truth, Moment: vars.moment, Length: vars.length,
		Caller: exprCaller{Class: v.Caller.Class.String(), Level: v.Caller.Level, Number: v.Caller.Number, Name: v.Caller.Name, Calls: v.Calls},
		Called: v.Called, Trunk: v.Trunk, Now: now, Vars: v.Values, Language: v.language(), Queue: v.Queue.env(now), Same: same,
		Listed: func(name string) bool {
			l := g.lists[name]
			return l != nil && l.Has(v.Caller.Number)
		},
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
