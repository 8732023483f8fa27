package config

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/ivr"
)

const hearing = `speech_services:
  - {name: asr, url: "wss://asr.example.com/listen", secret: "${KEY}", headers: {X-Tenant: "7"}, intents: [bill, repair], format: pcma, packet: 20ms, timeout: 1s, answer: 2s, at_once: 7, breaker: {failures: 2, pause: 5s}}
queues: [{name: general, groups: [g]}]
groups: [{name: g}]
flows:
  - name: main
    start: ask
    nodes:
      ask:
        listen:
          service: asr
          prompt: ask
          again: ask_again
          hints: [宽带]
          confidence: 60
          timeout: 4s
          max: 9s
          tries: 3
          barge_in: false
          digits: {into: account, min: 3, max: 8, end: "#", gap: 2s}
          into: {said: text, line: {path: slots.line, type: whole, secret: true}}
        intents: {bill: billing, repair: hangup}
        keys: {"*": billing}
        on_digits: billing
        on_timeout: billing
        on_no_match: hangup
        on_fault: billing
      billing: {queue: general, next: hangup}
`

func loadHearing(t *testing.T, text string) (*Site, error) {
	t.Helper()
	return LoadSite(fstest.MapFS{"site.yaml": {Data: []byte(text)}}, ".", SiteOptions{Getenv: func(string) (string, bool) { return "key", true }})
}

func TestSpeechServicesAndListenNodes(t *testing.T) {
	site, err := loadHearing(t, hearing)
	require.NoError(t, err)
	s := site.SpeechServices[0]
	require.Equal(t, "key", s.Secret.Reveal())
	require.Equal(t, []any{"asr", ForkPCMA, 20 * time.Millisecond, time.Second, 2 * time.Second, 7, Breaker{2, 5 * time.Second}, []string{"bill", "repair"}},
		[]any{s.Name, s.Format, s.Packet, s.Timeout, s.Answer, s.AtOnce, s.Breaker, s.Intents})
	l := site.Flows[0].Nodes[0].Listen
	require.Equal(t, []any{"asr", "ask", "ask_again", 60, 4 * time.Second, 9 * time.Second, 3, false, true},
		[]any{l.Service.Value, l.Prompt.Prompts[0].Value, l.Again.Prompts[0].Value, l.Confidence.Value, l.Timeout.Value, l.Max.Value, l.Tries.Value, l.BargeIn.Value, l.BargeIn.IsSet()})
	require.Len(t, l.Into, 2)
	require.Equal(t, []any{"account", 3, 8, "#", 2 * time.Second, "billing"}, []any{l.Digits.Into.Value, l.Digits.Min.Value, l.Digits.Max.Value, l.Digits.End.Value, l.Digits.Gap.Value, l.OnDigits.Value})
	require.Equal(t, []string{"bill", "repair"}, []string{l.Intents[0].Key.Value, l.Intents[1].Key.Value})
	tests, err := ReadFlowTests("t.yaml", []byte(`tests:
  - {name: speaks, flow: main, answers: [{speech: asr, body: {intent: bill, confidence: 0.9, slots: {line: 7}}}], do: [speak], ends: queue general}
  - {name: keys, flow: main, do: [press 1234#], ends: queue general}
  - {name: away, flow: main, do: [fault it is away], path: [ask, billing]}
`), time.UTC)
	require.NoError(t, err)
	for i := range tests {
		require.Empty(t, site.Graph.Rehearse(&tests[i], time.Now()))
	}
	require.Equal(t, ivr.StubAnswer{Service: tests[0].Answers[0].Service, Speech: true, Status: 200, Body: []byte(`{"confidence":0.9,"intent":"bill","slots":{"line":7}}`)}, tests[0].Answers[0])
}

