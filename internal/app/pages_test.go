package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/acd/erlang"
	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
	"hotline/web/webhook"
)

const hookSecret = "0123456789abcdef0123456789abcdef"

// duty is a receiver of pages: what it got, and what it answers until told otherwise.
func duty(t *testing.T, status int) (url string, got chan []byte, heal func()) {
	t.Helper()
	got = make(chan []byte, 16)
	answer := make(chan int, 1)
	answer <- status
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = webhook.Verify(r.Header, body, hookSecret, time.Now())
		}
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		status := <-answer
		answer <- status
		w.WriteHeader(status)
		if status < 300 {
			got <- body
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/hook", got, func() { <-answer; answer <- http.StatusNoContent }
}

// opened is a node whose plan pages overtime.
func opened(t *testing.T, dir string) *App {
	t.Helper()
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	return a
}

func paging(t *testing.T, url string) string {
	t.Helper()
	t.Setenv(adminEnv, "")
	t.Setenv("DUTY_URL", url)
	t.Setenv("DUTY_KEY", hookSecret)
	dir, _ := nodeFile(t, strings.Replace(planned(), `agents: ["1001"]}`, `agents: ["1001"], webhook: {url: "${DUTY_URL}", secret: "${DUTY_KEY}"}}`, 1))
	return dir
}

func force(t *testing.T, a *App) {
	t.Helper()
	require.NoError(t, backends{a}.ForceStep(context.Background(), acd.PlanForce{Plan: "day", Step: "all", Hold: acd.HoldOn, By: "9001", Reason: "storm"}))
}

func TestAPageReachesTheListsWebhook(t *testing.T) {
	url, got, _ := duty(t, http.StatusNoContent)
	a := opened(t, paging(t, url))
	defer func() { require.NoError(t, a.closeRooms(context.Background())) }()
	force(t, a)
	var body pageBody
	select {
	case text := <-got:
		require.NoError(t, json.Unmarshal(text, &body))
		require.NotContains(t, string(text), `"longest_wait"`, "durations are seconds")
	case <-time.After(30 * time.Second):
		require.Fail(t, "no page came")
	}
	require.Equal(t, "plan_page", body.Event)
	require.Equal(t, []string{"day", "预案", "all", "overtime"}, []string{body.Plan, body.Title, body.Step, body.List})
	require.Equal(t, []call.SeatID{"1001"}, body.Call)
	require.Contains(t, body.Reason, "storm")
	require.Contains(t, body.OffShift, call.SeatID("7001"), "of a group that the plan adds")
	require.NotContains(t, body.OffShift, call.SeatID("1001"), "is called anyway")
	require.Equal(t, 30.0, body.Staffing.TargetSeconds)
	require.Equal(t, 80, body.Staffing.TargetPercent)
	require.NoError(t, a.store.Flush(context.Background()))
}

// What could not be sent is sent by the next run.
func TestAPageOutlivesTheNode(t *testing.T) {
	url, got, heal := duty(t, http.StatusServiceUnavailable)
	dir := paging(t, url)
	a := opened(t, dir)
	force(t, a)
	require.NoError(t, a.closeRooms(context.Background()))
	heal()
	a = opened(t, dir)
	require.Len(t, a.store.Recovered().State[store.KindWebhook], 1)
	select {
	case text := <-got:
		require.Contains(t, string(text), `"list":"overtime"`)
	case <-time.After(30 * time.Second):
		require.Fail(t, "no page came")
	}
	require.NoError(t, a.closeRooms(context.Background()))
	a = opened(t, dir)
	defer func() { require.NoError(t, a.closeRooms(context.Background())) }()
	require.Empty(t, a.store.Recovered().State[store.KindWebhook], "it is sent once; the step comes into force once")
	require.Empty(t, got)
}

func TestStaffingTellsWhoCouldBeCalledIn(t *testing.T) {
	t.Setenv(adminEnv, "")
	dir, _ := nodeFile(t, planned())
	a := opened(t, dir)
	defer func() { require.NoError(t, a.closeRooms(context.Background())) }()
	rows := backends{a}.Staffing()
	require.Len(t, rows, 2)
	require.Equal(t, []string{"queue", "general", "plan", "day"}, []string{rows[0].Of, rows[0].Name, rows[1].Of, rows[1].Name})
	require.Equal(t, []call.SeatID{"1001"}, rows[0].OffShift)
	require.Equal(t, []call.SeatID{"1001", "7001"}, rows[1].OffShift, "the plan's helpers as well")
	require.Nil(t, rows[0].SeatsNeeded, "nothing is known in the first minute")
	require.Equal(t, 80, rows[0].TargetPercent)
}

// The published case of Erlang A: 3.5 calls a minute of 3 minutes with 5 minutes' patience.
func TestSeatsNeededAreErlangs(t *testing.T) {
	s := acd.Staffing{Over: 10 * time.Minute, Arrived: 35, Handled: 35, Handle: 3 * time.Minute, Left: 7, Patience: 5 * time.Minute, Within: 20 * time.Second, Percent: 80, AtWork: 9}
	row := web.NewStaffing("queue", "q", s, nil)
	needed, err := s.Load().SeatsFor(erlang.Target{Share: 0.8, Within: 20 * time.Second})
	require.NoError(t, err)
	require.Equal(t, needed, *row.SeatsNeeded)
	require.Equal(t, needed-9, *row.Shortfall)
	require.InDelta(t, 9.91, s.Load().With(13).MeanWait().Seconds(), 0.005)
	require.Empty(t, row.OffShift)
}
