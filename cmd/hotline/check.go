package main

import "hotline/internal/app"

// checkCommand validates a node file and its site.
type checkCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example is checked."`
}

// Help is what --help adds: an example.
func (checkCommand) Help() string {
	return `Example:

  hotline check -c /etc/hotline/hotline.yaml

Every mistake is one line, "file:line:column: what is wrong, what would be
right"; the exit code is then 1. Lines that begin with "note:" are no mistakes:
they tell what this version accepts but does not act upon.`
}

// Run checks and tells.
func (c *checkCommand) Run(s streams) error {
	return app.Check(app.CheckOptions{ConfigPath: c.Config, Stdout: s.out})
}
