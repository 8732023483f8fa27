package ivr_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/ivr"
)

// anyInput draws an input: one that fits, or any other. Tokens are near the last one given out.
func anyInput(t *rapid.T, s *ivr.Session) call.FlowInput {
	token := s.Awaited
	if rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
		token = rapid.Uint64Range(0, s.Token+1).Draw(t, "token")
	}
	switch rapid.IntRange(0, 13).Draw(t, "input") {
	case 13:
		return call.FlowRendered{Token: rendering(s, token), Prompts: rapid.SampledFrom([][]string{{"a", "b"}, {"", "b"}, {"c"}, nil}).Draw(t, "prompts")}
	case 11:
		return call.FlowSpeech{Token: listening(s, token)}
	case 12:
		return call.FlowHeard{Token: listening(s, token), Intent: rapid.SampledFrom([]string{"bill", "again", "none", ""}).Draw(t, "intent"), Confidence: rapid.Float64Range(0, 1).Draw(t, "sure")}
	case 10:
		return call.FlowAnswered{Token: token, Status: rapid.SampledFrom([]int{200, 404, 500}).Draw(t, "status"), Values: map[string]string{"balance": "1.5", "tier": "gold", "number": "7"}}
	case 0:
		return call.FlowStarted{}
	case 1, 2, 3:
		return call.FlowDigit{Digit: rapid.SampledFrom([]byte("0123456789*#AD\x00z")).Draw(t, "digit")}
	case 4, 5:
		return call.FlowPlayed{Token: token}
	case 6:
		return call.FlowTimedOut{Token: token}
	case 7:
		return call.FlowServed{}
	case 8:
		return call.FlowOverflowed{Flow: rapid.SampledFrom([]string{"voicemail", "busy", "closed", "main", "nowhere"}).Draw(t, "flow")}
	default:
		if rapid.Bool().Draw(t, "fault") {
			return call.FlowFault{Token: token, Words: "fault"}
		}
		return call.FlowRecorded{Token: token, Length: 3 * time.Second}
	}
}

// listening is the token of what listens, most of the time.
func listening(s *ivr.Session, otherwise uint64) uint64 {
	if s.Listen != 0 && otherwise%4 != 0 {
		return s.Listen
	}
	return otherwise
}

// rendering is the token of what is rendered, most of the time.
func rendering(s *ivr.Session, otherwise uint64) uint64 {
	if s.Render != 0 && otherwise%4 != 0 {
		return s.Render
	}
	return otherwise
}

func anyVars(t *rapid.T) ivr.Vars {
	return ivr.Vars{
		Revision: 1, Calls: rapid.IntRange(0, 3).Draw(t, "calls"),
		Flow: rapid.SampledFrom([]string{"main", "night", "closed", "busy", "look", "ask", "identify", "hear", "say_or_press", "owes", "greets", "greets", "nowhere"}).Draw(t, "flow"),
		Caller: call.Caller{
			Number: "13800000001",
			Class:  rapid.SampledFrom([]call.CallerClass{call.CallerNormal, call.CallerVIP}).Draw(t, "class"),
			Level:  rapid.SampledFrom([]string{"", "gold", "4"}).Draw(t, "level"),
		},
		Called: "10000", Trunk: "gateway",
	}
}

// TestStoredSessionGoesOnTheSame steps two sessions with the same inputs, one of
// them stored and read back before every step: both want the same done.
func TestStoredSessionGoesOnTheSame(t *testing.T) {
	g := exampleGraph(t)
	rapid.Check(t, func(t *rapid.T) {
		live := ivr.NewSession(g, anyVars(t))
		stored := ivr.NewSession(g, live.Vars)
		now := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		require.Equal(t, live.Step(now, call.FlowStarted{}), stored.Step(now, call.FlowStarted{}))
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			in := anyInput(t, live)
			b, err := json.Marshal(stored)
			require.NoError(t, err)
			stored = new(ivr.Session)
			require.NoError(t, json.Unmarshal(b, stored))
			require.NoError(t, stored.Attach(g))
			now = now.Add(time.Second)
			require.Equal(t, live.Step(now, in), stored.Step(now, in), "%#v", in)
			again, err := json.Marshal(live)
			require.NoError(t, err)
			other, err := json.Marshal(stored)
			require.NoError(t, err)
			require.JSONEq(t, string(again), string(other))
		}
	})
}

