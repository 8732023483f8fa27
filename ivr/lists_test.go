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
		of         ivr.ColumnType
		text, kept string
	}{
		{ivr.ColumnText, "007", "007"},
		{ivr.ColumnNumber, "-12.50", "-12.50"},
		{ivr.ColumnWhole, "12", "12"},
		{ivr.ColumnTruth, "TRUE", "true"},
		{ivr.ColumnTruth, "否", "false"},
		{ivr.ColumnDate, "2026-11-29", "2026-11-29T00:00:00+08:00"},
		{ivr.ColumnDate, "2026/1/2", "2026-01-02T00:00:00+08:00"},
		{ivr.ColumnDate, "2026-01-02 14:05", "2026-01-02T14:05:00+08:00"},
		{ivr.ColumnDate, "2026-01-02T14:05:00Z", "2026-01-02T14:05:00Z"},
		{ivr.ColumnDate, "", ""},
		{ivr.ColumnNumber, "", ""},
	} {
		kept, fits := tt.of.Read(tt.text, zone)
		require.True(t, fits, "%s %q", tt.of, tt.text)
		require.Equal(t, tt.kept, kept)
	}
	for of, texts := range map[ivr.ColumnType][]string{
		ivr.ColumnNumber: {"12,5", "1e999", "NaN", "0x10", "12 元"}, ivr.ColumnWhole: {"1.0", "99999999999999999999"}, ivr.ColumnTruth: {"maybe", "2"}, ivr.ColumnDate: {"29.11.2026", "2026-02-30", "20261129"},
	} {
		for _, text := range texts {
			_, fits := of.Read(text, zone)
			require.False(t, fits, "%s %q", of, text)
			is, right := of.Mistake()
			require.NotEmpty(t, is+right)
		}
	}
}

// TestTypedColumnsInACall has flows compare and say what lists know of their callers, by the columns' types.
func TestTypedColumnsInACall(t *testing.T) {
	k := known(t)
	k.Lists["debtors"] = &ivr.List{Name: "debtors", Columns: []ivr.Column{{Name: "amount", Type: ivr.ColumnNumber}, {Name: "due", Type: ivr.ColumnDate}}, Rows: map[string][]string{
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
