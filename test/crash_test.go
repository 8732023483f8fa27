package test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// patient lets a phone ring for long.
func patient(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "offer_timeout: 4s", "offer_timeout: 50s", 1)
}

// TestKilledInMidCall kills the node with a caller in every stage. The next
// start frees every phone and every line and closes the records with what was known.
func TestKilledInMidCall(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(patient)})
	wire := harness.Listen(t)
	talker := agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13900000000", Steps: []string{harness.Pause(500)}, Bye: true}).Done()
	n.WaitCalls(1) // so that today has a figure to keep
	n.WaitSeat("1001", "ready")

	talking := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Hz: 440})
	n.WaitSeat("1001", "talking")
	ringer := agent(t, n, "1002", 1200, false)
	callers := map[string]*harness.Caller{
		"13911111111": talking,
		"13922222222": harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"}),
	}
	n.WaitSeat("1002", "offered")
	callers["13933333333"] = harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	callers["13944444444"] = harness.StartCaller(t, n, harness.Plan{To: "10000", From: "13944444444"})
	callers["13955555555"] = harness.StartCaller(t, n, harness.Plan{To: "10002", From: "13955555555", Hz: 620})
	n.Eventually(func() bool { return len(recordingFiles(t, n)) == 3 }, "two calls and a message are being recorded")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(talking.RTP), rate, 1000) > 3*time.Second }, "they talk")
	n.WaitMetric(2, "hotline_calls_active", `stage="ivr"`)
	n.Eventually(func() bool {
		long := 0
		for _, path := range recordingFiles(t, n) {
			if st, err := os.Stat(path); err == nil && st.Size() > 2*2*rate {
				long++
			}
		}
		return long == 2
	}, "two seconds of the call and of the message are on the disk")

	n.Kill()
	for _, path := range recordingFiles(t, n) {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		playable(t, b)
	}
	n.Start()
	for from, c := range callers {
		require.NoError(t, c.Finished(), "the line of %s is freed with a BYE", from)
	}
	talker.WaitOutput("terminated")
	ringer.WaitOutput("session closed")
	require.Zero(t, n.Metric("hotline_journal_failures_total"))

	interrupted(t, n, n.WaitCalls(6))
	nothingLeft(t, n)

	n.WaitSeat("1001", "ready") // signed in as before, phones known as before
	n.WaitSeat("1002", "ready")
	require.Equal(t, 2.0, n.Metric("hotline_registrations"))
	require.Equal(t, 2, n.Queue("general").Answered, "today's figures are kept")
	n.SetSeat("1002", "busy")
	again := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13966666666", Steps: []string{harness.Pause(5000)}, Bye: true})
	n.WaitSeat("1001", "talking")
	again.Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	require.Equal(t, 3, n.Queue("general").Answered)
}

// interrupted looks at the records of TestKilledInMidCall.
func interrupted(t *testing.T, n *harness.Node, records []call.Record) {
	t.Helper()
	by := map[string]call.Record{}
	for _, r := range records {
		by[r.Caller] = r
	}
	require.Equal(t, call.OutcomeAnswered, by["13900000000"].Outcome, "what had ended stays as it was")
	for from, queue := range map[string]string{
		"13911111111": "general", "13922222222": "general", "13933333333": "general", "13944444444": "", "13955555555": "",
	} {
		r := by[from]
		require.Equal(t, call.OutcomeInterrupted, r.Outcome, from)
		require.Equal(t, queue, r.Queue, from)
		require.Equal(t, call.PartySystem, *r.EndedBy, from)
		require.Equal(t, from == "13911111111", !r.AnsweredAt.IsZero(), from)
		require.False(t, r.EndedAt.Before(r.StartedAt.Time), from)
		require.False(t, r.EndedAt.After(time.Now()), from)
		require.Equal(t, 1, count(n.Call(r.ID).Kinds(), "ended"), from)
	}
	talk := by["13911111111"]
	require.Equal(t, call.SeatID("1001"), talk.Agent)
	require.False(t, talk.ConnectedAt.IsZero())
	require.Greater(t, talk.TalkSeconds, 3.0, "as long as there is sound of it")
	require.Len(t, talk.Recordings, 1)
	w := playable(t, n.Audio(talk.Recordings[0].ID))
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 2*time.Second, "the caller is on the left")
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), 2*time.Second, "the agent is on the right")
	require.Zero(t, tone.Heard(w.Channels[0], rate, 1000))
	require.InDelta(t, talk.Recordings[0].Seconds, float64(len(w.Channels[0]))/rate, 0.01)
	message := by["13955555555"]
	require.Len(t, message.Recordings, 1)
	w = playable(t, n.Audio(message.Recordings[0].ID))
	require.Greater(t, tone.Heard(w.Channels[0], rate, 620), time.Second)
}

