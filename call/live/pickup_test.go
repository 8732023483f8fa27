package live

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// arrival is a phone that has called to come in.
func (s *stageSet) arrival(earlyOnly bool) *Arrival {
	return &Arrival{Incoming: call.Incoming{Leg: "here", Offer: pcma, EarlyOnly: earlyOnly}, Leg: fakeLeg{s, "here"}}
}

func mates(s *stageSet) {
	withPeople(s)
	s.mates = map[call.SeatID]call.SeatID{"1003": "1001"}
}

// A call that rings at 1001 is picked up by 1003, of the same team: by the API, whose phone is rung.
func TestPickUpOfAnOffer(t *testing.T) {
	perform(t, mates, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		reply := make(chan error, 1)
		s.says(PickUp{By: "1003", Phone: "8003", Reply: reply})
		require.Contains(t, s.did, "pick up 1003 any=true there=false")
		require.Empty(t, reply, "routing has not answered")
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1003", Phone: "8003", Reply: r} })), "asked twice")
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferWithdrawn, Reason: "picked up"},
			Ring{Offer: "o2", Seat: "1003", Phone: "8003", Queue: "general", PickUp: true})
		require.NoError(t, <-reply)
		require.Subset(t, s.did, []string{"end seat1 offer_ended", "ring 1003 at 8003"})
		s.leg("seat1", call.LegAnswered{Media: pcma}) // too late
		s.leg("seat2", call.LegAnswered{Media: pcma})
		s.says(Connect{Offer: "o2", Seat: "1003", Queue: "general"})
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1004", Phone: "8004", Reply: r} })), "it is answered")
		s.leg("caller", call.LegEnded{ByPeer: true})
		r := s.record()
		require.Equal(t, call.SeatID("1003"), r.Agent)
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
	})
}

