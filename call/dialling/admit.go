package dialling

import "time"

// Wanted is a call that somebody wants to make.
type Wanted struct {
	By     By
	Number string
	Trunks []string                         // it may go out by, in the order they are tried
	Take   func(trunk string) (full string) // takes a line of a trunk, or says why there is none
}

// Admitted is what has come of it.
type Admitted struct {
	Trunk    string     // it goes out by; empty: none
	Ticket   Ticket     // with a trunk only
	Barred   *Refusal   // who dials may not
	Full     string     // without a trunk: why the last of them would not do
	Refusals []*Refusal // all that have been counted, those of trunks too
	Alarms   []Alarm
}

// Admit decides on a call: whether who dials may make it, and by which trunk, and counts it. It is one step, so that two calls
// never share the last place of a limit, however many ask at once.
func (g *Guard) Admit(now time.Time, r *Rules, w Wanted) (out Admitted) {
	note := func(no *Refusal, alarms []Alarm) bool {
		if no != nil {
			out.Refusals = append(out.Refusals, no)
		}
		out.Alarms = append(out.Alarms, alarms...)
		return no == nil
	}
	if no, alarms := g.judge(now, r, w.By, w.Number); !note(no, alarms) {
		out.Barred = no
		return out
	}
	for _, trunk := range w.Trunks {
		if no, alarms := g.byTrunk(now, r, trunk, w.Number); !note(no, alarms) {
			out.Full = no.Words
			continue
		}
		if out.Full = w.Take(trunk); out.Full == "" {
			ticket, alarms := g.begin(now, r, w.By, trunk)
			note(nil, alarms)
			out.Trunk, out.Ticket = trunk, ticket
			break
		}
	}
	return out
}

// Unjudged is a call that nobody dials: the site's own rules make it. It takes the first line there is, and counts for nobody.
func (w Wanted) Unjudged() (out Admitted) {
	for _, trunk := range w.Trunks {
		if out.Full = w.Take(trunk); out.Full == "" {
			out.Trunk = trunk
			break
		}
	}
	return out
}