func TestSpeechServicesGoneWrong(t *testing.T) {
	_, err := loadHearing(t, `speech_services:
  - {name: asr, url: "https://asr.example.com", format: mp3, packet: 300ms, timeout: 11s, answer: 21s, secret: "a
      b"}
  - {name: none, brekaer: {}}
flows:
  - name: main
    start: ask
    nodes:
      ask: {listen: {service: asr, prompt: ask, promt: x}, intents: {cancel: hangup}, next: hangup}
`)
	require.Error(t, err)
	for _, want := range []string{
		`site.yaml:2:22: url is no address of an engine`, `format "mp3" is unknown, one of pcm, pcma, pcmu`, `packet is 300ms, 20ms to 200ms, in steps of 10ms`,
		`timeout is 11s, at most 10s: a caller waits`, `answer is 21s, at most 20s: a caller waits`, `a speech service has no url`, `a speech service has no key "brekaer", did you mean "breaker"?`,
		`a listen has no key "promt", did you mean "prompt"?`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestASpeechServiceIsMasked(t *testing.T) {
	site, err := loadHearing(t, `speech_services: [{name: asr, url: "wss://asr.example.com/listen?key=topsecret", secret: topsecret, headers: {X-Key: topsecret}}]`)
	require.NoError(t, err)
	require.NotContains(t, site.Documents(false)[0].Text, "topsecret")
}

func TestTextsWithValues(t *testing.T) {
	site, err := loadHearing(t, `flows:
  - name: main
    start: set
    nodes:
      set: {set: {sum: '12'}, next: say}
      say: {play: [a, {text: "您的余额是 {vars.sum} 元", else: b, private: true}, {text: plain}, {text: "{called}", language: en, voice: slt}], timeout: 3s, next: hangup, on_fault: hangup}
`)
	require.NoError(t, err)
	play := site.Flows[0].Nodes[1].Play
	require.Len(t, play.Prompts, 4)
	require.Equal(t, 3*time.Second, play.Timeout.Value)
	first, second := play.Texts[0], play.Texts[1]
	require.Equal(t, []any{1, "您的余额是 {vars.sum} 元", "zh", "", "b", true}, []any{first.At, first.Text.Value, first.Language, first.Voice, first.Instead.Value, first.Private.Value})
	require.Equal(t, []any{3, "{called}", "en", "slt", "", false}, []any{second.At, second.Text.Value, second.Language, second.Voice, second.Instead.Value, second.Private.Value})
	require.Equal(t, []bool{true, false, true}, []bool{site.Texts[0].Values, site.Texts[1].Values, site.Texts[2].Values})
	require.NotEmpty(t, site.Texts[1].Prompt)
	tests, err := ReadFlowTests("t.yaml", []byte(`tests:
  - {name: says, flow: main, says: [a, 您的余额是 12 元, "`+site.Texts[1].Prompt+`", "10000"]}
  - {name: mute, flow: main, mute: true, path: [set, say, hangup]}
`), time.UTC)
	require.NoError(t, err)
	for i := range tests {
		require.Empty(t, site.Graph.Rehearse(&tests[i], time.Now()))
	}
}

// TestTextsWherePromptsArePlayed checks that every node that says something takes texts, and plays flow tests of them.
func TestTextsWherePromptsArePlayed(t *testing.T) {
	site, err := loadHearing(t, `speech_services: [{name: asr, url: "wss://asr.example.com/listen"}]
flows:
  - name: main
    start: greet
    nodes:
      greet: {menu: {prompt: [{text: "您好{caller.name}"}, menu], text_timeout: 1s}, keys: {"1": account, "2": hear}, next: hangup}
      account: {collect: {prompt: {text: "{called}", else: account}, into: account, max: 3}, next: owes}
      owes: {say: [{text: "{caller.name}, you owe", language: en}, {money: vars.account}, {text: plain}], timeout: 3s, next: rate}
      rate: {survey: {prompt: [rate, {text: "{caller.name}", private: true}], keys: {"1": good}}, next: hear, on_fault: sorry}
      hear:
        listen: {service: asr, prompt: hear, again: {text: "{called}", else: hear}, text_timeout: 4s}
        intents: {bill: sorry}
        next: hangup
      sorry: {play: sorry, next: hangup}
`)
	require.NoError(t, err)
	nodes := site.Flows[0].Nodes
	require.Equal(t, time.Second, nodes[0].Menu.Prompt.Timeout.Value)
	require.False(t, nodes[4].Listen.Prompt.Timeout.IsSet(), "it is of the text of the second try")
	require.Equal(t, 4*time.Second, nodes[4].Listen.Again.Timeout.Value)
	plain := site.Texts[3].Prompt
	require.NotEmpty(t, plain)
	tests, err := ReadFlowTests("t.yaml", []byte(`tests:
  - {name: all, flow: main, caller: {name: 王五}, do: [press 1, press 123, press 1, silence, speak bill],
     says: [您好王五, menu, "10000", "王五, you owe", number_1_falling, number_hundred, number_20, number_3, money_yuan, "`+plain+`", rate, hear, "10000", sorry]}
  - {name: mute, flow: main, mute: true, do: [press 1, press 123], path: [greet, account, owes, rate, sorry, hangup],
     says: [menu, account, number_1_falling, number_hundred, number_20, number_3, money_yuan, "`+plain+`", rate, sorry]}
  - {name: ahead, flow: main, caller: {name: 王五}, do: [ahead 1, ahead 123], path: [greet, account, owes, rate], ends: survey}
`), time.UTC)
	require.NoError(t, err)
	for i := range tests {
		require.Empty(t, site.Graph.Rehearse(&tests[i], time.Now()))
	}
}

// TestWhereNoTextIsTaken checks what is said where a text can't stand.
func TestWhereNoTextIsTaken(t *testing.T) {
	for node, want := range map[string]string{
		`{hangup: {tone: {text: "{called}"}}}`:                       "5:26: tone is a mapping, a single value",
		`{wait: {for: 5s, music: {text: a}}, next: hangup}`:          "5:34: music is a mapping, a single value",
		`{menu: {prompt: [a, [b]]}, keys: {"1": hangup}}`:            "5:30: prompt is a list, a single value",
		`{menu: {prompt: {txt: a}}, keys: {"1": hangup}}`:            "5:26: what is said has no text",
		`{menu: {prompt: {text: "{called}"}}, keys: {"1": hangup}}`:  "5:33: nothing is said where the text can't be rendered in time",
		`{menu: {prompt: a, text_timeout: 1s}, keys: {"1": hangup}}`: "5:43: node \"n\" has nothing to wait for",
		`{say: [{text: a, money: '1'}], next: hangup}`:               "5:27: what is said has no key \"money\"",
		`{queue: general, prompt: {text: a}, next: hangup}`:          "5:27: a node of kind queue has no key \"prompt\"",
	} {
		_, err := loadHearing(t, "flows:\n  - name: main\n    start: n\n    nodes:\n      n: "+node+"\n")
		require.ErrorContains(t, err, want, node)
	}
}
