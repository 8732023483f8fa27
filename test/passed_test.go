package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// hears waits until the customer hears a tone that was not there before.
func (l *line) hears(hz float64) {
	l.callerSound.WaitHeard(l.callerSound.Packets(), hz, time.Second/2)
}

// entries are the times that decided the call's places in queues, in order.
func entries(n *harness.Node, id call.ID) (all []time.Time) {
	var out struct {
		Timeline []struct {
			Kind string
			Data struct{ Entry time.Time }
		}
	}
	n.Do(http.MethodGet, "/api/v1/calls/"+string(id), nil, http.StatusOK, &out)
	for _, e := range out.Timeline {
		if e.Kind == "queued" {
			all = append(all, e.Data.Entry)
		}
	}
	return all
}

// TestACustomerIsPassedAround is one call through a conference that the agent leaves, a blind transfer to a queue, an intercept, and a
// blind transfer to an outside number.
func TestACustomerIsPassedAround(t *testing.T) {
	t.Parallel()
	c := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:", "  - {name: carrier, from: [127.0.0.4/31], codecs: [PCMA], proxy: \""+c.URI()+"\"}\nnumbers:", 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `{id: "1900",`, `{id: "1900", dial: {to: mobile}, `, 1)
	})})
	one, two := agent(t, n, "1001", 1000, true), agent(t, n, "1002", 1300, true)
	n.SetSeat("1002", "busy")
	agent(t, n, "2001", 1500, true)
	agent(t, n, "1900", 1750, true)
	n.SetSeat("1900", "busy")
	l := dialIn(t, n, "10001")
	id := n.WaitSeat("1001", "talking").Call
	verb := func(agent, verb string, body any) {
		t.Helper()
		n.As(agent, "pw-"+agent).Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/"+verb, body, http.StatusNoContent, nil)
	}

	verb("1001", "transfer", map[string]string{"to": "1002", "mode": "conference"})
	n.Eventually(func() bool { return count(n.Call(id).Kinds(), "conferenced") == 1 }, "all three talk")
	from := l.callerSound.Packets()
	n.Eventually(func() bool {
		mixed := tone.Detect(l.callerSound.Heard(from), rate, 1000, 1300)
		return min(mixed[1000], mixed[1300]) > 0.05
	}, "the customer hears both")
	l.callerSound.Play(440, time.Second)
	one.Do("hangup") // the agent leaves: the other two talk on
	n.WaitSeat("1001", "ready")
	l.hears(1300)

	verb("1002", "transfer", map[string]string{"to": "vip"})
	n.WaitSeat("2001", "talking")
	n.WaitSeat("1002", "busy")
	l.hears(1500)
	verb("1900", "supervise", map[string]string{"mode": "intercept"})
	n.WaitSeat("1900", "talking")
	n.WaitSeat("2001", "ready")
	l.hears(1750)
	verb("1900", "transfer", map[string]string{"to": "13900000001"})
	c.WaitSaw(1, "answered")
	n.WaitSeat("1900", "busy")
	l.echoed(700)
	l.caller.Bye()
	c.WaitSaw(1, "over")

	rec := newest(n)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, []call.SeatID{"1001", "1002", "2001", "1900"}, rec.Seats())
	require.Equal(t, []string{"general", "vip"}, rec.Queues())
	require.Less(t, rec.WaitSeconds, 3.0, "waiting ended with the first agent")
	n.Eventually(func() bool { return len(entries(n, id)) == 2 }, "both entries are in the timeline")
	require.Equal(t, entries(n, id)[0], entries(n, id)[1], "the place in the second queue is that of the first")
	require.Len(t, rec.Recordings, 1)
	w := recorded(t, n, rec)
	for _, hz := range []float64{1000, 1300, 1500, 1750} {
		require.Greater(t, tone.Heard(w.Channels[1], rate, hz), 200*time.Millisecond, "%v is on the right", hz)
	}
	heard(n, two, 1000, "the third in the conference hears the agent")
	require.Greater(t, tone.Detect(two.HeardSamples(), rate, 440)[440], 0.01, "and the customer")
	nothingLeft(t, n)
}

// TestTheCustomerLeavesAConference: the call is over for everybody.
func TestTheCustomerLeavesAConference(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one, two := agent(t, n, "1001", 1000, true), agent(t, n, "1002", 1300, true)
	n.SetSeat("1002", "busy")
	l := dialIn(t, n, "10001")
	id := n.WaitSeat("1001", "talking").Call
	n.As("1001", "pw-1001").Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/transfer", map[string]string{"to": "1002", "mode": "conference"}, http.StatusNoContent, nil)
	n.Eventually(func() bool { return count(n.Call(id).Kinds(), "conferenced") == 1 }, "all three talk")
	l.caller.Bye()
	one.WaitOutput("session closed")
	two.WaitOutput("session closed")
	n.WaitSeat("1001", "ready")
	n.WaitSeat("1002", "busy")
	rec := newest(n)
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	require.Equal(t, call.SeatID("1001"), rec.Agent)
	nothingLeft(t, n)
}

