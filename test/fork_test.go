package test

import (
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// channels are the two sides an engine was sent, from a message on.
func channels(all []peer.EngineMessage) (caller, seats []int16) {
	for _, m := range all {
		for i := 0; i+3 < len(m.Sound); i += 4 {
			caller = append(caller, int16(binary.LittleEndian.Uint16(m.Sound[i:])))
			seats = append(seats, int16(binary.LittleEndian.Uint16(m.Sound[i+2:])))
		}
	}
	return caller, seats
}

// TestEnginesHearACall: the trunk's engine hears all of a call, caller left and agent
// right, silence while the recording is paused, and goes on after its connection broke;
// another hears it while somebody wants it to. Neither the call nor its recording minds.
func TestEnginesHearACall(t *testing.T) {
	t.Parallel()
	all, asked := peer.NewEngine(t), peer.NewEngine(t)
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["forks.yaml"] = `forks:
  - {name: all, url: "` + all.WebSocketURL() + `", headers: {Authorization: "Bearer hidden-token"}, numbers: true}
  - {name: asked, url: "` + asked.WebSocketURL() + `", format: pcma, packet: 20ms}
`
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "max_calls: 100", "max_calls: 100, fork: all", 1)
	})})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Hz: 440})
	n.WaitSeat("1001", "talking")
	id := n.AllCalls()[0].ID
	heard := func(e *peer.Engine, hz float64, d time.Duration, side int) func() bool {
		return func() bool {
			caller, seats := channels(e.Said())
			return tone.Heard([][]int16{caller, seats}[side], rate, hz) > d
		}
	}
	n.Eventually(heard(all, 440, time.Second, 0), "the caller is heard on the left")
	n.Eventually(heard(all, 1000, time.Second, 1), "the agent is heard on the right")
	caller, seats := channels(all.Said())
	require.Zero(t, tone.Heard(caller, rate, 1000))
	require.Zero(t, tone.Heard(seats, rate, 440))

	forks := "/api/v1/calls/" + string(id) + "/forks/"
	n.Do(http.MethodPut, forks+"asked", nil, http.StatusNoContent, nil)
	n.Do(http.MethodPut, forks+"spy", nil, http.StatusNotFound, nil)
	asked.WaitEvent("start")
	n.Eventually(func() bool { return len(asked.Sound()) > 2*rate }, "the other hears it too")
	n.Do(http.MethodDelete, forks+"asked", nil, http.StatusNoContent, nil)
	require.Equal(t, "ended", asked.WaitEvent("stop").Text["reason"])

	pause := func(on bool) {
		n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/recording", map[string]bool{"paused": on}, http.StatusNoContent, nil)
	}
	pause(true)
	from := all.WaitEvent("paused").At
	n.Eventually(func() bool { return int64(len(all.Sound())/4) > from+rate }, "a second of silence is sent")
	pause(false)
	to := all.WaitEvent("resumed").At
	caller, seats = channels(all.Said())
	for _, side := range [][]int16{caller, seats} {
		require.Zero(t, tone.Loudness(side[from:to]))
	}

	all.Cut() // the wire breaks
	n.Eventually(func() bool { return strings.Count(strings.Join(all.Events(), " "), "start") == 2 }, "it is dialled again")
	phone.Do("hangup")
	c.Done()
	require.Equal(t, "call_ended", all.WaitEvent("stop").Text["reason"])

	start := all.Said()[0].Text
	require.Equal(t, "13911111111", start["caller"])
	require.Equal(t, "gateway", start["trunk"])
	require.NotContains(t, asked.Said()[0].Text, "caller", "who is not told numbers")
	require.Equal(t, "Bearer hidden-token", all.Handshakes()[0].Get("Authorization"))
	require.NotContains(t, n.Output(), "hidden-token")
	record := newest(n)
	require.Len(t, record.Recordings, 1)
	kinds := n.Call(id).Kinds()
	require.Equal(t, 2, count(kinds, "fork_began"))
	require.Equal(t, 2, count(kinds, "fork_ended"))
	n.WaitMetric(0, "hotline_fork_streams")
	n.WaitMetric(0, "hotline_rtp_ports_leased")
}
