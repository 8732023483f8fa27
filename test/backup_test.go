package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// TestABackupOfARunningNode backs a node up with calls going on, loses
// everything, and goes on from the backup: records, sound, sign-ins and the site are there,
// and what was a call in progress has ended as by a crash.
func TestABackupOfARunningNode(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "1001", 1000, true)
	for _, from := range []string{"13911111111", "13922222222"} {
		harness.StartCaller(t, n, harness.Plan{To: "10001", From: from, Steps: []string{harness.Pause(3000)}, Bye: true}).Done()
		n.WaitSeat("1001", "ready")
	}
	before := n.WaitCalls(2)
	sound := n.Audio(newestFrom(n, "13922222222").Recordings[0].ID)
	live := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333"})
	n.WaitSeat("1001", "talking")

	file := filepath.Join(t.TempDir(), "hotline.tar.gz")
	hotline := func(args ...string) {
		cmd := exec.Command(harness.Binary(t), args...)
		cmd.Dir = n.Dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	hotline("backup", "-c", "hotline.yaml", file)
	n.Kill()
	for _, name := range []string{"data", "site", "hotline.yaml"} {
		require.NoError(t, os.RemoveAll(filepath.Join(n.Dir, name)))
	}
	hotline("restore", "-c", "hotline.yaml", file)
	n.Start()
	require.NoError(t, live.Finished(), "the line is freed: its dialog is in the backup")
	after := n.WaitCalls(3)
	require.Equal(t, call.OutcomeInterrupted, after[0].Outcome)
	require.Equal(t, "13933333333", after[0].Caller)
	require.Equal(t, before, after[1:])
	require.Equal(t, sound, n.Audio(newestFrom(n, "13922222222").Recordings[0].ID))
	n.WaitSeat("1001", "ready")
	require.Equal(t, 2, n.Queue("general").Answered-1, "today's figures, the call that was cut off included")
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13944444444", Steps: []string{harness.Pause(3000)}, Bye: true}).Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)

	out, err := exec.Command(harness.Binary(t), "restore", "-c", filepath.Join(n.Dir, "hotline.yaml"), file).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "is not empty")
}
