package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const waitingFlow = `
flows:
  - name: waiting
    start: music
    nodes:
      music: {wait: 20s, keys: {"1": back, "2": leave}, next: say}
      say:   {say: [{ahead: queue.ahead}, {wait: queue.estimated_wait_seconds}], next: music}
      back:  {callback: here, next: bye, on_fault: music}
      leave: {voicemail: {max: 60s}, next: bye}
      bye:   {wait: {for: 5s, music: default}, next: hangup}
`

func TestExperiences(t *testing.T) {
	text := `
defaults: {announce: {position: true, wait: true, you_are_next: true}}
queues: [{name: q, groups: [general], experience: waiting}, {name: own, groups: [general], experience: none}, {name: next, groups: [general], experience: waiting, announce: {you_are_next: false}}]
flows: [{name: waiting, start: w, nodes: {w: {wait: 20s, next: w}}}]`
	s, err := loadText(text)
	require.NoError(t, err)
	q, own, next := s.Queues[1], s.Queues[2], s.Queues[3]
	require.Equal(t, "waiting", q.Experience)
	require.False(t, q.Announce.Position || q.Announce.Wait, "the flow says that")
	require.True(t, q.Announce.YouAreNext)
	require.Empty(t, own.Experience)
	require.True(t, own.Announce.Position && own.Announce.Wait)
	require.False(t, next.Announce.YouAreNext)
}

func TestWrongExperiences(t *testing.T) {
	for text, words := range map[string]string{
		`queues: [{name: q, groups: [general], experience: ‸waitng}]`:                                                                           `flow "waitng" is not declared`,
		`queues: [{name: q, groups: [general], experience: waiting, announce: {position: ‸true}}]` + okFlow:                                     `flow "waiting" says place and wait, announce: {you_are_next: true} at most`,
		`{queues: [{name: q, groups: [general], experience: main}], numbers: [{number: "1", trunk: gateway, flow: ‸main}]}`:                     `flow "main" is what waiting callers of queue "q" hear, another flow for the number`,
		`queues: [{name: q, groups: [general], experience: main, overflow: [{when: full, to: ‸'flow:main'}]}]`:                                  `flow "main" is what waiting callers of queue "q" hear, another flow for those who leave it`,
		`queues: [{name: q, groups: [general], experience: waiting}]` + waitingFlow:                                                             `node "bye" waits in a queue that the caller has left, lead to queue: NAME, or to hangup`,
		`queues: [{name: q, groups: [general], experience: waiting}]` + "\nflows: [{name: waiting, start: w, nodes: {w: {wait: ‸x, next: w}}}]": `a number with its unit`,
	} {
		doc, places := unmark("site/x.yaml", text)
		_, err := loadText(doc)
		require.ErrorContains(t, err, words, text)
		for _, place := range places {
			require.ErrorContains(t, err, place+": ", text)
		}
	}
}

const okFlow = "\nflows: [{name: waiting, start: w, nodes: {w: {wait: 20s, next: w}}}]"
