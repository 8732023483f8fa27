package ivr

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// varType is what a variable holds. The site's nodes agree on it before the first call comes in (decision 0250);
// it is kept as text all the same.
type varType uint8

const (
	typeNone varType = iota // not told yet; after the checks: what would give it is wrong
	typeText
	typeWhole
	typeNumber
	typeTruth
	typeMoment
	typeLength
)

// typeWords are the types as people read them, and typeGo their names in Go, which are expr-lang's.
var (
	typeWords = [...]string{"of no type", "text", "a whole number", "a number", "true or false", "a moment", "a length of time"}
	typeGo    = [...]string{"", "string", "int", "float64", "bool", "time.Time", "time.Duration"}
)

func (t varType) String() string { return typeWords[t] }

// typeNamed finds a type by its name in Go; typeNone is none that a variable can have.
func typeNamed(name string) varType {
	return varType(max(0, slices.Index(typeGo[:], name)))
}

// goTypes finds what expr-lang calls types by.
var goTypes = regexp.MustCompile(`\b(string|int|float64|bool|time\.Time|time\.Duration)\b`)

// typeWord puts the types of a text into words: a type's name in Go, or one of expr-lang's errors.
func typeWord(text string) string {
	return goTypes.ReplaceAllStringFunc(text, func(name string) string { return typeNamed(name).String() })
}

// typesOr lists types, by their names in Go, as what is allowed.
func typesOr(names []string) string { return typeWord(strings.Join(names, " or ")) }

// settle works a variable's type out of its setters', and reports whether it is another one by that. A whole number
// and a number are a number; any other two clash.
func (v *variable) settle() bool {
	was := v.is
	v.is, v.clash = typeNone, nil
	for _, s := range v.setters {
		switch {
		case v.is == typeNone, v.is == typeWhole && s.is == typeNumber:
			v.is, v.by = s.is, s.name.Pos
		case s.is == typeNone, v.is == s.is, v.is == typeNumber && s.is == typeWhole:
		default:
			v.clash = s
		}
	}
	return v.is != was
}

// mostLooks is how often the type of what a setter gives is worked out: types only widen, so that it ends long before.
const mostLooks = 8

// infer finds the type of what each node sets. What is set from other variables is looked at again when those have
// another type.
func (e *expressions) infer(v *names) {
	readers := map[*variable][]*setter{}
	for _, s := range v.order {
		if s.from != nil {
			s.from = s.in.variable(s.text.Value) // nil: nobody sets it, which is told elsewhere
			s.text = At[string]{}
			readers[s.from] = append(readers[s.from], s)
			continue
		}
		for _, name := range e.reads(s.text.Value) {
			if read := s.in.variable(name); read != nil {
				readers[read] = append(readers[read], s)
			}
		}
	}
	looks := map[*setter]int{}
	for todo := slices.Clone(v.order); len(todo) > 0; todo = todo[1:] {
		s := todo[0]
		looks[s]++
		is := e.gives(s)
		if is == s.is || looks[s] > mostLooks {
			continue
		}
		s.is = is
		for _, seen := range s.sees {
			if seen.settle() {
				todo = append(todo, readers[seen]...)
			}
		}
	}
}

// gives is the type of what a setter sets, as far as it can be told.
func (e *expressions) gives(s *setter) varType {
	switch {
	case s.said != typeNone:
		return s.said
	case s.from != nil:
		return s.from.is
	case s.text.Value == "":
		return typeNone
	}
	e.scope = s.in
	return typeNamed(e.value(s.text.Value).gives)
}

// selfish reports variables whose type nothing tells, as they are only set from themselves. Where something else is
// wrong it may be but a consequence of that; what comes from a list that could not be read is not known.
func (c *compiler) selfish(v *names) {
	if len(c.problems) > 0 {
		return
	}
	told := map[string]bool{}
	for _, s := range v.order {
		if unknown := s.from == nil && s.text.Value == ""; s.is == typeNone && !unknown && !told[s.name.Value] {
			told[s.name.Value] = true
			c.report(s.name.Pos, `set it to what it begins with, as 0 or "", in a node before`, "variable %q is only set from itself", s.name.Value)
		}
	}
}

// accessors are the names of the environment's functions that read a variable of a type; a text is read as it is kept.
// No name that can be written has a space.
var accessors = [...]string{
	typeNone: "any of vars", typeWhole: "whole of vars", typeNumber: "number of vars", typeTruth: "truth of vars", typeMoment: "moment of vars", typeLength: "length of vars",
}

// values reads variables by their type. One that is not set, or does not fit (a stored session of another
// revision), can't be evaluated: expr-lang makes an error of the panic.
type values map[string]string

func (v values) text(name string) string {
	text, set := v[name]
	if !set {
		panic(fmt.Sprintf("variable %s is not set", name))
	}
	return text
}

func (v values) has(name string) bool   { _, set := v[name]; return set }
func (v values) any(name string) any    { return v.text(name) }
func (v values) whole(name string) int  { return must(name, v.text(name), strconv.Atoi) }
func (v values) truth(name string) bool { return must(name, v.text(name), strconv.ParseBool) }

func (v values) number(name string) float64 {
	return must(name, v.text(name), func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}

func (v values) moment(name string) time.Time {
	return must(name, v.text(name), func(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) })
}

func (v values) length(name string) time.Duration {
	return must(name, v.text(name), time.ParseDuration)
}

// must reads a variable's text. Its error tells the name alone: the text may be secret.
func must[T any](name, text string, read func(string) (T, error)) T {
	v, err := read(text)
	if err != nil {
		panic(fmt.Sprintf("variable %s does not fit its type", name))
	}
	return v
}

// ledFrom finds which flows lead to each with their variables. Edges are not resolved yet: those into other flows are
// known by how they are written.
func (c *compiler) ledFrom() map[*flow][]*flow {
	from := map[*flow][]*flow{}
	for _, s := range c.sources {
		seen := map[string]bool{}
		lead := func(to string) {
			if f := c.graph.flows[to]; f != nil && !seen[to] {
				seen[to] = true
				from[f] = append(from[f], s.flow)
			}
		}
		for i := range s.src.Nodes {
			n := &s.src.Nodes[i]
			n.onward(lead)
			if n.Queue != nil {
				c.leadOn(n.Queue.Queue.Value, lead)
			}
		}
	}
	return from
}

// leadOn tells where a caller of a queue can come to with his variables.
func (c *compiler) leadOn(queue string, lead func(string)) {
	for _, to := range c.known.Onward[queue] {
		lead(to)
	}
	for to, of := range c.known.Experiences {
		if of == queue {
			lead(to)
		}
	}
}
