package live

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// forks has somebody outside want an engine to hear the call, or no longer.
func (s *stageSet) forks(engine string, on bool) error {
	reply := make(chan error, 1)
	s.says(Fork{Engine: engine, On: on, Reason: "asked by qa", Reply: reply})
	return <-reply
}

// forking are the lines of what was done that concern engines.
func (s *stageSet) forking(mark int) (lines []string) {
	for _, line := range s.did[mark:] {
		for _, word := range []string{"fork ", "unfork ", "voices ", "quiet ", "* fork"} {
			if strings.HasPrefix(line, word) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func TestEnginesOfTrunkAndQueueHearTheCall(t *testing.T) {
	perform(t, func(s *stageSet) { s.fork, s.rule.Fork = "all", "talk" }, func(s *stageSet) {
		require.Equal(t, []string{`fork all "" quiet=false`, "voices caller|[]", "* fork_began"}, s.forking(0))
		s.talking()
		require.Equal(t, []string{
			`fork talk "general" quiet=false`, "voices caller|[]", "* fork_began", "voices caller|[seat1]",
		}, s.forking(0)[3:])
		mark := len(s.did)
		require.NoError(t, s.asks(true))
		require.NoError(t, s.asks(false))
		require.Equal(t, []string{"quiet true", "quiet false"}, s.forking(mark))
		mark = len(s.did)
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.forking(mark), "unfork talk over=false")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Contains(t, s.forking(mark), "unfork all over=true")
	})
}

func TestAnEngineOnDemand(t *testing.T) {
	perform(t, func(s *stageSet) { s.rule = RecordingRule{Words: "never"} }, func(s *stageSet) {
		s.talking()
		mark := len(s.did)
		require.Equal(t, call.CodeNotFound, call.CodeOf(s.forks("asr", false)), "it does not hear the call")
		require.NoError(t, s.forks("asr", true))
		require.NoError(t, s.forks("asr", true), "twice is once")
		require.NoError(t, s.asks(true), "what is not recorded can be paused all the same")
		require.NoError(t, s.asks(false))
		require.ErrorContains(t, s.asks(false), "not even when asked")
		require.NoError(t, s.forks("asr", false))
		require.Equal(t, []string{
			`fork asr "general" quiet=false`, "voices caller|[seat1]", "* fork_began", "quiet true", "quiet false", "unfork asr over=false", "* fork_ended",
		}, s.forking(mark))
		s.fail.fork = errors.New("there are too many")
		require.EqualError(t, s.forks("asr", true), "there are too many")
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, call.CodeConflict, call.CodeOf(s.forks("asr", true)), "the call is over")
	})
}

// TestSecretsAreHeardByNoEngine: also where nothing is recorded.
func TestSecretsAreHeardByNoEngine(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.fork = "all"
		s.verbs["FlowDigit2"] = []call.FlowVerb{call.FlowEnter{Flow: "main", Node: "pin", Kind: "collect", Secret: true}}
		s.verbs["FlowDigit3"] = []call.FlowVerb{call.FlowEnter{Flow: "main", Node: "menu", Kind: "menu"}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		mark := len(s.did)
		s.leg("caller", call.LegDigit{Digit: '2'})
		require.NoError(t, s.forks("late", true))
		s.leg("caller", call.LegDigit{Digit: '3'})
		require.Equal(t, []string{"quiet true", `fork late "" quiet=true`, "voices caller|[]", "* fork_began", "quiet false"}, s.forking(mark))
		s.pass(time.Second)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestACallGoesOnWithoutItsEngine(t *testing.T) {
	perform(t, func(s *stageSet) { s.fork, s.fail.fork = "all", errors.New("none") }, func(s *stageSet) {
		s.talking()
		require.NotContains(t, s.kinds(), "fork_began")
		s.leg("seat1", call.LegEnded{ByPeer: true})
	})
}

// Recorders outside take a queue's conversation as engines do: they are told who speaks, and what they make of it is filed.
func TestRecordersOutsideTakeAConversation(t *testing.T) {
	perform(t, func(s *stageSet) { s.recorders = []string{"law"} }, func(s *stageSet) {
		require.Empty(t, s.forking(0), "not before somebody has picked up")
		s.talking()
		require.Equal(t, []string{
			`fork law "general" quiet=false`, "voices caller|[]", "* fork_began", "voices caller|[seat1]",
		}, s.forking(0))
		require.Equal(t, []Speaker{{Leg: "caller", Number: "13800138000"}, {Leg: "seat1", Seat: "1001", Phone: "1001"}}, s.voices)
		s.says(RecorderNews{Recorder: "law", Session: "S1", Taken: true}, RecorderNews{Recorder: "law", Words: "the recorder has hung up"})
		mark := len(s.did)
		require.NoError(t, s.asks(true))
		require.Equal(t, []string{"quiet true"}, s.forking(mark))
		mark = len(s.did)
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.forking(mark), "unfork law over=false")
		require.Subset(t, s.kinds(), []string{"siprec_taken", "siprec_lost", "fork_ended"})
		r, err := call.Fold(s.journal...)
		require.NoError(t, err)
		require.Len(t, r.Recorders, 1)
		require.Equal(t, []any{"law", "S1", 1, "the recorder has hung up"}, []any{r.Recorders[0].Name, r.Recorders[0].Session, r.Recorders[0].Failures, r.Recorders[0].Failed})
		require.False(t, r.Recorders[0].TakenAt.IsZero())
		require.False(t, r.Recorders[0].EndedAt.IsZero())
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}
