package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"hotline/internal/app"
)

// version is set by the linker (-X main.version=…), which can set nothing but a
// package's variable; a binary of "go install" has the module's version instead.
var version string

// versionCommand shows what the binary was built from.
type versionCommand struct{}

// Help is what --help adds: an example.
func (versionCommand) Help() string {
	return `Example:

  hotline version`
}

// Run shows one line.
func (versionCommand) Run(s streams) error {
	v := versionInfo()
	_, err := fmt.Fprintf(s.out, "hotline %s, commit %s, %s\n", v.Version, v.Commit, v.Go)
	return err
}

// versionInfo gathers what the linker and the build recorded.
func versionInfo() app.VersionInfo {
	v := app.VersionInfo{Version: version, Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if ok && v.Version == "" {
		v.Version = info.Main.Version
	}
	if v.Version == "" {
		v.Version = "(devel)"
	}
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				v.Commit += " with changes"
			}
		}
	}
	return v
}
