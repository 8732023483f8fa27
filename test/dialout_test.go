package test

import (
	"crypto/md5"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
)

// outside is a site whose general queue, with nobody signed in, leads to an outside
// number through the trunk "carrier", and then to the flow "busy". Number 10003 is
// transferred to one by its flow.
func outside(trunk string, proxies ...string) func(map[string]string) {
	return func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:", fmt.Sprintf(
			"  - {name: carrier, from: [127.0.0.4/31], codecs: [PCMA], proxy: [%s]%s}\nnumbers:\n  - {number: \"10003\", trunk: gateway, flow: away}",
			strings.Join(proxies, ", "), trunk), 1)
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], `overflow: [{when: full, to: "flow:busy"}]`,
			`overflow: [{when: no_seats, to: "number:02162345678"}, {when: no_seats, to: "flow:busy"}]`, 1)
		s["flows.yaml"] += `
  - name: away
    start: out
    nodes:
      out:  {transfer: {number: "02187654321", timeout: 2s}, on_no_answer: sorry, next: hangup}
      sorry: {play: [all_busy], next: hangup}
`
	}
}

// segments are a record's stretches in order, without the moment that a flow takes to come to its first queue.
func segments(r call.Record) (all []string) {
	for i, s := range r.Segments {
		if i == 0 && s.Kind == call.SegmentIVR {
			continue
		}
		all = append(all, s.Kind.String())
	}
	return all
}

// dialOf is what became of the number that a call dialled.
func dialOf(r call.Record) call.DialResult {
	for _, s := range r.Segments {
		if s.Dial != nil {
			return *s.Dial
		}
	}
	return call.DialCancelled
}

// echoed has the caller hear the tone that the carrier gives back.
func (l *line) echoed(hz float64) {
	heard := l.callerSound.Packets()
	l.callerSound.Play(hz, 1200*time.Millisecond)
	l.callerSound.WaitHeard(heard, hz, 800*time.Millisecond)
}

// TestOverflowToANumber: nobody is signed in, the carrier answers, the two talk, and the caller hangs up.
func TestOverflowToANumber(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: site(outside(", identity: {domain: carrier.example}", c.URI()))})
	l := dialIn(t, n, "10001")
	c.WaitSaw(1, "answered")
	l.echoed(700)
	require.Equal(t, 1.0, n.Metric("hotline_trunk_calls", `trunk="carrier"`))
	require.Equal(t, 1.0, n.Metric("hotline_calls_active", `stage="talking"`))
	l.caller.Bye()
	c.WaitSaw(1, "over")
	said := c.Saw("invite")[0]
	require.Contains(t, said, "INVITE sip:02162345678@"+strings.TrimPrefix(c.URI(), "sip:"))
	require.Contains(t, said, "from  <sip:13911111111@carrier.example>;tag=")
	require.Contains(t, said, "pai  <sip:13911111111@carrier.example>")
	require.NotContains(t, said, "priority=", "a carrier is told nothing of places")
	rec := newest(n)
	require.Equal(t, call.OutcomeOverflowed, rec.Outcome)
	require.Equal(t, call.LostNoSeats, rec.LostCause)
	require.Equal(t, []string{"queue", "dial", "outside"}, segments(rec))
	require.Equal(t, "carrier", rec.Segments[len(rec.Segments)-1].Trunk)
	require.Empty(t, rec.Recordings)
	require.Zero(t, n.Metric("hotline_queue_abandoned_total"))
	nothingLeft(t, n)
}

// TestOutsidePartyHangsUp ends the call, with no survey for what no agent of ours did.
func TestOutsidePartyHangsUp(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{HangUp: 500 * time.Millisecond})
	n := harness.StartNode(t, harness.Config{Site: site(outside("", c.URI()), func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general,", "{name: general, record_outside: true,", 1)
	})})
	l := dialIn(t, n, "10001")
	l.caller.Ended()
	c.WaitSaw(1, "over")
	rec := newest(n)
	require.Equal(t, call.OutcomeOverflowed, rec.Outcome)
	require.Len(t, rec.Recordings, 1, "as the queue says")
	nothingLeft(t, n)
}

// TestNumberIsBusy: the caller is given back to the queue, whose next rule takes him.
func TestNumberIsBusy(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{Refuse: 486})
	n := harness.StartNode(t, harness.Config{Site: site(outside("", c.URI()))})
	l := dialIn(t, n, "10001")
	l.caller.Ended()
	require.Len(t, c.Saw("invite"), 1, "a target tried in vain is passed over")
	rec := newest(n)
	require.Equal(t, call.OutcomeOverflowed, rec.Outcome)
	kinds := n.Call(rec.ID).Kinds()
	require.Equal(t, 1, count(kinds, "dialled"))
	require.Equal(t, []string{"queue", "dial", "ivr"}, segments(rec))
	require.Equal(t, call.DialBusy, dialOf(rec))
	nothingLeft(t, n)
}

// TestSecondTargetTakesTheCall: the first answers 503.
func TestSecondTargetTakesTheCall(t *testing.T) {
	t.Parallel()
	first := harness.StartCarrier(t, harness.CarrierPlan{Refuse: 503, NoRing: true})
	second := harness.StartCarrier(t, harness.CarrierPlan{Host: "127.0.0.5"})
	n := harness.StartNode(t, harness.Config{Site: site(outside("",
		"{uri: "+first.URI()+", priority: 1}", "{uri: "+second.URI()+", priority: 2}"))})
	l := dialIn(t, n, "10001")
	second.WaitSaw(1, "answered")
	first.WaitSaw(1, "over")
	l.caller.Bye()
	second.WaitSaw(1, "over")
	require.Equal(t, call.OutcomeOverflowed, newest(n).Outcome)
	nothingLeft(t, n)
}

