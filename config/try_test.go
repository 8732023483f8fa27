package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

const tried = `
trunks: [{name: other, from: [198.51.100.1], area: "021"}]
numbers: [{number: "10000", trunk: gateway, flow: main}, {number: "10001", trunk: gateway, flow: main}, {number: "10001", trunk: other, flow: main}, {number: "62345678", trunk: other, flow: main}]
`

func TestTry(t *testing.T) {
	s, err := loadText(tried)
	require.NoError(t, err)
	require.False(t, s.Try.On(), "off where nothing is said")
	s, err = loadText(tried + `try: {number: "10000"}`)
	require.NoError(t, err)
	require.Equal(t, Try{Number: call.Number{Number: "10000", Trunk: VisitorTrunk, Flow: "main"}, Calls: 4, Longest: 10 * time.Minute}, s.Try)
	s, err = loadText(tried + `try: {number: "62345678", calls: 9, longest: 90s}`)
	require.NoError(t, err)
	require.Equal(t, Try{Number: call.Number{Number: "02162345678", Trunk: VisitorTrunk, Flow: "main"}, Area: "021", Calls: 9, Longest: 90 * time.Second}, s.Try)
	s, err = loadText(tried + `try: {number: "10001", trunk: other}`)
	require.NoError(t, err)
	require.True(t, s.Try.On())
}

func TestTryMistakes(t *testing.T) {
	for text, words := range map[string]string{
		`try: ‸10000`:                         "a mapping",
		`try: ‸{calls: 1}`:                    "no number",
		`try: {number: ‸"10009"}`:             "is not among the numbers",
		`try: {number: ‸"10001"}`:             "on 2 trunks",
		`try: {number: "10001", trunk: ‸no}`:  "not declared",
		`try: {number: "10000", calls: ‸0}`:   "from 1",
		`try: {number: "10000", ‸minutes: 3}`: "no key",
		"try: {number: \"10000\"}\n---\ntrunks: [{name: ‸web, from: [203.0.113.1]}]": "filed under",
	} {
		clean, places := unmark("site/x.yaml", tried+text)
		_, err := loadText(clean)
		require.ErrorContains(t, err, words, text)
		require.ErrorContains(t, err, places[0], text)
	}
}
