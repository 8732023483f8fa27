package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// again is an INVITE of the seat's own account that is to take a leg's place: its page was reloaded.
func (s *stageSet) again(old, leg call.LegID, dir call.Direction) {
	offer := *pcma
	offer.Direction = dir
	s.says(TakenOver{By: "1001", Phone: "1001", Old: old, Here: &Arrival{Incoming: call.Incoming{Leg: leg, Offer: &offer}, Leg: fakeLeg{s, leg}}})
}

// moved counts how often the seat got another leg, and what the customer was told of it: nothing.
func (s *stageSet) moved() (times int) {
	for _, e := range s.journal {
		if _, ok := e.Event.(call.SeatMoved); ok {
			times++
		}
	}
	require.NotContains(s.t, s.did, "seat 1001 news 3", "the seat's part is not over")
	require.NotContains(s.t, s.did, "end caller normal")
	return times
}

func TestASeatGoesOnByANewLeg(t *testing.T) {
	perform(t, nil, func(s *stageSet) { // twice; the second time before the first one was confirmed
		s.talking()
		s.again("seat1", "two", call.SendRecv)
		require.Subset(t, s.did, []string{"lease two at 1001", "accept two", "join caller two", "right rec2 [two]", "close seat1"})
		s.again("seat1", "three", call.SendRecv)
		require.Subset(t, s.did, []string{"accept three", "join caller three", "right rec2 [three]", "close two"})
		require.NotContains(t, s.did, "end seat1 transferred")
		s.leg("two", call.LegEnded{Cause: call.CauseMediaTimeout}) // its ACK never came
		require.Equal(t, "caller three", s.pair)
		s.leg("three", call.LegAnswered{})
		require.Subset(t, s.did, []string{"end seat1 transferred", "end two transferred"})
		s.again("seat1", "four", call.SendRecv)
		require.Contains(t, s.did, "end four no_such_call", "that one is over for good")
		s.again("three", "five", call.SendRecv)
		require.Equal(t, 3, s.moved())
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end three transferred", "before its successor was confirmed")
		r := s.record()
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
		require.Len(t, r.Recordings, 1)
		require.Equal(t, []call.SeatID{"1001"}, r.Seats())
	})
	perform(t, nil, func(s *stageSet) { // while the agent's number is announced: the customer hears it to its end
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		s.again("seat1", "two", call.SendRecv)
		require.Empty(t, s.pair)
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		require.Equal(t, "caller two", s.pair)
		require.Equal(t, 1, s.moved())
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, nil, func(s *stageSet) { // the customer has heard it already
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.again("seat1", "two", call.SendRecv)
		require.Equal(t, "caller two", s.pair)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// What the customer hears of a hold is that it goes on, or ends: as the new leg says.
func TestAHoldGoesOnByANewLeg(t *testing.T) {
	count := func(s *stageSet, kind string) (n int) {
		for _, e := range s.journal {
			if e.Event.Kind() == kind {
				n++
			}
		}
		return n
	}
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.leg("seat1", call.LegChanged{Media: call.MediaSpec{Codec: call.CodecPCMA, Direction: call.RecvOnly}})
		s.again("seat1", "two", call.RecvOnly)
		require.Equal(t, [2]int{1, 0}, [2]int{count(s, "held"), count(s, "resumed")})
		s.again("two", "three", call.SendRecv)
		require.Equal(t, [2]int{1, 1}, [2]int{count(s, "held"), count(s, "resumed")})
		require.Equal(t, "caller three", s.pair)
		require.NoError(t, s.verb(func(r Reply) Message { return Hold{By: "1001", On: true, Reply: r} })) // by the API: it stays
		s.again("three", "four", call.SendRecv)
		require.Equal(t, [2]int{2, 1}, [2]int{count(s, "held"), count(s, "resumed")})
		require.Empty(t, s.pair)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // he asks a colleague meanwhile, who still rings
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		s.again("seat1", "two", call.SendRecv)
		require.Contains(t, s.did, "play two [ringback] loop=true")
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.Equal(t, "two seat3", s.pair)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// Whom a seat asks, and a supervisor, go on by a new leg as well: in the same segment.
func TestWhoIsBesideGoesOnByANewLeg(t *testing.T) {
	comes := func(s *stageSet, by call.SeatID, old, leg call.LegID, early bool) {
		offer := *pcma
		s.says(TakenOver{By: by, Phone: string(by), Old: old, Here: &Arrival{Incoming: call.Incoming{Leg: leg, Offer: &offer, EarlyOnly: early}, Leg: fakeLeg{s, leg}}})
	}
	ended := func(s *stageSet, kind call.SegmentKind) {
		t.Helper()
		r := s.record()
		for _, segment := range r.Segments {
			if segment.Kind == kind {
				require.True(t, segment.End.Before(r.EndedAt.Time), "it ended before the call")
				return
			}
		}
		require.Fail(t, "no such segment")
	}
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		comes(s, "1001", "seat3", "wrong", false)
		require.Contains(t, s.did, "end wrong no_such_call", "it is not his")
		comes(s, "1002", "seat3", "early", true)
		require.Contains(t, s.did, "end early no_such_call")
		comes(s, "1002", "seat3", "two", false)
		require.Equal(t, "seat1 two", s.pair)
		s.leg("two", call.LegAnswered{})
		require.Contains(t, s.did, "end seat3 transferred")
		require.NoError(t, s.transfer("1001", call.TransferComplete, ""))
		require.Equal(t, "caller two", s.pair)
		s.pass(time.Second)
		s.leg("caller", call.LegEnded{ByPeer: true})
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "1002"}, r.Seats())
		ended(s, call.SegmentConsult)
	})
	perform(t, withPeople, func(s *stageSet) {
		s.watched(call.Monitor)
		comes(s, "9001", "seat3", "two", false)
		require.Contains(t, s.did, "arrange [caller<[seat1] seat1<[caller] two<[caller seat1]]")
		s.leg("two", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "release 9001 0s")
		require.Equal(t, "caller seat1", s.pair)
		s.pass(time.Second)
		s.leg("caller", call.LegEnded{ByPeer: true})
		ended(s, call.SegmentSupervise)
	})
}
