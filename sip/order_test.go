package sip

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
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
	told []int    // responses of ours to its first INVITE
}

func (c *chaos) listen() {
	for _, m := range c.got() {
		if status, isResponse := strings.CutPrefix(m.start, "SIP/2.0 "); isResponse && m.get("cseq") == "1 INVITE" {
			n, err := strconv.Atoi(status[:3])
			require.NoError(c.t, err)
			c.told = append(c.told, n)
		}
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

// callersCall is a call that comes in, of which anything may happen.
type callersCall struct {
	gw    *chaos
	d     *dial
	first string // its INVITE
	leg   *Leg
	trace []int
}

func (n *node) callersCall(seed, stream uint64) *callersCall {
	gw := &chaos{peer: n.peer(gatewayAddr), rng: rand.New(rand.NewPCG(seed, stream))}
	c := &callersCall{gw: gw, d: gw.dial()}
	c.d.extra = []string{"", "\nSupported: 100rel"}[gw.rng.IntN(2)]
	c.first = c.d.request("INVITE", []string{offerSDP, ""}[gw.rng.IntN(2)])
	gw.send(c.first)
	gw.listen()
	c.leg = n.house.lastLeg()
	return c
}

// act has the caller or his actor do something.
func (c *callersCall) act() {
	gw, d, leg := c.gw, c.d, c.leg
	act := gw.rng.IntN(13)
	c.trace = append(c.trace, act)
	body := []string{"", offerSDP, offerSDP + "a=sendonly\n", g729SDP}[gw.rng.IntN(4)]
	if d.toTag = leg.st.LocalTag; act == 0 || act == 4 {
		d.toTag = ""
	}
	switch act {
	case 0:
		gw.send(c.first)
	case 1, 2:
		d.send("ACK", body)
	case 3:
		if gw.rng.IntN(3) == 0 {
			d.send("BYE", "")
		}
	case 4:
		gw.send(strings.Replace(strings.Replace(c.first, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1))
	case 5:
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
	case 11, 12:
		leg.Progress([]int{ringing, underway}[gw.rng.IntN(2)], ourMedia)
	}
	gw.listen()
}

// Whatever a caller and its actor do in whatever order, the leg ends once and leaves nothing behind.
func TestAnyOrderOfACallersLeg(t *testing.T) {
	for seed := range uint64(150) {
		bubble(t, nil, func(t *testing.T, n *node) {
			c := n.callersCall(seed, 1)
			for range 12 {
				c.act()
			}
			for _, l := range n.house.legs { // an INVITE repeated after a minute is a new call
				l.End(call.CauseShutdown)
			}
			n.settled(fmt.Sprint("seed ", seed, " ", c.trace))
		})
	}
}

// The node dies at any moment of such a call. Whatever the journal holds then, the next start ends all of it, and a caller who
// has had a response and waits for the last one gets it.
func TestDeathAtAnyMoment(t *testing.T) {
	waited := 0
	for seed := range uint64(300) {
		var left []DialogState
		var c *callersCall
		bubble(t, nil, func(t *testing.T, n *node) {
			c = n.callersCall(seed, 3)
			for range seed % 8 {
				c.act()
			}
			n.house.edit(func() {
				for _, st := range n.house.dialogs {
					left = append(left, st)
				}
			})
			for _, l := range n.house.legs {
				l.End(call.CauseShutdown)
			}
			n.settled(fmt.Sprint("seed ", seed, " ", c.trace))
		})
		waits := len(c.gw.told) > 0 && slices.Max(c.gw.told) < 200
		bubble(t, nil, func(t *testing.T, n *node) {
			next := &chaos{peer: n.peer(gatewayAddr), rng: c.gw.rng}
			for _, st := range left {
				n.former(st)
			}
			next.listen()
			what := fmt.Sprint("seed ", seed, " ", c.trace, " told ", c.gw.told, " then ", next.told)
			if waits {
				waited++
				require.Contains(t, next.told, 500, what)
			}
			next.answer("")
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			require.Zero(t, n.house.stored(), what)
			require.Zero(t, n.open.legs.Load(), what)
			require.Zero(t, n.open.transactions.Load(), what)
		})
	}
	require.Greater(t, waited, 30, "as such it says something")
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
