package ivr_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/ivr"
)

// at writes a value with a place.
func at[T comparable](v T, line, column int) ivr.At[T] {
	return ivr.At[T]{Value: v, Pos: ivr.Pos{File: "flows.yaml", Line: line, Column: column}}
}

// broken takes the example, breaks one flow, and gives what Compile says, as `hotline check` prints it.
func broken(t *testing.T, flows ...ivr.Flow) (lines []string) {
	g, problems := ivr.Compile(append(exampleFlows(), flows...), known(t))
	if len(problems) > 0 {
		require.Nil(t, g)
	}
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return lines
}

// with is a flow of one node under test and an end for its edges.
func with(n ivr.Node) ivr.Flow {
	n.Name = at("n", 3, 5)
	return ivr.Flow{Name: at("f", 1, 3), Start: at("n", 2, 10), Nodes: []ivr.Node{n}}
}

func end() ivr.At[string] { return at("hangup", 9, 9) }

func TestCompileNamesEveryMistake(t *testing.T) {
	for _, tt := range []struct {
		name string
		node ivr.Node
		want []string
	}{
		{"say nothing", sayNode("n", "hangup"), []string{`flows.yaml:3:5: node "n" says nothing, give it prompts and values, as [balance_is, {money: vars.balance}]`}},
		{"say as what", sayNode("n", "hangup", "mony", "1"), []string{`:0:0: nothing can be said as "mony", did you mean "money"?`}},
		{"say what type", sayNode("n", "hangup", "date", "1"), []string{`:0:0: value "1" is a whole number, which can't be said as date, give it text or a moment`}},
		{"count what", sayNode("n", "hangup", "number/sheep", "1"), []string{`:0:0: nothing is counted in "sheep", persons, items or times`}},
		{"measure of money", sayNode("n", "hangup", "money/items", "1"), []string{`:0:0: a money has no measure, remove it; a number has one`}},
		{"say an unknown variable", sayNode("n", "hangup", "number", "vars.x"), []string{`:0:0: value "vars.x": no node sets the variable "x", there are no variables yet`}},
		{"set nothing", set("n", "hangup"), []string{`flows.yaml:3:5: node "n" sets nothing, name one, as {amount: "12"}`}},
		{"set what", set("n", "hangup", "a b", "1", "c", "caller", "d", ""), []string{
			`:0:0: variable "a b" can't be read as vars.NAME, use letters, digits and _, as due_date`,
			`:0:0: value "caller" is ivr.exprCaller, which a variable can't keep, give it text or a whole number or a number or true or false or a moment or a length of time`,
			`:0:0: the value is empty, write one, such as "text", 12 or vars.amount`,
		}},
		{"collect what", ivr.Node{Collect: &ivr.Collect{}, Next: end()}, []string{
			`flows.yaml:3:5: collect "n" has no prompt, name a prompt`, `flows.yaml:3:5: collect "n" does not say into what, add into: and a variable`,
		}},
		{"collect how", collect("n", "hangup", "a-b", func(c *ivr.Collect) { c.Min, c.Max, c.End = at(9, 4, 4), w(8), at("1", 5, 5) }), []string{
			`:0:0: variable "a-b" can't be read as vars.NAME, use letters, digits and _, as due_date`,
			`flows.yaml:4:4: min is 9, at most max, which is 8`, `flows.yaml:5:5: "1" can't end what is pressed, "#", "*" or none`,
		}},
		{"say a secret", sayNode("n", "hangup", "digits", "vars.pin"), []string{`:0:0: value "vars.pin": the variable "pin" is secret, compare it in a branch; it can't be said or copied`}},
		{"copy a secret", set("n", "hangup", "x", `vars.pin + ""`), []string{`:0:0: value "vars.pin + \"\"": the variable "pin" is secret, compare it in a branch; it can't be said or copied`}},
		{"split of 90", ivr.Node{Split: &ivr.Split{Shares: []ivr.Share{{Percent: w(90), Next: end()}, {Percent: at(101, 4, 4), Next: at("m", 5, 5)}}}, Next: at("hangup", 6, 6)}, []string{
			`flows.yaml:4:4: percent is 101, 0 to 100`, `flows.yaml:5:5: there is no node "m" in flow "f", the nodes are n`,
			`flows.yaml:3:5: the shares of split "n" add up to 191, shares that add up to 100, as [{percent: 30, next: a}, {percent: 70, next: b}]`,
			`flows.yaml:6:6: a split has no next, remove it`,
		}},
		{"no kind", ivr.Node{}, []string{`flows.yaml:3:5: node "n" does nothing, give it one of play, menu, branch, queue, survey, voicemail, hangup, transfer, say, set, collect, split, flow, language, calendar, list, http, webhook, ticket, callback, announce_urgent, wait, verify, listen`}},
		{"two kinds", ivr.Node{Hangup: &ivr.Hangup{}, Queue: &ivr.Queue{Queue: w("general")}, Next: end()}, []string{
			`flows.yaml:3:5: node "n" is both a queue and a hangup, make two nodes of it`,
		}},
		{"a prompt mistyped", ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{at("welcom", 4, 12)}}}, Next: end()}, []string{
			`flows.yaml:4:12: prompt "welcom" is unknown, did you mean "welcome"? (a site's own are files prompts/<zh|en>/<name>.wav)`,
		}},
		{"nothing to play and nowhere to go", ivr.Node{Play: &ivr.Play{}}, []string{
			`flows.yaml:3:5: play "n" has no prompt, name a prompt`,
			`flows.yaml:3:5: play "n" does not say what comes next, add next: and a node, or next: hangup`,
		}},
		{"an edge to nowhere", ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, Next: at("far_away", 5, 6)}, []string{
			`flows.yaml:5:6: there is no node "far_away" in flow "f", the nodes are n`,
		}},
		{"a flow mistyped", ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, Next: at("flow:voicemial", 5, 6)}, []string{
			`flows.yaml:5:6: there is no flow "voicemial", did you mean "voicemail"?`,
		}},
		{"an empty edge", ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, Next: at("", 5, 6)}, []string{
			`flows.yaml:5:6: next of "n" leads nowhere, name a node, or hangup`,
		}},
		{"a queue unknown", ivr.Node{Queue: &ivr.Queue{Queue: at("sales", 4, 9), Skills: map[string]int{"x": 6}, Priority: at(-1, 4, 30)}, Next: end()}, []string{
			`flows.yaml:4:9: queue "sales" is unknown, the queues are complaint, general, value_added, vip`,
			`flows.yaml:4:9: skill "x" has level 6, 1 to 5`,
			`flows.yaml:4:30: priority is -1, 1 to 100`,
		}},
		{"a menu gone wrong", ivr.Node{Menu: &ivr.Menu{
			Timeout: at(time.Duration(0), 4, 20), Tries: at(11, 4, 30),
			Keys: []ivr.Key{{Key: at("10", 5, 8), Next: end()}, {Key: at("1", 5, 20), Next: end()}, {Key: at("1", 5, 30), Next: end()}, {Key: at("x", 5, 40), Next: end()}, {Key: at("2", 5, 50)}},
		}, OnFault: at("n", 6, 1)}, []string{
			`flows.yaml:3:5: menu "n" has no prompt, name a prompt`,
			`flows.yaml:4:20: timeout is 0s, more than 0s, at most 1m0s`,
			`flows.yaml:4:30: tries is 11, 1 to 10`,
			`flows.yaml:5:8: "10" is no key, one of 0 to 9, * and #`,
			`flows.yaml:5:30: key "1" stands twice, give each key once`,
			`flows.yaml:5:40: "x" is no key, one of 0 to 9, * and #`,
			`flows.yaml:3:5: a key of "n" leads nowhere, name a node, or hangup`,
			`flows.yaml:6:1: nothing can fail in node "n", remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}`,
		}},
		{"a menu without keys", ivr.Node{Menu: &ivr.Menu{Prompt: says("main_menu")}, Next: at("nn", 7, 7)}, []string{
			`flows.yaml:3:5: menu "n" has no keys, add keys: {"1": node}`,
			`flows.yaml:7:7: there is no node "nn" in flow "f", the nodes are n`,
		}},
		{"a survey gone wrong", ivr.Node{Survey: &ivr.Survey{Prompt: ivr.Words{Prompts: []ivr.At[string]{at("", 4, 4)}}, Timeout: at(2*time.Minute, 4, 20), Keys: []ivr.Key{{Key: at("1", 5, 5)}, {Key: at("1", 5, 9)}}}, Next: end()}, []string{
			`flows.yaml:4:4: survey "n" has no prompt, name a prompt`,
			`flows.yaml:4:20: timeout is 2m0s, more than 0s, at most 1m0s`,
			`flows.yaml:5:5: the answer of key "1" has no name, give it a name, such as satisfied`,
			`flows.yaml:5:9: key "1" stands twice, give each key once`,
		}},
		{"a survey without keys", ivr.Node{Survey: &ivr.Survey{Prompt: says("rate_us")}, Next: end()}, []string{
			`flows.yaml:3:5: survey "n" has no keys, add keys: {"1": satisfied}`,
		}},
		{"a mailbox unknown", ivr.Node{Voicemail: &ivr.Voicemail{Mailbox: at("2002", 4, 4), Max: at(time.Hour, 4, 20)}, Next: end()}, []string{
			`flows.yaml:4:4: mailbox "2002" is neither a queue nor an agent, the mailboxes are 1001, general`,
			`flows.yaml:4:20: max is 1h0m0s, more than 0s, at most 30m0s`,
		}},
		{"no mailbox", ivr.Node{Voicemail: &ivr.Voicemail{}, Next: end()}, []string{
			`flows.yaml:3:5: voicemail "n" has no mailbox, add mailbox: and a queue or an agent number`,
		}},
		{"a cause unknown, and a next", ivr.Node{Hangup: &ivr.Hangup{Cause: at("nomal", 4, 4)}, Next: at("n", 5, 5)}, []string{
			`flows.yaml:4:4: cause "nomal" is unknown, did you mean "normal"?`,
			`flows.yaml:5:5: a hangup has no next, remove it`,
		}},
		{"a branch without cases", ivr.Node{Branch: &ivr.Branch{}}, []string{
			`flows.yaml:3:5: branch "n" has no cases, add {if: 'expression', next: node}`,
			`flows.yaml:3:5: branch "n" does not say where the other callers go, add else: node`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, broken(t, with(tt.node))) })
	}
}

