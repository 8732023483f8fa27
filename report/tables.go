package report

import (
	"time"

	"hotline/call"
)

// figureColumns are what every table of Figures has, in order.
var figureColumns = []string{
	"asked", "answered", "within", "abandoned", "short", "overflowed", "interrupted",
	"SL-4", "SL-1", "SL-2", "SL-3", "asa_seconds", "abandon_rate", "seat_connect_rate",
}

func (f *Figures) values() []Value {
	row := []Value{
		Count(f.AskedForSeat()), Count(f.Answered), Count(f.AnsweredWithin), Count(f.Abandoned), Count(f.ShortAbandons),
		Count(f.Overflowed), Count(f.Interrupted),
	}
	for _, by := range []Formula{SL4, SL1, SL2, SL3} {
		row = append(row, Share(f.ServiceLevel(by)))
	}
	return append(row, Seconds(f.SpeedOfAnswer()), Share(f.AbandonRate()), Share(f.SeatConnectRate()))
}

// formulaNotes name the formulas of figureColumns.
var formulaNotes = []string{
	"a, b: answered and abandoned within the queue's target; A, B: all. SL-4 a/(A+B−b), SL-1 (a+b)/(A+B), SL-2 a/A, SL-3 a/(A+B). Short abandons are apart, in none.",
	"A call counts where and when it first entered a queue; one that overflowed counts in each queue it was in. asked = answered + abandoned + short + overflowed.",
}

// QueuesTable is the report `queues`.
func (p *Period) QueuesTable() Table {
	t := Table{Name: "queues", Columns: append([]string{"queue", "target_seconds"}, figureColumns...), Notes: formulaNotes}
	rows := p.Queues()
	for i := range rows {
		r := &rows[i]
		t.Rows = append(t.Rows, append([]Value{Text(r.Queue), Seconds(r.Target, true)}, r.values()...))
	}
	sum := Sum(rows)
	t.Rows = append(t.Rows, append([]Value{Text("all"), {}}, sum.values()...))
	return t
}

// IntervalsTable is the report `intervals`.
func (p *Period) IntervalsTable(zone *time.Location) Table {
	t := Table{Name: "intervals", Columns: append([]string{"from", "queue"}, figureColumns...), Notes: formulaNotes}
	rows := p.Intervals()
	for i := range rows {
		r := &rows[i]
		t.Rows = append(t.Rows, append([]Value{Text(r.From.In(zone).Format(time.DateTime)), Text(r.Queue)}, r.values()...))
	}
	return t
}

// Table is the report `lost_calls`.
func (l Lost) Table() Table {
	t := Table{
		Name: "lost_calls", Columns: []string{"cause", "queue", "calls"},
		Notes: []string{"calls that began in the span, each once, by the cause and the queue in its record; left_in_announcement was answered and never connected."},
	}
	sum := 0
	for _, k := range l.Keys() {
		sum += l[k]
		t.Rows = append(t.Rows, []Value{Text(k.Cause.String()), Text(k.Queue), Count(l[k])})
	}
	t.Rows = append(t.Rows, []Value{Text("all"), Text(""), Count(sum)})
	return t
}

// AgentsTable is the report `agents`.
func AgentsTable(agents []Agent) Table {
	t := Table{
		Name: "agents",
		Columns: []string{
			"agent", "handled", "declined", "no_answer", "talk_seconds", "hold_seconds", "wrap_up_seconds", "aht_seconds",
			"signed_in_seconds", "break_seconds", "occupancy",
		},
		Notes: []string{
			"calls that began in the span. AHT = (talk + hold + wrap-up) / handled; occupancy = (talk + hold + wrap-up) / (signed in − breaks).",
			"signed in and breaks are of the seat log, within the span; a time the node was down counts as the state before it.",
		},
	}
	for i := range agents {
		g := &agents[i]
		t.Rows = append(t.Rows, []Value{
			Text(string(g.Agent)), Count(g.Handled), Count(g.Declined), Count(g.NoAnswer), Seconds(g.Talk, true), Seconds(g.Hold, true),
			Seconds(g.WrapUp, true), Seconds(g.HandlingTime()), Seconds(g.SignedIn, true), Seconds(g.Breaks, true), Share(g.Occupancy()),
		})
	}
	return t
}

// Records folds events into the records of the calls that began in a span. Calls come one after another.
type Records struct {
	from, to time.Time
	short    time.Duration
	visit    func(*call.Record)
	id       call.ID
	fold     *call.Folder
}

// NewRecords hands each record to visit, once, when its call's last event has been seen.
func NewRecords(from, to time.Time, short time.Duration, visit func(*call.Record)) *Records {
	return &Records{from: from, to: to, short: short, visit: visit}
}

// Apply takes the next event. The error is of an event that does not follow the one before.
func (r *Records) Apply(e call.Envelope) error {
	if r.fold == nil || r.id != e.Call {
		r.End()
		r.id, r.fold = e.Call, call.NewFolder(r.short)
	}
	return r.fold.Apply(e)
}

// End hands out the last record.
func (r *Records) End() {
	if r.fold == nil {
		return
	}
	rec := r.fold.Record()
	r.fold = nil
	if !rec.StartedAt.Before(r.from) && rec.StartedAt.Before(r.to) {
		r.visit(&rec)
	}
}
