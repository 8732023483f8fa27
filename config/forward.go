package config

import (
	"fmt"
	"time"
)

// Forward is where calls between people go instead (呼叫转移). Calls of a queue are never forwarded: they are
// offered to the next seat. Each is an agent's number, a phone's ext, a queue or an outside number; empty: nowhere.
type Forward struct {
	Always   string
	Busy     string
	NoAnswer string
	After    time.Duration // until nobody answers counts as no answer
}

// Divert is when a phone's own diversion (302) is followed.
type Divert uint8

// The settings.
const (
	DivertInternal Divert = iota // of calls between people
	DivertNever
)

var diverts = []string{"internal", "never"}

// defaultForwardAfter is how long a phone rings before its call is forwarded: about four rings.
const defaultForwardAfter = 20 * time.Second

// forward reads where an agent's or phone's calls go instead; nil when nowhere.
func (b *builder) forward(f *fields, own string) *Forward {
	v := f.get("forward")
	if v == nil {
		return nil
	}
	one := b.fields(v, "forward")
	defer one.close()
	fw := &Forward{After: one.duration("after", defaultForwardAfter, time.Second)}
	for key, to := range map[string]*string{"always": &fw.Always, "busy": &fw.Busy, "no_answer": &fw.NoAnswer} {
		w := one.word(key)
		switch {
		case w.Value == "":
		case w.Value == own:
			b.wrong(w.Pos, fmt.Sprintf("%s forwards to itself", key), "another agent, phone, queue or number")
		case !b.isDestination(w.Value):
			b.wrong(w.Pos, fmt.Sprintf("%s forwards to %q, which is nobody", key, clip(w.Value)), "an agent's number, a phone's ext, a queue or a telephone number")
		default:
			*to = w.Value
		}
	}
	return fw
}

// isDestination tells whether something of the site, or a carrier, could have a number.
func (b *builder) isDestination(s string) bool {
	for _, sec := range []section{sectionAgents, sectionPhones, sectionQueues} {
		if _, ok := b.declared[sec][s]; ok {
			return true
		}
	}
	return isDigits(s) && len(s) >= 3 && len(s) <= 20
}

// queueExt checks the number of a queue: one name space with agents, phones and queues' names.
func (b *builder) queueExt(w word) string {
	if w.Value == "" {
		return ""
	}
	if !isDigits(w.Value) || len(w.Value) > 16 {
		b.wrong(w.Pos, fmt.Sprintf("ext %q can't be dialled", clip(w.Value)), "digits only, at most 16")
		return ""
	}
	for _, sec := range []section{sectionAgents, sectionPhones, sectionQueues} {
		if at, clash := b.declared[sec][w.Value]; clash {
			b.wrong(w.Pos, fmt.Sprintf("ext %q is the number of something else", w.Value), fmt.Sprintf("a number of its own; the %s is in %s", oneOfSection(sec), place(at)))
			return ""
		}
	}
	for _, q := range b.site.Queues {
		if q.Ext == w.Value {
			b.wrong(w.Pos, fmt.Sprintf("ext %q is that of queue %s", w.Value, q.Name), "a number of its own")
		}
	}
	return w.Value
}
