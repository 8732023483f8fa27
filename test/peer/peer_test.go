package peer_test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"hotline/call"
	"hotline/sip/digest"
	"hotline/test/peer"
	"hotline/test/tone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair gives two peers that are each other's server.
func pair(t *testing.T) (a, b *peer.Peer) {
	a = peer.UDP(t, netip.AddrPort{})
	b = peer.UDP(t, a.Addr())
	a.Serve(b.Addr())
	return a, b
}

// TestRegister: against a registrar made of the digest package and a peer.
func TestRegister(t *testing.T) {
	for _, c := range []struct {
		only, password string
		want           int
	}{
		{"", "secret", 200},
		{"SHA-256", "secret", 200},
		{"MD5", "secret", 200},
		{"", "guess", 403},
	} {
		server, phone := pair(t)
		d, err := digest.New(digest.Options{Realm: "hotline.local", Algorithms: []digest.Algorithm{digest.SHA256, digest.MD5}})
		require.NoError(t, err)
		now := time.Now()
		server.Handle("REGISTER", func(m peer.Message) {
			verdict := d.Verify(now, digest.Request{Method: "REGISTER", URI: m.URI, Authorization: m.All("Authorization")},
				func(user string) (string, bool) { return "secret", user == "1001" })
			switch verdict.Result {
			case digest.OK:
				server.Reply(m, 200, "", "Contact: "+m.Header("Contact")+";expires=300")
			case digest.NoCredentials:
				var challenges []string
				for _, value := range d.Challenge(now, false) {
					challenges = append(challenges, "WWW-Authenticate: "+value)
				}
				server.Reply(m, 401, "", challenges...)
			default:
				server.Reply(m, 403, "")
			}
		})
		final, challenge := phone.Register(peer.Registration{User: "1001", Password: c.password, Domain: "hotline.local", Only: c.only})
		require.Equal(t, c.want, final.Status)
		require.Len(t, challenge.All("WWW-Authenticate"), 2)
		if c.want == 200 {
			require.Equal(t, "<sip:1001@"+phone.Addr().String()+">;expires=300", final.Header("Contact"))
		}
	}
}

// TestCall: a late offer, both hear the other's tone, digits pass, hang up.
func TestCall(t *testing.T) {
	a, b := pair(t)
	soundA, soundB := peer.NewSound(t, call.CodecPCMA), peer.NewSound(t, call.CodecPCMA)

	out := a.Call("13800000000", "sip:95000@"+b.Addr().String())
	out.Invite("")
	in := b.Incoming()
	require.Empty(t, in.Offer())
	in.Reply(180, "")
	out.Response(180)
	in.Reply(200, soundB.SDP(call.SendRecv))
	answer := out.Response(200)
	soundA.Towards(answer.Body)
	out.Ack(soundA.SDP(call.SendRecv))
	soundB.Towards(in.Request("ACK").Body)

	var playing sync.WaitGroup
	playing.Go(func() { soundA.Play(440, 300*time.Millisecond); soundA.Digit('5'); soundA.Digit('#') })
	playing.Go(func() { soundB.Play(900, 300*time.Millisecond) })
	playing.Wait()
	soundA.WaitHeard(0, 900, 200*time.Millisecond)
	soundB.WaitHeard(0, 440, 200*time.Millisecond)
	require.Eventually(t, func() bool { return soundB.Digits(101) == "5#" }, peer.Patience, 10*time.Millisecond)
	require.Less(t, tone.Detect(soundB.Heard(0), tone.Rate, 900)[900], 0.01)
	require.Len(t, soundB.Sources(), 1)

	in.Invite(soundB.SDP(call.SendOnly))
	reinvite := out.Request("INVITE")
	require.Contains(t, reinvite.Body, "a=sendonly")
	out.Reply(200, soundA.SDP(call.RecvOnly))
	in.Response(200)
	in.Ack("")
	out.Request("ACK")

	var ending sync.WaitGroup
	ending.Go(func() { in.Ended() })
	out.Bye()
	ending.Wait()
}

// TestCancel: an INVITE taken back, its failure acknowledged, a retransmission counted.
func TestCancel(t *testing.T) {
	a, b := pair(t)
	out := a.Call("1", "sip:2@"+b.Addr().String())
	out.Invite("v=0\n")
	in := b.Incoming()
	out.Repeat()
	out.Cancel()
	cancel := in.Request("CANCEL")
	require.Equal(t, 1, cancel.CSeq())
	require.Equal(t, in.Invited().Header("Via"), cancel.Header("Via"))
	b.Reply(cancel, 200, "")
	in.Reply(487, "")
	gone := out.Response(487)
	out.AckFailure(gone)
	ack := in.Request("ACK")
	require.Equal(t, gone.Header("To"), ack.Header("To"))
	invites := func(m peer.Message) bool { return m.Method == "INVITE" && m.Status == 0 }
	require.Equal(t, 2, b.Count(invites))
	b.Silent(50*time.Millisecond, "message", func(peer.Message) bool { return true })
	require.Contains(t, b.Transcript(), "CANCEL sip:2@")
}

// TestHandled: OPTIONS is answered unseen, until the test wants to see it.
func TestHandled(t *testing.T) {
	a, b := pair(t)
	d := a.Call("1", "sip:2@"+b.Addr().String())
	d.Send("OPTIONS", "")
	require.Equal(t, 200, d.Final().Status)
	b.Handle("OPTIONS", nil)
	d.Send("OPTIONS", "")
	b.Reply(b.ExpectRequest("OPTIONS"), 503, "", "Retry-After: 5")
	require.Equal(t, "5", d.Final().Header("Retry-After"))
}

func TestStranger(t *testing.T) {
	near, far := peer.NewSound(t, call.CodecPCMU), peer.NewSoundFrom(t, "127.0.0.2", call.CodecPCMU)
	far.TowardsAddr(near.Addr())
	far.Play(700, 200*time.Millisecond)
	near.WaitHeard(0, 700, 200*time.Millisecond)
	require.Equal(t, map[netip.AddrPort]int{far.Addr(): near.Packets()}, near.Sources())
	far.NewSSRC()
	before := near.Packets()
	far.Play(1100, 200*time.Millisecond)
	near.WaitHeard(before, 1100, 200*time.Millisecond)
	require.True(t, strings.HasPrefix(far.Addr().String(), "127.0.0.2:"))
}
