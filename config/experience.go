package config

import (
	"fmt"
)

// noExperience takes the defaults block's away.
const noExperience = "none"

// experience reads which flow a queue's waiting callers hear. What it says of place and wait is the flow's business then.
func (b *builder) experience(f *fields, q *Queue) {
	switch w := f.word("experience"); w.Value {
	case "":
	case noExperience:
		q.Experience = ""
	default:
		q.Experience = b.ref(sectionFlows, w)
	}
	if q.Experience == "" || q.Announce == nil {
		return
	}
	right := "announce: {you_are_next: true} at most, beside experience:"
	if v := f.got["announce"]; v != nil && v.kind == kindMap {
		for _, p := range v.pairs {
			switch key := p.key.text; {
			case (key == "position" || key == "wait") && p.value.kind == kindScalar && p.value.text == "true":
				b.wrong(p.value.at, fmt.Sprintf("flow %q says place and wait", q.Experience), right)
			case key == "say":
				b.wrong(p.key.at, fmt.Sprintf("flow %q says what is to be said", q.Experience), right)
			}
		}
	}
	a := *q.Announce // which may be the defaults block's
	a.Position, a.Wait, a.Say = false, false, nil
	q.Announce = &a
}

// flowNamed is a flow and where it is named.
type flowNamed struct {
	flow string
	at   pos
}

// experienced are the flows that waiting callers hear, each with a queue that has it. What else leads into them is a mistake.
func (b *builder) experienced() map[string]string {
	out := map[string]string{}
	for i := len(b.site.Queues) - 1; i >= 0; i-- {
		if q := b.site.Queues[i]; q.Experience != "" {
			out[q.Experience] = q.Name
		}
	}
	for _, v := range b.sections[sectionNumbers] {
		if w := v.scalarAt("flow"); w != nil && out[w.text] != "" {
			b.wrong(w.at, fmt.Sprintf("flow %q is what waiting callers of queue %q hear", w.text, out[w.text]), "another flow for the number")
		}
	}
	for _, l := range b.overflowFlows {
		if out[l.flow] != "" {
			b.wrong(l.at, fmt.Sprintf("flow %q is what waiting callers of queue %q hear", l.flow, out[l.flow]), "another flow for those who leave it")
		}
	}
	return out
}
