package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
)

// nodeRow is a node of a kind in which a caller hangs up.
type nodeRow struct {
	kind string
	node string        // the node "at", in which he is, or which he has passed when he is in "stay"
	hold time.Duration // until he hangs up; 1 s when zero
	end  call.Outcome
}

// nodeRows has a row for each kind of node that a number can lead to; verify has its own test (TestACallerKeysInASecret), as
// only an agent sends a caller there.
func nodeRows() []nodeRow {
	served, abandoned := call.OutcomeServedInIVR, call.OutcomeAbandoned
	return []nodeRow{
		{kind: "play", node: "{play: [main_menu], next: hangup}", end: served},
		{kind: "say", node: `{say: [main_menu, {number: "12"}], next: hangup}`, end: served},
		{kind: "set", node: "{set: {n: 1 + 1}, next: stay}", end: served},
		{kind: "menu", node: `{menu: {prompt: main_menu}, keys: {"1": hangup}, next: hangup}`, end: abandoned},
		{kind: "menu, silent", node: `{menu: {prompt: beep, timeout: 30s}, keys: {"1": hangup}, next: hangup}`, hold: 1500 * time.Millisecond, end: abandoned},
		{kind: "collect", node: "{collect: {prompt: main_menu, into: d}, next: hangup}", end: served},
		{kind: "split", node: "{split: [{percent: 100, next: stay}]}", end: served},
		{kind: "branch", node: "{branch: [{if: 'called != \"\"', next: stay}], else: hangup}", end: served},
		{kind: "queue", node: "{queue: general, next: hangup}", end: abandoned},
		{kind: "survey", node: `{survey: {prompt: rate_us, keys: {"1": good}}, next: hangup}`, end: served},
		{kind: "voicemail", node: "{voicemail: {mailbox: general, max: 30s}, next: hangup}", hold: 2500 * time.Millisecond, end: call.OutcomeVoicemail},
		{kind: "transfer", node: `{transfer: {number: "02188888888"}, next: hangup}`, end: served},
		{kind: "wait", node: "{wait: 30s, next: hangup}", end: served},
		{kind: "hangup", node: "{hangup: {tone: busy, for: 20s}}", end: served},
		{kind: "flow", node: "{flow: part, next: hangup}", end: abandoned}, // in the menu of the part,
		{kind: "language", node: "{language: en, next: stay}", end: served},
		{kind: "calendar", node: "{calendar: always, open: stay, closed: hangup}", end: served},
		{kind: "list", node: "{list: nobody, found: hangup, else: stay}", end: served},
		{kind: "http", node: `{http: {service: slow, path: "/"}, next: hangup}`, end: served},
		{kind: "webhook", node: "{webhook: {to: hook, event: seen}, next: stay}", end: served},
		{kind: "ticket", node: "{ticket: {kind: complaint}, next: stay}", end: served},
		{kind: "callback", node: "{callback: general, next: stay}", end: call.OutcomeCallback},
		{kind: "announce_urgent", node: "{announce_urgent: true, next: stay}", end: served},
		{kind: "listen", node: `{listen: {service: hears, prompt: main_menu}, intents: {bill: hangup}, keys: {"1": hangup}, next: hangup}`, end: abandoned},
	}
}

// nodeSite gives each row a number and a flow.
func nodeSite(rows []nodeRow, service, carrier string) map[string]string {
	return site(func(s map[string]string) {
		var flows, numbers strings.Builder
		for i, r := range rows {
			fmt.Fprintf(&numbers, "  - {number: %q, trunk: gateway, flow: f%d}\n", nodeNumber(i), i)
			stay := ""
			if strings.Contains(r.node, "stay") {
				stay = "      stay: {wait: 30s, next: hangup}\n"
			}
			fmt.Fprintf(&flows, "  - name: f%d\n    start: at\n    nodes:\n      at: %s\n%s", i, r.node, stay)
		}
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", numbers.String()+"callers:\n", 1)
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "codecs: [PCMA, PCMU],", "codecs: [PCMA, PCMU], proxy: "+carrier+",", 1)
		s["nodes.yaml"] = fmt.Sprintf(`
calendars: [{name: always, open: {mon-sun: "00:00-24:00"}}]
lists: [{name: nobody}]
services: [{name: slow, url: %q, timeout: 20s}]
webhooks: [{name: hook, url: %q, secret: %q}]
speech_services: [{name: hears, url: "ws://127.0.0.1:9/"}]
flows:
  - {name: part, start: in, nodes: {in: {menu: {prompt: main_menu}, keys: {"1": return}, next: return}}}
`, service, service, hookKey) + flows.String()
		s["lists/nobody.csv"] = "number\n13899999999\n"
	})
}

func nodeNumber(i int) string { return fmt.Sprintf("110%02d", i) }

// slowService answers when its caller has gone.
func slowService(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // the webhook
			return
		}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestCallersHangUpInEveryNode has a caller hang up in a node of each kind. Nothing is left of any: no port, no
// leg, no goroutine; and each has a record that is complete.
func TestCallersHangUpInEveryNode(t *testing.T) {
	t.Parallel()
	rows, carrier := nodeRows(), harness.StartCarrier(t, harness.CarrierPlan{Silent: true})
	n := harness.StartNode(t, harness.Config{Site: nodeSite(rows, slowService(t), carrier.URI()), RTPPorts: 200})
	atRest := n.Metric("go_goroutines")
	var wait sync.WaitGroup
	for i, r := range rows {
		hold := max(r.hold, time.Second)
		c := harness.StartCaller(t, n, harness.Plan{
			To: nodeNumber(i), From: fmt.Sprintf("139100000%02d", i), Steps: []string{harness.Pause(int(hold.Milliseconds()))}, Bye: true,
		})
		wait.Go(func() { require.Zero(t, c.Wait(time.Minute), "%s: %.2000s", r.kind, c.Output()) })
	}
	wait.Wait()
	records := n.WaitCalls(len(rows))
	nothingLeft(t, n)
	n.Eventually(func() bool { return n.Metric("go_goroutines") <= atRest+8 }, "goroutines are given back, of %v", atRest)
	require.Zero(t, n.Metric("hotline_journal_failures_total"))
	for i, r := range rows {
		at := slices.IndexFunc(records, func(rec call.Record) bool { return rec.Called == nodeNumber(i) })
		require.GreaterOrEqual(t, at, 0, r.kind)
		rec := records[at]
		require.Contains(t, path(n, rec.ID), "at", r.kind)
		require.Equal(t, r.end, rec.Outcome, r.kind)
		require.Equal(t, call.PartyCaller, *rec.EndedBy, r.kind)
		for _, s := range rec.Segments {
			require.False(t, s.End.IsZero(), "%s: segment %s has no end", r.kind, s.Kind)
		}
	}
}
