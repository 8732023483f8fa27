package ivr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func listenNode(change func(*ivr.Listen)) ivr.Node {
	l := &ivr.Listen{Service: w("asr"), Prompt: says("welcome"), Intents: keys("bill", "hangup")}
	if change != nil {
		change(l)
	}
	return ivr.Node{Listen: l, Next: end()}
}

func TestCompileNamesEveryMistakeOfAListen(t *testing.T) {
	long := strings.Repeat("x", 129)
	for name, tt := range map[string]struct {
		node ivr.Node
		want []string
	}{
		"a service":  {listenNode(func(l *ivr.Listen) { l.Service = at("asx", 4, 4) }), []string{`flows.yaml:4:4: speech service "asx" is unknown, did you mean "asr"?`}},
		"nobody":     {listenNode(func(l *ivr.Listen) { l.Service, l.Intents = ivr.At[string]{}, nil }), []string{`flows.yaml:3:5: node "n" hears nobody and has no keys, add service: or keys: {"1": node}`}},
		"no intents": {listenNode(func(l *ivr.Listen) { l.Intents = nil }), []string{`flows.yaml:3:5: listen "n" has no intents, add intents: {bill: node}`}},
		"intents": {listenNode(func(l *ivr.Listen) {
			l.Intents = []ivr.Key{{Key: at("bil", 5, 5), Next: end()}, {Key: at("re pair", 6, 5), Next: end()}, {Key: at("repair", 7, 5), Next: at("nobody", 7, 9)}}
		}), []string{
			`flows.yaml:5:5: speech service "asr" has no intent "bil", did you mean "bill"?`,
			`flows.yaml:6:5: an intent of "n" is "re pair", a word without spaces, as order_placed`,
			`flows.yaml:6:5: speech service "asr" has no intent "re pair", did you mean "repair"?`,
			`flows.yaml:7:9: there is no node "nobody" in flow "f", the nodes are n`,
		}},
		"figures": {listenNode(func(l *ivr.Listen) {
			l.Confidence, l.Max, l.Timeout, l.Tries = at(101, 5, 5), at(2*time.Minute, 6, 6), at(-time.Second, 7, 7), at(11, 8, 8)
		}), []string{
			"flows.yaml:7:7: timeout is -1s, more than 0s, at most 1m0s", "flows.yaml:8:8: tries is 11, 1 to 10",
			"flows.yaml:6:6: max is 2m0s, more than 0s, at most 1m0s", "flows.yaml:5:5: confidence is 101, 0 to 100",
		}},
		"digits that lead nowhere": {listenNode(func(l *ivr.Listen) { l.Digits = &ivr.Digits{Into: w("a")} }), []string{`flows.yaml:3:5: listen "n" does not say where its digits lead, add on_digits: and a node`}},
		"no digits":                {listenNode(func(l *ivr.Listen) { l.OnDigits = at("hangup", 5, 5) }), []string{`flows.yaml:5:5: listen "n" takes no digits, add digits: {into: account, max: 8}, or remove it`}},
		"digits": {listenNode(func(l *ivr.Listen) {
			l.Digits, l.OnDigits = &ivr.Digits{Into: at("a-b", 5, 5), Min: at(9, 5, 9), Max: w(8)}, end()
			l.Keys = []ivr.Key{{Key: at("1", 6, 6), Next: end()}, {Key: at("#", 6, 9), Next: end()}, {Key: at("*", 6, 12), Next: end()}}
		}), []string{
			`flows.yaml:5:5: variable "a-b" can't be read as vars.NAME, use letters, digits and _, as due_date`, "flows.yaml:5:9: min is 9, at most max, which is 8",
			`flows.yaml:6:6: key "1" belongs to the digits, a key that is no digit and does not end them, as *`, `flows.yaml:6:9: key "#" belongs to the digits, a key that is no digit and does not end them, as *`,
		}},
		"words": {listenNode(func(l *ivr.Listen) {
			l.Hints, l.Again.Prompts, l.Keys = []ivr.At[string]{at(long, 5, 5)}, []ivr.At[string]{at("welcom", 6, 6)}, []ivr.Key{{Key: at("x", 7, 7), Next: end()}}
			l.Into = []ivr.Pick{{Name: at("a-b", 8, 8), Path: w("text"), Type: at("money", 8, 12)}}
		}), []string{
			`flows.yaml:6:6: prompt "welcom" is unknown, did you mean "welcome"? (a site's own are files prompts/<zh|en>/<name>.wav)`,
			"flows.yaml:5:5: a hint is too long, at most 128 bytes",
			`flows.yaml:8:8: variable "a-b" can't be read as vars.NAME, use letters, digits and _, as due_date`,
			`flows.yaml:8:12: type "money" is unknown, text, number, whole, truth or date`,
			`flows.yaml:7:7: "x" is no key, one of 0 to 9, * and #`,
		}},
	} {
		t.Run(name, func(t *testing.T) { require.ElementsMatch(t, tt.want, broken(t, with(tt.node))) })
	}
}

