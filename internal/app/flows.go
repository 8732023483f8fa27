package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/config"
	"hotline/ivr"
)

// FlowTestOptions are what `hotline flow test` says.
type FlowTestOptions struct {
	ConfigPath string    // node file; empty: the shipped example
	Files      []string  // of tests; none: those of the site
	Stdout     io.Writer // mistakes, one a line
}

// FlowTest plays tests of the site's flows and writes what is not as they expect. The error is ErrInput when anything is not.
func FlowTest(o FlowTestOptions) error {
	node, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err != nil {
		return tell(o.Stdout, err)
	}
	var tests []ivr.Rehearsal
	if len(o.Files) == 0 {
		tests, err = siteTests(node, site)
	}
	for _, file := range o.Files {
		content, rerr := os.ReadFile(file)
		if rerr != nil {
			return fmt.Errorf("%w: %w", ErrInput, rerr)
		}
		more, terr := config.ReadFlowTests(file, content, site.Zone)
		tests, err = append(tests, more...), errors.Join(err, terr)
	}
	if err == nil {
		err = rehearse(site, tests)
	}
	if err != nil {
		return tell(o.Stdout, err)
	}
	said := fmt.Sprintf("%d flow tests, all as expected", len(tests))
	if len(tests) == 0 {
		said = "the site has no flow tests: write them into tests/*.yaml of the site folder, as hotline flow test --help shows"
	}
	_, err = fmt.Fprintln(o.Stdout, said)
	return err
}

// siteTests are the tests that lie with the site.
func siteTests(node *config.Node, site *config.Site) ([]ivr.Rehearsal, error) {
	fsys, dir, err := node.SiteFS()
	if err != nil {
		return nil, err
	}
	return config.FlowTests(fsys, dir, node.Site, site.Zone)
}

// rehearse plays tests and gives all that is not as they expect.
func rehearse(site *config.Site, tests []ivr.Rehearsal) error {
	var problems config.Problems
	for i := range tests {
		for _, p := range site.Graph.Rehearse(&tests[i], time.Now()) {
			problems = append(problems, config.Problem{File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Column, Wrong: p.Wrong, Right: p.Right})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// FlowDrawOptions are what `hotline flow draw` says.
type FlowDrawOptions struct {
	ConfigPath string
	Flow       string
	SVG        bool   // else Mermaid
	Out        string // file; empty: Stdout
	Stdout     io.Writer
}

// FlowDraw draws a flow of the site.
func FlowDraw(o FlowDrawOptions) error {
	_, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err != nil {
		return tell(o.Stdout, err)
	}
	if o.Flow == "" {
		return fmt.Errorf("%w: name one of the flows: %s", ErrInput, strings.Join(site.Graph.Flows(), ", "))
	}
	text := site.Graph.Mermaid(o.Flow, ivr.Counts{})
	if o.SVG {
		text = site.Graph.SVG(o.Flow, ivr.Counts{})
	}
	if text == "" {
		return fmt.Errorf("%w: there is no flow %q; the flows are %s", ErrInput, o.Flow, strings.Join(site.Graph.Flows(), ", "))
	}
	if o.Out == "" {
		_, err = io.WriteString(o.Stdout, text)
		return err
	}
	if err := os.WriteFile(filepath.Clean(o.Out), []byte(text), 0o644); err != nil { //nolint:gosec // a picture, to be shown
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		return err
	}
	return nil
}
