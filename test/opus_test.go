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

// opusSite is a site whose trunk speaks Opus, and whose agent 1001 does as told.
func opusSite(agent string) map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU]", "codecs: [opus, PCMA, PCMU]", 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `password: "pw-1001",`, `password: "pw-1001", codecs: `+agent+`,`, 1)
	})
}

// opusCall has a gateway that speaks Opus call an agent's phone, and lets them talk.
func opusCall(t *testing.T, n *harness.Node, wire *harness.Wire, callerCodec, agentCodec string) (gateway, phone *harness.Phone) {
	wire.Opus(96, 107) // baresip's number and ours
	phone = harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, Codec: agentCodec})
	n.SetSeat("1001", "ready")
	gateway = harness.StartPhone(t, n, harness.PhoneConfig{User: "gw", Password: "x", Hz: 440, Codec: callerCodec, Gateway: true})
	gateway.Do("dial sip:10001@" + n.SIPAddr())
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool {
		return onTheWire(wire, gateway, 1000) > 2*time.Second && onTheWire(wire, phone, 440) > 2*time.Second
	}, "they hear each other")
	gateway.Do("hangup")
	phone.WaitOutput("terminated")
	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	w := recorded(t, n, rec)
	for side, hz := range []float64{440, 1000} {
		require.Greater(t, tone.Heard(w.Channels[side], rate, hz), time.Second)
		require.Zero(t, tone.Heard(w.Channels[side], rate, 1440-hz))
	}
	return gateway, phone
}

// opusTo is how many packets of Opus a phone was sent.
func opusTo(w *harness.Wire, p *harness.Phone) (n int) {
	for port := p.RTP; port < p.RTP+20; port += 2 {
		n += w.Packets(port, 96) + w.Packets(port, 107)
	}
	return n
}

// TestOpusGoesThrough joins a gateway and a phone that both speak Opus: prompts come to them in A-law,
// their own sound in Opus, and the recording has it.
func TestOpusGoesThrough(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: opusSite("[opus, PCMA]")})
	wire := harness.Listen(t)
	gateway, phone := opusCall(t, n, wire, "opus", "opus")
	require.Greater(t, opusTo(wire, gateway), 80)
	require.Greater(t, opusTo(wire, phone), 80)
	gateway.WaitOutput("Set audio encoder: opus 48000Hz 2ch")
	phone.WaitOutput("Set audio encoder: opus 48000Hz 2ch")
	for _, q := range measured(n, 2).Quality {
		require.Equal(t, call.CodecOpus, q.Codec)
		require.Greater(t, q.Received.MOS, 4.0, "jitter counts by the clock of 48 kHz")
		require.Less(t, q.Received.JitterSeconds, 0.05)
	}
	nothingLeft(t, n)
}

// TestOpusIsJoinedWithALaw joins a gateway that speaks Opus with a phone that knows A-law only.
func TestOpusIsJoinedWithALaw(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: opusSite("[PCMA]")})
	wire := harness.Listen(t)
	gateway, phone := opusCall(t, n, wire, "opus", "PCMA")
	gateway.WaitOutput("Set audio encoder: opus 48000Hz 2ch")
	phone.WaitOutput("Set audio encoder: PCMA")
	require.Zero(t, opusTo(wire, gateway), "what is made here, and what the phone says, is A-law")
	require.Zero(t, opusTo(wire, phone))
	nothingLeft(t, n)
}

// TestOpusToABrowser has an agent in Chromium answer a gateway that speaks Opus: the page's stream keeps the source that
// our description names while its clock goes from prompts in A-law to the caller's Opus and back, and each is heard.
func TestOpusToABrowser(t *testing.T) {
	t.Parallel()
	agents := harness.StartChromium(t, 1000)
	s := opusSite("[PCMA]")
	s["seats.yaml"] = strings.Replace(s["seats.yaml"], `password: "pw-1002",`, `password: "pw-1002", codecs: [opus, PCMA],`, 1)
	unhurried(s)
	n := harness.StartNode(t, harness.Config{Site: s, Digest: "[SHA-256]"})
	wire := harness.Listen(t)
	wire.Opus(96, 107, 111) // Chromium's number is the last
	agent := atDesk(agents, n.Base(), "1002", "pw-1002")
	agent.Wait(".line.ready")
	n.Eventually(func() bool { return n.Metric("hotline_registrations") == 1 }, "the page's phone registers")
	agent.Press("Alt+Digit1")
	n.WaitSeat("1002", "ready")
	gateway := harness.StartPhone(t, n, harness.PhoneConfig{User: "gw", Password: "x", Hz: 440, Codec: "opus", Gateway: true})
	gateway.Do("dial sip:10001@" + n.SIPAddr())
	agent.Wait("[data-scene=ringing]")
	agent.Press("Alt+KeyA")
	n.WaitSeat("1002", "talking")
	hear := func(words string) {
		t.Helper()
		n.Eventually(func() bool { return agent.Hears().Tone(440) }, words)
	}
	hear("the agent hears the caller")
	n.Eventually(func() bool { return onTheWire(wire, gateway, 1000) > time.Second }, "the caller hears the agent")
	require.NotZero(t, opusTo(wire, gateway))
	agent.Press("Alt+KeyH")
	n.WaitSeat("1002", "held")
	n.Eventually(func() bool { return !agent.Hears().Tone(440) }, "held")
	agent.Press("Alt+KeyH")
	n.WaitSeat("1002", "talking")
	hear("and after the hold again")
	gateway.Do("hangup")
	agent.Wait("[data-scene=wrap_up]")
	rec := measured(n, 2)
	for _, q := range rec.Quality {
		require.Equal(t, call.CodecOpus, q.Codec)
	}
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	require.Empty(t, agents.Faults())
}
