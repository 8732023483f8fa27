package test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// reload replaces files of the site and has the node read them.
func reload(n *harness.Node, files map[string]string) {
	for name, text := range files {
		n.WriteSite(name, text)
	}
	n.Signal(syscall.SIGHUP)
}

// TestReloadReachesWhoWaitsAndLeavesWhoTalks opens a queue to another group's
// seat: the caller who waits gets it at once, the call that goes on notices nothing.
func TestReloadReachesWhoWaitsAndLeavesWhoTalks(t *testing.T) {
	t.Parallel()
	s := site()
	n := harness.StartNode(t, harness.Config{Site: s})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	agent(t, n, "4001", 1500, true)
	talking := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "talking")
	waiting := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)

	reload(n, map[string]string{
		"seats.yaml":  strings.Replace(s["seats.yaml"], "skills: {complaint: 4}", "skills: {complaint: 4, general: 1}", 1),
		"queues.yaml": strings.Replace(s["queues.yaml"], "groups: [general]", "groups: [general, complaint]", 1),
	})
	got := n.WaitSeat("4001", "talking")
	require.Equal(t, "13922222222", n.Call(got.Call).Caller)
	require.Equal(t, "talking", n.Seat("1001").State)
	require.Equal(t, 2.0, n.Metric("hotline_site_revision"))
	before := len(wire.Heard(talking.RTP))
	n.Eventually(func() bool { return tone.Heard(wire.Heard(talking.RTP)[before:], rate, 1000) > time.Second }, "they talk on")

	for _, seat := range []string{"1001", "4001"} {
		n.Do("POST", "/api/v1/calls/"+string(n.Seat(seat).Call)+"/hangup", nil, 204, nil)
	}
	talking.Done()
	waiting.Done()
	harness.StartCaller(t, n, harness.Plan{To: "99999", From: "13933333333", Expect: 404}).Done()
	for _, r := range n.WaitCalls(3) {
		require.Equal(t, map[string]int{"13911111111": 1, "13922222222": 1, "13933333333": 2}[r.Caller], r.SiteRevision, r.Caller)
	}
}

// TestBadSiteIsRefused gives the node a site with two mistakes, then the old one again.
func TestBadSiteIsRefused(t *testing.T) {
	t.Parallel()
	s := site()
	n := harness.StartNode(t, harness.Config{Site: s})
	reload(n, map[string]string{"queues.yaml": `queues:
  - {name: general, groups: [generel], skills: {general: 1}}
  - {name: vip, offer_timeout: soon}
`})
	n.WaitMetric(1, "hotline_site_reloads_total", "refused")
	n.WaitOutput("site/queues.yaml:2:30: ")
	n.WaitOutput("site/queues.yaml:3:32: ")
	n.WaitOutput("revision 1 stays")
	require.Equal(t, 1.0, n.Metric("hotline_site_revision"))
	agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{harness.Pause(4000)}, Bye: true}).Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome, "the old site goes on")

	reload(n, map[string]string{"queues.yaml": s["queues.yaml"]})
	n.WaitMetric(1, "hotline_site_reloads_total", "unchanged")
	require.Equal(t, 1.0, n.Metric("hotline_site_revision"), "the same content is the same revision")
	n.Kill()
	n.Start()
	require.Equal(t, 1.0, n.Metric("hotline_site_revision"), "also after a restart")
}

// TestRemovedAgentAndQueue takes an agent who talks and a queue with a caller out of the site.
func TestRemovedAgentAndQueue(t *testing.T) {
	t.Parallel()
	s := site(func(s map[string]string) {
		s["queues.yaml"] += `  - {name: returns, groups: [vip], skills: {vip: 1}, overflow: [{when: closed, to: "queue:general"}]}
`
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}", "q: {queue: general, next: hangup}\n  - name: back\n    start: q\n    nodes:\n      q: {queue: returns, next: hangup}", 1)
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:", "  - {number: \"10003\", trunk: gateway, flow: back}\ncallers:", 1)
	})
	n := harness.StartNode(t, harness.Config{Site: s})
	phone := agent(t, n, "1001", 1000, true)
	agent(t, n, "2001", 1200, true)
	n.SetSeat("2001", "busy")
	talking := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "talking")
	waiting := harness.StartCaller(t, n, harness.Plan{To: "10003", From: "13922222222"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="returns"`)

	without := site()
	seats := without["seats.yaml"]
	from := strings.Index(seats, `  - {id: "1001"`)
	without["seats.yaml"] = seats[:from] + seats[from+strings.Index(seats[from:], "\n")+1:]
	reload(n, without)
	n.WaitMetric(2, "hotline_site_revision")
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	require.Zero(t, n.Queue("returns").Name, "the queue is gone")
	require.Equal(t, "talking", n.Seat("1001").State, "the agent is not, as long as the call lasts")
	phone.Do("hangup")
	talking.Done()
	n.Eventually(func() bool { return !n.HasSeat("1001") }, "the agent leaves after the call")
	n.WaitMetric(1, "hotline_registrations")

	harness.StartPhone(t, n, harness.PhoneConfig{User: "1002", Password: "pw-1002", Hz: 1500, Answer: true})
	n.SetSeat("1002", "ready")
	seat := n.WaitSeat("1002", "talking")
	rec := n.Call(seat.Call)
	require.Equal(t, "13922222222", rec.Caller)
	require.Equal(t, []string{"returns", "general"}, rec.Queues())
	require.Equal(t, 1, rec.SiteRevision)
	n.Do("POST", "/api/v1/calls/"+string(rec.ID)+"/hangup", nil, 204, nil)
	waiting.Done()
	nothingLeft(t, n)
}
