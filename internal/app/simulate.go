package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/acd/simulate"
	"hotline/call"
	"hotline/config"
	"hotline/store"
)

// SimulateOptions are what `hotline simulate` says. Words are as typed.
type SimulateOptions struct {
	Site    string // folder; empty: the node file's, else the shipped example
	Compare string // a second site's folder
	Config  string // node file whose stored calls are run again

	Calls    string   // file of calls
	Forecast string   // file of expected calls by interval
	Rates    []string // queue=calls/unit
	Roster   string   // file
	From, To string   // bounds of the run

	Interval     time.Duration
	Talk         string
	Patience     string
	Ring         string
	NoAnswer     string
	Return       time.Duration
	Announcement time.Duration
	Seed         uint64

	SeatsFor     string // a service level to be reached
	EachInterval bool   // by seats that follow the load
	Replay       string // a recorded log instead of a simulation
	Record       string // a log to write

	Format  string // table, csv, json
	ByQueue bool   // the table shows every queue's intervals
	Stdout  io.Writer
	Stderr  io.Writer // what should be known beside the result
}

// maxFile bounds a file of calls.
const maxFile = 512 << 20

// simulation is one command's work: what was asked for, and what has been read for it.
type simulation struct {
	o        SimulateOptions
	site     *config.Site
	name     string
	from, to time.Time
	records  []call.Record
	calls    []simulate.Call
}

// Simulate runs calls through the real routing engine on a virtual clock, or a
// recorded log through it again. The error is ErrInput when what was asked for can't be.
func Simulate(ctx context.Context, o SimulateOptions) error {
	if o.Replay != "" {
		return replay(o)
	}
	s := simulation{o: o}
	err := s.prepare(ctx)
	if err == nil {
		err = s.run()
	}
	return s.tell(err)
}

