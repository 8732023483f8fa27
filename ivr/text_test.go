package ivr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// textNode plays one text, which stands at 4:4.
func textNode(text string, change func(*ivr.Node)) ivr.Node {
	n := ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{{}}, Texts: []ivr.Text{{Text: at(text, 4, 4), Language: "zh", Instead: w("welcome")}}}}, Next: end()}
	if change != nil {
		change(&n)
	}
	return n
}

func TestCompileNamesEveryMistakeOfATextWithValues(t *testing.T) {
	none := func(n *ivr.Node) { n.Play.Texts[0].Instead = ivr.At[string]{} }
	for name, tt := range map[string]struct {
		node ivr.Node
		want []string
	}{
		"no way out":  {textNode("{called}", none), []string{"flows.yaml:4:4: nothing is said where the text can't be rendered in time, add else: and a prompt, or on_fault: and a node"}},
		"an edge out": {textNode("{called}", func(n *ivr.Node) { none(n); n.OnFault = end() }), nil},
		"a prompt":    {textNode("{called}", func(n *ivr.Node) { n.Play.Texts[0].Instead = at("welcom", 5, 5) }), []string{`flows.yaml:5:5: prompt "welcom" is unknown, did you mean "welcome"?`}},
		"a moment":    {textNode("{now}", nil), []string{"flows.yaml:4:4: a value of the text is a moment, which can't be read out, say it by a say node, as {date: vars.due}, or make a text of it"}},
		"a secret":    {textNode("{vars.pin}", nil), []string{`flows.yaml:4:4: value "vars.pin": no node that leads to flow "f" sets the variable "pin", there are no variables yet`}},
		"a brace":     {textNode("{called", nil), []string{"flows.yaml:4:4: a { of the text is not closed, close it with }, as 您的余额是 {vars.balance} 元"}},
		"too long":    {textNode("{called}", func(n *ivr.Node) { n.Play.Timeout = at(11*time.Second, 5, 5) }), []string{"flows.yaml:5:5: the time-out of texts is 11s, more than 0s, at most 10s"}},
		"no text": {ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}, Timeout: at(time.Second, 5, 5)}}, Next: end()}, []string{
			`flows.yaml:5:5: node "n" has nothing to wait for, remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}`,
		}},
		"no fault": {ivr.Node{Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, OnFault: at("hangup", 5, 5), Next: end()}, []string{
			`flows.yaml:5:5: nothing can fail in node "n", remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := broken(t, with(tt.node))
			require.Len(t, got, len(tt.want), "%v", got)
			for i := range tt.want {
				if name == "a secret" { // of the flow before, which does not lead here
					require.Contains(t, got[i], `value "vars.pin"`)
					continue
				}
				require.Equal(t, tt.want[i], got[i])
			}
		})
	}
}

// asking are nodes that ask something, and say it by these words.
func asking(words ivr.Words, change func(*ivr.Node)) map[string]ivr.Node {
	all := map[string]ivr.Node{
		"menu":    {Menu: &ivr.Menu{Prompt: words, Keys: keys("1", "hangup")}},
		"collect": {Collect: &ivr.Collect{Prompt: words, Into: w("digits")}, Next: end()},
		"survey":  {Survey: &ivr.Survey{Prompt: words, Keys: keys("1", "good")}, Next: end()},
		"listen":  {Listen: &ivr.Listen{Prompt: words, Service: w("asr"), Intents: keys("bill", "hangup")}},
	}
	for kind, n := range all {
		change(&n)
		all[kind] = n
	}
	return all
}

func TestCompileNamesEveryMistakeOfATextInAQuestion(t *testing.T) {
	text := func(otherwise ivr.At[string], prompts ...string) ivr.Words {
		all := says(append([]string{""}, prompts...)...)
		all.Texts = []ivr.Text{{Text: at("{called}", 4, 4), Language: "zh", Instead: otherwise}}
		return all
	}
	none, late := ivr.At[string]{}, says("welcome")
	late.Timeout = at(time.Second, 5, 5)
	way := func(n *ivr.Node) { n.OnFault = at("hangup", 6, 6) }
	for name, tt := range map[string]struct {
		words  ivr.Words
		change func(*ivr.Node)
		want   string
		listen string // where it differs
	}{
		"something else is heard":    {text(none, "welcome"), nil, "", ""},
		"something in its place":     {text(w("welcome")), nil, "", ""},
		"nothing else is heard":      {text(none), nil, "flows.yaml:4:4: nothing is said where the text can't be rendered in time, add else: and a prompt, or on_fault: and a node", "flows.yaml:4:4: nothing is said where the text can't be rendered in time, add else: and a prompt"},
		"nothing, but an edge":       {text(none), way, "", "flows.yaml:4:4: nothing is said where the text can't be rendered in time, add else: and a prompt"},
		"an edge too much":           {says("welcome"), way, `flows.yaml:6:6: nothing can fail in node "n", remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}`, "none"},
		"a time-out too much":        {late, nil, `flows.yaml:5:5: node "n" has nothing to wait for, remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}`, ""},
		"a prompt that is not there": {text(at("welcom", 7, 7)), nil, `flows.yaml:7:7: prompt "welcom" is unknown, did you mean "welcome"?`, ""},
	} {
		if tt.change == nil {
			tt.change = func(*ivr.Node) {}
		}
		for kind, n := range asking(tt.words, tt.change) {
			want := tt.want
			if kind == "listen" && tt.listen != "" {
				want = strings.TrimPrefix(tt.listen, "none")
			}
			require.Equal(t, want, strings.Join(broken(t, with(n)), "\n"), "%s: %s", kind, name)
		}
	}
	called := text(none).Texts[0]
	say := ivr.Node{Say: &ivr.Say{Items: []ivr.SayItem{{Text: &called}}}, Next: end()}
	require.Len(t, broken(t, with(say)), 1)
	say.Say.Items = append(say.Say.Items, ivr.SayItem{As: w("digits"), Value: w("called")})
	require.Empty(t, broken(t, with(say)))
}

func TestASecretIsInNoText(t *testing.T) {
	f := flow("f", "pin", collect("pin", "say", "pin", func(c *ivr.Collect) { c.Secret = w(true) }), textNode("{vars.pin}", func(n *ivr.Node) { n.Name = w("say") }))
	require.Contains(t, strings.Join(broken(t, f), "\n"), `the variable "pin" is secret`)
}

func TestTextsArePlainAndBounded(t *testing.T) {
	g := exampleGraph(t)
	s := ivr.NewSession(g, ivr.Vars{Flow: "owes", Caller: call.Caller{Number: "139", Level: "gold"}})
	verbs := s.Step(noon, call.FlowStarted{})
	require.Equal(t, []call.FlowText{{Text: "您的余额是 12 .5 元", Language: "zh"}, {Text: "139 再见", Language: "zh", Private: true}}, verbs[2].(call.FlowRender).Texts,
		"a line break is a space; who calls is kept nowhere")
	s = ivr.NewSession(g, ivr.Vars{Flow: "owes", Caller: call.Caller{Number: strings.Repeat("1", 1994), Level: "x"}})
	require.Equal(t, "", s.Step(noon, call.FlowStarted{})[2].(call.FlowRender).Texts[1].Text, "over 2000 bytes")
}

func TestAPictureShowsTexts(t *testing.T) {
	view := exampleGraph(t).View("owes")
	require.Equal(t, "welcome, “您的余额是 {vars.sum} 元”, thank_you, “{caller.number} 再见”", view[1].Words)
	require.Equal(t, []ivr.EdgeView{{Flow: "owes", Node: "hangup"}, {Label: "fault", Flow: "owes", Node: "busy"}}, view[2].Edges)
}

func TestRehearsalsOfTexts(t *testing.T) {
	require.Empty(t, rehearsed(t, func(r *ivr.Rehearsal) {
		r.Flow, r.Caller.Level = w("owes"), "9"
		r.Says = words("welcome", "您的余额是 9 元", "thank_you", "13800000001 再见", "9", "closed")
	}))
	require.Empty(t, rehearsed(t, func(r *ivr.Rehearsal) {
		r.Flow, r.Caller.Level, r.Mute = w("owes"), "9", true
		r.Says, r.Path = words("welcome", "all_busy", "thank_you", "closed", "all_busy"), words("set", "owes", "short", "busy", "hangup")
	}))
}
