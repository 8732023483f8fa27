package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"hotline/acd/simulate"
	"hotline/call"
	"hotline/config"
	"hotline/report"
	"hotline/store"
)

// ReportOptions are what `hotline report` says. Words are as typed.
type ReportOptions struct {
	ConfigPath string // node file
	Name       string // one of Reports
	From, To   string // empty: since local midnight, until now
	Interval   time.Duration
	Format     string // table, csv, json
	Stdout     io.Writer
}

// Reports are the names of those there are.
func Reports() []string {
	return []string{"queues", "intervals", "agents", "lost_calls", "outbound", "surveys", "missing_recordings"}
}

// longBefore is how long a call may have been in flows before it enters a queue,
// and how far back the seat log is read for how the span began.
const longBefore = 24 * time.Hour

// Report folds what a node has stored into one of the reports, whether it runs or not.
func Report(ctx context.Context, o ReportOptions) (err error) {
	node, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err != nil {
		return tell(o.Stdout, err)
	}
	now := time.Now()
	from, to, err := o.span(now, site.Zone)
	if err != nil {
		return wrong(err)
	}
	r, err := store.OpenReader(node.Data)
	if err != nil {
		if call.CodeOf(err) == call.CodeNotFound {
			return wrong(err)
		}
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	t, err := o.table(ctx, r, site, from, to, now)
	if err != nil {
		return err
	}
	t.From, t.To, t.Made, t.By = from, to, now.In(site.Zone), whoRuns()
	return o.write(&t)
}

// span reads the bounds, in the site's zone.
func (o *ReportOptions) span(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	y, m, d := now.In(zone).Date()
	from, to = time.Date(y, m, d, 0, 0, 0, 0, zone), now.In(zone)
	if o.From != "" {
		if from, err = dayOrTime(o.From, zone); err != nil {
			return from, to, fmt.Errorf("--from: %w", err)
		}
	}
	if o.To != "" {
		if to, err = dayOrTime(o.To, zone); err != nil {
			return from, to, fmt.Errorf("--to: %w", err)
		}
	}
	if !to.After(from) {
		return from, to, errors.New("--to is not after --from")
	}
	if o.Interval < time.Minute {
		return from, to, errors.New("--interval is less than a minute")
	}
	return from, to, nil
}

// dayOrTime reads 2026-11-23, its midnight, or what simulate takes as a time.
func dayOrTime(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	return simulate.ParseTime(text, zone)
}

// table makes the report.
func (o *ReportOptions) table(ctx context.Context, r *store.Reader, site *config.Site, from, to, now time.Time) (report.Table, error) {
	switch o.Name {
	case "queues", "intervals":
		interval := o.Interval
		if o.Name == "queues" {
			interval = 0
		}
		p := report.NewPeriod(from, to, interval, call.DefaultShortAbandon)
		for _, q := range site.Queues {
			p.SetTarget(q.Name, q.ServiceLevel.Within)
		}
		err := r.Replay(ctx, from.Add(-longBefore), func(e call.Envelope) error {
			p.Apply(e)
			return nil
		})
		if o.Name == "queues" {
			return p.QueuesTable(), err
		}
		return p.IntervalsTable(site.Zone), err
	case "lost_calls":
		lost := report.Lost{}
		err := eachRecord(ctx, r, from, to, lost.Add)
		return lost.Table(), err
	case "outbound":
		out := report.Outbound{}
		err := eachRecord(ctx, r, from, to, out.Add)
		return out.Table(), err
	case "surveys":
		surveys := report.Surveys{}
		err := eachRecord(ctx, r, from, to, surveys.Add)
		return surveys.Table(), err
	case "missing_recordings":
		var missing report.Missing
		err := eachRecord(ctx, r, from, to, missing.Add)
		return missing.Table(site.Zone), err
	case "agents":
		agents := report.NewAgents(from, to)
		err := eachRecord(ctx, r, from, to, agents.Call)
		moves := r.SeatMoves(ctx, from.Add(-longBefore), to, func(e store.SeatLogEntry) {
			agents.Move(e.Agent, e.At.Time, e.From, e.To)
		})
		return report.AgentsTable(agents.All(now)), errors.Join(err, moves)
	}
	return report.Table{}, wrong(fmt.Errorf("there is no report %q; the reports are %v", o.Name, Reports()))
}

// eachRecord folds the events of the calls that began in a span into their records.
func eachRecord(ctx context.Context, r *store.Reader, from, to time.Time, visit func(*call.Record)) error {
	records := report.NewRecords(from, to, call.DefaultShortAbandon, visit)
	if err := r.Replay(ctx, from, records.Apply); err != nil {
		return err
	}
	records.End()
	return nil
}

// write gives the report in the form asked for.
func (o *ReportOptions) write(t *report.Table) error {
	var text []byte
	var err error
	switch o.Format {
	case "csv":
		text, err = t.CSV()
	case "json":
		text, err = t.JSON()
		text = append(text, '\n')
	default:
		text = t.Text()
	}
	if err != nil {
		return err
	}
	_, err = o.Stdout.Write(text)
	return err
}

// whoRuns is the user of the machine who asks: a report says who made it.
func whoRuns() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}
