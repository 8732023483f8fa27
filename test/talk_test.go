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

// pressing is a caller who presses keys after a second and then talks.
func pressing(keys string) []harness.Piece {
	return harness.Sound(harness.Tone(time.Second), harness.Keys(keys), harness.Tone(30*time.Second))
}

func TestMenuLeadsToEachQueue(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "1001", 1000, true)
	agent(t, n, "2001", 1200, true)
	agent(t, n, "4001", 1500, true)
	for key, want := range map[string]struct{ queue, seat string }{
		"1": {"general", "1001"}, "2": {"vip", "2001"}, "3": {"complaint", "4001"},
	} {
		c := harness.StartCaller(t, n, harness.Plan{Sound: pressing(key), Steps: []string{harness.Pause(3000)}, Bye: true})
		n.WaitSeat(want.seat, "announcing")
		c.Done()
		rec := newest(n)
		require.Equal(t, want.queue, rec.Queue, "key %s", key)
		require.Equal(t, call.SeatID(want.seat), rec.Agent, "key %s", key)
	}
}

// newest is the record of the call that came last, once it has ended.
func newest(n *harness.Node) call.Record {
	var rec call.Record
	n.Eventually(func() bool {
		all := n.Calls("limit=1")
		if len(all) == 0 || all[0].Live() {
			return false
		}
		rec = all[0]
		return true
	}, "the newest call should have ended")
	return rec
}

// measured is the newest record once it tells what so many legs sounded like, which comes a moment after the call's end.
func measured(n *harness.Node, legs int) (rec call.Record) {
	n.Eventually(func() bool { rec = newest(n); return len(rec.Quality) == legs }, "%d legs should have been measured", legs)
	return rec
}

func TestKeysBySIPInfo(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "4001", 1500, true)
	c := harness.StartCaller(t, n, harness.Plan{Steps: []string{harness.Pause(500), harness.Info("3"), harness.Pause(2500)}, Bye: true})
	n.WaitSeat("4001", "announcing")
	c.Done()
	require.Equal(t, "complaint", newest(n).Queue)
}