// tell writes mistakes in files as check does, and marks what is the user's.
func (s *simulation) tell(err error) error {
	var mistakes simulate.Problems
	if errors.As(err, &mistakes) {
		list := make(config.Problems, len(mistakes))
		for i, m := range mistakes {
			list[i] = config.Problem{File: m.File, Line: m.Line, Column: m.Column, Wrong: m.Wrong, Right: m.Right}
		}
		return tell(s.o.Stdout, list)
	}
	if call.CodeOf(err) == call.CodeInvalid {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	return tell(s.o.Stdout, err)
}

// wrong is a mistake on the command line.
func wrong(err error) error { return fmt.Errorf("%w: %w", ErrInput, err) }

func (s *simulation) prepare(ctx context.Context) error {
	var node *config.Node
	var err error
	if s.o.Config != "" || s.o.Site == "" {
		if node, s.site, err = config.Load(s.o.Config, checkedAgainst()); err != nil {
			return err
		}
		if s.name = node.Site; s.o.Config == "" {
			s.name = "the shipped example"
		}
	}
	if s.o.Site != "" {
		if s.site, err = loadSiteFolder(s.o.Site); err != nil {
			return err
		}
		s.name = s.o.Site
	}
	if err := s.bounds(); err != nil {
		return wrong(err)
	}
	if s.o.Config != "" {
		if s.records, err = readRecords(ctx, node, s.from, s.to); err != nil {
			return err
		}
	}
	return s.arrivals()
}

// loadSiteFolder reads a site that stands by itself.
func loadSiteFolder(dir string) (*config.Site, error) {
	o := checkedAgainst()
	o.Shown = dir
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return config.LoadSite(os.DirFS(dir), ".", o)
}

// bounds reads from and to, in the site's zone.
func (s *simulation) bounds() (err error) {
	if s.o.From != "" {
		if s.from, err = simulate.ParseTime(s.o.From, s.site.Zone); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if s.o.To != "" {
		if s.to, err = simulate.ParseTime(s.o.To, s.site.Zone); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
	}
	switch {
	case (s.from.IsZero() || s.to.IsZero()) && (len(s.o.Rates) > 0 || s.o.Config != ""):
		return errors.New("--rate and --config need --from and --to, such as --from '2026-11-23 08:00' --to '2026-11-23 20:00'")
	case !s.to.IsZero() && !s.to.After(s.from):
		return errors.New("--to is not after --from")
	}
	return nil
}

// arrivals gathers the calls of every source that was named.
func (s *simulation) arrivals() error {
	rules, zone := s.site.Rules, s.site.Zone
	if s.o.Calls == "" && s.o.Forecast == "" && len(s.o.Rates) == 0 && s.o.Config == "" {
		return wrong(errors.New("no calls: name --calls FILE.csv, --forecast FILE.csv, --rate QUEUE=CALLS/h or --config NODE.yaml"))
	}
	if err := s.keepKnown(simulate.FromRecords(s.records)); err != nil {
		return err
	}
	if s.o.Calls != "" {
		text, err := readFile(s.o.Calls)
		if err != nil {
			return err
		}
		calls, err := simulate.ReadCalls(s.o.Calls, text, rules, zone)
		if err != nil {
			return err
		}
		s.calls = append(s.calls, calls...)
	}
	loads, err := s.loads()
	if err != nil {
		return err
	}
	drawn, err := simulate.Arrivals(loads, s.o.Seed)
	if err != nil {
		return err
	}
	s.calls = slices.DeleteFunc(append(s.calls, drawn...), func(c simulate.Call) bool {
		return !s.from.IsZero() && c.At.Before(s.from) || !s.to.IsZero() && !c.At.Before(s.to)
	})
	return s.draw()
}

// keepKnown takes recorded calls whose queue the site still has, and tells of the others.
func (s *simulation) keepKnown(calls []simulate.Call) error {
	known := map[string]bool{}
	for _, q := range s.site.Rules.Queues {
		known[q.Name] = true
	}
	s.calls = slices.DeleteFunc(calls, func(c simulate.Call) bool { return !known[c.Queue] })
	if gone := len(calls) - len(s.calls); gone > 0 {
		_, err := fmt.Fprintf(s.o.Stderr, "note: %d recorded calls are left out: their queues are not in %s\n", gone, s.name)
		return err
	}
	return nil
}

func (s *simulation) loads() ([]simulate.Load, error) {
	var loads []simulate.Load
	if s.o.Forecast != "" {
		text, err := readFile(s.o.Forecast)
		if err != nil {
			return nil, err
		}
		interval := cmp.Or(s.o.Interval, simulate.DefaultInterval)
		if loads, err = simulate.ReadForecast(s.o.Forecast, text, s.site.Rules, s.site.Zone, interval); err != nil {
			return nil, err
		}
	}
	for _, rate := range s.o.Rates {
		l, err := simulate.ParseRate(rate, s.site.Rules, s.from, s.to)
		if err != nil {
			return nil, wrong(fmt.Errorf("--rate: %w", err))
		}
		loads = append(loads, l)
	}
	return loads, nil
}

// draw settles talk and patience of every call.
func (s *simulation) draw() error {
	talk, err := distOr(s.o.Talk, simulate.Dist{Kind: simulate.DistLogNormal, Mean: defaultTalk, Spread: 1})
	if err != nil {
		return wrong(fmt.Errorf("--talk: %w", err))
	}
	patience, err := distOr(s.o.Patience, simulate.Dist{Kind: simulate.DistNever})
	if err != nil {
		return wrong(fmt.Errorf("--patience: %w", err))
	}
	if len(s.records) > 0 && s.o.Talk == "" {
		talk = simulate.Dist{Kind: simulate.DistData, Mean: defaultTalk}
	}
	if len(s.records) > 0 && s.o.Patience == "" {
		patience = simulate.PatienceOf(s.records)
	}
	simulate.Draw(s.calls, talk, patience, s.o.Seed)
	return nil
}

// defaultTalk is how long a call lasts of which nothing is known.
const defaultTalk = 3 * time.Minute

func distOr(text string, otherwise simulate.Dist) (simulate.Dist, error) {
	if text == "" {
		return otherwise, nil
	}
	return simulate.ParseDist(text)
}

// readFile reads a file of the user's, up to a size no honest one has.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = wrong(fmt.Errorf("%s has more than %d MiB: cut it", name, maxFile>>20))
	}
	return text, err
}

// recordsOf is where call records are read: a store.
type recordsOf interface {
	Calls(context.Context, store.CallFilter) ([]call.Record, string, error)
}

// readRecords opens the node's store, which must not be in use, and reads the calls of a time.
func readRecords(ctx context.Context, node *config.Node, from, to time.Time) (records []call.Record, err error) {
	if _, err := os.Stat(node.Data); err != nil {
		return nil, err // no node has run here: nothing is to be made
	}
	s, err := store.Open(store.Options{Dir: node.Data, Database: "sqlite", Node: node.Name},
		zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return allRecords(ctx, s, from, to)
}

// allRecords pages through the calls of a time.
func allRecords(ctx context.Context, from recordsOf, since, until time.Time) (records []call.Record, err error) {
	f := store.CallFilter{From: since, To: until, Limit: store.MaxLimit}
	for {
		page, next, err := from.Calls(ctx, f)
		if err != nil {
			return nil, err
		}
		records = append(records, page...)
		switch {
		case next == "":
			return records, nil
		case len(records) > simulate.MaxCalls:
			return nil, wrong(fmt.Errorf("more than %d calls are stored from --from to --to: choose a shorter time", simulate.MaxCalls))
		}
		f.Cursor = next
	}
}