// playable reads a recording and demands that its header fits what follows it.
func playable(t *testing.T, b []byte) tone.Sound {
	t.Helper()
	le := binary.LittleEndian
	require.Greater(t, len(b), 44)
	require.LessOrEqual(t, int(le.Uint32(b[4:]))+8, len(b), "the header promises no more than there is")
	for rest, found := b[12:8+le.Uint32(b[4:])], false; !found; {
		require.Greater(t, len(rest), 8, "a data chunk within what the header promises")
		size := int(le.Uint32(rest[4:]))
		require.LessOrEqual(t, size+8, len(rest), "chunk %q is within the file", rest[:4])
		found = string(rest[:4]) == "data"
		rest = rest[8+size:]
	}
	w, err := tone.ReadWAV(b)
	require.NoError(t, err)
	require.Len(t, w.Channels, 2)
	return w
}

func recordingFiles(t *testing.T, n *harness.Node) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(n.DataPath("recordings"), func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".wav") {
			all = append(all, path)
		}
		return err
	})
	require.NoError(t, err)
	return all
}

// settling is how long a BYE that nobody answers and finished transactions live
// (RFC 3261: 64 T1), and some more.
const settling = 45 * time.Second

// nothingLeft waits until nothing of any call is left in the node's memory. A
// far end that has forgotten the call may leave our BYE without an answer.
func nothingLeft(t tb, n *harness.Node) {
	t.Helper()
	require.Eventually(t, func() bool { return n.Metric("hotline_sip_legs") == 0 }, settling, 50*time.Millisecond, "legs are left")
	for _, gauge := range []string{
		"hotline_calls_active", "hotline_queue_waiting", "hotline_rtp_streams", "hotline_rtp_ports_leased", "hotline_trunk_calls",
	} {
		n.WaitMetric(0, gauge)
	}
}

// TestKilledOnHold kills the node with a call held by the agent, one held by the
// caller, and a caller in the survey: dialogs that have moved on since they began.
func TestKilledOnHold(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "timeout: 4s", "timeout: 50s", 1)
	})})
	phone := agent(t, n, "4001", 1000, true)
	rated := harness.StartCaller(t, n, harness.Plan{From: "13911111111", Sound: pressing("3")})
	n.WaitSeat("4001", "talking")
	phone.Do("hangup")
	n.WaitMetric(1, "hotline_calls_active", `stage="survey"`)

	holder := agent(t, n, "1001", 1200, true)
	held := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitSeat("1001", "talking")
	holder.Do("hold")
	n.WaitSeat("1001", "held")
	agent(t, n, "1002", 1400, true)
	holding := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333", Steps: []string{harness.Pause(4000), harness.Hold()}})
	n.Eventually(func() bool {
		all := n.Calls("caller=13933333333")
		return len(all) == 1 && count(n.Call(all[0].ID).Kinds(), "held") == 1
	}, "the caller holds")

	n.Kill()
	n.Start()
	for _, c := range []*harness.Caller{rated, held, holding} {
		require.NoError(t, c.Finished())
	}
	holder.WaitOutput("terminated")
	for _, r := range n.WaitCalls(3) {
		require.Equal(t, call.OutcomeInterrupted, r.Outcome, r.Caller)
		require.False(t, r.ConnectedAt.IsZero(), r.Caller)
		require.Len(t, r.Recordings, 1, r.Caller)
		playable(t, n.Audio(r.Recordings[0].ID))
		last := r.Segments[len(r.Segments)-1]
		require.False(t, last.End.IsZero(), "%s: every segment has ended", r.Caller)
	}
	require.Greater(t, newestFrom(n, "13922222222").HoldSeconds, 3.0)
	nothingLeft(t, n)
	for _, seat := range []string{"1001", "1002", "4001"} {
		n.WaitSeat(seat, "ready")
	}
}

