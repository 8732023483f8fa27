package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"hotline/config"
	"hotline/ivr"
	"hotline/ivr/prompts"
)

// CheckOptions are what `hotline check` says.
type CheckOptions struct {
	ConfigPath string    // node file; empty: the shipped example
	Stdout     io.Writer // mistakes and notes, one a line
}

// toldError is an error whose words have been written already.
type toldError struct{ error }

// Told marks it for the command line, which then only gives the exit code.
func (toldError) Told() {}

func (e toldError) Unwrap() error { return e.error }

// Check validates a node file and its site and writes every mistake, or the
// notes on what this version does not act upon. The error is ErrInput when there is a mistake.
func Check(o CheckOptions) error {
	node, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err == nil {
		_, err = readIdentities(node)
	}
	if err == nil {
		err = checkSounds(node, site)
	}
	if err == nil {
		err = canSpeak(site.Texts, node.Speech)
	}
	var tests []ivr.Rehearsal
	if err == nil {
		tests, err = siteTests(node, site)
	}
	if err == nil {
		err = rehearse(site, tests)
	}
	if err != nil {
		return tell(o.Stdout, err)
	}
	for _, note := range slices.Concat(node.NotYet, site.NotYet, site.Hints) {
		if _, err := fmt.Fprintln(o.Stdout, "note:", note); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(o.Stdout, "%s and %s are right: %d trunks, %d numbers, %d flows, %d queues, %d agents, %d flow tests\n",
		node.File, node.Site, len(site.Trunks), len(site.Numbers), len(site.Flows), len(site.Queues), len(site.Agents), len(tests))
	return err
}

// checkSounds reads the site's sounds as a start would.
func checkSounds(node *config.Node, site *config.Site) error {
	fsys, dir, err := node.SiteFS()
	if err != nil {
		return err
	}
	_, err = loadSounds(fsys, dir, node.Site, site.Tones, nil)
	return err
}

// checkedAgainst is what a site may refer to beside itself.
func checkedAgainst() config.SiteOptions {
	shipped := map[string]bool{}
	for _, name := range prompts.New(nil).Names() {
		shipped[name] = true
	}
	return config.SiteOptions{Prompts: shipped}
}

// tell writes every mistake, one a line. A file that is not there is the user's mistake too.
func tell(out io.Writer, err error) error {
	var problems config.Problems
	var path *fs.PathError
	if errors.As(err, &problems) {
		if _, werr := fmt.Fprintln(out, err); werr != nil {
			return werr
		}
		return toldError{fmt.Errorf("%d mistakes: %w", len(problems), ErrInput)}
	}
	if errors.As(err, &path) {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	return err
}
