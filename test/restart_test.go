package test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// planSite has a plan that lends the complaint group, and general calls dealt in turn.
func planSite(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, groups", "{name: general, strategy: round_robin, groups", 1)
	s["seats.yaml"] = strings.Replace(s["seats.yaml"], "skills: {complaint: 4}", "skills: {complaint: 4, general: 1}", 1)
	s["seats.yaml"] = strings.Replace(s["seats.yaml"], "{name: vip, title", "{name: vip, approve_breaks: true, title", 1)
	s["plans.yaml"] = `
plans:
  - name: day
    queues: [general]
    steps:
      - {name: helpers, when: {waiting: "> 5", for: 5m}, do: [{add: complaint}]}
      - {name: more, when: {waiting: "> 9", for: 5m}, do: [{add: vip}]}
    release: {when: {waiting: "< 5", for: 1h}}
`
}

// planStep is a step as the API shows it.
type planStep struct {
	Name, Hold, By string
	Active         bool
	Seats          []string
}

func planSteps(n *harness.Node) []planStep {
	var out struct{ Items []struct{ Steps []planStep } }
	n.Do(http.MethodGet, "/api/v1/plans", nil, http.StatusOK, &out)
	return out.Items[0].Steps
}

// TestRoutingRemembersOverARestart kills the node at the very moment at which a
// supervisor's word has been taken: steps, holds, lent seats, a break that waits for approval
// and turns are there again, after kill -9 as after a clean stop.
func TestRoutingRemembersOverARestart(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(planSite)})
	agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Steps: []string{harness.Pause(3000)}, Bye: true}).Done()
	n.WaitCalls(1)
	n.WaitSeat("1001", "ready")
	agent(t, n, "1002", 1200, true)
	agent(t, n, "4001", 1500, true)
	agent(t, n, "2001", 1500, true)
	n.As("2001", "pw-2001").Do(http.MethodPost, "/api/v1/seats/2001/state", map[string]any{"state": "break", "reason": "tea", "minutes": 10}, http.StatusOK, nil)
	want := []planStep{
		{Name: "helpers", Active: true, Hold: "on", By: "admin", Seats: []string{"4001"}},
		{Name: "more", Hold: "off", By: "admin", Seats: []string{}},
	}
	n.Do(http.MethodPost, "/api/v1/plans/day/steps/helpers", map[string]any{"active": true}, http.StatusOK, nil)
	n.Do(http.MethodPost, "/api/v1/plans/day/steps/more", map[string]any{"active": false}, http.StatusOK, nil)
	for _, stop := range []func(){
		n.Kill,
		func() {
			n.Signal(syscall.SIGTERM)
			n.Eventually(n.Ended, "the node stops")
		},
	} {
		stop()
		n.Start()
		require.Equal(t, want, planSteps(n), "at once, not when the phones register anew")
		for _, id := range []string{"1001", "1002", "4001", "2001"} {
			require.Equal(t, "ready", n.Seat(id).State)
		}
		require.Equal(t, "tea", pendingBreak(n, "2001"))
	}
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Steps: []string{harness.Pause(3000)}, Bye: true}).Done()
	require.Equal(t, "1002", string(newest(n).Agent), "1001 has had a call before the restart: it is the other's turn")
}

// pendingBreak is the reason of a break that waits for approval.
func pendingBreak(n *harness.Node, agent string) string {
	var out struct {
		Items []struct {
			Agent string
			Break struct{ Reason string }
		}
	}
	n.Do(http.MethodGet, "/api/v1/seats", nil, http.StatusOK, &out)
	for _, s := range out.Items {
		if s.Agent == agent {
			return s.Break.Reason
		}
	}
	return ""
}
