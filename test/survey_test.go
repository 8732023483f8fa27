package test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// surveySite has the five questions of a call-back survey, by the trunk callers come in by, and a survey whose
// first question customers answer with 9, never again.
func surveySite(proxy string) map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU],", "codecs: [PCMA, PCMU], proxy: "+proxy+",", 1)
		s["surveys.yaml"] = `
flows:
  - name: visit
    start: convenient
    nodes:
      convenient: {survey: {prompt: survey_convenient, into: now, keys: {"1": "yes", "2": later}}, next: when}
      when:       {branch: [{if: 'vars.now == "yes"', next: solved}], else: hangup}
      solved:     {survey: {prompt: survey_solved, keys: {"1": "yes", "2": "no"}}, next: attitude}
      attitude:   {survey: {prompt: survey_attitude, keys: {"1": satisfied, "2": so_so}}, next: charged}
      charged:    {survey: {prompt: survey_charged, keys: {"1": "yes", "2": "no"}}, next: mark}
      mark:       {survey: {prompt: survey_mark, keys: {"9": "9", "0": "10"}}, next: hangup}
  - name: never
    start: convenient
    nodes:
      convenient: {survey: {prompt: survey_convenient, keys: {"1": opt_out}}, next: hangup}
surveys:
  - {name: visit, flow: visit, queues: [general], after: 1s, quiet: none, tries: 1}
  - {name: never, flow: never, quiet: none}
`
	})
}

// surveyCall is a row of GET /survey-calls.
type surveyCall struct {
	ID      string
	State   call.VisitState
	Call    call.ID
	Number  string
	Origin  call.ID
	Answers []call.SurveyAnswer
	Reason  string
}

func surveyCalls(n *harness.Node) []surveyCall {
	var l struct{ Items []surveyCall }
	n.Do(http.MethodGet, "/api/v1/survey-calls", nil, 200, &l)
	return l.Items
}

// TestCallBackSurvey has an agent serve a caller, who is rung back a second later by the node and answers the five
// questions by key; and another who wants no surveys any more.
func TestCallBackSurvey(t *testing.T) {
	t.Parallel()
	keys := harness.Sound(harness.Tone(time.Second), harness.Keys("1"), harness.Tone(300*time.Millisecond), harness.Keys("1220"))
	carrier := harness.StartCarrier(t, harness.CarrierPlan{Plays: keys})
	n := harness.StartNode(t, harness.Config{Site: surveySite(carrier.URI())})
	agent(t, n, "1001", 1000, true)
	harness.StartCaller(t, n, harness.Plan{To: "10001", From: customerNumber, Steps: []string{harness.Pause(2500)}, Bye: true}).Done()
	served := n.WaitCalls(1)[0]
	require.Equal(t, call.OutcomeAnswered, served.Outcome)

	carrier.WaitSaw(1, "answered")
	require.Contains(t, carrier.Saw("invite")[0], "INVITE sip:"+customerNumber+"@")
	n.Eventually(func() bool { all := surveyCalls(n); return len(all) == 1 && all[0].State == call.VisitDone }, "he is asked")
	five := []call.SurveyAnswer{{Question: "convenient", Answer: "yes"}, {Question: "solved", Answer: "yes"}, {Question: "attitude", Answer: "so_so"}, {Question: "charged", Answer: "no"}, {Question: "mark", Answer: "10"}}
	row := surveyCalls(n)[0]
	require.Equal(t, five, row.Answers)
	require.Equal(t, served.ID, row.Origin)
	var rec call.Record
	n.Do(http.MethodGet, "/api/v1/calls/"+string(row.Call), nil, 200, &rec)
	require.Equal(t, five, rec.SurveyAnswers)
	require.Equal(t, []any{"visit", call.OutcomeServedInIVR, call.Outbound, served.ID}, []any{rec.SurveyCall, rec.Outcome, rec.Direction, rec.Origin})
	require.Zero(t, n.Metric("hotline_survey_calls", `survey="visit"`, `state="calling"`))

	ask := func(survey string, status int) {
		n.Do(http.MethodPost, "/api/v1/survey-calls", map[string]string{"survey": survey, "number": "13912340000"}, status, nil)
	}
	ask("never", 200)
	carrier.WaitSaw(2, "over")
	n.Eventually(func() bool { return surveyCalls(n)[0].State == call.VisitOptedOut }, "he wants no surveys")
	ask("never", 409)
	ask("visit", 409)
	n.Eventually(func() bool {
		cmd := exec.Command(harness.Binary(t), "report", "surveys", "-c", "hotline.yaml", "--format", "csv")
		cmd.Dir = n.Dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.Contains(string(out), "visit,mark,10,1,") && strings.Contains(string(out), "never,convenient,opt_out,1,")
	}, "the report has the answers")
}
