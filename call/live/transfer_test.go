package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// verb sends a verb and gives its answer.
func (s *stageSet) verb(ask func(Reply) Message) error {
	s.t.Helper()
	reply := make(chan error, 1)
	s.says(ask(Reply(reply)))
	select {
	case err := <-reply:
		return err
	default:
		require.Fail(s.t, "nobody answered")
		return nil
	}
}

func (s *stageSet) transfer(by call.SeatID, mode call.TransferMode, to string) error {
	s.t.Helper()
	return s.verb(func(r Reply) Message { return Transfer{By: by, Mode: mode, To: to, Reply: r} })
}

// withPeople knows a colleague, a queue, an outside number.
func withPeople(s *stageSet) {
	s.people = map[string]call.Destination{"1002": colleague, "help": helpers, "13911112222": outsider, "1001": {Kind: call.ToAgent, Agent: "1001", Phone: "8001"}}
	s.facts.WrapUp = 15 * time.Second
}

func TestBlindToAgent(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		mark := len(s.did)
		require.NoError(t, s.transfer("1001", call.TransferBlind, "1002"))
		require.Equal(t, []string{
			"* transferred", "* seat_left", "part caller seat1", "seat 1001 news 3", "end seat1 normal", "close seat1", "right rec2 []",
			"play caller [default] loop=true", "* seat_called", "engage 1002", "ring 1002 at 8002",
		}, s.since(mark))
		s.leg("seat3", call.LegRinging{})
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "right rec2 [seat3]", "the recording goes on")
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat3", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller seat3")
		s.leg("seat3", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"release 1002 15s", "recorded rec2", "end caller flow_end"})
		r := s.record()
		require.Equal(t, []call.SeatID{"1001", "1002"}, r.Seats())
		require.Len(t, r.Recordings, 1)
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
	})
}

func TestBlindThatComesToNothing(t *testing.T) {
	for name, fails := range map[string]func(*stageSet){
		"declined":  func(s *stageSet) { s.leg("seat3", call.LegFailed{Status: 486, Result: call.OfferDeclined}) },
		"no answer": func(s *stageSet) { s.pass(seatRings) },
		"lost":      func(s *stageSet) { s.leg("seat3", call.LegEnded{}) },
	} {
		perform(t, withPeople, func(s *stageSet) {
			s.talking()
			require.NoError(t, s.transfer("", call.TransferBlind, "1002"))
			fails(s)
			last := s.entries[len(s.entries)-1]
			require.True(t, last.Return, name)
			require.Equal(t, "general", last.Queue)
			require.False(t, last.Entry.IsZero(), "the old place")
			require.Contains(t, s.kinds(), "transfer_failed")
			require.Contains(t, s.did, "release 1002 0s")
			require.NotContains(t, s.did, "recorded rec2", "the recording is not lost by it")
			s.leg("caller", call.LegEnded{ByPeer: true})
			require.Contains(t, s.did, "recorded rec2")
		})
	}
	perform(t, withPeople, func(s *stageSet) { // the caller leaves meanwhile
		s.talking()
		require.NoError(t, s.transfer("", call.TransferBlind, "1002"))
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"end seat3 offer_ended", "release 1002 0s", "recorded rec2"})
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.NotContains(t, s.did, "join caller seat3")
	})
}

func TestBlindToQueueAndNumber(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		entry := s.a.wait.entry
		require.NoError(t, s.transfer("1001", call.TransferBlind, "help"))
		last := s.entries[len(s.entries)-1]
		require.Equal(t, "help", last.Queue)
		require.Equal(t, entry, last.Entry, "what he has waited counts")
		require.False(t, last.Return)
		require.Contains(t, s.did, "seat 1001 news 3")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferBlind, "13911112222"))
		require.Equal(t, call.SeatID("1001"), s.dialled[0].Seat, "whose right it is")
		s.leg("seat3", anAnswer)
		require.Subset(t, s.did, []string{"join caller seat3", "right rec2 [seat3]"})
		s.leg("seat3", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end caller flow_end")
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferBlind, "13911112222"))
		s.leg("seat3", call.LegFailed{Status: 486, Dial: call.DialBusy})
		require.True(t, s.entries[len(s.entries)-1].Return)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestTransfersThatCannotBe(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		require.ErrorContains(t, s.transfer("", call.TransferBlind, "1002"), "nobody talks")
		s.talking()
		require.ErrorContains(t, s.transfer("1003", call.TransferBlind, "1002"), "not in the conversation")
		require.ErrorContains(t, s.transfer("", call.TransferBlind, "9"), "nobody at 9")
		require.ErrorContains(t, s.transfer("", call.TransferBlind, "1001"), "in the call already")
		require.ErrorContains(t, s.transfer("", call.TransferConsult, "help"), "a queue can't be asked")
		require.ErrorContains(t, s.transfer("", call.TransferComplete, ""), "has asked nobody")
		require.ErrorContains(t, s.transfer("", call.TransferCancel, ""), "has asked nobody")
		require.NotContains(t, s.did, "part caller seat1", "and nothing has changed")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.ErrorContains(t, s.transfer("", call.TransferBlind, "1002"), "has ended")
	})
}

