package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// asks has somebody outside ask for a recording.
func (s *stageSet) asks(paused bool) error {
	reply := make(chan error, 1)
	s.says(Record{Paused: paused, Reason: "asked by 1001", Reply: reply})
	return <-reply
}

func TestARecordingIsPausedAndGoesOn(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		require.Equal(t, call.CodeConflict, call.CodeOf(s.asks(true)), "nothing is recorded yet")
		s.talking()
		mark := len(s.did)
		require.NoError(t, s.asks(true))
		require.NoError(t, s.asks(true), "twice is once")
		require.NoError(t, s.asks(false))
		require.Equal(t, []string{"pause rec2 true", "* recording_paused", "* recording_resumed", "pause rec2 false"}, s.since(mark))
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, call.CodeConflict, call.CodeOf(s.asks(true)), "the call is over")
	})
}

func TestAnAgentsCodePausesTheRecording(t *testing.T) {
	perform(t, func(s *stageSet) { s.rule.Key = "*1" }, func(s *stageSet) {
		s.talking()
		mark := len(s.did)
		key := func(leg call.LegID, k byte) { s.sound(leg, call.SoundDigit{Digit: k}) }
		key("seat1", '*')
		key("caller", '1') // not his
		key("seat1", '2')
		key("seat1", '*')
		s.pass(2 * keyGap)
		key("seat1", '1')
		require.Empty(t, s.since(mark), "no code so far")
		s.pass(2 * keyGap)
		key("seat1", '*')
		s.leg("seat1", call.LegDigit{Digit: '1'}) // by INFO
		require.Equal(t, []string{"pause rec2 true", "* recording_paused"}, s.since(mark))
		s.pass(2 * time.Second) // at once it would be the same press, told twice
		key("seat1", '*')
		key("seat1", '1')
		require.Equal(t, []string{"* recording_resumed", "pause rec2 false"}, s.since(mark+2))
		s.leg("seat1", call.LegEnded{ByPeer: true})
	})
}

func TestOnDemand(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.rule = RecordingRule{Asked: true, Words: "on demand", Announce: []string{"recording_notice"}, Key: "*1"}
	}, func(s *stageSet) {
		s.talking()
		require.Contains(t, s.kinds(), "recording_skipped")
		require.NotContains(t, s.kinds(), "recording_began")
		mark := len(s.did)
		require.NoError(t, s.asks(false))
		require.Equal(t, []string{"* recording_began", "record rec2 \"\" caller|seat1", "play caller [recording_notice] loop=false"}, s.since(mark))
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "recorded rec2")
	})
	perform(t, func(s *stageSet) { s.rule = RecordingRule{Words: "never", Key: "*1"} }, func(s *stageSet) {
		s.talking()
		require.ErrorContains(t, s.asks(false), "not even when asked")
		s.sound("seat1", call.SoundDigit{Digit: '*'})
		s.sound("seat1", call.SoundDigit{Digit: '1'})
		require.NotContains(t, s.kinds(), "recording_began")
		s.leg("seat1", call.LegEnded{ByPeer: true})
	})
}

func TestTheCallerIsToldOfTheRecording(t *testing.T) {
	perform(t, func(s *stageSet) { s.rule.Announce = []string{"recording_notice"} }, func(s *stageSet) {
		s.talking()
		require.Contains(t, s.did, "play caller [recording_notice number 1001] loop=false")
		require.Contains(t, s.did, "play seat1 [number 1001] loop=false")
		s.leg("seat1", call.LegEnded{ByPeer: true})
	})
	perform(t, func(s *stageSet) {
		s.rule.Announce, s.facts.SayAgentNumber = []string{"recording_notice"}, false
	}, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		require.NotContains(t, s.kinds(), "connected")
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.kinds(), "connected", "the agent hears nothing, nothing is waited for on that side")
		s.leg("seat1", call.LegEnded{ByPeer: true})
	})
}

// TestSecretsOfAFlowAreInNoRecording: a flow that asks for something secret has
// whatever is recorded meanwhile hold silence.
func TestSecretsOfAFlowAreInNoRecording(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.verbs["FlowDigit1"] = []call.FlowVerb{call.FlowRecord{Token: 9, Mailbox: "general", Max: time.Minute}}
		s.verbs["FlowDigit2"] = []call.FlowVerb{call.FlowEnter{Flow: "main", Node: "pin", Kind: "collect", Secret: true}}
		s.verbs["FlowDigit3"] = []call.FlowVerb{call.FlowEnter{Flow: "main", Node: "menu", Kind: "menu"}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.leg("caller", call.LegDigit{Digit: '1'})
		mark := len(s.did)
		s.leg("caller", call.LegDigit{Digit: '2'})
		s.leg("caller", call.LegDigit{Digit: '3'})
		require.Equal(t, []string{
			"pause rec1 true", "* node_entered", "* recording_paused", "* node_entered", "* recording_resumed", "pause rec1 false",
		}, s.since(mark))
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestWhatIsFoundOutLaterIsInTheCallsOrder(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.leg("seat1", call.LegEnded{ByPeer: true})
		kept := make(chan error, 1)
		s.says(Late{Event: call.RecordingAnalysed{Recording: "rec2"}, Reply: kept})
		require.NoError(t, <-kept)
		require.Contains(t, s.kinds(), "recording_analysed")
	})
}
