package test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/tone"
)

// TestPhonesReachEachOther has softphones send what is not ours to end through the node: text, presence, and a call
// whose sound never touches it, and which outlives the node's death.
func TestPhonesReachEachOther(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(hotDesks)})
	called := harness.StartPhone(t, n, harness.PhoneConfig{User: "8004", Password: "pw-8004", Hz: 700, Answer: true, Codec: "PCMA", Watches: "-"})
	caller := harness.StartPhone(t, n, harness.PhoneConfig{User: "8003", Password: "pw-8003", Hz: 1000, Codec: "PCMA", Watches: "8004"})
	proxied := func(method, code string) {
		n.WaitMetric(1, "hotline_sip_proxied_total", `method="`+method+`"`, `code="`+code+`"`)
	}
	n.Eventually(func() bool { return n.Metric("hotline_sip_proxied_total", `method="SUBSCRIBE"`, `code="200"`) >= 1 }, "presence is subscribed to")
	n.Eventually(func() bool { return n.Metric("hotline_sip_proxied_total", `method="NOTIFY"`, `code="200"`) >= 1 }, "and told, by the same way back")

	writer := harness.StartLinphone(t, n, "8002", "pw-8002", 500)
	writer.Do(`chat sip:8003@hotline.local "the line is yours"`)
	proxied("MESSAGE", "200") // a 200 is baresip's own word that it has taken it

	caller.Do("dial sip:8004@hotline.local")
	proxied("INVITE", "200")
	require.Zero(t, n.Metric("hotline_sip_legs"), "no leg of ours, no sound, no record")
	registered := n.Metric("hotline_registrations")
	rates := regexp.MustCompile(`audio=[1-9]\d{4}/[1-9]\d{4} `) // bits a second, both ways, as baresip measures them
	n.Eventually(func() bool { return rates.MatchString(caller.Output()) }, "they talk")

	n.Kill()
	n.Start()
	require.Equal(t, registered, n.Metric("hotline_registrations"), "phones by UDP are known still")
	caller.Do("hangup")
	proxied("BYE", "200")                                                      // by the route the last run had signed
	for p, hz := range map[*harness.Phone]float64{called: 1000, caller: 700} { // what was heard is in the file once the call is over
		require.Greater(t, tone.Heard(p.HeardSamples(), rate, hz), time.Second, "they have heard each other")
	}
	require.Empty(t, n.Calls(""))
}

// TestKilledWhileACallThatPassesRings: whom the node has told that it rings does not wait for ever, nor does the other ring on.
func TestKilledWhileACallThatPassesRings(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(hotDesks)})
	called := harness.StartPhone(t, n, harness.PhoneConfig{User: "8004", Password: "pw-8004", Hz: 700, Codec: "PCMA"})
	caller := harness.StartPhone(t, n, harness.PhoneConfig{User: "8003", Password: "pw-8003", Hz: 1000, Codec: "PCMA"})
	caller.Do("dial sip:8004@hotline.local")
	caller.WaitOutput("180 Ringing")
	require.Zero(t, n.Metric("hotline_sip_legs"), "no leg of ours")
	n.Kill()
	n.Start()
	caller.WaitOutput("500 Server Internal Error")
	called.WaitOutput("session closed")
	nothingLeft(t, n)
	require.Empty(t, n.Calls(""))
}
