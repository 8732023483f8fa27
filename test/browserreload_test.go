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

// hums has the caller say a tone until the test is over or what is returned is called.
func (l *line) hums(t *testing.T, hz float64) (hush func()) {
	t.Helper()
	return humming(t, l.callerSound, hz)
}

// humming says a tone until the test is over or what is returned is called.
func humming(t *testing.T, by *peer.Sound, hz float64) (hush func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				by.Play(hz, 100*time.Millisecond)
			}
		}
	}()
	stopped := false
	hush = func() {
		if !stopped {
			stopped = true
			close(stop)
			<-done
		}
	}
	t.Cleanup(hush)
	return hush
}

// TestReloadInACall: an agent loads the page anew while it rings and, again and again, in the call: talking, before the first
// reload has come to anything, on hold, muted. Customer and agent hear each other again, on hold and muted the customer hears
// nothing; the recording is one; for the record it is one seat's one part. A copy of the tab takes nothing until that one is
// closed. A call that has ended while the page was away is not asked for.
func TestReloadInACall(t *testing.T) {
	t.Parallel()
	chromium := harness.StartChromium(t, 1000)
	n := harness.StartNode(t, harness.Config{Site: site(quiet, unhurried)})
	agent := atDesk(chromium, n.Base(), "1001", "pw-1001")
	agent.Wait(".line.ready")
	agent.Press("Alt+Digit1")
	n.WaitSeat("1001", "ready")
	answer := func() (*line, call.ID) {
		l := dialIn(t, n, "10001")
		agent.Wait("[data-scene=ringing]")
		return l, n.WaitSeat("1001", "offered").Call
	}
	l, id := answer()
	agent.Reload()
	agent.Wait("[data-scene=ringing]") // again, by another offer: the customer has kept his place
	agent.Click("接听")
	n.WaitSeat("1001", "talking")
	hush := l.hums(t, 440)
	talks := func(words string) {
		t.Helper()
		agent.Wait("[data-scene=talking]")
		n.Eventually(func() bool { return agent.Hears().Tone(440) }, "%s: the agent should hear the customer", words)
		l.callerSound.WaitHeard(l.callerSound.Packets(), 1000, time.Second/2)
		require.Equal(t, "talking", n.Seat("1001").State, words)
	}
	silent := func(words string) {
		t.Helper()
		from := l.callerSound.Packets()
		time.Sleep(time.Second)
		require.Zero(t, tone.Heard(l.callerSound.Heard(from), rate, 1000), words)
	}
	talks("before")
	agent.Reload()
	agent.Shoot("phone-resuming")
	talks("after a reload")
	agent.Reload()
	agent.Reload()
	talks("after two")

	agent.Press("Alt+KeyH")
	n.WaitSeat("1001", "held")
	from := l.callerSound.Packets()
	agent.Reload()
	agent.Wait("[data-scene=talking] h2.held")
	silent("on hold")
	require.Less(t, tone.Heard(l.callerSound.Heard(from), rate, 1000), 100*time.Millisecond, "the hold lasted")
	require.Equal(t, "held", n.Seat("1001").State)
	agent.Click("取回")
	talks("after the hold")

	agent.Press("Alt+KeyM")
	agent.Reload()
	agent.Wait("[data-scene=talking] [data-deed=mute][aria-pressed=true]")
	n.Eventually(func() bool { return agent.Hears().Tone(440) }, "muted he hears")
	silent("muted")
	agent.Press("Alt+KeyM")
	talks("after the mute")

	copied := agent.FollowOut("流程实况") // has what the tab keeps
	copied.Go(n.Base(), "/phone")
	copied.Click("改在这里使用")
	copied.Wait(`text="另一个标签页正在通话，通话结束后才能转到这里。"`)
	talks("beside a copy")
	agent.Close()
	copied.Click("改在这里使用")
	agent = copied
	talks("in the copy, as the first tab is gone")
	hush()
	l.caller.Bye()
	agent.Wait("[data-scene=idle],[data-scene=wrap_up]")
	n.WaitSeat("1001", "ready")
	rec := newest(n)
	require.Equal(t, id, rec.ID)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Equal(t, []call.SeatID{"1001"}, rec.Seats())
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 5*time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), 3*time.Second)
	kinds := n.Call(id).Kinds()
	require.GreaterOrEqual(t, count(kinds, "seat_moved"), 5)
	for kind, times := range map[string]int{"connected": 1, "held": 1, "resumed": 1, "seat_left": 1, "wrap_up_began": 1, "recording_began": 1} {
		require.Equal(t, times, count(kinds, kind), kind)
	}

	l, _ = answer()
	agent.Click("接听")
	agent.Wait("[data-scene=talking]")
	agent.Go(n.Base(), "/try")
	l.caller.Bye()
	n.WaitSeat("1001", "unreachable") // its wrap-up is over, its phone away
	agent.Go(n.Base(), "/phone")
	agent.Wait("[data-scene=idle]")
	n.WaitSeat("1001", "ready")
	require.Empty(t, chromium.Faults())
	nothingLeft(t, n)
}
