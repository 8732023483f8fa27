package test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// TestAMessageIsHeardAndCalledBack has one caller leave a message for a queue and another for an agent. The agent sees the
// lamp, hears the queue's message, which a restart does not make new again, and makes a callback of it.
func TestAMessageIsHeardAndCalledBack(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", "  - {number: \"10003\", trunk: gateway, flow: private}\ncallers:\n", 1)
		s["private.yaml"] = "flows:\n  - name: private\n    start: leave\n    nodes:\n      leave: {voicemail: {mailbox: \"1001\", max: 30s}, next: hangup}\n"
	})})
	agent(t, n, "1001", 1000, true)
	for to, from := range map[string]string{"10002": customerNumber, "10003": "13700000001"} {
		harness.StartCaller(t, n, harness.Plan{To: to, From: from, Hz: 600, Steps: []string{harness.Pause(3000)}, Bye: true})
	}
	for _, r := range n.WaitCalls(2) {
		require.Equal(t, call.OutcomeVoicemail, r.Outcome)
	}
	own := n.As("1001", "pw-1001")
	type box struct {
		Name          string
		New, Messages int
	}
	boxes := func() (out []box) {
		var l struct{ Items []box }
		own.Do(http.MethodGet, "/api/v1/mailboxes", nil, 200, &l)
		return l.Items
	}
	require.Contains(t, boxes(), box{"general", 1, 1})
	require.Contains(t, boxes(), box{"1001", 1, 1})
	require.NotContains(t, fmt.Sprint(boxes()), "complaint", "not a queue whose calls the seat takes")
	var seats struct {
		Items []struct {
			Agent       string
			NewMessages int `json:"new_messages"`
		}
	}
	own.Do(http.MethodGet, "/api/v1/seats", nil, 200, &seats)
	require.Contains(t, fmt.Sprint(seats.Items), "{1001 1}", "the lamp")

	var messages struct {
		Items []struct {
			ID, Number, URL string
			Heard           bool
		}
	}
	own.Do(http.MethodGet, "/api/v1/mailboxes/general/messages", nil, 200, &messages)
	require.Len(t, messages.Items, 1)
	require.Equal(t, customerNumber, messages.Items[0].Number)
	code, sound := own.Try(http.MethodGet, messages.Items[0].URL, nil)
	require.Equal(t, 200, code)
	w, err := tone.ReadWAV(sound)
	require.NoError(t, err)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 600), time.Second)
	n.As("4001", "pw-4001").Do(http.MethodGet, "/api/v1/mailboxes/general/messages", nil, 403, nil)

	n.Signal(syscall.SIGKILL)
	n.Wait(10 * time.Second)
	n.Start()
	own = n.As("1001", "pw-1001")
	require.Contains(t, boxes(), box{"1001", 1, 1})
	n.Eventually(func() bool { return strings.Contains(fmt.Sprint(boxes()), "{general 0 1}") }, "the seat is back, and the message is not new")
	own.Do(http.MethodPost, "/api/v1/mailboxes/general/messages/"+messages.Items[0].ID+"/callback", map[string]any{"queue": "vip"}, 200, nil)
	var backs struct{ Items []back }
	n.Do(http.MethodGet, "/api/v1/callbacks", nil, 200, &backs)
	require.Len(t, backs.Items, 1)
	require.Equal(t, customerNumber, backs.Items[0].Number)
	own.Do(http.MethodDelete, "/api/v1/mailboxes/1001/messages/"+messages.Items[0].ID, nil, 404, nil)
}

// TestTwentyFourMenus has a caller press his way through 24 menus, half of it after the site has been given
// a flow with other ends: he finishes on his revision.
func TestTwentyFourMenus(t *testing.T) {
	t.Parallel()
	menus := func(last string) string {
		var b strings.Builder
		b.WriteString("flows:\n  - name: deep\n    start: m1\n    nodes:\n")
		for i := 1; i <= 24; i++ {
			next := fmt.Sprintf("m%d", i+1)
			if i == 24 {
				next = last
			}
			fmt.Fprintf(&b, "      m%d: {menu: {prompt: main_menu, timeout: 5s, tries: 1}, keys: {\"1\": %s, \"2\": hangup}, next: hangup}\n", i, next)
		}
		return b.String() + "      good: {play: [thank_you], next: hangup}\n      bad: {play: [all_busy], next: hangup}\n"
	}
	unreached := func(last, other string) string { // both ends stay reachable
		return strings.Replace(menus(last), `"2": hangup}, next: hangup}`, `"2": `+other+`}, next: hangup}`, 1)
	}
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", "  - {number: \"10003\", trunk: gateway, flow: deep}\ncallers:\n", 1)
		s["deep.yaml"] = unreached("good", "bad")
	})})
	ones := strings.Repeat("1", 12)
	c := harness.StartCaller(t, n, harness.Plan{To: "10003", Sound: harness.Sound(
		harness.Tone(time.Second), harness.Keys(ones), harness.Tone(3*time.Second), harness.Keys(ones), harness.Tone(20*time.Second),
	)})
	n.Eventually(func() bool { all := n.Calls(""); return len(all) == 1 && len(path(n, all[0].ID)) >= 6 }, "he should be in the midst of them")
	var flow struct {
		Nodes []struct{ Callers, Entered int }
	}
	n.Do(http.MethodGet, "/api/v1/flows/deep", nil, 200, &flow)
	inside := 0
	for _, node := range flow.Nodes {
		inside += node.Callers
	}
	require.Equal(t, 1, inside)
	reload(n, map[string]string{"deep.yaml": unreached("bad", "good")})
	n.WaitMetric(2, "hotline_site_revision")
	c.Done()
	rec := n.WaitCalls(1)[0]
	walked := path(n, rec.ID)
	require.Len(t, walked, 26)
	require.Equal(t, []string{"m24", "good", "hangup"}, walked[23:])
	takenOverAKill(t, n)
	require.Equal(t, 1, rec.SiteRevision)
	require.Equal(t, call.OutcomeServedInIVR, rec.Outcome)
}

// takenOverAKill checks that the flow's picture tells that its first edge was taken once today, before and after a kill.
func takenOverAKill(t *testing.T, n *harness.Node) {
	t.Helper()
	look := func() {
		var flow struct {
			SVG   string
			Since call.Stamp
			Nodes []struct {
				Name    string
				Callers int
				Edges   []struct {
					Node  string
					Taken int
				}
			}
		}
		n.Do(http.MethodGet, "/api/v1/flows/deep", nil, 200, &flow)
		require.Equal(t, "m2", flow.Nodes[0].Edges[0].Node)
		require.Equal(t, 1, flow.Nodes[0].Edges[0].Taken)
		require.Contains(t, flow.SVG, "×1</tspan>")
		require.Equal(t, "00:00:00", flow.Since.In(shanghai(t)).Format(time.TimeOnly))
	}
	look()
	n.Signal(syscall.SIGKILL)
	n.Wait(10 * time.Second)
	n.Start()
	look()
}
