package simulate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/acd/erlang"
	"hotline/call"
	"hotline/internal/golden"
	"hotline/report"
)

// afternoon is a run in which everything occurs.
func afternoon(t *testing.T, rules acd.Rules) *Result {
	t.Helper()
	calls, err := Arrivals([]Load{
		{Queue: "general", From: at("13:00"), To: at("14:30"), Calls: 60, Talk: Unset, Patience: Unset},
		{Queue: "vip", From: at("13:00"), To: at("14:30"), Calls: 20, Talk: Unset, Patience: Unset},
	}, 3)
	require.NoError(t, err)
	Draw(calls, Dist{Kind: DistLogNormal, Mean: 2 * time.Minute, Spread: 1}, Dist{Kind: DistExponential, Mean: 90 * time.Second}, 3)
	r, err := Run(Scenario{
		Name: "small", Rules: rules, Zone: shanghai(t), Calls: calls, Seed: 3,
		Ring: Dist{Kind: DistExponential, Mean: 4 * time.Second}, NoAnswer: 0.05,
	})
	require.NoError(t, err)
	return r
}

// madeUp is an effect this package knows nothing of, as a plan's steps are.
type madeUp struct {
	Plan   string `json:"plan"`
	Step   string `json:"step"`
	Active bool   `json:"active"`
}

func (madeUp) Kind() string { return "plan_step" }

func TestOutputs(t *testing.T) {
	r := afternoon(t, small())
	notes := tally{}
	notes.note(at("13:20"), madeUp{"day", "experts", true})
	r.Notes = notes.notes
	golden.Check(t, "testdata/table.golden", r.Table(false))
	golden.Check(t, "testdata/by_queue.golden", r.Table(true))
	text, err := CSV(r)
	require.NoError(t, err)
	golden.Check(t, "testdata/run.csv.golden", string(text))
	text, err = JSON(r)
	require.NoError(t, err)
	golden.Check(t, "testdata/run.json.golden", string(text))
	require.True(t, json.Valid(text))
}

func TestCompare(t *testing.T) {
	more := small()
	more.Agents = append(more.Agents, acd.Agent{ID: "1003", Group: "general"})
	more.Queues = append(more.Queues, acd.Queue{Name: "help", Groups: []string{"vip"}})
	a, b := afternoon(t, small()), afternoon(t, more)
	b.Site = "larger"
	golden.Check(t, "testdata/compare.golden", CompareTable(a, b))
	text, err := CSV(a, b)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(text), ",total,")/3, "three lines of totals each")
	text, err = JSON(a, b)
	require.NoError(t, err)
	require.Contains(t, string(text), `"site": "larger"`)
}

// TestPlansRunAsInTheNode: the expert group joins when more than 2 have waited for a minute, and leaves again.
func TestPlansRunAsInTheNode(t *testing.T) {
	rules := small()
	rules.Queues[0].MaxWaiting = 0
	rules.Agents = append(rules.Agents, acd.Agent{ID: "5001", Group: "expert"}, acd.Agent{ID: "5002", Group: "expert"})
	waiting := func(c acd.Compare, n int) acd.PlanWhen {
		return acd.PlanWhen{All: []acd.PlanTest{{Figure: acd.Waiting, Compare: c, Number: n}}, For: time.Minute}
	}
	var calls []Call
	for i := range 20 {
		calls = append(calls, Call{At: at("09:00").Add(time.Duration(i) * 10 * time.Second), Queue: "general", Talk: 3 * time.Minute, Patience: Never})
	}
	without, err := Run(Scenario{Rules: rules, Calls: calls, To: at("10:00")})
	require.NoError(t, err)
	rules.Plans = []acd.Plan{{
		Name: "day", Queues: []string{"general"},
		Steps:   []acd.PlanStep{{Name: "experts", When: waiting(acd.Above, 2), Do: []acd.PlanAction{{Do: acd.Add, Group: "expert"}}}},
		Release: &acd.PlanRelease{When: waiting(acd.Below, 1)},
	}}
	with, err := Run(Scenario{Rules: rules, Calls: calls, To: at("10:00"), Zone: shanghai(t)})
	require.NoError(t, err)
	require.Less(t, with.All.Total.Longest, without.All.Total.Longest*2/3, "twice the seats")
	var kinds []string
	for _, n := range with.Notes {
		kinds = append(kinds, n.Kind)
	}
	require.Equal(t, []string{"plan_step_on", "seat_lent", "seat_lent", "plan_step_off", "seat_returned", "seat_returned"}, kinds)
	require.Contains(t, with.Table(false), "plan_step_on   day/experts: ")
	require.Contains(t, with.Table(false), "seats lent by plans: 2, taken back: 2")
}

func TestNotesAreBounded(t *testing.T) {
	n := tally{}
	for range maxNotes + 5 {
		n.note(at("09:00"), madeUp{})
	}
	require.Len(t, n.notes, maxNotes)
	require.Equal(t, 5, n.leftOut)
	r := afternoon(t, small())
	r.Notes, r.NotesLeftOut = n.notes, n.leftOut
	require.Contains(t, r.Table(false), "and 9805 more")
}

// TestAQueueThatIsNotThere is told, and loses no count.
func TestAQueueThatIsNotThere(t *testing.T) {
	calls := []Call{{At: at("09:00"), Queue: "night", Talk: time.Minute, Patience: Never}}
	require.Equal(t, []string{"night"}, Missing(append(calls, calls...), small()))
	r, err := Run(Scenario{Rules: small(), Calls: calls})
	require.NoError(t, err)
	require.Equal(t, "rejected", r.Notes[0].Kind)
	require.Contains(t, r.Notes[0].Words(), "there is no queue night")
}