// watch checks what must hold for any session whatever it is told.
type watch struct {
	t      require.TestingT
	tokens map[uint64]bool
	ended  bool
}

func (w *watch) verbs(s *ivr.Session, verbs []call.FlowVerb) {
	require.LessOrEqual(w.t, len(verbs), 16, "a step of the example is short")
	if w.ended {
		require.Empty(w.t, verbs, "nothing comes after the end")
	}
	var last uint64
	for i, verb := range verbs {
		switch v := verb.(type) {
		case call.FlowPlay:
			require.NotEmpty(w.t, v.Prompts)
			w.fresh(v.Token)
		case call.FlowTimer:
			require.Positive(w.t, v.After)
			if v.Token != last { // a service's time limit has its question's
				w.fresh(v.Token)
			}
		case call.FlowAsk:
			last = v.Token
			w.fresh(v.Token)
		case call.FlowRender:
			w.fresh(v.Token)
		case call.FlowListen:
			w.fresh(v.Token)
		case call.FlowTicket:
			w.fresh(v.Token)
		case call.FlowCallBack:
			w.fresh(v.Token)
		case call.FlowPlace: // as a question
			last = v.Token
			w.fresh(v.Token)
		case call.FlowLeave:
			w.fresh(v.Token)
		case call.FlowMusic:
			w.ended = s.State == ivr.StateEnded && i == len(verbs)-1 // who waits is not let go: he hears music
		case call.FlowEnqueue:
			w.fresh(v.Token)
		case call.FlowRecord:
			w.fresh(v.Token)
		case call.FlowHangup:
			require.Equal(w.t, len(verbs)-1, i, "the last word")
			w.ended = true
		}
	}
	require.Equal(w.t, w.ended, s.State == ivr.StateEnded)
	require.LessOrEqual(w.t, len(s.Ahead), 16)
	require.True(w.t, s.Render == 0 || len(s.Rest) > 0, "what is rendered is to be said")
	speaks := s.State == ivr.StatePlaying || s.State == ivr.StatePrompting || s.State == ivr.StateCollecting || s.State == ivr.StateListening
	require.True(w.t, len(s.Rest) == 0 || speaks, "nothing is to be said in silence")
	require.True(w.t, s.Listen == 0 || s.State == ivr.StateListening || s.State == ivr.StateHearing, "nobody listens outside of its node")
}

func (w *watch) fresh(token uint64) {
	require.NotZero(w.t, token)
	require.False(w.t, w.tokens[token], "token %d was used", token)
	w.tokens[token] = true
}

// FuzzStep tells sessions anything: two bytes an input. They never panic, never
// use a token twice and come to an end within bounds.
func FuzzStep(f *testing.F) {
	f.Add(uint8(0), []byte("\x00\x00\x02\x00\x01\x31\x04\x00\x02\x00\x01\x31"))
	f.Add(uint8(1), []byte("\x00\x00\x01\x31\x05\x00\x02\x00\x06\x00"))
	f.Add(uint8(2), []byte("\x00\x00\x02\x00\x02\x00\x01\x23\x06\x00"))
	f.Add(uint8(128), []byte("\x00\x00\x09\x02\x02\x00\x03\x00\x01\x31\x0a\x00\x02\x00"))
	f.Add(uint8(200), []byte("\x00\x00\x01\x32\x0a\x00\x02\x00\x01\x23\x06\x00"))
	f.Add(uint8(11), []byte("\x00\x00\x0d\x00\x02\x00\x03\x00\x01\x31\x01\x37\x01\x2a\x02\x00\x07\x00"))
	g := exampleGraph(f)
	names := []string{"main", "night", "closed", "busy", "look", "ask", "identify", "nowhere", "hear", "say_or_press", "owes", "greets"}
	f.Fuzz(func(t *testing.T, flow uint8, inputs []byte) {
		inputs = inputs[:min(len(inputs), 4096)] // longer ones show nothing new
		s := ivr.NewSession(g, ivr.Vars{Flow: names[int(flow)%len(names)]})
		if flow >= 128 { // he waits in a queue, and hears a flow of his own
			s = ivr.NewExperience(g, ivr.Vars{Flow: "waiting", Caller: call.Caller{Number: "13800000001"}, Values: map[string]string{"level": "2"}},
				ivr.Waiting{Queue: "general", Since: time.Date(2026, 12, 30, 23, 59, 0, 0, time.UTC)}, uint64(flow))
		}
		w := &watch{t: t, tokens: map[uint64]bool{}}
		now := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
		for ; len(inputs) >= 2; inputs = inputs[2:] {
			w.verbs(s, s.Step(now, fuzzInput(s, inputs[0], inputs[1])))
			now = now.Add(time.Second)
		}
		for range 10_000 { // then nobody does anything: time alone ends every flow, unless it waits for agents
			if s.State == ivr.StateEnded || s.State == ivr.StateNew || s.State == ivr.StateQueued || s.Vars.Queue != nil && !s.Left() {
				return
			}
			w.verbs(s, s.Step(now, call.FlowPlayed{Token: s.Awaited}))
			w.verbs(s, s.Step(now, call.FlowTimedOut{Token: s.Awaited}))
			w.verbs(s, s.Step(now, call.FlowRecorded{Token: s.Awaited}))
			w.verbs(s, s.Step(now, call.FlowAnswered{Token: s.Awaited, Status: 200, Values: map[string]string{"balance": "1"}}))
		}
		require.Fail(t, "the session never ends", "%+v", s)
	})
}

