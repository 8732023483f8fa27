package test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
	"hotline/web/webhook"
)

// crm is another system: it answers what flows ask, badly where it is asked to, and takes their events.
type crm struct {
	*httptest.Server
	mu   sync.Mutex
	saw  []string
	slow chan struct{}
}

const hookKey = "a-key-of-sixteen-bytes"

func startCRM(t *testing.T) *crm {
	c := &crm{slow: make(chan struct{})}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line := r.Method + " " + r.URL.RequestURI() + " " + string(body)
		if r.URL.Path == "/hook" {
			line = "hook " + r.Header.Get(webhook.HeaderEvent) + " " + string(body)
			if webhook.Verify(r.Header, body, hookKey, time.Now()) != nil {
				line = "forged"
			}
		}
		c.mu.Lock()
		c.saw = append(c.saw, line)
		c.mu.Unlock()
		switch {
		case strings.HasPrefix(r.URL.Path, "/slow"):
			select {
			case <-c.slow:
			case <-r.Context().Done():
			}
		case strings.HasPrefix(r.URL.Path, "/lies"):
			_, _ = io.WriteString(w, `{"balance":"a lot"}`)
		case r.URL.Path == "/verify" && string(body) != `{"pin":"4711"}`:
			w.WriteHeader(http.StatusForbidden)
		case r.Header.Get("Authorization") == "Bearer hidden":
			_, _ = io.WriteString(w, `{"account":{"balance":2},"ok":true}`)
		}
	}))
	t.Cleanup(func() { close(c.slow); c.Close() })
	return c
}

func (c *crm) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.saw, "\n")
}

// outwardSite has a flow on 10003 that comes by nearly every node that looks outwards, and others
// whose service is bad in some way.
func outwardSite(c *crm) map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", `  - {number: "10003", trunk: gateway, flow: outward}
  - {number: "10004", trunk: gateway, flow: slow}
  - {number: "10005", trunk: gateway, flow: lies}
  - {number: "10006", trunk: gateway, flow: down}
callers:
`, 1)
		s["outward.yaml"] = fmt.Sprintf(`
calendars:
  - {name: always, open: {mon-sun: "00:00-24:00"}}
lists:
  - {name: customers, columns: {limit: number, since: date}}
services:
  - {name: crm, url: %q, headers: {Authorization: "Bearer hidden"}, timeout: 1s, retries: 0}
  - {name: down, url: "http://127.0.0.1:9", timeout: 1s, retries: 1}
webhooks:
  - {name: orders, url: %q, secret: %q}
flows:
  - name: outward
    start: hours
    nodes:
      hours:    {calendar: always, open: known, closed: hangup}
      known:    {list: {name: customers, into: {account: account, limit: limit, since: since}}, found: good, else: hangup}
      good:     {branch: [{if: 'vars.limit >= 99.5 && vars.since < now', next: english}], else: hangup}
      english:  {language: en, next: owes}
      owes:     {http: {service: crm, path: "/accounts/{vars.account}", into: {balance: {path: account.balance, type: whole}}}, next: say, on_fault: hangup}
      say:      {say: [thank_you, {number: vars.balance}], next: identify}
      identify: {flow: identify, with: {tries: "1"}, results: {proven: ok}, next: proven}
      proven:   {branch: [{if: vars.proven, next: ticket}], else: hangup}
      ticket:   {ticket: {kind: complaint, fields: {about: '"bill"'}, number: ticket, to: orders}, next: tell}
      tell:     {webhook: {to: orders, event: checked, send: {balance: vars.balance}}, next: back}
      back:     {callback: general, next: hangup}
  - name: identify
    start: pin
    nodes:
      pin:   {collect: {prompt: main_menu, into: pin, min: 4, max: 4, secret: true, tries: 1}, on_timeout: return, on_invalid: return, next: check}
      check: {http: {service: crm, path: /verify, send: {pin: vars.pin}, into: {ok: {path: ok, type: truth}}}, next: return}
  - name: slow
    start: ask
    nodes:
      ask: {http: {service: crm, path: "/slow", into: {balance: balance}, music: default}, next: hangup, on_fault: bad}
      bad: {play: [all_busy], next: hangup}
  - name: lies
    start: ask
    nodes:
      ask: {http: {service: crm, path: "/lies", into: {balance: {path: balance, type: number}}}, next: hangup, on_fault: bad}
      bad: {play: [all_busy], next: hangup}
  - name: down
    start: ask
    nodes:
      ask: {http: {service: down, path: "/", into: {balance: balance}}, next: hangup, on_fault: bad}
      bad: {play: [all_busy], next: hangup}
