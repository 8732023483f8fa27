package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// fromPhone has the phone of agent 1001 begin the call.
func fromPhone(to call.Destination, change ...func(*PhoneCall)) func(*stageSet) {
	return func(s *stageSet) {
		s.phone = &PhoneCall{Phone: "8001", Seat: "1001", To: to, Trunk: "gw", Shown: call.Shown{Number: "10000"}, WrapUp: 5 * time.Second}
		for _, c := range change {
			c(s.phone)
		}
	}
}

func clicked(p *PhoneCall) { p.Click = true }

var (
	colleague = call.Destination{Kind: call.ToAgent, Dialled: "1002", Agent: "1002", Phone: "8002"}
	outsider  = call.Destination{Kind: call.ToNumber, Dialled: "13911112222", Number: "13911112222"}
	helpers   = call.Destination{Kind: call.ToQueue, Dialled: "help", Queue: "help"}
	pcma      = &call.MediaSpec{Codec: call.CodecPCMA}
)

func TestAgentCallsColleague(t *testing.T) {
	perform(t, fromPhone(colleague), func(s *stageSet) {
		require.Equal(t, []string{
			"* entered", "engage 1001", "open caller", "negotiated caller PCMA sendrecv", "* seat_called", "engage 1002", "ring 1002 at 8002",
		}, s.did)
		s.leg("seat1", call.LegRinging{})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("caller", call.LegAnswered{})
		require.Subset(t, s.did, []string{"progress caller 180", "accept caller", "join caller seat1"})
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"part caller seat1", "release 1002 5s", "end caller flow_end", "release 1001 0s"})
		r := s.record()
		require.Equal(t, call.Internal, r.Direction)
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
		require.Equal(t, call.PartyAgent, *r.EndedBy)
		require.Equal(t, []call.SeatID{"1001", "1002"}, r.Seats())
		require.Empty(t, r.Recordings)
	})
}

func TestColleagueDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*stageSet)
		end     string
	}{
		"declines":       {func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined}) }, "end caller busy"},
		"is not reached": {func(s *stageSet) { s.leg("seat1", call.LegFailed{Result: call.OfferUnreachable}) }, "end caller no_answer"},
		"lets it ring":   {func(s *stageSet) { s.pass(seatRings) }, "end caller no_answer"},
		"is too late":    {func(s *stageSet) { s.leg("caller", call.LegEnded{ByPeer: true}) }, "end seat1 offer_ended"},
		"node stops":     {func(s *stageSet) { s.says(Drain{Prompt: "all_busy"}) }, "end caller shutdown"},
	} {
		perform(t, fromPhone(colleague), func(s *stageSet) {
			c.happens(s)
			require.Contains(t, s.did, c.end, name)
			require.Subset(t, s.did, []string{"release 1002 0s", "release 1001 0s", "close seat1", "close caller", "line free"}, name)
			require.NotContains(t, s.did, "accept caller")
			require.NotEqual(t, call.OutcomeAnswered, s.record().Outcome)
		})
	}
}

func TestAColleagueWhoCannotBeRung(t *testing.T) {
	perform(t, func(s *stageSet) {
		fromPhone(colleague)(s)
		s.fail.ring = errDown
	}, func(s *stageSet) {
		require.Contains(t, s.did, "end caller no_answer")
		require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
	})
}

func TestAgentCallsOutsideNumber(t *testing.T) {
	perform(t, fromPhone(outsider, func(p *PhoneCall) { p.Record = true }), func(s *stageSet) {
		require.Equal(t, "10000", s.dialled[0].Shown.Number)
		s.leg("seat1", call.LegRinging{})
		s.leg("seat1", call.LegEarly{Media: *pcma})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		require.Subset(t, s.did, []string{
			"progress caller 180", "progress caller 183", "arrange [seat1<[] caller<[seat1]]", "accept caller", `record rec2 "" seat1|caller`, "join seat1 caller",
		})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Subset(t, s.did, []string{"release 1001 5s", "recorded rec2", "end seat1 flow_end"})
		r := s.record()
		require.Equal(t, call.Outbound, r.Direction)
		require.Equal(t, call.OutcomeAnswered, r.Outcome)
		require.Equal(t, "13911112222", r.Called)
		require.Equal(t, call.SeatID("1001"), r.Agent)
		require.False(t, r.ConnectedAt.IsZero())
	})
}