func fuzzInput(s *ivr.Session, kind, value byte) call.FlowInput {
	token := s.Awaited + uint64(value>>6) - uint64(value>>7) // mostly the right one
	switch kind % 14 {
	case 13:
		return call.FlowRendered{Token: rendering(s, token), Prompts: []string{"a", string(value), "c"}[:value&3%3+1]}
	case 11:
		return call.FlowSpeech{Token: listening(s, token)}
	case 12:
		return call.FlowHeard{Token: listening(s, token), Intent: []string{"bill", "", "other", "again"}[value&3], Confidence: float64(value) / 255}
	case 9:
		return call.FlowPlaced{Token: token, Ahead: int(value)}
	case 10:
		return call.FlowLeft{Token: token}
	case 8:
		return call.FlowAnswered{Token: token, Status: 200 + int(value>>4)*20, Values: map[string]string{"balance": string(value), "number": "7"}}
	case 0:
		return call.FlowStarted{}
	case 1:
		return call.FlowDigit{Digit: value}
	case 2:
		return call.FlowPlayed{Token: token}
	case 3:
		return call.FlowTimedOut{Token: token}
	case 4:
		return call.FlowServed{}
	case 5:
		return call.FlowOverflowed{Flow: []string{"voicemail", "busy", "main", "", "night"}[value%5]}
	case 6:
		return call.FlowRecorded{Token: token, Length: time.Duration(value) * time.Second}
	default:
		return call.FlowFault{Token: token, Words: string(value)}
	}
}

// FuzzStored reads sessions from anywhere: what is not ours is refused or hangs up.
func FuzzStored(f *testing.F) {
	g := exampleGraph(f)
	for _, s := range []string{
		`{"state":"prompting","flow":"main","node":"menu","token":3,"awaited":3}`, `{"state":"queued","flow":"main","node":"bye"}`,
		`{"state":"placing","flow":"waiting","node":"told","token":2,"awaited":2}`,
		`{"state":"leaving","flow":"waiting","node":"leave","token":2,"awaited":2,"vars":{"queue":{"queue":"general"}}}`,
		`{"state":"recording","flow":"closed","node":"leave","token":2,"awaited":2,"faults":-3}`, `{"state":"asleep"}`,
	} {
		f.Add([]byte(s), byte(1), byte('1'))
	}
	f.Fuzz(func(t *testing.T, stored []byte, kind, value byte) {
		s := new(ivr.Session)
		if json.Unmarshal(stored, s) != nil {
			return
		}
		err := s.Attach(g)
		verbs := s.Step(time.Unix(0, 0), fuzzInput(s, kind, value))
		if err != nil {
			want := call.FlowVerb(call.FlowHangup{Cause: call.CauseInternal})
			if q := s.Vars.Queue; q != nil && !q.Left {
				want = call.FlowMusic{} // who waits keeps his place
			}
			require.Equal(t, []call.FlowVerb{want}, verbs)
		}
		require.Less(t, len(verbs), 20)
	})
}

