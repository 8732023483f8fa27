package test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/tone"
	"hotline/web/webhook"
)

const dutyKey = "0123456789abcdef0123456789abcdef"

// pageSeen is what the tests look at of a page.
type pageSeen struct {
	Plan, Step, List string
	Waiting          int
	Call             []string
	OffShift         []string `json:"off_shift"`
	Staffing         struct {
		SeatsAtWork int `json:"seats_at_work"`
	}
}

// pages is a call-in list's webhook: it takes what is signed, the first time after a refusal.
func pages(t tb) (url string, got chan pageSeen) {
	t.Helper()
	got = make(chan pageSeen, 8)
	refused := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var seen pageSeen
		if err != nil || webhook.Verify(r.Header, body, dutyKey, time.Now()) != nil || json.Unmarshal(body, &seen) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		select {
		case <-refused:
			got <- seen
		default:
			close(refused)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/page", got
}

// TestPlanAnnouncesPagesAndLifts has two callers wait: a plan's step comes, both
// hear its urgent prompt, the duty list is paged by webhook, and a caller who comes
// afterwards hears it too, until a seat picks up.
func TestPlanAnnouncesPagesAndLifts(t *testing.T) {
	t.Parallel()
	url, got := pages(t)
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["prompts/zh/urgent.wav"] = string(tone.WAV(rate, tone.Sine(1700, 60, rate)))
		s["plans.yaml"] = `
oncall:
  - {name: duty, agents: ["1002"], webhook: {url: "` + url + `", secret: ` + dutyKey + `}}
plans:
  - name: fault
    queues: [general]
    steps:
      - {name: tell, when: {waiting: ">= 2", longest_wait: "> 1s", for: 1s}, do: [{announce: urgent}, {page: duty}, {priority: +2}, {overflow: "queue:vip", after: 10m}]}
    release: {when: {waiting: "< 1"}}
`
	})})
	wire := harness.Listen(t)
	agent(t, n, "1001", 1000, true)
	n.SetSeat("1001", "busy")
	hears := func(c *harness.Caller, what string) {
		t.Helper()
		n.Eventually(func() bool { return tone.Heard(wire.Heard(c.RTP), rate, 1700) > 500*time.Millisecond }, what)
	}
	first := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222"})
	n.WaitMetric(1, "hotline_plan_step_active", `plan="fault"`, `step="tell"`)
	hears(first, "who waits longest hears it")
	hears(second, "so does the other")

	var page pageSeen
	n.Eventually(func() bool {
		select {
		case page = <-got:
			return true
		default:
			return false
		}
	}, "the page comes, at the second try")
	require.Equal(t, []string{"fault", "tell", "duty"}, []string{page.Plan, page.Step, page.List})
	require.Equal(t, 2, page.Waiting)
	require.Equal(t, []string{"1002"}, page.Call)
	require.Equal(t, []string{"1900"}, page.OffShift, "of the general group, not on the list, not signed in")
	require.Equal(t, 0, page.Staffing.SeatsAtWork)
	n.WaitMetric(1, "hotline_webhooks_total", `endpoint="oncall/duty"`, `result="sent"`)

	var staffing struct {
		Items []struct {
			Of, Name string
			OffShift []string `json:"off_shift"`
		}
	}
	n.Do(http.MethodGet, "/api/v1/staffing", nil, http.StatusOK, &staffing)
	require.True(t, slices.ContainsFunc(staffing.Items, func(i struct {
		Of, Name string
		OffShift []string `json:"off_shift"`
	},
	) bool {
		return i.Of == "plan" && i.Name == "fault" && slices.Contains(i.OffShift, "1002")
	}))

	third := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13933333333"})
	hears(third, "who comes while the step is in force hears it")

	n.SetSeat("1001", "ready")
	talking := n.WaitSeat("1001", "talking")
	record := n.Call(talking.Call)
	require.Equal(t, "13911111111", record.Caller)
	require.Contains(t, record.Kinds(), "told")
	before := len(wire.Heard(first.RTP))
	n.Eventually(func() bool { return tone.Heard(wire.Heard(first.RTP)[before:], rate, 1000) > time.Second }, "caller and agent talk")
	require.Less(t, tone.Heard(wire.Heard(first.RTP)[before:], rate, 1700), 200*time.Millisecond, "the seat that picked up has ended the prompt")
	for _, r := range n.Calls("") {
		n.Do(http.MethodPost, "/api/v1/calls/"+string(r.ID)+"/hangup", nil, http.StatusNoContent, nil)
	}
	for _, c := range []*harness.Caller{first, second, third} {
		c.Done()
	}
	n.WaitMetric(0, "hotline_plan_step_active", `plan="fault"`, `step="tell"`)
}
