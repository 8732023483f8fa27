// Package golden compares what tests find with files that people read:
// scripts that hold what happens and what came of it, and plain expectations.
// `go test ./ROOM -rewrite` writes what is found instead; read the diff then.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests find into testdata instead of comparing")

// Scripts runs each file a pattern finds as a subtest of its own: run gives the script as
// it should read, which is compared with how it does. A pattern that finds nothing fails.
func Scripts(t *testing.T, pattern string, run func(t *testing.T, script string) string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, "no script matches %s", pattern)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile(file)
			require.NoError(t, err)
			Check(t, file, run(t, string(script)))
		})
	}
}

// Check compares what was found with what a file expects.
func Check(t *testing.T, file, found string) {
	t.Helper()
	if *rewrite {
		require.NoError(t, os.WriteFile(file, []byte(found), 0o600))
		return
	}
	expected, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(expected), found, "run with -rewrite if this is meant")
}
