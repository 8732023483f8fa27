package test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// customerNumber is who calls, and is called back.
const customerNumber = "13912345678"

// callbackSite has callbacks in queue general, by the trunk callers come in by.
func callbackSite(proxy, callback string) map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU],", "codecs: [PCMA, PCMU], proxy: "+proxy+",", 1)
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general,", "{name: general, callback: {quiet: none, "+callback+"},", 1)
	})
}

// back is a row of GET /callbacks, as far as the tests look at it.
type back struct {
	ID     call.CallbackID    `json:"id"`
	State  call.CallbackState `json:"state"`
	Hold   string             `json:"hold"`
	Number string             `json:"number"`
	Entry  call.Stamp         `json:"entry"`
	Tries  int                `json:"tries"`
	Seat   call.SeatID        `json:"seat"`
	Origin call.ID            `json:"origin"`
	Calls  []call.ID          `json:"calls"`
	Reason string             `json:"reason"`
}

func callbacks(n *harness.Node) []back {
	var l struct{ Items []back }
	n.Do(http.MethodGet, "/api/v1/callbacks", nil, 200, &l)
	return l.Items
}

// waitBack waits until the only callback is in a state.
func waitBack(n *harness.Node, state call.CallbackState) back {
	var last back
	n.Eventually(func() bool {
		all := callbacks(n)
		if len(all) != 1 {
			return false
		}
		last = all[0]
		return last.State == state
	}, "one callback should be %s", state)
	return last
}

// takesCallback has a caller wait, hear the offer and press 1. It returns the record.
func takesCallback(t *testing.T, n *harness.Node) call.Record {
	t.Helper()
	caller := harness.StartCaller(t, n, harness.Plan{
		To: "10001", From: customerNumber,
		Sound: harness.Sound(harness.Tone(5*time.Second), harness.Keys("1"), harness.Tone(30*time.Second)),
	})
	caller.Done() // the node hangs up, after its thanks
	rec := n.WaitCalls(1)[0]
	require.Equal(t, call.OutcomeCallback, rec.Outcome)
	require.Equal(t, call.LostNone, rec.LostCause)
	return rec
}

// signsIn brings agent 1001 to work, who is rung at once.
func signsIn(t *testing.T, n *harness.Node) *harness.Phone {
	t.Helper()
	p := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true})
	n.SetSeat("1001", "ready")
	return p
}

// TestCallback is the whole way: the caller waits, presses 1 and hangs up; nobody is
// there. An agent signs in, is rung, picks up, and talks to the customer whom the node has called.
func TestCallback(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: callbackSite(carrier.URI(), "offer_after: 1s")})
	asked := takesCallback(t, n)
	b := waitBack(n, call.CallbackWaiting)
	require.Equal(t, customerNumber, b.Number)
	require.Equal(t, asked.ID, b.Origin)
	require.Equal(t, 0, n.Queue("general").Waiting, "nobody waits on the line")
	require.Equal(t, 1.0, n.Metric("hotline_callbacks", `queue="general"`, `state="waiting"`))
	require.Zero(t, n.Metric("hotline_queue_abandoned_total", `queue="general"`))

	phone := signsIn(t, n)
	carrier.WaitSaw(1, "answered")
	require.Contains(t, carrier.Saw("invite")[0], "INVITE sip:"+customerNumber+"@")
	require.Contains(t, carrier.Saw("invite")[0], "sip:10001@", "he sees the number he called")
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	carrier.WaitSaw(1, "over")
	n.WaitSeat("1001", "ready")

	done := waitBack(n, call.CallbackConnected)
	require.Len(t, done.Calls, 1)
	rec := n.Call(done.Calls[0])
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, b.ID, rec.Callback)
	require.Equal(t, asked.ID, rec.Origin)
	require.Equal(t, call.SeatID("1001"), rec.Agent)
	require.Len(t, rec.Recordings, 1)
	w, err := tone.ReadWAV(n.Audio(rec.Recordings[0].ID))
	require.NoError(t, err)
	require.Len(t, w.Channels, 2)
	require.Contains(t, rec.Kinds(), "wrap_up_ended")
}

