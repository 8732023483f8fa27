package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// Who waits for somebody he was handed to hears that it rings there; once, however often it says so.
func TestRingbackForWhoeverWaits(t *testing.T) {
	const heard = "play caller [ringback] loop=true"
	perform(t, withPeople, func(s *stageSet) { // to an agent
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferBlind, "1002"))
		require.Zero(t, countOf(s.did, heard))
		s.leg("seat3", call.LegRinging{})
		s.leg("seat3", call.LegRinging{})
		require.Equal(t, 1, countOf(s.did, heard))
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // to an outside number, which may send its own sound
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferBlind, "13911112222"))
		s.leg("seat3", call.LegRinging{})
		require.Equal(t, 1, countOf(s.did, heard))
		s.leg("seat3", call.LegEarly{Media: *pcma})
		require.Equal(t, "arrange [caller<[seat3] seat3<[]]", s.did[len(s.did)-1])
		s.leg("seat3", call.LegRinging{})
		require.Equal(t, 1, countOf(s.did, heard))
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	for _, named := range []bool{true, false} { // by a flow, unless it names a music
		dial := call.FlowDial{Token: 2, Number: "13911112222", Timeout: time.Minute, Music: "default", Ringback: !named}
		byFlow := func(s *stageSet) { s.verbs["FlowPlayed"] = []call.FlowVerb{dial} }
		perform(t, byFlow, func(s *stageSet) {
			s.leg("caller", call.LegAnswered{})
			s.sound("caller", call.SoundPlayed{Play: s.play})
			s.leg("seat1", call.LegRinging{})
			require.Equal(t, !named, countOf(s.did, heard) == 1, "%v", s.did)
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
}

// What a caller keys in while a flow asks for something secret reaches the flow and nobody else: a supervisor who
// stayed behind when the agent left hears nobody, and no event tells of the keys.
func TestSecretKeysReachNobodyElse(t *testing.T) {
	secret := func(s *stageSet) {
		withPeople(s)
		s.verbs["FlowServed"] = []call.FlowVerb{call.FlowEnter{Flow: "main", Node: "pin", Kind: "collect", Secret: true}}
		s.verbs["FlowDigit7"] = nil
	}
	for _, mode := range []call.SuperviseMode{call.Monitor, call.Whisper, call.Barge} {
		perform(t, secret, func(s *stageSet) {
			s.watched(mode)
			s.leg("seat1", call.LegEnded{ByPeer: true}) // the caller goes on in his flow
			require.Equal(t, StageFlow, s.a.stage)
			require.Len(t, s.a.watching, 1, "the supervisor is still there")
			require.Empty(t, s.a.arranged, "and hears nobody")
			mark, told := len(s.did), len(s.journal)
			s.sound("caller", call.SoundDigit{Digit: '7'})
			s.leg("caller", call.LegDigit{Digit: '7'})
			require.Equal(t, mark, len(s.did), "nothing is done with a key but to tell the flow")
			require.Len(t, s.journal, told)
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
}