func TestAListenHasItsPlaces(t *testing.T) {
	node := listenNode(nil)
	node.Name = w("ask")
	verdict := ivr.Node{Name: w("judge"), Verify: &ivr.Verify{If: w("true")}}
	node.Listen.Intents = keys("bill", "judge")
	require.Contains(t, strings.Join(broken(t, flow("f", "ask", node, verdict)), "\n"), "a listen can't be in a flow that verifies a caller")
	node.Listen.Intents = keys("bill", "return")
	node.Next, node.OnFault = w("ask"), w("ask")
	require.Contains(t, strings.Join(positioned(broken(t, flow("f", "ask", node))), "\n"), "ask → ask goes round without the caller doing anything")
	secret := listenNode(func(l *ivr.Listen) { l.Into = []ivr.Pick{{Name: w("pass"), Path: w("slots.pass"), Secret: w(true)}} })
	secret.Name, secret.Next = w("ask"), w("say")
	require.Contains(t, strings.Join(broken(t, flow("f", "ask", secret, sayNode("say", "hangup", "digits", "vars.pass"))), "\n"), `the variable "pass" is secret`)
}

func TestAListenIsAMenu(t *testing.T) {
	g := exampleGraph(t)
	require.True(t, g.HasMenu("hear"), "who leaves before it is over has abandoned")
	var labels []string
	for _, e := range g.View("hear")[0].Edges {
		labels = append(labels, e.Label+" → "+e.Node)
	}
	require.Equal(t, []string{"bill → bill", "repair → fix", "again → ask", "silence → quiet", "no match → agent", "fault → away"}, labels)
	require.Equal(t, "welcome asr", g.View("hear")[0].Words)
	require.Contains(t, g.Mermaid("hear", ivr.Counts{}), `-->|"no match"|`)
}

func TestRehearsalsOfSpeech(t *testing.T) {
	asr := func(body string) ivr.StubAnswer {
		return ivr.StubAnswer{Service: w("asr"), Speech: true, Body: []byte(body)}
	}
	for name, change := range map[string]func(*ivr.Rehearsal){
		"an intent": func(r *ivr.Rehearsal) { r.Do, r.Ends = words("speak bill"), w("queue value_added") },
		"not sure, sure": func(r *ivr.Rehearsal) {
			r.Do, r.Path, r.Ends = words("speak bill 40", "speak repair 70"), words("ask", "fix"), w("queue complaint")
		},
		"an answer": func(r *ivr.Rehearsal) {
			r.Answers = []ivr.StubAnswer{asr(`{"text":"x","slots":{"line":21}}`), asr(`{"intent":"none","slots":{"line":12}}`)}
			r.Do, r.Says = words("speak", "speak"), words("welcome", "main_menu", "digit_1", "digit_2")
		},
		"away": func(r *ivr.Rehearsal) { r.Do, r.Ends = words("fault asr: it is away"), w("hangup flow_end") },
		"lying": func(r *ivr.Rehearsal) {
			r.Answers = []ivr.StubAnswer{asr(`{"slots":{"line":"x"}}`)}
			r.Do, r.Path = words("speak"), words("ask", "away", "hangup")
		},
		"a fault": func(r *ivr.Rehearsal) {
			r.Answers = []ivr.StubAnswer{{Service: w("asr"), Speech: true, Fault: "slow"}}
			r.Do, r.Path = words("speak"), words("ask", "away", "hangup")
		},
		"silence": func(r *ivr.Rehearsal) { r.Do, r.Path = words("silence", "silence"), words("ask", "quiet", "hangup") },
		"by keys": func(r *ivr.Rehearsal) {
			r.Flow = w("say_or_press")
			r.Do, r.Ends = words("silence", "fault away", "press 1234"), w("queue value_added")
		},
		"late": func(r *ivr.Rehearsal) {
			r.Flow = w("say_or_press")
			r.Do, r.Ends = words("speak bill"), w("queue value_added")
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, rehearsed(t, func(r *ivr.Rehearsal) { r.Flow = w("hear"); change(r) }))
		})
	}
	for deed, want := range map[string]string{
		"speak bill much": `"much" is no percentage, speak bill 90`,
		"speak":           `nothing says what asr understands, speak INTENT, or answers: [{speech: asr, body: {intent: bill, confidence: 0.9}}]`,
	} {
		got := rehearsed(t, func(r *ivr.Rehearsal) { r.Flow, r.Do, r.Ends = w("hear"), words(deed), w("x") })
		require.NotEmpty(t, got)
		require.Contains(t, got[0], want)
	}
	got := rehearsed(t, func(r *ivr.Rehearsal) { r.Do, r.Ends = words("speak bill"), w("x") })
	require.Contains(t, got[0], "nobody listens (menu), speak where a listen node has a service hear the caller")
}

func TestFinalFrom(t *testing.T) {
	v := call.FlowListen{Token: 3, Service: "asr", Picks: []call.FlowPick{{Name: "n", Path: "slots.n", Type: call.PickWhole, Optional: true}}}
	fault := func(words string) call.FlowInput { return call.FlowFault{Token: 3, Words: "asr: " + words} }
	for body, want := range map[string]call.FlowInput{
		`{"intent":"bill","confidence":0.25,"slots":{"n":7}}`: call.FlowHeard{Token: 3, Intent: "bill", Confidence: 0.25, Values: map[string]string{"n": "7"}},
		`{}`:                       call.FlowHeard{Token: 3, Confidence: 1, Values: map[string]string{}},
		`[]`:                       fault("its final is none"),
		`{"confidence":7}`:         fault("its final is none"),
		`{"intent":"a b"}`:         fault("its final is none"),
		`{"slots":{"n":"secret"}}`: fault("slots.n of the answer is no whole"),
	} {
		require.Equal(t, want, ivr.FinalFrom(v, []byte(body)), body)
	}
}
