package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/internal/golden"
)

// people are the columns of the table of permissions.
var people = []string{"", "1001", "lead", "supervisor", "qa", "trainer", "editor", "analyst", "operator", "admin"}

// deeds are its rows. The call "mine" is of agent 1001, in the team that lead
// leads; "theirs" of 1002 in another; "lost" reached no seat; "ringing" rings at 1001.
var deeds = []struct{ words, method, path, body string }{
	{"list calls", "GET", "/calls", ""},
	{"list calls of 1002", "GET", "/calls?agent=1002", ""},
	{"look a caller up", "GET", "/calls?caller=" + number, ""},
	{"see call mine", "GET", "/calls/mine", ""},
	{"see call theirs", "GET", "/calls/theirs", ""},
	{"see call lost", "GET", "/calls/lost", ""},
	{"see call ringing", "GET", "/calls/ringing", ""},
	{"see SIP of mine", "GET", "/calls/mine/sip", ""},
	{"capture of mine", "GET", "/calls/mine/pcap", ""},
	{"see SIP of lost", "GET", "/calls/lost/sip", ""},
	{"file on mine", "PUT", "/calls/mine/disposition", `{"code":"bill"}`},
	{"file on theirs", "PUT", "/calls/theirs/disposition", `{"code":"bill"}`},
	{"file on lost", "PUT", "/calls/lost/disposition", `{"code":"bill"}`},
	{"hold ringing", "POST", "/calls/ringing/hold", ""},
	{"resume ringing", "POST", "/calls/ringing/resume", ""},
	{"pick ringing up", "POST", "/calls/ringing/pickup", ""},
	{"pick mine up, ended", "POST", "/calls/mine/pickup", ""},
	{"pick none up", "POST", "/calls/none/pickup", ""},
	{"hold mine, ended", "POST", "/calls/mine/hold", ""},
	{"hand ringing on", "POST", "/calls/ringing/transfer", `{"to":"1002"}`},
	{"ask somebody", "POST", "/calls/ringing/transfer", `{"to":"1002","mode":"consult"}`},
	{"to nobody", "POST", "/calls/ringing/transfer", `{"mode":"blind"}`},
	{"in no such way", "POST", "/calls/ringing/transfer", `{"mode":"away"}`},
	{"rate ringing", "POST", "/calls/ringing/survey", ""},
	{"verify ringing", "POST", "/calls/ringing/verify", `{"flow":"check_pin"}`},
	{"take ringing back", "DELETE", "/calls/ringing/verify", ""},
	{"help in ringing", "POST", "/calls/ringing/help", `{"reason":"angry"}`},
	{"dial for 1001", "POST", "/calls", `{"from_agent":"1001","to":"13900000000"}`},
	{"dial for 1002", "POST", "/calls", `{"from_agent":"1002","to":"13900000000"}`},
	{"dial nobody", "POST", "/calls", `{"from_agent":"1001","to":"nobody"}`},
	{"monitor ringing", "POST", "/calls/ringing/supervise", `{"mode":"monitor"}`},
	{"barge into ringing", "POST", "/calls/ringing/supervise", `{"mode":"barge"}`},
	{"intercept ringing", "POST", "/calls/ringing/supervise", `{"mode":"intercept"}`},
	{"cut ringing", "POST", "/calls/ringing/supervise", `{"mode":"release"}`},
	{"leave ringing", "DELETE", "/calls/ringing/supervise", ""},
	{"follow 1001", "POST", "/seats/1001/supervise", `{}`},
	{"follow 1002", "POST", "/seats/1002/supervise", `{"mode":"whisper"}`},
	{"follow and barge", "POST", "/seats/1001/supervise", `{"mode":"barge"}`},
	{"follow no more", "DELETE", "/seats/1001/supervise", ""},
	{"end ringing", "POST", "/calls/ringing/hangup", ""},
	{"pause ringing", "POST", "/calls/ringing/recording", `{"paused":true}`},
	{"pause mine, ended", "POST", "/calls/mine/recording", `{"paused":true}`},
	{"fork ringing", "PUT", "/calls/ringing/forks/asr", ""},
	{"fork ringing to nobody", "PUT", "/calls/ringing/forks/spy", ""},
	{"unfork ringing", "DELETE", "/calls/ringing/forks/asr", ""},
	{"fork mine, ended", "PUT", "/calls/mine/forks/asr", ""},
	{"end mine, ended", "POST", "/calls/mine/hangup", ""},
	{"facts of R1 of mine", "GET", "/recordings/R1", ""},
	{"facts of R2 of theirs", "GET", "/recordings/R2", ""},
	{"hear R1 of mine", "GET", "/recordings/R1/audio", ""},
	{"hear R2 of theirs", "GET", "/recordings/R2/audio", ""},
	{"picture of R1", "GET", "/recordings/R1/peaks", ""},
	{"picture of R2, none", "GET", "/recordings/R2/peaks", ""},
	{"verify R1", "POST", "/recordings/R1/verify", ""},
	{"hold R1", "PUT", "/recordings/R1/hold", `{"reason":"case 7"}`},
	{"erase R1, held or not", "DELETE", "/recordings/R1?reason=wish", ""},
	{"release R1", "DELETE", "/recordings/R1/hold", ""},
	{"erase R2", "DELETE", "/recordings/R2?reason=wish", ""},
	{"erase what is none", "DELETE", "/recordings/R9?reason=wish", ""},
	{"see what is missing", "GET", "/recordings/missing?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z", ""},
	{"of too long a time", "GET", "/recordings/missing?from=2026-01-01T00:00:00Z&to=2026-11-02T00:00:00Z", ""},
	{"see queues", "GET", "/queues", ""},
	{"ask why", "GET", "/queues/general/why?call=mine", ""},
	{"ask why of no queue", "GET", "/queues/none/why", ""},
	{"see seats", "GET", "/seats", ""},
	{"see seat 1002", "GET", "/seats/1002", ""},
	{"a phone of one's own", "POST", "/session/phone", ""},
	{"set seat 1001", "POST", "/seats/1001/state", `{"state":"ready"}`},
	{"set seat 1002", "POST", "/seats/1002/state", `{"state":"ready"}`},
	{"set seat nobody", "POST", "/seats/nobody/state", `{"state":"ready"}`},
	{"approve 1001's break", "POST", "/seats/1001/break", `{"approve":true}`},
	{"approve 1002's break", "POST", "/seats/1002/break", `{"approve":true}`},
	{"approve lead's break", "POST", "/seats/1900/break", `{"approve":true}`},
	{"refuse what none asked", "POST", "/seats/1001/break", `{"approve":false}`},
	{"extend 1001's wrap-up", "POST", "/seats/1001/wrap_up", `{"minutes":2}`},
	{"end 1002's wrap-up", "POST", "/seats/1002/wrap_up", `{"end":true}`},
	{"wrap-up, both", "POST", "/seats/1001/wrap_up", `{"end":true,"minutes":2}`},
	{"see plans", "GET", "/plans", ""},
	{"see the staffing", "GET", "/staffing", ""},
	{"force a step on", "POST", "/plans/day/steps/qa", `{"active":true}`},
	{"give it back", "POST", "/plans/day/steps/qa", `{"auto":true}`},
	{"neither nor", "POST", "/plans/day/steps/qa", `{}`},
	{"force what is not", "POST", "/plans/day/steps/zz", `{"active":false}`},
	{"see callbacks", "GET", "/callbacks", ""},
	{"ask for a callback", "POST", "/callbacks", `{"number":"13800138000","queue":"general"}`},
	{"for no queue", "POST", "/callbacks", `{"number":"13800138000","queue":"none"}`},
	{"cancel a callback", "DELETE", "/callbacks/B1", ""},
	{"cancel no callback", "DELETE", "/callbacks/B9", ""},
	{"see lost calls", "GET", "/lost-calls", ""},
	{"take one", "POST", "/lost-calls/13800138000/take", `{}`},
	{"take one for 1001", "POST", "/lost-calls/13800138000/take", `{"agent":"1001"}`},
	{"take one for 1002", "POST", "/lost-calls/13800138000/take", `{"agent":"1002"}`},
	{"take what is not lost", "POST", "/lost-calls/13900000000/take", `{"agent":"1001"}`},
	{"forget a lost call", "DELETE", "/lost-calls/13800138000", ""},
	{"see the guard", "GET", "/guard", ""},
	{"ban somebody", "POST", "/guard/bans", `{"address":"203.0.113.7","minutes":60}`},
	{"ban a trunk", "POST", "/guard/bans", `{"address":"198.51.100.1","minutes":60}`},
	{"ban no address", "POST", "/guard/bans", `{"address":"gw","minutes":60}`},
	{"lift a ban", "DELETE", "/guard/bans/203.0.113.66", ""},
	{"lift none", "DELETE", "/guard/bans/203.0.113.67", ""},
	{"see mailboxes", "GET", "/mailboxes", ""},
	{"messages for general", "GET", "/mailboxes/general/messages", ""},
	{"messages for 1001", "GET", "/mailboxes/1001/messages", ""},
	{"messages for 1002", "GET", "/mailboxes/1002/messages", ""},
	{"messages for nobody", "GET", "/mailboxes/none/messages", ""},
	{"mark one for 1001", "PUT", "/mailboxes/1001/messages/R1", `{"heard":true}`},
	{"mark none", "PUT", "/mailboxes/1001/messages/R9", `{"heard":true}`},
	{"hear one for 1002", "GET", "/mailboxes/1002/messages/R1/audio", ""},
	{"ring back for general", "POST", "/mailboxes/general/messages/R1/callback", `{}`},
	{"ring back for 1001", "POST", "/mailboxes/1001/messages/R1/callback", `{}`},
	{"drop one for general", "DELETE", "/mailboxes/general/messages/R1", ""},
	{"see survey calls", "GET", "/survey-calls", ""},
	{"ring for a survey", "POST", "/survey-calls", `{"survey":"visit","number":"13800138000"}`},
	{"for no survey", "POST", "/survey-calls", `{"survey":"none","number":"13800138000"}`},
	{"cancel a survey call", "DELETE", "/survey-calls/V1", ""},
	{"cancel one that rings", "DELETE", "/survey-calls/V2", ""},
	{"see opt-outs", "GET", "/survey-opt-outs", ""},
	{"write an opt-out down", "PUT", "/survey-opt-outs/13800138000", ""},
	{"take an opt-out off", "DELETE", "/survey-opt-outs/13800138000", ""},
	{"take none off", "DELETE", "/survey-opt-outs/13800138009", ""},
	{"see flows", "GET", "/flows", ""},
	{"see a flow", "GET", "/flows/main", ""},
	{"see no flow", "GET", "/flows/none", ""},
	{"see prompts", "GET", "/prompts", ""},
	{"see a prompt", "GET", "/prompts/zh/welcome", ""},
	{"see no prompt", "GET", "/prompts/zh/none", ""},
	{"hear a prompt", "GET", "/prompts/zh/welcome/audio", ""},
	{"in no language", "GET", "/prompts/fr/welcome/audio", ""},
	{"change a prompt", "PUT", "/prompts/zh/welcome", "a sound"},
	{"with what is no sound", "PUT", "/prompts/zh/welcome", "noise"},
	{"restore one", "POST", "/prompts/zh/welcome/restore", `{"version":1}`},
	{"restore none", "POST", "/prompts/zh/welcome/restore", `{"version":9}`},
	{"drop the site's", "DELETE", "/prompts/zh/welcome", ""},
	{"drop what is needed", "DELETE", "/prompts/zh/needed", ""},
	{"see announcements", "GET", "/announcements", ""},
	{"switch one on", "PUT", "/announcements/outage", `{"prompt":"many_calls","queues":["general"]}`},
	{"for nobody", "PUT", "/announcements/outage", `{"prompt":"many_calls"}`},
	{"of no prompt", "PUT", "/announcements/outage", `{"prompt":"none","numbers":["*"]}`},
	{"switch one off", "DELETE", "/announcements/outage", ""},
	{"switch none off", "DELETE", "/announcements/zz", ""},
	{"see trunks", "GET", "/trunks", ""},
	{"see who dials", "GET", "/dialling", ""},
	{"lift a limit", "DELETE", "/dialling/agent/1001", ""},
	{"lift none's", "DELETE", "/dialling/trunk/gw", ""},
	{"see phones", "GET", "/phones", ""},
	{"drop a contact", "DELETE", "/phones/8001/contacts/c1", ""},
	{"drop what is none", "DELETE", "/phones/8001/contacts/c9", ""},
	{"see the site", "GET", "/site", ""},
	{"change it", "PUT", "/site", `{"revision":3,"files":[{"name":"a.yaml","text":"right"}]}`},
	{"change it wrongly", "PUT", "/site", `{"revision":3,"files":[{"name":"a.yaml","text":"wrong"}]}`},
	{"change an old one", "PUT", "/site", `{"revision":1,"files":[{"name":"a.yaml","text":"right"}]}`},
	{"see its history", "GET", "/site/revisions", ""},
	{"listen", "HEAD", "/events", ""},
	{"take a ticket", "POST", "/events/ticket", ""},
	{"log out", "DELETE", "/session", ""},
	{"read the API", "GET", "/openapi.json", ""},
}

