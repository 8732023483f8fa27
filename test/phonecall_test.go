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

// mayDial gives agent 1002 the right to call mobiles, through a carrier, and 1001 none.
func mayDial(proxy string) func(map[string]string) {
	return func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:",
			"  - {name: carrier, from: [127.0.0.4/31], codecs: [PCMA], proxy: \""+proxy+"\"}\nnumbers:", 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `{id: "1002",`, `{id: "1002", dial: {to: mobile, at_once: 1, show: "02162340000"},`, 1)
	}
}

// talkAWhile waits until two legs have carried some seconds of sound together.
func talkAWhile(n *harness.Node) {
	before := n.Metric("hotline_rtp_packets_total", `direction="in"`)
	n.Eventually(func() bool { return n.Metric("hotline_rtp_packets_total", `direction="in"`) > before+200 }, "sound should come")
}

// heard tells that a phone has heard a tone in a call that is over.
func heard(n *harness.Node, p *harness.Phone, hz float64, words string) {
	n.Eventually(func() bool { return tone.Heard(p.HeardSamples(), rate, hz) > time.Second/2 }, words)
}

// TestAgentsCallOneAnother: a colleague, who is shown talking meanwhile; nobody; and, with and without the right to it, an outside number.
func TestAgentsCallOneAnother(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: site(quiet, mayDial(c.URI()))})
	one, two := agent(t, n, "1001", 1000, false), agent(t, n, "1002", 1300, true)
	one.Do("dial sip:1002@hotline.local")
	n.WaitSeat("1001", "talking")
	n.WaitSeat("1002", "talking")
	talkAWhile(n)
	one.Do("hangup")
	n.WaitSeat("1002", "ready")
	heard(n, one, 1300, "the caller hears the colleague")
	heard(n, two, 1000, "and is heard")
	rec := newest(n)
	require.Equal(t, call.Internal, rec.Direction)
	require.Equal(t, "1002", rec.Called)

	one.Do("dial sip:13900000001@hotline.local")
	one.WaitOutput("403 Forbidden")
	one.Do("dial sip:nobody@hotline.local")
	one.WaitOutput("404 Not Found")
	require.Empty(t, c.Saw("invite"))
	require.Equal(t, 1.0, n.Metric("hotline_dial_refused_total", `reason="not_allowed"`))

	two.Do("dial sip:13900000001@hotline.local")
	c.WaitSaw(1, "answered")
	said := c.Saw("invite")[0]
	require.Contains(t, said, "INVITE sip:13900000001@")
	require.Contains(t, said, "from  <sip:02162340000@hotline.local>;tag=", "the number of the agent's right")
	talkAWhile(n)
	two.Do("hangup")
	c.WaitSaw(1, "over")
	heard(n, two, 1300, "the carrier gives the sound back")
	n.Eventually(func() bool { return newest(n).Direction == call.Outbound }, "the record of the call out")
	require.Equal(t, "13900000001", newest(n).Called)
	nothingLeft(t, n)
}

// traceHas waits until what was said on a call's wire has these words.
func traceHas(n *harness.Node, id call.ID, words ...string) {
	n.Eventually(func() bool {
		status, b := n.Try("GET", "/api/v1/calls/"+string(id)+"/sip", nil)
		for _, w := range words {
			if !strings.Contains(string(b), w) {
				return false
			}
		}
		return status == 200
	}, "the call's trace should have %q", words)
}

// TestAPhoneHandsACustomerOn: a customer talks to agent 1001, whose phone transfers him blindly, by REFER, to a colleague: the
// record and the recording go on.
func TestAPhoneHandsACustomerOn(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one := agent(t, n, "1001", 1000, true)
	l := dialIn(t, n, "10001")
	n.WaitSeat("1001", "talking")
	two := harness.StartLinphone(t, n, "1002", "pw-1002", 1300)
	n.SetSeat("1002", "ready")
	n.WaitSeat("1002", "ready")
	id := n.Seat("1001").Call
	l.callerSound.WaitHeard(l.callerSound.Packets(), 1000, time.Second) // enough to be found in the recording

	one.Do("transfer sip:1002@hotline.local")
	two.WaitOutput("Receiving new incoming call")
	two.Do("answer")
	n.WaitSeat("1002", "talking")
	from := l.callerSound.Packets()
	l.callerSound.WaitHeard(from, 1300, time.Second/2)
	n.WaitSeat("1001", "ready")
	traceHas(n, id, "REFER sip:", "202 Accepted", "SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK")
	l.callerSound.Play(440, 1500*time.Millisecond)
	two.Do("terminate")
	l.caller.Ended()
	rec := newest(n)
	require.Equal(t, id, rec.ID, "one call")
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, []call.SeatID{"1001", "1002"}, rec.Seats())
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second/2, "the first agent is in the recording")
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1300), time.Second/2, "and the second, in the same one")
	nothingLeft(t, n)
}
