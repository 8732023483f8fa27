package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// API is the node's HTTP API, as a test uses it.
type API struct {
	t      testing.TB
	base   string
	client *http.Client
	token  string
}

// Base is the address of the node's pages and API.
func (a *API) Base() string { return a.base }

// LogIn takes a session.
func (a *API) LogIn(user, password string) {
	a.t.Helper()
	var out struct{ Token string }
	a.Do(http.MethodPost, "/api/v1/session", map[string]string{"user": user, "password": password}, http.StatusOK, &out)
	a.token = out.Token
}

// As is the same API with another user's session.
func (a *API) As(user, password string) *API {
	a.t.Helper()
	other := &API{t: a.t, base: a.base, client: a.client}
	other.LogIn(user, password)
	return other
}

// Do makes a request, demands a status and decodes the answer.
func (a *API) Do(method, path string, body any, status int, into any) {
	a.t.Helper()
	got, raw := a.Try(method, path, body)
	require.Equal(a.t, status, got, "%s %s: %s", method, path, raw)
	if into != nil {
		require.NoError(a.t, json.Unmarshal(raw, into), "%s", raw)
	}
}

// Try makes a request and gives what came. A body of bytes is sent as it is, any other as JSON.
func (a *API) Try(method, path string, body any) (int, []byte) {
	a.t.Helper()
	var r io.Reader
	if raw, is := body.([]byte); is {
		r = bytes.NewReader(raw)
	} else if body != nil {
		b, err := json.Marshal(body)
		require.NoError(a.t, err)
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, a.base+path, r)
	require.NoError(a.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.client.Do(req)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return resp.StatusCode, raw
}

// Stream begins an answer without an end, as that of live events; close it.
func (a *API) Stream(path string) io.ReadCloser {
	a.t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.base+path, nil)
	require.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := (&http.Client{Transport: a.client.Transport}).Do(req)
	require.NoError(a.t, err)
	require.Equal(a.t, http.StatusOK, resp.StatusCode)
	return resp.Body
}

// Seat is a seat as the API shows it.
type Seat struct {
	Agent, Phone, State, Reason string
	Call                        call.ID
}

// SetSeat asks for a seat's state.
func (a *API) SetSeat(agent, state string) {
	a.t.Helper()
	a.Do(http.MethodPost, "/api/v1/seats/"+agent+"/state", map[string]string{"state": state}, http.StatusOK, nil)
}

// Seat finds a seat.
func (a *API) Seat(agent string) Seat {
	a.t.Helper()
	var out struct{ Items []Seat }
	a.Do(http.MethodGet, "/api/v1/seats", nil, http.StatusOK, &out)
	for _, s := range out.Items {
		if s.Agent == agent {
			return s
		}
	}
	require.Fail(a.t, "no seat "+agent)
	return Seat{}
}

// HasSeat reports whether the seat is listed.
func (a *API) HasSeat(agent string) bool {
	a.t.Helper()
	var out struct{ Items []Seat }
	a.Do(http.MethodGet, "/api/v1/seats", nil, http.StatusOK, &out)
	return slices.ContainsFunc(out.Items, func(s Seat) bool { return s.Agent == agent })
}

// WaitSeat waits until a seat is in a state.
func (a *API) WaitSeat(agent, state string) Seat {
	a.t.Helper()
	var s Seat
	require.Eventually(a.t, func() bool { s = a.Seat(agent); return s.State == state }, patience, 20*time.Millisecond,
		"seat %s should be %s", agent, state)
	return s
}

// Calls lists call records, newest first.
func (a *API) Calls(query string) []call.Record {
	a.t.Helper()
	var out struct{ Items []call.Record }
	a.Do(http.MethodGet, "/api/v1/calls?"+query, nil, http.StatusOK, &out)
	return out.Items
}

// Call is a record with its timeline.
type Call struct {
	call.Record
	Timeline []struct {
		Kind, Text string
		At         time.Time
	}
}

// Call finds one call.
func (a *API) Call(id call.ID) Call {
	a.t.Helper()
	var out Call
	a.Do(http.MethodGet, "/api/v1/calls/"+string(id), nil, http.StatusOK, &out)
	return out
}

// Kinds are the kinds of the timeline's events, in order.
func (c Call) Kinds() []string {
	var all []string
	for _, s := range c.Timeline {
		all = append(all, s.Kind)
	}
	return all
}

// Texts are what the timeline says, in order.
func (c Call) Texts() (all []string) {
	for _, s := range c.Timeline {
		all = append(all, s.Text)
	}
	return all
}

