package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// performVisit rings a customer for a survey: the leg is seat1's, as it is the first that is asked for.
func performVisit(t *testing.T, setup, act func(*stageSet)) {
	t.Helper()
	perform(t, func(s *stageSet) {
		s.visit = &Visit{Survey: "visit", Origin: "c0", Trunk: "gw", Shown: call.Shown{Number: "10000"}, Ring: 30 * time.Second}
		if setup != nil {
			setup(s)
		}
	}, act)
}

const visitedLeg = call.LegID("seat1")

func TestACustomerIsRungForASurvey(t *testing.T) {
	performVisit(t, nil, func(s *stageSet) {
		require.Contains(t, s.did, "dial 13800138000  by gw")
		require.Equal(t, "10000", s.dialled[0].Shown.Number, "he sees the number he called")
		require.Equal(t, StageCalling, s.a.stage)
		s.leg(visitedLeg, call.LegRinging{})
		s.leg(visitedLeg, call.LegRinging{})
		s.leg(visitedLeg, call.LegAnswered{Media: pcma})
		require.Equal(t, StageFlow, s.a.stage, "the flow talks to him")
		require.Equal(t, 1, count(s.did, "* customer_ringing"))
		s.leg(visitedLeg, call.LegEnded{ByPeer: true})
		rec := s.record()
		require.Equal(t, call.OutcomeServedInIVR, rec.Outcome, "not abandoned: he was asked")
		require.Equal(t, call.Outbound, rec.Direction)
		require.Equal(t, "visit", rec.SurveyCall)
		require.Equal(t, call.ID("c0"), rec.Origin)
		require.Equal(t, "carrier", rec.Trunk, "it went out by")
		require.Equal(t, 1, count(s.did, "line free"))
	})
}

func TestACustomerIsNotReachedForASurvey(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*stageSet)
		cause   call.Cause
	}{
		"busy":        {func(s *stageSet) { s.leg(visitedLeg, call.LegFailed{Status: 486, Dial: call.DialBusy}) }, call.CauseBusy},
		"no number":   {func(s *stageSet) { s.leg(visitedLeg, call.LegFailed{Status: 404, Dial: call.DialWrongNumber}) }, call.CauseUnknownNumber},
		"rings":       {func(s *stageSet) { s.pass(31 * time.Second) }, call.CauseNoAnswer},
		"line lost":   {func(s *stageSet) { s.leg(visitedLeg, call.LegEnded{}) }, call.CauseNoAnswer},
		"node stops":  {func(s *stageSet) { s.says(Drain{Prompt: "all_busy"}) }, call.CauseShutdown},
		"is hung up":  {func(s *stageSet) { s.says(Hangup{Cause: call.CauseNormal}) }, call.CauseNormal},
		"early sound": {func(s *stageSet) { s.leg(visitedLeg, call.LegEarly{Media: *pcma}); s.pass(31 * time.Second) }, call.CauseNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			performVisit(t, nil, func(s *stageSet) {
				c.happens(s)
				rec := s.record()
				if want := call.OutcomeUnreached; name != "node stops" {
					require.Equal(t, want, rec.Outcome)
				}
				require.Equal(t, c.cause, *rec.Cause)
				require.Equal(t, 1, count(s.did, "* customer_answered"), "one word of what became of it")
				require.Equal(t, 1, count(s.did, "close seat1"))
				require.Equal(t, 1, count(s.did, "line free"))
			})
		})
	}
}
