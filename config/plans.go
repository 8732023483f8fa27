package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/acd"
	"hotline/call"
)

func (b *builder) readPlans() {
	b.site.Rules.PhysicalSeats = b.site.PhysicalSeats
	for _, v := range b.sections[sectionPlans] {
		f := b.fields(v, "a plan")
		p := acd.Plan{
			Name: f.name().Value, Title: f.text("title", ""),
			Queues:   b.refs(sectionQueues, f.words("queues")),
			MaxAdded: f.integer("max_added", 0, 0, 1_000_000), Reserve: f.integer("reserve", 0, 0, 1_000_000),
			Independent: f.boolean("independent", false),
		}
		if f.kind == kindMap && f.got["queues"] == nil {
			f.must("queues")
		}
		spans := b.spans(f.get("hours"), "hours")
		p.Days = b.planDays(f.words("days"))
		p.Hours = b.planHours(p, spans)
		p.Steps = b.planSteps(f)
		p.Release = b.planRelease(f.get("release"))
		f.close()
		b.site.Rules.Plans = append(b.site.Rules.Plans, p)
	}
}

// planDays reads which days a plan is for. Holidays and special days are those of
// any of the site's calendars.
func (b *builder) planDays(words []word) acd.PlanDays {
	var out acd.PlanDays
	for _, w := range words {
		switch w.Value {
		case "holiday":
			out.Holiday = true
		case "special":
			out.Special = true
		default:
			days, _ := b.planWeekdays(w)
			out.Weekdays = append(out.Weekdays, days...)
		}
	}
	if out.Holiday || out.Special {
		for _, name := range slices.Sorted(maps.Keys(b.site.Calendars)) {
			out.Calendars = append(out.Calendars, b.site.Calendars[name])
		}
	}
	return out
}

func (b *builder) planWeekdays(w word) ([]time.Weekday, bool) {
	before := len(b.problems)
	days, ok := b.days(w)
	if !ok {
		b.problems[before].Right = "holiday, special, " + b.problems[before].Right
	}
	return days, ok
}

// planHours makes a calendar of a plan's hours, in the site's zone. A plan that
// is for certain days only has the whole of them, if it says no hours.
func (b *builder) planHours(p acd.Plan, spans call.Spans) *call.Calendar {
	if spans == nil {
		if len(p.Days.Weekdays) == 0 && !p.Days.Holiday && !p.Days.Special {
			return nil
		}
		spans = call.Spans{{From: 0, To: minutesADay}}
	}
	return b.eachDay("plan "+p.Name, spans)
}

// eachDay makes a calendar, in the site's zone, of spans that are the same every day.
func (b *builder) eachDay(name string, spans call.Spans) *call.Calendar {
	c := call.Calendar{Name: name, Zone: b.site.Zone.String(), Open: map[time.Weekday]call.Spans{}}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Open[d] = spans
	}
	made, err := call.NewCalendar(c)
	if err != nil { // spans have been checked, the zone has been found
		return nil
	}
	return made
}

func (b *builder) planSteps(f *fields) []acd.PlanStep {
	var out []acd.PlanStep
	seen := map[string]pos{}
	for _, v := range f.list("steps") {
		s := b.fields(v, "a plan's step")
		name := s.name()
		if first, twice := seen[name.Value]; twice && name.Value != "" {
			b.wrong(name.Pos, fmt.Sprintf("step %q is there twice", name.Value), "the first is in "+place(first))
		}
		seen[name.Value] = name.Pos
		out = append(out, acd.PlanStep{Name: name.Value, When: b.planWhen(s.must("when")), Do: b.planActions(s)})
		s.close()
	}
	if len(out) == 0 && f.kind == kindMap && f.got["steps"] == nil {
		f.must("steps")
	}
	return out
}

// planFigures are the figures a condition may name, by key.
var planFigures = []struct {
	key    string
	figure acd.Figure
}{
	{"waiting", acd.Waiting},
	{"longest_wait", acd.LongestWait},
	{"seats_ready", acd.SeatsReady},
	{"estimated_wait", acd.EstimatedWait},
	{"service_level", acd.ServiceLevel},
}

// defaultWindow is over what a service level is taken, if the plan does not say.
const defaultWindow = 15 * time.Minute

// planWhen reads {waiting: "> 5", for: 5m}; all that is named must hold.
func (b *builder) planWhen(v *value) acd.PlanWhen {
	if v == nil {
		return acd.PlanWhen{}
	}
	f := b.fields(v, "a plan's when")
	defer f.close()
	out := acd.PlanWhen{For: f.duration("for", 0, 0)}
	window := f.duration("window", defaultWindow, time.Minute)
	b.checkWindow(f, window)
	out.Time = b.planTime(f.get("time"))
	named := f.got["time"] != nil
	for _, one := range planFigures {
		w := f.word(one.key)
		named = named || f.got[one.key] != nil
		if t, ok := b.planTest(one.key, one.figure, w); ok {
			if t.Figure == acd.ServiceLevel {
				t.Window = window
			}
			out.All = append(out.All, t)
		}
	}
	if !named && f.kind == kindMap {
		f.must("waiting")
	}
	return out
}

