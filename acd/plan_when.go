package acd

import (
	"strconv"
	"strings"
	"time"
)

// observe looks at the plan's figures and notes which conditions hold. It gives
// when one of them may change by itself, as time passes; 0: never.
func (e *Engine) observe(p *plan) int64 {
	next := int64(0)
	soonest := func(at int64) {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	for _, s := range p.steps {
		if !p.open {
			s.holds = truth{}
			continue
		}
		holds, change := e.holdsNow(p, &s.When)
		s.holds.see(holds, e.now)
		soonest(change)
	}
	if p.Release == nil || len(p.joined) == 0 {
		p.calm = truth{}
		return next
	}
	holds, change := e.holdsNow(p, &p.Release.When)
	p.calm.see(holds, e.now)
	soonest(change)
	return next
}

// holdsNow tells whether all tests of a condition hold, and when that may
// change as time passes; 0: never. One that does not hold decides.
func (e *Engine) holdsNow(p *plan, w *PlanWhen) (bool, int64) {
	next := int64(0)
	for i := range w.All {
		ok, change := e.test(p, &w.All[i])
		if !ok {
			return false, change
		}
		if change != 0 && (next == 0 || change < next) {
			next = change
		}
	}
	return true, next
}

// test is one comparison, and when it may change by itself.
func (e *Engine) test(p *plan, t *PlanTest) (bool, int64) {
	switch t.Figure {
	case SeatsReady:
		return t.Compare.holds(int64(e.readySeats(p)), int64(t.Number)), 0
	case LongestWait:
		entry, ok := p.oldest()
		if !ok {
			return t.Compare.holds(0, int64(t.Length)), 0
		}
		change := int64(0)
		for _, at := range []int64{later(entry, t.Length), later(entry, t.Length+1)} {
			if at > e.now {
				change = at
				break
			}
		}
		return t.Compare.holds(e.now-entry, int64(t.Length)), change
	case Waiting:
	}
	return t.Compare.holds(int64(p.waiting), int64(t.Number)), 0
}

func (c Compare) holds(a, b int64) bool {
	switch c {
	case AtLeast:
		return a >= b
	case Below:
		return a < b
	case AtMost:
		return a <= b
	case Equal:
		return a == b
	case Above:
	}
	return a > b
}

// oldest is the earliest entry of who waits in the plan's queues.
func (p *plan) oldest() (int64, bool) {
	oldest, any := int64(0), false
	for _, q := range p.queues {
		if entry, ok := q.line.oldest(); ok && (!any || entry < oldest) {
			oldest, any = entry, true
		}
	}
	return oldest, any
}

// readySeats counts the seats that are ready for a plain call of one of the plan's queues, each once.
func (e *Engine) readySeats(p *plan) int {
	x := &e.index
	x.linking++
	n := 0
	for _, q := range p.queues {
		for _, l := range q.sets[""].levels[0].supplies {
			if l.linked != x.linking {
				l.linked = x.linking
				n += len(l.ready.items)
			}
		}
	}
	return n
}

// figuresNow are all figures of a plan, for effects and views.
func (e *Engine) figuresNow(p *plan) PlanFigures {
	f := PlanFigures{Waiting: p.waiting, SeatsReady: e.readySeats(p)}
	if entry, ok := p.oldest(); ok {
		f.LongestWait = time.Duration(e.now - entry)
	}
	return f
}

// words says a condition with the figures at hand: waiting 7 (> 5).
func (w *PlanWhen) words(f PlanFigures) string {
	var b strings.Builder
	for i, t := range w.All {
		if i > 0 {
			b.WriteString(" and ")
		}
		switch t.Figure {
		case Waiting:
			b.WriteString("waiting " + strconv.Itoa(f.Waiting) + " (" + t.limit() + ")")
		case LongestWait:
			b.WriteString("longest wait " + span(f.LongestWait) + " (" + t.limit() + ")")
		case SeatsReady:
			b.WriteString("seats ready " + strconv.Itoa(f.SeatsReady) + " (" + t.limit() + ")")
		}
	}
	return b.String()
}

// limit writes what a figure is compared with: > 5, >= 2 min.
func (t *PlanTest) limit() string {
	if t.Figure == LongestWait {
		return t.Compare.String() + " " + span(t.Length)
	}
	return t.Compare.String() + " " + strconv.Itoa(t.Number)
}

// rule writes a condition as the site does: waiting > 5 for 5 min.
func (w *PlanWhen) rule() string {
	parts := make([]string, 0, len(w.All))
	for _, t := range w.All {
		parts = append(parts, strings.ReplaceAll(t.Figure.String(), "_", " ")+" "+t.limit())
	}
	text := strings.Join(parts, " and ")
	if w.For > 0 {
		text += " for " + span(w.For)
	}
	return text
}
