package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestEveryRefusalIsAProblem(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		user, method, path, body string
		status                   int
		code, words              string
	}{
		{"", "GET", "/api/v1/nope", "", 404, "not_found", "/api/v1/openapi.json"},
		{"", "GET", "/none", "", 404, "not_found", "nothing at /none"},
		{"", "GET", "/api/v1/calls/", "", 404, "not_found", "nothing at /api/v1/calls/"},
		{"", "DELETE", "/api/v1/calls", "", 405, "invalid", "/api/v1/calls takes GET, POST, HEAD"},
		{"", "GET", "/api/v1/session", "", 405, "invalid", "POST, DELETE"},
		{"", "POST", "/healthz", "", 405, "invalid", "GET, HEAD"},
		{"", "PUT", "/api/v1/calls/x/disposition", `{"code":"a"}`, 401, "unauthorized", "POST /api/v1/session"},
		{"", "POST", "/api/v1/session", "", 400, "invalid", "the body must be JSON"},
		{"", "POST", "/api/v1/session", "{", 400, "invalid", "unexpected end of JSON"},
		{"", "POST", "/api/v1/session", "user=admin&password=hunter2", 400, "invalid", "the body must be JSON"},
		{"", "POST", "/api/v1/session", `{}`, 422, "invalid", "body: expected required property user to be present"},
		{"", "POST", "/api/v1/session", `{"user":"admin","password":["hunter2"]}`, 422, "invalid", "body.password: expected string"},
		{"", "POST", "/api/v1/session", `{"user":"","password":"hunter2"}`, 422, "invalid", "body.user"},
		{"", "POST", "/api/v1/session", `{"user":"admin","password":"x","hunter2":1}`, 422, "invalid", "unexpected property"},
		{"", "POST", "/api/v1/session", strings.Repeat(" ", bodyBytes) + "{}", 413, "invalid", "too large"},
		{"admin", "GET", "/api/v1/calls?limit=0", "", 422, "invalid", "query.limit: expected number >= 1"},
		{"admin", "GET", "/api/v1/calls?limit=501", "", 422, "invalid", "query.limit: expected number <= 500"},
		{"admin", "GET", "/api/v1/calls?limit=many", "", 422, "invalid", "query.limit: invalid integer"},
		{"admin", "GET", "/api/v1/calls?outcome=good", "", 422, "invalid", "query.outcome: expected value to be one of"},
		{"admin", "GET", "/api/v1/calls?from=monday", "", 422, "invalid", "2026-11-02T08:00:00+08:00"},
		{"admin", "GET", "/api/v1/calls?from=2026-11-02&to=2026-11-01", "", 422, "invalid", "to must be after from"},
		{"admin", "GET", "/api/v1/calls?cursor=nowhere", "", 422, "invalid", "is not one that a page gave"},
		{"admin", "GET", "/api/v1/calls?caller=" + strings.Repeat("1", 33), "", 422, "invalid", "query.caller"},
		{"admin", "GET", "/api/v1/calls/none", "", 404, "not_found", `no call "none"`},
		{"admin", "PUT", "/api/v1/calls/none/disposition", `{"code":"a"}`, 404, "not_found", `no call "none"`},
		{"admin", "PUT", "/api/v1/calls/mine/disposition", `{"code":""}`, 422, "invalid", "body.code"},
		{"admin", "POST", "/api/v1/calls/mine/hangup", "", 409, "conflict", "has ended"},
		{"admin", "GET", "/api/v1/recordings/none", "", 404, "not_found", `no recording "none"`},
		{"admin", "GET", "/api/v1/recordings/none/audio", "", 404, "not_found", `no recording "none"`},
		{"admin", "POST", "/api/v1/seats/1001/state", `{"state":"talking"}`, 422, "invalid", "body.state"},
		{"admin", "POST", "/api/v1/seats/1001/state", `{"state":"break","minutes":721}`, 422, "invalid", "body.minutes"},
		{"admin", "POST", "/api/v1/seats/none/state", `{"state":"ready"}`, 404, "not_found", "no agent none"},
		{"1001", "POST", "/api/v1/seats/1002/state", `{"state":"ready"}`, 403, "forbidden", "set this seat's state"},
		{"admin", "GET", "/api/v1/events?kinds=weather", "", 422, "invalid", "query.kinds"},
		{"", "GET", "/api/v1/events?ticket=stale", "", 401, "unauthorized", "log in"},
	} {
		t.Run(fmt.Sprintf("%s %.40s %.20s", tt.method, tt.path, tt.body), func(t *testing.T) {
			rec := w.do(tt.user, tt.method, tt.path, tt.body)
			refused(t, rec, tt.status, tt.code, tt.words)
			require.NotContains(t, rec.Body.String(), `"value"`)
			require.NotContains(t, rec.Body.String(), "$schema")
			if tt.code == "unauthorized" {
				require.Equal(t, `Bearer realm="hotline"`, rec.Header().Get("WWW-Authenticate"))
			}
			if !strings.Contains(tt.body, `"hunter2":`) { // names of fields are said, values never
				require.NotContains(t, rec.Body.String(), "hunter2")
			}
		})
	}
}

