package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func (b *builder) readPlans() {
	for _, v := range b.sections[sectionPlans] {
		f := b.fields(v, "a plan")
		p := Plan{
			Name: f.name().Value, Title: f.text("title", ""),
			Queues: b.refs(sectionQueues, f.words("queues")),
			Hours:  b.spans(f.get("hours"), "hours"), Days: b.planDays(f.words("days")),
			MaxAdded: f.integer("max_added", 0, 0, 1_000_000), Reserve: f.integer("reserve", 0, 0, 1_000_000),
			Independent: f.boolean("independent", false),
		}
		if f.kind == kindMap && f.got["queues"] == nil {
			f.must("queues")
		}
		p.Steps = b.planSteps(f)
		p.Release = b.planRelease(f.get("release"))
		f.close()
		b.site.Plans = append(b.site.Plans, p)
		b.notYet("plan %s is not put into force by itself, nor by hand", p.Name)
	}
}

// planDays reads which days a plan is for.
func (b *builder) planDays(words []word) PlanDays {
	var out PlanDays
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

func (b *builder) planSteps(f *fields) []PlanStep {
	var out []PlanStep
	seen := map[string]pos{}
	for _, v := range f.list("steps") {
		s := b.fields(v, "a plan's step")
		name := s.name()
		if first, twice := seen[name.Value]; twice && name.Value != "" {
			b.wrong(name.Pos, fmt.Sprintf("step %q is there twice", name.Value), "the first is in "+place(first))
		}
		seen[name.Value] = name.Pos
		out = append(out, PlanStep{Name: name.Value, When: b.planWhen(s.must("when")), Do: b.planActions(s)})
		s.close()
	}
	if len(out) == 0 && f.kind == kindMap && f.got["steps"] == nil {
		f.must("steps")
	}
	return out
}

// planWhen reads {waiting: "> 5", for: 5m}.
func (b *builder) planWhen(v *value) PlanWhen {
	if v == nil {
		return PlanWhen{}
	}
	f := b.fields(v, "a plan's when")
	defer f.close()
	w := f.mustWord("waiting")
	out := PlanWhen{For: f.duration("for", 0, 0)}
	if w.Value == "" {
		return out
	}
	text := strings.TrimSpace(w.Value)
	rest := strings.TrimLeft(text, "<>=")
	sign := text[:len(text)-len(rest)]
	n, err := strconv.Atoi(strings.TrimSpace(rest))
	for i, c := range compares {
		if c == sign && err == nil && n >= 0 {
			out.Compare, out.Waiting = Compare(i), n
			return out
		}
	}
	b.wrong(w.Pos, fmt.Sprintf("waiting %q is no condition", clip(w.Value)), `a comparison with a number, as "> 5", ">= 8" or "< 5"`)
	return out
}

// planActions reads what a step does, in order.
func (b *builder) planActions(s *fields) []PlanAction {
	v := s.must("do")
	if v == nil {
		return nil
	}
	if v.kind == kindScalar || v.kind == kindMap {
		return b.planAction(v)
	}
	var out []PlanAction
	for _, item := range v.list {
		out = append(out, b.planAction(item)...)
	}
	if len(v.list) == 0 {
		b.wrong(v.at, "do is an empty list", "at least one action, as {add: expert}")
	}
	return out
}

const planActionRight = "{add: GROUP, seats: N, keep: N}, {page: LIST}, stop_callbacks or cancel_breaks"

func (b *builder) planAction(v *value) []PlanAction {
	switch {
	case v.kind == kindMap:
		return b.planMapping(v)
	case v.kind == kindScalar && v.text == planDos[PlanStopCallbacks]:
		return []PlanAction{{Do: PlanStopCallbacks}}
	case v.kind == kindScalar && v.text == planDos[PlanCancelBreaks]:
		return []PlanAction{{Do: PlanCancelBreaks}}
	case v.kind == kindScalar:
		b.wrong(v.at, fmt.Sprintf("action %q is unknown", clip(v.text)), planActionRight)
	default:
		b.wrong(v.at, "an action is "+kinds[v.kind], planActionRight)
	}
	return nil
}

func (b *builder) planMapping(v *value) []PlanAction {
	f := b.fields(v, "an action")
	defer f.close()
	add, page := f.word("add"), f.word("page")
	switch {
	case add.Value != "" && page.Value != "":
		b.wrong(v.at, "an action both adds and pages", "two actions")
	case add.Value != "":
		return []PlanAction{{
			Do: PlanAdd, Group: b.ref(sectionGroups, add),
			Seats: f.integer("seats", 0, 1, 100_000), Keep: f.integer("keep", 0, 0, 100_000),
		}}
	case page.Value != "":
		return []PlanAction{{Do: PlanPage, Page: page.Value}} // a call-in list may be undeclared: event and webhook carry its name
	case f.got["add"] == nil && f.got["page"] == nil:
		b.wrong(v.at, "an action neither adds nor pages", planActionRight)
	}
	return nil
}

// planRelease reads when steps are taken back.
func (b *builder) planRelease(v *value) PlanRelease {
	if v == nil {
		return PlanRelease{}
	}
	f := b.fields(v, "a plan's release")
	defer f.close()
	out := PlanRelease{When: b.planWhen(f.must("when"))}
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
