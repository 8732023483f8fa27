package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hotline/internal/app"
)

// serveCommand runs a node.
type serveCommand struct {
	Config string        `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example runs on loopback, with its data in ./data."`
	Drain  time.Duration `default:"10m" help:"After SIGTERM, how long calls may go on; 0 is no limit."`
}

// Help is what --help adds: an example.
func (serveCommand) Help() string {
	return `Example:

  hotline serve -c /etc/hotline/hotline.yaml --drain 5m

SIGHUP reads the site again. SIGTERM takes no new calls and lets those there
are end; a second one ends at once.`
}

// Validate refuses flags that make no sense.
func (c *serveCommand) Validate() error {
	if c.Drain < 0 {
		return errors.New("--drain is negative; 0 is no limit")
	}
	return nil
}

// signalsWaiting is how many signals may wait to be read; more of the same say nothing new.
const signalsWaiting = 8

// Run serves until a signal ends it.
func (c *serveCommand) Run(ctx context.Context, s streams) error {
	signals := make(chan os.Signal, signalsWaiting)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	defer signal.Stop(signals)
	return app.Run(ctx, app.Options{
		ConfigPath: c.Config, Drain: c.Drain, Stdout: s.out, Stderr: s.err, Version: versionInfo(),
	}, signals)
}
