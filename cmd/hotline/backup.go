package main

import (
	"context"

	"hotline/internal/app"
)

// backupCommand writes everything a node holds into a file.
type backupCommand struct {
	File       string `arg:"" placeholder:"FILE" help:"To be written; must not be there."`
	Config     string `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example's data in ./data."`
	Recordings bool   `default:"true" negatable:"" help:"With the recordings' sound."`
}

// Help is what --help adds: an example.
func (backupCommand) Help() string {
	return `Example:

  hotline backup -c /etc/hotline/hotline.yaml /backup/hotline-$(date +%F).tar.gz

The node may run: the backup is what a start after a power cut at this moment
would find. It holds the node file, the site, the database, the journal and the
recordings, with a checksum of each. Customers' data and passwords are in it:
the file is readable by its owner only.`
}

// Run writes the backup.
func (c *backupCommand) Run(ctx context.Context, s streams) error {
	return app.Backup(ctx, app.BackupOptions{ConfigPath: c.Config, File: c.File, Recordings: c.Recordings, Version: versionInfo().Version, Stdout: s.out})
}

// restoreCommand puts a backup into an empty data folder.
type restoreCommand struct {
	File   string `arg:"" placeholder:"FILE" help:"As hotline backup wrote it."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"Node file; one that is not there comes from the backup."`
}

// Help is what --help adds: an example.
func (restoreCommand) Help() string {
	return `Example:

  hotline restore -c /etc/hotline/hotline.yaml /backup/hotline-2026-11-29.tar.gz

The node's data folder must be empty. A site folder and a node file that are
there stay; where there is none, the backup's is put. Everything is checked
before anything is in its place.`
}

// Run restores.
func (c *restoreCommand) Run(s streams) error {
	return app.Restore(app.RestoreOptions{ConfigPath: c.Config, File: c.File, Stdout: s.out})
}
