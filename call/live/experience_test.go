package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// hearing brings a call to a queue whose callers hear a flow: a prompt, then music with keys; 2 leaves a message, 1 wants a callback.
func hearing(t *testing.T, act func(*stageSet)) {
	t.Helper()
	perform(t, func(s *stageSet) {
		s.heard = waitingFlow
		s.verbs["FlowOverflowed"] = []call.FlowVerb{call.FlowHangup{Cause: call.CauseFlowEnd}}
	}, func(s *stageSet) {
		s.queued()
		act(s)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func waitingFlow(in call.FlowInput, base uint64) []call.FlowVerb {
	enter := func(node, kind string) call.FlowVerb {
		return call.FlowEnter{Flow: "waiting", Node: node, Kind: kind, Why: "w"}
	}
	music := []call.FlowVerb{enter("music", "wait"), call.FlowMusic{}, call.FlowTimer{Token: base + 2, After: 20 * time.Second}}
	switch in := in.(type) {
	case call.FlowSpeech:
		return []call.FlowVerb{call.FlowStop{}}
	case call.FlowHeard:
		return music
	case call.FlowStarted:
		return []call.FlowVerb{enter("hello", "play"), call.FlowPlay{Token: base + 1, Prompts: []string{"hello"}}}
	case call.FlowPlayed:
		if in.Token == base+7 {
			return []call.FlowVerb{call.FlowHangup{Cause: call.CauseFlowEnd}}
		}
		return music
	case call.FlowFault, call.FlowAnswered:
		if f, ok := in.(call.FlowFault); ok && f.Token == base+3 {
			return []call.FlowVerb{call.FlowMusic{}}
		}
		return append(music, call.FlowPlay{Token: base + 7, Prompts: []string{"called"}})
	case call.FlowTimedOut:
		return []call.FlowVerb{enter("place", "say"), call.FlowPlace{Token: base + 4}}
	case call.FlowPlaced:
		return []call.FlowVerb{call.FlowPlay{Token: base + 5, Prompts: []string{"place"}}}
	case call.FlowLeft:
		return []call.FlowVerb{enter("message", "voicemail"), call.FlowPlay{Token: base + 7, Prompts: []string{"beep"}}}
	case call.FlowDigit:
		switch in.Digit {
		case '1':
			return []call.FlowVerb{call.FlowTimerStop{}, call.FlowCallBack{Token: base + 6, Number: "13900000000"}}
		case '2':
			return []call.FlowVerb{call.FlowTimerStop{}, call.FlowLeave{Token: base + 3, To: "voicemail"}}
		case '3':
			return []call.FlowVerb{call.FlowAsk{Token: base + 8, Service: "crm", Method: "GET", Music: "calm"}, call.FlowMenu{Node: "m", Digits: "3"}}
		case '5':
			return []call.FlowVerb{call.FlowTimerStop{}, call.FlowListen{Token: base + 9, Service: "asr"}, call.FlowPlay{Token: base + 10, Prompts: []string{"say"}}}
		case '4':
			return []call.FlowVerb{call.FlowHangup{}, call.FlowStop{}, call.FlowTicket{Token: base + 8, Kind: "k"}}
		}
	}
	return nil
}

const (
	hello   = "play caller [hello] loop=false"
	entered = "* node_entered"
)

func TestWaitingCallersHearAFlow(t *testing.T) {
	hearing(t, func(s *stageSet) {
		require.Contains(t, s.did, "experience of general from 1")
		require.Equal(t, hello, s.did[len(s.did)-1])
		mark := len(s.did)
		s.said()
		require.Equal(t, []string{entered, music}, s.since(mark))
		mark = len(s.did)
		s.pass(20*time.Second - time.Millisecond)
		require.Empty(t, s.since(mark))
		s.pass(time.Millisecond)
		require.Equal(t, []string{"place?", entered}, s.since(mark))
		mark = len(s.did)
		s.stands(3, 4)
		require.Equal(t, []string{"play caller [place] loop=false"}, s.since(mark), "the notices of the queue are silent")
		placed := s.inputs[len(s.inputs)-1].(call.FlowPlaced)
		require.Equal(t, 3, placed.Ahead)
		require.Equal(t, 4*time.Minute, *placed.Wait)
		for _, e := range s.journal {
			if ev, ok := e.Event.(call.NodeEntered); ok && ev.Flow == "waiting" {
				require.True(t, ev.Waiting)
			}
			require.NotEqual(t, "flow_began", e.Event.Kind()+map[bool]string{true: "", false: "!"}[e.Seq > 5], "the flow that put him here goes on")
		}
	})
}

// TestASeatEndsItInTheSameStep: whatever it is at, and what comes of it afterwards is nobody's.
func TestASeatEndsItInTheSameStep(t *testing.T) {
	for name, at := range map[string]func(*stageSet){
		"a prompt":             func(*stageSet) {},
		"music":                (*stageSet).said,
		"its place is asked":   func(s *stageSet) { s.said(); s.pass(20 * time.Second) },
		"a service is asked":   func(s *stageSet) { s.sound("caller", call.SoundDigit{Digit: '3'}) },
		"he wants to leave":    func(s *stageSet) { s.sound("caller", call.SoundDigit{Digit: '2'}) },
		"he wants a callback":  func(s *stageSet) { s.sound("caller", call.SoundDigit{Digit: '1'}) },
		"something is noticed": func(s *stageSet) { s.says(Urgent{Prompt: "storm"}) },
	} {
		t.Run(name, func(t *testing.T) {
			hearing(t, func(s *stageSet) {
				at(s)
				s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
				leg := s.journal[len(s.journal)-1].Event.(call.Offered).Leg
				s.leg(leg, call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
				inputs, play := len(s.inputs), s.play
				s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
				s.says(Stays{Words: "a seat has him"}, BackRefused{Words: "a seat has him"}, Where{Queue: "general"}, FlowNews{Input: call.FlowAnswered{Token: 1<<32 + 8}})
				s.sound("caller", call.SoundPlayed{Play: play})
				s.sound("caller", call.SoundDigit{Digit: '2'})
				s.sound("caller", call.SoundPlayed{Play: s.play - 1})
				s.sound(leg, call.SoundPlayed{Play: s.play})
				require.Equal(t, StageTalking, s.a.stage)
				s.pass(time.Minute)
				require.Len(t, s.inputs, inputs, "nothing is told to what he heard")
				require.NotContains(t, s.kinds(), "left_queue")
			})
		})
	}
}

func TestNoticesInterruptAndItBeginsAnew(t *testing.T) {
	hearing(t, func(s *stageSet) {
		mark := len(s.did)
		s.says(Urgent{Prompt: "storm", Reason: "r"})
		require.Equal(t, []string{told, "play caller [storm] loop=false"}, s.since(mark))
		mark = len(s.did)
		s.said()
		require.Equal(t, []string{hello}, s.since(mark), "the prompt begins anew")
		s.said()
		s.pass(15 * time.Second)
		s.says(Urgent{Prompt: "flood", Reason: "r"})
		s.pass(15 * time.Second)
		require.NotContains(t, s.did, "place?", "its clock stands")
		mark = len(s.did)
		s.said()
		require.Equal(t, []string{music}, s.since(mark))
		s.pass(20*time.Second - time.Millisecond)
		require.NotContains(t, s.did, "place?")
		s.pass(time.Millisecond)
		require.Contains(t, s.did, "place?")
		s.says(Urgent{Prompt: "wind", Reason: "r"})
		mark = len(s.did)
		s.stands(0, 0)
		require.Empty(t, s.since(mark), "what it says waits for the end of the notice")
		s.said()
		require.Equal(t, []string{"play caller [place] loop=false"}, s.since(mark))
	})
}

func TestAQuestionHasItsKeys(t *testing.T) {
	hearing(t, func(s *stageSet) {
		inputs := len(s.inputs)
		s.says(BackOffered{Queue: "general", Reason: "r"})
		s.sound("caller", call.SoundDigit{Digit: '2'})
		require.Len(t, s.inputs, inputs, "2 answers the question")
		s.said()
		s.sound("caller", call.SoundDigit{Digit: '2'})
		require.Contains(t, s.did, "leave general to voicemail", "and now it is the flow's")
	})
}

func TestWhoLeavesTheQueueGoesOnInWhatHeHeard(t *testing.T) {
	hearing(t, func(s *stageSet) {
		entry := time.Now().Add(-time.Minute)
		s.leg("caller", call.LegDigit{Digit: '2'})
		mark := len(s.did)
		s.says(Overflowed{From: "general", Rule: RuleChoice, Reason: "r", Place: Place{Entry: entry}})
		require.Equal(t, []string{"stop caller", "* left_queue", "* flow_began", entered, "play caller [beep] loop=false"}, s.since(mark))
		require.Equal(t, call.LeftQueue{Queue: "general", Rule: "choice", To: "voicemail", Reason: "r"}, s.journal[len(s.journal)-3].Event)
		require.Equal(t, StageFlow, s.a.stage)
		require.Equal(t, entry, s.a.wait.left, "should he come back he has waited since then")
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Equal(t, StageArchive, s.a.stage)
	})
}

func TestAWishThatComesTooLateIsMusic(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.sound("caller", call.SoundDigit{Digit: '2'})
		mark := len(s.did)
		s.says(Stays{Words: "a seat has him"}, Stays{Words: "once"})
		require.Equal(t, []string{music}, s.since(mark))
		require.Equal(t, StageWaiting, s.a.stage)
	})
}

func TestTheOtherQueueIsHeardAnew(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.sound("caller", call.SoundDigit{Digit: '2'})
		s.says(Overflowed{From: "general", Rule: "waited", Queue: "vip", Reason: "r"}, Placed{Queue: "vip", Entry: time.Now(), Position: 1})
		require.Contains(t, s.did, "experience of vip from 2")
		inputs := len(s.inputs)
		s.says(Stays{Words: "not in general any more"})
		require.Len(t, s.inputs, inputs, "the wish was another's")
	})
}