// TestCallbackToABusyNumber is tried again from its old place, then listed as failed.
func TestCallbackToABusyNumber(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{Refuse: 486})
	n := harness.StartNode(t, harness.Config{Site: callbackSite(carrier.URI(), "offer_after: 1s, tries: 2, gap: 1s")})
	takesCallback(t, n)
	first := waitBack(n, call.CallbackWaiting)
	signsIn(t, n)
	b := waitBack(n, call.CallbackFailed)
	require.Equal(t, 2, b.Tries)
	require.Equal(t, first.Entry, b.Entry, "the place is kept")
	require.Len(t, b.Calls, 2)
	for _, id := range b.Calls {
		n.Eventually(func() bool { return n.Call(id).Outcome == call.OutcomeUnreached }, "call %s should be unreached", id)
	}
	n.WaitSeat("1001", "ready")
}

// TestCallbackSurvivesAKill comes back in its place, and the customer is called.
func TestCallbackSurvivesAKill(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: callbackSite(carrier.URI(), "offer_after: 1s")})
	takesCallback(t, n)
	before := waitBack(n, call.CallbackWaiting)
	n.Signal(syscall.SIGKILL)
	n.Wait(10 * time.Second)
	n.Start()
	after := waitBack(n, call.CallbackWaiting)
	require.Equal(t, before.ID, after.ID)
	require.Equal(t, before.Entry, after.Entry)
	phone := signsIn(t, n)
	carrier.WaitSaw(1, "answered")
	waitBack(n, call.CallbackConnected)
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	carrier.WaitSaw(1, "over")
}

// TestCustomerRingsBack has the place of the callback, which goes.
func TestCustomerRingsBack(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: callbackSite("sip:127.0.0.9:5060", "offer_after: 1s")})
	takesCallback(t, n)
	b := waitBack(n, call.CallbackWaiting)
	caller := harness.StartCaller(t, n, harness.Plan{To: "10001", From: customerNumber, Steps: []string{harness.Pause(8000)}, Bye: true})
	gone := waitBack(n, call.CallbackDropped)
	require.Contains(t, gone.Reason, "rung back")
	signsIn(t, n)
	n.WaitSeat("1001", "talking")
	caller.Done()
	recs := n.WaitCalls(2)
	for _, r := range recs {
		if r.Outcome == call.OutcomeAnswered {
			require.Contains(t, strings.Join(n.Call(r.ID).Texts(), "\n"), "has the place of the callback")
		}
	}
	require.Equal(t, 0, n.Queue("general").Waiting)
	require.NotEmpty(t, b.ID)
}

// TestLostCall is listed, taken by an agent, and off the list when the customer has been talked to.
func TestLostCall(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: callbackSite(carrier.URI(), "offer_after: 0s")})
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: customerNumber, Steps: []string{harness.Pause(6500)}, Bye: true}).Done()
	lostCalls := func() (all []struct{ Number, State string }) {
		var l struct {
			Items []struct{ Number, State string }
		}
		n.Do(http.MethodGet, "/api/v1/lost-calls", nil, 200, &l)
		return l.Items
	}
	n.Eventually(func() bool { return len(lostCalls()) == 1 }, "the lost call should be listed")
	require.Equal(t, "open", lostCalls()[0].State)
	phone := agent(t, n, "1001", 1000, true)
	n.Do(http.MethodPost, "/api/v1/lost-calls/"+customerNumber+"/take", map[string]string{"agent": "1001"}, 200, nil)
	carrier.WaitSaw(1, "answered")
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return len(lostCalls()) == 0 }, "nobody is to be rung back any more")
	phone.Do("hangup")
	carrier.WaitSaw(1, "over")
	status, _ := n.Try(http.MethodPost, "/api/v1/lost-calls/"+customerNumber+"/take", map[string]string{"agent": "1001"})
	require.Equal(t, 404, status)
}
