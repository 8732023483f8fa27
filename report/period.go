package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hotline/call"
)

// Period counts the calls that first entered a queue within a span of time, by
// queue and by interval. A call counts in the interval in which it entered, whenever it ends.
type Period struct {
	counter
	from, to time.Time
	interval time.Duration
	cells    map[cell]*Figures
}

// cell is a queue in an interval, by its number from 0.
type cell struct {
	queue    string
	interval int
}

// NewPeriod begins counting. An interval of 0 is the whole span.
func NewPeriod(from, to time.Time, interval, shortAbandon time.Duration) *Period {
	p := &Period{counter: newCounter(shortAbandon), from: from, to: to, interval: interval, cells: map[cell]*Figures{}}
	if p.interval <= 0 {
		p.interval = to.Sub(from)
	}
	p.place = p.placeIn
	return p
}

// Apply takes an event of any call, as Today does.
func (p *Period) Apply(e call.Envelope) { p.apply(e) }

func (p *Period) placeIn(w *waiting, queue string) *Figures {
	if w.since.Before(p.from) || !w.since.Before(p.to) {
		return nil
	}
	c := cell{queue, int(w.since.Sub(p.from) / p.interval)}
	f := p.cells[c]
	if f == nil {
		f = &Figures{}
		p.cells[c] = f
	}
	return f
}

// Queues are the figures by queue, by name; those without calls are left out.
func (p *Period) Queues() []Row {
	sums := map[string]*Figures{}
	for c, f := range p.cells {
		if sums[c.queue] == nil {
			sums[c.queue] = &Figures{}
		}
		sums[c.queue].Add(f)
	}
	var rows []Row
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		rows = append(rows, Row{Queue: name, Target: p.target(name), Figures: *sums[name]})
	}
	return rows
}

// Intervals are the figures by interval and queue, those without calls left out.
func (p *Period) Intervals() []Row {
	keys := slices.SortedFunc(maps.Keys(p.cells), func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.interval, b.interval), cmp.Compare(a.queue, b.queue))
	})
	rows := make([]Row, 0, len(keys))
	for _, c := range keys {
		rows = append(rows, Row{
			From: p.from.Add(time.Duration(c.interval) * p.interval), Queue: c.queue, Target: p.target(c.queue), Figures: *p.cells[c],
		})
	}
	return rows
}

// Row is the figures of a queue, in an interval that begins at From.
type Row struct {
	From   time.Time
	Queue  string
	Target time.Duration
	Figures
}

// Sum adds rows up.
func Sum(rows []Row) (f Figures) {
	for i := range rows {
		f.Add(&rows[i].Figures)
	}
	return f
}

// Lost counts lost calls (呼损) by cause and queue, from their records.
type Lost map[LostKey]int

// LostKey is a cause in a queue; a call that was lost before any queue has none.
type LostKey struct {
	Cause call.LostCause
	Queue string
}

// Add takes the record of a call.
func (l Lost) Add(r *call.Record) {
	if r.LostCause != call.LostNone {
		l[LostKey{r.LostCause, r.Queue}]++
	}
}

// Keys are those there are, by cause, then queue.
func (l Lost) Keys() []LostKey {
	return slices.SortedFunc(maps.Keys(l), func(a, b LostKey) int {
		return cmp.Or(cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Queue, b.Queue))
	})
}
