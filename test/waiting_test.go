package test

import (
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

// The frequencies of what a waiting caller hears in these tests.
const (
	hzMusic, hzNext, hzOneAhead = 400, 900, 1400
)

// announced gives the queue general rules of announcing, and tones for what is said.
// That somebody is next takes long, so that an agent can answer meanwhile.
func announced(rules string) func(map[string]string) {
	return func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, ", "{name: general, say_agent_number: false, announce: "+rules+", ", 1)
		for name, sound := range map[string][2]float64{"default": {hzMusic, 4}, "you_are_next": {hzNext, 8}, "position_one": {hzOneAhead, 1.5}} {
			s["prompts/zh/"+name+".wav"] = string(tone.WAV(rate, tone.Sine(sound[0], sound[1], rate)))
		}
	}
}

// toldTo is what a call was told while it waited, by its timeline.
func toldTo(n *harness.Node, caller string) (told []string) {
	for _, r := range n.Calls("limit=50") {
		if r.Caller != caller {
			continue
		}
		for _, s := range n.Call(r.ID).Timeline {
			if s.Kind == "told" {
				told = append(told, s.Text)
			}
		}
	}
	return told
}

// order is where in what was heard each frequency is heard first; all must be heard.
func order(t *testing.T, heard []int16, hz ...float64) []int {
	at := make([]int, len(hz))
	for i, f := range hz {
		at[i] = firstHeard(heard, f)
		require.GreaterOrEqual(t, at[i], 0, "%.0f Hz is heard", f)
	}
	return at
}

// TestPlaceIsToldBetweenTheMusic has two callers wait: the first hears that he is
// next, the second that one is ahead, then the music again, then that he is next;
// and the agent, in the middle of that.
func TestPlaceIsToldBetweenTheMusic(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(announced("{position: true, wait: true, first: 2s, every: 5s}"))})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	musicAfter := func() bool {
		heard := wire.Heard(second.RTP)
		at := firstHeard(heard, hzOneAhead)
		return at >= 0 && tone.Heard(heard[at*rate/10:], rate, hzMusic) > time.Second
	}
	n.Eventually(musicAfter, "the second hears that one is ahead, and then music again")
	require.Equal(t, []string{"hears in between the music, notice place: position_one: 1 ahead"}, toldTo(n, "13922222222"))
	require.Equal(t, []string{"hears in between the music, notice next: you_are_next: nobody is before it in general"}, toldTo(n, "13911111111"))
	n.Eventually(func() bool { return tone.Heard(wire.Heard(first.RTP), rate, hzNext) > 2*time.Second }, "the first hears that he is next")

	for _, r := range n.Calls("limit=50") {
		if r.Caller == "13911111111" {
			n.Do("POST", "/api/v1/calls/"+string(r.ID)+"/hangup", nil, 204, nil)
		}
	}
	first.Done()
	n.Eventually(func() bool { return firstHeard(wire.Heard(second.RTP), hzNext) >= 0 }, "the second hears that he is next now")
	n.SetSeat("1001", "ready")
	got := n.WaitSeat("1001", "talking")
	answered := n.Call(got.Call).AnsweredAt.Time
	n.Eventually(func() bool { return tone.Heard(wire.Heard(second.RTP), rate, 1000) > time.Second }, "he hears the agent")
	at := order(t, wire.Heard(second.RTP), hzMusic, hzOneAhead, hzNext, 1000)
	require.IsIncreasing(t, at)
	heard := wire.Heard(second.RTP)
	require.Zero(t, tone.Heard(heard[at[3]*rate/10:], rate, hzNext), "what was being said is cut the instant the seat answers")
	require.Less(t, tone.Heard(heard, rate, hzNext), 8*time.Second)
	n.Do("POST", "/api/v1/calls/"+string(got.Call)+"/hangup", nil, 204, nil)
	second.Done()
	for _, r := range n.WaitCalls(2) {
		if r.Caller == "13922222222" {
			require.Equal(t, call.OutcomeAnswered, r.Outcome)
			require.InDelta(t, answered.Sub(r.StartedAt.Time).Seconds(), r.WaitSeconds, 0.5, "all of it was waiting")
		}
	}
}

