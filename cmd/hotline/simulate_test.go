package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSimulateTheExample(t *testing.T) {
	args := []string{
		"simulate", "--rate", "general=60/h", "--from", "2026-11-23 08:00", "--to", "2026-11-23 10:00", "--patience", "exp:2m",
	}
	code, out, err := typed(t, args...)
	require.Equal(t, exitDone, code, err)
	require.Contains(t, out, "SL-4")
	require.Contains(t, out, "2026-11-23 08:00")
	_, again, _ := typed(t, args...)
	require.Equal(t, out, again, "the same seed gives the same run")
	_, other, _ := typed(t, append(args, "--seed", "2")...)
	require.NotEqual(t, out, other)
}

func TestSimulateTellsEveryMistake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.csv")
	require.NoError(t, os.WriteFile(file, []byte("time,queue\n2026-11-23 25:00,general\n2026-11-23 08:00,night\n"), 0o600))
	code, out, err := typed(t, "simulate", "--calls", file)
	require.Equal(t, exitInput, code)
	require.Empty(t, err)
	require.Contains(t, out, file+`:2:1: time "2026-11-23 25:00" is no time, write `)
	require.Contains(t, out, file+`:3:18: there is no queue "night", the site has `)
}

func TestSimulateFlagsThatMakeNoSense(t *testing.T) {
	rate := []string{"--rate", "general=60/h", "--from", "2026-11-23 08:00", "--to", "2026-11-23 10:00"}
	for words, args := range map[string][]string{
		"no calls: name":             nil,
		"need --from and --to":       {"--rate", "general=5/h"},
		"--to is not after --from":   {"--rate", "general=5/h", "--from", "2026-11-23", "--to", "2026-11-22"},
		"--from: \"soon\" is no":     {"--from", "soon"},
		"--rate: there is no queue":  append([]string{"--rate", "night=5/h"}, rate[2:]...),
		"--talk: \"x\" is no":        append([]string{"--talk", "x"}, rate...),
		"--patience: \"x\" is no":    append([]string{"--patience", "x"}, rate...),
		"--ring: never is no time":   append([]string{"--ring", "never"}, rate...),
		"--no-answer: \"2\" is no":   append([]string{"--no-answer", "2"}, rate...),
		"--seats-for: \"85\" is no":  append([]string{"--seats-for", "85"}, rate...),
		"--each-interval says how":   append([]string{"--each-interval"}, rate...),
		"two questions":              append([]string{"--seats-for", "85/30s", "--compare", "x"}, rate...),
		"--record writes one run":    append([]string{"--seats-for", "85/30s", "--record", "x"}, rate...),
		"--replay brings its own":    append([]string{"--replay", "x"}, rate...),
		"--interval is not above 0":  append([]string{"--interval", "0s"}, rate...),
		"--return is not above 0":    append([]string{"--return", "0s"}, rate...),
		"--announcement is negative": append([]string{"--announcement=-1s"}, rate...),
		"--format must be one of":    append([]string{"--format", "pdf"}, rate...),
		"none.csv":                   append([]string{"--roster", "none.csv"}, rate...),
		"none.yaml":                  append([]string{"-c", "none.yaml"}, rate[2:]...),
		"nowhere":                    append([]string{"--site", "nowhere"}, rate...),
		"no-log":                     {"--replay", "no-log"},
	} {
		code, out, err := typed(t, append([]string{"simulate"}, args...)...)
		require.Equal(t, exitInput, code, "%s\n%s\n%s", args, out, err)
		require.Contains(t, err, words)
	}
}