`, c.URL, c.URL+"/hook", hookKey)
		s["lists/customers.csv"] = "number,account,limit,since\n13900139000,A/7,100,2020/1/31\n"
		s["prompts/en/number_2.wav"] = string(tone.WAV(rate, tone.Sine(1400, 1, rate)))
		s["prompts/zh/number_2.wav"] = string(tone.WAV(rate, tone.Sine(900, 1, rate)))
		s["prompts/zh/all_busy.wav"] = string(tone.WAV(rate, tone.Sine(700, 1, rate)))
		s["prompts/zh/flood.wav"] = string(tone.WAV(rate, tone.Sine(1800, 1, rate)))
	})
}

// path names the nodes of a call, in order.
func path(n *harness.Node, id call.ID) (all []string) {
	for _, e := range n.Call(id).Timeline {
		if e.Kind == "node_entered" {
			words := strings.Fields(e.Text) // flow F goes to KIND NODE: why
			all = append(all, strings.TrimSuffix(words[5], ":"))
		}
	}
	return all
}

// TestAFlowLooksOutwards has one caller come by calendar, list, language, data dip, a part with a PIN, ticket,
// webhook and callback; beside him three whose service is slow, lies and is down, and one who hangs up while it is asked.
func TestAFlowLooksOutwards(t *testing.T) {
	t.Parallel()
	c := startCRM(t)
	n := harness.StartNode(t, harness.Config{Site: outwardSite(c)})
	wire := harness.Listen(t)
	good := harness.StartCaller(t, n, harness.Plan{
		To: "10003", From: "13900139000", Sound: harness.Sound(harness.Tone(4*time.Second), harness.Keys("4711"), harness.Tone(20*time.Second)),
	})
	bad := map[string]*harness.Caller{}
	for i, to := range []string{"10004", "10005", "10006"} {
		bad[to] = harness.StartCaller(t, n, harness.Plan{To: to, From: fmt.Sprintf("1370000000%d", i)})
	}
	harness.StartCaller(t, n, harness.Plan{To: "10004", From: "13600000000", Steps: []string{harness.Pause(300)}, Bye: true}).Done()
	for _, caller := range bad {
		caller.Done()
		require.InDelta(t, time.Second, tone.Heard(wire.Heard(caller.RTP), rate, 700), float64(200*time.Millisecond), "the bad-case edge")
	}
	good.Done()
	heard := wire.Heard(good.RTP)
	require.InDelta(t, time.Second, tone.Heard(heard, rate, 1400), float64(200*time.Millisecond), "the number, in English")
	require.Zero(t, tone.Heard(heard, rate, 900))

	var rec harness.Call
	for _, r := range n.WaitCalls(5) {
		if r.Called == "10003" {
			rec = n.Call(r.ID)
		} else if r.Caller != "13600000000" {
			require.Equal(t, call.OutcomeServedInIVR, r.Outcome)
		}
	}
	require.Equal(t, []string{"hours", "known", "good", "english", "owes", "say", "identify", "pin", "check", "proven", "ticket", "tell", "back", "hangup"}, path(n, rec.ID))
	require.Equal(t, call.OutcomeCallback, rec.Outcome)
	require.Equal(t, "en", rec.Language)
	require.Equal(t, []string{time.Now().In(shanghai(t)).Format("2006-01") + "-0001"}, rec.Tickets)
	n.Eventually(func() bool { return strings.Count(c.text(), "hook ") == 2 }, "both events should come: %s", c.text())
	saw := c.text()
	require.Contains(t, saw, "GET /accounts/A%2F7 ", "escaped")
	require.Contains(t, saw, `POST /verify {"pin":"4711"}`)
	require.Contains(t, saw, `hook ticket_opened {"event":"ticket_opened"`)
	require.Contains(t, saw, `"ticket":"`+rec.Tickets[0]+`","kind":"complaint","data":{"about":"bill"}}`)
	require.Contains(t, saw, `"data":{"balance":2}`)
	for _, e := range rec.Timeline {
		require.NotContains(t, e.Text, "4711")
	}
	require.Equal(t, "13900139000", waitBack(n, call.CallbackWaiting).Number)
	require.Equal(t, 2.0, n.Metric("hotline_service_requests_total", `service="crm"`, `result="answered"`)-1, "two asked well; a lie is an answer, too")
	require.NotContains(t, n.Output(), "4711")
	require.NotContains(t, n.Output(), "hidden")
}

// TestUrgentAnnouncement is heard before the menu by who calls, at once by who waits, and is still on after a restart.
func TestUrgentAnnouncement(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: outwardSite(startCRM(t))})
	wire := harness.Listen(t)
	waits := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111"})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.Do(http.MethodPut, "/api/v1/announcements/flood", map[string]any{"prompt": "flod", "numbers": []string{"*"}}, 404, nil)
	n.Do(http.MethodPut, "/api/v1/announcements/flood", map[string]any{"prompt": "flood", "numbers": []string{"10005"}, "queues": []string{"general"}}, 200, nil)
	n.Eventually(func() bool { return tone.Heard(wire.Heard(waits.RTP), rate, 1800) > 700*time.Millisecond }, "who waits should hear it")
	n.Do("POST", "/api/v1/calls/"+string(n.Calls("")[0].ID)+"/hangup", nil, 204, nil)
	waits.Done()

	n.Signal(syscall.SIGKILL)
	n.Wait(10 * time.Second)
	n.Start()
	calls := harness.StartCaller(t, n, harness.Plan{To: "10005", From: "13922222222"})
	calls.Done()
	require.IsIncreasing(t, order(t, wire.Heard(calls.RTP), 1800, 700), "before the flow begins")
	n.Do(http.MethodDelete, "/api/v1/announcements/flood", nil, 204, nil)
	again := harness.StartCaller(t, n, harness.Plan{To: "10005", From: "13933333333"})
	again.Done()
	require.Zero(t, tone.Heard(wire.Heard(again.RTP), rate, 1800), "it is off")
}

func shanghai(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return zone
}
