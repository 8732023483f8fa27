package ivr

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
)

// The names an expression may use, for who has mistyped one.
var (
	callerNames = []string{"caller.class", "caller.level", "caller.number", "caller.name", "caller.calls"}
	queueNames  = []string{"queue.name", "queue.ahead", "queue.position", "queue.estimated_wait_seconds", "queue.waited_seconds"}
	otherNames  = []string{"called", "trunk", "now", "language", `open("calendar")`, `holiday("calendar")`, `listed("list")`, "vars.NAME", `has("NAME")`}
	momentNames = []string{"now.Year()", "now.Month()", "now.Day()", "now.Weekday()", "now.Hour()", "now.Minute()"}
)

// topNames are those that stand for themselves, or before a dot or bracket.
var topNames = append([]string{"caller", "called", "trunk", "now", "language", "open", "holiday", "listed", "vars", "has", "queue", "same"}, builtins[:]...)

// exprWords and queueWords say which names there are.
var (
	exprWords  = "use " + strings.Join(slices.Concat(callerNames, otherNames), ", ")
	queueWords = "use " + strings.Join(queueNames, ", ")
)

// makes says how a value becomes one of another type.
const makes = "int(…) and float(…) make numbers of text, string(…) makes text"

// What expr-lang says of mistakes, as far as it can be told what would be right.
var (
	noField    = regexp.MustCompile(`^type (ivr\.expr(Caller|Queue)|time\.Time) has no (?:field|method) (\w+)`)
	noName     = regexp.MustCompile(`^unknown name (\S+)`)
	noSign     = regexp.MustCompile(`^unrecognized character: \S+ '(.)'`)
	noToken    = regexp.MustCompile(`^unexpected token (\w+)(?:\((".*")\))?`)
	notThat    = regexp.MustCompile(`^expected bool, but got `)
	notSame    = regexp.MustCompile(`mismatched types (.*) and (.*)\)`)
	notClosed  = "literal not terminated"
	dayOrMonth = regexp.MustCompile(`\btime\.(Weekday|Month)\b`)
)

// mistake puts what expr-lang has found wrong on one line, and says what would be right.
func (e *expressions) mistake(err error, text string) (wrong, right string) {
	message, place := err.Error(), ""
	if at, ok := errors.AsType[*file.Error](err); ok {
		message, place = at.Message, fmt.Sprintf(" (its character %d)", at.From+1)
	}
	if wrong, right = advise(message); wrong == "" {
		wrong = typeWord(message)
	}
	switch types := e.readTypes(text); {
	case types != "" && right == "":
		right = types + "; " + makes
	case types != "" && (notSame.MatchString(message) || notThat.MatchString(message)):
		right = types + "; " + right
	case right != "":
	case notSame.MatchString(message):
		right = "text stands in quotes, numbers do not; " + makes
	case strings.Contains(text, "queue."):
		right = queueWords
	default:
		right = exprWords
	}
	return wrong + place, right
}

// readTypes says of which types the variables are that an expression reads.
func (e *expressions) readTypes(text string) string {
	var all []string
	for _, name := range e.reads(text) {
		if v := e.scope.variable(name); v != nil && v.is != typeNone {
			all = append(all, fmt.Sprintf("vars.%s is %s", name, v.is))
		}
	}
	return strings.Join(all, ", ")
}

// advise tells what is meant most likely; empty: nobody knows.
func advise(message string) (wrong, right string) {
	switch {
	case notClosed == message:
		return "a text in quotes is not closed", `close it, as "vip"`
	case notThat.MatchString(message):
		return "", `compare it with something, as caller.class == "vip"`
	}
	if m := noField.FindStringSubmatch(message); m != nil {
		return adviseField(m[2], m[3])
	}
	if m := noName.FindStringSubmatch(message); m != nil {
		if near := nearest(m[1], topNames); near != "" {
			return "", fmt.Sprintf("did you mean %q?", near)
		}
		return "", fmt.Sprintf(`if it is a text write %q, in quotes; else `, m[1]) + exprWords
	}
	if m := noSign.FindStringSubmatch(message); m != nil {
		return m[1] + " can't stand here", `plain signs, as in caller.class == "vip" and (called == "10000" or trunk != "gw")`
	}
	if m := noToken.FindStringSubmatch(message); m != nil {
		return adviseToken(m[1], strings.Trim(m[2], `"`))
	}
	if m := notSame.FindStringSubmatch(message); m != nil {
		return "", adviseTypes(m[1], m[2])
	}
	return "", ""
}

// adviseField is for a name after a dot.
func adviseField(of, name string) (wrong, right string) {
	what, names := "a moment", momentNames
	switch of {
	case "Caller":
		what, names = "caller", callerNames
	case "Queue":
		what, names = "queue", queueNames
	}
	var short []string
	for _, n := range names {
		_, field, _ := strings.Cut(n, ".")
		short = append(short, strings.TrimSuffix(field, "()"))
	}
	wrong = fmt.Sprintf("%s has no %q", what, name)
	for i, s := range short {
		if strings.EqualFold(s, name) || s == nearest(name, short) {
			return wrong, fmt.Sprintf("did you mean %s?", names[i])
		}
	}
	return wrong, "use " + strings.Join(names, ", ")
}

// adviseToken is for what can't stand where it does.
func adviseToken(kind, token string) (wrong, right string) {
	switch lower := strings.ToLower(token); {
	case kind == "EOF":
		return "it ends too early", `something behind the last sign, and a ) for each (`
	case token == "=":
		return "= can't stand here", "== compares"
	case slices.Contains([]string{"and", "or", "not", "in"}, lower) && lower != token:
		return fmt.Sprintf("%q can't stand here", token), lower + ", in small letters"
	}
	return fmt.Sprintf("%q can't stand here", token), `conditions joined by and, or, not, as caller.class == "vip" and now.Hour() < 18; texts in quotes`
}

// adviseTypes is for two sides that do not fit.
func adviseTypes(a, b string) string {
	switch {
	case strings.HasPrefix(a, "func(") || strings.HasPrefix(b, "func("):
		return "add (), as now.Hour() >= 18"
	case dayOrMonth.MatchString(a + " " + b):
		return `compare it as text, string(now.Weekday()) == "Monday", or int(now.Month()) == 11`
	case a == "time.Time" && b == "string", a == "string" && b == "time.Time":
		return `compare its hour, as now.Hour() >= 18, or a moment, as now > date("2026-11-29")`
	}
	return ""
}
