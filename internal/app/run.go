// Package app is the composition root: it alone imports every room and joins them.
package app

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// ErrInput marks an error that is the user's: a bad node file or site. It maps to exit code 1.
var ErrInput = errors.New("the input is wrong")

// VersionInfo is what this binary was built from.
type VersionInfo struct {
	Version string
	Commit  string
	Go      string
}

// Options are what the command line says.
type Options struct {
	ConfigPath string        // node file; empty: the shipped example
	Drain      time.Duration // time calls have to end on SIGTERM; 0: no limit
	Stdout     io.Writer
	Stderr     io.Writer
	Version    VersionInfo
}

// Run serves until a signal or the context ends it.
func Run(ctx context.Context, o Options, signals <-chan os.Signal) error {
	return errors.New("serving is not part of this build")
}
