package sip

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// ends counts the events after which nothing may come.
func ends(events []call.LegEvent) (n int, last bool) {
	for i, ev := range events {
		switch ev.(type) {
		case call.LegEnded, call.LegFailed:
			n++
			last = i == len(events)-1
		}
	}
	return n, last
}

// chaos is a far end that answers, or doesn't, whatever it likes.
type chaos struct {
	*peer
	rng  *rand.Rand
	last *message // request of ours to answer
}

func (c *chaos) listen() {
	for _, m := range c.got() {
		if !strings.HasPrefix(m.start, "SIP/") && !strings.HasPrefix(m.start, "ACK") {
			c.last = &m
		}
	}
}

func (c *chaos) answer(body string) {
	c.listen()
	if c.last == nil {
		return
	}
	status := []string{"100 Trying", "180 Ringing", "200 OK", "200 OK", "200 OK", "302 There", "408 Gone", "481 Gone", "486 Busy", "488 No", "491 Pending", "500 No"}[c.rng.IntN(12)]
	tag := []string{"pt", "pt", "pt", "other"}[c.rng.IntN(4)]
	if c.rng.IntN(5) == 0 {
		body = g729SDP
	}
	c.send(answerTo(c.last, status, tag, "sip:x@"+c.addr.String(), body))
}

func (c *chaos) wait() {
	time.Sleep([]time.Duration{0, time.Millisecond, 600 * time.Millisecond, 5 * time.Second, 40 * time.Second}[c.rng.IntN(5)])
}

// settled proves that, in the end, nothing is held and the owner heard one end, last.
func (n *node) settled(what string) {
	n.t.Helper()
	time.Sleep(5 * time.Minute)
	synctest.Wait()
	require.Zero(n.t, n.open.legs.Load(), what)
	require.Zero(n.t, n.open.transactions.Load(), what)
	require.Zero(n.t, n.house.stored(), what)
	count, last := ends(n.house.seen())
	require.Equal(n.t, max(1, len(n.house.legs)), count, "%s: %v", what, n.house.seen())
	require.True(n.t, last, "%s: %v", what, n.house.seen())
}

// Whatever a caller and its actor do in whatever order, the leg ends once and leaves nothing behind.
func TestAnyOrderOfACallersLeg(t *testing.T) {
	for seed := range uint64(150) {
		bubble(t, nil, func(t *testing.T, n *node) {
			gw := &chaos{peer: n.peer(gatewayAddr), rng: rand.New(rand.NewPCG(seed, 1))}
			d := gw.dial()
			first := d.request("INVITE", []string{offerSDP, ""}[gw.rng.IntN(2)])
			gw.send(first)
			gw.got()
			leg := n.house.lastLeg()
			tag := leg.st.LocalTag
			var trace []int
			for range 12 {
				act := gw.rng.IntN(11)
				trace = append(trace, act)
				body := []string{"", offerSDP, offerSDP + "a=sendonly\n", g729SDP}[gw.rng.IntN(4)]
				switch act {
				case 0:
					gw.send(first)
				case 1, 2:
					d.toTag = tag
					d.send("ACK", body)
				case 3:
					if gw.rng.IntN(3) == 0 {
						d.toTag = tag
						d.send("BYE", "")
					}
				case 4:
					gw.send(strings.Replace(strings.Replace(first, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1))
				case 5:
					d.toTag = tag
					d.send([]string{"INVITE", "UPDATE", "INFO"}[gw.rng.IntN(3)], body)
				case 6:
					leg.Accept(ourMedia)
				case 7:
					if gw.rng.IntN(3) == 0 {
						leg.End(call.CauseFlowEnd)
					}
				case 8:
					leg.Reoffer(ourMedia, call.Direction(gw.rng.IntN(4)))
				case 9:
					gw.answer(offerSDP)
				case 10:
					gw.wait()
				}
				gw.listen()
			}
			for _, l := range n.house.legs { // an INVITE repeated after a minute is a new call
				l.End(call.CauseShutdown)
			}
			n.settled(fmt.Sprint("seed ", seed, " ", trace))
		})
	}
}

// The same of a seat's leg with two contacts.
func TestAnyOrderOfASeatsLeg(t *testing.T) {
	for seed := range uint64(150) {
		bubble(t, nil, func(t *testing.T, n *node) {
			rng := rand.New(rand.NewPCG(seed, 2))
			var phones []*chaos
			for _, at := range []netip.AddrPort{phoneAddr, phone2Addr} {
				phones = append(phones, &chaos{peer: n.peer(at), rng: rng})
				n.register("1001", at)
			}
			leg := n.ring("L1")
			for _, p := range phones {
				p.listen()
			}
			var trace []int
			for range 12 {
				p, act := phones[rng.IntN(2)], rng.IntN(8)
				trace = append(trace, act)
				switch act {
				case 0, 1, 2, 3:
					p.answer(phoneSDP)
				case 4:
					if rng.IntN(3) == 0 {
						leg.End(call.CauseOfferEnded)
					}
				case 5:
					leg.Reoffer(ourMedia, call.Direction(rng.IntN(4)))
				case 6:
					if p.last != nil {
						phoneDialog(p.peer, &message{rawMessage: readRaw("x\nFrom: <x>;tag=" + leg.st.LocalTag +
							"\nCall-ID: " + leg.st.CallID + "\nContact: <sip:h@127.0.0.1:5060>\n")}).send([]string{"INVITE", "INFO", "BYE"}[rng.IntN(3)], "")
					}
				case 7:
					p.wait()
				}
				p.listen()
			}
			leg.End(call.CauseShutdown)
			n.settled(fmt.Sprint("seed ", seed, " ", trace))
		})
	}
}
