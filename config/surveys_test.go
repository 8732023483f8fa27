package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const surveyFlows = `
numbers: [{number: "10086", trunk: gateway, flow: ask}]
flows:
  - {name: ask, start: q, nodes: {q: {survey: {prompt: rate_us, into: said, keys: {"1": "yes"}}, next: b}, b: {branch: [{if: 'vars.said == "yes"', next: hangup}], else: hangup}}}
  - {name: hands, start: q, nodes: {q: {queue: general, next: hangup}}}
`

func TestSurveys(t *testing.T) {
	s, err := loadText(surveyFlows + `
surveys:
  - {name: plain, flow: ask}
  - {name: full, flow: ask, queues: [general], share: 20, after: 2h, within: 3h, tries: 3, gap: 20m, ring: 20s, at_once: 5, quiet: none, again: 24h, shown: "10086"}
`)
	require.NoError(t, err)
	require.Len(t, s.Surveys, 2)
	plain := s.Surveys[0]
	require.True(t, plain.Quiet.IsOpen(time.Date(2026, 11, 23, 22, 0, 0, 0, s.Zone)), "nobody is rung at night")
	plain.Quiet = nil
	require.Equal(t, Survey{
		Name: "plain", Flow: "ask", Share: 100, After: time.Hour, Within: 24 * time.Hour, Tries: 2, Gap: 30 * time.Minute, Ring: 30 * time.Second, AtOnce: 2, Again: 720 * time.Hour,
	}, plain)
	require.Equal(t, Survey{
		Name: "full", Flow: "ask", Queues: []string{"general"}, Share: 20, After: 2 * time.Hour, Within: 3 * time.Hour, Tries: 3, Gap: 20 * time.Minute, Ring: 20 * time.Second,
		AtOnce: 5, Again: 24 * time.Hour, Shown: "10086",
	}, s.Surveys[1])
}

func TestWrongSurveys(t *testing.T) {
	for text, want := range map[string]string{
		`[{name: a, flow: hands}]`:                    `flow "hands" hands customers on, at hands/q`,
		`[{name: a, flow: aks}]`:                      `flow "aks" is not declared`,
		`[{name: a, flow: ask, queues: [x]}]`:         `queue "x" is not declared`,
		`[{name: a, flow: ask, after: 900h}]`:         `after is`,
		`[{name: a, flow: ask, within: 900h}]`:        `within is`,
		`[{name: a, flow: ask, again: 9000h}]`:        `again is`,
		`[{name: a, flow: ask, share: 0}]`:            `share`,
		`[{name: a, flow: ask, shown: "1"}]`:          `number "1" is none of the site's`,
		`[{name: a, flow: ask, when: now}]`:           `when`,
		`[visit]`:                                     `a survey is`,
		`[{name: a, flow: ask},{name: a, flow: ask}]`: `survey "a" is there twice`,
	} {
		_, err := loadText(surveyFlows + "surveys: " + text)
		require.ErrorContains(t, err, want, text)
	}
}
