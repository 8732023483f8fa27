package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// TestAgentWithLinphone goes through an agent's call with a second softphone,
// whose stack, codecs and ways to hold are others than baresip's.
func TestAgentWithLinphone(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	phone := harness.StartLinphone(t, n, "1001", "pw-1001", 1000)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	l := dialIn(t, n, "10001")
	phone.WaitOutput("Receiving new incoming call")
	require.Equal(t, "offered", n.Seat("1001").State)
	phone.Do("answer")
	n.WaitSeat("1001", "talking")
	l.callerSound.Play(440, 1500*time.Millisecond)
	l.callerSound.WaitHeard(0, 1000, time.Second)

	phone.Do("5")
	n.Eventually(func() bool { return l.callerSound.Digits(101) == "5" }, "the agent's key reaches the caller")

	phone.Do("pause")
	n.WaitSeat("1001", "held")
	phone.WaitOutput("is now paused")
	phone.Do("resume")
	n.WaitSeat("1001", "talking")
	from := l.callerSound.Packets()
	l.callerSound.WaitHeard(from, 1000, time.Second/2)

	phone.Do("terminate")
	l.caller.Ended()
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Positive(t, rec.HoldSeconds)
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	nothingLeft(t, n)
}
