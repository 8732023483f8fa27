package test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/recording/seal"
	"hotline/test/harness"
	"hotline/test/tone"
)

// unwritten is how much of a recording's end a kill may cost: samples are written
// when they are 320 ms old, every 300 ms; the rest is for a busy machine.
const unwritten = time.Second

// killings kills a node at random moments of recorded calls, and demands each time
// that what had been said is in a file that plays: every second of it.
func killings(t *testing.T, times int, storage string) {
	n := harness.StartNode(t, harness.Config{Site: site(), Storage: storage, Log: "info"})
	agent(t, n, "1001", 1000, true)
	longest, missing := time.Duration(0), time.Duration(0)
	for round := range times {
		n.WaitSeat("1001", "ready")
		from := "139" + strconv.Itoa(10_000_000+round)
		c := harness.StartCaller(t, n, harness.Plan{To: "10001", From: from, Hz: 440})
		n.WaitSeat("1001", "talking")
		<-time.After(time.Duration(rand.IntN(4000)) * time.Millisecond) // the random moment
		for _, path := range recordingFiles(t, n) {                     // as they are being written
			soundOf(t, path)
		}
		killed := time.Now()
		n.Kill()
		for _, path := range recordingFiles(t, n) { // as the kill left them, before anybody puts them in order
			soundOf(t, path)
		}
		n.Start()
		require.NoError(t, c.Finished())
		rec := newestFrom(n, from)
		require.False(t, rec.Live())
		require.Len(t, rec.Recordings, 1)
		said := killed.Sub(rec.AnsweredAt.Time)
		path := filepath.Join(t.TempDir(), "heard.wav")
		b := n.Audio(rec.Recordings[0].ID)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		w := playable(t, b)
		length := time.Duration(len(w.Channels[0])) * time.Second / rate
		require.InDelta(t, length.Seconds(), soundOf(t, path), 0.001, "sox and we read the same")
		require.Greater(t, length, said-unwritten, "round %d: %v were said, %v are there", round, said, length)
		enough := 3*length/4 - unwritten // a softphone on a busy machine leaves holes of its own
		require.Greater(t, tone.Heard(w.Channels[0], rate, 440), enough, "round %d: the caller, all the time", round)
		require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), enough, "round %d: the agent, all the time", round)
		longest, missing = max(longest, said), max(missing, said-length)
	}
	t.Logf("killed %d times, at most %v after the seat had picked up; at most the last %v are not there", times, longest, missing)
	nothingLeft(t, n)
}

// soundOf has sox read a file to its end, and gives the seconds that soxi says it has.
func soundOf(t *testing.T, path string) float64 {
	t.Helper()
	said, err := exec.Command("soxi", "-D", path).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.NotContains(t, string(said), "WARN")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	require.NoError(t, err)
	said, err = exec.Command("sox", path, "-n", "stat").CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.False(t, bytes.Contains(said, []byte("WARN")), "%s", said)
	return seconds
}

// sealedStorage is a storage part by which recordings are encrypted.
func sealedStorage(t *testing.T) string {
	keys := filepath.Join(t.TempDir(), "recording.keys")
	require.NoError(t, os.WriteFile(keys, []byte(seal.NewKey("one")+"\n"), 0o600))
	return `{recordings: file, recording_keys: "file:` + keys + `"}`
}

// TestKilledWhileRecording is the short form of TestSoakKilledWhileRecording.
func TestKilledWhileRecording(t *testing.T) {
	for name, storage := range map[string]string{"plain": "", "encrypted": sealedStorage(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killings(t, 1, storage)
		})
	}
}