func TestBackToTheQueueIsHeardAnew(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		s.leg("seat1", call.LegEnded{})
		s.says(Placed{Queue: "general", Entry: time.Now(), Position: 1})
		require.Contains(t, s.did, "experience of general from 2")
	})
}

func TestHisPlaceBecomesACallback(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.sound("caller", call.SoundDigit{Digit: '1'})
		require.Contains(t, s.did, "take back waits=true general 13900000000")
		s.says(BackRefused{Words: "a seat has picked up"})
		require.Equal(t, StageWaiting, s.a.stage)
		s.sound("caller", call.SoundDigit{Digit: '1'})
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		mark := len(s.did)
		s.says(BackTaken{ID: "back", Reason: "r"})
		require.Contains(t, s.since(mark), "end seat1 caller_gone", "the phone is silenced")
		require.Contains(t, s.since(mark), "play caller [called] loop=false", "his flow tells him so")
		require.Contains(t, s.kinds(), "left_queue")
		taken := call.CallbackTaken{}
		for _, e := range s.journal {
			if ev, ok := e.Event.(call.CallbackTaken); ok {
				taken = ev
			}
		}
		require.Equal(t, "13900000000", taken.Number)
		require.Equal(t, "general", taken.Queue)
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferWithdrawn})
	})
}

func TestWhoSaysYesAndHangsUpIsCalledBack(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.sound("caller", call.SoundDigit{Digit: '1'})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Contains(t, s.kinds(), "callback_taken")
	})
}

func TestAFlowThatCanNotBeIsMusic(t *testing.T) {
	hearing(t, func(s *stageSet) {
		mark := len(s.did)
		s.sound("caller", call.SoundDigit{Digit: '4'})
		require.Contains(t, s.since(mark), "stop caller")
		require.Contains(t, s.since(mark), "ticket k map[]")
		require.Equal(t, StageWaiting, s.a.stage, "nobody is hung up on who waits")
		require.IsType(t, call.FlowAnswered{}, s.inputs[len(s.inputs)-1])
	})
}

func TestARuleThatEndsTheWaitEndsWhatHeHears(t *testing.T) {
	hearing(t, func(s *stageSet) {
		s.said()
		inputs := len(s.inputs)
		s.says(Overflowed{From: "general", Rule: "waited", Callback: true, Reason: "r"})
		s.pass(time.Minute)
		require.Len(t, s.inputs, inputs)
		s.says(BackTaken{ID: "back", Reason: "r"})
		require.Equal(t, StageClosing, s.a.stage)
	})
}