// Sound that comes first makes ringing no news; where the trunk lets it, the phone is heard at once.
func TestEarlySoundOfANumberCalled(t *testing.T) {
	perform(t, fromPhone(outsider), func(s *stageSet) {
		s.leg("seat1", call.LegEarly{Media: *pcma, Talk: true})
		s.leg("seat1", call.LegRinging{})
		require.Subset(t, s.did, []string{"progress caller 183", "join seat1 caller"})
		require.NotContains(t, s.did, "progress caller 180")
		s.leg("seat1", call.LegFailed{Status: 404, Dial: call.DialWrongNumber})
		require.Contains(t, s.did, "end caller unknown_number", "after what was said")
	})
	perform(t, fromPhone(outsider), func(s *stageSet) { // without: it rings, by the phone's own tone
		s.leg("seat1", call.LegRinging{})
		require.Contains(t, s.did, "progress caller 180")
		s.leg("caller", call.LegEnded{Cause: call.CauseNoAck}) // it does not acknowledge that
		require.Subset(t, s.did, []string{"end seat1 offer_ended", "close seat1", "close caller"})
	})
}

func TestOutsideNumberDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*stageSet)
		end     string
	}{
		"busy":          {func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 486, Dial: call.DialBusy}) }, "end caller busy"},
		"wrong number":  {func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 404, Dial: call.DialWrongNumber}) }, "end caller unknown_number"},
		"declined":      {func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 603, Dial: call.DialDeclined}) }, "end caller declined"},
		"no answer":     {func(s *stageSet) { s.pass(ringTime) }, "end caller no_answer"},
		"agent cancels": {func(s *stageSet) { s.leg("caller", call.LegEnded{ByPeer: true}) }, "end seat1 offer_ended"},
	} {
		perform(t, fromPhone(outsider), func(s *stageSet) {
			c.happens(s)
			require.Contains(t, s.did, c.end, name)
			require.Subset(t, s.did, []string{"release 1001 0s", "close seat1", "close caller", "line free"}, name)
			require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
			require.Empty(t, s.record().Recordings)
		})
	}
}

func TestClickToDial(t *testing.T) {
	perform(t, fromPhone(outsider, clicked), func(s *stageSet) {
		require.Contains(t, s.did, "ring 1001 at 8001")
		require.Empty(t, s.dialled)
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("seat2", call.LegEarly{Media: *pcma})
		require.Contains(t, s.did, "arrange [seat2<[] seat1<[seat2]]", "the agent hears what is said before the answer, and is not heard")
		s.leg("seat2", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join seat2 seat1")
		s.leg("seat2", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "end seat1 normal")
		require.Equal(t, call.PartyCaller, *s.record().EndedBy)
	})
	perform(t, fromPhone(colleague, clicked), func(s *stageSet) {
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("seat2", call.LegAnswered{Media: pcma})
		require.Contains(t, s.did, "join seat1 seat2")
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Equal(t, call.OutcomeAnswered, s.record().Outcome)
	})
	perform(t, fromPhone(outsider, clicked), func(s *stageSet) {
		s.pass(seatRings)
		require.Empty(t, s.dialled)
		require.Equal(t, call.OutcomeUnreached, s.record().Outcome)
	})
	perform(t, fromPhone(outsider, clicked), func(s *stageSet) {
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.leg("seat2", call.LegFailed{Status: 486, Dial: call.DialBusy})
		require.Contains(t, s.did, "play seat1 [callback_failed] loop=false")
		s.sound("seat1", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "release 1001 5s")
	})
}

func TestPhoneWaitsInQueue(t *testing.T) {
	perform(t, fromPhone(helpers), func(s *stageSet) {
		require.Contains(t, s.did, "accept caller")
		s.leg("caller", call.LegAnswered{})
		require.Equal(t, "help", s.entries[0].Queue)
		s.says(Placed{Queue: "help", Entry: time.Now(), Position: 1}, Ring{Offer: "o1", Seat: "1002", Phone: "8002", Queue: "help"})
		s.leg("seat1", call.LegAnswered{Media: pcma})
		s.says(Connect{Offer: "o1", Seat: "1002", Queue: "help"})
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("seat1", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "join caller seat1")
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "release 1001 0s")
		require.Equal(t, call.OutcomeAnswered, s.record().Outcome)
	})
	perform(t, fromPhone(helpers), func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.says(Placed{Queue: "help", Entry: time.Now(), Position: 1})
		s.pass(time.Minute)
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, call.OutcomeAbandoned, s.record().Outcome)
	})
}
