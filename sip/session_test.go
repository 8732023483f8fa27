package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// quiet is a node that asks nobody for a sign of life, so that hours pass in silence.
func quiet(o *Options) { o.Timers.Health = -1 }

// callerWith establishes a caller's leg whose INVITE has more header lines, and gives our 200.
func callerWith(n *node, gw *peer, lines string) (*dial, *message) {
	d := gw.dial()
	d.extra = lines
	d.send("INVITE", offerSDP)
	gw.got()
	n.house.lastLeg().Accept(ourMedia)
	ok := gw.expect("SIP/2.0 200")
	d.learn(ok)
	d.extra = ""
	d.send("ACK", "")
	gw.nothing()
	return d, ok
}

// RFC 4028 section 9, table 2, and what is granted.
func TestSessionTimerGranted(t *testing.T) {
	for name, c := range map[string]struct{ asked, granted, require string }{
		"who asks nothing gets nothing":    {"", "", ""},
		"the caller refreshes":             {"\nSupported: timer\nSession-Expires: 600", "600;refresher=uac", "timer"},
		"the compact form":                 {"\nk: timer\nx: 600;refresher=uac", "600;refresher=uac", "timer"},
		"he wants us to":                   {"\nSupported: timer\nSession-Expires: 600;refresher=uas", "600;refresher=uas", ""},
		"he leaves the time to us":         {"\nSupported: replaces, timer", "1800;refresher=uac", "timer"},
		"no more than ours":                {"\nSupported: timer\nSession-Expires: 86400", "1800;refresher=uac", "timer"},
		"no less than he takes":            {"\nSupported: timer\nSession-Expires: 7200\nMin-SE: 3600", "3600;refresher=uac", "timer"},
		"a proxy asked, the caller cannot": {"\nSession-Expires: 600", "600;refresher=uas", ""},
		"too brief, but he knows no 422":   {"\nSession-Expires: 30", "90;refresher=uas", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, quiet, func(t *testing.T, n *node) {
				_, ok := callerWith(n, n.peer(gatewayAddr), c.asked)
				require.Equal(t, c.granted, ok.get("session-expires"))
				require.Equal(t, c.require, ok.get("require"))
			})
		})
	}
}

func TestSessionTimersSwitchedOff(t *testing.T) {
	bubble(t, func(o *Options) { quiet(o); o.Timers.Session = -1 }, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		_, ok := callerWith(n, gw, "\nSupported: timer\nSession-Expires: 60")
		require.Empty(t, ok.get("session-expires"))
		time.Sleep(time.Hour)
		gw.nothing()
		phone := n.peer(phoneAddr)
		n.register("1001", phone.addr)
		n.ring("L1")
		require.Empty(t, phone.expect("INVITE ").get("session-expires"))
	})
}

func TestSessionIntervalTooBrief(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d := gw.dial()
		d.extra = "\nSupported: timer\nSession-Expires: 60"
		d.send("INVITE", offerSDP)
		require.Equal(t, "90", gw.expect("SIP/2.0 422").get("min-se"))
		require.Empty(t, n.house.refused, "he asks again; no call was refused")
		d.failed = true
		d.extra = ""
		d.send("ACK", "")
		d.failed = false
		d.extra = "\nSupported: timer\nSession-Expires: many"
		d.send("INVITE", offerSDP)
		gw.expect("SIP/2.0 400")
	})
}

// He refreshes: as long as he does the call goes on, 32 s before the end of the first interval he missed it is over.
func TestCallerLetsTheSessionExpire(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		d, _ := callerWith(n, gw, "\nSupported: timer\nSession-Expires: 600")
		for _, refresh := range []string{"UPDATE", "INVITE"} {
			time.Sleep(500 * time.Second)
			gw.nothing()
			d.extra = "\nSupported: timer\nSession-Expires: 600;refresher=uac"
			body := ""
			if refresh == "INVITE" {
				body = offerSDP
			}
			d.send(refresh, body)
			require.Equal(t, "600;refresher=uac", gw.expect("SIP/2.0 200").get("session-expires"))
			if refresh == "INVITE" {
				d.extra = ""
				d.send("ACK", "")
			}
		}
		bye, took := gw.await(time.Hour)
		require.Contains(t, bye.start, "BYE ")
		require.Equal(t, 568*time.Second, took.Round(time.Second))
		gw.send(answerTo(bye, "200 OK", "", "", ""))
		synctest.Wait()
		require.Equal(t, []call.LegEvent{call.LegAnswered{}, call.LegEnded{Cause: call.CausePeerGone}}, n.house.seen())
	})
}