func TestSessionNotAttachedHangsUp(t *testing.T) {
	s := new(ivr.Session)
	require.NoError(t, json.Unmarshal([]byte(`{"state":"queued","flow":"main","node":"vip","token":4,"awaited":4}`), s))
	require.Equal(t, []call.FlowVerb{call.FlowHangup{Cause: call.CauseInternal}}, s.Step(time.Now(), call.FlowServed{}))
	require.Nil(t, s.Step(time.Now(), call.FlowServed{}), "once")

	require.ErrorContains(t, json.Unmarshal([]byte(`{"state":"asleep"}`), s), `"asleep" is unknown`)
	require.NoError(t, json.Unmarshal([]byte(`{"state":"playing","flow":"main","node":"vip"}`), s))
	require.ErrorContains(t, s.Attach(exampleGraph(t)), "session stands playing on main/vip, where revision 0 has no such node")
	require.NoError(t, json.Unmarshal([]byte(`{"state":"queued","flow":"gone","node":"vip"}`), s))
	require.Error(t, s.Attach(exampleGraph(t)))

	_, err := json.Marshal(&ivr.Session{State: 99})
	require.ErrorContains(t, err, "value 99 has no name")
	require.Equal(t, "invalid(99)", ivr.State(99).String())
	require.Equal(t, "saving", ivr.StateSaving.String())
}

func TestUnknownFlowHangsUp(t *testing.T) {
	s := ivr.NewSession(exampleGraph(t), ivr.Vars{Flow: "nowhere"})
	require.Equal(t, []call.FlowVerb{call.FlowHangup{Cause: call.CauseInternal}}, s.Step(time.Now(), call.FlowStarted{}))
	require.Equal(t, ivr.StateEnded, s.State)
}

func TestEndlessKeysEnd(t *testing.T) {
	s := ivr.NewSession(exampleGraph(t), ivr.Vars{Flow: "main"})
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	s.Step(now, call.FlowStarted{})
	s.Step(now, call.FlowPlayed{Token: s.Awaited})
	var last []call.FlowVerb
	presses := 0
	for ; s.State != ivr.StateEnded; presses++ {
		last = s.Step(now, call.FlowDigit{Digit: '*'})
	}
	require.Equal(t, 998, presses)
	require.Equal(t, call.FlowEnter{Flow: "main", Node: "hangup", Kind: "hangup", Why: "the flow has run through 1000 nodes"}, last[1])
}

func TestQueuesThatLeadToEachOtherEnd(t *testing.T) {
	s := ivr.NewSession(exampleGraph(t), ivr.Vars{Flow: "night", Caller: call.Caller{Level: "4"}})
	now := time.Date(2026, 11, 7, 0, 0, 0, 0, time.UTC)
	s.Step(now, call.FlowStarted{})
	for hops := 0; s.State != ivr.StateEnded; hops++ {
		require.LessOrEqual(t, hops, 9)
		s.Step(now, call.FlowPlayed{Token: s.Awaited})
		s.Step(now, call.FlowOverflowed{Flow: "night"})
	}
}

func TestFaultsEnd(t *testing.T) {
	k := known(t)
	back := queue("q", "general", "q")
	g, problems := ivr.Compile([]ivr.Flow{flow("f", "q", back)}, k)
	require.Empty(t, problems)
	s := ivr.NewSession(g, ivr.Vars{Flow: "f"})
	s.Step(time.Now(), call.FlowStarted{})
	var last []call.FlowVerb
	for faults := 0; s.State != ivr.StateEnded; faults++ {
		require.LessOrEqual(t, faults, 4)
		last = s.Step(time.Now(), call.FlowFault{Token: s.Awaited, Words: "no such queue"})
	}
	require.Equal(t, []call.FlowVerb{call.FlowHangup{Cause: call.CauseInternal}}, last)
}

// TestVerbsAreTheCallers checks that who gets the verbs may change them.
func TestVerbsAreTheCallers(t *testing.T) {
	g := exampleGraph(t)
	now := time.Date(2026, 11, 7, 0, 0, 0, 0, time.UTC)
	first := func() (prompts []string, skills map[string]int) {
		s := ivr.NewSession(g, ivr.Vars{Flow: "night", Caller: call.Caller{Level: "4"}})
		prompts = s.Step(now, call.FlowStarted{})[1].(call.FlowPlay).Prompts
		verbs := s.Step(now, call.FlowPlayed{Token: s.Awaited})
		return prompts, verbs[len(verbs)-1].(call.FlowEnqueue).Skills
	}
	prompts, skills := first()
	prompts[0], skills["complaint"] = "changed", 5
	prompts, skills = first()
	require.Equal(t, []string{"welcome"}, prompts)
	require.Equal(t, map[string]int{"complaint": 2}, skills)
}