// WaitCalls waits until n calls are known and all of them have ended; newest first.
func (a *API) WaitCalls(n int) []call.Record {
	a.t.Helper()
	var all []call.Record
	require.Eventually(a.t, func() bool {
		all = a.Calls("limit=500")
		if len(all) != n {
			return false
		}
		for i := range all {
			if all[i].Live() {
				return false
			}
		}
		return true
	}, patience, 50*time.Millisecond, "%d calls should have ended", n)
	return all
}

// WaitAllOver waits until no call that is known is live, and gives all of them; newest first.
func (a *API) WaitAllOver() []call.Record {
	a.t.Helper()
	var all []call.Record
	a.Eventually(func() bool {
		all = a.AllCalls()
		for i := range all {
			if all[i].Live() {
				return false
			}
		}
		return true
	}, "all calls should have ended")
	return all
}

// AllCalls lists all call records, page by page; newest first.
func (a *API) AllCalls() []call.Record {
	a.t.Helper()
	var all []call.Record
	for cursor := ""; ; {
		var page struct {
			Items []call.Record
			Next  string
		}
		a.Do(http.MethodGet, "/api/v1/calls?limit=200&cursor="+url.QueryEscape(cursor), nil, http.StatusOK, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// Queue is a queue's live figures as the API shows them.
type Queue struct {
	Name                         string
	Waiting, Answered, Abandoned int
	Seats                        map[string]int
}

// Queue finds a queue; one that is not there is zero.
func (a *API) Queue(name string) Queue {
	a.t.Helper()
	var out struct{ Items []Queue }
	a.Do(http.MethodGet, "/api/v1/queues", nil, http.StatusOK, &out)
	for _, q := range out.Items {
		if q.Name == name {
			return q
		}
	}
	return Queue{}
}

// Metric is the sum of a metric's series whose labels contain all of with.
func (a *API) Metric(name string, with ...string) float64 {
	a.t.Helper()
	_, raw := a.Try(http.MethodGet, "/metrics", nil)
	sum := 0.0
	for line := range strings.SplitSeq(string(raw), "\n") {
		series, value, ok := cutLast(line, " ")
		if !ok || series != name && !strings.HasPrefix(series, name+"{") || !containsAll(series, with) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		require.NoError(a.t, err)
		sum += v
	}
	return sum
}

// WaitMetric waits until a metric has a value.
func (a *API) WaitMetric(value float64, name string, with ...string) {
	a.t.Helper()
	require.Eventually(a.t, func() bool { return a.Metric(name, with...) == value }, patience, 50*time.Millisecond,
		"%s%v should be %v and is %v", name, with, value, a.Metric(name, with...))
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Audio fetches a recording's sound, once the recording is closed.
func (a *API) Audio(id call.RecordingID) []byte {
	a.t.Helper()
	var sound []byte
	a.Eventually(func() bool {
		status, raw := a.Try(http.MethodGet, fmt.Sprintf("/api/v1/recordings/%s/audio", id), nil)
		sound = raw
		return status == http.StatusOK
	}, "recording %s should be there", id)
	return sound
}

// Eventually waits until a condition holds.
func (a *API) Eventually(cond func() bool, words string, args ...any) {
	a.t.Helper()
	require.Eventually(a.t, cond, patience, 50*time.Millisecond, append([]any{words}, args...)...)
}

// Put sends a document and gives the number of what it became; ok is false when
// the node did not take it, or is gone. It may be used beside the test.
func (a *API) Put(path string, body any) (number int, ok bool) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, false
	}
	req, err := http.NewRequest(http.MethodPut, a.base+path, bytes.NewReader(b))
	if err != nil {
		return 0, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	var out struct{ Number int }
	err = json.NewDecoder(resp.Body).Decode(&out)
	return out.Number, err == nil && resp.StatusCode == http.StatusOK
}

// Trunk is a trunk as the API shows it.
type Trunk struct {
	Name, State  string
	Registration *struct{ State, Words string }
}

// Trunk finds a trunk.
func (a *API) Trunk(name string) Trunk {
	a.t.Helper()
	var out struct{ Items []Trunk }
	a.Do(http.MethodGet, "/api/v1/trunks", nil, http.StatusOK, &out)
	for _, t := range out.Items {
		if t.Name == name {
			return t
		}
	}
	require.Fail(a.t, "no trunk "+name)
	return Trunk{}
}
