package live

import (
	"testing"
	"time"

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

// TestWaitingCallersAreHeard has what a waiting caller hears listen to him: until he is heard, and no longer than he waits for this
// queue, whatever ends that. A seat that has him is heard by nobody.
func TestWaitingCallersAreHeard(t *testing.T) {
	listens := func(s *stageSet) {
		s.sound("caller", call.SoundDigit{Digit: '5'})
		require.Equal(t, []string{"listen caller asr", "play caller [say] loop=false"}, s.did[len(s.did)-2:])
	}
	const token = tokenRoom + 9
	hearing(t, func(s *stageSet) {
		listens(s)
		s.says(FlowNews{Input: call.FlowSpeech{Token: token}})
		require.Equal(t, "stop caller", s.did[len(s.did)-1])
		mark := len(s.did)
		s.says(FlowNews{Input: call.FlowHeard{Token: token, Intent: "back"}})
		require.Equal(t, []string{"unlisten over=false", entered, music}, s.since(mark))
	})
	hearing(t, func(s *stageSet) {
		listens(s)
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		leg := s.journal[len(s.journal)-1].Event.(call.Offered).Leg
		s.leg(leg, call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
		mark := len(s.did)
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		require.Contains(t, s.since(mark), "unlisten over=false")
		inputs := len(s.inputs)
		s.says(FlowNews{Input: call.FlowHeard{Token: token, Intent: "back"}})
		require.Len(t, s.inputs, inputs, "what he has said is nobody's")
	})
	for name, out := range map[string]Overflowed{
		"another queue": {From: "general", Rule: "waited", Queue: "vip", Reason: "r"}, "a flow": {From: "general", Rule: "waited", Flow: "busy", Reason: "r"},
	} {
		hearing(t, func(s *stageSet) {
			listens(s)
			mark := len(s.did)
			s.says(out, Placed{Queue: "vip", Entry: time.Now(), Position: 1})
			require.Contains(t, s.since(mark), "unlisten over=false", name)
		})
	}
	hearing(t, func(s *stageSet) {
		listens(s)
		reply := make(chan error, 2)
		s.says(Fork{Engine: "all", On: true, Reply: reply}, Record{Paused: true, Party: call.PartySystem, Reason: "asked", Reply: reply})
		require.NoError(t, <-reply)
		require.NoError(t, <-reply)
		require.Equal(t, call.FlowFault{Token: token, Words: "the caller's sound is withheld"}, s.inputs[len(s.inputs)-1])
	})
	perform(t, func(s *stageSet) { s.heard = waitingFlow }, func(s *stageSet) {
		s.queued()
		listens(s)
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "unlisten over=true", "he hangs up")
	})
	hearing(t, func(s *stageSet) {
		listens(s)
		mark := len(s.did)
		s.says(Urgent{Prompt: "storm"})
		require.NotContains(t, s.since(mark), "unlisten over=false", "a notice sounds over it")
	})
}
