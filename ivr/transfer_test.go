package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func transferGraph(t *testing.T, edit func(*ivr.Transfer)) (*ivr.Graph, []ivr.Problem) {
	t.Helper()
	tr := &ivr.Transfer{Number: w("02162345678"), OnBusy: w("busy")}
	if edit != nil {
		edit(tr)
	}
	say := func(name string) ivr.Node {
		return ivr.Node{Name: w(name), Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{w("welcome")}}}, Next: end()}
	}
	return ivr.Compile([]ivr.Flow{{Name: w("main"), Start: w("out"), Nodes: []ivr.Node{
		{Name: w("out"), Transfer: tr, Next: w("after")}, say("busy"), say("after"),
	}}}, ivr.Known{
		Prompts: map[string]bool{"welcome": true, "default": true}, Trunks: map[string]bool{"gw": true}, Sites: map[string]bool{"province": true},
	})
}

// Each result takes its edge; those without one go on at next.
func TestTransferEdges(t *testing.T) {
	for result, node := range map[call.DialResult]string{
		call.DialAnswered: "after", call.DialBusy: "busy", call.DialNoAnswer: "after", call.DialDeclined: "after",
		call.DialWrongNumber: "after", call.DialFailed: "after",
	} {
		g, problems := transferGraph(t, nil)
		require.Empty(t, problems)
		s := ivr.NewSession(g, ivr.Vars{Flow: "main"})
		verbs := s.Step(time.Now(), call.FlowStarted{})
		dial := verbs[len(verbs)-1].(call.FlowDial)
		require.Equal(t, call.FlowDial{Token: dial.Token, Number: "02162345678", Timeout: 45 * time.Second, Music: "default", Ringback: true}, dial)
		require.Empty(t, s.Step(time.Now(), call.FlowDialled{Token: dial.Token + 1, Result: result}), "not the one awaited")
		require.Empty(t, s.Step(time.Now(), call.FlowDigit{Digit: '1'}))
		verbs = s.Step(time.Now(), call.FlowDialled{Token: dial.Token, Result: result, Words: "so it was"})
		require.Equal(t, node, verbs[0].(call.FlowEnter).Node, result)
	}
}

func TestTransferMistakes(t *testing.T) {
	for wrong, edit := range map[string]func(*ivr.Transfer){
		`transfer "out" leads nowhere`:         func(t *ivr.Transfer) { t.Number = ivr.At[string]{} },
		`number "call me" can't be called`:     func(t *ivr.Transfer) { t.Number = w("call me") },
		`there is no site "city"`:              func(t *ivr.Transfer) { t.Site = w("city") },
		`calls can't go out by trunk "other"`:  func(t *ivr.Transfer) { t.Trunk = w("other") },
		`prompt "noise" is unknown`:            func(t *ivr.Transfer) { t.Music = w("noise") },
		`timeout is 1h0m0s`:                    func(t *ivr.Transfer) { t.Timeout = ivr.At[time.Duration]{Value: time.Hour} },
		`goes round without the caller doing`:  func(t *ivr.Transfer) { t.OnFailed = w("out") },
		`there is no node "nowhere" in flow "`: func(t *ivr.Transfer) { t.OnNoAnswer = w("nowhere") },
	} {
		_, problems := transferGraph(t, edit)
		require.Len(t, problems, 1, wrong)
		require.Contains(t, problems[0].String(), wrong)
	}
	_, problems := transferGraph(t, func(t *ivr.Transfer) { t.Number, t.Site = ivr.At[string]{}, w("province") })
	require.Empty(t, problems)
}
