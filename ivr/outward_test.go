package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func TestCompileNamesEveryMistakeOutwards(t *testing.T) {
	value := func(name, text string) []ivr.SetValue {
		return []ivr.SetValue{{Name: at(name, 6, 6), Value: at(text, 6, 9)}}
	}
	for name, tt := range map[string]struct {
		node ivr.Node
		want []string
	}{
		"a flow unknown, a secret result": {ivr.Node{SubFlow: &ivr.SubFlow{
			Flow: at("idntify", 4, 4), With: value("most", "vars.pin"), Results: []ivr.Result{{Name: at("a b", 5, 5), Of: w("id")}, {Name: w("c"), Of: at("pin", 5, 9)}},
		}, Next: end()}, []string{
			`flows.yaml:4:4: there is no flow "idntify", did you mean "identify"?`,
			`flows.yaml:6:9: value "vars.pin": the variable "pin" is secret, compare it in a branch; it can't be said or copied`,
			`flows.yaml:5:5: variable "a b" can't be read as vars.NAME, use letters, digits and _, as due_date`,
			`flows.yaml:5:9: the variable "pin" is secret, compare it in the flow itself and give back what came of it`,
		}},
		"a result nobody sets": {ivr.Node{SubFlow: &ivr.SubFlow{Flow: w("identify"), With: value("most", "1"), Results: []ivr.Result{{Name: w("c"), Of: at("zz", 5, 12)}}}, Next: end()}, []string{
			`flows.yaml:5:12: no node of flow "identify", or that it leads to, sets the variable "zz", the variables are asked, id, most, who`,
		}},
		"a language": {ivr.Node{Language: &ivr.Language{To: at("de", 4, 4)}, Next: end()}, []string{`flows.yaml:4:4: nobody speaks "de" here, one of zh, en`}},
		"a calendar": {ivr.Node{Calendar: &ivr.CalendarNode{Calendar: at("servce", 4, 4), Closed: end()}, Next: at("n", 8, 8)}, []string{
			`flows.yaml:4:4: calendar "servce" is unknown, did you mean "service"?`,
			`flows.yaml:3:5: calendar "n" does not say where to go: open, add open: and a node`,
			`flows.yaml:8:8: a calendar has no next, remove it`,
		}},
		"a list": {ivr.Node{List: &ivr.ListNode{List: at("debtor", 4, 4), Number: at("now", 5, 5), Found: end(), Else: end()}}, []string{
			`flows.yaml:4:4: list "debtor" is unknown, did you mean "debtors"?`, `flows.yaml:5:5: value "now" is a moment, no number to look up, give it text, as vars.account`,
		}},
		"a column": {ivr.Node{List: &ivr.ListNode{List: w("debtors"), Into: []ivr.ListColumn{{Name: w("x"), Column: at("amnt", 5, 5)}}, Found: end(), Else: end()}}, []string{
			`flows.yaml:5:5: list "debtors" has no column "amnt", the columns are amount, due`,
		}},
		"a service": {ivr.Node{HTTP: &ivr.HTTP{
			Service: at("crn", 4, 4), Method: at("GET", 4, 9), Path: at("customers/{vars.pin}/{", 5, 5), Query: value("pin", "vars.pin"), Send: value("pin", "vars.pin"),
			Into: []ivr.Pick{{Name: at("x-y", 7, 7), Type: at("money", 7, 9)}, {Name: w("z"), Type: w("whole"), Default: at("1.5", 7, 20)}}, OnStatus: []ivr.Key{{Key: at("4o4", 8, 8), Next: end()}},
		}, Next: end()}, []string{
			`flows.yaml:4:4: service "crn" is unknown, did you mean "crm"?`,
			`flows.yaml:4:9: a GET sends nothing, POST or PUT, or query: instead`,
			`flows.yaml:5:5: path "customers/{vars.pin}/{" is none, begin it with /, as /customers/{caller.number}`,
			`flows.yaml:5:5: value "vars.pin": the variable "pin" is secret, compare it in a branch; it can't be said or copied`,
			`flows.yaml:5:5: a { of the path is not closed, close it with }, as /customers/{caller.number}`,
			`flows.yaml:6:9: value "vars.pin": the variable "pin" is secret, compare it in a branch; it can't be said or copied`,
			`flows.yaml:6:9: value "vars.pin": no node sets the variable "pin", the variables are x-y, z`,
			`flows.yaml:7:7: variable "x-y" can't be read as vars.NAME, use letters, digits and _, as due_date`,
			`flows.yaml:7:9: type "money" is unknown, text, number, whole, truth or date`,
			`flows.yaml:7:20: "1.5" is no whole, a default of the type whole`,
			`flows.yaml:8:8: "4o4" is no status, a status of HTTP, as "404"`,
		}},
		"a webhook": {ivr.Node{Webhook: &ivr.WebhookNode{To: at("order", 4, 4), Event: at("a b", 4, 9)}, Next: end()}, []string{
			`flows.yaml:4:4: webhook "order" is unknown, did you mean "orders"?`, `flows.yaml:4:9: event of "n" is "a b", a word without spaces, as order_placed`,
		}},
		"a ticket": {ivr.Node{Ticket: &ivr.Ticket{To: at("x", 4, 4)}, Next: end()}, []string{`flows.yaml:4:4: webhook "x" is unknown, the webhooks are orders`, `flows.yaml:3:5: kind of "n" is "", a word without spaces, as order_placed`}},
		"a callback": {ivr.Node{Callback: &ivr.CallbackNode{Queue: at("x", 4, 4), Number: at("nobody", 5, 5)}}, []string{
			`flows.yaml:4:4: queue "x" is unknown, the queues are complaint, general, value_added, vip`,
			`flows.yaml:5:5: value "nobody": unknown name nobody (its character 1), if it is a text write "nobody", in quotes; else use caller.class, caller.level, caller.number, caller.name, caller.calls, called, trunk, now, language, open("calendar"), holiday("calendar"), listed("list"), vars.NAME, has("NAME")`,
			`flows.yaml:3:5: callback "n" does not say what comes next, add next: and a node, or next: hangup`,
		}},
		"a list in a condition": {branch("n", "hangup", `listed("vips")`, "hangup"), []string{`:0:0: condition "listed(\"vips\")": list "vips" is unknown, did you mean "vip"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := broken(t, with(tt.node))
			if len(got) > 0 && got[0][0] == ':' {
				require.Equal(t, tt.want, got)
				return
			}
			require.ElementsMatch(t, tt.want, got)
		})
	}
}

func part(name, flow, next string) ivr.Node {
	return ivr.Node{Name: at(name, 7, 7), SubFlow: &ivr.SubFlow{Flow: at(flow, 7, 9)}, Next: at(next, 8, 8)}
}

func TestCompileFindsFlowsInsideThemselves(t *testing.T) {
	require.Equal(t, []string{`flows.yaml:7:9: flow "f" would run inside itself, lead there by an edge, flow:f, or give the part they share a flow of its own`},
		broken(t, flow("f", "a", part("a", "f", "hangup"))))
	got := broken(t, flow("f", "a", part("a", "g", "hangup")), flow("g", "say", play("say", "flow:h", "welcome")), flow("h", "b", part("b", "f", "hangup")))
	require.Len(t, got, 2, "by an edge on the way, and from both sides: %v", got)
	require.Empty(t, broken(t, flow("f", "a", part("a", "g", "b"), part("b", "g", "hangup")), flow("g", "say", play("say", "return", "welcome"))), "twice is not inside")
}

func TestCompileFindsLoopsThroughParts(t *testing.T) {
	silent := flow("g", "say", play("say", "return", "welcome"))
	asks := flow("g", "ask", menu("ask", 3, keys("1", "return")))
	round := flow("f", "a", part("a", "g", "b"), play("b", "a", "welcome"))
	require.Equal(t, []string{`flows.yaml:0:0: a → b → a goes round without the caller doing anything, lead one of these edges to a menu, a queue or hangup`}, positioned(broken(t, round, silent)))
	require.Empty(t, broken(t, round, asks), "the caller presses a key in the part")
	deep := flow("h", "in", part("in", "g", "return"))
	require.Len(t, broken(t, flow("f", "a", part("a", "h", "b"), play("b", "a", "welcome")), deep, silent), 1, "two deep")
	require.Empty(t, broken(t, flow("f", "a", part("a", "h", "b"), play("b", "a", "welcome")), deep, asks))
}

// positioned takes the place of an edge that the test's nodes give none.
func positioned(lines []string) []string {
	for i, l := range lines {
		if l[0] == ':' {
			lines[i] = "flows.yaml" + l
		}
	}
	return lines
}

func TestNobodysPartHangsUp(t *testing.T) {
	g, problems := ivr.Compile([]ivr.Flow{flow("f", "say", play("say", "return", "welcome"))}, known(t))
	require.Empty(t, problems)
	s := ivr.NewSession(g, ivr.Vars{Flow: "f"})
	s.Step(noon, call.FlowStarted{})
	verbs := s.Step(noon, call.FlowPlayed{Token: s.Awaited})
	require.Equal(t, call.FlowHangup{Cause: call.CauseFlowEnd}, verbs[len(verbs)-1])
}

func TestUrgentBeforeAFlowWithoutANodeForIt(t *testing.T) {
	flows := []ivr.Flow{flow("f", "say", play("say", "hangup", "welcome"))}
	g, problems := ivr.Compile(flows, known(t))
	require.Empty(t, problems)
	s := ivr.NewSession(g, ivr.Vars{Flow: "f"})
	require.Equal(t, []call.FlowVerb{call.FlowPlay{Token: 1, Prompts: []string{"all_busy"}}}, s.Step(noon, call.FlowStarted{Urgent: []string{"all_busy"}}))
	require.NoError(t, s.Attach(g), "it is stored and goes on")
	require.Empty(t, s.Step(noon, call.FlowDigit{Digit: '1'}), "told whole")
	require.Equal(t, "1", s.Ahead)
	verbs := s.Step(noon, call.FlowPlayed{Token: 1})
	require.Equal(t, call.FlowEnter{Flow: "f", Node: "say", Kind: "play", Why: "the call came in and has heard all_busy"}, verbs[0])
}

func TestPickFrom(t *testing.T) {
	some, none := "some", ""
	for name, tt := range map[string]struct {
		body string
		pick call.FlowPick
		want string
		err  string
	}{
		"a number as it is written": {`{"a":{"b":[{"c":12.50}]}}`, call.FlowPick{Path: "a.b.0.c", Type: call.PickNumber}, "12.50", ""},
		"a number in a text":        {`{"a":"7"}`, call.FlowPick{Path: "a", Type: call.PickWhole}, "7", ""},
		"no whole number":           {`{"a":7.5}`, call.FlowPick{Path: "a", Type: call.PickWhole}, "", "a of the answer is no whole"},
		"no number, and not shown":  {`{"a":"secret"}`, call.FlowPick{Path: "a", Type: call.PickNumber}, "", "a of the answer is no number"},
		"the answer itself":         {`true`, call.FlowPick{Type: call.PickTruth}, "true", ""},
		"nothing, by default":       {`{"a":null}`, call.FlowPick{Path: "a.b", Default: &some}, "some", ""},
		"empty by default":          {`{}`, call.FlowPick{Path: "a", Default: &none}, "", ""},
		"nothing":                   {`{"a":[]}`, call.FlowPick{Path: "a.0"}, "", "the answer has no a.0"},
		"a whole object":            {`{"a":{}}`, call.FlowPick{Path: "a"}, "", "a of the answer is no single value"},
		"no JSON":                   {`<html>`, call.FlowPick{Path: "a"}, "", "the answer is no JSON"},
		"more after it":             {`{} {}`, call.FlowPick{Path: "a"}, "", "the answer is no JSON"},
		"infinite":                  {`"Inf"`, call.FlowPick{Type: call.PickNumber}, "", "of the answer is no number"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.pick.Name = "x"
			got, err := ivr.PickFrom([]byte(tt.body), []call.FlowPick{tt.pick})
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, map[string]string{"x": tt.want}, got)
		})
	}
	got, err := ivr.PickFrom([]byte("whatever"), nil)
	require.NoError(t, err)
	require.Empty(t, got, "nothing is wanted of it")
}

// FuzzPick reads answers from anybody.
func FuzzPick(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,2]}}`), "a.b.1", uint8(1))
	f.Add([]byte(`[null]`), "0", uint8(0))
	f.Fuzz(func(t *testing.T, body []byte, path string, kind uint8) {
		pick := call.FlowPick{Name: "x", Path: path, Type: call.PickType(kind % 4)}
		got, err := ivr.PickFrom(body, []call.FlowPick{pick})
		if err == nil {
			require.LessOrEqual(t, len(got["x"]), 256)
			require.True(t, pick.Type.Fits(got["x"]))
		}
	})
}

var noon = time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)
