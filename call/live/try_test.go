package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// perform a try: a call that we make.
func performTry(t *testing.T, setup func(*stageSet), act func(*stageSet)) {
	t.Helper()
	perform(t, func(s *stageSet) {
		s.try = &Try{
			Callback: "b1", Origin: "c0", Queue: "general", Entry: time.Now().Add(-time.Minute),
			Trunk: "gw", Shown: call.Shown{Number: "10000"}, Ring: 40 * time.Second,
		}
		if setup != nil {
			setup(s)
		}
	}, act)
}

// dialling brings a try to where the customer's phone is called: seat1's leg, then the customer's, seat2.
func (s *stageSet) dialling() {
	s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
	s.leg("seat1", call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
	s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
}

const customer = call.LegID("seat2")

func TestTheCustomerIsCalledBack(t *testing.T) {
	performTry(t, nil, func(s *stageSet) {
		s.dialling()
		require.Contains(t, s.did, "dial 13800138000  by gw")
		require.Equal(t, "10000", s.dialled[0].Shown.Number, "he sees the number he called")
		require.Contains(t, s.did, "play seat1 [callback_agent] loop=false")
		s.leg(customer, call.LegRinging{})
		s.leg(customer, call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
		require.Contains(t, s.did, "dialled answered ")
		s.sound(customer, call.SoundPlayed{Play: s.play - 1})
		s.sound("seat1", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join seat2 seat1")
		s.leg("seat1", call.LegEnded{ByPeer: true})
		rec := s.record()
		require.Equal(t, call.OutcomeAnswered, rec.Outcome)
		require.Equal(t, call.CallbackID("b1"), rec.Callback)
		require.Equal(t, "carrier", rec.Trunk)
		require.Len(t, rec.Recordings, 1)
	})
}

func TestTheCustomerIsNotReached(t *testing.T) {
	for name, news := range map[string]func(*stageSet){
		"busy":      func(s *stageSet) { s.leg(customer, call.LegFailed{Status: 486, Dial: call.DialBusy}) },
		"no_answer": func(s *stageSet) { s.pass(41 * time.Second) },
	} {
		performTry(t, nil, func(s *stageSet) {
			s.dialling()
			news(s)
			require.Contains(t, s.did, "close seat2", "the line is free at once")
			require.Equal(t, 1, count(s.did, "play seat1 [callback_failed] loop=false"))
			require.Equal(t, StageClosing, s.a.stage)
			s.sound("seat1", call.SoundPlayed{Play: s.play})
			require.Contains(t, s.did, "seat 1001 news 3")
			require.Contains(t, s.did, "end seat1 normal", "the agent hears it, then is free")
			require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
			require.Contains(t, s.did, "dialled "+name+map[string]string{"busy": " ", "no_answer": " it rang for 40s"}[name])
		})
	}
}

func TestNoTrunkLeadsToTheCustomer(t *testing.T) {
	performTry(t, func(s *stageSet) { s.fail.dial = errDown }, func(s *stageSet) {
		s.dialling()
		require.Contains(t, s.did, "dialled failed down")
		s.leg("seat1", call.LegEnded{ByPeer: true}) // does not hear the words out
		require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
	})
}

func TestTheAgentIsGoneWhileTheCustomerIsDialled(t *testing.T) {
	performTry(t, nil, func(s *stageSet) {
		s.dialling()
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "dialled cancelled the agent was gone before the customer answered")
		require.Contains(t, s.did, "end seat2 offer_ended", "the customer's phone stops ringing")
		s.leg(customer, call.LegAnswered{}) // crosses the CANCEL: the signalling room has hung up
		require.Equal(t, StageArchive, s.a.stage)
	})
}

func TestTheAgentIsGoneBeforeAnybodyIsDialled(t *testing.T) {
	performTry(t, nil, func(s *stageSet) {
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{})
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		require.NotContains(t, s.did, "dial 13800138000  by gw")
		require.Contains(t, s.did, "dialled cancelled the agent was gone at once")
		require.Contains(t, s.did, "seat 1001 news 3")
	})
}

// A customer who has answered and loses the agent waits for the next one, in his old place.
func TestTheAgentIsGoneAfterTheCustomerAnswered(t *testing.T) {
	performTry(t, nil, func(s *stageSet) {
		s.dialling()
		s.leg(customer, call.LegAnswered{})
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "enqueue general again=true")
		require.Contains(t, s.did, "play seat2 [default] loop=true")
		s.leg(customer, call.LegEnded{ByPeer: true})
	})
}

func TestTheCustomerRangBackMeanwhile(t *testing.T) {
	for name, act := range map[string]func(*stageSet){
		"while a seat rings": func(s *stageSet) { s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"}) },
		"while he is dialled": func(s *stageSet) {
			s.dialling()
		},
		"before anything": func(*stageSet) {},
	} {
		performTry(t, nil, func(s *stageSet) {
			act(s)
			s.says(BackOff{Words: "the customer has rung back"})
			require.Equal(t, StageArchive, s.a.stage, name)
			require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
		})
	}
}

// A node that stops ends what nobody has begun, and lets the rest go on.
func TestIdleTriesEndWhenTheNodeStops(t *testing.T) {
	performTry(t, nil, func(s *stageSet) {
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"}, BackOff{Idle: true})
		require.Equal(t, StageWaiting, s.a.stage)
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferDeclined}, BackOff{Idle: true})
		require.Equal(t, StageArchive, s.a.stage)
	})
}
