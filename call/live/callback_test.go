package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// asked brings a waiting caller to the question.
func (s *stageSet) asked() {
	s.queued()
	s.says(BackOffered{Queue: "general", Reason: "waited 60 s"})
	require.Contains(s.t, s.did, "play caller [callback_offer] loop=false")
}

func TestACallerTakesACallback(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.asked()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.sound("caller", call.SoundDigit{Digit: '1'})
		s.sound("caller", call.SoundDigit{Digit: '1'}) // pressed twice is asked once
		require.Equal(t, 1, count(s.did, "take back waits=true general 13800138000"))
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferWithdrawn})
		s.says(BackTaken{ID: "back", Reason: "keeps the place"})
		require.Contains(t, s.did, "play caller [callback_confirmed] loop=false")
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "end caller flow_end")
		rec, err := call.Fold(s.journal...)
		require.NoError(t, err)
		require.Equal(t, call.OutcomeCallback, rec.Outcome)
		require.Equal(t, call.CallbackID("back"), rec.Callback)
	})
}

func TestACallerWouldRatherWait(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.asked()
		s.leg("caller", call.LegDigit{Digit: '2'})
		s.leg("caller", call.LegDigit{Digit: '1'}) // changed his mind too late
		require.NotContains(t, s.did, "take back waits=true general 13800138000")
		require.Equal(t, StageWaiting, s.a.stage)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestTheQuestionLapses(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.asked()
		s.pass(backWindow + time.Second)
		s.sound("caller", call.SoundDigit{Digit: '1'})
		require.NotContains(t, s.did, "take back waits=true general 13800138000")
		s.leg("caller", call.LegEnded{ByPeer: true})
		rec, err := call.Fold(s.journal...)
		require.NoError(t, err)
		require.Equal(t, call.OutcomeAbandoned, rec.Outcome)
	})
}

func TestRoutingRefusesTheCallback(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.asked()
		s.sound("caller", call.SoundDigit{Digit: '1'})
		s.says(BackRefused{Words: "there is a callback for this number already"})
		require.Equal(t, StageWaiting, s.a.stage, "he waits on")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// Whoever presses 1 and hangs up at once is called back all the same.
func TestTheCallerDoesNotWaitForOurThanks(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.asked()
		s.sound("caller", call.SoundDigit{Digit: '1'})
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(BackTaken{ID: "back"})
		rec, err := call.Fold(s.journal...)
		require.NoError(t, err)
		require.Equal(t, call.OutcomeCallback, rec.Outcome)
	})
}

func TestARuleSendsTheCallerToACallback(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Overflowed{From: "general", Rule: "waited", Callback: true, Reason: "waited 120 s"})
		require.Contains(t, s.did, "take back waits=false general 13800138000")
		s.says(BackTaken{ID: "back"})
		s.sound("caller", call.SoundPlayed{Play: s.play})
		rec, err := call.Fold(s.journal...)
		require.NoError(t, err)
		require.Equal(t, call.OutcomeCallback, rec.Outcome)
	})
}

// At a closed door there is nothing to wait for: whoever says no takes the node's bad-case edge.
func TestAskedAtAClosedDoor(t *testing.T) {
	for _, refusal := range []func(*stageSet){
		func(s *stageSet) { s.sound("caller", call.SoundDigit{Digit: '2'}) },
		func(s *stageSet) { s.pass(backWindow + time.Second) },
		func(s *stageSet) {
			s.sound("caller", call.SoundDigit{Digit: '1'})
			s.says(BackRefused{Words: "no number"})
		},
	} {
		perform(t, nil, func(s *stageSet) {
			s.leg("caller", call.LegAnswered{})
			s.sound("caller", call.SoundPlayed{Play: s.play})
			s.says(Overflowed{From: "general", Rule: "closed", Callback: true, Ask: true, Reason: "closed"})
			refusal(s)
			require.Contains(t, s.did, "end caller flow_end")
			rec, err := call.Fold(s.journal...)
			require.NoError(t, err)
			require.Equal(t, call.OutcomeOverflowed, rec.Outcome)
		})
	}
}
