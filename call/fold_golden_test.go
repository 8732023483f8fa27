package call

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/internal/golden"
)

// A golden script is a title, the events as "seconds kind {data}", a line of
// dashes and the record. Run with -rewrite after a change and read the diff.
func TestRecordsOfCalls(t *testing.T) {
	golden.Scripts(t, "testdata/record/*.txt", foldScript)
}

// foldScript gives a script with the record its events make.
func foldScript(t *testing.T, text string) string {
	script, _, found := strings.Cut(text, "----\n")
	require.True(t, found, "no ---- line")
	events := parseScript(t, script)
	record, err := Fold(events...)
	require.NoError(t, err)
	out, err := json.MarshalIndent(record, "", "  ")
	require.NoError(t, err)
	checkRecord(t, record)

	var back Record
	require.NoError(t, json.Unmarshal(out, &back))
	require.Equal(t, record, back, "the record comes back from its JSON")
	var again []Envelope
	for _, e := range events {
		b, err := json.Marshal(e)
		require.NoError(t, err)
		var stored Envelope
		require.NoError(t, json.Unmarshal(b, &stored))
		again = append(again, stored, stored)
	}
	fromStore, err := Fold(again...)
	require.NoError(t, err)
	require.Equal(t, record, fromStore, "stored events, each seen twice, make the same record")
	return script + "----\n" + string(out) + "\n"
}

func parseScript(t *testing.T, script string) []Envelope {
	t.Helper()
	start := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) // 9 o'clock in Shanghai
	var events []Envelope
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " ", 3)
		seconds, err := strconv.ParseFloat(fields[0], 64)
		require.NoError(t, err, line)
		data := "{}"
		if len(fields) == 3 {
			data = fields[2]
		}
		at := start.Add(time.Duration(seconds * float64(time.Second)))
		text := fmt.Sprintf(`{"node":"hotline-1","epoch":1,"call":"01CALL","seq":%d,"at":%q,"kind":%q,"data":%s}`,
			len(events)+1, at.Format(time.RFC3339Nano), fields[1], data)
		var e Envelope
		require.NoError(t, json.Unmarshal([]byte(text), &e), line)
		events = append(events, e)
	}
	return events
}
