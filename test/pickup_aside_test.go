package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// TestPickUpOfWhatIsNoCustomersCall is what rings beside an empty chair: a consultation, by the code and by the API, and a
// callback. A supervisor's phone is his.
func TestPickUpOfWhatIsNoCustomersCall(t *testing.T) {
	t.Parallel()
	carrier := harness.StartCarrier(t, harness.CarrierPlan{})
	n := harness.StartNode(t, harness.Config{Site: callbackSite(carrier.URI(), "offer_after: 50s")})
	two, lead := agent(t, n, "1002", 1300, true), agent(t, n, "1900", 1750, false)
	agent(t, n, "1001", 1000, true)
	n.SetSeat("1002", "busy")
	n.SetSeat("1900", "busy")
	verb := func(agent string, id call.ID, verb string, body any) {
		t.Helper()
		n.As(agent, "pw-"+agent).Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/"+verb, body, http.StatusNoContent, nil)
	}

	for way, pick := range map[string]func(call.ID){
		"the code": func(call.ID) { two.Do("dial sip:*16@hotline.local") },
		"the API":  func(id call.ID) { verb("1002", id, "pickup", nil) },
	} {
		l := dialIn(t, n, "10001")
		id := n.WaitSeat("1001", "talking").Call
		verb("1001", id, "transfer", map[string]string{"to": "1900", "mode": "consult"})
		n.WaitSeat("1900", "talking")
		lead.WaitOutput("Incoming call")
		pick(id)
		n.Eventually(func() bool { return count(n.Call(id).Kinds(), "consulted") == 1 }, "1002 is asked, by %s", way)
		n.WaitSeat("1900", "busy")
		verb("1001", id, "transfer", map[string]string{"mode": "complete"})
		n.WaitSeat("1001", "ready")
		l.hears(1300)
		l.caller.Bye()
		n.WaitSeat("1002", "busy")
		rec := newest(n)
		require.Equal(t, []call.SeatID{"1001", "1002"}, rec.Seats(), way)
	}

	l := dialIn(t, n, "10001")
	id := n.WaitSeat("1001", "talking").Call
	n.As("1900", "pw-1900").Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/supervise", map[string]string{"mode": "monitor"}, http.StatusNoContent, nil)
	n.WaitSeat("1900", "talking")
	two.Do("dial sip:*16@hotline.local")
	two.WaitOutput("480 Temporarily Unavailable")
	l.caller.Bye()
	n.WaitSeat("1900", "busy")

	n.SetSeat("1001", "offline")
	n.SetSeat("1900", "ready")
	n.Do(http.MethodPost, "/api/v1/callbacks", map[string]string{"number": customerNumber, "queue": "general"}, http.StatusOK, nil)
	n.WaitSeat("1900", "offered")
	two.Do("dial sip:*16@hotline.local")
	carrier.WaitSaw(1, "answered")
	n.WaitSeat("1002", "talking")
	n.WaitSeat("1900", "ready")
	waitBack(n, call.CallbackConnected)
	two.Do("hangup")
	carrier.WaitSaw(1, "over")
	n.WaitSeat("1002", "busy")
	rec := newest(n)
	require.Equal(t, call.SeatID("1002"), rec.Agent)
	require.NotEmpty(t, rec.Callback)
	nothingLeft(t, n)
}