// TestVIPGoesFirst has a normal caller waiting for longer than the VIP; the one
// free seat goes to the VIP, because nine points of priority count as minutes.
func TestVIPGoesFirst(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["queues.yaml"] = strings.ReplaceAll(s["queues.yaml"], "groups: [vip]", "groups: [vip, general]")
		s["queues.yaml"] = strings.ReplaceAll(s["queues.yaml"], "skills: {vip: 3}", "skills: {general: 1}")
	})})
	phone := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true})
	normal := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	vip := harness.StartCaller(t, n, harness.Plan{From: "13800000001"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="vip"`)
	n.SetSeat("1001", "ready")
	seat := n.WaitSeat("1001", "talking")
	require.Equal(t, "13800000001", n.Call(seat.Call).Caller)
	phone.Do("hangup")
	vip.Done() // who hears the survey out
	n.Eventually(func() bool { now := n.Seat("1001"); return now.State == "talking" && now.Call != seat.Call }, "then the other")
	phone.Do("hangup")
	normal.Done()
	for _, rec := range n.WaitCalls(2) {
		require.Equal(t, call.OutcomeAnswered, rec.Outcome)
	}
}

func TestNoAnswerGoesToTheNextAgentAndTheCallerKeepsHisPlace(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "1001", 1000, false) // ready for longest, does not pick up
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitSeat("1001", "offered")
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(2, "hotline_queue_waiting", `queue="general"`)
	s := n.WaitSeat("1001", "break")
	require.Equal(t, "no_answer", s.Reason)
	other := harness.StartPhone(t, n, harness.PhoneConfig{User: "1002", Password: "pw-1002", Hz: 1200, Answer: true})
	n.SetSeat("1002", "ready")
	rec := n.Call(n.WaitSeat("1002", "talking").Call)
	require.Equal(t, "13911111111", rec.Caller, "who came first is served first, though his first offer failed")
	require.Equal(t, 2, count(rec.Kinds(), "offered"))
	other.Do("hangup")
	first.Done()
	n.Eventually(func() bool { s := n.Seat("1002"); return s.State == "talking" && s.Call != rec.ID }, "then the second")
	other.Do("hangup")
	second.Done()
	require.Equal(t, 1.0, n.Metric("hotline_offers_total", `result="no_answer"`))
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func TestCallerLeavesWhileRinging(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, false)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{harness.Pause(1500)}, Bye: true})
	n.WaitSeat("1001", "offered")
	c.Done()
	phone.WaitOutput("session closed") // the phone stops at once
	n.WaitSeat("1001", "ready")
	rec := newest(n)
	require.Equal(t, call.OutcomeAbandoned, rec.Outcome)
	require.Equal(t, call.PartyCaller, *rec.EndedBy)
	require.Equal(t, 1.0, n.Metric("hotline_offers_total", `result="withdrawn"`))
	require.Equal(t, 1.0, n.Metric("hotline_queue_abandoned_total", `queue="general"`))
}

func TestAgentRefuses(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, false)
	other := agent(t, n, "1002", 1200, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitSeat("1001", "offered")
	phone.Do("hangup") // 486 or 603
	require.Equal(t, "declined", n.WaitSeat("1001", "break").Reason)
	n.WaitSeat("1002", "talking")
	other.Do("hangup")
	c.Done()
	require.Equal(t, call.SeatID("1002"), newest(n).Agent)
}

func TestAgentHoldsAndTheCallerHearsMusic(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > time.Second }, "the caller hears the agent")
	phone.Do("hold")
	n.WaitSeat("1001", "held")
	before := len(wire.Heard(c.RTP))
	n.Eventually(func() bool { return len(wire.Heard(c.RTP)) > before+3*rate }, "something is sent to the caller on hold")
	held := wire.Heard(c.RTP)[before+rate/2:]
	require.Zero(t, tone.Heard(held, rate, 1000), "the agent is not heard on hold")
	require.Greater(t, tone.Loudness(held), 100.0, "music is")
	phone.Do("resume")
	n.WaitSeat("1001", "talking")
	before = len(wire.Heard(c.RTP))
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP)[before:], rate, 1000) > time.Second }, "the caller hears the agent again")
	phone.Do("hangup")
	c.Done()
	rec := newest(n)
	require.Greater(t, rec.HoldSeconds, 2.0)
	require.Equal(t, call.OutcomeAnswered, rec.Outcome)
}

func TestCallerHoldsAndResumes(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{
		To: "10001", Steps: []string{harness.Pause(8000), harness.Hold(), harness.Pause(2000), harness.Resume(), harness.Pause(2000)}, Bye: true,
	})
	c.Done()
	rec := newest(n)
	require.InDelta(t, 2, rec.HoldSeconds, 0.8)
	kinds := n.Call(rec.ID).Kinds()
	require.Equal(t, 1, count(kinds, "held"))
	require.Equal(t, 1, count(kinds, "resumed"))
}

func TestSurveyAnswerIsStored(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{
		Sound: harness.Sound(harness.Tone(time.Second), harness.Keys("1"), harness.Tone(9*time.Second), harness.Keys("2"), harness.Tone(10*time.Second)),
	})
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	rec := newest(n)
	require.NotNil(t, rec.Survey)
	require.Equal(t, "satisfied", *rec.Survey)
	require.Equal(t, call.PartySystem, *rec.EndedBy)
}

func TestVoicemail(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	c := harness.StartCaller(t, n, harness.Plan{To: "10002", Hz: 620, Steps: []string{harness.Pause(4000)}, Bye: true})
	c.Done()
	rec := newest(n)
	require.Equal(t, call.OutcomeVoicemail, rec.Outcome)
	require.Len(t, rec.Recordings, 1)
	w, err := tone.ReadWAV(n.Audio(rec.Recordings[0].ID))
	require.NoError(t, err)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 620), 2*time.Second)
	require.Less(t, tone.Loudness(w.Channels[1]), 10.0, "A-law's silence is not quite zero")
}

func TestWhoIsTurnedAwayAtTheDoor(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	harness.StartCaller(t, n, harness.Plan{To: "99999", Expect: 404}).Done()
	require.Equal(t, call.OutcomeRefused, newest(n).Outcome)
	harness.StartCaller(t, n, harness.Plan{From: "13900000009", Expect: 603}).Done()
	harness.StartCaller(t, n, harness.Plan{Codecs: "3", Expect: 488}).Done()
	require.Len(t, n.WaitCalls(3), 3)
	harness.StartCaller(t, n, harness.Plan{Source: "127.0.0.2", Expect: 403}).Done()
	require.Len(t, n.Calls(""), 3, "strangers leave no record")
	require.Equal(t, 1.0, n.Metric("hotline_sip_refused_total", "stranger")+n.Metric("hotline_sip_refused_total", "trunk"))
}

func TestLateOffer(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Late: true})
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1000) > time.Second }, "the caller hears the agent")
	phone.Do("hangup")
	c.Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	require.GreaterOrEqual(t, tone.Heard(phone.HeardSamples(), rate, 440), time.Second/2)
}

func TestCallOverTCP(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", TCP: true})
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
}

func TestOverflowToAnotherQueueKeepsTheEntryTime(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	phone := agent(t, n, "1001", 1000, true) // nobody for complaint: no_seats
	c := harness.StartCaller(t, n, harness.Plan{Sound: pressing("3")})
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	rec := newest(n)
	require.Equal(t, "general", rec.Queue)
	require.Equal(t, []string{"complaint", "general"}, rec.Queues())
}
