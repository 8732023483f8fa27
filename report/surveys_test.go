package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestSurveys(t *testing.T) {
	answers := func(pairs ...string) (all []call.SurveyAnswer) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, call.SurveyAnswer{Question: pairs[i], Answer: pairs[i+1]})
		}
		return all
	}
	s := Surveys{}
	for _, r := range []call.Record{
		{Caller: "1", SurveyCall: "visit", Outcome: call.OutcomeUnreached, Direction: call.Outbound},
		{Caller: "1", SurveyCall: "visit", Outcome: call.OutcomeServedInIVR, SurveyAnswers: answers("now", "later")},
		{Caller: "1", SurveyCall: "visit", Outcome: call.OutcomeServedInIVR, SurveyAnswers: answers("now", "yes", "solved", "no", "mark", "7")},
		{Caller: "2", SurveyCall: "visit", Outcome: call.OutcomeVoicemail, SurveyAnswers: answers("now", "yes", "solved", "yes", "mark", "10")},
		{Caller: "3", SurveyCall: "visit", Outcome: call.OutcomeServedInIVR, SurveyAnswers: answers("now", "opt_out")},
		{Caller: "4", SurveyCall: "visit", Outcome: call.OutcomeServedInIVR},
		{Caller: "5", Outcome: call.OutcomeAnswered, SurveyAnswers: answers("rate", "satisfied")},
		{Caller: "6", Outcome: call.OutcomeAnswered},
	} {
		s.Add(&r)
	}
	share := func(x float64) Value { return Share(x, true) }
	row := func(survey, question, answer string, n int, v Value) []Value {
		return []Value{Text(survey), Text(question), Text(answer), Count(n), v}
	}
	require.Equal(t, [][]Value{
		row("in_call", "", "dialled", 1, Value{}), row("in_call", "", "reached", 1, share(1)), row("in_call", "", "visited", 1, share(1)), row("in_call", "", "opted_out", 0, share(0)),
		row("in_call", "rate", "satisfied", 1, share(1)),
		row("visit", "", "dialled", 6, Value{}), row("visit", "", "reached", 5, share(5.0/6)), row("visit", "", "visited", 2, share(0.5)), row("visit", "", "opted_out", 1, share(1.0/6)),
		row("visit", "mark", "10", 1, share(0.5)), row("visit", "mark", "7", 1, share(0.5)), row("visit", "mark", "mean", 2, share(8.5)),
		row("visit", "now", "later", 1, share(0.25)), row("visit", "now", "opt_out", 1, share(0.25)), row("visit", "now", "yes", 2, share(0.5)),
		row("visit", "solved", "no", 1, share(0.5)), row("visit", "solved", "yes", 1, share(0.5)),
	}, s.Table().Rows)
	_, known := (&SurveyFigures{}).VisitRate()
	require.False(t, known)
	_, known = (&SurveyFigures{}).Mean("x")
	require.False(t, known)
	out := Outbound{}
	out.Add(&call.Record{Direction: call.Outbound, SurveyCall: "visit"})
	require.Empty(t, out, "no agent has dialled")
}
