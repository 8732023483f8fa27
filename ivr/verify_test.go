package ivr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// verifyFlow has the caller key in a PIN and compares it with that of a list.
func verifyFlow(name string) ivr.Flow {
	look := ivr.Node{Name: w("look"), List: &ivr.ListNode{
		List: w("debtors"), Into: []ivr.ListColumn{{Name: w("expected"), Column: w("amount")}}, Found: w("pin"), Else: w("return"),
	}}
	pin := collect("pin", "check", "pin", func(c *ivr.Collect) { c.Secret = w(true) })
	pin.Collect.OnTimeout = w("return")
	return flow(name, "look", look, pin, ivr.Node{Name: w("check"), Verify: &ivr.Verify{If: w("same(vars.pin, vars.expected)")}})
}

func TestVerdicts(t *testing.T) {
	k := known(t)
	k.Lists["debtors"].Rows["13800000001"] = []string{"4711"}
	g, problems := ivr.Compile(append(exampleFlows(), verifyFlow("check")), k)
	require.Empty(t, problems)
	require.Equal(t, []string{"check"}, g.Verifications())
	require.False(t, g.Verifies("main"))
	for keys, want := range map[string]call.VerifyResult{"4711#": call.VerifyYes, "4712#": call.VerifyNo, "471#": call.VerifyNo, "": call.VerifyNone} {
		s := ivr.NewVerification(g, ivr.Vars{Flow: "check", Caller: call.Caller{Number: "13800000001"}, Values: map[string]string{"pin": "4711"}}, 0)
		verbs := s.Step(noon, call.FlowStarted{})
		for _, digit := range []byte(keys) {
			verbs = s.Step(noon, call.FlowDigit{Digit: digit})
		}
		for s.State != ivr.StateEnded {
			s.Step(noon, call.FlowPlayed{Token: s.Awaited})
			verbs = s.Step(noon, call.FlowTimedOut{Token: s.Awaited})
		}
		require.Equal(t, want, verbs[len(verbs)-1].(call.FlowVerified).Result, keys)
		require.Empty(t, s.Vars.Values, "what was keyed in does not stay")
		require.Nil(t, s.Step(noon, call.FlowDigit{Digit: '1'}))
	}
	unknown := ivr.NewVerification(g, ivr.Vars{Flow: "check", Caller: call.Caller{Number: "5"}}, 0)
	verbs := unknown.Step(noon, call.FlowStarted{})
	require.Equal(t, call.FlowVerified{Result: call.VerifyNone, Why: "the flow ended without a verdict"}, verbs[len(verbs)-1])
	stray := ivr.NewSession(g, ivr.Vars{Flow: "check", Caller: call.Caller{Number: "13800000001"}})
	stray.Step(noon, call.FlowStarted{})
	verbs = nil
	for _, digit := range []byte("4711#") {
		verbs = stray.Step(noon, call.FlowDigit{Digit: digit})
	}
	require.Equal(t, call.FlowHangup{Cause: call.CauseFlowEnd}, verbs[len(verbs)-1], "no agent waits for it")
}

func TestWhatIsNotKnownIsNeverTheSame(t *testing.T) {
	node := ivr.Node{Name: w("check"), Verify: &ivr.Verify{If: w(`same("", "") || same("a", "ab") || !same("4711", "4711")`)}}
	g, problems := ivr.Compile([]ivr.Flow{flow("f", "check", node)}, known(t))
	require.Empty(t, problems)
	verbs := ivr.NewVerification(g, ivr.Vars{Flow: "f"}, 0).Step(noon, call.FlowStarted{})
	require.Equal(t, call.VerifyNo, verbs[len(verbs)-1].(call.FlowVerified).Result)
}

func TestWrongVerifications(t *testing.T) {
	verify := func(name, text string) ivr.Node {
		return ivr.Node{Name: at(name, 3, 5), Verify: &ivr.Verify{If: at(text, 4, 4)}}
	}
	for name, tt := range map[string]struct {
		flow ivr.Flow
		want []string
	}{
		"no truth": {flow("f", "n", verify("n", `"yes"`)), []string{`flows.yaml:4:4: condition "\"yes\"": expected true or false, but got text, compare it with something, as caller.class == "vip"`}},
		"a way on": {flow("f", "n", func() ivr.Node { n := verify("n", "true"); n.Next = at("n", 5, 5); return n }()), []string{`flows.yaml:5:5: a verify has no next, remove it`}},
		"a queue":  {flow("f", "q", ivr.Node{Name: at("q", 6, 6), Queue: &ivr.Queue{Queue: w("vip")}, Next: at("n", 7, 7)}, verify("n", "true")), []string{`flows.yaml:6:6: a queue can't be in a flow that verifies a caller, take it out; an agent waits for the caller there, and verify, return or hangup lead back to him`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := ivr.Compile(append(exampleFlows(), tt.flow), known(t))
			var lines []string
			for _, p := range problems {
				lines = append(lines, p.String())
			}
			require.Equal(t, tt.want, lines)
		})
	}
}

// words0 is what an expression may use.
const words0 = `use caller.class, caller.level, caller.number, caller.name, caller.calls, called, trunk, now, language, open("calendar"), holiday("calendar"), listed("list"), vars.NAME, has("NAME")`
