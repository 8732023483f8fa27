package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// ringing brings the call to a queue of strategy ring_all: three phones ring.
func (s *stageSet) ringing() {
	s.queued()
	for _, seat := range []call.SeatID{"1001", "1002", "1003"} {
		s.says(Ring{Offer: call.OfferID("o" + seat), Seat: seat, Phone: string(seat), Queue: "general"})
	}
}

// withdrawn is the router's word to those who were too late.
func (s *stageSet) withdrawn(seats ...call.SeatID) {
	for _, seat := range seats {
		s.says(OfferOver{Offer: call.OfferID("o" + seat), Seat: seat, Queue: "general", Result: call.OfferWithdrawn})
	}
}

func TestTheFirstOfSeveralPhonesHasTheCall(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.ringing()
		s.leg("seat2", call.LegAnswered{})
		s.leg("seat3", call.LegAnswered{}) // in the same moment
		require.Contains(t, s.did, "offer o1002 news 0 ")
		require.Contains(t, s.did, "offer o1003 news 0 ")
		s.says(Connect{Offer: "o1002", Seat: "1002", Queue: "general"})
		s.leg("seat1", call.LegRinging{}) // what a loser says now concerns nobody
		s.withdrawn("1001", "1003")
		s.says(Release{Offer: "o1003"})
		require.Contains(t, s.did, "end seat1 offer_ended")
		require.Equal(t, 1, count(s.did, "end seat3 offer_ended"))
		require.Equal(t, 1, count(s.did, "close seat3"))
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat2", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller seat2")
		s.sound("seat1", call.SoundTimeout{Silent: time.Minute})
		require.Equal(t, StageTalking, s.a.stage, "the silence of a phone that was too late ends nothing")
		s.leg("seat2", call.LegEnded{ByPeer: true})
	})
}

func TestTheWinnersLegFailsBeforeConnect(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.ringing()
		s.leg("seat2", call.LegAnswered{})
		s.leg("seat2", call.LegEnded{ByPeer: true})
		s.says(Connect{Offer: "o1002", Seat: "1002", Queue: "general"})
		require.Contains(t, s.did, "seat 1002 news 3")
		require.Equal(t, 1, count(s.did, "enqueue general again=true"), "the call is offered again, in its place")
		s.withdrawn("1001", "1003")
		s.says(Placed{Queue: "general", Entry: time.Now(), Position: 1})
		s.says(Ring{Offer: "again", Seat: "1001", Phone: "1001", Queue: "general"})
		require.Equal(t, 2, count(s.did, "ring 1001 at 1001"))
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(OfferOver{Offer: "again", Seat: "1001", Result: call.OfferWithdrawn})
	})
}

func TestTheCallerLeavesWhileSeveralPhonesRing(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.ringing()
		s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined})
		s.says(OfferOver{Offer: "o1001", Seat: "1001", Queue: "general", Result: call.OfferDeclined})
		require.Equal(t, StageWaiting, s.a.stage)
		s.leg("seat2", call.LegAnswered{})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end seat2 caller_gone")
		require.Contains(t, s.did, "end seat3 caller_gone")
		s.says(Connect{Offer: "o1002", Seat: "1002", Queue: "general"}) // crossed
		s.withdrawn("1003")
		require.Contains(t, s.did, "seat 1002 news 3")
		require.Empty(t, s.a.seats)
	})
}
