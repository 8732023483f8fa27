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

// behindAnEdge is a node whose trunk and phones all come through a Kamailio.
func behindAnEdge(t *testing.T, c harness.EdgeConfig) (*harness.Node, *harness.Edge) {
	t.Helper()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "127.0.0.1/32", harness.EdgeHost+"/32", 1)
	})})
	return n, harness.StartEdge(t, n, c)
}

// edgeAgent is an agent whose phone knows the edge only.
func edgeAgent(t *testing.T, n *harness.Node, e *harness.Edge, id string, answer bool) *harness.Phone {
	t.Helper()
	p := harness.StartPhone(t, n, harness.PhoneConfig{User: id, Password: "pw-" + id, Hz: 1000, Answer: answer, Proxy: e.Addr()})
	n.SetSeat(id, "ready")
	n.WaitSeat(id, "ready")
	return p
}

// TestDialogsStayOnTheirRoute has caller and agent behind a proxy that loses an
// ACK: every request inside a dialog passes the proxy, whoever sends it, and the 200 is repeated.
func TestDialogsStayOnTheirRoute(t *testing.T) {
	t.Parallel()
	n, edge := behindAnEdge(t, harness.EdgeConfig{LoseAck: true})
	wire := harness.Listen(t)
	phone := edgeAgent(t, n, edge, "1001", true)
	c := harness.StartCaller(t, n, harness.Plan{
		Proxy: edge.Addr(), Steps: []string{
			harness.Pause(1500), harness.Info("1"), harness.Pause(6500), harness.Hold(), harness.Pause(500), harness.Resume(), harness.Pause(1500),
		}, Bye: true,
	})
	n.WaitSeat("1001", "talking")
	c.Done()
	phone.WaitOutput("terminated")
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	require.Equal(t, 1, count(n.Call(rec.ID).Kinds(), "resumed"))
	require.Greater(t, tone.Heard(wire.Heard(c.RTP), rate, 1000), time.Second)
	require.Greater(t, tone.Heard(phone.HeardSamples(), rate, 440), time.Second)
	for _, want := range []struct {
		method   string
		fromNode bool
		times    int
	}{
		{"INVITE", false, 3}, {"ACK", false, 4}, {"INFO", false, 1}, {"BYE", false, 1}, // the caller's; one ACK twice
		{"INVITE", true, 1}, {"ACK", true, 1}, {"BYE", true, 1}, // to the phone
	} {
		edge.WaitSaw(want.times, want.method, want.fromNode)
	}
	nothingLeft(t, n)
}

// TestNodeEndsCallsThroughTheProxy is the other direction, over TCP between
// proxy and node: the agent holds, takes the call back and hangs up, so that
// the node's own BYE has to find the caller.
func TestNodeEndsCallsThroughTheProxy(t *testing.T) {
	t.Parallel()
	n, edge := behindAnEdge(t, harness.EdgeConfig{TCP: true})
	phone := edgeAgent(t, n, edge, "1001", true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Proxy: edge.Addr()})
	n.WaitSeat("1001", "talking")
	phone.Do("hold")
	n.WaitSeat("1001", "held")
	phone.Do("resume")
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Positive(t, rec.HoldSeconds)
	edge.WaitSaw(1, "BYE", true)  // to the caller
	edge.WaitSaw(1, "BYE", false) // of the agent
	edge.WaitSaw(1, "INVITE", true)
	nothingLeft(t, n)
}

// TestCancelThroughTheProxy has the caller leave while the phone behind the proxy rings.
func TestCancelThroughTheProxy(t *testing.T) {
	t.Parallel()
	n, edge := behindAnEdge(t, harness.EdgeConfig{})
	phone := edgeAgent(t, n, edge, "1001", false)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Proxy: edge.Addr(), Steps: []string{harness.Pause(1500)}, Bye: true})
	n.WaitSeat("1001", "offered")
	c.Done()
	phone.WaitOutput("session closed")
	n.WaitSeat("1001", "ready")
	edge.WaitSaw(1, "CANCEL", true)
	require.Equal(t, call.OutcomeAbandoned, newest(n).Outcome)
	harness.StartCaller(t, n, harness.Plan{To: "10001", Expect: 403}).Done() // past the edge there is no trunk
	nothingLeft(t, n)
}
