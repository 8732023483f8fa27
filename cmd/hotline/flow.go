package main

import "hotline/internal/app"

// flowCommand tests and draws the site's flows.
type flowCommand struct {
	Test flowTestCommand `cmd:"" help:"Play tests of the site's flows."`
	Draw flowDrawCommand `cmd:"" help:"Draw a flow, as Mermaid or SVG."`
}

// flowTestCommand plays tests.
type flowTestCommand struct {
	Config string   `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example is used."`
	Files  []string `arg:"" optional:"" placeholder:"FILE" help:"Files of tests; without any, tests/*.yaml of the site."`
}

// Help is what --help adds: an example.
func (flowTestCommand) Help() string {
	return `Example:

  hotline flow test -c /etc/hotline/hotline.yaml bill.yaml

  tests:
    - name: a customer who owes
      flow: main
      at: 2026-11-02 10:00
      caller: {number: "13800138000", class: vip}
      answers: [{service: crm, status: 200, body: {balance: 12.50}}]
      do: [press 1, silence, served]
      path: [welcome, menu, general]
      says: [welcome, main_menu]
      ends: queue general

What is not as a test expects is one line, with what came instead; the exit code
is then 1. "hotline check" plays the site's own tests as well.`
}

// Run plays and tells.
func (c *flowTestCommand) Run(s streams) error {
	return app.FlowTest(app.FlowTestOptions{ConfigPath: c.Config, Files: c.Files, Stdout: s.out})
}

// flowDrawCommand draws.
type flowDrawCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"Node file; without it the shipped example is used."`
	Flow   string `arg:"" optional:"" help:"The flow's name; without it the names of all are told."`
	SVG    bool   `name:"svg" help:"A picture; without it text for Mermaid."`
	Out    string `short:"o" placeholder:"FILE" help:"Where to; without it standard output."`
}

// Help is what --help adds: an example.
func (flowDrawCommand) Help() string {
	return `Example:

  hotline flow draw -c /etc/hotline/hotline.yaml main --svg -o main.svg`
}

// Run draws.
func (c *flowDrawCommand) Run(s streams) error {
	return app.FlowDraw(app.FlowDrawOptions{ConfigPath: c.Config, Flow: c.Flow, SVG: c.SVG, Out: c.Out, Stdout: s.out})
}
