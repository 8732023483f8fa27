package test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// inTheIVR has so many callers hear a menu's prompt, again and again, for so long at once, and gives what of a core the node
// takes meanwhile. Each of them is sent sound all the time.
func inTheIVR(t tb, callers int, hold time.Duration) (cores float64) {
	n := harness.StartNode(t, harness.Config{Log: "warn", RTPPorts: 4*callers + 40, Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "max_calls: 100", "max_calls: 1000", 1)
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", "  - {number: \"14001\", trunk: gateway, flow: round}\ncallers:\n", 1)
		s["round.yaml"] = `
flows:
  - name: round
    start: menu
    nodes:
      menu: {menu: {prompt: main_menu, timeout: 500ms, tries: 10}, keys: {"1": hangup}, next: hangup}
`
	})})
	up := time.Duration(callers)*10*time.Millisecond + 2*time.Second // at 100 a second
	c := harness.StartCaller(t, n, harness.Plan{
		To: "14001", Calls: callers, AtOnce: callers, Rate: 100, Sound: harness.Sound(harness.Tone(60 * time.Millisecond)),
		Steps: []string{harness.Pause(int((up + hold + 2*time.Second).Milliseconds()))}, Bye: true,
	})
	require.Eventually(t, func() bool { return n.Metric("hotline_calls_active", `stage="ivr"`) == float64(callers) }, time.Minute, 100*time.Millisecond, "all are in the IVR")
	time.Sleep(time.Second) // of settling: what is measured is callers who hear, not callers who come
	cpu, packets, began := n.Metric("process_cpu_seconds_total"), n.Metric("hotline_rtp_packets_total", `direction="out"`), time.Now()
	time.Sleep(hold) // which is what is measured
	took := time.Since(began).Seconds()
	cores = (n.Metric("process_cpu_seconds_total") - cpu) / took
	sent := (n.Metric("hotline_rtp_packets_total", `direction="out"`) - packets) / took
	require.Equal(t, float64(callers), n.Metric("hotline_calls_active", `stage="ivr"`), "and stay")
	require.Zero(t, c.Wait(2*time.Minute), "SIPp: %.2000s", c.Output())
	t.Logf("%d callers in the IVR: %.2f cores, %.0f packets a second, %.0f for each", callers, cores, sent, sent/float64(callers))
	require.Greater(t, sent/float64(callers), 40.0, "50 a second while a prompt sounds, none in the half second between")
	records := n.WaitAllOver()
	require.Len(t, records, callers)
	for _, rec := range records {
		require.Equal(t, call.OutcomeAbandoned, rec.Outcome, "gone before the end of the first menu")
	}
	nothingLeft(t, n)
	return cores
}

// TestManyCallersInTheIVR is the short form of TestSoakFiveHundredInTheIVR.
func TestManyCallersInTheIVR(t *testing.T) {
	t.Parallel()
	require.Less(t, inTheIVR(t, 40, 2*time.Second), 0.6, "of a core")
}
