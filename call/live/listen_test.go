package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// listens has the flow begin by listening, and go on by what is heard.
func listens(s *stageSet) {
	s.verbs["FlowStarted"] = []call.FlowVerb{call.FlowListen{Token: 7, Service: "asr"}, call.FlowPlay{Token: 8, Prompts: []string{"ask"}}}
	s.verbs["FlowSpeech"] = []call.FlowVerb{call.FlowStop{}}
	s.verbs["FlowHeard"] = []call.FlowVerb{call.FlowMenu{Node: "ask", Intent: "bill"}, call.FlowEnqueue{Token: 9, Queue: "general"}}
	s.verbs["FlowDigit1"] = []call.FlowVerb{call.FlowStop{}, call.FlowListenStop{}}
	s.verbs["FlowFault"] = []call.FlowVerb{call.FlowPlay{Token: 10, Prompts: []string{"by_keys"}}}
}

func TestFlowHearsTheCaller(t *testing.T) {
	perform(t, listens, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Equal(t, []string{"listen caller asr", "play caller [ask] loop=false"}, s.did[len(s.did)-2:])
		mark := len(s.did)
		s.says(FlowNews{Input: call.FlowSpeech{Token: 7}})
		require.Equal(t, []string{"stop caller"}, s.since(mark))
		s.says(FlowNews{Input: call.FlowHeard{Token: 7, Intent: "bill"}})
		require.Equal(t, "unlisten over=false", s.since(mark)[1], "its ring is taken away")
		require.Contains(t, s.since(mark), "enqueue general again=false")
		for _, e := range s.journal {
			if menu, ok := e.Event.(call.MenuEnded); ok {
				require.Equal(t, call.MenuEnded{Node: "ask", Intent: "bill"}, menu)
			}
		}
		mark = len(s.did)
		s.says(FlowNews{Input: call.FlowSpeech{Token: 7}}, FlowNews{Input: call.FlowFault{Token: 7}})
		require.Empty(t, s.since(mark), "he is in a queue")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestNobodyListensLongerThanTheFlow(t *testing.T) {
	perform(t, listens, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.leg("caller", call.LegDigit{Digit: '1'})
		require.Equal(t, []string{"stop caller", "unlisten over=false"}, s.did[len(s.did)-2:])
		mark := len(s.did)
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotContains(t, s.since(mark), "unlisten over=true", "nobody does any more")
	})
	perform(t, listens, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.leg("caller", call.LegEnded{ByPeer: true}) // he hangs up as he is heard
		require.Contains(t, s.did, "unlisten over=true")
	})
	perform(t, listens, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.says(FlowNews{Input: call.FlowFault{Token: 7, Words: "asr: it is away"}})
		require.Equal(t, []string{"unlisten over=false", "play caller [by_keys] loop=false"}, s.did[len(s.did)-2:])
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestNobodyListensWhileSoundIsWithheld(t *testing.T) {
	perform(t, listens, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		reply := make(chan error, 1)
		s.says(Fork{Engine: "all", On: true, Reply: reply})
		require.NoError(t, <-reply)
		paused := make(chan error, 1)
		s.says(Record{Paused: true, Party: call.PartySystem, Reason: "asked", Reply: paused})
		require.NoError(t, <-paused)
		require.Contains(t, s.did, "unlisten over=false")
		require.Equal(t, "play caller [by_keys] loop=false", s.did[len(s.did)-1])
		mark := len(s.did)
		s.verbs["FlowPlayed"] = []call.FlowVerb{call.FlowListen{Token: 11, Service: "asr"}}
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Equal(t, []string{"play caller [by_keys] loop=false"}, s.since(mark), "a fault at once")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}
