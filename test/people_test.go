package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// TestAConversationIsHandedOnAndSupervised is one call through all that people do in it: hold, a supervisor who listens,
// whispers and joins, a consultation that is completed, a blind transfer; who hears whom is told by tones.
func TestAConversationIsHandedOnAndSupervised(t *testing.T) {
	t.Parallel()
	const callerHz, firstHz, secondHz, thirdHz, leadHz = 440, 1000, 1250, 1500, 1750
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	first := agent(t, n, "1001", firstHz, true)
	lead := agent(t, n, "1900", leadHz, true)
	n.SetSeat("1900", "busy")
	second := agent(t, n, "2001", secondHz, true)
	third := agent(t, n, "4001", thirdHz, true)
	caller := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: callerHz})
	id := n.WaitSeat("1001", "talking").Call
	path := "/api/v1/calls/" + string(id)
	asAgent, asLead, asSecond := n.As("1001", "pw-1001"), n.As("1900", "pw-1900"), n.As("2001", "pw-2001")
	verb := func(who *harness.API, verb string, body any) {
		t.Helper()
		who.Do(http.MethodPost, path+"/"+verb, body, http.StatusNoContent, nil)
	}
	// loud tells the tones of the last 0.4 s, of those in the call.
	loud := func(samples []int16) (heard []float64) {
		samples = samples[max(0, len(samples)-rate*2/5):]
		for _, hz := range []float64{callerHz, firstHz, secondHz, thirdHz, leadHz} {
			if tone.Detect(samples, rate, hz)[hz] > 0.08 {
				heard = append(heard, hz)
			}
		}
		return heard
	}
	hears := func(words string, hz ...float64) {
		t.Helper()
		n.Eventually(func() bool { return equal(loud(wire.Heard(caller.RTP)), hz) }, "the caller hears %v: %s", hz, words)
	}
	hears("the agent", firstHz)

	verb(asAgent, "hold", nil)
	n.WaitSeat("1001", "held")
	n.Eventually(func() bool { return !equal(loud(wire.Heard(caller.RTP)), []float64{firstHz}) }, "the caller hears music")
	verb(asAgent, "resume", nil)
	hears("the agent again", firstHz)

	verb(asLead, "supervise", map[string]string{"mode": "monitor"})
	n.Eventually(func() bool {
		return n.Seat("1900").State == "talking" && count(n.Call(id).Kinds(), "supervisor_joined") == 1
	}, "the lead listens")
	time.Sleep(time.Second) // a second of sound, to be judged below
	hears("nobody but the agent", firstHz)
	verb(asLead, "supervise", map[string]string{"mode": "whisper"})
	time.Sleep(time.Second)
	hears("nothing of a whisper", firstHz)
	verb(asLead, "supervise", map[string]string{"mode": "barge"})
	hears("both", firstHz, leadHz)
	asLead.Do(http.MethodDelete, path+"/supervise", nil, http.StatusNoContent, nil)
	hears("the agent alone", firstHz)
	n.WaitSeat("1900", "busy")

	verb(asAgent, "transfer", map[string]string{"to": "2001", "mode": "consult"})
	n.Eventually(func() bool { return count(n.Call(id).Kinds(), "consulted") == 1 }, "the two talk")
	verb(asAgent, "transfer", map[string]string{"mode": "complete"})
	hears("the colleague", secondHz)
	n.WaitSeat("1001", "ready")
	verb(asSecond, "transfer", map[string]string{"to": "4001"})
	hears("the third", thirdHz)
	third.Do("hangup")
	caller.Done()

	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, []call.SeatID{"1001", "2001", "4001"}, rec.Seats())
	require.Len(t, rec.Recordings, 1, "one recording, through all of it")
	w, err := tone.ReadWAV(n.Audio(rec.Recordings[0].ID))
	require.NoError(t, err)
	for _, hz := range []float64{firstHz, secondHz, thirdHz} {
		require.Greater(t, tone.Heard(w.Channels[1], rate, hz), 200*time.Millisecond, "%v is on the right", hz)
	}
	require.Greater(t, tone.Heard(w.Channels[0], rate, callerHz), 3*time.Second)
	listened := tone.Detect(lead.HeardSamples(), rate, callerHz, firstHz)
	require.Greater(t, min(listened[callerHz], listened[firstHz]), 0.05, "the lead heard both")
	require.Greater(t, tone.Detect(first.HeardSamples(), rate, leadHz)[leadHz], 0.01, "the agent was whispered to")
	require.Zero(t, tone.Heard(second.HeardSamples(), rate, leadHz), "who came later never heard the lead")
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
