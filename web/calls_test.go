package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/internal/golden"
)

type page struct {
	Items []call.Record
	Next  string
}

func ids(records []call.Record) (all []call.ID) {
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string][]call.ID{
		"":                                    {"ringing", "lost", "theirs", "mine"},
		"queue=general&called=10000":          {"ringing", "lost", "theirs", "mine"},
		"agent=1002":                          {"theirs"},
		"outcome=abandoned":                   {"lost"},
		"caller=" + number + "&agent=1001":    {"mine"},
		"caller=10086":                        nil,
		"from=2026-11-02T12:01:00Z":           {"ringing", "lost", "theirs"},
		"to=2026-11-02T20:01:00%2B08:00":      {"mine"},
		"to=2026-11-02T20:01:00+08:00":        {"mine"}, // + unescaped
		"from=2026-11-02&to=2026-11-03":       {"ringing", "lost", "theirs", "mine"},
		"from=2026-11-03":                     nil,
		"limit=2":                             {"ringing", "lost"},
		"limit=2&cursor=lost":                 {"theirs", "mine"},
		"limit=500&from=2026-11-02T12:02:00Z": {"ringing", "lost"},
	} {
		rec := w.get("supervisor", "/api/v1/calls?"+query)
		require.Equal(t, 200, rec.Code, "%s: %s", query, rec.Body)
		require.Equal(t, want, ids(decode[page](t, rec).Items), query)
	}
	rec := w.get("supervisor", "/api/v1/calls?caller=10086")
	require.JSONEq(t, `{"items":[],"next":""}`, rec.Body.String())
}

// The pages of a team lead, put together, are the team's calls, each once,
// though the records between them are others'.
func TestPagesOfATeam(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.rooms.calls = map[call.ID][]call.Envelope{}
		var want []call.ID
		for i, mine := range rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(rt, "calls") {
			id, seat := call.ID("c"+string(rune('0'+i/10))+string(rune('0'+i%10))), call.SeatID("1002")
			if mine {
				seat = "1001"
				want = append(want, id)
			}
			w.rooms.answered(id, noon.Add(time.Duration(i)*time.Second), seat, call.RecordingID(id))
		}
		slices.Reverse(want)
		limit := rapid.IntRange(1, 10).Draw(rt, "limit")
		var have []call.ID
		for cursor := ""; ; {
			got := decode[page](t, w.get("lead", "/api/v1/calls?limit="+itoa(limit)+"&cursor="+cursor))
			require.LessOrEqual(rt, len(got.Items), limit)
			have = append(have, ids(got.Items)...)
			if cursor = got.Next; cursor == "" {
				break
			}
		}
		require.Equal(rt, want, have)
	})
}

func TestPageOfATeamIsBoundedWork(t *testing.T) {
	w := newWorld(t)
	for i := range 3 * pagesMost {
		w.rooms.answered(call.ID("c"+itoa(100+i)), noon.Add(time.Hour), "1002", "R")
	}
	got := decode[page](t, w.get("lead", "/api/v1/calls?limit=1"))
	require.Empty(t, got.Items)
	require.NotEmpty(t, got.Next, "short, but not the last")
	require.Equal(t, pagesMost, w.rooms.queries)
}

func TestCallWithTimeline(t *testing.T) {
	w := newWorld(t)
	for user, file := range map[string]string{"supervisor": "call.golden", "operator": "call-masked.golden"} {
		var pretty strings.Builder
		enc := json.NewEncoder(&pretty)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(decode[any](t, w.get(user, "/api/v1/calls/mine"))))
		golden.Check(t, "testdata/"+file, pretty.String())
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	w := newWorld(t)
	w.rooms.calls["new"] = w.rooms.calls["mine"][:1]
	body := w.get("supervisor", "/api/v1/calls/new").Body.String()
	require.Contains(t, body, `"segments":[]`)
	require.Contains(t, body, `"recordings":[]`)
	require.Contains(t, body, `"ended_at":null`)
	w.rooms.calls, w.rooms.trunks = nil, nil
	for _, path := range []string{"calls", "trunks"} {
		require.JSONEq(t, `{"items":[],"next":""}`, w.get("supervisor", "/api/v1/"+path).Body.String())
	}
}

// What a look leaves behind: nothing. The backend may give its own slices.
func TestShownIsACopy(t *testing.T) {
	w := newWorld(t)
	r := w.rooms.record("mine")
	shown := w.server.shown(w.rooms.users["operator"], r, w.server.teams())
	require.Equal(t, "/api/v1/recordings/R1/audio", shown.Recordings[0].URL)
	require.Empty(t, r.Recordings[0].URL)
	require.Equal(t, number, r.Caller)
}

func TestFilterOfWhoHasNoNumber(t *testing.T) {
	_, err := (&callsIn{}).filter(Identity{User: "x", Roles: []Role{RoleAgent}})
	require.ErrorContains(t, err, "see calls", "an agent without a number has no calls, not all")
}

func FuzzCallsQuery(f *testing.F) {
	for _, q := range []string{"", "limit=3&cursor=mine", "from=2026-11-02&to=2026-11-03", "from=%zz", "agent=1001&agent=1002", "outcome=&limit=", "caller=%00", "from=2026-11-02T08:00:00+08:00"} {
		f.Add(q)
	}
	w := newWorld(f)
	w.token("lead")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/calls", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer "+w.tokens["lead"])
		rec := w.send(r)
		if rec.Code != 200 {
			require.Contains(t, []int{403, 422}, rec.Code, "%q: %s", query, rec.Body)
			refused(t, rec, rec.Code, decode[Problem](t, rec).Code, "")
			return
		}
		for _, one := range decode[page](t, rec).Items {
			require.Contains(t, []call.ID{"mine", "ringing"}, one.ID, "a lead sees the own team: %q", query)
		}
	})
}

func FuzzLogIn(f *testing.F) {
	for _, b := range []string{"", "{", `{"user":"admin","password":"pw-admin"}`, `{"user":"admin","password":null}`, `[]`, "user=a", `{"user":"\u0000"}`, `{"user":"admin","user":"lead","password":"pw-lead"}`} {
		f.Add([]byte(b))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		w.clock.pass(attemptSpan) // no waiting
		rec := w.do("", "POST", "/api/v1/session", string(body))
		if rec.Code != 200 {
			require.Contains(t, []int{400, 401, 413, 415, 422}, rec.Code)
			refused(t, rec, rec.Code, decode[Problem](t, rec).Code, "")
			return
		}
		var in struct{ User, Password string }
		require.NoError(t, json.Unmarshal(body, &in))
		require.Equal(t, w.rooms.words[in.User], in.Password)
	})
}

func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2026-11-02", "2026-11-02T08:00:00+08:00", "2026-11-02T08:00:00 08:00", "0000-00-00", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var at instant
		if at.UnmarshalText([]byte(text)) != nil {
			return
		}
		var again instant
		require.NoError(t, again.UnmarshalText([]byte(at.Format(time.RFC3339Nano))))
		require.True(t, at.Equal(again.Time))
		_, err := url.QueryUnescape(text)
		require.NoError(t, err, "a time holds nothing that a URL would take for an escape")
	})
}
