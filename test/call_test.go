package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

const rate = 8000

// TestOneRealCall is the whole way: trunk → IVR → queue → seat → recording → record.
func TestOneRealCall(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	caller := harness.StartCaller(t, n, harness.Plan{
		Hz: 440, Sound: harness.Sound(harness.Tone(time.Second), harness.Keys("1"), harness.Tone(12*time.Second)),
		Steps: []string{harness.Pause(11_000)}, Bye: true,
	})
	n.WaitSeat("1001", "talking")
	caller.Done()
	rec := n.WaitCalls(1)[0]

	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, "general", rec.Queue)
	require.Equal(t, call.SeatID("1001"), rec.Agent)
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	require.False(t, rec.ConnectedAt.Before(rec.AnsweredAt.Time))
	require.Greater(t, rec.TalkSeconds, 3.0)

	require.Greater(t, tone.Heard(wire.Heard(caller.RTP), rate, 1000), 2*time.Second, "the caller heard the agent")
	phone.WaitOutput("terminated")
	require.Greater(t, tone.Heard(phone.HeardSamples(), rate, 440), 2*time.Second, "the agent heard the caller")

	require.Len(t, rec.Recordings, 1)
	w, err := tone.ReadWAV(n.Audio(rec.Recordings[0].ID))
	require.NoError(t, err)
	require.Len(t, w.Channels, 2)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 2*time.Second, "the caller is on the left")
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), 2*time.Second, "the agent is on the right")
	require.Zero(t, tone.Heard(w.Channels[0], rate, 1000), "and not on the left")
	require.Zero(t, tone.Heard(w.Channels[1], rate, 440), "nor the caller on the right")
	require.InDelta(t, rec.TalkSeconds, float64(len(w.Channels[0]))/rate, 0.2, "from pick-up to the end")

	n.WaitSeat("1001", "ready")
	require.Contains(t, n.Call(rec.ID).Kinds(), "wrap_up_ended")
}
