package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// twoPhones registers one account at two desks and rings it.
func (n *node) twoPhones() (a, b *peer, toA, toB *message) {
	a, b = n.peer(phoneAddr), n.peer(phone2Addr)
	n.register("1001", phoneAddr)
	n.register("1001", phone2Addr)
	n.ring("L1")
	return a, b, a.expect("INVITE "), b.expect("INVITE ")
}

func okFrom(p *peer, invite *message, tag string) {
	p.send(answerTo(invite, "200 OK", tag, "sip:1001@"+p.addr.String(), phoneSDP))
}

func TestFirstAnswerWins(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b, toA, toB := n.twoPhones()
		a.send(answerTo(toA, "180 Ringing", "a", "", ""))
		b.send(answerTo(toB, "180 Ringing", "b", "", ""))
		okFrom(a, toA, "a")
		a.expect("ACK ")
		cancel := b.expect("CANCEL ")
		require.Contains(t, cancel.get("reason"), "Call completed elsewhere")
		require.Equal(t, toB.get("via"), cancel.get("via"))
		require.Equal(t, toB.get("cseq"), strings.Replace(cancel.get("cseq"), "CANCEL", "INVITE", 1))
		b.send(answerTo(cancel, "200 OK", "b", "", ""))
		b.send(answerTo(toB, "487 Request Terminated", "b", "", ""))
		b.expect("ACK ")
		ev := n.house.seen()
		require.Len(t, ev, 2)
		require.IsType(t, call.LegAnswered{}, ev[1])
	})
}

func TestPhoneIsAskedToPickUpByItself(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phone.addr)
		n.Ring(Ring{Call: "C1", Leg: "L1", Phone: "1001", Local: ourMedia, AutoAnswer: true}, n.house)
		inv := phone.expect("INVITE ")
		require.Equal(t, "Auto", inv.get("answer-mode"))
		require.Equal(t, "<sip:hotline.local>;answer-after=0", inv.get("call-info"))
		require.Equal(t, "<http://hotline.local>;info=alert-autoanswer;delay=0", inv.get("alert-info"))
		n.register("1002", phone.addr)
		n.Ring(Ring{Call: "C2", Leg: "L2", Phone: "1002", Local: ourMedia}, n.house)
		require.False(t, phone.expect("INVITE ").has("answer-mode"))
	})
}

// Both answer at once: the second gets ACK and BYE (RFC 3261 13.2.2.4).
func TestSecondAnswerIsHungUp(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b, toA, toB := n.twoPhones()
		okFrom(a, toA, "a")
		okFrom(b, toB, "b")
		a.expect("ACK ")
		got := b.got()
		require.Equal(t, []string{"ACK sip:1001@127.0.0.21:5070 SIP/2.0", "BYE sip:1001@127.0.0.21:5070 SIP/2.0"}, starts(got))
		require.Equal(t, "2 BYE", got[1].get("cseq"))
		b.send(answerTo(&got[1], "200 OK", "", "", ""))
		require.Len(t, n.house.seen(), 1)
	})
}

// A proxy in between forks one of our INVITEs: two 200s by one branch.
func TestAnswersOfOneBranch(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		okFrom(phone, inv, "first")
		phone.expect("ACK ")
		okFrom(phone, inv, "second")
		got := phone.got()
		require.Len(t, got, 2)
		require.Contains(t, got[1].start, "BYE")
		require.Contains(t, got[1].get("to"), "tag=second")
	})
}

// What all contacts of a phone came to, by docs/architecture.md.
func TestFailureTable(t *testing.T) {
	for _, c := range []struct {
		status string
		want   call.LegFailed
	}{
		{"486 Busy", call.LegFailed{Status: 486, Result: call.OfferDeclined}},
		{"600 Busy", call.LegFailed{Status: 600, Result: call.OfferDeclined}},
		{"603 No", call.LegFailed{Status: 603, Result: call.OfferDeclined}},
		{"302 There", call.LegFailed{Status: 302, Result: call.OfferDeclined}},
		{"404 No", call.LegFailed{Status: 404, Result: call.OfferUnreachable}},
		{"401 Who", call.LegFailed{Status: 401, Result: call.OfferUnreachable}},
		{"407 Who", call.LegFailed{Status: 407, Result: call.OfferUnreachable}},
		{"480 Away", call.LegFailed{Status: 480, Result: call.OfferUnreachable}},
		{"500 Oops", call.LegFailed{Status: 500, Result: call.OfferUnreachable}},
		{"415 What", call.LegFailed{Status: 415, Result: call.OfferUnreachable, Alarm: true}},
		{"488 What", call.LegFailed{Status: 488, Result: call.OfferUnreachable, Alarm: true}},
	} {
		t.Run(c.status, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, n *node) {
				phone := n.peer(phoneAddr)
				n.register("1001", phoneAddr)
				n.ring("L1")
				inv := phone.expect("INVITE ")
				phone.send(answerTo(inv, c.status, "x", "", ""))
				ack := phone.expect("ACK ")
				require.Equal(t, inv.get("via"), ack.get("via"))
				phone.send(answerTo(inv, c.status, "x", "", "")) // the ACK was lost
				phone.expect("ACK ")
				got := n.house.seen()[0].(call.LegFailed)
				require.NotEmpty(t, got.Words)
				got.Words = ""
				require.Equal(t, c.want, got)
				require.Zero(t, n.house.stored())
			})
		})
	}
}

