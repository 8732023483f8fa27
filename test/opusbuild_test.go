//go:build opus

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/tone"
)

// TestArchiveInOpus: a call whose recording, encrypted, becomes Opus after it; what is played is read by opus-tools, and has
// the caller left and the agent right.
func TestArchiveInOpus(t *testing.T) {
	storage := strings.TrimSuffix(sealedStorage(t), "}") + ", archive: opus}"
	n := harness.StartNode(t, harness.Config{Site: site(), Storage: storage})
	agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440, Steps: []string{harness.Pause(7000)}, Bye: true}).Done()
	rec := newest(n)
	require.Len(t, rec.Recordings, 1)
	n.WaitMetric(1, "hotline_recordings_compressed_total", "done")
	sound := n.Audio(rec.Recordings[0].ID)
	require.Equal(t, "OggS", string(sound[:4]))
	dir := t.TempDir()
	ogg, wav := filepath.Join(dir, "a.ogg"), filepath.Join(dir, "a.wav")
	require.NoError(t, os.WriteFile(ogg, sound, 0o600))
	told, err := exec.Command("opusdec", "--rate", "8000", "--force-wav", ogg, wav).CombinedOutput()
	require.NoError(t, err, "%s", told)
	b, err := os.ReadFile(wav)
	require.NoError(t, err)
	w, err := tone.ReadWAV(b)
	require.NoError(t, err)
	require.Len(t, w.Channels, 2)
	for side, hz := range []float64{440, 1000} {
		require.Greater(t, tone.Heard(w.Channels[side], w.Rate, hz), 2*time.Second)
		require.Zero(t, tone.Heard(w.Channels[side], w.Rate, 1440-hz))
	}
	nothingLeft(t, n)
}

// TestOpusAlone joins a gateway that speaks nothing but Opus with a phone that knows A-law only: prompts and what the agent
// says are made for it.
func TestOpusAlone(t *testing.T) {
	n := harness.StartNode(t, harness.Config{Site: opusSite("[PCMA]")})
	wire := harness.Listen(t)
	gateway, phone := opusCall(t, n, wire, "opus alone", "PCMA")
	require.Greater(t, opusTo(wire, gateway), 200)
	require.Zero(t, opusTo(wire, phone))
	for port := gateway.RTP; port < gateway.RTP+20; port += 2 {
		require.Zero(t, wire.Packets(port, 8))
	}
	measured(n, 2)
	nothingLeft(t, n)
}
