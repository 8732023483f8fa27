package main

import (
	"context"
	"time"

	"hotline/internal/app"
)

// reportCommand counts what a node has stored.
type reportCommand struct {
	Name     string        `arg:"" enum:"queues,intervals,agents,lost_calls,outbound,surveys,missing_recordings" help:"One of ${enum}."`
	Config   string        `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example's data in ./data."`
	From     string        `placeholder:"TIME" help:"Such as 2026-11-23 or '2026-11-23 08:00', in the site's zone; else the last midnight."`
	To       string        `placeholder:"TIME" help:"Not included; else now."`
	Interval time.Duration `default:"30m" help:"Of the report intervals."`
	Format   string        `enum:"table,csv,json" default:"table" help:"One of ${enum}."`
}

// Help is what --help adds: an example.
func (reportCommand) Help() string {
	return `Example:

  hotline report queues -c /etc/hotline/hotline.yaml --from 2026-11-23 --to 2026-11-24
  hotline report intervals -c hotline.yaml --interval 15m --format csv > intervals.csv

The node may run: its calls count when they have ended. Every output names the
formulas it used, and who made it when.`
}

// Run counts and tells.
func (c *reportCommand) Run(ctx context.Context, s streams) error {
	return app.Report(ctx, app.ReportOptions{
		ConfigPath: c.Config, Name: c.Name, From: c.From, To: c.To, Interval: c.Interval, Format: c.Format, Stdout: s.out,
	})
}
