package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// replayed runs `hotline simulate --replay` and gives what it prints and how many inputs it counts.
func replayed(t *testing.T, path string) (string, int) {
	t.Helper()
	out, err := exec.Command(harness.Binary(t), "simulate", "--replay", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	inputs := 0
	for _, m := range regexp.MustCompile(`(\d+) inputs replayed`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		inputs += n
	}
	return string(out), inputs
}

// TestTheTapeOfARunningNodeReplays tapes calls, a change of the site among
// them, a kill in the middle of calls and another run: each file replays to the
// same effects, byte for byte, while the node goes on as after its end.
func TestTheTapeOfARunningNodeReplays(t *testing.T) {
	t.Parallel()
	s := site()
	n := harness.StartNode(t, harness.Config{Site: s})
	agent(t, n, "1001", 1000, true)
	agent(t, n, "1002", 1200, true)
	traffic := func(from string) {
		var callers []*harness.Caller
		for i := range 6 {
			callers = append(callers, harness.StartCaller(t, n, harness.Plan{
				To: "10001", From: from + strconv.Itoa(i), Steps: []string{harness.Pause(1500 + 400*i)}, Bye: true,
			}))
		}
		for _, c := range callers {
			c.Done()
		}
	}
	traffic("1391111111")
	reload(n, map[string]string{"queues.yaml": strings.Replace(s["queues.yaml"], "wrap_up: 1s", "wrap_up: 2s", 1)})
	n.WaitMetric(2, "hotline_site_revision")
	traffic("1392222222")
	n.WaitCalls(12)
	require.Equal(t, 1.0, n.Metric("hotline_tape_writing"))
	require.Zero(t, n.Metric("hotline_tape_lost_steps_total"))

	n.WaitSeat("1001", "ready")
	waiting := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333"})
	n.WaitMetric(1, "hotline_calls_active", `stage="talking"`)
	var first int
	n.Eventually(func() bool {
		out, inputs := replayed(t, n.DataPath("tape"))
		first = inputs
		return strings.Contains(out, "the log breaks off here") && inputs > 40
	}, "what is being written replays")

	n.Kill()
	n.Start()
	require.NoError(t, waiting.Finished())
	n.WaitSeat("1001", "ready")
	traffic("1394444444")
	n.WaitCalls(19)
	n.Signal(syscall.SIGTERM)
	n.Eventually(n.Ended, "the node stops")

	out, inputs := replayed(t, n.DataPath("tape"))
	require.Greater(t, inputs, first)
	require.Equal(t, 2, strings.Count(out, "inputs replayed"), "a file of each run: %s", out)
	require.Equal(t, 1, strings.Count(out, "the log breaks off here"), "the one that was killed: %s", out)
	files, err := filepath.Glob(n.DataPath("tape/*"))
	require.NoError(t, err)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}
