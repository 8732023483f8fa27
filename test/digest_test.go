package test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// softphone is a phone of our own: it answers SHA-256, has several contacts, or does what it should not.
func softphone(t tb, n *harness.Node) *peer.Peer {
	return peer.UDP(t, netip.MustParseAddrPort(n.SIPAddr()))
}

func login(user, password string) peer.Registration {
	return peer.Registration{User: user, Password: password, Domain: "hotline.local"}
}

// TestRegistersWithSHA256 goes through a phone's day: wrong password, sign in, away, back.
func TestRegistersWithSHA256(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(), Digest: "[SHA-256, MD5]"})
	phone := softphone(t, n)
	wrong, challenge := phone.Register(login("1001", "guess"))
	require.Equal(t, 401, challenge.Status)
	require.Len(t, challenge.All("WWW-Authenticate"), 2)
	require.Contains(t, challenge.All("WWW-Authenticate")[0], "SHA-256", "the preferred one first")
	unknown, _ := phone.Register(login("7777", "guess"))
	require.Equal(t, wrong.Start, unknown.Start, "nobody learns which accounts there are")
	require.Contains(t, []int{401, 403}, wrong.Status)
	require.Zero(t, n.Metric("hotline_registrations"))

	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "unreachable") // no phone
	for _, algorithm := range []string{"SHA-256", "MD5"} {
		r := login("1001", "pw-1001")
		r.Only = algorithm
		ok, _ := phone.Register(r)
		require.Equal(t, 200, ok.Status, algorithm)
		n.WaitSeat("1001", "ready")
		r.Expires = -1
		gone, _ := phone.Register(r)
		require.Equal(t, 200, gone.Status)
		n.WaitSeat("1001", "unreachable")
	}
	again, _ := phone.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, again.Status)
	n.WaitSeat("1001", "ready")
}

// TestSeveralContactsRing has an agent with three phones: all ring, the first to answer has the call.
func TestSeveralContactsRing(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(), Digest: "[SHA-256, MD5]"})
	wire := harness.Listen(t)
	phones := make([]*peer.Peer, 3)
	for i := range phones {
		phones[i] = softphone(t, n)
		ok, _ := phones[i].Register(login("1001", "pw-1001"))
		require.Equal(t, 200, ok.Status)
	}
	n.WaitMetric(3, "hotline_registrations")
	n.SetSeat("1001", "ready")
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	rung := make([]*peer.Dialog, 3)
	for i, p := range phones {
		rung[i] = p.Incoming()
		rung[i].Reply(180, "")
	}
	sound := peer.NewSound(t, call.CodecPCMA)
	sound.Towards(rung[1].Offer())
	rung[1].Answer(sound.SDP(call.SendRecv))
	for _, i := range []int{0, 2} {
		phones[i].Reply(rung[i].Request("CANCEL"), 200, "")
		rung[i].Reply(487, "")
		rung[i].Request("ACK")
	}
	n.WaitSeat("1001", "talking")
	sound.Play(1000, 2*time.Second)
	sound.WaitHeard(0, 440, time.Second)
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > time.Second }, "the caller hears the phone that answered")
	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
	phones[1].Reply(rung[1].Request("BYE"), 200, "")
	c.Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	nothingLeft(t, n)
}

// TestRegistrationRunsOut takes the shortest registration there is, a minute:
// the seat is out of reach the moment it is over, and no caller is sent there.
func TestRegistrationRunsOut(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := softphone(t, n)
	brief := login("1001", "pw-1001")
	brief.Expires = 5
	no, _ := phone.Register(brief)
	require.Equal(t, 423, no.Status)
	require.Equal(t, "60", no.Header("Min-Expires"))
	brief.Expires = 60
	began := time.Now()
	ok, _ := phone.Register(brief)
	require.Equal(t, 200, ok.Status)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	require.Eventually(t, func() bool { return n.Seat("1001").State == "unreachable" }, 70*time.Second, 50*time.Millisecond)
	require.InDelta(t, 60, time.Since(began).Seconds(), 1.5)
	require.Zero(t, n.Metric("hotline_registrations"))
}
