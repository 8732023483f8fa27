package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hotline/internal/golden"
)

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
			golden.Check(t, strings.TrimSuffix(file, ".yaml")+".txt", got)
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