func TestCompileChecksConditions(t *testing.T) {
	const words = `, use caller.class, caller.level, caller.number, caller.name, caller.calls, called, trunk, now, language, open("calendar"), holiday("calendar"), listed("list"), vars.NAME, has("NAME")`
	for condition, want := range map[string]string{
		"":                         `the condition is empty, write one, such as caller.class == "vip"`,
		"caller.class = vip":       `condition "caller.class = vip": = can't stand here (its character 14), == compares`,
		"caller.colour == 1":       `condition "caller.colour == 1": caller has no "colour" (its character 8), use caller.class, caller.level, caller.number, caller.name, caller.calls`,
		"caller.numbr == 1":        `condition "caller.numbr == 1": caller has no "numbr" (its character 8), did you mean caller.number?`,
		`now.hour() > 8`:           `condition "now.hour() > 8": a moment has no "hour" (its character 5), did you mean now.Hour()?`,
		`now.Hour > 8`:             `condition "now.Hour > 8": invalid operation: > (mismatched types func(a moment) a whole number and a whole number) (its character 10), add (), as now.Hour() >= 18`,
		`now > "18:00"`:            `condition "now > \"18:00\"": invalid operation: > (mismatched types a moment and text) (its character 5), compare its hour, as now.Hour() >= 18, or a moment, as now > date("2026-11-29")`,
		`now.Weekday() == 1`:       `condition "now.Weekday() == 1": invalid operation: == (mismatched types time.Weekday and a whole number) (its character 15), compare it as text, string(now.Weekday()) == "Monday", or int(now.Month()) == 11`,
		`caller.class == vip`:      `condition "caller.class == vip": unknown name vip (its character 17), if it is a text write "vip", in quotes; else` + words[1:],
		`caler.class == "vip"`:     `condition "caler.class == \"vip\"": unknown name caler (its character 1), did you mean "caller"?`,
		`caller.class == "vip`:     `condition "caller.class == \"vip": a text in quotes is not closed (its character 21), close it, as "vip"`,
		`caller.class == “vip”`:    `condition "caller.class == “vip”": “ can't stand here (its character 17), plain signs, as in caller.class == "vip" and (called == "10000" or trunk != "gw")`,
		`open("service") AND true`: `condition "open(\"service\") AND true": "AND" can't stand here (its character 17), and, in small letters`,
		`open("service") &&`:       `condition "open(\"service\") &&": it ends too early (its character 18), something behind the last sign, and a ) for each (`,
		`called == 10000 10001`:    `condition "called == 10000 10001": "10001" can't stand here (its character 17), conditions joined by and, or, not, as caller.class == "vip" and now.Hour() < 18; texts in quotes`,
		`language == "cn"`:         `condition "language == \"cn\"": nobody speaks "cn" here, one of zh, en`,
		"customer.vip":             `condition "customer.vip": unknown name customer (its character 1), if it is a text write "customer", in quotes; else` + words[1:],
		"caller.level":             `condition "caller.level": expected true or false, but got text, compare it with something, as caller.class == "vip"`,
		"caller.level > 3":         `condition "caller.level > 3": invalid operation: > (mismatched types text and a whole number) (its character 14), text stands in quotes, numbers do not; int(…) and float(…) make numbers of text, string(…) makes text`,
		`caller.class == "gold"`:   `condition "caller.class == \"gold\"": no caller has the class "gold", the classes are normal, vip, blocked`,
		`"gold" != caller.class`:   `condition "\"gold\" != caller.class": no caller has the class "gold", the classes are normal, vip, blocked`,
		`open("servce")`:           `condition "open(\"servce\")": calendar "servce" is unknown, did you mean "service"?`,
		`holiday("x" + called)`:    `condition "holiday(\"x\" + called)": holiday needs the name of a calendar in quotes, holiday("service")`,
		`now.Local().Hour() > 8`:   `condition "now.Local().Hour() > 8": now.Local() depends on the machine, use now, which has the zone of the first calendar`,
		`any([1], # > 3)`:          `condition "any([1], # > 3)": any is not available here, use len, lower, upper, trim, hasPrefix, hasSuffix, indexOf, int, float, string, abs, min, max, date, duration`,
		`now.Hour() in 8..20`:      `condition "now.Hour() in 8..20": a range is not available here, compare with its ends, as in now.Hour() >= 8 && now.Hour() < 20`,
		`now().Hour() > 8`:         `condition "now().Hour() > 8": a moment is not callable (its character 1)` + words,
		`open("service", "other")`: `condition "open(\"service\", \"other\")": too many arguments to call open (its character 1)` + words,
	} {
		n := ivr.Node{Branch: &ivr.Branch{Else: end(), Cases: []ivr.Case{{If: at(condition, 4, 14), Next: end()}}}}
		require.Equal(t, []string{"flows.yaml:4:14: " + want}, broken(t, with(n)), condition)
	}
	for _, condition := range []string{
		`caller.class in ["vip", "blocked"] and not open("service")`, `caller.number startsWith "138"`, `now.Hour() >= 18 or holiday("service")`,
		`caller.number matches "^1[38]\\d{9}$"`, `len(caller.name) > 0 && called == "10000"`, `now > date("2027-01-01")`, "true",
	} {
		n := ivr.Node{Branch: &ivr.Branch{Else: end(), Cases: []ivr.Case{{If: w(condition), Next: end()}}}}
		require.Empty(t, broken(t, with(n)), condition)
	}
}

