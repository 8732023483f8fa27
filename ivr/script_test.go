package ivr_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/golden"
	"hotline/ivr"
)

// TestScripts plays the golden scripts: what a caller does, and below it, indented, what the flow
// does about it. Lines with # are for the reader.
//
//	at 2026-11-02 10:00            the clock, in Shanghai
//	call FLOW [class [level]]      a call comes in
//	press KEYS | played | wait     the caller presses; the prompt ends; the time-out runs out
//	served | overflow FLOW         the agents' part ends; the queue gives the caller up
//	recorded DURATION | fault WORDS
//	urgent PROMPT                  an urgent announcement is on when the next call comes in
//	calls N                        so many calls of the caller before it
//	waits FLOW QUEUE               a caller waits, and hears a flow of his own
//	place AHEAD [WAIT]             routing says where he stands
//	later LENGTH                   the clock goes on
//	speaks                         the caller begins to speak
//	heard [INTENT PERCENT [NAME=VALUE …]]   what the speech service makes of it
//	deaf WORDS                     it is away, slow or lying
//	rendered [PROMPT|- …]          texts with values have been rendered, or not
//	unrendered WORDS               none of them
//	left                           routing has let him out of the queue
//	answer STATUS [NAME=VALUE …]   a service, or the app, answers
func TestScripts(t *testing.T) {
	golden.Scripts(t, "testdata/scripts/*.txt", playScript)
}

func playScript(t *testing.T, script string) string {
	p := &player{t: t, graph: exampleGraph(t), now: shanghai(t, "2026-11-02 10:00")}
	for _, line := range strings.Split(strings.TrimRight(script, "\n"), "\n") {
		if strings.HasPrefix(line, "  ") {
			continue // what it gave last time
		}
		p.out.WriteString(line + "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			p.do(strings.Fields(line))
		}
	}
	return p.out.String()
}

// player is a caller with a pencil.
type player struct {
	t       *testing.T
	graph   *ivr.Graph
	session *ivr.Session
	now     time.Time
	out     strings.Builder

	urgent []string
	calls  int

	playing, timer, record, last uint64 // tokens of the verbs last heard
}

func (p *player) do(words []string) {
	rest := strings.Join(words[1:], " ")
	switch words[0] {
	case "at":
		p.now = shanghai(p.t, rest)
	case "call":
		p.call(words[1:])
	case "press":
		for _, digit := range []byte(words[1]) {
			p.step(call.FlowDigit{Digit: digit})
		}
	case "played":
		p.step(call.FlowPlayed{Token: p.playing})
	case "wait":
		p.step(call.FlowTimedOut{Token: p.timer})
	case "served":
		p.step(call.FlowServed{})
	case "overflow":
		p.step(call.FlowOverflowed{Flow: rest})
	case "recorded":
		length, err := time.ParseDuration(rest)
		require.NoError(p.t, err)
		p.step(call.FlowRecorded{Token: p.record, Length: length})
	case "urgent":
		p.urgent = words[1:]
	case "calls":
		n, err := strconv.Atoi(rest)
		require.NoError(p.t, err)
		p.calls = n
	case "waits":
		v := ivr.Vars{Revision: 7, Flow: words[1], Caller: call.Caller{Number: "13800000001"}, Values: map[string]string{"level": "2"}}
		p.session, p.playing, p.timer, p.record, p.last = ivr.NewExperience(p.graph, v, ivr.Waiting{Queue: words[2], Since: p.now}, 1<<32), 0, 0, 0, 0
		p.step(call.FlowStarted{})
	case "place":
		in := call.FlowPlaced{Token: p.last}
		in.Ahead, _ = strconv.Atoi(words[1])
		if len(words) > 2 {
			wait, err := time.ParseDuration(words[2])
			require.NoError(p.t, err)
			in.Wait = &wait
		}
		p.step(in)
	case "later":
		d, err := time.ParseDuration(rest)
		require.NoError(p.t, err)
		p.now = p.now.Add(d)
	case "left":
		p.step(call.FlowLeft{Token: p.last})
	case "answer":
		p.answer(words[1:])
	case "rendered":
		in := call.FlowRendered{Token: p.session.Render}
		for _, w := range words[1:] {
			in.Prompts = append(in.Prompts, strings.TrimPrefix(w, "-"))
		}
		p.step(in)
	case "unrendered":
		p.step(call.FlowFault{Token: p.session.Render, Words: rest})
	case "speaks":
		p.step(call.FlowSpeech{Token: p.session.Listen})
	case "heard":
		p.heard(words[1:])
	case "deaf":
		p.step(call.FlowFault{Token: p.session.Listen, Words: rest})
	case "fault":
		p.step(call.FlowFault{Token: p.last, Words: rest})
	default:
		require.Fail(p.t, "unknown script line", "%s", words)
	}
}

func (p *player) heard(words []string) {
	in := call.FlowHeard{Token: p.session.Listen, Values: map[string]string{}}
	if len(words) > 0 {
		percent, err := strconv.Atoi(words[1])
		require.NoError(p.t, err)
		in.Intent, in.Confidence = words[0], float64(percent)/100
		for _, w := range words[2:] {
			name, value, _ := strings.Cut(w, "=")
			in.Values[name] = value
		}
	}
	p.step(in)
}