func TestBodiesOfCurl(t *testing.T) {
	w := newWorld(t)
	for kind, status := range map[string]int{
		"": 200, "application/json": 200, "application/json; charset=utf-8": 200,
		"application/x-www-form-urlencoded": 200, "text/plain": 415, "application/xml": 415,
	} {
		r := w.request("", http.MethodPost, "/api/v1/session", `{"user":"admin","password":"pw-admin"}`)
		r.Header.Set("Content-Type", kind)
		if kind == "" {
			r.Header.Del("Content-Type")
		}
		rec := w.send(r)
		require.Equal(t, status, rec.Code, kind)
		if status != http.StatusOK {
			refused(t, rec, status, "invalid", "-H 'Content-Type: application/json'")
		}
	}
}

func TestFaultsOfOursKeepTheirWords(t *testing.T) {
	w := newWorld(t)
	w.rooms.broken = errDisk
	rec := w.get("admin", "/api/v1/calls")
	refused(t, rec, 500, "internal", internalWords)
	require.NotContains(t, rec.Body.String(), "secret")

	w.rooms.broken = fmt.Errorf("query: %w", context.DeadlineExceeded)
	refused(t, w.get("admin", "/api/v1/calls/mine"), 503, "unavailable", "takes longer than 10s")
	w.rooms.broken = context.Canceled
	refused(t, w.get("admin", "/api/v1/calls/mine"), 503, "unavailable", "given up")
	w.rooms.broken = call.Errorf(call.CodeUnavailable, "the journal can't be read")
	refused(t, w.get("admin", "/api/v1/calls/mine"), 503, "unavailable", "journal")
}

func TestHumasOwnFaultsAreProblems(t *testing.T) {
	w := newWorld(t)
	got, err := w.server.asProblem(nil, "500", huma.NewError(500, "unexpected", errDisk))
	require.NoError(t, err)
	require.Equal(t, problemOf(500, call.CodeInternal, internalWords), got)
	got, err = w.server.asProblem(nil, "406", huma.NewError(406, "not acceptable"))
	require.NoError(t, err)
	require.Equal(t, problemOf(406, call.CodeInvalid, "not acceptable"), got)
	got, err = w.server.asProblem(nil, "200", 7)
	require.NoError(t, err)
	require.Equal(t, 7, got)
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for c := call.CodeInternal; !strings.HasPrefix(c.String(), "invalid("); c++ {
		p := problem(call.Errorf(c, "words"))
		require.NotZero(t, p.Status, c)
		require.NotEmpty(t, p.Title)
		require.Equal(t, p.Status, p.GetStatus())
		require.Equal(t, p.Detail, p.Error())
	}
	w := newWorld(t)
	require.Equal(t, forbidden("x"), w.server.fail(fmt.Errorf("wrapped: %w", forbidden("x"))))
	require.Equal(t, problemOf(500, call.CodeInternal, internalWords), w.server.fail(errors.New("x")))
}
