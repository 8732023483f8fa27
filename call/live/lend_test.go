package live

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// comes asks the call to take in supervisor 9001, who follows agent 1001 by the line of shift w1.
func (s *stageSet) comes(mode call.SuperviseMode) error {
	return s.verb(func(r Reply) Message {
		return Supervise{By: "9001", Phone: "9001", Of: "1001", Mode: mode, Follow: true, Shift: "w1", Reply: r}
	})
}

// lends gives the call the line.
func (s *stageSet) lends() {
	s.says(Lent{Shift: "w1", Gift: &Gift{From: "w1", ID: "W", Leg: fakeLeg{s, "W"}, Seat: "9001", Phone: "9001", sound: "sound of W"}})
}

// onTheLine has the supervisor come in, in a conversation.
func (s *stageSet) onTheLine() {
	s.t.Helper()
	require.NoError(s.t, s.comes(call.Monitor))
	require.Contains(s.t, s.did, "tell w1 live.Borrow")
	s.lends()
	require.Contains(s.t, s.did, "land W sound of W rings=true")
	s.leg("W", call.LegAnswered{Media: pcma})
}

// back is what the shift was told last.
func (s *stageSet) back() Returned {
	s.t.Helper()
	for _, m := range slices.Backward(s.told) {
		if r, ok := m.(Returned); ok {
			return r
		}
	}
	require.Fail(s.t, "the shift was told nothing", "did %v", s.did)
	return Returned{}
}

func TestALentLineComesAndGoes(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.onTheLine()
		require.Contains(t, s.did, "arrange [caller<[seat1] seat1<[caller] W<[caller seat1]]")
		require.NoError(t, s.comes(call.Whisper), "another mode is another mode")
		require.Equal(t, "arrange [caller<[seat1] seat1<[caller W] W<[caller seat1]]", s.did[len(s.did)-1])
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, Gift{From: "c1", ID: "W", Leg: fakeLeg{s, "W"}, Seat: "9001", Phone: "9001", sound: call.LegID("sound of W")}, *s.back().Gift)
		require.Subset(t, s.did, []string{"engage 9001", "lift W", "release 9001 0s"})
		require.Zero(t, countOf(s.did, "ring 9001 at 9001")+countOf(s.did, "end W normal")+countOf(s.did, "close W"), "no INVITE, no BYE: %v", s.did)
		require.Subset(t, s.kinds(), []string{"seat_called", "seat_call_ended", "supervisor_joined", "supervisor_changed", "supervisor_left"})
		require.Equal(t, 1, countSegments(s.record(), call.SegmentSupervise))
	})
}

func countSegments(r call.Record, kind call.SegmentKind) (n int) {
	for _, s := range r.Segments {
		if s.Kind == kind {
			n++
		}
	}
	return n
}

// He is asked for as the agent picks up, and waits with the line for the first word.
func TestTheLineIsThereBeforeTheFirstWord(t *testing.T) {
	picksUp := func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
	}
	perform(t, withPeople, func(s *stageSet) {
		picksUp(s)
		s.onTheLine()
		require.NotContains(t, s.kinds(), "supervisor_joined", "nobody talks yet")
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat1", call.SoundPlayed{Play: s.play})
		require.NotContains(t, s.did, "join caller seat1", "not for a moment without him")
		require.Contains(t, s.did, "arrange [caller<[seat1] seat1<[caller] W<[caller seat1]]")
		kinds := s.kinds()
		require.Less(t, indexOf(kinds, "connected"), indexOf(kinds, "supervisor_joined"))
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // the caller does not wait for it
		picksUp(s)
		s.onTheLine()
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotNil(t, s.back().Gift)
		require.NotContains(t, s.kinds(), "supervisor_left")
	})
	perform(t, withPeople, func(s *stageSet) { // the customer is his before anybody has said a word
		picksUp(s)
		s.onTheLine()
		require.NoError(t, s.comes(call.Intercept))
		require.Contains(t, s.did, "join caller W")
		s.leg("W", call.LegEnded{ByPeer: true})
	})
}

