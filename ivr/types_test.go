package ivr_test

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// typed is a flow in which every kind of setter comes before the condition, which stands at 20:20.
func typed(condition string, more ...ivr.Node) ivr.Flow {
	found := ivr.Node{Name: w("list"), List: &ivr.ListNode{List: w("debtors"), Into: []ivr.ListColumn{{Name: w("owed"), Column: w("amount")}}, Found: w("crm"), Else: w("crm")}}
	crm := ivr.Node{Name: w("crm"), HTTP: &ivr.HTTP{Service: w("crm"), Path: w("/"), Into: []ivr.Pick{
		{Name: w("tier")}, {Name: w("balance"), Type: w("number")}, {Name: w("bills"), Type: w("whole")}, {Name: w("good"), Type: w("truth")},
	}}, Next: w("ticket")}
	ticket := ivr.Node{Name: w("ticket"), Ticket: &ivr.Ticket{Kind: w("x"), Number: w("case")}, Next: w("set")}
	values := set("set", "part", "due", "now", "left", "due - now", "twice", "vars.bills * 2", "half", "vars.balance / 2", "name", `"a" + vars.tier`, "big", "vars.half > 3")
	values.Set.Values[1].Value = w(`duration("2h")`)
	part := ivr.Node{Name: w("part"), SubFlow: &ivr.SubFlow{
		Flow: w("its"), With: []ivr.SetValue{{Name: w("given"), Value: w("vars.twice")}}, Results: []ivr.Result{{Name: w("back"), Of: w("sum")}},
	}, Next: w("more")}
	last := branch("n", "hangup", condition, "hangup")
	last.Branch.Cases[0].If = at(condition, 20, 20)
	nodes := []ivr.Node{collect("digits", "list", "digits", nil), found, crm, ticket, values, part}
	if len(more) == 0 {
		more = []ivr.Node{play("more", "n", "welcome")}
	}
	return flow("f", "digits", append(append(nodes, more...), last)...)
}

func its() ivr.Flow { return flow("its", "sum", set("sum", "return", "sum", "vars.given + 1")) }

func TestVariablesHaveTypes(t *testing.T) {
	for _, right := range []string{
		`vars.digits == "007" && int(vars.digits) > 3`, `vars.owed + vars.tier == "" || vars.case != ""`, `vars.balance > 100 && vars.balance == vars.bills`,
		`vars.bills in [1, 2] and vars.good`, `not vars.good`, `vars.due > now || vars.due + vars.left > now`, `vars.left < duration("3h")`,
		`vars.twice % 3 == 1`, `vars.half > 0.5`, `vars.name contains "b"`, `vars.big ? vars.good : false`, `vars.back + vars.twice > 4`, `has("balance") && vars?.balance > 1`,
		`vars["balance"] > 1`,
	} {
		require.Empty(t, broken(t, typed(right), its()), right)
	}
	makes := "; int(…) and float(…) make numbers of text, string(…) makes text"
	for wrong, want := range map[string]string{
		`vars.balance > "x"`:         `invalid operation: > (mismatched types a number and text) (its character 14), vars.balance is a number` + makes,
		`vars.digits > 3`:            `invalid operation: > (mismatched types text and a whole number) (its character 13), vars.digits is text` + makes,
		`vars.owed == 12.5`:          `invalid operation: == (mismatched types text and a number) (its character 11), vars.owed is text` + makes,
		`vars.good == "true"`:        `invalid operation: == (mismatched types true or false and text) (its character 11), vars.good is true or false` + makes,
		`vars.case < vars.bills`:     `invalid operation: < (mismatched types text and a whole number) (its character 11), vars.bills is a whole number, vars.case is text` + makes,
		`vars.due == "2026-11-29"`:   `invalid operation: == (mismatched types a moment and text) (its character 10), vars.due is a moment; compare its hour, as now.Hour() >= 18, or a moment, as now > date("2026-11-29")`,
		`vars.left > 90`:             `invalid operation: > (mismatched types a length of time and a whole number) (its character 11), vars.left is a length of time` + makes,
		`vars.twice`:                 `expected true or false, but got a whole number, vars.twice is a whole number; compare it with something, as caller.class == "vip"`,
		`vars.back startsWith "1"`:   `invalid operation: startsWith (mismatched types a whole number and text) (its character 11), vars.back is a whole number` + makes,
		`upper(vars.half) == "x"`:    `cannot use a number as argument (type text) to call upper  (its character 12), vars.half is a number` + makes,
		`caller.calls == vars.name`:  `invalid operation: == (mismatched types a whole number and text) (its character 14), vars.name is text` + makes,
		`vars.given > 1`:             `no node sets the variable "given", the variables are back, balance, big, bills, case, digits, due, good, …`,
		`vars.sum > 1`:               `no node sets the variable "sum", the variables are back, balance, big, bills, case, digits, due, good, …`,
		`vars.ballance > 1`:          `no node sets the variable "ballance", did you mean "balance"?`,
		`has("teir")`:                `no node sets the variable "teir", did you mean "tier"?`,
		`has(vars.tier)`:             `has needs the name of a variable in quotes, has("amount")`,
		`len(vars) > 1`:              `vars needs the name of a variable, vars.amount`,
		`let v = vars; v.pin == "1"`: `vars needs the name of a variable, vars.amount`,
		`vars[called] == "1"`:        `vars needs the name of a variable, vars.amount`,
		`$env["vars"]["x"] == "1"`:   `$env is not available here, ` + words0,
	} {
		got := broken(t, typed(wrong), its())
		require.Len(t, got, 1, "%s: %v", wrong, got)
		_, said, _ := cut(got[0])
		require.Equal(t, want, said, wrong)
		require.Contains(t, got[0], "flows.yaml:20:20: ", wrong)
	}
}

