package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const siprecRest = `
trunks: [{name: gw, from: [198.51.100.7]}]
groups: [{name: g}]
forks: [{name: asr, url: "ws://10.0.0.5:9000"}]
queues: [{name: a, groups: [g]}, {name: b, groups: [g]}]
`

func TestSiprec(t *testing.T) {
	site, err := loadText(`siprec:
  - {name: law, targets: [sip:rec1.example.com, "sip:192.0.2.9:5070;transport=tcp"], queues: [a], trunks: [gw], share: 30%, numbers: false, user: u, password: secret}
  - {name: all, targets: "sip:192.0.2.10"}
` + siprecRest)
	require.NoError(t, err)
	require.Len(t, site.Siprec, 2)
	law, all := site.Siprec[0], site.Siprec[1]
	require.Equal(t, []string{"sip:rec1.example.com", "sip:192.0.2.9:5070;transport=tcp"}, law.Targets)
	require.Equal(t, []any{30, false, "u", "secret"}, []any{law.Share, law.Numbers, law.Auth.User, law.Auth.Password.Reveal()})
	require.Equal(t, []any{100, true, ""}, []any{all.Share, all.Numbers, all.Auth.User})
	for _, c := range []struct {
		queue, trunk string
		law          bool
	}{{"a", "gw", true}, {"b", "gw", false}, {"a", "other", false}, {"", "gw", false}} {
		require.Equal(t, c.law, law.Takes(c.queue, c.trunk), c)
		require.True(t, all.Takes(c.queue, c.trunk))
	}
}

func TestSiprecMistakes(t *testing.T) {
	_, err := loadText(`siprec:
  - {name: asr, targets: [http://x, "sip:h", "sip:h"], queues: [c], share: 0%}
  - {name: law, user: u}
  - {name: law, targets: "sip:h", share: half}
` + siprecRest)
	require.Error(t, err)
	for _, words := range []string{
		`recorder asr has the name of an engine of forks`, `target "http://x" is no SIP address`, `target "sip:h" is there twice`, `queue "c" is not declared`,
		`share "0%" is no share`, `a recorder of siprec has no targets`, `one of user and password is there without the other`, `recorder "law" is there twice`, `share "half" is no share`,
	} {
		require.ErrorContains(t, err, words)
	}
}
