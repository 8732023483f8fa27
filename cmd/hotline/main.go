// Command hotline is the contact-centre engine: one binary, one file a
// subcommand, flags and signals only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // service hours have zones, and a container may have no zone files

	"github.com/alecthomas/kong"

	"hotline/internal/app"
)

// The exit codes, for scripts.
const (
	exitDone  = 0
	exitInput = 1 // the user's input is wrong
	exitRun   = 2 // it could not run
)

// cli is the command line.
type cli struct {
	Serve      serveCommand      `cmd:"" help:"Run a node."`
	Check      checkCommand      `cmd:"" help:"Validate a node file and its site, and name every mistake."`
	Flow       flowCommand       `cmd:"" help:"Test and draw the site's flows."`
	Simulate   simulateCommand   `cmd:"" help:"Run calls through the real routing on a virtual clock."`
	Report     reportCommand     `cmd:"" help:"Count what a node has stored: queues, intervals, agents, lost_calls, outbound, surveys, missing_recordings."`
	Recordings recordingsCommand `cmd:"" help:"Keys of recordings, their rotation, and whether recordings are as they were written."`
	Backup     backupCommand     `cmd:"" help:"Write everything a node holds into a file, while it runs."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup into an empty data folder."`
	Version    versionCommand    `cmd:"" help:"Show version, commit and Go version."`
}

// streams are where a command writes; it has no others.
type streams struct {
	out io.Writer
	err io.Writer
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// exit carries kong's wish to end (after --help) through its parser.
type exit int

// run parses the arguments, does what they say and gives the exit code.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			wanted, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(wanted)
		}
	}()
	parser, err := kong.New(&cli{},
		kong.Name("hotline"),
		kong.Description("A contact-centre engine: from the telephony trunk to the right agent."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return fail(s, err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fail(s, usageError{err})
	}
	return fail(s, command.Run())
}

// usageError is a command line nobody understands: the user's mistake.
type usageError struct{ error }

func (e usageError) Error() string { return e.error.Error() + "; see hotline --help" }

// Is makes it one of the input's errors.
func (usageError) Is(target error) bool { return target == app.ErrInput }

// fail tells an error and gives the code that goes with it.
func fail(s streams, err error) int {
	if err == nil {
		return exitDone
	}
	var told interface{ Told() }
	if !errors.As(err, &told) {
		_, _ = fmt.Fprintln(s.err, "hotline:", err) // there is nowhere left to complain to
	}
	if errors.Is(err, app.ErrInput) {
		return exitInput
	}
	return exitRun
}