// cut takes what is said of an expression out of a line.
func cut(line string) (before, after string, found bool) {
	for i := len("flows.yaml:20:20: condition "); i < len(line)-3; i++ {
		if line[i] == '"' && line[i+1] == ':' && line[i-1] != '\\' {
			return line[:i], line[i+3:], true
		}
	}
	return line, "", false
}

// TestTypesThatClash checks that who reads what two nodes set to different types is told both, and nobody else.
func TestTypesThatClash(t *testing.T) {
	twice := func(read string) []string {
		a, b := set("more", "b", "x", "1"), set("b", "n", "x", `"1"`)
		a.Set.Values[0].Name, b.Set.Values[0].Name = at("x", 7, 7), at("x", 8, 8)
		return broken(t, typed(read, a, b), its())
	}
	require.Empty(t, twice("true"), "nobody reads it")
	require.Equal(t, []string{`flows.yaml:20:20: condition "vars.x == 1": the variable "x" is a whole number at flows.yaml:7:7, and text at flows.yaml:8:8, ` +
		`give it one type, by string(…), int(…) or float(…), or another name`}, twice("vars.x == 1"))
	require.Empty(t, broken(t, typed("vars.x > 1.5", set("more", "b", "x", "1"), set("b", "n", "x", "vars.x + 0.5")), its()), "whole and fraction are a number")
	require.Equal(t, []string{`flows.yaml:7:7: variable "x" is only set from itself, set it to what it begins with, as 0 or "", in a node before`}, func() []string {
		self := set("more", "n", "x", "vars.x + 1")
		self.Set.Values[0].Name = at("x", 7, 7)
		return broken(t, typed("vars.x > 1", self), its())
	}())
	require.Equal(t, []string{`:0:0: value "vars.good ? 1 : \"a\"" is now of one type, now of another, make it one, by string(…), int(…) or float(…)`},
		broken(t, typed("true", set("more", "n", "x", `vars.good ? 1 : "a"`)), its()))
}

// TestTypesFollowTheCaller checks that a flow sees what flows that lead to it set, and of others nothing.
func TestTypesFollowTheCaller(t *testing.T) {
	k := known(t)
	k.Onward = map[string][]string{"general": {"gone"}}
	compile := func(flows ...ivr.Flow) (lines []string) {
		_, problems := ivr.Compile(flows, k)
		for _, p := range problems {
			lines = append(lines, p.String())
		}
		return lines
	}
	reads := func(name string) ivr.Flow { return flow(name, "n", branch("n", "hangup", "vars.n > 1", "hangup")) }
	first := flow("first", "n", set("n", "q", "n", "1"), queue("q", "general", "flow:last"))
	require.Empty(t, compile(first, reads("last"), reads("gone"), reads("waiting")), "by an edge, a rule, an experience")
	require.Equal(t, []string{`:0:0: condition "vars.n > 1": no node sets the variable "n", there are no variables yet`}, compile(first, reads("last"), reads("gone"), reads("waiting"), reads("else")))
	second := flow("second", "n", set("n", "q", "n", `"a"`), queue("q", "complaint", "hangup"))
	require.Empty(t, compile(first, second, reads("last"), reads("gone"), reads("waiting")), "flows that never meet")
	second.Nodes[1].Next = w("flow:last")
	require.Len(t, compile(first, second, reads("last"), reads("gone"), reads("waiting")), 1, "they meet in last")
}

