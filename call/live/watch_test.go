package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func (s *stageSet) supervise(mode call.SuperviseMode) error {
	s.t.Helper()
	return s.verb(func(r Reply) Message { return Supervise{By: "9001", Phone: "9001", Of: "1001", Mode: mode, Reply: r} })
}

// watched brings supervisor 9001 into a conversation.
func (s *stageSet) watched(mode call.SuperviseMode) {
	s.talking()
	require.NoError(s.t, s.supervise(mode))
	s.leg("seat3", call.LegAnswered{Media: pcma})
}

func TestWhoHearsWhomUnderSupervision(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.watched(call.Monitor)
		last := func() string { return s.did[len(s.did)-1] }
		require.Equal(t, "arrange [caller<[seat1] seat1<[caller] seat3<[caller seat1]]", last())
		rung := countOf(s.did, "ring 9001 at 9001")
		require.NoError(t, s.supervise(call.Whisper))
		require.Equal(t, "arrange [caller<[seat1] seat1<[caller seat3] seat3<[caller seat1]]", last())
		require.NoError(t, s.supervise(call.Barge))
		require.Equal(t, "arrange [caller<[seat1 seat3] seat1<[caller seat3] seat3<[caller seat1]]", last())
		require.NoError(t, s.supervise(call.Monitor))
		require.Equal(t, 1, rung)
		require.Equal(t, 1, countOf(s.did, "ring 9001 at 9001"), "switching modes rings nobody")
		require.NoError(t, s.verb(func(r Reply) Message { return Hold{On: true, Reply: r} }))
		require.NotContains(t, s.since(len(s.did)-6), "seat3<[caller", "a caller on hold is heard by nobody")
		require.NoError(t, s.verb(func(r Reply) Message { return Hold{Reply: r} }))
		s.leg("seat3", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "release 9001 0s")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Subset(t, s.kinds(), []string{"supervisor_joined", "supervisor_changed", "supervisor_left"})
	})
}

func TestInterceptAndRelease(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.watched(call.Monitor)
		require.NoError(t, s.supervise(call.Intercept))
		require.Subset(t, s.did, []string{"join caller seat3", "seat 1001 news 3", "end seat1 normal", "right rec2 [seat3]"})
		s.leg("seat3", call.LegEnded{ByPeer: true})
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "9001"}, r.Seats())
		require.Len(t, r.Recordings, 1)
	})
	perform(t, withPeople, func(s *stageSet) { // at once, with the pick-up
		s.watched(call.Intercept)
		require.Contains(t, s.did, "join caller seat3")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.supervise(call.Release))
		require.Contains(t, s.did, "end caller supervisor")
	})
}

func TestSupervisionThatCannotBe(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		require.ErrorContains(t, s.supervise(call.Monitor), "nobody talks")
		s.talking()
		require.ErrorContains(t, s.verb(func(r Reply) Message {
			return Supervise{By: "1001", Phone: "8001", Mode: call.Monitor, Reply: r}
		}), "already")
		require.ErrorContains(t, s.verb(func(r Reply) Message { return Unsupervise{By: "9001", Reply: r} }), "not in this call")
		require.NoError(t, s.supervise(call.Monitor))
		s.leg("seat3", call.LegFailed{Status: 486, Result: call.OfferDeclined})
		require.Contains(t, s.did, "release 9001 0s")
		require.NoError(t, s.supervise(call.Monitor))
		s.leg("caller", call.LegEnded{ByPeer: true}) // while his phone rings
		require.Equal(t, 2, countOf(s.did, "release 9001 0s"))
	})
}

func TestFollowingAnAgent(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.verb(func(r Reply) Message {
			return Supervise{By: "9001", Phone: "9001", Of: "1001", Mode: call.Monitor, Follow: true, Reply: r}
		}))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.NoError(t, s.transfer("1001", call.TransferBlind, "1002"))
		require.Contains(t, s.did, "end seat3 normal", "he follows the agent, not the caller")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, fromPhone(colleague), func(s *stageSet) { // a call of the agent's own: as soon as somebody answers
		require.NoError(t, s.verb(func(r Reply) Message {
			return Supervise{By: "9001", Phone: "9001", Of: "1001", Mode: call.Monitor, Follow: true, Reply: r}
		}))
		s.leg("seat1", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "ring 9001 at 9001")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestTheToneOfSupervision(t *testing.T) {
	perform(t, func(s *stageSet) {
		withPeople(s)
		s.facts.WarnSupervised = true
	}, func(s *stageSet) {
		s.watched(call.Monitor)
		require.Subset(t, s.did, []string{"play seat1 [beep] loop=false", "play caller [beep] loop=false"})
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}
