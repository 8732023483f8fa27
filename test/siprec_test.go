package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// TestARecorderOutsideTakesAConversation: the caller on one stream, the agent on the other, nothing of a pause, though
// the first of its targets is away; what it was told of who speaks; its end with the conversation.
func TestARecorderOutsideTakesAConversation(t *testing.T) {
	t.Parallel()
	srs := harness.StartRecorder(t)
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["siprec.yaml"] = fmt.Sprintf("siprec:\n  - {name: law, targets: ['sip:127.0.0.4:%d;transport=tcp', '%s'], trunks: [gateway]}\n", harness.FreePorts(t, 1), srs.URI())
	})})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Hz: 440})
	n.WaitSeat("1001", "talking")
	id := n.AllCalls()[0].ID
	heard := func(stream int, hz float64, from int) time.Duration {
		return tone.Heard(srs.Sound(stream)[from:], rate, hz)
	}
	n.Eventually(func() bool { return heard(0, 440, 0) > time.Second }, "the caller is heard on the first stream")
	n.Eventually(func() bool { return heard(1, 1000, 0) > time.Second }, "the agent is heard on the second")
	require.Zero(t, heard(0, 1000, 0))
	require.Zero(t, heard(1, 440, 0))
	for _, words := range []string{"sip:13911111111@", "sip:1001@", "<label>1</label>", string(id)} {
		require.NotZero(t, srs.Said(words), words)
	}

	pause := func(on bool) {
		n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/recording", map[string]bool{"paused": on}, http.StatusNoContent, nil)
	}
	pause(true)
	n.Eventually(func() bool { return srs.Said("a=inactive") == 2 }, "both streams are told to be inactive")
	at := [2]int{len(srs.Sound(0)), len(srs.Sound(1))}
	sent := n.Metric("hotline_rtp_packets_total")
	n.Eventually(func() bool { return n.Metric("hotline_rtp_packets_total") > sent+100 }, "the call goes on")
	require.Equal(t, at, [2]int{len(srs.Sound(0)), len(srs.Sound(1))}, "nothing is sent in a pause")
	pause(false)
	n.Eventually(func() bool {
		return heard(0, 440, at[0]) > 500*time.Millisecond && heard(1, 1000, at[1]) > 500*time.Millisecond
	}, "both again")

	told := srs.Said("disassociate-time")
	n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/hold", nil, http.StatusNoContent, nil)
	n.Eventually(func() bool { return srs.Said("disassociate-time") > told }, "who has the caller wait is not on his stream")
	n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/resume", nil, http.StatusNoContent, nil)
	phone.Do("hangup")
	c.Done()
	n.Eventually(func() bool { return srs.Said("BYE sip:") == 1 }, "the session ends")
	require.Zero(t, srs.Said("telephone-event"))
	record := newest(n)
	require.Len(t, record.Recorders, 1)
	r := record.Recorders[0]
	require.Equal(t, "law", r.Name)
	require.Zero(t, r.Failures)
	require.False(t, r.EndedAt.IsZero())
	require.Subset(t, n.Call(id).Kinds(), []string{"fork_began", "siprec_taken", "fork_ended"})
	n.WaitMetric(0, "hotline_siprec_sessions")
	n.WaitMetric(0, "hotline_rtp_ports_leased")
	require.Greater(t, n.Metric("hotline_siprec_packets_total"), 100.0)
}

// TestARecorderIsSentEncryptedSound: keys of its own for each stream, in no trace, on over a pause; one that takes no
// encryption where it is required records nothing.
func TestARecorderIsSentEncryptedSound(t *testing.T) {
	t.Parallel()
	secure, plain := harness.StartSecureRecorder(t), harness.StartRecorder(t)
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["siprec.yaml"] = fmt.Sprintf("siprec:\n  - {name: law, targets: ['%s'], srtp: required}\n  - {name: open, targets: ['%s'], srtp: required}\n", secure.URI(), plain.URI())
	})})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	n.WaitSeat("1001", "talking")
	id := n.AllCalls()[0].ID
	hears := func(from [2]int, words string) {
		t.Helper()
		n.Eventually(func() bool {
			return tone.Heard(secure.Sound(0)[from[0]:], rate, 440) > time.Second && tone.Heard(secure.Sound(1)[from[1]:], rate, 1000) > time.Second
		}, words)
	}
	hears([2]int{}, "both sides are decrypted")
	for _, on := range []bool{true, false} {
		n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/recording", map[string]bool{"paused": on}, http.StatusNoContent, nil)
	}
	hears([2]int{len(secure.Sound(0)), len(secure.Sound(1))}, "with the same keys after a pause")
	traceHas(n, id, "inline:********")
	phone.Do("hangup")
	c.Done()
	require.Empty(t, plain.Sound(0))
	for _, r := range newest(n).Recorders {
		require.Equal(t, r.Name == "open", r.Failures > 0, "%+v", r)
	}
}

// TestACallGoesOnWithoutItsRecorder: nobody is there to record; the record says so.
func TestACallGoesOnWithoutItsRecorder(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["siprec.yaml"] = fmt.Sprintf("siprec:\n  - {name: law, targets: 'sip:127.0.0.4:%d;transport=tcp'}\n", harness.FreePorts(t, 1))
	})})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return n.Metric("hotline_siprec_failures_total") >= 1 }, "it is told")
	n.Eventually(func() bool { return n.Metric("hotline_rtp_packets_total") > 300 }, "they talk all the same")
	phone.Do("hangup")
	c.Done()
	record := measured(n, 2)
	for _, q := range record.Quality {
		require.Greater(t, q.Sent.Packets, uint64(50))
		require.Greater(t, q.Received.Packets, uint64(50))
	}
	require.Equal(t, call.OutcomeAnswered, record.Outcome)
	require.Len(t, record.Recorders, 1)
	require.Equal(t, 1, record.Recorders[0].Failures)
	require.True(t, strings.HasPrefix(record.Recorders[0].Failed, "the recorder"), record.Recorders[0].Failed)
	n.WaitMetric(0, "hotline_siprec_sessions")
}

// TestARecorderBehindAProxy: a Kamailio stands in every request of the session, in both kinds of transport: the INVITE goes by TCP for its length.
func TestARecorderBehindAProxy(t *testing.T) {
	t.Parallel()
	srs := harness.StartRecorder(t)
	n := harness.StartNode(t, harness.Config{Site: site()})
	edge := harness.StartEdge(t, n, harness.EdgeConfig{TCP: true, Recorder: srs.URI()})
	reload(n, map[string]string{"siprec.yaml": fmt.Sprintf("siprec:\n  - {name: law, targets: 'sip:recorder@%s'}\n", edge.Addr())})
	n.WaitMetric(2, "hotline_site_revision")
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(srs.Sound(0), rate, 440) > time.Second }, "the caller is heard")
	n.Eventually(func() bool { return tone.Heard(srs.Sound(1), rate, 1000) > time.Second }, "and the agent")
	phone.Do("hangup")
	c.Done()
	n.Eventually(func() bool { return srs.Said("BYE sip:") == 1 }, "the session ends")
	n.WaitMetric(0, "hotline_siprec_sessions")
	require.Equal(t, 1, edge.Saw("BYE", true))
	require.Zero(t, n.Metric("hotline_siprec_failures_total"))
}