// Its phone has called for it: it is answered in the step in which routing says yes.
func TestPickUpAtThePhone(t *testing.T) {
	yes := []Message{
		Ring{Offer: "o2", Seat: "1003", Phone: "8003", Queue: "general", PickUp: true},
		OfferOver{Offer: "o2", Seat: "1003", Queue: "general", Result: call.OfferAnswered},
		Connect{Offer: "o2", Seat: "1003", Queue: "general"},
	}
	perform(t, mates, func(s *stageSet) {
		s.queued()
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		require.Contains(t, s.did, "pick up 1003 any=false there=true", "it rings at nobody of his")
		s.says(yes...)
		require.Subset(t, s.did, []string{"lease here at 8003", "accept here", "play here [number 1003] loop=false"})
		s.leg("here", call.LegAnswered{})
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("here", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller here")
		s.leg("here", call.LegEnded{ByPeer: true})
		require.Equal(t, call.SeatID("1003"), s.record().Agent)
	})
	perform(t, mates, func(s *stageSet) { // routing says no
		s.queued()
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)}, PickUpRefused{Seat: "1003", Code: call.CodeForbidden, Words: "serves no such queue"})
		require.Contains(t, s.did, "end here forbidden")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, mates, func(s *stageSet) { // the phone hangs up before routing has answered: the caller is back in his place
		s.queued()
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		s.leg("here", call.LegEnded{ByPeer: true})
		s.says(yes...)
		require.NotContains(t, s.did, "accept here")
		require.Contains(t, s.did, "seat 1003 news 3")
		require.True(t, s.entries[len(s.entries)-1].Return)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, mates, func(s *stageSet) { // no port is free
		s.fail.take = errDown
		s.queued()
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		s.says(yes...)
		require.Contains(t, s.did, "end here no_ports")
		require.True(t, s.entries[len(s.entries)-1].Return)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, mates, func(s *stageSet) { // the caller leaves meanwhile
		s.queued()
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(yes...)
		require.Contains(t, s.did, "end here busy")
		require.Contains(t, s.did, "seat 1003 news 3", "routing hears that the seat is out of it")
		require.NotContains(t, s.did, "accept here")
	})
	perform(t, mates, func(s *stageSet) { // the call is over before routing has answered
		s.queued()
		reply := make(chan error, 1)
		s.says(PickUp{By: "1003", Phone: "8003", Reply: reply})
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.archived()
		require.Equal(t, call.CodeConflict, call.CodeOf(<-reply))
	})
}

// A colleague is called, or a customer handed to him: the call itself decides who picks up.
func TestPickUpOfACallBetweenPeople(t *testing.T) {
	fromColleague := func(s *stageSet) {
		fromPhone(colleague)(s)
		s.mates = map[call.SeatID]call.SeatID{"1003": "1002"}
	}
	perform(t, fromColleague, func(s *stageSet) {
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		require.Subset(t, s.did, []string{"engage 1003", "end seat1 offer_ended", "release 1002 0s", "accept here", "accept caller", "join caller here"})
		s.leg("here", call.LegAnswered{})
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1004", Phone: "8004", Any: true, Reply: r} })))
		s.leg("here", call.LegEnded{ByPeer: true})
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "1003"}, r.Seats())
	})
	perform(t, fromColleague, func(s *stageSet) { // by the API: his phone is rung; a second one is too late
		require.NoError(t, s.verb(func(r Reply) Message { return PickUp{By: "1003", Phone: "8003", Reply: r} }))
		require.Contains(t, s.did, "ring 1003 at 8003")
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1004", Phone: "8004", Any: true, Reply: r} })))
		s.leg("seat2", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join caller seat2")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, fromColleague, func(s *stageSet) { // strangers, the caller himself, and who has it rung already
		ask := func(by call.SeatID, anyCall bool) call.Code {
			return call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: by, Phone: "8004", Any: anyCall, Reply: r} }))
		}
		require.Equal(t, call.CodeForbidden, ask("1004", false))
		require.Equal(t, call.CodeConflict, ask("1001", true))
		require.Equal(t, call.CodeConflict, ask("1002", true))
		s.fail.take = errDown
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		require.Contains(t, s.did, "end here no_ports")
		s.leg("seat1", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join caller seat1", "it rang on")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// A callback rings at 1001 and is picked up by 1003, at whose phone: the customer is dialled for him.
func TestPickUpOfACallback(t *testing.T) {
	performTry(t, mates, func(s *stageSet) {
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		h := s.arrival(false)
		h.Incoming.Offer = nil
		s.says(PickUp{By: "1003", Phone: "8003", Here: h})
		require.Contains(t, s.did, "pick up 1003 any=true there=true")
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferWithdrawn, Reason: "picked up"},
			Ring{Offer: "o2", Seat: "1003", Phone: "8003", Queue: "general", PickUp: true},
			OfferOver{Offer: "o2", Seat: "1003", Queue: "general", Result: call.OfferAnswered},
			Connect{Offer: "o2", Seat: "1003", Queue: "general"})
		require.Subset(t, s.did, []string{"end seat1 offer_ended", "accept here", "dial 13800138000  by gw", "play here [callback_agent] loop=false"})
		s.leg("here", call.LegAnswered{Media: pcma}) // its ACK brings the answer
		require.Contains(t, s.did, "negotiated here PCMA sendrecv")
		s.leg("seat2", call.LegAnswered{Media: pcma})
		s.sound("seat2", call.SoundPlayed{Play: s.play - 1})
		s.sound("here", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join seat2 here")
		s.leg("here", call.LegEnded{ByPeer: true})
		require.Equal(t, call.SeatID("1003"), s.record().Agent)
	})
}

