package config

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestAFileThatIsNoYAMLIsToldAlone checks that what other files want of it is not told as not there: it stands there.
func TestAFileThatIsNoYAMLIsToldAlone(t *testing.T) {
	_, err := LoadSite(fstest.MapFS{
		"flows.yaml": {Data: []byte("flows:\n  - {name: main, start: q, nodes: {q: {queue: general, next: hangup}}\n")},
		"site.yaml": {Data: []byte(`groups: [{name: g}]
queues: [{name: general, groups: [g], overflow: [{when: full, to: "flow:busy"}, {when: waited, after: 9m, to: "number:021"}]}]
trunks: [{name: gw, from: [192.0.2.1], max_calls: many}]
numbers: [{number: "10000", trunk: gw, flow: main}]
`)},
		"queues.yaml": {Data: []byte("flows: [{name: busy, start: q, nodes: {q: {queue: genral, next: hangup}}}]\n")},
	}, ".", SiteOptions{})
	require.EqualError(t, err, `flows.yaml:2:5: no YAML: could not find flow mapping end token '}', check indentation, quotes and brackets here and above
site.yaml:3:51: max_calls "many" is no number, a whole number from 0 to 1000000, without quotes`)
}