// TestNobodyAnswersATransfer: the number rings too long, is taken back, and the flow goes its way for that.
func TestNobodyAnswersATransfer(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{Silent: true})
	n := harness.StartNode(t, harness.Config{Site: site(outside("", c.URI()))})
	l := dialIn(t, n, "10003")
	c.WaitSaw(1, "cancelled")
	l.caller.Ended()
	c.WaitSaw(1, "over")
	rec := newest(n)
	require.Equal(t, call.OutcomeServedInIVR, rec.Outcome)
	require.Equal(t, call.DialNoAnswer, dialOf(rec))
	detail := n.Call(rec.ID)
	require.Equal(t, 3, count(detail.Kinds(), "node_entered"), "out, sorry, and the end")
	nothingLeft(t, n)
}

// TestCarrierAsksForAPassword: 407, and the answer to it is right.
func TestCarrierAsksForAPassword(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{Login: true})
	n := harness.StartNode(t, harness.Config{Site: site(outside(", auth: {user: hotline, password: secret}", c.URI()))})
	l := dialIn(t, n, "10003")
	c.WaitSaw(1, "answered")
	l.caller.Bye()
	c.WaitSaw(1, "over")
	said := c.Saw("login")[0]
	part := func(name string) string { return regexp.MustCompile(name + `="?([^",]*)`).FindStringSubmatch(said)[1] }
	sum := func(parts ...string) string { return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(parts, ":")))) }
	want := sum(sum("hotline", "carrier", "secret"), "n0nce", part("nc"), part("cnonce"), "auth", sum("INVITE", part("uri")))
	require.Equal(t, want, part("response"))
	require.NotContains(t, n.Output(), "secret")
	nothingLeft(t, n)
}

// TestSoundBeforeTheAnswer: where the trunk says so, the caller hears the carrier while it rings, and is heard there.
func TestSoundBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{EarlyMS: 4000})
	n := harness.StartNode(t, harness.Config{Site: site(outside(", early_media: talk", c.URI()), func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "timeout: 2s", "timeout: 30s", 1)
	})})
	l := dialIn(t, n, "10003")
	c.WaitSaw(1, "invite")
	l.echoed(900)
	require.Empty(t, c.Saw("answered"), "it still rings")
	c.WaitSaw(1, "answered")
	l.caller.Bye()
	c.WaitSaw(1, "over")
	nothingLeft(t, n)
}

// TestRegistersWithACarrier: a Kamailio takes the node's registration, brings a call to where the node
// is registered, and passes the node's own call on to the public network; the node takes its binding back when it stops.
func TestRegistersWithACarrier(t *testing.T) {
	t.Parallel()
	network := harness.StartCarrier(t, harness.CarrierPlan{})
	registrar := harness.NewRegistrar(t)
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:", fmt.Sprintf(`  - name: carrier
    from: [%s/32]
    proxy: sip:%s
    auth: {user: hotline, password: secret}
    register: {domain: carrier.example, expires: 60s}
numbers:
  - {number: hotline, trunk: carrier, flow: away}`, harness.RegistrarHost, registrar.Addr()), 1)
		s["flows.yaml"] += `
  - name: away
    start: out
    nodes:
      out: {transfer: {number: "02187654321", trunk: carrier}, next: hangup}
`
	})})
	require.Zero(t, n.Metric("hotline_trunk_registered", `trunk="carrier"`), "nobody is there yet")
	registrar.Start(n, strings.TrimPrefix(network.URI(), "sip:"))
	n.WaitMetric(1, "hotline_trunk_registered", `trunk="carrier"`)
	n.WaitMetric(1, "hotline_trunk_up", `trunk="carrier"`)
	require.Equal(t, "registered", n.Trunk("carrier").Registration.State)

	caller := peer.UDPFrom(t, "127.0.0.9:0", netip.MustParseAddrPort(registrar.Addr()))
	sound := peer.NewSoundFrom(t, "127.0.0.9", call.CodecPCMA)
	d := caller.Call("13911111111", "sip:hotline@carrier.example")
	d.Invite(sound.SDP(call.SendRecv))
	sound.Towards(d.Response(200).Body)
	d.Ack("")
	network.WaitSaw(1, "answered")
	heard := sound.Packets()
	sound.Play(800, 1200*time.Millisecond)
	sound.WaitHeard(heard, 800, 800*time.Millisecond)
	require.Equal(t, 2.0, n.Metric("hotline_trunk_calls", `trunk="carrier"`), "in and out by the same trunk")
	d.Bye()
	network.WaitSaw(1, "over")
	rec := newest(n)
	require.Equal(t, "carrier", rec.Trunk)
	require.Equal(t, call.OutcomeServedInIVR, rec.Outcome)
	nothingLeft(t, n)
	n.Signal(syscall.SIGTERM)
	require.Eventually(t, func() bool { return registrar.Saw("unregistered") == 1 }, 20*time.Second, 20*time.Millisecond)
}
