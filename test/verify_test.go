package test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// TestACallerKeysInASecret has an agent send two callers to key in their PIN: one is right and one is wrong. Meanwhile neither
// agent, monitor nor recording hears them, and nothing that is shown or logged has the digits.
func TestACallerKeysInASecret(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, ", "{name: general, say_agent_number: false, ", 1)
		s["lists.yaml"] = "lists: [{name: pins}]\n"
		s["lists/pins.csv"] = "number,pin\n13911111111,470815\n13922222222,628190\n"
		s["flows.yaml"] += `
  - name: check_pin
    start: look
    nodes:
      look:  {list: {name: pins, into: {expected: pin}}, found: ask, else: return}
      ask:   {collect: {prompt: enter_pin, into: keyed, min: 4, max: 12, timeout: 50s, secret: true}, on_timeout: return, on_invalid: return, next: check}
      check: {verify: 'same(vars.keyed, vars.expected)'}
`
	})})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	agent(t, n, "1900", 1750, true)
	n.SetSeat("1900", "busy")
	asAgent, asLead := n.As("1001", "pw-1001"), n.As("1900", "pw-1900")
	for _, c := range []struct{ from, keys, result string }{{"13911111111", "470815#", "yes"}, {"13922222222", "470816#", "no"}} {
		caller := harness.StartCaller(t, n, harness.Plan{
			To: "10001", From: c.from, Sound: harness.Sound(harness.Tone(9*time.Second), harness.Keys(c.keys), harness.Tone(30*time.Second)),
		})
		id := n.WaitSeat("1001", "talking").Call
		path := "/api/v1/calls/" + string(id)
		talk(n, wire, caller, 1200*time.Millisecond) // to be found in the recording
		asAgent.Do(http.MethodPost, path+"/verify", map[string]string{"flow": "nowhere"}, http.StatusNotFound, nil)
		asAgent.Do(http.MethodPost, path+"/verify", map[string]string{}, http.StatusNoContent, nil)
		n.WaitSeat("1001", "held")
		asAgent.Do(http.MethodPost, path+"/hold", nil, http.StatusConflict, nil)
		asLead.Do(http.MethodPost, path+"/supervise", map[string]string{"mode": "monitor"}, http.StatusNoContent, nil)
		n.Eventually(func() bool { return count(n.Call(id).Kinds(), "verify_ended") == 1 }, "the caller is back")
		n.WaitSeat("1001", "talking")
		require.Equal(t, 1, count(n.Call(id).Kinds(), "recording_resumed"))
		talk(n, wire, caller, 1200*time.Millisecond) // to be found in the recording
		asAgent.Do(http.MethodPost, path+"/hangup", nil, http.StatusNoContent, nil)
		caller.Done()
		n.Eventually(func() bool { return len(n.Call(id).Recordings) == 1 && n.Call(id).Recordings[0].URL != "" }, "the recording is closed")
		n.WaitSeat("1900", "busy")

		shown, err := json.Marshal(n.Call(id))
		require.NoError(t, err)
		require.Contains(t, string(shown), `verification check_pin: `+c.result)
		require.NotContains(t, string(shown), c.keys[:6], "nobody is shown what was keyed in")
		require.NotContains(t, string(shown), "628190", "nor what would have been right")
		recording := n.Call(id).Recordings[0].ID
		facts := analysed(n, "/api/v1/recordings/"+string(recording))
		require.Len(t, facts.Marks, 1)
		require.Equal(t, call.MarkPaused, facts.Marks[0].Kind)
		heardWithAPause(t, n, recording, facts.Marks[0])
	}
}
