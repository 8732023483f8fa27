package test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// TestAFlowSaysValues has a flow set a variable and say it: 两位, of two parts that
// the site has replaced by tones.
func TestAFlowSaysValues(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}",
			"q: {set: {n: 1 + 1}, next: say}\n      say: {say: [{number: vars.n, measure: persons}, {money: string(vars.n) + \"x\"}], next: hangup}", 1)
		s["prompts/zh/number_2_measure.wav"] = string(tone.WAV(rate, tone.Sine(1400, 1, rate)))
		s["prompts/zh/measure_person.wav"] = string(tone.WAV(rate, tone.Sine(900, 1, rate)))
	})})
	wire := harness.Listen(t)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	c.Done()
	heard := wire.Heard(c.RTP)
	for _, hz := range []float64{1400, 900} {
		require.InDelta(t, time.Second, tone.Heard(heard, rate, hz), float64(200*time.Millisecond))
	}
	require.IsIncreasing(t, order(t, heard, 1400, 900))
	r := n.WaitCalls(1)[0]
	require.Equal(t, call.OutcomeServedInIVR, r.Outcome)
	why := ""
	for _, s := range n.Call(r.ID).Timeline {
		why += s.Text + "\n"
	}
	require.Contains(t, why, `can't be said`, "what could not be said, the timeline says")
}

// TestAFlowCollectsDigits has a caller press four digits, by INFO, which the flow says back.
func TestAFlowCollectsDigits(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}",
			"q: {collect: {prompt: main_menu, into: account, min: 4, max: 6}, next: which}\n"+
				"      which: {branch: [{if: 'vars.account == \"7007\"', next: say}], else: hangup}\n"+
				"      say: {say: [{digits: vars.account}], next: hangup}", 1)
		s["prompts/zh/digit_7.wav"] = string(tone.WAV(rate, tone.Sine(1400, 1, rate)))
		s["prompts/zh/digit_0.wav"] = string(tone.WAV(rate, tone.Sine(900, 1, rate)))
	})})
	wire := harness.Listen(t)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{
		harness.Pause(1500), harness.Info("7"), harness.Info("0"), harness.Info("0"), harness.Info("7"), harness.Info("#"),
	}})
	c.Done()
	heard := wire.Heard(c.RTP)
	require.InDelta(t, 2*time.Second, tone.Heard(heard, rate, 1400), float64(300*time.Millisecond))
	require.InDelta(t, 2*time.Second, tone.Heard(heard, rate, 900), float64(300*time.Millisecond))
	for _, s := range n.Call(n.WaitCalls(1)[0].ID).Timeline {
		require.NotContains(t, strings.ReplaceAll(s.Text, `vars.account == "7007"`, ""), "7007", "the timeline does not say which digits")
	}
}