// TestAQueueSaysTextsBetweenTheMusic has two callers wait in a queue whose words are a prompt and a text with the place in it.
// Each hears his own; the engine says one figure at 2,000 Hz and the other at 2,400. Then the engine is gone, and the words
// go on with what stands in the text's place, between the music as ever.
func TestAQueueSaysTextsBetweenTheMusic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	engine := filepath.Join(dir, "engine")
	for name, hz := range map[string]float64{"0.wav": 2000, "1.wav": 2400} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), tone.WAV(rate, tone.Sine(hz, 1, rate)), 0o600))
	}
	require.NoError(t, os.WriteFile(engine, []byte("#!/bin/sh\ncat > "+dir+"/text\ncase $(cat "+dir+"/text) in \"ahead 0\") exec cat "+dir+"/0.wav;; esac\nexec cat "+dir+"/1.wav\n"), 0o700))
	n := harness.StartNode(t, harness.Config{
		Extra: "speech: {command: [" + engine + `], calls_at_once: 1, calls_cache: 1MiB}` + "\n",
		Site: site(func(s map[string]string) {
			announced(`{first: 1s, every: 5s, say: [thanks, {text: "ahead {queue.ahead}", private: true, else: instead}]}`)(s)
			tones(s, map[string]float64{"thanks": 1400, "instead": 900})
		}),
	})
	wire := harness.Listen(t)
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	hears := func(c *harness.Caller, hz float64) {
		n.Eventually(func() bool {
			at := firstHeard(wire.Heard(c.RTP), hz)
			return at >= 0 && tone.Heard(wire.Heard(c.RTP)[at*rate/10:], rate, hzMusic) > time.Second
		}, "%.0f Hz is heard, and music after it", hz)
	}
	hears(first, 2000)
	hears(second, 2400)
	require.IsIncreasing(t, order(t, wire.Heard(first.RTP), hzMusic, 1400, 2000))
	require.IsIncreasing(t, order(t, wire.Heard(second.RTP), hzMusic, 1400, 2400))
	require.Zero(t, tone.Heard(wire.Heard(first.RTP), rate, 2400), "each his own")
	require.Zero(t, tone.Heard(wire.Heard(second.RTP), rate, 2000))
	require.NoError(t, os.Remove(engine))
	hears(second, 900)
	told := toldTo(n, "13922222222")
	require.Contains(t, told[0], "notice words: thanks said:")
	require.Contains(t, told[len(told)-1], "notice words: thanks instead: a text could not be said: ")
	n.SetSeat("1001", "offline")
	for _, r := range n.Calls("limit=50") {
		n.Do("POST", "/api/v1/calls/"+string(r.ID)+"/hangup", nil, 204, nil)
	}
	first.Done()
	second.Done()
}

// resuming lets who was cut off come back, and gives nobody a seat until the test does.
func resuming(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "{name: general, ", "{name: general, resume_within: 90s, ", 1)
}

// recordOf is the newest call of a number.
func recordOf(n *harness.Node, caller string) (rec call.Record) {
	n.Eventually(func() bool {
		for _, r := range n.Calls("limit=50") {
			if r.Caller == caller {
				rec = r
				return true
			}
		}
		return false
	}, "a call of %s is known", caller)
	return rec
}

// place is what the timeline of a number's newest call says of its place in the queue.
func place(n *harness.Node, caller string) (text string) {
	n.Eventually(func() bool {
		for _, s := range n.Call(recordOf(n, caller).ID).Timeline {
			if s.Kind == "queued" {
				text = s.Text
				return true
			}
		}
		return false
	}, "%s is in a queue", caller)
	return text
}

// TestCutOffWhileWaitingResumesThePlace has the first of two callers hang up and
// ring again: he is before the other again. Then the node is killed with both
// waiting: after the restart they have their places again, whoever rings first.
func TestCutOffWhileWaitingResumesThePlace(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(resuming)})
	agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	cut := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Steps: []string{harness.Pause(7000)}, Bye: true})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	other := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	cut.Done()
	n.Eventually(func() bool { r := recordOf(n, "13911111111"); return !r.Live() }, "the first has left")
	left := recordOf(n, "13911111111")
	require.Equal(t, call.OutcomeAbandoned, left.Outcome)
	require.Equal(t, call.LostAbandonedInQueue, left.LostCause, "that call was lost, whatever comes of the next")

	again := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	require.Contains(t, place(n, "13911111111"), "place 1, priority 5: the caller was in general until ")
	require.Contains(t, place(n, "13911111111"), "(call "+string(left.ID)+") and has that place again")
	second := recordOf(n, "13911111111")

	n.Kill()
	n.Start() // which sends the BYE that the killed process could not
	again.Done()
	other.Done()
	require.Equal(t, call.OutcomeInterrupted, n.Call(second.ID).Outcome)
	other = harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	third := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	require.Contains(t, place(n, "13922222222"), "and has that place again")
	require.Contains(t, place(n, "13911111111"), "place 1, priority 5: the caller was in general until ", "he rang later, and is first")

	n.WaitMetric(1, "hotline_registrations")
	n.SetSeat("1001", "ready")
	got := n.WaitSeat("1001", "talking")
	rec := n.Call(got.Call)
	require.Equal(t, "13911111111", rec.Caller)
	require.InDelta(t, rec.AnsweredAt.Sub(rec.StartedAt.Time).Seconds(), rec.WaitSeconds, 0.5, "his wait is this call's, not the first one's")
	for _, r := range n.Calls("limit=50") {
		if r.Live() {
			n.Do("POST", "/api/v1/calls/"+string(r.ID)+"/hangup", nil, 204, nil)
		}
	}
	third.Done()
	other.Done()
}

// firstHeard is the first tenth of a second in which a frequency is heard, −1: none.
func firstHeard(heard []int16, hz float64) int {
	for i, f := range tone.Timeline(heard, rate) {
		if f > hz-15 && f < hz+15 {
			return i
		}
	}
	return -1
}

// TestOverflowToVoicemail has a queue without seats send its caller to its own
// mailbox, with no flow of the site's for it.
func TestOverflowToVoicemail(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["queues.yaml"] = strings.Replace(s["queues.yaml"], `[{when: full, to: "flow:busy"}]`, "[{when: no_seats, to: voicemail}]", 1)
	})})
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Steps: []string{harness.Pause(9000), harness.Info("#")}}).Done()
	r := n.WaitCalls(1)[0]
	require.Equal(t, call.OutcomeVoicemail, r.Outcome)
	require.Equal(t, "general", r.Recordings[0].Mailbox)
	require.Greater(t, r.Recordings[0].Seconds, 1.0)
	kinds := n.Call(r.ID).Kinds()
	require.Contains(t, kinds, "left_queue")
	require.Contains(t, kinds, "voicemail_left")
}
