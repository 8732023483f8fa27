package simulate

import (
	"fmt"
	"strconv"
	"time"

	"hotline/acd"
)

// ReadCalls reads calls one by one. Columns: time, queue; and if wanted class,
// priority, skills, talk, patience. The names that call records have
// (started_at, caller_class, talk_seconds …) do as well, and their other columns are passed over.
// The error is Problems.
func ReadCalls(file string, text []byte, rules acd.Rules, zone *time.Location) ([]Call, error) {
	t, ok := open(file, text, zone, []column{
		{name: "time", also: []string{"started_at"}, must: true},
		{name: "queue", must: true},
		{name: "class", also: []string{"caller_class"}},
		{name: "priority"},
		{name: "skills"},
		{name: "talk", also: []string{"talk_seconds", "handling", "handling_time", "handle_time"}},
		{name: "patience", also: []string{"patience_seconds"}},
	}, recordColumns())
	var calls []Call
	queues := queueNames(rules)
	for ok && t.next() {
		c := Call{
			At: t.at("time"), Queue: t.named("queue", queues), Priority: t.whole("priority", 0, 1000),
			Skills: t.skills("skills"), Talk: t.length("talk"), Patience: t.patience("patience"),
		}
		c.Class, c.Level = t.class("class")
		if len(calls) == MaxCalls {
			t.reject("time", fmt.Sprintf("this is call number %d", MaxCalls+1), fmt.Sprintf("a run takes up to %d: cut the file", MaxCalls))
			break
		}
		calls = append(calls, c)
	}
	return calls, t.err()
}

// recordColumns are what an export of call records has beside.
func recordColumns() []column {
	return []column{{name: "id", also: []string{
		"trunk", "caller", "called", "agent", "answered_at", "connected_at", "ended_at", "wait_seconds", "ring_seconds",
		"hold_seconds", "wrap_up_seconds", "outcome", "lost_cause", "ended_by", "cause", "disposition", "notes", "survey",
		"segments", "recordings", "node", "site_revision",
	}}}
}

// maxExpected bounds the calls of one line of a forecast.
const maxExpected = 1_000_000

// ReadForecast reads expected calls by interval. Columns: time, queue, calls; and if
// wanted talk, patience (means of that line). A line stands for one interval. The error is Problems.
func ReadForecast(file string, text []byte, rules acd.Rules, zone *time.Location, interval time.Duration) ([]Load, error) {
	t, ok := open(file, text, zone, []column{
		{name: "time", must: true}, {name: "queue", must: true}, {name: "calls", must: true},
	}, nil)
	var loads []Load
	queues := queueNames(rules)
	for ok && t.next() {
		from := t.at("time")
		loads = append(loads, Load{
			Queue: t.named("queue", queues), From: from, To: from.Add(interval), Calls: t.expected("calls"),
			Talk: Unset, Patience: Unset,
		})
	}
	return loads, t.err()
}

func (t *table) expected(name string) float64 {
	n, err := strconv.ParseFloat(t.field(name), 64)
	if err != nil || !(n >= 0 && n <= maxExpected) {
		t.reject(name, fmt.Sprintf("%s %q is no number from 0 to %d", name, t.field(name), maxExpected), "write how many are expected in the interval, such as 87.5")
	}
	return n
}
