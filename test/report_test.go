package test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// TestReportsOfARunningNode has the four reports of a node that runs agree with
// what its API says, in all forms.
func TestReportsOfARunningNode(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "1001", 1000, true)
	for range 2 {
		harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Steps: []string{harness.Pause(3000)}, Bye: true}).Done()
		n.WaitSeat("1001", "ready")
	}
	n.SetSeat("1001", "busy")
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Steps: []string{harness.Pause(1500)}, Bye: true}).Done()
	records := n.WaitCalls(3)

	run := func(name, format string) string {
		cmd := exec.Command(harness.Binary(t), "report", name, "-c", "hotline.yaml", "--format", format)
		cmd.Dir = n.Dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	items := func(name string) (rows []map[string]any) {
		var out struct{ Items []map[string]any }
		require.NoError(t, json.Unmarshal([]byte(run(name, "json")), &out))
		return out.Items
	}
	n.Eventually(func() bool { return items("queues")[0]["asked"] == 3.0 }, "ended calls reach the database")
	queue := items("queues")[0]
	require.Equal(t, "general", queue["queue"])
	require.Equal(t, []any{3.0, 2.0, 1.0}, []any{queue["asked"], queue["answered"], queue["short"]})
	talk := 0.0
	for _, r := range records {
		talk += r.TalkSeconds
	}
	require.InDelta(t, talk, items("agents")[0]["talk_seconds"], 0.02)
	require.True(t, slices.ContainsFunc(items("lost_calls"), func(row map[string]any) bool {
		return row["cause"] == "short_abandon" && row["queue"] == "general" && row["calls"] == 1.0
	}))
	answered := 0.0
	for _, row := range items("intervals") {
		answered += row["answered"].(float64)
	}
	require.Equal(t, 2.0, answered)
	for _, name := range []string{"queues", "intervals", "agents", "lost_calls", "outbound"} {
		require.True(t, strings.HasPrefix(run(name, "csv"), "# "+name+", "))
		require.True(t, strings.HasPrefix(run(name, "table"), name+", "))
	}
}
