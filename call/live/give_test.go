package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// refers has the phone of the seat wish for an attended transfer: the caller, and whom it talks to in call c2.
func (s *stageSet) refers() {
	s.leg("seat1", call.LegRefer{Event: 7, To: "1002", Replaces: &call.LegRef{Call: "c2", Leg: "A2"}})
}

func aGift(seat call.SeatID) *Gift {
	return &Gift{From: "c2", ID: "B", Leg: nil, Seat: seat, Phone: "8002"}
}

func TestTwoCallsBecomeOne(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.refers()
		require.Subset(t, s.did, []string{"referred seat1 7 100 ", "tell c2 live.Give"})
		g := aGift("1002")
		g.Leg = fakeLeg{s, "B"}
		s.says(Given{Gift: g})
		require.Subset(t, s.did, []string{"referred seat1 7 200 ", "end seat1 normal", "right rec2 [B]", "join caller B"})
		s.leg("B", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "release 1002 15s")
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "1002"}, r.Seats())
		require.Len(t, r.Recordings, 1)
	})
	perform(t, withPeople, func(s *stageSet) { // with an outside number
		s.talking()
		s.refers()
		s.says(Given{Gift: &Gift{From: "c2", ID: "B", Leg: fakeLeg{s, "B"}, Number: "13911112222", Trunk: "gw"}})
		require.Contains(t, s.did, "join caller B")
		s.leg("B", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestTheOtherCallIsOverOrTheCallerGone(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.refers()
		s.says(Given{Words: "over"})
		require.Contains(t, s.did, "referred seat1 7 481 over")
		require.NotContains(t, s.did, "end seat1 normal", "the agent still has the caller")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		s.refers()
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(Given{Gift: &Gift{From: "c2", ID: "B", Leg: fakeLeg{s, "B"}, Seat: "1002", Phone: "8002"}})
		require.Subset(t, s.did, []string{"end B caller_gone", "close B", "release 1002 0s"})
	})
	perform(t, withPeople, func(s *stageSet) { // the agent hangs up after the REFER: it goes on without him
		s.talking()
		s.leg("seat1", call.LegRefer{Event: 7, To: "1002", Replaces: &call.LegRef{Call: "gone", Leg: "A2"}})
		require.Contains(t, s.did, "referred seat1 7 481 the other call is not there any more")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestACallIsGivenAway(t *testing.T) {
	perform(t, fromPhone(colleague), func(s *stageSet) {
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		require.Subset(t, s.did, []string{"hand 1002 to c9", "lift seat1", "tell c9 live.Given", "release 1002 0s", "end caller transferred", "release 1001 0s"})
		require.NotContains(t, s.did, "end seat1 normal", "who goes over is not hung up on")
		require.NotContains(t, s.did, "close seat1")
	})
	perform(t, fromPhone(outsider), func(s *stageSet) {
		s.leg("seat1", anAnswer)
		s.says(Give{By: "gone", Leg: "caller", exchange: s})
		require.Subset(t, s.did, []string{"lift seat1", "end seat1 caller_gone", "drop sound of seat1"}, "the call that asked is gone")
	})
	perform(t, fromPhone(colleague), func(s *stageSet) { // it rings still
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		given, ok := s.told[len(s.told)-1].(Given)
		require.True(t, ok)
		require.Nil(t, given.Gift)
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
	})
}

// Whoever asks a call for something as it ends is answered, whether the call sees the question or not.
func TestACallThatIsOverAnswers(t *testing.T) {
	a := New(Brief{}, Deps{})
	close(a.done)
	for range 2 { // put in by somebody who found the call there
		reply := make(chan error, 1)
		a.mail <- Hold{On: true, Reply: reply}
		a.ifOver()
		require.Equal(t, call.CodeConflict, call.CodeOf(<-reply))
	}
	require.False(t, a.Post(Hold{}))

	perform(t, fromPhone(colleague), func(s *stageSet) {
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("caller", call.LegEnded{ByPeer: true})
		over := New(Brief{}, Deps{Exchange: s})
		over.mail <- Given{Gift: &Gift{ID: "B", Leg: fakeLeg{s, "B"}, sound: "sound of B"}}
		over.mail <- Give{By: "c9", Leg: "x", exchange: s}
		over.unheard()
		require.Subset(t, s.did, []string{"end B caller_gone", "drop sound of B", "tell c9 live.Given"})
	})
}