// TestKilledUnderTraffic kills the node three times with twenty calls up and
// others coming and going. No call that was answered is without a record, no
// record stays open, no line stays up.
func TestKilledUnderTraffic(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(), RTPPorts: 200})
	for i, id := range []string{"1001", "1002"} {
		agent(t, n, id, float64(1000+200*i), true)
	}
	known := 0
	for round := range 3 {
		from := func(who string) string { return fmt.Sprintf("%s%d-[call_number]", who, round) }
		stay := []*harness.Caller{
			harness.StartCaller(t, n, harness.Plan{To: "10001", From: from("queue"), Calls: 10, AtOnce: 10}),
			harness.StartCaller(t, n, harness.Plan{To: "10000", From: from("menu"), Calls: 5, AtOnce: 5}),
			harness.StartCaller(t, n, harness.Plan{To: "10002", From: from("message"), Calls: 5, AtOnce: 5}),
		}
		churn := harness.StartCaller(t, n, harness.Plan{
			To: "10001", From: from("churn"), Calls: 1000, AtOnce: 6, Steps: []string{harness.Pause(150)}, Bye: true,
		})
		n.Eventually(func() bool { return n.Metric("hotline_calls_active") >= 20 }, "twenty calls")
		n.Eventually(func() bool { return len(churn.Over()) > 20*(round+1) }, "calls come and go")
		for range 1 + round { // also while it is still clearing up after the time before
			n.Kill()
			n.Start()
		}
		for _, c := range stay {
			require.NoError(t, c.Finished())
			require.Len(t, c.Over(), len(c.Answered()))
		}
		churn.LeaveOff()
		nothingLeft(t, n)
		records := map[string]call.Outcome{}
		for _, r := range n.WaitAllOver() {
			if first, again := records[r.Caller]; again { // killed before the answer had gone out: the INVITE came again
				require.Contains(t, []call.Outcome{first, r.Outcome}, call.OutcomeInterrupted, "%s has one record for each answer", r.Caller)
			}
			records[r.Caller] = r.Outcome
		}
		for who, c := range map[string]*harness.Caller{"queue": stay[0], "menu": stay[1], "message": stay[2], "churn": churn} {
			for _, id := range c.Answered() {
				number, _, _ := strings.Cut(id, "-")
				require.Contains(t, records, fmt.Sprintf("%s%d-%s", who, round, number), "%s of round %d", id, round)
			}
		}
		require.Greater(t, len(records), known, "and those of before are kept")
		known = len(records)
		n.WaitSeat("1001", "ready")
		n.WaitSeat("1002", "ready")
	}
}

// TestKilledWhileAColleagueRings kills the node with one phone calling another: whom it has told that it rings does not wait
// for ever, nor does the other ring on.
func TestKilledWhileAColleagueRings(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	one, two := agent(t, n, "1001", 1000, false), agent(t, n, "1002", 1300, false)
	one.Do("dial sip:1002@hotline.local")
	one.WaitOutput("180 Ringing")
	two.WaitOutput("Incoming call")
	n.Kill()
	n.Start()
	one.WaitOutput("500 Server Internal Error")
	two.WaitOutput("session closed")
	nothingLeft(t, n)
	rec := newest(n)
	require.Equal(t, call.OutcomeInterrupted, rec.Outcome)
	require.Equal(t, call.Internal, rec.Direction)

	one.Do("dial sip:1002@hotline.local")
	n.WaitSeat("1002", "talking")
	one.Do("hangup")
	n.WaitSeat("1002", "ready")
}
