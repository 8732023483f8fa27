package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// typed runs a command line and gives its exit code and what it wrote.
func typed(t *testing.T, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{&o, &e})
	return code, o.String(), e.String()
}

func TestHelpIsEverywhereWithAnExample(t *testing.T) {
	code, out, _ := typed(t, "--help")
	require.Equal(t, exitDone, code)
	for _, command := range []string{"serve", "check", "simulate", "version"} {
		require.Contains(t, out, command)
		code, help, _ := typed(t, command, "--help")
		require.Equal(t, exitDone, code)
		require.Contains(t, help, "Example:")
		require.Contains(t, help, "hotline "+command)
	}
}

func TestAWrongCommandLineIsTheUsersMistake(t *testing.T) {
	for _, args := range [][]string{
		{}, {"predict"}, {"serve", "--drain", "soon"}, {"serve", "--drain=-1s"}, {"check", "--colour"}, {"version", "more"},
	} {
		code, _, err := typed(t, args...)
		require.Equal(t, exitInput, code, args)
		require.Contains(t, err, "see hotline --help", args)
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := typed(t, "version")
	require.Equal(t, exitDone, code)
	require.Contains(t, out, "hotline ")
	require.Contains(t, out, runtime.Version())
}

func TestCheckOfTheExample(t *testing.T) {
	code, out, err := typed(t, "check")
	require.Equal(t, exitDone, code, err)
	require.Contains(t, out, "are right")
	require.Contains(t, out, "note: plan holiday")
}

func TestCheckTellsEveryMistakeAsTyped(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("site", 0o700))
	require.NoError(t, os.WriteFile("hotline.yaml", []byte("node: {naem: x}\nsite: ./site\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join("site", "a.yaml"), []byte("grups: []\nqeues: []\n"), 0o600))
	code, out, err := typed(t, "check", "-c", "hotline.yaml")
	require.Equal(t, exitInput, code)
	require.Empty(t, err, "the mistakes are on standard output, once")
	require.Contains(t, out, "hotline.yaml:1:8: node has no key \"naem\", did you mean \"name\"?\n")
	require.Contains(t, out, "site/a.yaml:1:1: the site has no key \"grups\", did you mean \"groups\"?\n")
	require.Contains(t, out, "site/a.yaml:2:1: the site has no key \"qeues\", did you mean \"queues\"?\n")
}

func TestCheckOfAFileThatIsNotThere(t *testing.T) {
	code, _, err := typed(t, "check", "-c", filepath.Join(t.TempDir(), "none.yaml"))
	require.Equal(t, exitInput, code)
	require.Contains(t, err, "none.yaml")
}