// We refresh, by UPDATE where it is allowed, at half the interval; an unanswered one ends the call.
func TestWeRefreshByUpdate(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		callerWith(n, gw, "\nSupported: timer\nSession-Expires: 600;refresher=uas\nAllow: INVITE, UPDATE")
		up, took := gw.await(time.Hour)
		require.Contains(t, up.start, "UPDATE sip:gw@")
		require.Empty(t, up.body)
		require.Equal(t, "600;refresher=uac", up.get("session-expires"))
		require.Equal(t, 300*time.Second, took.Round(time.Second))
		gw.send(answerTo(up, "200 OK", "", "", "")) // without a timer: the session has no end any more
		synctest.Wait()
		time.Sleep(2 * time.Hour)
		gw.nothing()
	})
	bubble(t, quiet, func(t *testing.T, n *node) {
		gw := n.peer(gatewayAddr)
		callerWith(n, gw, "\nSupported: timer\nSession-Expires: 600;refresher=uas\nAllow: INVITE, UPDATE")
		for range 3 {
			up, took := gw.await(time.Hour)
			require.Equal(t, 300*time.Second, took.Round(time.Second))
			gw.send(withLines(answerTo(up, "200 OK", "", "", ""), "Session-Expires: 600;refresher=uac\nRequire: timer"))
		}
		up, _ := gw.await(time.Hour)
		gw.send(answerTo(up, "481 Call Does Not Exist", "", "", ""))
		bye := gw.expect("BYE ")
		gw.send(answerTo(bye, "481 Call Does Not Exist", "", "", ""))
		synctest.Wait()
		require.Equal(t, call.LegEnded{Cause: call.CausePeerGone}, n.house.seen()[1])
	})
}

// withLines puts header lines into a message.
func withLines(text, lines string) string {
	head, body, _ := strings.Cut(text, "\n\n")
	return head + "\n" + lines + "\n\n" + body
}

// A phone agrees that we refresh and takes no UPDATE: what is spoken is offered once more, and nobody notices.
func TestWeRefreshByReinvite(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phone.addr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		require.Equal(t, "1800", inv.get("session-expires"))
		require.Equal(t, "timer", inv.get("supported"))
		phone.send(withLines(answerTo(inv, "200 OK", "pt", "sip:1001@"+phone.addr.String(), phoneSDP), "Session-Expires: 1800;refresher=uac"))
		phone.expect("ACK ")
		seen := len(n.house.seen())
		re, took := phone.await(time.Hour)
		require.Contains(t, re.start, "INVITE ")
		require.Equal(t, 900*time.Second, took.Round(time.Second))
		require.Equal(t, inv.body, re.body)
		phone.send(withLines(answerTo(re, "200 OK", "", "sip:1001@"+phone.addr.String(), phoneSDP), "Session-Expires: 1800;refresher=uac"))
		phone.expect("ACK ")
		require.Len(t, n.house.seen(), seen)

		re, _ = phone.await(time.Hour) // refused for now: asked again, and again
		phone.send(answerTo(re, "500 Busy Just Now", "", "", ""))
		phone.expect("ACK ")
		again, took := phone.await(time.Hour)
		require.Equal(t, 450*time.Second, took.Round(time.Second))
		phone.send(withLines(answerTo(again, "422 Session Interval Too Small", "", "", ""), "Min-SE: 3600"))
		phone.expectAll("ACK ", "INVITE ")
	})
}

func TestPhoneWantsALongerSession(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phone.addr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(withLines(answerTo(inv, "422 Session Interval Too Small", "pt", "", ""), "Min-SE: 3600"))
		again := phone.expectAll("ACK ", "INVITE ")
		require.Equal(t, "3600", again.get("session-expires"))
		require.Equal(t, "3600", again.get("min-se"))
		require.Equal(t, "2 INVITE", again.get("cseq"))
		phone.send(withLines(answerTo(again, "200 OK", "pt2", "sip:1001@"+phone.addr.String(), phoneSDP), "Session-Expires: 3600;refresher=uas"))
		phone.expect("ACK ")
		require.IsType(t, call.LegAnswered{}, n.house.seen()[0])
		bye, took := phone.await(2 * time.Hour) // it promised to refresh, and does not
		require.Contains(t, bye.start, "BYE ")
		require.Equal(t, time.Hour-32*time.Second, took.Round(time.Second))
	})
}

// One that asks for less than it was offered gets nothing new, and the phone counts as failed.
func TestSenselessTooBrief(t *testing.T) {
	bubble(t, quiet, func(t *testing.T, n *node) {
		phone := n.peer(phoneAddr)
		n.register("1001", phone.addr)
		n.ring("L1")
		inv := phone.expect("INVITE ")
		phone.send(withLines(answerTo(inv, "422 Session Interval Too Small", "pt", "", ""), "Min-SE: 90"))
		phone.expect("ACK ")
		require.Equal(t, 422, n.house.seen()[0].(call.LegFailed).Status)
	})
}

func FuzzInterval(f *testing.F) {
	for _, s := range []string{"600;refresher=uac", "", "4294967296", ";refresher", "90 ; refresher = UAS"} {
		f.Add(s, "90")
	}
	f.Fuzz(func(t *testing.T, expires, least string) {
		m := rawMessage{fields: []field{{"session-expires", expires}, {"min-se", least}}}
		i, ok := readInterval(&m)
		require.True(t, !ok || i.expires >= 0 && i.expires <= mostSE && i.least >= 0 && i.least <= mostSE)
		require.Contains(t, []refresher{"", bySender, byReceiver}, i.by)
	})
}