// cell is the status, and for call data how many calls were seen and how.
func cell(rec *httptest.ResponseRecorder, path string) string {
	text := itoa(rec.Code)
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.HasPrefix(path, "/calls") {
		return text
	}
	if path == "/calls" || strings.HasPrefix(path, "/calls?") {
		text += fmt.Sprintf(" %d", strings.Count(body, `"started_at"`))
	}
	switch {
	case strings.Contains(body, number):
		text += " clear"
	case strings.Contains(body, "138****8000"):
		text += " masked"
	}
	return text
}

func TestWhoMayWhat(t *testing.T) {
	w := newWorld(t)
	var table strings.Builder
	row := func(words string, cells []string) {
		line := fmt.Sprintf("%-24s", words)
		for _, c := range cells {
			line += fmt.Sprintf("%-14s", c)
		}
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	row("", append([]string{"(nobody)"}, people[1:]...))
	for _, d := range deeds {
		var cells []string
		for _, user := range people {
			cells = append(cells, cell(w.do(user, d.method, "/api/v1"+d.path, d.body), d.path))
			if d.words == "log out" {
				delete(w.tokens, user)
			}
		}
		row(d.words, cells)
	}
	golden.Check(t, "testdata/permissions.golden", table.String())
}

// A masked role sees the number in no answer, whatever it asks for.
func TestMaskedRolesNeverSeeTheNumber(t *testing.T) {
	w := newWorld(t)
	for _, user := range []string{"trainer", "editor", "analyst", "operator"} {
		for _, d := range deeds {
			if strings.Contains(d.path, number) || d.path == "/openapi.json" {
				continue // who asks for it knows it; an example is nobody's
			}
			body := w.do(user, d.method, "/api/v1"+d.path, d.body).Body.String()
			require.NotContains(t, body, number, "%s: %s", user, d.words)
			require.NotContains(t, body, "王五", "%s: %s", user, d.words)
			require.NotContains(t, body, "owes", "%s: %s", user, d.words)
		}
		w.tokens = map[string]string{}
	}
}

func TestRolesAddUp(t *testing.T) {
	both := Identity{User: "x", Agent: "1", Roles: []Role{RoleAgent, RoleQA}}
	require.Equal(t, everything, both.may(seeCalls))
	require.Equal(t, self, both.may(setSeats))
	require.Equal(t, nobody, Identity{}.may(seeFloor))
	require.False(t, Identity{Roles: []Role{RoleAgent}}.overSeat(setSeats, "", ""), "who has no seat has no call without a seat")
	lead := Identity{Agent: "9", Leads: []string{"a"}, Roles: []Role{RoleTeamLead}}
	require.True(t, lead.overSeat(setSeats, "9", "z"), "a lead's own seat")
	require.False(t, lead.overSeat(setSeats, "1", ""), "a seat without a team is nobody's")
	for r := RoleAgent; r <= RoleAdmin; r++ {
		back, err := ParseRole(r.String())
		require.NoError(t, err)
		require.Equal(t, r, back)
	}
	_, err := ParseRole("boss")
	require.ErrorContains(t, err, "team_lead")
	require.Equal(t, "invalid(99)", Role(99).String())
}

func TestBreaksAndWrapUpsOfOthersAreAudited(t *testing.T) {
	w := newWorld(t)
	w.do("supervisor", http.MethodPost, "/api/v1/seats/1001/break", `{"approve":true,"reason":"quiet now"}`)
	w.do("supervisor", http.MethodPost, "/api/v1/seats/1001/wrap_up", `{"minutes":3}`)
	w.do("supervisor", http.MethodPost, "/api/v1/seats/1001/wrap_up", `{"end":true}`)
	w.do("1001", http.MethodPost, "/api/v1/seats/1001/wrap_up", `{"end":true}`)
	require.Equal(t, "approved quiet now", w.audited("seat.break")[0].Detail)
	wraps := w.audited("seat.wrap_up")
	require.Len(t, wraps, 2, "one's own are in the seat log")
	require.Equal(t, []string{"3 min", "end"}, []string{wraps[0].Detail, wraps[1].Detail})
}

func TestWhyIsToldInWords(t *testing.T) {
	w := newWorld(t)
	body := w.get("1001", "/api/v1/queues/general/why?call=mine").Body.String()
	require.JSONEq(t, `{"queue":"general","call":"mine","strategy":"round_robin","calls":[{"call":"mine","place":1,"words":"waiting 3 s"}],
		"more_calls":0,"seats":[{"seat":"1001","may":true,"state":"talking","words":"is in a call"}],"more_seats":0}`, body)
}

func TestLooksAreAudited(t *testing.T) {
	w := newWorld(t)
	w.get("supervisor", "/api/v1/calls?caller="+number+"&queue=general")
	w.get("supervisor", "/api/v1/calls/mine")
	w.get("supervisor", "/api/v1/recordings/R1/audio")
	w.do("supervisor", http.MethodPost, "/api/v1/seats/1001/state", `{"state":"break","reason":"tea"}`)
	w.do("1001", http.MethodPost, "/api/v1/seats/1001/state", `{"state":"ready"}`)
	require.Equal(t, []AuditEntry{{At: noon, User: "supervisor", From: source, Action: "calls.list", Object: number, Detail: "caller=" + number + " queue=general → 4 records"}}, w.audited("calls.list"))
	require.Equal(t, []AuditEntry{{At: noon, User: "supervisor", From: source, Action: "recording.play", Object: "R1", Detail: "mine"}}, w.audited("recording.play"))
	require.Equal(t, []AuditEntry{{At: noon, User: "supervisor", From: source, Action: "seat.set", Object: "1001", Detail: "break tea"}}, w.audited("seat.set"), "one's own moves are in the seat log")
	require.Len(t, w.audited("call.view"), 1)
	require.Equal(t, source, w.audited("session.open")[0].From)

	w.get("1001", "/api/v1/calls/theirs")
	require.Len(t, w.audited("call.view"), 1, "what was refused was not seen")
}

// A disposition is filed by the agent's number, or the user's name where there is none.
func TestDispositionIsFiledByWhoFilesIt(t *testing.T) {
	w := newWorld(t)
	for _, user := range []string{"1001", "lead", "admin"} {
		require.Equal(t, http.StatusNoContent, w.do(user, http.MethodPut, "/api/v1/calls/mine/disposition", `{"code":"bill","notes":"n"}`).Code)
	}
	var by []string
	for _, d := range w.rooms.disposed {
		by = append(by, string(d.Seat))
	}
	require.Equal(t, []string{"1001", "1900", "admin"}, by)
}

// An offer that was not taken is nobody's call any more; a call that rings is the agent's.
func TestRingingCallIsTheAgents(t *testing.T) {
	w := newWorld(t)
	r, _, err := w.rooms.Call(context.Background(), "ringing")
	require.NoError(t, err)
	require.Len(t, concerned(&r), 1)
	r.Segments[len(r.Segments)-1].End = r.StartedAt
	require.Empty(t, concerned(&r))
}
