package test

import (
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

// firstHeard is the first tenth of a second in which a frequency is heard, −1: none.
func firstHeard(heard []int16, hz float64) int {
	for i, f := range tone.Timeline(heard, rate) {
		if f > hz-15 && f < hz+15 {
			return i
		}
	}
	return -1
}
