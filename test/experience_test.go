package test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/speech"
	"hotline/test/tone"
)

// hearsFlow has the callers of queue general hear a flow: music, their place, 1 for a callback, 2 for a message.
func hearsFlow(proxy string) map[string]string {
	return site(announced("{you_are_next: false}"), func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU],", "codecs: [PCMA, PCMU], proxy: "+proxy+",", 1)
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, ", "{name: general, experience: waiting, resume_within: 60s, ", 1)
		s["flows.yaml"] += `
  - name: waiting
    start: music
    nodes:
      music:  {wait: 2s, keys: {"1": back, "2": leave}, next: told}
      told:   {say: [{ahead: queue.ahead}], barge_in: true, next: music}
      back:   {callback: here, next: called, on_fault: music}
      called: {play: [callback_confirmed], next: hangup}
      leave:  {voicemail: {max: 20s}, next: saved}
      saved:  {play: [message_saved], next: hangup}
`
	})
}

// TestWaitingCallersHearTheirFlow has three callers wait: one leaves a message and one takes a callback, by keys of
// the flow; the third hears music, that he is next, and in the middle of that the agent.
func TestWaitingCallersHearTheirFlow(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: hearsFlow(carrier.URI())})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	message := harness.StartCaller(t, n, harness.Plan{
		To: "10001", From: "13922222222",
		Sound: harness.Sound(harness.Tone(4*time.Second), harness.Keys("2"), harness.Tone(5*time.Second), harness.Keys("#"), harness.Tone(20*time.Second)),
	})
	back := harness.StartCaller(t, n, harness.Plan{
		To: "10001", From: customerNumber,
		Sound: harness.Sound(harness.Tone(4*time.Second), harness.Keys("1"), harness.Tone(20*time.Second)),
	})
	message.Done()
	back.Done()
	left := recordOf(n, "13922222222")
	require.Equal(t, call.OutcomeVoicemail, left.Outcome)
	require.Equal(t, call.LostNone, left.LostCause)
	require.Len(t, left.Recordings, 1)
	require.Equal(t, "general", left.Recordings[0].Mailbox, "the queue's own")
	called := recordOf(n, customerNumber)
	require.Equal(t, call.OutcomeCallback, called.Outcome)
	require.Equal(t, customerNumber, waitBack(n, call.CallbackWaiting).Number)
	require.Equal(t, 1, n.Queue("general").Waiting, "the two are in no queue any more")

	n.Eventually(func() bool { return tone.Heard(wire.Heard(first.RTP), rate, hzNext) > time.Second }, "the first hears that he is next")
	n.SetSeat("1001", "ready")
	got := n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(first.RTP), rate, 1000) > time.Second }, "he hears the agent")
	heard := wire.Heard(first.RTP)
	at := order(t, heard, hzMusic, hzNext, 1000)
	require.IsIncreasing(t, at)
	require.Zero(t, tone.Heard(heard[at[2]*rate/10:], rate, hzNext), "what is said is cut the instant the seat answers")
	n.Do("POST", "/api/v1/calls/"+string(got.Call)+"/hangup", nil, 204, nil)
	first.Done()
	rec := recordOf(n, "13911111111")
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Contains(t, timeline(n, "13911111111"), "hears while waiting: flow waiting, say told: waited 2s")
}

// TestWaitingCallersSayWhatTheyWant has two callers wait who are heard by a speech service. What the first says leads him into the
// box. The second says nothing: he is heard until a seat has him, and of what they talk about the service hears nothing.
func TestWaitingCallersSayWhatTheyWant(t *testing.T) {
	t.Parallel()
	asr := &speech.Service{Intents: map[int]string{800: "message"}}
	server := httptest.NewServer(asr)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, ", "{name: general, experience: waiting, say_agent_number: false, ", 1)
		s["hearing.yaml"] = fmt.Sprintf(`
speech_services:
  - {name: asr, url: %q, intents: [message]}
flows:
  - name: waiting
    start: ask
    nodes:
      ask: {listen: {service: asr, prompt: say_it, timeout: 30s}, intents: {message: leave}, keys: {"2": leave}, next: music}
      music: {wait: 30s, next: ask}
      leave: {voicemail: {max: 20s}, next: saved}
      saved: {play: [message_saved], next: hangup}
`, webSocketURL(server))
		s["prompts/zh/say_it.wav"] = string(tone.WAV(rate, tone.Sine(1400, 6, rate)))
	})})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	says := harness.StartCaller(t, n, harness.Plan{
		To: "10001", From: "13911111111", Hz: 800,
		Sound: harness.Sound(harness.Silence(1500*time.Millisecond), harness.Tone(time.Second), harness.Silence(5*time.Second), harness.Keys("#"), harness.Silence(20*time.Second)),
	})
	says.Done()
	left := recordOf(n, "13911111111")
	require.Equal(t, call.OutcomeVoicemail, left.Outcome)
	require.Equal(t, "general", left.Recordings[0].Mailbox)
	require.Contains(t, timeline(n, "13911111111"), "hears while waiting: flow waiting, listen ask: waits in general")

	silent := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Sound: harness.Sound(harness.Silence(40 * time.Second))})
	n.Eventually(func() bool { return tone.Heard(wire.Heard(silent.RTP), rate, 1400) > time.Second }, "he is asked")
	require.Equal(t, 1, n.Queue("general").Waiting)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(silent.RTP), rate, 1000) > time.Second }, "he hears the agent")
	require.Len(t, asr.All(), 2)
	n.Eventually(func() bool { return asr.All()[1].Ended == "cancel moved_on" }, "the service is told that it is over")
	phone.Do("hangup")
	silent.Done()
	heard := asr.All()
	require.Equal(t, "message", heard[0].Intent)
	require.Equal(t, "waiting", heard[0].Start.Flow)
	talked := recordOf(n, "13922222222")
	require.Equal(t, call.OutcomeAnswered, talked.Outcome)
	n.WaitMetric(0, "hotline_listen_streams")
	n.WaitMetric(0, "hotline_rtp_ports_leased")
}

// timeline is what the newest call of a number went through, in words.
func timeline(n *harness.Node, caller string) (texts []string) {
	for _, s := range n.Call(recordOf(n, caller).ID).Timeline {
		texts = append(texts, s.Text)
	}
	return texts
}

// TestAnExperienceBeginsAnewAfterTheNodeWasKilled has a caller who was cut off ring again: the place is kept, the flow begins anew.
func TestAnExperienceBeginsAnewAfterTheNodeWasKilled(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: hearsFlow("sip:127.0.0.1:9")})
	cut := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.Kill()
	n.Start()
	cut.Done()
	again := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	require.Contains(t, place(n, "13911111111"), "and has that place again")
	n.Eventually(func() bool {
		return strings.Contains(strings.Join(timeline(n, "13911111111"), "\n"), "flow waiting, wait music: waits in general")
	}, "he hears the flow from its beginning")
	n.Do("POST", "/api/v1/calls/"+string(recordOf(n, "13911111111").ID)+"/hangup", nil, 204, nil)
	again.Done()
}