// An agent asks a colleague, whose phone rings: another of his picks it up and is asked in his place.
func TestPickUpOfAConsultation(t *testing.T) {
	asks := func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
	}
	ofTheSecond := func(s *stageSet) {
		withPeople(s)
		s.mates = map[call.SeatID]call.SeatID{"1003": "1002"}
	}
	for name, comes := range map[string]func(s *stageSet){
		"by the code": func(s *stageSet) { s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)}) },
		"by Replaces": func(s *stageSet) { s.says(TakenOver{By: "1003", Phone: "8003", Old: "seat3", Here: s.arrival(true)}) },
		"a late offer": func(s *stageSet) {
			h := s.arrival(false)
			h.Incoming.Offer = nil
			s.says(PickUp{By: "1003", Phone: "8003", Here: h})
		},
	} {
		perform(t, ofTheSecond, func(s *stageSet) {
			asks(s)
			mark := len(s.did)
			comes(s)
			require.Subset(t, s.since(mark), []string{"accept here", "engage 1003", "end seat3 offer_ended", "release 1002 0s", "join seat1 here"}, name)
			s.leg("here", call.LegAnswered{Media: pcma}) // its ACK
			require.NoError(t, s.transfer("1001", call.TransferComplete, ""))
			require.Contains(t, s.did, "join caller here")
			s.leg("here", call.LegEnded{ByPeer: true})
			require.Contains(t, s.did, "release 1003 15s")
			r := s.record()
			require.Equal(t, []call.SeatID{"1001", "1003"}, r.Seats(), name)
			consults := 0
			for _, one := range r.Segments {
				if one.Kind == call.SegmentConsult {
					consults++
					require.Equal(t, "1003", one.Number)
				}
			}
			require.Equal(t, 1, consults, name)
		})
	}
	perform(t, ofTheSecond, func(s *stageSet) { // by the API: his phone is rung; all three are to talk
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConference, "1002"))
		s.pass(ringTime / 2)
		mark := len(s.did)
		require.NoError(t, s.verb(func(r Reply) Message { return PickUp{By: "1003", Phone: "8003", Reply: r} }))
		require.Subset(t, s.since(mark), []string{"ring 1003 at 8003", "end seat3 offer_ended"})
		require.Equal(t, "1001", s.rung[len(s.rung)-1].Caller.Number, "who asks is shown")
		s.pass(ringTime * 3 / 4)
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1004", Phone: "8004", Any: true, Reply: r} })), "it is his")
		s.leg("seat4", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "arrange [caller<[seat1 seat4] seat1<[caller seat4] seat4<[caller seat1]]")
		require.Equal(t, call.CodeConflict, call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: "1004", Phone: "8004", Any: true, Reply: r} })), "it is answered")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, ofTheSecond, func(s *stageSet) { // he does not answer: the agent has the caller again
		asks(s)
		require.NoError(t, s.verb(func(r Reply) Message { return PickUp{By: "1003", Phone: "8003", Reply: r} }))
		mark := len(s.did)
		s.pass(ringTime)
		require.Subset(t, s.since(mark), []string{"end seat4 offer_ended", "release 1003 0s", "join caller seat1"})
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, ofTheSecond, func(s *stageSet) { // the agent leaves meanwhile: it rings on for the caller, at who picks up
		asks(s)
		require.NoError(t, s.verb(func(r Reply) Message { return PickUp{By: "1003", Phone: "8003", Reply: r} }))
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.leg("seat4", call.LegAnswered{Media: pcma})
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat4", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller seat4")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, ofTheSecond, func(s *stageSet) { // his own, at the phone he is at
		asks(s)
		s.says(PickUp{By: "1002", Phone: "8003", Any: true, Here: s.arrival(false)})
		require.Subset(t, s.did, []string{"accept here", "end seat3 offer_ended", "release 1002 0s"})
		require.Less(t, slices.Index(reversed(s.did), "engage 1002"), slices.Index(reversed(s.did), "release 1002 0s"), "he is engaged still")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, ofTheSecond, func(s *stageSet) { // who may not, or can't
		asks(s)
		ask := func(by call.SeatID, anyCall bool) call.Code {
			return call.CodeOf(s.verb(func(r Reply) Message { return PickUp{By: by, Phone: "8004", Any: anyCall, Reply: r} }))
		}
		require.Equal(t, call.CodeForbidden, ask("1004", false))
		require.Equal(t, call.CodeConflict, ask("1001", true), "he asks")
		require.Equal(t, call.CodeConflict, ask("1002", true), "it rings there")
		s.says(TakenOver{Phone: "8003", Old: "seat3", Here: s.arrival(false)})
		require.Contains(t, s.did, "end here forbidden", "nobody is signed in")
		s.fail.take = errDown
		s.says(PickUp{By: "1003", Phone: "8003", Here: s.arrival(false)})
		require.Contains(t, s.did, "end here no_ports")
		s.fail.take, s.fail.ring = nil, errDown
		require.Equal(t, call.CodeConflict, ask("1003", false), "his phone can't be rung")
		s.fail.ring = nil
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join seat1 seat3", "it rang on")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func reversed(all []string) []string {
	out := slices.Clone(all)
	slices.Reverse(out)
	return out
}

func TestReplacesOfALegThatRings(t *testing.T) {
	perform(t, mates, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.says(TakenOver{By: "1003", Phone: "8003", Old: "seat1", Here: s.arrival(true)})
		require.Contains(t, s.did, "pick up 1003 any=true there=true")
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(PickUpRefused{Seat: "1003", Code: call.CodeConflict, Words: "neither waits nor rings"})
		require.Contains(t, s.did, "end here busy")
	})
	for name, c := range map[string]struct {
		m    TakenOver
		ends string
	}{
		"nobody is signed in": {TakenOver{Phone: "8003", Old: "seat1"}, "end here forbidden"},
		"it is gone":          {TakenOver{By: "1003", Phone: "8003", Old: "seat9"}, "end here no_such_call"},
	} {
		perform(t, mates, func(s *stageSet) {
			s.queued()
			s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
			c.m.Here = s.arrival(false)
			s.says(c.m)
			require.Contains(t, s.did, c.ends, name)
			s.leg("caller", call.LegEnded{ByPeer: true})
			s.says(TakenOver{By: "1003", Old: "seat1", Here: s.arrival(false)})
			require.Contains(t, s.did, "end here busy", "the call has ended")
		})
	}
}

func TestReplacesOfALegThatTalks(t *testing.T) {
	perform(t, mates, func(s *stageSet) { // the agent's other phone: the same seat
		s.talking()
		s.says(TakenOver{By: "", Phone: "1001", Old: "seat1", Here: s.arrival(false)})
		require.Subset(t, s.did, []string{"accept here", "join caller here", "right rec2 [here]", "close seat1"})
		require.NotContains(t, s.did, "end seat1 transferred")
		s.leg("here", call.LegAnswered{})
		require.Contains(t, s.did, "end seat1 transferred")
		s.leg("seat1", call.LegEnded{})
		s.leg("here", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "seat 1001 news 3")
		r := s.record()
		require.Equal(t, []call.SeatID{"1001"}, r.Seats())
		require.Len(t, r.Recordings, 1)
	})
	perform(t, mates, func(s *stageSet) { // a lead takes the agent's place
		s.talking()
		s.says(TakenOver{By: "1900", Phone: "1900", Any: true, Old: "seat1", Here: s.arrival(false)})
		require.Subset(t, s.did, []string{"engage 1900", "seat 1001 news 3", "end seat1 normal", "right rec2 [here]", "join caller here"})
		s.leg("here", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "release 1900 15s")
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "1900"}, r.Seats())
	})
	for name, c := range map[string]struct {
		m    TakenOver
		ends string
	}{
		"a colleague":         {TakenOver{By: "1003", Phone: "8003", Old: "seat1", Here: &Arrival{}}, "end here forbidden"},
		"early only":          {TakenOver{By: "1900", Phone: "1900", Any: true, Old: "seat1", Here: &Arrival{Incoming: call.Incoming{EarlyOnly: true}}}, "end here busy"},
		"the customer's leg":  {TakenOver{By: "1900", Phone: "1900", Any: true, Old: "caller", Here: &Arrival{}}, "end here forbidden"},
		"a leg that is gone":  {TakenOver{By: "1900", Phone: "1900", Any: true, Old: "seat7", Here: &Arrival{}}, "end here no_such_call"},
		"no port is free now": {TakenOver{By: "1900", Phone: "1900", Any: true, Old: "seat1", Here: &Arrival{}}, "end here no_ports"},
	} {
		perform(t, mates, func(s *stageSet) {
			s.talking()
			if name == "no port is free now" {
				s.fail.take = errDown
			}
			c.m.Here = s.arrival(c.m.Here.Incoming.EarlyOnly)
			s.says(c.m)
			require.Contains(t, s.did, c.ends, name)
			require.Equal(t, "caller seat1", s.pair, "the two talk on")
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
	perform(t, fromPhone(colleague), func(s *stageSet) { // the leg of a phone that called
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("caller", call.LegAnswered{})
		s.says(TakenOver{By: "1001", Phone: "1001", Old: "caller", Here: s.arrival(false)})
		require.Subset(t, s.did, []string{"accept here", "join seat1 here"})
		s.leg("here", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end caller transferred")
	})
}