func TestTheLineIsNotWantedAnyMore(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) { // the agent is gone before it comes
		s.talking()
		require.NoError(t, s.comes(call.Monitor))
		require.NoError(t, s.transfer("1001", call.TransferBlind, "1002"))
		s.lends()
		require.Equal(t, "sound of W", s.back().Gift.sound, "as it came")
		require.NotContains(t, s.did, "land W sound of W rings=true")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotContains(t, s.kinds(), "supervisor_joined")
	})
	perform(t, withPeople, func(s *stageSet) { // it is, and goes between landing and what sip says of it
		s.talking()
		require.NoError(t, s.comes(call.Monitor))
		s.lends()
		require.NoError(t, s.verb(func(r Reply) Message { return Unsupervise{By: "9001", Reply: r} }))
		require.NotNil(t, s.back().Gift)
		s.leg("W", call.LegAnswered{Media: pcma})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotContains(t, s.kinds(), "supervisor_joined")
	})
	perform(t, withPeople, func(s *stageSet) { // the whole call is over
		s.talking()
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.lends()
		require.NotNil(t, s.back().Gift)
	})
	perform(t, withPeople, func(s *stageSet) { // and archived
		s.talking()
		s.leg("caller", call.LegEnded{ByPeer: true})
		over := New(Brief{}, Deps{Exchange: s})
		for _, shift := range []call.ID{"w1", "gone"} {
			over.mail <- Lent{Shift: shift, Gift: &Gift{ID: "W", Leg: fakeLeg{s, "W"}, sound: "it"}}
		}
		over.unheard()
		require.NotNil(t, s.back().Gift)
		require.Subset(t, s.did, []string{"end W normal", "drop it"}, "a line whose shift is over is hung up")
	})
}

func TestTheLineIsNotToBeHad(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.ErrorContains(t, s.verb(func(r Reply) Message {
			return Supervise{By: "9001", Of: "1001", Follow: true, Shift: "gone", Reply: r}
		}), "nobody any more")
		require.NoError(t, s.comes(call.Monitor))
		s.says(Lent{Shift: "w1"}, Lent{Shift: "w1"})
		require.ErrorContains(t, s.verb(func(r Reply) Message { return Unsupervise{By: "9001", Reply: r} }), "not in this call")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// Who hangs up in a call, or on the way there, has ended the shift.
func TestTheSupervisorHangsUp(t *testing.T) {
	for _, joined := range []bool{true, false} {
		perform(t, withPeople, func(s *stageSet) {
			s.talking()
			require.NoError(t, s.comes(call.Monitor))
			s.lends()
			if joined {
				s.leg("W", call.LegAnswered{Media: pcma})
			}
			s.leg("W", call.LegEnded{ByPeer: true})
			require.Equal(t, Returned{Words: "hung up"}, s.back())
			require.Subset(t, s.did, []string{"close W", "release 9001 0s"})
			require.NotContains(t, s.did, "lift W")
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
}

func TestATransferGivesTheLineBackAndAnInterceptKeepsIt(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.onTheLine()
		require.NoError(t, s.verb(func(r Reply) Message { return Hold{On: true, Reply: r} }))
		require.Zero(t, countOf(s.did, "lift W"), "a hold is no end")
		require.NoError(t, s.verb(func(r Reply) Message { return Hold{Reply: r} }))
		require.NoError(t, s.transfer("1001", call.TransferBlind, "1002"))
		require.NotNil(t, s.back().Gift, "he follows the agent, not the caller")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.onTheLine()
		require.NoError(t, s.comes(call.Intercept))
		require.Equal(t, Returned{Words: "took the customer over"}, s.back())
		require.Contains(t, s.did, "join caller W")
		require.NotContains(t, s.did, "release 9001 0s")
		s.leg("W", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"close W", "release 9001 15s"})
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "9001"}, r.Seats())
	})
}

