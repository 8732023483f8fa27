package test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// keyTones has sox make keys as tones: 60 ms of each, 60 ms apart, between two stretches of silence, in A-law.
func keyTones(t *testing.T, keys ...[2]string) []byte {
	t.Helper()
	args := []string{"-D", "-n", "-r", "8000", "-c", "1", "-t", "al", "-"}
	for i, k := range keys {
		if i > 0 {
			args = append(args, ":")
		}
		args = append(args, "synth", "0.06", "sine", k[0], "sine", k[1], "remix", "-", "gain", "-12", "pad", "0.06")
	}
	b, err := exec.Command("sox", args...).Output() // one effects chain after another: one key after another
	require.NoError(t, err)
	require.NotEmpty(t, b)
	return b
}

// TestKeysAsTones has a gateway that agrees on no telephone-event press 9, which leads nowhere, and 1 in the main menu, as sox
// makes their tones: each counts once, the call comes to the queue, and its record tells what its sound was like.
func TestKeysAsTones(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	tones := keyTones(t, [2]string{"852", "1477"}, [2]string{"697", "1209"})
	c := harness.StartCaller(t, n, harness.Plan{
		NoEvents: true, Bye: true, Steps: []string{harness.Pause(9000)},
		Sound: harness.Sound(harness.Silence(time.Second), harness.Wave(tones), harness.Silence(8*time.Second)),
	})
	c.Done()
	rec := newest(n)
	var pressed []string
	for _, step := range n.Call(rec.ID).Timeline {
		if step.Kind == (call.MenuEnded{}).Kind() {
			pressed = append(pressed, step.Text)
		}
	}
	require.Equal(t, []string{"pressed 1 in menu menu"}, pressed)
	require.Equal(t, "general", rec.Queue)
	q := measured(n, 1).Quality[0]
	require.Equal(t, call.SoundCaller, q.Party)
	require.Equal(t, call.CodecPCMA, q.Codec)
	require.Greater(t, q.Received.Packets, uint64(300))
	require.Greater(t, q.Received.MOS, 3.0)
	require.NotZero(t, q.Sent.Packets)
}