func (p *player) call(words []string) {
	v := ivr.Vars{Calls: p.calls, Revision: 7, Flow: words[0], Caller: call.Caller{Number: "13800000001"}, Called: "10000", Trunk: "gateway"}
	if len(words) > 1 {
		require.NoError(p.t, v.Caller.Class.UnmarshalText([]byte(words[1])))
	}
	if len(words) > 2 {
		v.Caller.Level = words[2]
	}
	p.session, p.playing, p.timer, p.record, p.last = ivr.NewSession(p.graph, v), 0, 0, 0, 0
	p.step(call.FlowStarted{Urgent: p.urgent})
}

func (p *player) answer(words []string) {
	status, err := strconv.Atoi(words[0])
	require.NoError(p.t, err)
	in := call.FlowAnswered{Token: p.last, Status: status, Values: map[string]string{}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		in.Values[name] = value
	}
	p.step(in)
}

// step goes on from what the last step left on disk, as after a crash.
func (p *player) step(in call.FlowInput) {
	stored, err := json.Marshal(p.session)
	require.NoError(p.t, err)
	p.session = new(ivr.Session)
	require.NoError(p.t, json.Unmarshal(stored, p.session))
	require.NoError(p.t, p.session.Attach(p.graph))
	verbs := p.session.Step(p.now, in)
	if len(verbs) == 0 {
		p.out.WriteString("  nothing\n")
	}
	for _, v := range verbs {
		p.out.WriteString("  " + p.words(v) + "\n")
	}
}

func (p *player) words(verb call.FlowVerb) string {
	switch v := verb.(type) {
	case call.FlowEnter:
		return fmt.Sprintf("→ %s/%s (%s): %s", v.Flow, v.Node, v.Kind, v.Why)
	case call.FlowPlay:
		p.playing, p.last = v.Token, v.Token
		return "plays " + strings.Join(v.Prompts, ", ")
	case call.FlowStop:
		return "stops the prompt"
	case call.FlowTimer:
		p.timer = v.Token
		return "waits " + v.After.String()
	case call.FlowTimerStop:
		return "waits no longer"
	case call.FlowEnqueue:
		p.last = v.Token
		return strings.TrimSpace(fmt.Sprintf("queues for %s %s", v.Queue, extras(v)))
	case call.FlowRecord:
		p.record, p.last = v.Token, v.Token
		return fmt.Sprintf("records for %s, at most %s", v.Mailbox, v.Max)
	case call.FlowRecordStop:
		return "ends the recording"
	case call.FlowMenu:
		return strings.TrimSpace(fmt.Sprintf("menu %s: %q %s", v.Node, v.Digits, v.Intent))
	case call.FlowListen:
		return fmt.Sprintf("has %s listen in %s for %s, to %s, at most %s", v.Service, v.Language, strings.Join(v.Intents, " "), strings.Join(v.Hints, " "), v.Max)
	case call.FlowRender:
		var texts []string
		for _, t := range v.Texts {
			texts = append(texts, fmt.Sprintf("%q in %s private=%v", t.Text, t.Language, t.Private))
		}
		return "has rendered " + strings.Join(texts, ", ")
	case call.FlowRenderStop:
		return fmt.Sprintf("wants no text any more, late=%v", v.Late)
	case call.FlowListenStop:
		return "has nobody listen any more"
	case call.FlowSurvey:
		return fmt.Sprintf("survey %s: %s (%c)", v.Node, v.Name, v.Digit)
	case call.FlowLanguage:
		return "speaks " + v.Language
	case call.FlowAsk:
		p.last = v.Token
		return strings.TrimSpace(fmt.Sprintf("asks %s: %s %s %s", v.Service, v.Method, v.Path, v.Body))
	case call.FlowNotify:
		return fmt.Sprintf("tells %s: %s %v", v.To, v.Event, v.Data)
	case call.FlowTicket:
		p.last = v.Token
		return fmt.Sprintf("opens a ticket: %s %v", v.Kind, v.Fields)
	case call.FlowCallBack:
		p.last = v.Token
		return fmt.Sprintf("wants a callback in %s to %s, priority %d", cmp.Or(v.Queue, "his place"), v.Number, v.Priority)
	case call.FlowMusic:
		return "music: " + cmp.Or(v.Music, "the queue's")
	case call.FlowPlace:
		p.last = v.Token
		return "asks for his place"
	case call.FlowLeave:
		p.last = v.Token
		return "wants to leave the queue for a " + v.To
	case call.FlowHangup:
		return "hangs up: " + v.Cause.String()
	}
	return fmt.Sprintf("%#v", verb)
}

func extras(v call.FlowEnqueue) string {
	var parts []string
	for skill, level := range v.Skills {
		parts = append(parts, fmt.Sprintf("%s≥%d", skill, level))
	}
	slices.Sort(parts)
	if v.Priority != 0 {
		parts = append(parts, fmt.Sprintf("priority %d", v.Priority))
	}
	return strings.Join(parts, " ")
}

func shanghai(t require.TestingT, s string) time.Time {
	loc, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	require.NoError(t, err)
	return at
}
