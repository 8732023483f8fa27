package test

import (
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// gateway is a peer of our own that is a known trunk.
func gateway(t tb, n *harness.Node) *peer.Peer {
	return peer.UDP(t, netip.MustParseAddrPort(n.SIPAddr()))
}

// TestDrain stops a node in peace: nobody new gets in, who waits is served, who talks talks on.
func TestDrain(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, true)
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "talking")
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)

	n.Signal(syscall.SIGTERM)
	n.Eventually(func() bool {
		status, _ := n.Try(http.MethodGet, "/readyz", nil)
		return status == http.StatusServiceUnavailable
	}, "not ready")
	trunk := gateway(t, n)
	options := trunk.Call("probe", "sip:"+n.SIPAddr())
	options.Send("OPTIONS", "")
	require.Equal(t, 503, options.Final().Status)
	late := trunk.Call("13933333333", "sip:10001@"+n.SIPAddr())
	late.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
	no := late.Final()
	late.AckFailure(no)
	require.Equal(t, 503, no.Status)
	require.NotEmpty(t, no.Header("Retry-After"))

	require.Equal(t, "talking", n.Seat("1001").State)
	phone.Do("hangup")
	first.Done()
	n.Eventually(func() bool {
		s := n.Seat("1001")
		return s.State == "talking" && n.Call(s.Call).Caller == "13922222222"
	}, "who waits is served")
	require.False(t, n.Ended())
	phone.Do("hangup")
	second.Done()
	require.Zero(t, n.Wait(20*time.Second), "exit code: %s", n.Output())

	n.Start()
	outcomes := map[string]call.Outcome{}
	for _, r := range n.WaitCalls(3) {
		outcomes[r.Caller] = r.Outcome
	}
	require.Equal(t, map[string]call.Outcome{
		"13911111111": call.OutcomeAnswered, "13922222222": call.OutcomeAnswered, "13933333333": call.OutcomeRefused,
	}, outcomes)
	n.WaitSeat("1001", "ready")
}

// withSorry has a tone for the prompt that callers hear when the node stops.
func withSorry(s map[string]string) {
	s["prompts/zh/all_busy.wav"] = string(tone.WAV(rate, tone.Sine(700, 2, rate)))
	s["prompts/en/all_busy.wav"] = s["prompts/zh/all_busy.wav"]
}

// TestDrainTakesItsTime has calls left when the time to drain is over.
func TestDrainTakesItsTime(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(withSorry, patient), Args: []string{"--drain", "3s"}})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	talking := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "talking")
	ringer := agent(t, n, "1002", 1200, false)
	left := map[string]*harness.Caller{"ringing": harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})}
	n.WaitSeat("1002", "offered")
	left["waiting"] = harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333"})
	left["asked"] = harness.StartCaller(t, n, harness.Plan{To: "10000", From: "13944444444"})
	left["speaking to a mailbox"] = harness.StartCaller(t, n, harness.Plan{To: "10002", From: "13955555555"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	n.WaitMetric(2, "hotline_calls_active", `stage="ivr"`)
	n.Signal(syscall.SIGTERM)
	talking.Done()
	require.Zero(t, n.Wait(20*time.Second), "exit code: %s", n.Output())
	phone.WaitOutput("terminated")
	ringer.WaitOutput("session closed")
	for who, c := range left {
		c.Done()
		require.Greater(t, tone.Heard(wire.Heard(c.RTP), rate, 700), 1500*time.Millisecond, "who is %s hears all_busy, to its end", who)
	}
	require.Zero(t, tone.Heard(wire.Heard(talking.RTP), rate, 700))

	n.Start()
	for _, r := range n.WaitCalls(5) {
		require.Equal(t, call.OutcomeInterrupted, r.Outcome, r.Caller)
		require.Equal(t, call.PartySystem, *r.EndedBy)
		require.Equal(t, r.Caller == "13911111111", !r.ConnectedAt.IsZero())
		require.Equal(t, r.Caller == "13911111111" || r.Caller == "13955555555", len(r.Recordings) == 1, r.Caller)
		require.Equal(t, 1, count(n.Call(r.ID).Kinds(), "ended"))
	}
	nothingLeft(t, n)
}

// TestSecondSIGTERM ends a node that drains without a limit at once.
func TestSecondSIGTERM(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(withSorry), Args: []string{"--drain", "0"}})
	phone := agent(t, n, "1001", 1000, true)
	talking := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitSeat("1001", "talking")
	waiting := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.Signal(syscall.SIGTERM)
	n.WaitOutput("draining")
	n.Signal(syscall.SIGTERM)
	began := time.Now()
	require.Zero(t, n.Wait(20*time.Second), "exit code: %s", n.Output())
	require.Less(t, time.Since(began), 8*time.Second)
	talking.Done()
	waiting.Done()
	phone.WaitOutput("terminated")
	require.NotContains(t, n.Output(), "calls are left")
	require.False(t, strings.Contains(n.Output(), "ERROR"), "%s", n.Output())
	n.Start()
	for _, r := range n.WaitCalls(2) {
		require.Equal(t, call.OutcomeInterrupted, r.Outcome)
	}
}
