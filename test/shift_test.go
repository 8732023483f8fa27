package test

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

const (
	shiftAgent = 1000 // Hz, the agent's tone
	shiftLead  = 1750
)

// aShift is a lead who is to follow agent 1001.
type aShift struct {
	n        *harness.Node
	one      *harness.Phone
	lead     *harness.Phone
	asLead   *harness.API
	path     string
	customer *line
}

func follows(t *testing.T) *aShift {
	t.Helper()
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	s := &aShift{n: n, one: agent(t, n, "1001", shiftAgent, true), lead: agent(t, n, "1900", shiftLead, true), path: "/api/v1/seats/1001/supervise"}
	n.SetSeat("1900", "busy")
	s.asLead = n.As("1900", "pw-1900")
	s.asLead.Do(http.MethodPost, s.path, map[string]string{}, http.StatusNoContent, nil) // the agent is idle
	n.WaitSeat("1900", "talking")
	s.lead.WaitOutput("Call established")
	return s
}

// listens is one call of the agent's that the lead is in.
func (s *aShift) listens(t *testing.T) call.ID {
	t.Helper()
	s.customer = dialIn(t, s.n, "10001")
	id := s.n.WaitSeat("1001", "talking").Call
	s.n.Eventually(func() bool { return count(s.n.Call(id).Kinds(), "supervisor_joined") == 1 }, "the lead listens")
	require.Equal(t, id, s.n.Seat("1900").Call)
	return id
}

// over is the end of it: the lead stays on the line.
func (s *aShift) over(t *testing.T, id call.ID) {
	t.Helper()
	s.customer.caller.Bye()
	s.n.WaitSeat("1001", "ready")
	s.n.Eventually(func() bool {
		return count(s.n.Call(id).Kinds(), "supervisor_left") == 1 && s.n.Seat("1900").Call == ""
	}, "the lead is out of the call")
	require.Equal(t, "talking", s.n.Seat("1900").State, "and on the line, where routing offers him nothing")
}

// rung is how often the lead's phone was.
func (s *aShift) rung() int { return strings.Count(s.lead.Output(), "answering call on line") }

// TestAnAgentIsFollowed: a lead is rung once, with the agent idle, and hears the agent and both customers, one call after the other, and
// nobody between; nobody hears him, until he joins in. He is rung no second time.
func TestAnAgentIsFollowed(t *testing.T) {
	t.Parallel()
	s := follows(t)
	first := s.listens(t)
	s.customer.callerSound.Play(440, 1500*time.Millisecond)
	quiet := s.customer.callerSound.Heard(0)
	s.over(t, first)
	time.Sleep(1500 * time.Millisecond) // between the calls, to be judged below
	second := s.listens(t)
	s.customer.callerSound.Play(620, 1500*time.Millisecond)
	quiet = append(quiet, s.customer.callerSound.Heard(0)...)
	s.asLead.Do(http.MethodPost, "/api/v1/calls/"+string(second)+"/supervise", map[string]string{"mode": "barge"}, http.StatusNoContent, nil)
	from := s.customer.callerSound.Packets()
	s.n.Eventually(func() bool {
		mixed := tone.Detect(s.customer.callerSound.Heard(from), rate, shiftAgent, shiftLead)
		return min(mixed[shiftAgent], mixed[shiftLead]) > 0.05
	}, "the customer hears both")
	s.over(t, second)
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNoContent, nil)
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNotFound, nil)
	s.n.WaitSeat("1900", "busy")

	require.Equal(t, 1, s.rung(), "one INVITE in all")
	s.lead.WaitOutput("session closed")
	all := s.lead.HeardSamples()
	require.Greater(t, len(all), 5*rate, "the phone has written down what it heard")
	listened := tone.Detect(all, rate, 440, 620, shiftAgent)
	require.Greater(t, min(listened[440], listened[620], listened[shiftAgent]), 0.02, "the lead heard the agent and both customers: %v", listened)
	require.Greater(t, longestSilence(all), 1200*time.Millisecond, "the line is fed between the calls, with silence")
	require.Zero(t, tone.Heard(quiet, rate, shiftLead), "and nobody heard him listen")
	require.Greater(t, tone.Heard(quiet, rate, shiftAgent), time.Second)
	for _, id := range []call.ID{first, second} {
		require.Equal(t, []string{"seat_called", "seat_call_ended", "supervisor_joined"}, aboutLead(s.n, id)[:3])
	}
	nothingLeft(t, s.n)
}

