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
}

// given is what the call that asked was told last.
func (s *stageSet) given() Given {
	g, ok := s.told[len(s.told)-1].(Given)
	require.True(s.t, ok)
	return g
}

// Whom the phone has called rings still: he rings on in the other call.
func TestWhoRingsIsGivenAway(t *testing.T) {
	perform(t, fromPhone(colleague), func(s *stageSet) {
		s.says(Give{By: "c9", Leg: "seat1", exchange: s})
		require.Nil(t, s.given().Gift, "it is not he whose phone transfers")
		require.False(t, s.given().Anew)
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		g := s.given().Gift
		require.Equal(t, Gift{From: "c1", ID: "seat1", Leg: g.Leg, Seat: "1002", Phone: "8002", Rings: true, sound: call.LegID("sound of seat1")}, *g)
		require.Subset(t, s.did, []string{"hand 1002 to c9", "release 1002 0s", "lift seat1", "end caller transferred", "release 1001 0s"})
		require.NotContains(t, s.did, "end seat1 offer_ended", "it rings on")
		require.NotEqual(t, call.OutcomeAnswered, s.record().Outcome)
	})
	perform(t, fromPhone(outsider), func(s *stageSet) {
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		g := s.given().Gift
		require.True(t, g.Rings)
		require.Equal(t, s.a.brief.Caller.Number, g.Number)
		require.Subset(t, s.did, []string{"lift seat1", "end caller transferred", "release 1001 0s"})
		require.NotContains(t, s.did, "end seat1 offer_ended")
	})
	perform(t, fromPhone(helpers), func(s *stageSet) { // in a queue nobody is there to be given
		s.leg("caller", call.LegAnswered{})
		s.says(Placed{Queue: "help", Entry: s.a.brief.Incoming.Received}, Give{By: "c9", Leg: "caller", exchange: s})
		require.True(t, s.given().Anew)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, fromPhone(colleague), func(s *stageSet) { // its own CANCEL was quicker: answered as soon as the colleague is free
		s.leg("caller", call.LegEnded{ByPeer: true})
		told := len(s.told)
		s.says(Give{By: "c9", Leg: "caller", exchange: s})
		require.Len(t, s.told, told)
		s.says(Forgotten{})
		require.Len(t, s.told, told+1)
		require.True(t, s.given().Anew)
	})
}

// refersEarly has the phone of the seat hand the caller to whom it has called and who rings still.
func (s *stageSet) refersEarly() {
	s.leg("seat1", call.LegRefer{Event: 7, To: "1002", Replaces: &call.LegRef{Call: "c2", Leg: "A2"}, Early: true})
}

func (s *stageSet) stillRings(number string) Given {
	g := &Gift{From: "c2", ID: "B", Leg: fakeLeg{s, "B"}, Seat: "1002", Phone: "8002", Rings: true}
	if number != "" {
		g.Seat, g.Phone, g.Number, g.Trunk = "", "", number, "gw"
	}
	return Given{Gift: g}
}

func TestTheCallerWaitsForOneWhoRingsAlready(t *testing.T) {
	for _, number := range []string{"", "13911112222"} {
		perform(t, withPeople, func(s *stageSet) {
			s.talking()
			s.refersEarly()
			s.says(s.stillRings(number))
			require.Subset(t, s.did, []string{"land B <nil> rings=true", "referred seat1 7 180 ", "play caller [default] loop=true", "seat 1001 news 1"})
			s.leg("B", call.LegAnswered{Media: pcma})
			require.Subset(t, s.did, []string{"referred seat1 7 200 ", "end seat1 normal", "right rec2 [B]"})
			if number == "" {
				s.sound("caller", call.SoundPlayed{Play: s.play - 1})
				s.sound("B", call.SoundPlayed{Play: s.play})
			}
			require.Contains(t, s.did, "join caller B")
			s.leg("caller", call.LegEnded{ByPeer: true})
			require.Len(t, s.record().Recordings, 1)
		})
		perform(t, withPeople, func(s *stageSet) { // nobody answers: the agent has him again
			s.talking()
			s.refersEarly()
			s.says(s.stillRings(number))
			s.pass(ringTime)
			require.Contains(t, s.kinds(), "transfer_failed")
			require.Equal(t, "caller seat1", s.pair)
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
		perform(t, withPeople, func(s *stageSet) { // the caller leaves meanwhile
			s.talking()
			s.refersEarly()
			s.says(s.stillRings(number))
			s.leg("caller", call.LegEnded{ByPeer: true})
			require.Contains(t, s.did, "close B")
		})
	}
	perform(t, withPeople, func(s *stageSet) { // the agent hangs up, as phones do after a REFER: then the place in the queue
		s.talking()
		s.refersEarly()
		s.says(s.stillRings(""))
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.leg("B", call.LegFailed{Result: call.OfferDeclined, Status: 486})
		require.True(t, s.entries[len(s.entries)-1].Return)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // the phone has taken its call back by itself: he is called anew
		s.talking()
		s.refersEarly()
		s.says(Given{Words: "gone", Anew: true})
		require.Contains(t, s.did, "ring 1002 at 8002")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // and can't be
		s.talking()
		delete(s.people, "1002")
		s.refersEarly()
		s.says(Given{Words: "gone", Anew: true})
		require.Contains(t, s.did, "referred seat1 7 481 gone")
		require.Equal(t, "caller seat1", s.pair)
		s.leg("caller", call.LegEnded{ByPeer: true})
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
