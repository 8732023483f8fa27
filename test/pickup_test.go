package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// wired waits until something was said on a call's wire, and gives what the first of it was.
func wired(n *harness.Node, id call.ID, fits func(string) bool, words string) (found string) {
	n.Eventually(func() bool {
		var trace struct {
			Messages []struct{ Text string }
		}
		status, b := n.Try(http.MethodGet, "/api/v1/calls/"+string(id)+"/sip", nil)
		if status != http.StatusOK || json.Unmarshal(b, &trace) != nil {
			return false
		}
		for _, m := range trace.Messages {
			if fits(m.Text) {
				found = m.Text
				return true
			}
		}
		return false
	}, "the call's wire should have carried %s", words)
	return found
}

var (
	callIDOf = regexp.MustCompile(`(?mi)^Call-ID: *(\S+)`)
	fromTag  = regexp.MustCompile(`(?mi)^From:.*;tag=([^;\s]+)`)
	toTag    = regexp.MustCompile(`(?mi)^To:.*;tag=([^;\s]+)`)
)

// replaces is the Replaces header of a dialog that the node began with a phone, from the first response of its that fits.
func replaces(n *harness.Node, id call.ID, phone, status, flag string) string {
	m := wired(n, id, func(text string) bool {
		return strings.HasPrefix(text, "SIP/2.0 "+status) && strings.Contains(text, "sip:"+phone+"@hotline.local>;tag=") && strings.Contains(text, "INVITE")
	}, status+" of "+phone)
	one := func(r *regexp.Regexp) string { return r.FindStringSubmatch(m)[1] }
	return fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=%s%s", one(callIDOf), one(fromTag), one(toTag), flag)
}

// TestPickUp is customers whose call rings at agent 1001's phone and is taken by a colleague: by the API, by the code, by an INVITE
// with Replaces; and a phone that takes over the leg of another that talks.
func TestPickUp(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "offer_timeout: 4s", "offer_timeout: 20s", 1)
	})})
	one := agent(t, n, "1001", 1000, false)
	two := agent(t, n, "1002", 1300, true)
	n.SetSeat("1002", "busy")
	stranger := agent(t, n, "4001", 1500, true)
	rings := func() (*line, call.ID) {
		l := dialIn(t, n, "10001")
		return l, n.WaitSeat("1001", "offered").Call
	}
	over := func(l *line, by string) {
		t.Helper()
		from := l.callerSound.Packets()
		l.callerSound.WaitHeard(from, 1300, time.Second/2)
		require.NotEqual(t, "talking", n.Seat("1001").State)
		l.caller.Bye()
		rec := newest(n)
		require.Equal(t, call.SeatID(by), rec.Agent)
		require.Equal(t, []call.SeatID{call.SeatID(by)}, rec.Seats())
		require.Equal(t, call.OutcomeAnswered, rec.Outcome)
		n.WaitSeat("1001", "ready")
		n.WaitSeat("1002", "busy")
	}

	l, id := rings() // by the API: the colleague's phone is rung and picks up by itself
	path := "/api/v1/calls/" + string(id) + "/pickup"
	n.As("4001", "pw-4001").Do(http.MethodPost, path, nil, http.StatusForbidden, nil)
	n.As("1002", "pw-1002").Do(http.MethodPost, path, nil, http.StatusNoContent, nil)
	one.WaitOutput("session closed")
	n.WaitSeat("1002", "talking")
	n.As("1900", "pw-1900").Do(http.MethodPost, path, nil, http.StatusConflict, nil)
	over(l, "1002")
	require.Equal(t, 1.0, n.Metric("hotline_offers_total", `result="withdrawn"`))
	require.Equal(t, 1.0, n.Metric("hotline_offers_total", `result="answered"`))
	require.Equal(t, 1.0, n.Metric("hotline_queue_answered_total", `queue="general"`))

	stranger.Do("dial sip:*16@hotline.local") // nobody of the own rings
	stranger.WaitOutput("480 Temporarily Unavailable")
	l, _ = rings()
	stranger.Do("dial sip:*16*1001@hotline.local")
	stranger.WaitOutput("403 Forbidden")
	two.Do("dial sip:*16@hotline.local")
	n.WaitSeat("1002", "talking")
	over(l, "1002")
	l, _ = rings() // of one agent
	two.Do("dial sip:*16*1001@hotline.local")
	n.WaitSeat("1002", "talking")
	over(l, "1002")
	require.Equal(t, 2.0, n.Metric("hotline_codes_total", `code="*16"`, `outcome="done"`))

	l, id = rings()
	header := replaces(n, id, "1001", "180", ";early-only")
	c := harness.StartHandset(t, n, harness.HandsetCall{User: "1002", Password: "pw-1002", To: "1001", Hz: 1300, Headers: []string{header}})
	n.WaitSeat("1002", "talking")
	over(l, "1002")
	c.Done()

	l, id = rings() // answered: it is too late for early-only, and another's leg is nobody's to take but a lead's
	one.Accept()
	n.WaitSeat("1001", "talking")
	header = replaces(n, id, "1001", "200", "")
	for status, headers := range map[int][]string{486: {header + ";early-only"}, 403: {header}, 481: {"Replaces: none@nowhere;to-tag=a;from-tag=b"}} {
		harness.StartHandset(t, n, harness.HandsetCall{User: "1002", Password: "pw-1002", To: "1001", Headers: headers, Expect: status}).Done()
	}
	lead := agent(t, n, "1900", 1750, true)
	n.SetSeat("1900", "busy")
	taker := harness.StartHandset(t, n, harness.HandsetCall{User: "1900", Password: "pw-1900", To: "1001", Hz: 1300, Headers: []string{header}})
	n.WaitSeat("1900", "talking")
	n.WaitSeat("1001", "ready")
	from := l.callerSound.Packets()
	l.callerSound.WaitHeard(from, 1300, time.Second/2)
	l.caller.Bye()
	taker.Done()
	rec := newest(n)
	require.Equal(t, []call.SeatID{"1001", "1900"}, rec.Seats())
	require.Len(t, rec.Recordings, 1)
	lead.Do("quit")
	two.Do("quit")
	nothingLeft(t, n)
}
