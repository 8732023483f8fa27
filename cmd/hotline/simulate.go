package main

import (
	"context"
	"errors"
	"time"

	"hotline/internal/app"
)

// simulateCommand runs calls through the real routing on a virtual clock.
type simulateCommand struct {
	Site    string `placeholder:"DIR" help:"Site folder; without it the node file's (-c), else the shipped example."`
	Compare string `placeholder:"DIR" help:"A second site, for the same calls: figures side by side."`

	Calls    string   `placeholder:"FILE" help:"Calls, one a line (CSV): time, queue; if known class, priority, skills, talk, patience."`
	Forecast string   `placeholder:"FILE" help:"Calls expected by interval (CSV): time, queue, calls. Arrivals are drawn at random."`
	Rate     []string `placeholder:"QUEUE=N/h" help:"Calls drawn at a constant rate, from --from to --to; may be repeated."`
	Config   string   `short:"c" placeholder:"FILE" help:"Node file: the calls it has stored from --from to --to, run again. The node must be stopped."`
	From     string   `placeholder:"TIME" help:"Where the run begins: '2026-11-23 08:00', in the site's time zone."`
	To       string   `placeholder:"TIME" help:"Where it ends. Calls outside are left out."`

	Roster       string        `placeholder:"FILE" help:"Who sits there when (CSV): from, to, and agent or group with seats; breaks. Without it every agent, all the time."`
	Talk         string        `placeholder:"DIST" help:"Talk times of calls that bring none (default lognormal:3m)."`
	Patience     string        `placeholder:"DIST" help:"After how long callers give up who bring no patience (default never)."`
	Ring         string        `placeholder:"DIST" default:"3s" help:"How long a phone rings until its agent picks up."`
	NoAnswer     string        `placeholder:"SHARE" default:"0%" help:"Share of offers nobody picks up."`
	Return       time.Duration `default:"1m" help:"After an offer not answered, until the agent is ready again."`
	Announcement time.Duration `default:"0s" help:"Length of the agent-number announcement, part of the talk time."`
	Seed         uint64        `default:"1" help:"Of everything drawn at random: the same seed gives the same run."`

	SeatsFor     string `placeholder:"85/30s" help:"Search the least seats of each group with which every queue answers 85 % within 30 s."`
	EachInterval bool   `help:"With --seats-for: a roster that follows the load, instead of the same seats all the time."`
	Record       string `placeholder:"FILE" help:"Write every input and what routing made of it down, for --replay."`
	Replay       string `placeholder:"FILE" help:"Replay a recorded log, or a node's folder of them (data/tape), and tell the first difference."`

	Interval time.Duration `default:"30m" help:"Of the figures, and of a line of --forecast."`
	Format   string        `enum:"table,csv,json" default:"table" help:"table, csv or json."`
	ByQueue  bool          `help:"Show every queue's intervals in the table, not only those of all together."`
}

// Help is what --help adds: examples.
func (simulateCommand) Help() string {
	return `Example:

  hotline simulate --site ./site --calls monday.csv --patience exp:2m
  hotline simulate --site ./site --rate general=210/h --rate vip=20/h --from '2026-11-23 08:00' --to '2026-11-23 20:00'
  hotline simulate --site ./site --forecast november.csv --roster roster.csv --format csv
  hotline simulate --site ./site --calls monday.csv --seats-for 85/30s --each-interval
  hotline simulate --site ./site --compare ./site-new --calls monday.csv
  hotline simulate -c hotline.yaml --from '2026-11-23 00:00' --to '2026-11-24 00:00'
  hotline simulate --replay data/tape

A DIST is a length (20s), exp:3m, lognormal:3m,1.2 (mean, standard deviation /
mean), empirical:60s,90s,4m, data (drawn from what the calls bring) or never.

calls.csv:     time,queue,talk,patience
               2026-11-23 08:00:05,general,95,120
roster.csv:    from,to,group,seats,breaks
               08:00,20:00,general,12,12:00-12:30

Mistakes in a file are told as "file:line:column: what is wrong, what would be
right"; the exit code is then 1.`
}

// Validate refuses flags that make no sense together.
func (c *simulateCommand) Validate() error {
	switch {
	case c.Interval <= 0:
		return errors.New("--interval is not above 0; 30m is usual")
	case c.Return <= 0:
		return errors.New("--return is not above 0")
	case c.Announcement < 0:
		return errors.New("--announcement is negative")
	case c.EachInterval && c.SeatsFor == "":
		return errors.New("--each-interval says how --seats-for searches; give both")
	case c.SeatsFor != "" && c.Compare != "":
		return errors.New("--seats-for and --compare are two questions; ask one at a time")
	case c.Record != "" && (c.SeatsFor != "" || c.Compare != ""):
		return errors.New("--record writes one run down; leave out --seats-for and --compare")
	case c.Replay != "" && (c.Calls != "" || c.Forecast != "" || len(c.Rate) > 0 || c.Config != "" || c.Record != ""):
		return errors.New("--replay brings its own calls; leave out the others")
	}
	return nil
}

// Run simulates or replays.
func (c *simulateCommand) Run(ctx context.Context, s streams) error {
	return app.Simulate(ctx, app.SimulateOptions{
		Site: c.Site, Compare: c.Compare, Config: c.Config, Calls: c.Calls, Forecast: c.Forecast, Rates: c.Rate,
		Roster: c.Roster, From: c.From, To: c.To, Interval: c.Interval, Talk: c.Talk, Patience: c.Patience, Ring: c.Ring,
		NoAnswer: c.NoAnswer, Return: c.Return, Announcement: c.Announcement, Seed: c.Seed, SeatsFor: c.SeatsFor, EachInterval: c.EachInterval,
		Replay: c.Replay, Record: c.Record, Format: c.Format, ByQueue: c.ByQueue, Stdout: s.out, Stderr: s.err,
	})
}
