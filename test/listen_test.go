package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/speech"
	"hotline/test/tone"
)

// webSocketURL is where a test's server is dialled.
func webSocketURL(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// hearingSite has a flow on 10003 whose callers are heard by asr, and on 10004 to 10009 some whose service is away, silent or lying.
// Who is billed needs an agent with the skill, which 1002 alone has.
func hearingSite(asr, badly string) map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", `  - {number: "10003", trunk: gateway, flow: hear}
  - {number: "10004", trunk: gateway, flow: keys}
  - {number: "10005", trunk: gateway, flow: down}
  - {number: "10006", trunk: gateway, flow: silent}
  - {number: "10007", trunk: gateway, flow: garbled}
  - {number: "10008", trunk: gateway, flow: huge}
  - {number: "10009", trunk: gateway, flow: other}
callers:
`, 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `"pw-1002", group: general, skills: {general: 3}`, `"pw-1002", group: general, skills: {general: 3, billing: 4}`, 1)
		listens := func(flow, service, more string) string {
			return fmt.Sprintf(`  - name: %s
    start: ask
    nodes:
      ask: {listen: {service: %s, prompt: short, timeout: 1s, tries: 1}, intents: {bill: bill}, on_timeout: quiet, on_no_match: other, %s}
      bill: {queue: general, skills: {billing: 3}, next: hangup}
      quiet: {play: [quiet], next: hangup}
      other: {play: [other], next: hangup}
      away: {play: [away], next: hangup}
`, flow, service, more)
		}
		s["hearing.yaml"] = fmt.Sprintf(`
speech_services:
  - {name: asr, url: %q, secret: hidden-key, intents: [bill, repair]}
  - {name: down, url: "ws://127.0.0.1:9"}
  - {name: silent, url: "%s/silent"}
  - {name: garbled, url: "%s/garbled"}
  - {name: huge, url: "%s/huge"}
  - {name: other, url: "%s/other"}
flows:
  - name: hear
    start: ask
    nodes:
      ask: {listen: {service: asr, prompt: ask, hints: [宽带], into: {said: text, line: {path: slots.line, type: whole}}}, intents: {bill: line, repair: fix}, next: hangup}
      line: {branch: [{if: 'vars.line == 7 && hasSuffix(vars.said, "600 Hz")', next: bill}], else: hangup}
      bill: {queue: general, skills: {billing: 3}, next: hangup}
      fix:  {queue: complaint, next: hangup}
`, asr, badly, badly, badly, badly) + listens("keys", "down", `keys: {"1": bill, "9": away}`) + listens("down", "down", "on_fault: away") +
			listens("silent", "silent", "on_fault: away") + listens("garbled", "garbled", "on_fault: away") +
			listens("huge", "huge", "on_fault: away") + listens("other", "other", "on_fault: away")
		for name, sound := range map[string][]int16{
			"ask": tone.Sine(1400, 6, rate), "short": tone.Sine(1400, 0.3, rate), "quiet": tone.Sine(700, 1, rate), "other": tone.Sine(900, 1, rate), "away": tone.Sine(1200, 1, rate),
		} {
			s["prompts/zh/"+name+".wav"] = string(tone.WAV(rate, sound))
		}
	})
}

// startLiar is a speech service that does as its address says.
func startLiar(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{speech.Subprotocol}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		if says := map[string]string{
			"/garbled": "{bill", "/huge": `{"event":"partial","seq":1,"text":"` + strings.Repeat("x", 1<<20) + `"}`, "/other": `{"event":"final","seq":1,"intent":"weather"}`,
		}[r.URL.Path]; says != "" {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(says))
		}
		for err == nil {
			_, _, err = conn.Read(r.Context())
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

// TestWhatACallerSaysLeadsToTheRightAgent has a caller say a tone over the prompt, which ends it: the service makes an intent of
// his sound, and the intent leads to the agent who has the skill, though another has been idle for longer.
func TestWhatACallerSaysLeadsToTheRightAgent(t *testing.T) {
	t.Parallel()
	asr := &speech.Service{Secret: "hidden-key", Intents: map[int]string{600: "bill", 800: "repair"}, Slots: map[string]string{"line": "7"}}
	server := httptest.NewServer(asr)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	n := harness.StartNode(t, harness.Config{Site: hearingSite(webSocketURL(server), "ws://127.0.0.1:9")})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	phone := agent(t, n, "1002", 1100, true)
	c := harness.StartCaller(t, n, harness.Plan{
		To: "10003", From: "13900139000", Hz: 600, Sound: harness.Sound(harness.Silence(1500*time.Millisecond), harness.Tone(time.Second), harness.Silence(30*time.Second)),
	})
	n.WaitSeat("1002", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1100) > 500*time.Millisecond }, "the caller should hear the agent")
	prompt := tone.Heard(wire.Heard(c.RTP), rate, 1400)
	require.Greater(t, prompt, time.Second)
	require.Less(t, prompt, 4*time.Second, "his words cut the prompt of six seconds")
	phone.Do("hangup")
	c.Done()

	require.Len(t, asr.All(), 1)
	heard := asr.All()[0]
	require.Equal(t, "bill", heard.Intent)
	require.Equal(t, "end silence", heard.Ended)
	require.Equal(t, "Bearer hidden-key", heard.Header.Get("Authorization"))
	require.Equal(t, []string{"bill", "repair"}, heard.Start.Intents)
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, string(rec.ID), heard.Start.Call)
	var said []string
	for _, step := range n.Call(rec.ID).Timeline {
		if step.Kind == (call.MenuEnded{}).Kind() {
			said = append(said, step.Text)
		}
		require.NotContains(t, step.Text, "a tone of", "what he said is not in the record")
	}
	require.Equal(t, []string{"said bill in menu ask"}, said)
	require.NotContains(t, n.Output(), "hidden-key")
	require.NotContains(t, n.Output(), "a tone of")
	require.Equal(t, 1.0, n.Metric("hotline_listen_total", `service="asr"`, `result="heard"`))
	n.WaitMetric(0, "hotline_listen_streams")
	n.WaitMetric(0, "hotline_rtp_ports_leased")
}

// TestSpeechServicesThatFail: one is down, and keys lead on, or the bad-case edge; one never says anything; two lie; one has
// heard what leads nowhere. Every caller gets on within seconds.
func TestSpeechServicesThatFail(t *testing.T) {
	t.Parallel()
	liar := startLiar(t)
	n := harness.StartNode(t, harness.Config{Site: hearingSite("ws://127.0.0.1:9", webSocketURL(liar))})
	wire := harness.Listen(t)
	phone := agent(t, n, "1002", 1100, true)
	presses := harness.StartCaller(t, n, harness.Plan{
		To: "10004", From: "13900000004", Sound: harness.Sound(harness.Silence(700*time.Millisecond), harness.Keys("1"), harness.Silence(30*time.Second)),
	})
	want := map[string]float64{"10005": 1200, "10006": 700, "10007": 1200, "10008": 1200, "10009": 900}
	callers := map[string]*harness.Caller{}
	for to := range want {
		callers[to] = harness.StartCaller(t, n, harness.Plan{To: to, From: "1390000" + to})
	}
	for to, c := range callers {
		c.Done()
		require.InDelta(t, time.Second, tone.Heard(wire.Heard(c.RTP), rate, want[to]), float64(300*time.Millisecond), "number %s", to)
	}
	n.WaitSeat("1002", "talking")
	phone.Do("hangup")
	presses.Done()
	require.Equal(t, []string{"ask", "bill", "hangup"}, path(n, newestFrom(n, "13900000004").ID))
	for service, result := range map[string]string{"down": "failed", "silent": "moved_on", "garbled": "lied", "huge": "lied", "other": "heard"} {
		n.WaitMetric(map[bool]float64{true: 2, false: 1}[service == "down"], "hotline_listen_total", `service="`+service+`"`, `result="`+result+`"`)
	}
	n.WaitMetric(0, "hotline_listen_streams")
	require.NotContains(t, n.Output(), "panic")
}
