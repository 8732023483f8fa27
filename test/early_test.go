package test

import (
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

// earlySite lets agent 1002 call mobiles by a carrier whose sound before the answer is passed on.
func earlySite(proxy string) map[string]string {
	s := site(quiet, mayDial(proxy))
	s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA], proxy", "codecs: [PCMA], early_media: true, proxy", 1)
	return s
}

// TestAPhoneHearsWhyNobodyAnswers: the carrier says it before it refuses the call; the agent hears that, and is not heard.
func TestAPhoneHearsWhyNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{NoRing: true, EarlyMS: 4000, Says: 700, Refuse: 404})
	n := harness.StartNode(t, harness.Config{Site: earlySite(c.URI())})
	wire := harness.Listen(t)
	two := agent(t, n, "1002", 1300, false)
	two.Do("dial sip:13900000001@hotline.local")
	two.WaitOutput("183 Session Progress")
	c.WaitSaw(1, "over")
	two.WaitOutput("404 Not Found")
	heard(n, two, 700, "the announcement")
	require.Zero(t, tone.Heard(wire.Heard(c.RTP), rate, 1300), "nobody talks before the answer")
	require.Greater(t, wire.Packets(c.RTP, 8), 50, "there is silence meanwhile, which opens the way through a NAT")
	n.Eventually(func() bool { return newest(n).Direction == call.Outbound }, "the record")
	require.Equal(t, call.OutcomeUnreached, newest(n).Outcome)
	nothingLeft(t, n)
}

// TestAPhoneAcknowledgesWhatItHears: a phone that requires 100rel has early sound by a 183 that it acknowledges, offers anew
// with that, and finds no description in the answer any more; the ladder has its challenge.
func TestAPhoneAcknowledgesWhatItHears(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{NoRing: true, EarlyMS: 4000, Says: 700})
	n := harness.StartNode(t, harness.Config{Site: earlySite(c.URI())})
	phone := peer.UDPFrom(t, "127.0.0.9:0", netip.MustParseAddrPort(n.SIPAddr()))
	sound := peer.NewSoundFrom(t, "127.0.0.9", call.CodecPCMA)
	d := phone.CallAs("1002", "hotline.local", "sip:13900000001@hotline.local")
	d.Invite(sound.SDP(call.SendRecv), "Require: 100rel")
	challenge := d.Final()
	require.Equal(t, 407, challenge.Status)
	d.AckFailure(challenge)
	d.Invite(sound.SDP(call.SendRecv), "Require: 100rel", d.Proof(challenge, "1002", "pw-1002"))
	early := d.Response(183)
	sound.Towards(early.Body)
	sound.WaitHeard(0, 700, time.Second)
	rack := "RAck: " + early.Header("RSeq") + " 2 INVITE"
	d.Send("PRACK", sound.SDP(call.SendRecv), rack)
	require.NotEmpty(t, d.Final().Body, "the answer to the offer in the PRACK")
	d.Send("PRACK", "", rack)
	require.Equal(t, 481, d.Final().Status)
	require.Empty(t, c.Saw("answered"))
	require.Empty(t, d.Response(200).Body)
	d.Ack("")
	c.WaitSaw(1, "answered")
	d.Bye()
	c.WaitSaw(1, "over")
	n.Eventually(func() bool { return newest(n).Direction == call.Outbound }, "the record")
	traceHas(n, newest(n).ID, "407 Proxy Authentication Required", "PRACK sip:", "RSeq: ")
	nothingLeft(t, n)
}
