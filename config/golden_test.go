package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests find as what they expect")

// TestBadFiles loads every file of testdata/bad, a node file when its name
// begins with node, else a site of this one file, and compares all that is told
// with the .txt beside it.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			got := told(filepath.Base(file), content)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *rewrite {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// told is everything a load says, one mistake a line.
func told(name string, content []byte) string {
	unset := func(string) (string, bool) { return "", false }
	var err error
	if strings.HasPrefix(name, "node") {
		_, err = readNode(name, content, unset)
	} else {
		_, err = LoadSite(fstest.MapFS{name: {Data: content}}, ".", SiteOptions{Getenv: unset})
	}
	var problems Problems
	if !errors.As(err, &problems) {
		return "nothing\n"
	}
	return problems.Error() + "\n"
}
