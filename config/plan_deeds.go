package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/acd"
	"hotline/call"
)

// planTime reads a time of day within a condition: "11:00-13:00", or a list of such, the same every day.
func (b *builder) planTime(v *value) *call.Calendar {
	spans := b.spans(v, "time")
	if len(spans) == 0 {
		return nil
	}
	return b.eachDay("time of day", spans)
}

// longestWindow bounds over how long a service level may be taken: past a day, reports tell it.
const longestWindow = 24 * time.Hour

// checkWindow reports a window that is too long, or that nothing is taken over.
func (b *builder) checkWindow(f *fields, window time.Duration) {
	v := f.got["window"]
	switch {
	case v == nil:
	case window > longestWindow:
		b.wrong(v.at, "window is "+short(window), "at most "+short(longestWindow))
	case f.got["service_level"] == nil:
		b.wrong(v.at, "window goes with service_level", `as {service_level: "< 80%", window: 15m}`)
	}
}

// planDivert reads {overflow: "queue:general", after: 60s}.
func (b *builder) planDivert(f *fields, to word) []acd.PlanAction {
	before := len(b.problems)
	var r rule
	b.target(to, &r)
	if (!r.ok || r.own) && len(b.problems) == before {
		b.wrong(to.Pos, fmt.Sprintf("a plan does not send callers to %s", clip(to.Value)), "queue:NAME, flow:NAME, voicemail:MAILBOX, number:NNN or site:NAME")
	}
	if mailbox, ok := strings.CutPrefix(r.name, voicemailFlow("")); ok && r.ok && mailbox != "" {
		b.mailboxes[mailbox] = to.Pos
	}
	a := acd.PlanAction{Do: acd.Divert, After: f.duration("after", 0, time.Second), To: acd.Target{Kind: r.kind, Name: r.name}}
	if f.got["after"] == nil {
		f.must("after")
	}
	return []acd.PlanAction{a}
}

// planRaise reads +N, -N or =N points of priority.
func (b *builder) planRaise(w word) []acd.PlanAction {
	const right = `points to add or take, as +2 or -1, or the priority itself, as "=9"`
	text := strings.TrimSpace(w.Value)
	number, exact := strings.CutPrefix(text, "=")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	switch {
	case err != nil, !exact && text[0] != '+' && text[0] != '-', exact && (n < 1 || n > highestPriority):
		b.wrong(w.Pos, fmt.Sprintf("priority %q is no change of priority", clip(w.Value)), right)
	case !exact && (n == 0 || n > highestPriority || n < -highestPriority):
		b.wrong(w.Pos, fmt.Sprintf("priority %s changes nothing, or too much", text), right)
	default:
		return []acd.PlanAction{{Do: acd.Raise, Points: n, Exact: exact}}
	}
	return nil
}