// TestAnAgentClicksToDial: to a colleague; nobody but the agent may.
func TestAnAgentClicksToDial(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one, two := agent(t, n, "1001", 1000, true), agent(t, n, "1002", 1300, true)
	n.SetSeat("1002", "busy")
	var made struct{ Call call.ID }
	n.As("1002", "pw-1002").Do(http.MethodPost, "/api/v1/calls", map[string]string{"from_agent": "1001", "to": "1002"}, http.StatusForbidden, nil)
	n.As("1001", "pw-1001").Do(http.MethodPost, "/api/v1/calls", map[string]string{"from_agent": "1001", "to": "7777777x"}, http.StatusNotFound, nil)
	n.As("1001", "pw-1001").Do(http.MethodPost, "/api/v1/calls", map[string]string{"from_agent": "1001", "to": "1002"}, http.StatusOK, &made)
	n.WaitSeat("1002", "talking")
	talkAWhile(n)
	one.Do("hangup")
	n.WaitSeat("1002", "busy")
	heard(n, one, 1300, "the agent hears the colleague")
	heard(n, two, 1000, "and is heard")
	rec := newest(n)
	require.Equal(t, made.Call, rec.ID)
	require.Equal(t, call.Internal, rec.Direction)
	nothingLeft(t, n)
}

// TestCallsAreForwarded: always, when the phone refuses, when nobody answers, and as a phone's 302 says.
func TestCallsAreForwarded(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet, func(s map[string]string) {
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `{id: "2001",`, `{id: "2001", forward: {always: "1002"},`, 1)
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `{id: "4001",`, `{id: "4001", forward: {busy: "1002", no_answer: "1002", after: 1s},`, 1)
	})})
	one := agent(t, n, "1001", 1000, false)
	agent(t, n, "1002", 1300, true)
	four := agent(t, n, "4001", 1500, false)
	harness.StartDiverting(t, n, "1900", "pw-1900", "1002")
	n.SetSeat("1900", "ready")
	n.WaitSeat("1900", "ready")
	reaches := func(number string, meanwhile func()) {
		t.Helper()
		one.Do("dial sip:" + number + "@hotline.local")
		meanwhile()
		n.WaitSeat("1002", "talking")
		talkAWhile(n)
		one.Do("hangup")
		n.WaitSeat("1002", "ready")
		n.WaitSeat("1001", "ready")
		require.Equal(t, call.OutcomeAnswered, newest(n).Outcome, number)
	}
	reaches("2001", func() {})
	reaches("4001", func() { // declined
		n.WaitSeat("4001", "talking")
		four.WaitOutput("Incoming call from")
		four.Do("hangup")
	})
	n.SetSeat("4001", "ready")
	reaches("4001", func() {}) // not answered
	reaches("1900", func() {}) // 302
	heard(n, one, 1300, "it is the colleague who is heard")
	nothingLeft(t, n)
}

// TestAPhoneAsksBeforeItHandsOn: linphone's agent puts the customer on hold, calls a colleague and connects the two, by REFER with
// Replaces: once after the colleague has answered, once while his phone still rings. A lead who follows the colleague hears him and
// the customer at once, and was rung but once.
func TestAPhoneAsksBeforeItHandsOn(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	asks := harness.StartLinphone(t, n, "1001", "pw-1001", 1000)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	two := agent(t, n, "1002", 1300, false)
	n.SetSeat("1002", "busy")
	lead := agent(t, n, "1900", shiftLead, true)
	n.SetSeat("1900", "busy")
	n.As("1900", "pw-1900").Do(http.MethodPost, "/api/v1/seats/1002/supervise", map[string]string{}, http.StatusNoContent, nil)
	n.WaitSeat("1900", "talking")
	lead.WaitOutput("Call established")
	for _, early := range []bool{false, true} {
		l := dialIn(t, n, "10001")
		n.WaitSeat("1001", "offered")
		first, second := "1", "2"
		if early {
			first, second = "3", "4"
		}
		asks.WaitOutput("Receiving new incoming call from sip:13911111111@hotline.local, assigned id " + first)
		asks.Do("answer " + first)
		id := n.WaitSeat("1001", "talking").Call
		l.hears(1000)
		asks.Do("pause")
		n.WaitSeat("1001", "held")
		asks.Do("call sip:1002@hotline.local")
		n.WaitSeat("1002", "talking") // as far as routing is concerned: it rings
		if !early {
			two.Accept()
			asks.WaitOutput("Call " + second + " with sip:1002@hotline.local connected")
		} else {
			asks.WaitOutput("Call " + second + " to sip:1002@hotline.local ringing")
		}
		asks.Do("transfer " + first + " --to-call " + second)
		if early {
			traceHas(n, id, "REFER sip:", "?Replaces=", "SIP/2.0 180 Ringing")
			two.Accept()
		}
		n.WaitSeat("1001", "ready")
		n.Eventually(func() bool { return n.Seat("1900").Call == id && count(n.Call(id).Kinds(), "supervisor_joined") == 1 }, "the lead listens")
		l.hears(1300)
		l.callerSound.Play(440, 1500*time.Millisecond)
		traceHas(n, id, "REFER sip:", "202 Accepted", "SIP/2.0 200 OK")
		l.caller.Bye()
		n.WaitSeat("1002", "busy")
		n.Eventually(func() bool { return !n.Calls("limit=2")[0].Live() && !n.Calls("limit=2")[1].Live() }, "both calls are over")
		rec := n.Call(id)
		require.Equal(t, []call.SeatID{"1001", "1002"}, rec.Seats())
		require.Equal(t, call.OutcomeAnswered, rec.Outcome)
		require.Len(t, rec.Recordings, 1)
	}
	require.Equal(t, 1, strings.Count(lead.Output(), "answering call on line"))
	n.As("1900", "pw-1900").Do(http.MethodDelete, "/api/v1/seats/1002/supervise", nil, http.StatusNoContent, nil)
	lead.WaitOutput("session closed")
	n.Eventually(func() bool {
		listened := tone.Detect(lead.HeardSamples(), rate, 440, 1300)
		return min(listened[440], listened[1300]) > 0.02
	}, "the lead has heard the customers and the colleague")
	nothingLeft(t, n)
}
