package test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// TestStrangersAreNotHeard has others send RTP to both ports of a call: neither
// side hears them, the recording does not either, and nothing is sent to them.
func TestStrangersAreNotHeard(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > time.Second }, "they talk")

	var strangers []*peer.Sound
	for _, host := range []string{"127.0.0.2", "127.0.0.1"} {
		for leg := range 2 {
			s := peer.NewSoundFrom(t, host, call.CodecPCMA)
			s.TowardsAddr(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(n.RTP+2*leg)))
			strangers = append(strangers, s)
		}
	}
	done := make(chan struct{})
	for i, s := range strangers {
		go func() { s.Play(float64(1500+100*i), 3*time.Second); done <- struct{}{} }()
	}
	for range strangers {
		<-done
	}
	n.WaitMetric(600, "hotline_rtp_dropped_total", "stranger") // all of theirs, none of the call's; the last are read within a second
	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
	c.Done()
	w := recorded(t, n, newest(n))
	heard := map[string][]int16{
		"the caller": wire.Heard(c.RTP), "the agent": phone.HeardSamples(), "the recording's left": w.Channels[0], "its right": w.Channels[1],
	}
	own := map[string]float64{"the caller": 1000, "the agent": 440, "the recording's left": 440, "its right": 1000}
	for who, sound := range heard {
		require.Greater(t, tone.Heard(sound, rate, own[who]), 3*time.Second, "%s hears the other side", who)
		for i, s := range strangers {
			require.Zero(t, tone.Heard(sound, rate, float64(1500+100*i)), who)
			require.Zero(t, s.Packets(), "nothing goes to a stranger")
		}
	}
}

// talk waits until a caller has heard so much more of an agent, who sounds 1000 Hz: a phone may be slow to begin.
func talk(n *harness.Node, w *harness.Wire, c *harness.Caller, d time.Duration) {
	heard := func() time.Duration { return tone.Heard(w.Heard(c.RTP), rate, 1000) }
	before := heard()
	n.Eventually(func() bool { return heard() > before+d }, "they should talk for %s", d)
}

// recorded is the sound of a call's only recording.
func recorded(t *testing.T, n *harness.Node, rec call.Record) tone.Sound {
	t.Helper()
	require.Len(t, rec.Recordings, 1)
	return playable(t, n.Audio(rec.Recordings[0].ID))
}

// TestLawsAreConverted joins a caller who knows µ-law only and a phone that knows A-law only.
func TestLawsAreConverted(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	phone := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, Codec: "PCMA"})
	n.SetSeat("1001", "ready")
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440, Codecs: "0", Steps: []string{harness.Pause(8000)}, Bye: true})
	c.Done()
	phone.WaitOutput("Set audio encoder: PCMA")
	phone.WaitOutput("terminated")
	w := recorded(t, n, newest(n))
	require.Greater(t, tone.Heard(wire.Heard(c.RTP), rate, 1000), 2*time.Second)
	require.Greater(t, tone.Heard(phone.HeardSamples(), rate, 440), 2*time.Second)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 2*time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), 2*time.Second)
	require.Zero(t, wire.Packets(c.RTP, 8), "the caller is sent µ-law alone")
}

// TestG722IsJoinedWithALaw joins a gateway that knows A-law with a phone that speaks G.722.
func TestG722IsJoinedWithALaw(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `password: "pw-1001",`, `password: "pw-1001", codecs: [G722],`, 1)
	})})
	wire := harness.Listen(t)
	phone := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, Codec: "G722"})
	n.SetSeat("1001", "ready")
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > 2*time.Second }, "the caller hears the agent")
	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
	c.Done()
	phone.WaitOutput("Set audio encoder: G722")
	phone.WaitOutput("terminated")
	require.Greater(t, tone.Heard(phone.HeardSamples(), 2*rate, 440), time.Second, "the agent hears the caller")
	w := recorded(t, n, newest(n))
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	require.Zero(t, tone.Heard(w.Channels[1], rate, 440))
}

// fallingSilent is a caller who talks for a while and then sends nothing at all.
func fallingSilent(d time.Duration) []harness.Piece { return harness.Sound(harness.Tone(d)) }