// edgeFields are the fields of a node that are edges, of whatever kind: those with an edge's name.
func edgeFields(of reflect.Type, path []int, found func(path []int)) {
	for i := range of.NumField() {
		f := of.Field(i)
		at := append(slices.Clone(path), i)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		switch edge, word := edgeName.MatchString(f.Name), inner == reflect.TypeFor[ivr.At[string]](); {
		case word && edge && f.Type == inner:
			found(at)
		case word || f.Name == "Survey": // the keys of a survey name its answers
		case inner.Kind() == reflect.Struct && inner.PkgPath() == reflect.TypeFor[ivr.Node]().PkgPath():
			edgeFields(inner, at, found)
		}
	}
}

var edgeName = regexp.MustCompile(`^(Next|Else|Open|Closed|Holiday|Found|On[A-Z].*)$`)

// set puts a word into a field, by its path, and makes what is on the way.
func setField(v reflect.Value, path []int, word ivr.At[string]) {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
		}
		v = v.Field(i)
	}
	v.Set(reflect.ValueOf(word))
}

// TestEveryEdgeHandsVariablesOn checks that no edge of any kind of node is forgotten where it is asked which flows lead to which.
func TestEveryEdgeHandsVariablesOn(t *testing.T) {
	edges := 0
	edgeFields(reflect.TypeFor[ivr.Node](), nil, func(path []int) {
		edges++
		n := ivr.Node{Name: w("edge")}
		setField(reflect.ValueOf(&n).Elem(), path, w("flow:reads"))
		_, problems := ivr.Compile([]ivr.Flow{
			flow("f", "set", set("set", "edge", "n", "1"), n), flow("reads", "n", branch("n", "hangup", "vars.n > 1", "hangup")),
		}, known(t))
		for _, p := range problems {
			require.NotContains(t, p.Wrong, "no node sets", "%v", path)
		}
	})
	require.Greater(t, edges, 20)
}

// TestUnsetVariables checks the rule for what is set on some ways only: a text is empty, all else can't be evaluated.
func TestUnsetVariables(t *testing.T) {
	k := known(t)
	f := flow("f", "which",
		branch("which", "read", `caller.class == "vip"`, "set"),
		set("set", "read", "n", "1", "text", `"a"`, "due", "now", "left", `duration("1h")`, "good", "true", "part", "0.5"),
		branch("read", "unset", "vars.n >= 0", "number", `vars.good == false or vars.good`, "truth", "vars.left >= duration(\"0s\")", "length", "vars.due <= now", "moment", "vars.part > 0", "fraction",
			`not has("n") && vars.text == ""`, "empty"),
		play("number", "hangup", "welcome"), play("truth", "hangup", "welcome"), play("length", "hangup", "welcome"),
		play("moment", "hangup", "welcome"), play("fraction", "hangup", "welcome"), play("empty", "hangup", "welcome"), play("unset", "hangup", "welcome"))
	g, problems := ivr.Compile([]ivr.Flow{f}, k)
	require.Empty(t, problems)
	last := func(class call.CallerClass) (node string, vars ivr.Vars) {
		s := ivr.NewSession(g, ivr.Vars{Flow: "f", Caller: call.Caller{Class: class}})
		s.Step(time.Unix(0, 0), call.FlowStarted{})
		return s.Node, s.Vars
	}
	at, _ := last(call.CallerNormal)
	require.Equal(t, "empty", at, "a number that is not set is not 0")
	at, vars := last(call.CallerVIP)
	require.Equal(t, "number", at)
	require.Equal(t, map[string]string{"n": "1", "text": "a", "due": "1970-01-01T08:00:00+08:00", "left": "1h0m0s", "good": "true", "part": "0.5"}, vars.Values, "kept as text")
}