func TestCompileChecksFlows(t *testing.T) {
	require.Equal(t, []string{`flows.yaml:1:3: flow "f" has no nodes, give it at least one`},
		broken(t, ivr.Flow{Name: at("f", 1, 3)}))
	require.Equal(t, []string{`flows.yaml:1:3: flow "f" does not say where it starts, add start: say`},
		broken(t, ivr.Flow{Name: at("f", 1, 3), Nodes: []ivr.Node{play("say", "hangup", "welcome")}}))
	require.Equal(t, []string{`flows.yaml:2:3: flow "f" starts at "sya", which is no node of it, did you mean "say"?`},
		broken(t, ivr.Flow{Name: w("f"), Start: at("sya", 2, 3), Nodes: []ivr.Node{play("say", "hangup", "welcome")}}))

	twice := flow("main", "say", play("say", "hangup", "welcome"))
	twice.Name = at("main", 50, 3)
	require.Equal(t, []string{`flows.yaml:50:3: flow "main" is declared twice, give each flow a name of its own`}, broken(t, twice))

	again := play("say", "hangup", "welcome")
	again.Name = at("say", 5, 5)
	require.Equal(t, []string{`flows.yaml:5:5: node "say" is declared twice in flow "f", give each node of a flow a name of its own`},
		broken(t, flow("f", "say", play("say", "hangup", "welcome"), again)))

	reserved, spaced := play("hangup", "hangup", "welcome"), play("a b", "hangup", "welcome")
	reserved.Name, spaced.Name = at("hangup", 6, 6), at("a b", 7, 7)
	require.Equal(t, []string{
		`flows.yaml:6:6: node name "hangup" is the built-in end's, use another name`,
		`flows.yaml:7:7: node name "a b" is empty or has a space or a colon, use letters, digits, _ and -`,
		`flows.yaml:7:7: node "a b" can never be reached, lead an edge to it, or remove it`,
	}, broken(t, flow("f", "say", play("say", "hangup", "welcome"), reserved, spaced)))
}

