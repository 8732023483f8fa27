package main

import (
	"context"
	"fmt"

	"hotline/internal/app"
)

// recordingsCommand is what operators do with recordings as a whole.
type recordingsCommand struct {
	Newkey newkeyCommand `cmd:"" help:"Make a line of a key file."`
	Rekey  rekeyCommand  `cmd:"" help:"Wrap the keys of all recordings by the first key."`
	Verify verifyCommand `cmd:"" help:"Read recordings whole and name every place that was changed."`
}

// newkeyCommand makes a key.
type newkeyCommand struct {
	Name string `arg:"" help:"Of the key: letters, digits, - _ and ."`
}

// Help is what --help adds: an example.
func (newkeyCommand) Help() string {
	return `Example:

  hotline recordings newkey 2026-11 > new.key
  cat new.key recording.keys > both.keys   # the first key is the current one

The line is a name and 32 random bytes in base64. Who has it can read every
recording wrapped by it: keep it where the disks' copies don't go.`
}

// Run makes and tells.
func (c *newkeyCommand) Run(s streams) error {
	line, err := app.NewRecordingKey(c.Name)
	if err == nil {
		_, err = fmt.Fprintln(s.out, line)
	}
	return err
}

// rekeyCommand rotates.
type rekeyCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Node file."`
}

// Help is what --help adds: an example.
func (rekeyCommand) Help() string {
	return `Example:

  hotline recordings rekey -c /etc/hotline/hotline.yaml

Each recording has a key of its own, wrapped by one of storage.recording_keys; this
wraps them by the first, in the folder and in the bucket. The node may run. When it
has ended without an error, no recording needs the other keys any more; backups made
before still do.`
}

// Run rotates and tells.
func (c *rekeyCommand) Run(ctx context.Context, s streams) error {
	return app.Rekey(ctx, app.RecordingsOptions{ConfigPath: c.Config, Stdout: s.out})
}

// verifyCommand checks.
type verifyCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Node file."`
	ID     string `placeholder:"ID" help:"Of one recording; else all of the span."`
	From   string `placeholder:"TIME" help:"Such as 2026-11-23 or '2026-11-23 08:00', in the site's zone; else the last midnight."`
	To     string `placeholder:"TIME" help:"Not included; else now."`
}

// Help is what --help adds: an example.
func (verifyCommand) Help() string {
	return `Example:

  hotline recordings verify -c hotline.yaml --from 2026-11-01 --to 2026-12-01

Exit code 1 when a recording is damaged or its file is missing; the node may run.`
}

// Run checks and tells.
func (c *verifyCommand) Run(ctx context.Context, s streams) error {
	return app.VerifyRecordings(ctx, app.RecordingsOptions{ConfigPath: c.Config, ID: c.ID, From: c.From, To: c.To, Stdout: s.out})
}
