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
	if w.Time != nil {
		open, edge := openSpans(w.Time, e.now, everyDay)
		if !open {
			return false, edge
		}
		next = edge
	}
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
	case EstimatedWait:
		return e.testEstimate(p, t)
	case ServiceLevel:
		w := p.level(t.Window)
		within, of := w.total(e.now).SL4()
		return t.Compare.holds(100*int64(within), int64(t.Number)*int64(of)), w.next()
	case Waiting:
	}
	return t.Compare.holds(int64(p.waiting), int64(t.Number)), 0
}

// testEstimate compares the longest estimate. While nothing happens it grows, as
// the seats' time goes on; where it can't be told, nothing is said of it.
func (e *Engine) testEstimate(p *plan, t *PlanTest) (bool, int64) {
	wait, known := e.longestEstimate(p)
	if !known {
		return false, 0
	}
	change := int64(0)
	for _, q := range p.queues {
		for _, bound := range []time.Duration{t.Length, t.Length + 1} {
			if at := e.estimateReaches(q, q.pace.pooled+1, bound); at != 0 && wait < bound && (change == 0 || at < change) {
				change = at
			}
		}
	}
	return t.Compare.holds(int64(wait), int64(t.Length)), change
}

// longestEstimate is what a plain call to the worst of the plan's queues has to
// expect; false while that can be told of none of them.
func (e *Engine) longestEstimate(p *plan) (longest time.Duration, any bool) {
	for _, q := range p.queues {
		if wait, known := e.estimate(q, q.pace.pooled+1); known {
			longest, any = max(longest, wait), true
		}
	}
	return longest, any
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
	if wait, known := e.longestEstimate(p); known && p.looksAt[EstimatedWait] {
		f.EstimatedWait = &wait
	}
	for _, w := range p.levels {
		f.Levels = append(f.Levels, PlanLevel{Window: time.Duration(w.asked), LevelCounts: w.total(e.now)})
	}
	return f
}

// words says a condition with the figures at hand: waiting 7 (> 5).
func (w *PlanWhen) words(f PlanFigures) string {
	parts := make([]string, 0, len(w.All)+1)
	for _, t := range w.All {
		parts = append(parts, t.value(f)+" ("+t.limit()+")")
	}
	if w.Time != nil {
		parts = append(parts, "time "+timeWords(w.Time))
	}
	return strings.Join(parts, " and ")
}

// value writes the figure a test looks at: waiting 7.
func (t *PlanTest) value(f PlanFigures) string {
	text := strings.ReplaceAll(t.Figure.String(), "_", " ") + " "
	switch t.Figure {
	case Waiting:
		return text + strconv.Itoa(f.Waiting)
	case LongestWait:
		return text + span(f.LongestWait)
	case SeatsReady:
		return text + strconv.Itoa(f.SeatsReady)
	case EstimatedWait:
		if f.EstimatedWait != nil {
			return text + span(*f.EstimatedWait)
		}
	case ServiceLevel:
		for _, l := range f.Levels {
			if l.Window == t.Window {
				return text + strconv.Itoa(l.Percent()) + " % over " + span(t.Window)
			}
		}
	}
	return text + "unknown"
}

// limit writes what a figure is compared with: > 5, >= 2 min, < 80 %.
func (t *PlanTest) limit() string {
	switch t.Figure {
	case LongestWait, EstimatedWait:
		return t.Compare.String() + " " + span(t.Length)
	case ServiceLevel:
		return t.Compare.String() + " " + strconv.Itoa(t.Number) + " %"
	case Waiting, SeatsReady:
	}
	return t.Compare.String() + " " + strconv.Itoa(t.Number)
}

// rule writes a condition as the site does: waiting > 5 for 5 min.
func (w *PlanWhen) rule() string {
	parts := make([]string, 0, len(w.All))
	for _, t := range w.All {
		part := strings.ReplaceAll(t.Figure.String(), "_", " ") + " " + t.limit()
		if t.Figure == ServiceLevel {
			part += " over " + span(t.Window)
		}
		parts = append(parts, part)
	}
	if w.Time != nil {
		parts = append(parts, "time "+timeWords(w.Time))
	}
	text := strings.Join(parts, " and ")
	if w.For > 0 {
		text += " for " + span(w.For)
	}
	return text
}