// TestSilenceEndsABridgedCallOnly has callers stop sending in every stage: who
// talks to an agent is given up after the RTP timeout, who waits, is asked, or is on hold is not.
func TestSilenceEndsABridgedCallOnly(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "timeout: 5s", "timeout: 50s", 1)
	}), Media: "rtp_timeout: 2s"})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	talking := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Sound: fallingSilent(6 * time.Second)})
	n.WaitSeat("1001", "talking")
	phone.Do("hold")
	n.WaitSeat("1001", "held")
	waiting := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Sound: fallingSilent(time.Second)})
	menu := harness.StartCaller(t, n, harness.Plan{To: "10000", From: "13933333333", Sound: fallingSilent(time.Second)})
	n.Eventually(func() bool {
		return len(wire.Heard(waiting.RTP)) > 6*rate && len(wire.Heard(talking.RTP)) > 14*rate
	}, "music for far longer than the timeout")
	require.Equal(t, "held", n.Seat("1001").State)
	require.Equal(t, 1, n.Queue("general").Waiting)
	require.Equal(t, 1.0, n.Metric("hotline_calls_active", `stage="ivr"`))

	phone.Do("resume")
	talking.Done() // the node hangs up, as the caller is long silent
	rec := newestFrom(n, "13911111111")
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, call.PartySystem, *rec.EndedBy)
	require.Equal(t, call.CauseMediaTimeout, *rec.Cause)
	require.Greater(t, rec.HoldSeconds, 4.0)
	for _, c := range []*harness.Caller{waiting, menu} {
		require.False(t, c.Ended())
	}
}

// newestFrom is the record of a caller's only call, once it has ended.
func newestFrom(n *harness.Node, from string) (rec call.Record) {
	n.Eventually(func() bool {
		all := n.Calls("caller=" + from)
		if len(all) != 1 || all[0].Live() {
			return false
		}
		rec = all[0]
		return true
	}, "the call from %s should have ended", from)
	return rec
}

// TestPhoneDiesInTheCall kills the agent's phone: the caller is given to the
// next agent before the one who came later.
func TestPhoneDiesInTheCall(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(patient), Media: "rtp_timeout: 2s"})
	phone := agent(t, n, "1001", 1000, true)
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "talking")
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.WaitSeat("1001", "talking")
	phone.Kill()
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	harness.StartPhone(t, n, harness.PhoneConfig{User: "1002", Password: "pw-1002", Hz: 1200, Answer: true})
	n.SetSeat("1002", "ready")
	seat := n.WaitSeat("1002", "talking")
	rec := n.Call(seat.Call)
	require.Equal(t, "13911111111", rec.Caller)
	require.Equal(t, []call.SeatID{"1001", "1002"}, rec.Seats())
	n.WaitSeat("1001", "unreachable")
	n.Do("POST", "/api/v1/calls/"+string(rec.ID)+"/hangup", nil, 204, nil)
	first.Done()
	n.Eventually(func() bool { s := n.Seat("1002"); return s.State == "talking" && s.Call != rec.ID }, "then the other")
	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1002").Call)+"/hangup", nil, 204, nil)
	second.Done()
	for _, r := range n.WaitCalls(2) {
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
	}
	n.WaitMetric(0, "hotline_rtp_ports_leased")
}

// TestPhoneWithoutACommonCodec is out of the way until somebody has looked at it.
func TestPhoneWithoutACommonCodec(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `password: "pw-1001",`, `password: "pw-1001", codecs: [PCMU],`, 1)
	})})
	harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, Codec: "PCMA"})
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{harness.Pause(6000)}, Bye: true})
	n.WaitMetric(1, "hotline_offers_total", "unreachable")
	require.Equal(t, "unreachable", n.Seat("1001").State)
	agent2 := harness.StartPhone(t, n, harness.PhoneConfig{User: "1002", Password: "pw-1002", Hz: 1200, Answer: true})
	n.SetSeat("1002", "ready")
	n.WaitSeat("1002", "talking")
	c.Done()
	agent2.WaitOutput("terminated")
	require.Equal(t, call.SeatID("1002"), newest(n).Agent)
}

// TestNoPortsLeft turns callers away with 503 while there is nowhere to put their sound.
func TestNoPortsLeft(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(), RTPPorts: 4})
	var taken []net.PacketConn
	for _, port := range []int{n.RTP, n.RTP + 2} {
		l, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		taken = append(taken, l)
	}
	harness.StartCaller(t, n, harness.Plan{To: "10001", Expect: 503}).Done()
	rec := newest(n)
	require.Equal(t, call.OutcomeRefused, rec.Outcome)
	require.Equal(t, call.CauseNoPorts, *rec.Cause)
	for _, l := range taken {
		require.NoError(t, l.Close())
	}
	up := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	harness.StartCaller(t, n, harness.Plan{To: "10001", Expect: 503}).Done() // two pairs carry one call, with its seat
	require.Equal(t, call.CauseCapacity, *newest(n).Cause)
	n.Do("POST", "/api/v1/calls/"+string(newestLive(n).ID)+"/hangup", nil, 204, nil)
	up.Done()
	agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{harness.Pause(4000)}, Bye: true}).Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	nothingLeft(t, n)
}

// newestLive is the newest call that goes on.
func newestLive(n *harness.Node) (rec call.Record) {
	n.Eventually(func() bool {
		for _, r := range n.Calls("limit=100") {
			if r.Live() {
				rec = r
				return true
			}
		}
		return false
	}, "a call should be live")
	return rec
}
