package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// TestWordsOfAQueue has the defaults block's words in one queue, others in the second and none in two more.
func TestWordsOfAQueue(t *testing.T) {
	s, err := loadText(`
defaults: {announce: {every: 20s, say: [please_wait, {text: "您前面还有 {queue.ahead} 位"}, {number: queue.position, measure: persons}]}}
queues:
  - {name: q, groups: [general]}
  - {name: own, groups: [general], announce: {say: [{text: "{caller.name}", else: please_wait}], text_timeout: 3s}}
  - {name: none, groups: [general], announce: {say: []}}
  - {name: flow, groups: [general], experience: waiting}` + okFlow)
	require.NoError(t, err)
	words := func(queue string, ahead int) call.FlowWords {
		return s.Graph.Announce(time.Now(), ivr.Vars{Caller: call.Caller{Name: "王"}}, ivr.Waiting{Queue: queue, Ahead: &ahead})
	}
	said := words("q", 2)
	require.Equal(t, []call.FlowPiece{{Prompt: "please_wait"}, {Text: 1}, {Prompt: "number_3"}, {Prompt: "measure_person"}}, said.Pieces)
	require.Equal(t, []call.FlowText{{Text: "您前面还有 2 位", Language: "zh"}}, said.Texts)
	require.Equal(t, 2*time.Second, said.Within)
	own := words("own", 0)
	require.Equal(t, []call.FlowText{{Text: "王", Language: "zh", Private: true}}, own.Texts)
	require.Equal(t, []call.FlowPiece{{Prompt: "please_wait", Text: 1}}, own.Pieces)
	require.Equal(t, 3*time.Second, own.Within)
	require.Empty(t, words("none", 0))
	require.Empty(t, words("flow", 0), "the experience says what is said")
	require.Equal(t, 20*time.Second, s.Queues[1].Announce.Every)
	require.Equal(t, []string{"main", "waiting"}, s.Graph.Flows(), "nobody comes to an announcement")
}

func TestWrongWordsOfAQueue(t *testing.T) {
	for text, words := range map[string]string{
		`queues: [{name: q, groups: [general], announce: {say: [‸{numbr: "1"}]}}]`:                                                 `it does not say as what`,
		`queues: [{name: q, groups: [general], announce: {say: [{text: ‸"{queue.ahed}"}]}}]`:                                       `value "queue.ahed"`,
		`queues: [{name: q, groups: [general], announce: {say: [{text: ‸"{vars.sum}"}]}}]`:                                         `value "vars.sum": no node sets the variable "sum"`,
		`queues: [{name: q, groups: [general], announce: {say: [{number: ‸now}]}}]`:                                                `value "now" is a moment, which can't be said as number`,
		`queues: [{name: q, groups: [general], announce: {say: [please_wait], ‸barge_in: true}}]`:                                  `announce has no key "barge_in"`,
		`queues: [{name: q, groups: [general], announce: {text_timeout: ‸1s}}]`:                                                    `text_timeout goes with say`,
		`queues: [{name: q, groups: [general], announce: {say: [{text: "{queue.ahead}"}], text_timeout: ‸1m}}]`:                    `the time-out of texts is 1m0s`,
		`queues: [{name: q, groups: [general], experience: waiting, announce: {‸say: [please_wait]}}]` + okFlow:                    `flow "waiting" says what is to be said`,
		`defaults: {announce: {say: [{number: ‸now}]}}` + "\nqueues: [{name: q, groups: [general]}, {name: r, groups: [general]}]": `value "now" is a moment`,
	} {
		doc, places := unmark("site/x.yaml", text)
		_, err := loadText(doc)
		require.ErrorContains(t, err, places[0]+": "+words, text)
		require.Equal(t, 1, strings.Count(err.Error(), words), "once, for however many queues")
	}
}