// longestSilence is the longest stretch between two sounds.
func longestSilence(samples []int16) (longest time.Duration) {
	const step = rate / 20
	loud := -1
	for i := 0; i+step <= len(samples); i += step {
		if slices.Max(samples[i:i+step]) < 200 {
			continue
		}
		if loud >= 0 {
			longest = max(longest, time.Duration(i-loud)*time.Second/rate)
		}
		loud = i + step
	}
	return longest
}

// aboutLead are the kinds of a call's events about a supervisor.
func aboutLead(n *harness.Node, id call.ID) (kinds []string) {
	for _, k := range n.Call(id).Kinds() {
		if strings.HasPrefix(k, "seat_call") || strings.HasPrefix(k, "supervisor") {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// TestFollowingEnds: when the agent signs out; when the lead hangs up in a call, which goes on; when he takes the customer over.
func TestFollowingEnds(t *testing.T) {
	t.Parallel()
	s := follows(t)
	s.n.SetSeat("1001", "offline")
	s.n.WaitSeat("1900", "busy")
	s.lead.WaitOutput("session closed")
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNotFound, nil)
	s.asLead.Do(http.MethodPost, s.path, map[string]string{}, http.StatusConflict, nil)

	s.n.SetSeat("1001", "ready")
	s.n.WaitSeat("1001", "ready")
	s.asLead.Do(http.MethodPost, s.path, map[string]string{}, http.StatusNoContent, nil)
	id := s.listens(t)
	s.lead.Do("hangup")
	s.n.WaitSeat("1900", "busy")
	s.customer.hears(shiftAgent)
	require.Equal(t, 1, count(s.n.Call(id).Kinds(), "supervisor_left"))
	s.customer.caller.Bye()
	s.n.WaitSeat("1001", "ready")
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNotFound, nil)

	s.asLead.Do(http.MethodPost, s.path, map[string]string{}, http.StatusNoContent, nil)
	id = s.listens(t)
	s.asLead.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/supervise", map[string]string{"mode": "intercept"}, http.StatusNoContent, nil)
	s.customer.hears(shiftLead)
	s.n.WaitSeat("1001", "ready")
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNotFound, nil)
	s.customer.caller.Bye()
	s.n.WaitSeat("1900", "busy")
	require.Equal(t, 3, s.rung(), "once each time")
	nothingLeft(t, s.n)
}

// TestShiftsEndWithTheNode: a line between calls gets its BYE when the node drains, which it does not hold up, and when it starts after a crash.
func TestShiftsEndWithTheNode(t *testing.T) {
	t.Parallel()
	s := follows(t)
	s.n.Kill()
	s.n.Start()
	s.lead.WaitOutput("session closed")
	nothingLeft(t, s.n)
	s.n.WaitSeat("1001", "ready")
	s.n.WaitSeat("1900", "busy")
	s.asLead = s.n.As("1900", "pw-1900")
	s.asLead.Do(http.MethodDelete, s.path, nil, http.StatusNotFound, nil)
	s.asLead.Do(http.MethodPost, s.path, map[string]string{"mode": "whisper"}, http.StatusNoContent, nil)
	s.n.Eventually(func() bool { return strings.Count(s.lead.Output(), "Call established") == 2 }, "the lead is on the line again")
	s.n.Signal(syscall.SIGTERM)
	require.Zero(t, s.n.Wait(10*time.Second), "exit code: %s", s.n.Output())
	require.Equal(t, 2, strings.Count(s.lead.Output(), "session closed"))
}
