package test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// TestSofiaCalls has the stack of FreeSWITCH be phones and a gateway: a reliable 180 and its PRACK, UPDATE, holds that cross, a late
// offer, a transfer by REFER told of by NOTIFY.
func TestSofiaCalls(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one := harness.StartSofia(t, n, harness.SofiaConfig{User: "1001", Password: "pw-1001"})
	two := harness.StartSofia(t, n, harness.SofiaConfig{User: "1002", Password: "pw-1002", Answer: true, TCP: true})
	n.SetSeat("1001", "ready")
	n.SetSeat("1002", "busy")

	one.Do("call 1002")
	one.WaitOutput("nua_r_prack 200")
	one.WaitOutput("state ready")
	id := n.WaitSeat("1002", "talking").Call
	one.Do("update")
	one.WaitOutput("nua_r_update 200")
	one.Do("hold")
	two.Do("hold")
	held := func(times int) {
		t.Helper()
		n.Eventually(func() bool { return count(n.Call(id).Kinds(), "held") == times }, "held %d times", times)
	}
	held(2)
	one.Do("resume")
	two.Do("resume")
	n.Eventually(func() bool { return count(n.Call(id).Kinds(), "resumed") == 2 }, "both talk again")
	traceHas(n, id, "407 Proxy Authentication Required", "RSeq: ", "RAck: ", "UPDATE sip:", "Session-Expires: 90")
	one.Do("bye")
	n.WaitSeat("1002", "busy")
	n.WaitSeat("1001", "ready")
	two.WaitOutput("nua_i_bye 200")

	gateway := harness.StartSofia(t, n, harness.SofiaConfig{User: "13912345678"})
	gateway.Do("late 10001")
	gateway.WaitOutput("state ready")
	id = n.WaitSeat("1001", "offered").Call
	one.Do("answer")
	n.WaitSeat("1001", "talking")
	one.Do("hold")
	n.WaitSeat("1001", "held")
	one.Do("resume")
	n.WaitSeat("1001", "talking")
	one.Do("refer 1002")
	one.WaitOutput("nua_r_refer 202")
	n.WaitSeat("1002", "talking")
	one.WaitOutput("transfer: SIP/2.0 200 OK")
	n.WaitSeat("1001", "ready")
	gateway.Do("hold")
	held(2)
	gateway.Do("bye")
	n.WaitSeat("1002", "busy")
	rec := newest(n)
	require.Equal(t, id, rec.ID)
	require.Equal(t, "13912345678", rec.Caller)
	require.Equal(t, []call.SeatID{"1001", "1002"}, rec.Seats())
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	nothingLeft(t, n)
}

// TestSofiaIsToldOfADeath kills the node with a phone that waits by TCP: its connection has died with the node, so the word that
// nobody will answer comes by a new one.
func TestSofiaIsToldOfADeath(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one := harness.StartSofia(t, n, harness.SofiaConfig{User: "1001", Password: "pw-1001", TCP: true})
	two := harness.StartSofia(t, n, harness.SofiaConfig{User: "1002", Password: "pw-1002"})
	n.SetSeat("1002", "busy")
	one.Do("call 1002")
	one.WaitOutput("nua_r_prack 200")
	n.Kill()
	n.Start()
	one.WaitOutput("nua_r_invite 500")
	two.WaitOutput("nua_i_cancel 200")
	nothingLeft(t, n)
}

// TestSofiaAsACarrier calls a number out: its 183 brings a description and is acknowledged, it refreshes the session by UPDATE, both sides
// hold, it hangs up.
func TestSofiaAsACarrier(t *testing.T) {
	t.Parallel()
	port := harness.FreePorts(t, 1)
	n := harness.StartNode(t, harness.Config{Site: site(quiet, mayDial(fmt.Sprintf("sip:127.0.0.1:%d", port)))})
	carrier := harness.StartSofia(t, n, harness.SofiaConfig{User: "carrier", Port: port})
	one := harness.StartSofia(t, n, harness.SofiaConfig{User: "1002", Password: "pw-1002"})
	n.SetSeat("1002", "ready")
	one.Do("call 13900000001")
	carrier.WaitOutput("nua_i_prack 200")
	carrier.Do("answer")
	one.WaitOutput("state ready")
	id := n.WaitSeat("1002", "talking").Call
	n.Eventually(func() bool { return count(n.Call(id).Kinds(), "connected") == 1 }, "they are together")
	carrier.Do("update")
	carrier.WaitOutput("nua_r_update 200")
	for _, word := range []string{"hold", "resume"} {
		carrier.Do(word)
		one.Do(word)
		kind := map[string]string{"hold": "held", "resume": "resumed"}[word]
		n.Eventually(func() bool { return count(n.Call(id).Kinds(), kind) == 2 }, "%s by both", kind)
	}
	carrier.Do("bye")
	one.WaitOutput("nua_i_bye 200")
	n.WaitSeat("1002", "ready")
	rec := newest(n)
	require.Equal(t, call.Outbound, rec.Direction)
	require.Equal(t, "13900000001", rec.Called)
	nothingLeft(t, n)
}
