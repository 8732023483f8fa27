package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func hangupGraph(h ivr.Hangup) (*ivr.Graph, []ivr.Problem) {
	return ivr.Compile([]ivr.Flow{{Name: w("main"), Start: w("out"), Nodes: []ivr.Node{{Name: w("out"), Hangup: &h}}}},
		ivr.Known{Prompts: map[string]bool{"busy": true}})
}

// A tone is heard for its time before the end, whatever is pressed, and the record has the node's cause.
func TestToneBeforeTheEnd(t *testing.T) {
	for _, want := range []time.Duration{0, 3 * time.Second} {
		g, problems := hangupGraph(ivr.Hangup{Cause: w("overload"), Tone: w("busy"), For: ivr.At[time.Duration]{Value: want}})
		require.Empty(t, problems)
		s := ivr.NewSession(g, ivr.Vars{Flow: "main"})
		verbs := s.Step(time.Now(), call.FlowStarted{})
		play, timer := verbs[len(verbs)-2].(call.FlowPlay), verbs[len(verbs)-1].(call.FlowTimer)
		require.Greater(t, len(play.Prompts), 100, "longer than any time allowed")
		require.Equal(t, "busy", play.Prompts[0])
		if want == 0 {
			want = 5 * time.Second
		}
		require.Equal(t, want, timer.After)
		require.Empty(t, s.Step(time.Now(), call.FlowDigit{Digit: '1'}))
		require.Empty(t, s.Step(time.Now(), call.FlowPlayed{Token: play.Token}))
		require.Equal(t, []call.FlowVerb{call.FlowHangup{Cause: call.CauseOverload}}, s.Step(time.Now(), call.FlowTimedOut{Token: timer.Token}))
	}
}

func TestToneMistakes(t *testing.T) {
	for wrong, h := range map[string]ivr.Hangup{
		`prompt "engaged" is unknown`: {Tone: w("engaged")},
		`for is 1h0m0s`:               {Tone: w("busy"), For: ivr.At[time.Duration]{Value: time.Hour}},
		`for says how long a tone is heard, and there is none`: {For: ivr.At[time.Duration]{Value: time.Second, Pos: w("x").Pos}},
	} {
		_, problems := hangupGraph(h)
		require.Len(t, problems, 1, wrong)
		require.Contains(t, problems[0].Wrong, wrong)
	}
}