// TestSeatsForIsErlang: on a plain queue the search ends where the formula does, give or take one.
func TestSeatsForIsErlang(t *testing.T) {
	load := erlang.Load{Calls: 100, Per: 30 * time.Minute, Handle: 3 * time.Minute}
	calls, err := Arrivals([]Load{{
		Queue: "general", From: morning(), To: morning().Add(24 * time.Hour), Calls: 48 * load.Calls, Talk: Unset, Patience: Unset,
	}}, 1)
	require.NoError(t, err)
	Draw(calls, Dist{Kind: DistExponential, Mean: load.Handle}, Dist{Kind: DistNever}, 1)
	target := erlang.Target{Share: 0.8, Within: 20 * time.Second}
	want, err := load.SeatsFor(target)
	require.NoError(t, err)
	s := Scenario{Rules: plain(5), Calls: calls}
	found, err := SeatsFor(s, target, false)
	require.NoError(t, err)
	require.Len(t, found.Groups, 1)
	require.InDelta(t, want, found.Groups[0].Needed, 1)
	require.Equal(t, 5, found.Groups[0].Agents)
	require.Less(t, found.Runs, 20)

	level := func(seats int) float64 {
		s := s
		s.Rules, s.Roster, err = Seat(plain(5), nil, []Need{{Group: "general", Seats: seats, From: morning(), To: morning().Add(28 * time.Hour)}})
		require.NoError(t, err)
		s.Rules.Queues[0].Target = target.Within
		r, err := Run(s)
		require.NoError(t, err)
		share, _ := r.Queue("general").Total.ServiceLevel(report.SL4)
		return share
	}
	require.GreaterOrEqual(t, level(found.Groups[0].Needed), target.Share)
	require.Less(t, level(found.Groups[0].Needed-1), target.Share, "one seat fewer misses it")
	require.Contains(t, found.Table(false), "the least seats with which every queue reaches 80/20s")
}

func TestSeatsForSeveralGroups(t *testing.T) {
	calls, err := Arrivals([]Load{
		{Queue: "general", From: at("08:00"), To: at("12:00"), Calls: 300, Talk: Unset, Patience: Unset},
		{Queue: "vip", From: at("08:00"), To: at("12:00"), Calls: 60, Talk: Unset, Patience: Unset},
	}, 1)
	require.NoError(t, err)
	Draw(calls, Dist{Kind: DistExponential, Mean: 2 * time.Minute}, Dist{Kind: DistExponential, Mean: 3 * time.Minute}, 1)
	rules := small()
	rules.Queues[0].MaxWaiting = 0
	found, err := SeatsFor(Scenario{Rules: rules, Calls: calls}, erlang.Target{Share: 0.9, Within: 20 * time.Second}, false)
	require.NoError(t, err)
	require.Len(t, found.Groups, 2)
	for i := range found.Result.Queues {
		share, _ := found.Result.Queues[i].Total.ServiceLevel(report.SL4)
		require.GreaterOrEqual(t, share, 0.9)
	}
	text, err := JSON(found.Result)
	require.NoError(t, err)
	require.Contains(t, string(text), `"seats_for"`)
}

// TestARosterByInterval: it follows the load, reaches the target, and takes fewer hours than the same seats all day.
func TestARosterByInterval(t *testing.T) {
	calls, err := Arrivals([]Load{
		{Queue: "general", From: at("08:00"), To: at("10:00"), Calls: 60, Talk: Unset, Patience: Unset},
		{Queue: "general", From: at("10:00"), To: at("11:00"), Calls: 300, Talk: Unset, Patience: Unset},
		{Queue: "general", From: at("11:00"), To: at("14:00"), Calls: 90, Talk: Unset, Patience: Unset},
	}, 1)
	require.NoError(t, err)
	Draw(calls, Dist{Kind: DistExponential, Mean: 2 * time.Minute}, Dist{Kind: DistNever}, 1)
	rules := small()
	rules.Queues[0].MaxWaiting = 0
	s, target := Scenario{Rules: rules, Calls: calls}, erlang.Target{Share: 0.9, Within: 20 * time.Second}
	constant, err := SeatsFor(s, target, false)
	require.NoError(t, err)
	found, err := SeatsFor(s, target, true)
	require.NoError(t, err)
	seats := found.Groups[0].Roster
	require.Len(t, seats, 12)
	require.Greater(t, seats[4], 2*seats[0], "the peak has most")
	require.Less(t, found.Result.All.Seats.SignedIn, constant.Result.All.Seats.SignedIn*2/3)
	share, _ := found.Result.Queue("general").Total.ServiceLevel(report.SL4)
	require.GreaterOrEqual(t, share, target.Share)
	require.Contains(t, found.Table(false), "seats from        general\n2026-11-23 08:00")
}

func TestSeatsForCantBe(t *testing.T) {
	rules := small()
	calls := []Call{{At: at("09:00"), Queue: "general", Talk: time.Minute, Patience: Never}}
	rules.Agents = []acd.Agent{{ID: "2001", Group: "vip"}}
	_, err := SeatsFor(Scenario{Rules: rules, Calls: calls}, erlang.Target{Share: 0.9, Within: 20 * time.Second}, false)
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	require.ErrorContains(t, err, "nobody to count")

	rules = small()
	rules.Queues[0].Skills = map[string]int{"general": 5} // which nobody has: no number of them does
	_, err = SeatsFor(Scenario{Rules: rules, Calls: calls}, erlang.Target{Share: 0.9, Within: 20 * time.Second}, false)
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	require.ErrorContains(t, err, "do not reach 90/20s")
}