// planTest reads a comparison: "> 5", or "> 90s" for a time.
func (b *builder) planTest(key string, figure acd.Figure, w word) (acd.PlanTest, bool) {
	t := acd.PlanTest{Figure: figure}
	if w.Value == "" {
		return t, false
	}
	text := strings.TrimSpace(w.Value)
	rest := strings.TrimLeft(text, "<>=")
	err := t.Compare.UnmarshalText([]byte(text[:len(text)-len(rest)]))
	rest = strings.TrimSpace(rest)
	right := `a comparison with a number, as "> 5", ">= 8" or "< 5"`
	var bad error
	switch figure {
	case acd.LongestWait, acd.EstimatedWait:
		t.Length, bad = time.ParseDuration(rest)
		right = `a comparison with a time, as "> 90s" or "< 1m"`
	case acd.ServiceLevel:
		share, percent := strings.CutSuffix(rest, "%")
		if t.Number, bad = strconv.Atoi(strings.TrimSpace(share)); !percent {
			bad = strconv.ErrSyntax
		}
		right = `a comparison with whole percent, as "< 80%" or ">= 85%"`
	case acd.Waiting, acd.SeatsReady:
		t.Number, bad = strconv.Atoi(rest)
	}
	if err != nil || bad != nil || t.Number < 0 || t.Length < 0 || figure == acd.ServiceLevel && t.Number > 100 {
		b.wrong(w.Pos, fmt.Sprintf("%s %q is no condition", key, clip(w.Value)), right)
		return t, false
	}
	return t, true
}

// planActions reads what a step does, in order.
func (b *builder) planActions(s *fields) []acd.PlanAction {
	v := s.must("do")
	if v == nil {
		return nil
	}
	if v.kind == kindScalar || v.kind == kindMap {
		return b.planAction(v)
	}
	var out []acd.PlanAction
	for _, item := range v.list {
		out = append(out, b.planAction(item)...)
	}
	if len(v.list) == 0 {
		b.wrong(v.at, "do is an empty list", "at least one action, as {add: expert}")
	}
	return out
}

const planActionRight = "{add: GROUP, seats: N, keep: N}, {page: LIST}, {announce: PROMPT}, " +
	"{overflow: TARGET, after: TIME}, {priority: +N or =N}, stop_callbacks or cancel_breaks"

func (b *builder) planAction(v *value) []acd.PlanAction {
	switch {
	case v.kind == kindMap:
		return b.planMapping(v)
	case v.kind == kindScalar && v.text == acd.StopCallbacks.String():
		return []acd.PlanAction{{Do: acd.StopCallbacks}}
	case v.kind == kindScalar && v.text == acd.CancelBreaks.String():
		return []acd.PlanAction{{Do: acd.CancelBreaks}}
	case v.kind == kindScalar:
		b.wrong(v.at, fmt.Sprintf("action %q is unknown", clip(v.text)), planActionRight)
	default:
		b.wrong(v.at, "an action is "+kinds[v.kind], planActionRight)
	}
	return nil
}

func (b *builder) planMapping(v *value) []acd.PlanAction {
	f := b.fields(v, "an action")
	defer f.close()
	add, page := f.word("add"), f.word("page")
	announce, overflow, priority := f.word("announce"), f.word("overflow"), f.word("priority")
	named := slices.DeleteFunc([]word{add, page, announce, overflow, priority}, func(w word) bool { return w.Value == "" })
	switch {
	case len(named) > 1:
		b.wrong(v.at, "an action does several things", "one action for each")
	case announce.Value != "":
		return []acd.PlanAction{{Do: acd.Announce, Prompt: b.prompt(announce)}}
	case overflow.Value != "":
		return b.planDivert(f, overflow)
	case priority.Value != "":
		return b.planRaise(priority)
	case add.Value != "":
		a := acd.PlanAction{
			Do: acd.Add, Group: b.ref(sectionGroups, add),
			Seats: f.integer("seats", 0, 1, 100_000), Keep: f.integer("keep", 0, 0, 100_000),
		}
		a.Counted = f.boolean("counted", a.Seats > 0) // a whole group is not, as the experts are not
		return []acd.PlanAction{a}
	case page.Value != "":
		return []acd.PlanAction{{Do: acd.Page, Page: page.Value}} // a call-in list may be undeclared: event and webhook carry its name
	case !slices.ContainsFunc([]string{"add", "page", "announce", "overflow", "priority"}, func(key string) bool { return f.got[key] != nil }):
		b.wrong(v.at, "an action does nothing", planActionRight)
	}
	return nil
}

// planRelease reads when steps are taken back.
func (b *builder) planRelease(v *value) *acd.PlanRelease {
	if v == nil {
		return nil
	}
	f := b.fields(v, "a plan's release")
	defer f.close()
	out := &acd.PlanRelease{When: b.planWhen(f.must("when"))}
	w := f.word("order")
	switch w.Value {
	case "", "reverse":
	case "forward":
		out.Forward = true
	default:
		b.wrong(w.Pos, fmt.Sprintf("order %q is unknown", clip(w.Value)), "reverse or forward")
	}
	return out
}

// linkPages gives each page of a plan the people of its call-in list.
func (b *builder) linkPages() {
	lists := map[string][]call.SeatID{}
	for _, l := range b.site.OnCall {
		lists[l.Name] = l.Agents
	}
	for _, p := range b.site.Rules.Plans {
		if p.Reserve > 0 {
			b.notYet("plan %s: a reserve of %d is noted, no roster is compared with it", p.Name, p.Reserve)
		}
		for _, s := range p.Steps {
			for i := range s.Do {
				if s.Do[i].Do == acd.Page {
					s.Do[i].OnCall = lists[s.Do[i].Page]
				}
			}
		}
	}
}
