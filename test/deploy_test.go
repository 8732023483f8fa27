package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/deploy"
	"hotline/internal/certs/authority"
	"hotline/test/harness"
)

// everything is a site that uses whatever has a series of its own: a trunk that calls go out by
// and that is registered with (nobody is there), a plan that pages a webhook, callbacks, an engine, a speech service and
// a recorder outside that hear calls (nobody is there either).
func everything(t *testing.T) map[string]string {
	url, _ := pages(t)
	nobody := fmt.Sprintf("sip:127.0.0.4:%d", harness.FreePorts(t, 2))
	return site(outside(", auth: {user: hotline, password: secret}, register: {domain: carrier.example}", nobody), func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general,", "{name: general, callback: {quiet: none}, fork: asr,", 1)
		s["forks.yaml"] = fmt.Sprintf("forks:\n  - {name: asr, url: 'ws://127.0.0.4:%d'}\n", harness.FreePorts(t, 2))
		s["speech.yaml"] = fmt.Sprintf("speech_services:\n  - {name: words, url: 'ws://127.0.0.4:%d'}\n", harness.FreePorts(t, 2))
		s["siprec.yaml"] = fmt.Sprintf("siprec:\n  - {name: law, targets: 'sip:127.0.0.4:%d;transport=tcp'}\n", harness.FreePorts(t, 2))
		s["plans.yaml"] = `
oncall:
  - {name: duty, agents: ["1002"], webhook: {url: "` + url + `", secret: ` + dutyKey + `}}
plans:
  - {name: crowd, queues: [general], steps: [{name: call, when: {waiting: ">= 1"}, do: [{page: duty}]}], release: {when: {waiting: "< 1"}}}
`
	})
}

// TestEverySeriesOfDashboardAndAlertsExists compares what operations are given
// to look at with what a node that has had calls of all kinds really shows.
func TestEverySeriesOfDashboardAndAlertsExists(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: everything(t), Secure: authority.New(t)})
	phone := agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitMetric(1, "hotline_webhooks_total", `result="sent"`)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	harness.StartCaller(t, n, harness.Plan{To: "10003"}).Done()
	harness.StartCaller(t, n, harness.Plan{Source: "127.0.0.2", Expect: 403}).Done()
	n.Eventually(func() bool { return n.Metric("hotline_siprec_failures_total") > 0 }, "the recorder outside was tried")
	n.Do(http.MethodPost, "/api/v1/callbacks", map[string]any{"number": customerNumber, "queue": "general"}, 200, nil)
	_, page := n.Try(http.MethodGet, "/metrics", nil)
	wanted, err := deploy.Series()
	require.NoError(t, err)
	require.NotEmpty(t, wanted)
	var missing []string
	for _, name := range wanted {
		if strings.HasPrefix(name, "hotline_") && !strings.Contains(string(page), "\n"+name+"{") && !strings.Contains(string(page), "\n"+name+" ") {
			missing = append(missing, name)
		}
	}
	require.Empty(t, missing, "named in deploy/ and not in /metrics")
}
