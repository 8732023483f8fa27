package test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// srtp sets the policy of the trunk and of agent 1001.
func srtp(trunk, agent string) func(map[string]string) {
	return func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU],", "codecs: [PCMA, PCMU], srtp: "+trunk+",", 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `password: "pw-1001",`, `password: "pw-1001", srtp: `+agent+`,`, 1)
	}
}

// onTheWire is how long a tone was in clear in what was sent to a phone.
func onTheWire(wire *harness.Wire, p *harness.Phone, hz float64) (heard time.Duration) {
	for port := range 20 {
		heard = max(heard, tone.Heard(wire.Heard(p.RTP+port), rate, hz))
	}
	return heard
}

// encrypted starts baresip for agent 1001, who is ready then.
func encrypted(t *testing.T, n *harness.Node, way string) *harness.Phone {
	t.Helper()
	p := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, Encrypt: way})
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	return p
}

// TestEncryptedAgent joins a plain gateway with an agent whose sound is encrypted,
// by each way to agree on keys: tones both ways, hold and resume, a recording with
// either side where it belongs, and nothing in clear on the wire to the phone.
func TestEncryptedAgent(t *testing.T) {
	t.Parallel()
	for way, policy := range map[string]string{"srtp": "optional", "srtp-mand": "required"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			n := harness.StartNode(t, harness.Config{Site: site(srtp("off", policy))})
			wire := harness.Listen(t)
			phone := encrypted(t, n, way)
			c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
			n.WaitSeat("1001", "talking")
			n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > 2*time.Second }, "the caller hears the agent")
			phone.Do("hold")
			n.WaitSeat("1001", "held")
			phone.Do("resume")
			n.WaitSeat("1001", "talking")
			before := tone.Heard(wire.Heard(c.RTP), rate, 1000)
			n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > before+time.Second }, "and after the hold again")
			n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
			c.Done()
			phone.WaitOutput("terminated")
			require.Greater(t, tone.Heard(phone.HeardSamples(), rate, 440), time.Second, "the agent hears the caller")
			w := recorded(t, n, newest(n))
			require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
			require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
			require.Zero(t, tone.Heard(w.Channels[0], rate, 1000))
			require.Zero(t, tone.Heard(w.Channels[1], rate, 440))
			require.Zero(t, onTheWire(wire, phone, 440), "in clear")
			require.Less(t, n.Metric("hotline_rtp_dropped_total", "forged"), 5.0, "baresip opens its NAT with an RTCP packet in clear")
			require.NotContains(t, n.Output(), "inline:")
			nothingLeft(t, n)
		})
	}
}

// TestEncryptedGateway has the trunk's side encrypt, with keys in its INVITE or
// agreed on by DTLS (without ICE); the agent is plain.
func TestEncryptedGateway(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"srtp-mand", "dtls_srtp"} {
		t.Run(way, func(t *testing.T) { t.Parallel(); encryptedGateway(t, way) })
	}
}

func encryptedGateway(t *testing.T, way string) {
	n := harness.StartNode(t, harness.Config{Site: site(srtp("required", "off"))})
	wire := harness.Listen(t)
	agentPhone := agent(t, n, "1001", 1000, true)
	gateway := harness.StartPhone(t, n, harness.PhoneConfig{User: "gw", Password: "x", Hz: 440, Encrypt: way, Gateway: true})
	gateway.Do("dial sip:10001@" + n.SIPAddr())
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return onTheWire(wire, agentPhone, 440) > 2*time.Second }, "the agent hears the caller")
	gateway.Do("hangup")
	agentPhone.WaitOutput("terminated")
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Greater(t, tone.Heard(gateway.HeardSamples(), rate, 1000), time.Second, "the caller hears the agent")
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	require.Zero(t, onTheWire(wire, gateway, 1000), "in clear")
	nothingLeft(t, n)
}

// TestEncryptionIsRequired turns a plain gateway away with 488, and takes an agent whose phone is plain out of the way.
func TestEncryptionIsRequired(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(srtp("required", "off"))})
	harness.StartCaller(t, n, harness.Plan{To: "10001", Expect: 488}).Done()
	require.Equal(t, call.CauseNoCodec, *newest(n).Cause)

	m := harness.StartNode(t, harness.Config{Site: site(srtp("off", "required"))})
	harness.StartPhone(t, m, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true})
	m.SetSeat("1001", "ready")
	m.WaitSeat("1001", "ready")
	c := harness.StartCaller(t, m, harness.Plan{To: "10001"})
	m.WaitMetric(1, "hotline_offers_total", "unreachable")
	require.Equal(t, "unreachable", m.Seat("1001").State)
	m.Do("POST", "/api/v1/calls/"+string(newestLive(m).ID)+"/hangup", nil, 204, nil)
	c.Done()
	nothingLeft(t, m)
}

// TestBrowsersTalk has a browser call in and another one answer as an agent, who
// registered over WebSocket through a proxy: music while waiting, tones both
// ways, and a recording with either side where it belongs.
func TestBrowsersTalk(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	gateway, caller := softphone(t, n), peer.NewBrowser(t)
	stop := make(chan struct{})
	var playing sync.WaitGroup
	defer func() { close(stop); playing.Wait() }()
	d := gateway.Call("13911111111", "sip:10001@"+n.SIPAddr())
	d.Invite(caller.Offer())
	caller.Answered(d.Response(200).Body)
	d.Ack("")
	playing.Go(func() { caller.Play(440, stop) })
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.Eventually(caller.Loud, "music while waiting")

	phone := peer.TCP(t, netip.MustParseAddrPort(n.SIPAddr()))
	way := login("1001", "pw-1001")
	way.Contact = "<sip:1001@df7jal23ls0d.invalid;transport=ws>"
	ok, _ := phone.Register(way)
	require.Equal(t, 200, ok.Status)
	n.SetSeat("1001", "ready")
	seat, agent := phone.Incoming(), peer.NewBrowser(t)
	require.Contains(t, seat.Offer(), "UDP/TLS/RTP/SAVPF")
	seat.Answer(agent.Answer(seat.Offer()))
	playing.Go(func() { agent.Play(1000, stop) })
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return caller.Heard(1000) > time.Second && agent.Heard(440) > time.Second }, "they hear each other")

	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
	d.Ended()
	seat.Ended()
	w := recorded(t, n, newest(n))
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	require.Zero(t, tone.Heard(w.Channels[0], rate, 1000))
	require.Zero(t, tone.Heard(w.Channels[1], rate, 440))
	require.Equal(t, 2.0, n.Metric("hotline_rtp_dtls_handshakes_total", `result="done"`))
	require.NotContains(t, n.Output(), "ice-pwd")
	nothingLeft(t, n)
}
