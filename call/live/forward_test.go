package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// forwards is a colleague whose calls go elsewhere.
func forwards(in call.Instead) call.Destination {
	to := colleague
	to.Instead = &in
	return to
}

// knows adds whom people can find.
func knows(all ...call.Destination) func(*stageSet) {
	return func(s *stageSet) {
		s.people = map[string]call.Destination{}
		for _, d := range all {
			s.people[d.Dialled] = d
		}
	}
}

var third = call.Destination{Kind: call.ToAgent, Dialled: "1003", Agent: "1003", Phone: "8003"}

func TestACallBetweenPeopleIsForwarded(t *testing.T) {
	for name, c := range map[string]struct {
		in      call.Instead
		happens func(*stageSet)
		goes    bool
	}{
		"busy":                  {call.Instead{Busy: "1003"}, func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined}) }, true},
		"busy, no rule":         {call.Instead{NoAnswer: "1003"}, func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined}) }, false},
		"not reached":           {call.Instead{NoAnswer: "1003"}, func(s *stageSet) { s.leg("seat1", call.LegFailed{Result: call.OfferUnreachable}) }, true},
		"no answer in its time": {call.Instead{NoAnswer: "1003", After: 10 * time.Second}, func(s *stageSet) { s.pass(10 * time.Second) }, true},
		"not yet":               {call.Instead{NoAnswer: "1003", After: 10 * time.Second}, func(s *stageSet) { s.pass(9 * time.Second) }, false},
		"diverts": {call.Instead{Divert: true}, func(s *stageSet) {
			s.leg("seat1", call.LegFailed{Status: 302, Result: call.OfferDeclined, Diverted: "1003"})
		}, true},
		"may not divert": {call.Instead{}, func(s *stageSet) {
			s.leg("seat1", call.LegFailed{Status: 302, Result: call.OfferDeclined, Diverted: "1003"})
		}, false},
		"to nobody": {call.Instead{Busy: "9999"}, func(s *stageSet) { s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined}) }, false},
	} {
		perform(t, func(s *stageSet) {
			fromPhone(forwards(c.in))(s)
			knows(third)(s)
		}, func(s *stageSet) {
			c.happens(s)
			if !c.goes {
				require.NotContains(t, s.did, "ring 1003 at 8003", name)
				s.leg("caller", call.LegEnded{ByPeer: true})
				return
			}
			require.Contains(t, s.did, "ring 1003 at 8003", name)
			require.NotContains(t, s.did, "accept caller", name)
			s.leg("seat2", call.LegAnswered{Media: pcma})
			s.leg("caller", call.LegAnswered{})
			require.Subset(t, s.did, []string{"release 1002 0s", "accept caller", "join caller seat2"}, name)
			s.leg("seat2", call.LegEnded{ByPeer: true})
			require.Equal(t, call.OutcomeAnswered, s.record().Outcome, name)
		})
	}
}

func TestACallIsForwardedToANumber(t *testing.T) {
	for name, answered := range map[string]bool{"answers": true, "does not": false} {
		perform(t, func(s *stageSet) {
			fromPhone(forwards(call.Instead{Busy: outsider.Dialled}))(s)
			knows(outsider)(s)
		}, func(s *stageSet) {
			s.leg("seat1", call.LegFailed{Status: 486, Result: call.OfferDeclined})
			require.Len(t, s.dialled, 1, name)
			require.Equal(t, call.SeatID("1002"), s.dialled[0].Seat, "by the right of who forwards")
			leg := s.dialled[0].Leg
			if !answered {
				s.leg(leg, call.LegFailed{Status: 486, Dial: call.DialBusy})
				require.Contains(t, s.did, "end caller no_answer", name)
				return
			}
			s.leg(leg, call.LegAnswered{Media: pcma})
			require.Contains(t, s.did, "accept caller", name)
			s.leg("caller", call.LegAnswered{})
			s.leg(leg, call.LegEnded{ByPeer: true})
			require.Contains(t, s.did, "line free", name)
		})
	}
}

func TestPhonesThatForwardToOneAnother(t *testing.T) {
	perform(t, func(s *stageSet) {
		back := third
		back.Instead = &call.Instead{Busy: "1002"}
		fromPhone(forwards(call.Instead{Busy: "1003"}))(s)
		knows(back, forwards(call.Instead{Busy: "1003"}))(s)
	}, func(s *stageSet) {
		for _, leg := range []call.LegID{"seat1", "seat2", "seat3", "seat4", "seat5", "seat6"} {
			s.leg(leg, call.LegFailed{Status: 486, Result: call.OfferDeclined})
		}
		require.Contains(t, s.did, "end caller busy")
	})
}