func TestCompileFindsUnreachableNodes(t *testing.T) {
	lost, island := play("lost", "island", "welcome"), play("island", "hangup", "welcome")
	lost.Name, island.Name = at("lost", 6, 6), at("island", 7, 7)
	require.Equal(t, []string{
		`flows.yaml:6:6: node "lost" can never be reached, lead an edge to it, or remove it`,
		`flows.yaml:7:7: node "island" can never be reached, lead an edge to it, or remove it`,
	}, broken(t, flow("f", "say", play("say", "hangup", "welcome"), lost, island)))

	typo := play("say", "", "welcome")
	typo.Next = at("lsot", 3, 3)
	require.Equal(t, []string{`flows.yaml:3:3: there is no node "lsot" in flow "f", did you mean "lost"?`},
		broken(t, flow("f", "say", typo, lost, island)), "one slip, one problem")
}

func TestCompileFindsLoops(t *testing.T) {
	loop := func(f ivr.Flow) string {
		lines := broken(t, f)
		require.Len(t, lines, 1, "%v", lines)
		return lines[0]
	}
	const tail = " goes round without the caller doing anything, lead one of these edges to a menu, a queue or hangup"
	a, b := play("a", "b", "welcome"), play("b", "", "welcome")
	b.Next = at("a", 8, 8)
	require.Equal(t, "flows.yaml:8:8: a → b → a"+tail, loop(flow("f", "a", a, b)))

	self := branch("a", "hangup", "true", "a")
	self.Branch.Cases[0].Next = at("a", 8, 8)
	require.Equal(t, "flows.yaml:8:8: a → a"+tail, loop(flow("f", "a", self)))

	silent := menu("a", 3, keys("1", "hangup"))
	silent.Menu.OnTimeout = at("a", 8, 8)
	require.Equal(t, "flows.yaml:8:8: a → a"+tail, loop(flow("f", "a", silent)), "a dead line would stay for ever")

	across := play("a", "", "welcome")
	across.Next = at("flow:f", 8, 8)
	require.Equal(t, "flows.yaml:8:8: a → a"+tail, loop(flow("f", "a", across)))

	box := voicemail("a", "")
	box.Next = at("a", 8, 8)
	require.Equal(t, "flows.yaml:8:8: a → a"+tail, loop(flow("f", "a", box)))

	var long []ivr.Node
	for i := range 20 {
		long = append(long, play(fmt.Sprintf("n%d", i), fmt.Sprintf("n%d", (i+1)%20), "welcome"))
	}
	require.Contains(t, loop(flow("f", "n0", long...)), "n10 → n11 → … → n0 goes round")

	top := menu("a", 3, keys("1", "a", "2", "q"))
	top.Menu.OnInvalid = w("a")
	require.Empty(t, broken(t, flow("f", "a", top, queue("q", "general", "a"))), "keys and agents may lead back")
}