// An agent who is asked aside is heard once the caller is his.
func TestWhoIsConsultedIsFollowedFromThenOn(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		for range 2 {
			require.NoError(t, s.verb(func(r Reply) Message {
				return Supervise{By: "9001", Phone: "9001", Of: "1002", Follow: true, Shift: "w1", Reply: r}
			}))
		}
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.NotContains(t, s.did, "tell w1 live.Borrow")
		require.NoError(t, s.transfer("1001", call.TransferComplete, ""))
		require.Equal(t, 1, countOf(s.did, "tell w1 live.Borrow"))
		s.lends()
		s.leg("W", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "arrange [caller<[seat3] seat3<[caller] W<[caller seat3]]")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// An agent who is handed into the call, as two calls become one, is heard from then on, whether routing says so before he is
// here or afterwards; the call that gave him away has given the line back.
func TestWhoIsHandedOverIsFollowedAtOnce(t *testing.T) {
	follows := func(s *stageSet) {
		s.t.Helper()
		require.NoError(s.t, s.verb(func(r Reply) Message {
			return Supervise{By: "9001", Phone: "9001", Of: "1002", Follow: true, Shift: "w1", Reply: r}
		}))
	}
	for _, early := range []bool{true, false} {
		perform(t, withPeople, func(s *stageSet) {
			s.talking()
			s.refers()
			if early {
				follows(s)
				require.NotContains(t, s.did, "tell w1 live.Borrow")
			}
			g := aGift("1002")
			g.Leg = fakeLeg{s, "B"}
			s.says(Given{Gift: g})
			if !early {
				follows(s)
			}
			require.Equal(t, 1, countOf(s.did, "tell w1 live.Borrow"))
			s.lends()
			s.leg("W", call.LegAnswered{Media: pcma})
			require.Contains(t, s.did, "arrange [caller<[B] B<[caller] W<[caller B]]")
			s.leg("caller", call.LegEnded{ByPeer: true})
			require.NotNil(t, s.back().Gift)
		})
	}
	perform(t, fromPhone(colleague), func(s *stageSet) {
		s.leg("seat1", call.LegAnswered{Media: pcma})
		follows(s)
		s.lends()
		s.leg("W", call.LegAnswered{Media: pcma})
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		require.Equal(t, call.LegID("W"), s.back().Gift.ID)
		require.Subset(t, s.did, []string{"hand 1002 to c9", "tell w1 live.Returned", "tell c9 live.Given"})
	})
}

// A call of the agent's own asks for the line when somebody answers. It is he who is whispered to, not the colleague.
func TestTheLineStaysAwayWhileTheAgentsCallRings(t *testing.T) {
	perform(t, fromPhone(colleague), func(s *stageSet) {
		require.NoError(t, s.comes(call.Monitor))
		require.NotContains(t, s.did, "tell w1 live.Borrow")
		s.leg("seat1", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "tell w1 live.Borrow")
		s.lends()
		s.leg("W", call.LegAnswered{Media: pcma})
		s.pass(time.Second)
		require.NoError(t, s.comes(call.Whisper))
		require.Equal(t, "arrange [caller<[seat1 W] seat1<[caller] W<[caller seat1]]", s.did[len(s.did)-1])
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotNil(t, s.back().Gift)
	})
}

// A line that goes on by another leg in the call goes back with that one, and joins once.
func TestALentLineIsMoved(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.onTheLine()
		s.says(TakenOver{By: "9001", Phone: "9001", Old: "W", Here: &Arrival{Incoming: call.Incoming{Leg: "W2", Offer: pcma}, Leg: fakeLeg{s, "W2"}}})
		s.leg("W2", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "arrange [caller<[seat1] seat1<[caller] W2<[caller seat1]]")
		require.Equal(t, 1, countOf(s.kinds(), "supervisor_joined"))
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, call.LegID("W2"), s.back().Gift.ID)
	})
}