func TestConsultAndComplete(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		mark := len(s.did)
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		require.Equal(t, []string{
			"* seat_called", "engage 1002", "ring 1002 at 8002", "* held", "part caller seat1", "play caller [default] loop=true", "seat 1001 news 1",
			"play seat1 [ringback] loop=true",
		}, s.since(mark))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join seat1 seat3", "the caller hears nothing of it")
		require.ErrorContains(t, s.transfer("", call.TransferBlind, "help"), "complete or cancel")
		require.NoError(t, s.transfer("1001", call.TransferComplete, ""))
		require.Subset(t, s.did, []string{"join caller seat3", "seat 1001 news 3", "right rec2 [seat3]"})
		s.leg("seat3", call.LegEnded{ByPeer: true})
		var kinds []string
		for _, one := range s.record().Segments {
			kinds = append(kinds, one.Kind.String())
		}
		require.Equal(t, []string{"queue", "ring", "seat", "hold", "consult", "seat"}, kinds)
		require.Len(t, s.record().Recordings, 1)
	})
}

func TestConsultAndCancel(t *testing.T) {
	back := []string{"stop caller", "join caller seat1"}
	for name, ends := range map[string]func(*stageSet){
		"cancelled":       func(s *stageSet) { require.NoError(s.t, s.transfer("", call.TransferCancel, "")) },
		"the other rings": func(s *stageSet) { s.pass(ringTime) },
		"the other's no":  func(s *stageSet) { s.leg("seat3", call.LegFailed{Status: 486, Result: call.OfferDeclined}) },
		"asked, hung up": func(s *stageSet) {
			s.leg("seat3", call.LegAnswered{Media: pcma})
			s.leg("seat3", call.LegEnded{ByPeer: true})
		},
		"asked, cancelled": func(s *stageSet) {
			s.leg("seat3", call.LegAnswered{Media: pcma})
			require.NoError(s.t, s.transfer("", call.TransferCancel, ""))
		},
		"asked, silent": func(s *stageSet) {
			s.leg("seat3", call.LegAnswered{Media: pcma})
			s.sound("seat3", call.SoundTimeout{})
		},
	} {
		perform(t, withPeople, func(s *stageSet) {
			s.talking()
			require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
			mark := len(s.did)
			ends(s)
			require.Subset(t, s.since(mark), back, name)
			require.Subset(t, s.since(mark), []string{"release 1002 0s", "close seat3"}, name)
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
}

func TestConsultsLosingRaces(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) { // the agent hangs up while the other rings: he rings on for the caller
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.leg("seat3", call.LegAnswered{Media: pcma})
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat3", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller seat3")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, withPeople, func(s *stageSet) { // the caller hangs up during it
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"end seat3 normal", "end seat1 normal", "release 1002 0s"})
	})
	perform(t, withPeople, func(s *stageSet) { // outside: early sound, answer, completed, and the outside party hangs up
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "13911112222"))
		require.Equal(t, "10000", s.dialled[0].Shown.Number, "the hotline's number, not the customer's")
		s.leg("seat3", call.LegEarly{Media: *pcma})
		require.Contains(t, s.did, "arrange [seat1<[seat3] seat3<[]]")
		s.leg("seat3", anAnswer)
		require.Contains(t, s.did, "join seat1 seat3")
		require.NoError(t, s.transfer("1001", call.TransferComplete, ""))
		require.Contains(t, s.did, "join caller seat3")
		s.leg("seat3", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestConference(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConsult, "1002"))
		require.ErrorContains(t, s.transfer("", call.TransferConference, ""), "not answered yet")
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.NoError(t, s.transfer("", call.TransferConference, ""))
		require.Contains(t, s.did, "arrange [caller<[seat1 seat3] seat1<[caller seat3] seat3<[caller seat1]]")
		require.Contains(t, s.did, "right rec2 [seat1 seat3]")
		s.leg("seat1", call.LegEnded{ByPeer: true}) // the first agent goes, the others talk on
		require.Contains(t, s.did, "join caller seat3")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Len(t, s.record().Recordings, 1)
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.transfer("1001", call.TransferConference, "1002"))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "arrange [caller<[seat1 seat3] seat1<[caller seat3] seat3<[caller seat1]]")
		mark := len(s.did)
		s.leg("seat3", call.LegEnded{ByPeer: true})
		require.Contains(t, s.since(mark), "join caller seat1")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestHoldSurveyAndHangUpByTheAPI(t *testing.T) {
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		hold := func(on bool) error {
			return s.verb(func(r Reply) Message { return Hold{By: "1001", On: on, Reply: r} })
		}
		require.NoError(t, hold(true))
		require.Contains(t, s.did, "part caller seat1", "the agent hears nothing of it")
		require.NoError(t, hold(true))
		require.NoError(t, hold(false))
		require.Equal(t, 1, countOf(s.kinds(), "held"))
		require.Equal(t, 1, countOf(s.kinds(), "resumed"))
		require.NoError(t, s.verb(func(r Reply) Message { return Help{By: "1001", Reason: "angry", Reply: r} }))
		require.NoError(t, s.verb(func(r Reply) Message { return Survey{By: "1001", Reply: r} }))
		require.Subset(t, s.kinds(), []string{"help_asked", "survey_sent", "seat_left"})
		require.Equal(t, call.PartySystem, *s.record().EndedBy, "who sends the caller to the rating has not hung up on him")
	})
	perform(t, withPeople, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.verb(func(r Reply) Message { return Part{By: "1001", Reply: r} }))
		require.Equal(t, call.PartyAgent, *s.record().EndedBy)
	})
}

func countOf(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
