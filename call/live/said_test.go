package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestFlowSaysTextsOfTheCall(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.verbs["FlowStarted"] = []call.FlowVerb{call.FlowRender{Token: 7, Texts: []call.FlowText{{Text: "you owe 12", Language: "en"}}}, call.FlowTimer{Token: 8, After: 1e9}}
		s.verbs["FlowRendered"] = []call.FlowVerb{call.FlowTimerStop{}, call.FlowPlay{Token: 9, Prompts: []string{"said:7:0"}}}
		s.verbs["FlowTimedOut"] = []call.FlowVerb{call.FlowRenderStop{Late: true}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Equal(t, "render [{you owe 12 en  false}]", s.did[len(s.did)-1])
		mark := len(s.did)
		s.says(FlowNews{Input: call.FlowRendered{Token: 7, Prompts: []string{"said:7:0"}}, Sound: "sounds"})
		require.Equal(t, []string{"rendered sounds", "play caller [said:7:0] loop=false"}, s.since(mark), "the sound is there before it is played")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, func(s *stageSet) {
		s.verbs["FlowStarted"] = []call.FlowVerb{call.FlowRender{Token: 7}, call.FlowTimer{Token: 8, After: 1e9}}
		s.verbs["FlowTimedOut"] = []call.FlowVerb{call.FlowRenderStop{Late: true}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.pass(1e9)
		require.Equal(t, "unrender late=true", s.did[len(s.did)-1])
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestWaitingCallersHearTextsOfTheirs(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.heard = func(in call.FlowInput, base uint64) []call.FlowVerb {
			switch in.(type) {
			case call.FlowStarted:
				return []call.FlowVerb{call.FlowRender{Token: base + 1, Texts: []call.FlowText{{Text: "three ahead"}}}}
			case call.FlowRendered:
				return []call.FlowVerb{call.FlowPlay{Token: base + 2, Prompts: []string{"said"}}}
			}
			return nil
		}
	}, func(s *stageSet) {
		s.queued()
		require.Contains(t, s.did, "render [{three ahead   false}]")
		s.says(FlowNews{Input: call.FlowRendered{Token: tokenRoom + 1}, Sound: "sounds"})
		require.Equal(t, []string{"rendered sounds", "play caller [said] loop=false"}, s.did[len(s.did)-2:])
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}