func TestCompileBoundsANode(t *testing.T) {
	many := ivr.Node{Play: &ivr.Play{}, Next: end()}
	for range 33 {
		many.Play.Prompts = append(many.Play.Prompts, w("welcome"))
	}
	require.Equal(t, []string{`flows.yaml:3:5: node "n" says 33 things, at most 32; make two nodes of it`}, broken(t, with(many)))
	cases := ivr.Node{Branch: &ivr.Branch{Else: end()}}
	for range 101 {
		cases.Branch.Cases = append(cases.Branch.Cases, ivr.Case{If: w("true"), Next: end()})
	}
	require.Equal(t, []string{`flows.yaml:3:5: branch "n" has 101 cases, at most 100; make two nodes of it`}, broken(t, with(cases)))
}

func TestCompileWithoutPrompts(t *testing.T) {
	k := known(t)
	k.Prompts = map[string]bool{"welcome": true}
	_, problems := ivr.Compile([]ivr.Flow{flow("voicemail", "leave", voicemail("leave", "hangup"))}, k)
	require.Equal(t, []ivr.Problem{{Wrong: `a voicemail needs the prompt "beep"`, Right: "add it to the prompts"}}, problems)
	k.Prompts, k.Queues = nil, nil
	_, problems = ivr.Compile([]ivr.Flow{flow("f", "q", queue("q", "q", "hangup"))}, k)
	require.Equal(t, []ivr.Problem{{Wrong: `queue "q" is unknown`, Right: "there are no queues yet"}}, problems)
	g, problems := ivr.Compile(nil, ivr.Known{})
	require.Empty(t, problems)
	require.Empty(t, g.Flows())
}