// One contact fails, the other still rings: nothing is lost until all have failed, and
// a person's refusal speaks louder than a wrong set-up or silence.
func TestFailureCountsWhenAllHaveFailed(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		a, b, toA, toB := n.twoPhones()
		a.send(answerTo(toA, "486 Busy", "a", "", ""))
		a.expect("ACK ")
		require.Empty(t, n.house.seen())
		b.send(answerTo(toB, "488 No", "b", "", ""))
		b.expect("ACK ")
		require.Equal(t, 486, n.house.seen()[0].(call.LegFailed).Status)
	})
}

func TestNoResponseInFourSeconds(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		time.Sleep(3999 * time.Millisecond)
		require.Len(t, phone.got(), 4, "at 0, 0.5, 1.5 and 3.5 s") // Timer A
		require.Empty(t, n.house.seen())
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, call.OfferUnreachable, n.house.seen()[0].(call.LegFailed).Result)
		require.Zero(t, n.house.seen()[0].(call.LegFailed).Status)
	})
}

// A phone that was given up answers all the same: ACK and BYE.
func TestAnswerAfterWeGaveUp(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		inv := phone.got()
		time.Sleep(5 * time.Second)
		phone.got()
		okFrom(phone, &inv[0], "late")
		require.Equal(t, []string{"ACK sip:1001@127.0.0.20:5070 SIP/2.0", "BYE sip:1001@127.0.0.20:5070 SIP/2.0"}, starts(phone.got()))
	})
}

func TestNotRegistered(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		n.ring("L1")
		synctest.Wait()
		require.Equal(t, call.OfferUnreachable, n.house.seen()[0].(call.LegFailed).Result)
		require.Zero(t, n.open.legs.Load())
	})
}

// CANCEL must wait for a provisional response (RFC 3261 9.1).
func TestEndBeforeAnyResponse(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		leg := n.ring("L1")
		inv := phone.expect("INVITE ")
		leg.End(call.CauseCallerGone)
		phone.nothing()
		require.Empty(t, n.house.seen())
		phone.send(answerTo(inv, "100 Trying", "", "", ""))
		cancel := phone.expect("CANCEL ")
		phone.send(answerTo(cancel, "200 OK", "x", "", ""))
		phone.send(answerTo(inv, "487 Terminated", "x", "", ""))
		phone.expect("ACK ")
		require.Equal(t, []call.LegEvent{call.LegEnded{Cause: call.CauseCallerGone}}, n.house.seen())
	})
}

// The 200 crosses our CANCEL: ACK and BYE, and the owner hears of no answer.
func TestAnswerCrossesCancel(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		leg := n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(answerTo(inv, "180 Ringing", "x", "", ""))
		synctest.Wait()
		leg.End(call.CauseCallerGone)
		cancel := phone.expect("CANCEL ")
		okFrom(phone, inv, "x")
		phone.send(answerTo(cancel, "481 Too late", "x", "", ""))
		got := phone.got()
		require.Equal(t, []string{"ACK sip:1001@127.0.0.20:5070 SIP/2.0", "BYE sip:1001@127.0.0.20:5070 SIP/2.0"}, starts(got))
		require.Equal(t, []call.LegEvent{call.LegRinging{}, call.LegEnded{Cause: call.CauseCallerGone}}, n.house.seen())
		phone.send(answerTo(&got[1], "200 OK", "", "", ""))
		synctest.Wait()
	})
}

// A phone that takes no notice of CANCEL counts as cancelled after 64*T1.
func TestCancelIgnored(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		leg := n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(answerTo(inv, "180 Ringing", "x", "", ""))
		synctest.Wait()
		leg.End(call.CauseOfferEnded)
		leg.End(call.CauseOfferEnded)
		time.Sleep(31900 * time.Millisecond)
		synctest.Wait()
		require.Len(t, n.house.seen(), 1)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CauseOfferEnded}, n.house.seen()[1])
		require.Zero(t, n.open.legs.Load())
	})
}

func TestPhoneAnswersWithoutSound(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phoneAddr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(answerTo(inv, "200 OK", "x", "sip:1001@127.0.0.20:5070", g729SDP))
		got := phone.got()
		require.Len(t, got, 2)
		require.Contains(t, got[1].start, "BYE")
		phone.send(answerTo(&got[1], "200 OK", "", "", ""))
		synctest.Wait()
		ev := n.house.seen()
		require.Len(t, ev, 1)
		require.True(t, ev[0].(call.LegFailed).Alarm)
	})
}

// The phone hangs up; the phone that lost the dialog does, too.
func TestPhoneLeaves(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		_, inv := n.talkingSeat(phone)
		phoneDialog(phone, inv).send("BYE", "")
		phone.expect("SIP/2.0 200")
		require.Equal(t, call.LegEnded{ByPeer: true}, n.house.seen()[1])
	})
}

// BYE is answered by nobody: the leg ends all the same after 64*T1.
func TestByeUnanswered(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		leg, _ := n.talkingSeat(phone)
		leg.End(call.CauseNormal)
		time.Sleep(33 * time.Second)
		require.Len(t, phone.got(), 11) // Timer E: 0, .5, 1.5, 3.5, 7.5, 11.5 … 31.5
		require.Equal(t, call.LegEnded{}, n.house.seen()[1])
		require.Zero(t, n.open.transactions.Load())
	})
}
