package test

import (
	"errors"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// fillDisk writes until nothing more goes onto the node's disk; what it gives back empties it again.
func fillDisk(t *testing.T, n *harness.Node) (empty func()) {
	t.Helper()
	path := n.DataPath("something-else")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	for size := 1 << 16; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	require.True(t, errors.Is(err, syscall.ENOSPC), "%v", err)
	require.NoError(t, f.Close())
	return func() { require.NoError(t, os.Remove(path)) }
}

// TestFullDisk fills the disk in the middle of a call. The call goes on, nobody
// new is taken, and when there is space again nothing of the call is missing.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(), DataMiB: 8})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Hz: 440})
	n.WaitSeat("1001", "talking")

	empty := fillDisk(t, n)
	n.Eventually(func() bool { // things that are to be written, until the last page is full
		n.Try(http.MethodPost, "/api/v1/seats/1002/state", map[string]string{"state": "busy"})
		n.Try(http.MethodPost, "/api/v1/seats/1002/state", map[string]string{"state": "offline"})
		return n.Metric("hotline_journal_writable") == 0
	}, "the journal can't be written")
	phone.Do("hold")
	n.WaitSeat("1001", "held")
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Expect: 503}).Done()
	phone.Do("resume")
	n.WaitSeat("1001", "talking")
	before := len(wire.Heard(c.RTP))
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP)[before:], rate, 1000) > time.Second }, "the call goes on")
	phone.Do("hangup")
	c.Done()

	empty()
	n.WaitMetric(1, "hotline_journal_writable")
	rec := newestFrom(n, "13911111111")
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	require.Greater(t, rec.HoldSeconds, 0.0)
	kinds := n.Call(rec.ID).Kinds()
	for _, kind := range []string{"held", "resumed", "seat_left", "recording_ended", "ended"} {
		require.Equal(t, 1, count(kinds, kind), kind)
	}
	require.Len(t, rec.Recordings, 1)
	require.Contains(t, rec.Recordings[0].Failed, "no space left", "it says what it lacks")
	playable(t, n.Audio(rec.Recordings[0].ID))
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333", Steps: []string{harness.Pause(4000)}, Bye: true}).Done()
	require.Equal(t, call.OutcomeAnswered, newestFrom(n, "13933333333").Outcome)
	w := recorded(t, n, newestFrom(n, "13933333333"))
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	nothingLeft(t, n)
}

// TestReadOnlyFolder: the disk of the recordings becomes read-only. Calls are as good as ever, and their records say why there is no
// recording; once it takes files again there is one.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet), DataMiB: 32, Apart: true})
	phone := handset(t, n)
	talk := func() call.Record {
		t.Helper()
		l := dialIn(t, n, "10001")
		l.pickUp(t, phone)
		n.WaitSeat("1001", "talking")
		l.talk(440, 1000)
		l.caller.Bye()
		l.seat.Ended()
		n.WaitSeat("1001", "ready")
		return newest(n)
	}
	before := talk()
	n.Remount("ro")
	without := talk()
	require.Equal(t, call.OutcomeAnswered, without.Outcome)
	require.Len(t, without.Recordings, 1)
	require.Contains(t, without.Recordings[0].Failed, "read-only file system")
	n.WaitMetric(1, "hotline_recordings_total", `result="failed"`)
	n.Remount("rw")
	after := talk()
	for _, rec := range []call.Record{before, after} {
		w := recorded(t, n, rec)
		require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 800*time.Millisecond)
		require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), 800*time.Millisecond)
	}
	nothingLeft(t, n)
}
