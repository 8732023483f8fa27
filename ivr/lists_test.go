package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func TestColumnsAreReadByTheirType(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	for _, tt := range []struct {
		of         call.PickType
		text, kept string
	}{
		{call.PickText, "007", "007"},
		{call.PickNumber, "-12.50", "-12.50"},
		{call.PickWhole, "12", "12"},
		{call.PickTruth, "TRUE", "true"},
		{call.PickTruth, "否", "false"},
		{call.PickDate, "2026-11-29", "2026-11-29T00:00:00+08:00"},
		{call.PickDate, "2026/1/2", "2026-01-02T00:00:00+08:00"},
		{call.PickDate, "2026-01-02 14:05", "2026-01-02T14:05:00+08:00"},
		{call.PickDate, "2026-01-02T14:05:00Z", "2026-01-02T14:05:00Z"},
		{call.PickDate, "", ""},
		{call.PickNumber, "", ""},
	} {
		kept, fits := ivr.ReadColumn(tt.of, tt.text, zone)
		require.True(t, fits, "%s %q", tt.of, tt.text)
		require.Equal(t, tt.kept, kept)
	}
	for of, texts := range map[call.PickType][]string{
		call.PickNumber: {"12,5", "1e999", "NaN", "0x10", "12 元"}, call.PickWhole: {"1.0", "99999999999999999999"}, call.PickTruth: {"maybe", "2"}, call.PickDate: {"29.11.2026", "2026-02-30", "20261129"},
	} {
		for _, text := range texts {
			_, fits := ivr.ReadColumn(of, text, zone)
			require.False(t, fits, "%s %q", of, text)
			is, right := ivr.ColumnMistake(of)
			require.NotEmpty(t, is+right)
		}
	}
}

// TestTypedColumnsInACall has flows compare and say what lists know of their callers, by the columns' types.
func TestTypedColumnsInACall(t *testing.T) {
	k := known(t)
	k.Lists["debtors"] = &ivr.List{Name: "debtors", Columns: []ivr.Column{{Name: "amount", Type: call.PickNumber}, {Name: "due", Type: call.PickDate}}, Rows: map[string][]string{
		"1": {"12.50", "2026-11-29T00:00:00+08:00"}, "2": {"9.5", "2030-01-01T00:00:00+08:00"}, "3": {"", ""}, "4": nil,
	}}
	set := set("set", "list", "owed", "1.5", "due", "now")
	owes := flow("owes", "set", set,
		ivr.Node{Name: w("list"), List: &ivr.ListNode{List: w("debtors"), Into: []ivr.ListColumn{{Name: w("owed"), Column: w("amount")}, {Name: w("due"), Column: w("due")}}, Found: w("which"), Else: w("hangup")}},
		branch("which", "unknown", "vars.owed > 10 && vars.due < now", "late", `has("owed")`, "says"),
		sayNode("late", "hangup", "money", "vars.owed", "date", "vars.due"),
		sayNode("says", "hangup", "money", "vars.owed"),
		play("unknown", "hangup", "thank_you"))
	graph, problems := ivr.Compile([]ivr.Flow{owes}, k)
	require.Empty(t, problems)
	for number, want := range map[string]string{"1": "late", "2": "says", "3": "unknown", "4": "unknown"} {
		s := ivr.NewSession(graph, ivr.Vars{Flow: "owes", Caller: call.Caller{Number: number}})
		s.Step(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), call.FlowStarted{})
		require.Equal(t, want, s.Node, "an empty number is none, not 0: what was there before is gone, too")
	}
}

// TestServicesTellMoments has a service tell a day, which a flow compares and says.
func TestServicesTellMoments(t *testing.T) {
	ask := ivr.Node{Name: w("ask"), HTTP: &ivr.HTTP{Service: w("crm"), Path: w("/"), Into: []ivr.Pick{{Name: w("due"), Type: w("date")}}}, Next: w("which"), OnFault: w("bad")}
	owes := flow("owes", "ask", ask, branch("which", "hangup", "vars.due < now", "late"), sayNode("late", "hangup", "date", "vars.due"), play("bad", "hangup", "thank_you"))
	graph, problems := ivr.Compile([]ivr.Flow{owes}, known(t))
	require.Empty(t, problems)
	for answer, want := range map[string]string{`"2026-11-29"`: "late", `"2026/11/29 08:00"`: "late", `"2026-12-01T09:00:00Z"`: "late", `"2027-01-01"`: "hangup", `"soon"`: "bad", "3": "bad"} {
		s := ivr.NewSession(graph, ivr.Vars{Flow: "owes"})
		now := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
		asked := s.Step(now, call.FlowStarted{})[1].(call.FlowAsk)
		values, err := ivr.PickFrom([]byte(`{"due":`+answer+`}`), []call.FlowPick{{Name: "due", Path: "due", Type: asked.Picks[0].Type}})
		var in call.FlowInput = call.FlowAnswered{Token: asked.Token, Status: 200, Values: values}
		if err != nil {
			in = call.FlowFault{Token: asked.Token, Words: err.Error()}
		}
		verbs := s.Step(now, in)
		var entered []string
		for _, v := range verbs {
			if e, ok := v.(call.FlowEnter); ok {
				entered = append(entered, e.Node)
			}
		}
		require.Contains(t, entered, want, answer)
	}
}
