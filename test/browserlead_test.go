package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// leadAtDesk is a lead in Chromium, agent 1001 at a phone, and a customer.
type leadAtDesk struct {
	t    *testing.T
	n    *harness.Node
	desk *harness.Tab
	one  *peer.Peer
	l    *line
}

// talks has a customer come to the agent, both saying their tone, and gives the call and its end.
func (d *leadAtDesk) talks() (id call.ID, over func()) {
	d.t.Helper()
	d.l = dialIn(d.t, d.n, "10001")
	d.l.pickUp(d.t, d.one)
	customer, agent := d.l.hums(d.t, 440), humming(d.t, d.l.seatSound, shiftAgent)
	return d.n.WaitSeat("1001", "talking").Call, func() {
		customer()
		agent()
		d.l.caller.Bye()
		d.l.seat.Ended()
		d.n.WaitSeat("1001", "ready")
	}
}

// heardNow is what somebody hears in the second that follows.
func (d *leadAtDesk) heardNow(s *peer.Sound) map[float64]float64 {
	d.t.Helper()
	from := s.Packets()
	d.n.Eventually(func() bool { return s.Packets() > from+50 }, "a second of sound")
	return tone.Detect(s.Heard(from), rate, 440, shiftAgent, shiftLead)
}

// in waits until the desk shows that the lead is in a call so, and until who is to hear him does; it then demands that nobody else does.
func (d *leadAtDesk) in(mode string, customerHears, agentHears bool) {
	d.t.Helper()
	d.desk.Wait("[data-watch=" + mode + "]")
	d.desk.Wait(`[data-agent="1001"] button[aria-pressed=true]`)
	d.n.Eventually(func() bool { return d.desk.HearsAll(440, shiftAgent) }, mode+": the lead hears both")
	customer, agent := d.heardNow(d.l.callerSound), d.heardNow(d.l.seatSound)
	require.Greater(d.t, customer[shiftAgent], 0.02, "%s: the customer hears the agent", mode)
	require.Greater(d.t, agent[440], 0.02, "%s: the agent hears the customer", mode)
	require.Equal(d.t, customerHears, customer[shiftLead] > 0.02, "%s: the customer hears the lead: %v", mode, customer)
	require.Equal(d.t, agentHears, agent[shiftLead] > 0.02, "%s: the agent hears the lead: %v", mode, agent)
}

// TestALeadAtTheDesk: a lead signs in at /phone and goes into an agent's call from there: listens, whispers, joins in, by clicks and by
// the keyboard, leaves; follows the agent from one call into the next, over a reload of the page; takes the customer over. Who hears
// whom is told by tones, and the phone is picked up by itself each time.
func TestALeadAtTheDesk(t *testing.T) {
	t.Parallel()
	chromium := harness.StartChromium(t, shiftLead)
	n := harness.StartNode(t, harness.Config{Site: site(quiet, unhurried)})
	d := &leadAtDesk{t: t, n: n, one: handset(t, n), desk: atDesk(chromium, n.Base(), "1900", "pw-1900")}
	d.desk.Wait(".line.ready")
	d.desk.Click("示忙")
	n.WaitSeat("1900", "busy")
	d.desk.Wait(`[data-agent="1001"].ready`)
	require.False(t, d.desk.Shows(`[data-agent="2001"]`), "not of his team")
	require.False(t, d.desk.Shows(`[data-agent="1900"]`), "nor he himself")

	id, over := d.talks()
	d.desk.Wait(`[data-agent="1001"].talking`)
	d.desk.Click("监听 1001")
	d.in("monitor", false, false)
	d.desk.Shoot("lead-monitor")
	d.desk.Click("耳语")
	d.in("whisper", false, true)
	d.desk.Click("强插 1001")
	d.in("barge", true, true)
	d.desk.Focus(`button[aria-label="监听 1001"]`)
	d.desk.Press("Enter")
	d.in("monitor", false, false)
	require.Equal(t, []string{"seat_called", "seat_call_ended", "supervisor_joined"}, aboutLead(n, id)[:3], "rung once")
	require.Equal(t, 3, count(n.Call(id).Kinds(), "supervisor_changed"))
	d.desk.Press("Alt+KeyX")
	n.WaitSeat("1900", "busy")
	require.Equal(t, 1, count(n.Call(id).Kinds(), "supervisor_left"))

	d.desk.Click("跟随 1001")
	d.in("monitor", false, false)
	d.desk.Reload()
	d.in("monitor", false, false)
	over()
	d.desk.Wait(`[data-watch=""]`)
	d.desk.Shoot("lead-waits")
	next, _ := d.talks()
	d.in("monitor", false, false)
	require.NotEqual(t, id, next)
	require.Equal(t, next, n.Seat("1900").Call)
	d.desk.Click("拦截")
	d.desk.Wait("[data-deed=survey]") // the desk of who has a customer
	d.l.seat.Ended()
	n.WaitSeat("1001", "ready")
	n.Eventually(func() bool { return d.desk.Hears().Tone(440) }, "the lead has the customer")
	d.l.callerSound.WaitHeard(d.l.callerSound.Packets(), shiftLead, time.Second/2)
	d.desk.Press("Alt+KeyX")
	d.l.caller.Ended()
	n.WaitSeat("1900", "busy")
	require.Empty(t, chromium.Faults())
	nothingLeft(t, n)
}
